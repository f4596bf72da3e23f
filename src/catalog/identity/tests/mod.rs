//! Spellings of addresses: those of one address have one name, those of two never do.

mod databases;
mod lakes;
mod properties;

use super::*;

fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
    pairs.iter().map(own).collect()
}

fn of(pairs: &[(&str, &str)]) -> Identity {
    identity(&TableName::new("c", "d", "t"), &options(pairs))
}

#[track_caller]
fn is(pairs: &[(&str, &str)], names: &[&str]) {
    let names = names.iter().map(|n| (*n).to_owned()).collect();
    assert_eq!(of(pairs), Identity::Known(names), "{pairs:?}");
}

#[track_caller]
fn unclear(pairs: &[(&str, &str)]) {
    assert!(
        matches!(of(pairs), Identity::Unclear(_)),
        "{pairs:?}: {:?}",
        of(pairs)
    );
}

fn kafka(brokers: &str, key: &str, topic: &str) -> Vec<(&'static str, String)> {
    let key = if key == "topic" {
        "topic"
    } else {
        "topic-pattern"
    };
    vec![
        ("connector", "kafka".to_owned()),
        ("properties.bootstrap.servers", brokers.to_owned()),
        (key, topic.to_owned()),
    ]
}

fn owned(pairs: &[(&'static str, String)]) -> Identity {
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (*k, v.as_str())).collect();
    of(&pairs)
}

#[test]
fn brokers_have_one_spelling() {
    let known = Identity::Known(vec!["kafka://b1:9092,b2:9092/orders".to_owned()]);
    for brokers in [
        "b1:9092,B2",
        "b2:9092, b1",
        "B1.,b2,b1",
        "PLAINTEXT://b1:9092,SASL_SSL://b2:9092",
    ] {
        assert_eq!(
            owned(&kafka(brokers, "topic", "orders")),
            known,
            "{brokers}"
        );
    }
    let local = Identity::Known(vec!["kafka://localhost:9092/t".to_owned()]);
    for broker in [
        "localhost",
        "127.0.0.1:9092",
        "[::1]:9092",
        "0.0.0.0",
        "127.1.2.3",
        "[::ffff:127.0.0.1]",
    ] {
        assert_eq!(owned(&kafka(broker, "topic", "t")), local, "{broker}");
    }
    for broker in [
        "",
        "b1,,b2",
        "b1:",
        "b1:x",
        "b1:+1",
        "b1:99999",
        "127.1",
        "0x7f000001",
        "2130706433",
        "010.0.0.1",
        "1.2.3.4.5",
        "a b",
        "[::1",
        "[::1]x",
        "bé",
        "a..b",
        ".",
        "h:1:2",
    ] {
        assert!(
            matches!(owned(&kafka(broker, "topic", "t")), Identity::Unclear(_)),
            "{broker}"
        );
    }
}

#[test]
fn topics_are_listed_one_by_one_or_not_understood() {
    let of = |key, topic| owned(&kafka("h", key, topic)).names();
    assert_eq!(of("topic", "a;b"), ["kafka://h:9092/a", "kafka://h:9092/b"]);
    assert_eq!(of("topic", " a ; a"), ["kafka://h:9092/a"]);
    assert_eq!(
        of("pattern", "a|b_(x|y)"),
        [
            "kafka://h:9092/a",
            "kafka://h:9092/b_x",
            "kafka://h:9092/b_y"
        ]
    );
    assert_eq!(of("pattern", r"a\.b"), ["kafka://h:9092/a.b"]);
    for pattern in [
        "o.*", "a.b", "a?", "(a", "a)", "[ab]", "a+", "", "a|", "^a$", "(?i)a", r"\w", "a{2}",
        r"a\",
    ] {
        assert!(of("pattern", pattern).is_empty(), "{pattern}");
    }
    for topic in ["", "a;", "'a'", "\"a\"", "[a]", "a,b", "a b", "ä", "a;;b"] {
        assert!(of("topic", topic).is_empty(), "{topic}");
    }
    let many = "(a|b)".repeat(20);
    assert!(of("pattern", &many).is_empty());
    unclear(&[("connector", "kafka"), ("topic", "a")]);
    unclear(&[
        ("connector", "kafka"),
        ("properties.bootstrap.servers", "h"),
    ]);
}

#[test]
fn pulsar_and_kinesis_have_one_spelling() {
    for (url, topic) in [
        ("pulsar://h:6650", "persistent://public/default/t"),
        ("pulsar://H", "t"),
        ("pulsar+ssl://h:6651/", "public/default/t-partition-3"),
        ("pulsar+ssl://h", "t"),
    ] {
        is(
            &[
                ("connector", "pulsar"),
                ("service-url", url),
                ("topics", topic),
            ],
            &["pulsar://h:6650/public/default/t"],
        );
    }
    is(
        &[
            ("connector", "pulsar"),
            ("service-url", "pulsar://h:6651"),
            ("topics", "t"),
        ],
        &["pulsar://h:6650/public/default/t"],
    );
    is(
        &[
            ("connector", "pulsar"),
            ("service-url", "pulsar://h:16651"),
            ("topics", "t"),
        ],
        &["pulsar://h:16651/public/default/t"],
    );
    unclear(&[
        ("connector", "pulsar"),
        ("service-url", "http://h"),
        ("topics", "t"),
    ]);
    unclear(&[
        ("connector", "pulsar"),
        ("service-url", "pulsar://h"),
        ("topics", "a/b"),
    ]);
    let arn = "arn:aws:kinesis:eu-west-1:123:stream/s";
    is(
        &[("connector", "kinesis"), ("stream.arn", arn)],
        &["kinesis://eu-west-1/s"],
    );
    is(
        &[
            ("connector", "kinesis-legacy"),
            ("stream", "s"),
            ("aws.region", "eu-west-1"),
        ],
        &["kinesis://eu-west-1/s"],
    );
    unclear(&[
        ("connector", "kinesis"),
        ("stream.arn", arn),
        ("aws.endpoint", "http://x"),
    ]);
}

fn jdbc_names(url: &str, table: &str, user: Option<&str>) -> Identity {
    let mut pairs = vec![("connector", "jdbc"), ("url", url), ("table-name", table)];
    pairs.extend(user.map(|user| ("username", user)));
    of(&pairs)
}

#[test]
fn what_is_not_a_known_connector_is_unknown_and_what_holds_nothing_is_nothing() {
    for connector in ["datagen", "print", "blackhole"] {
        assert_eq!(of(&[("connector", connector)]), Identity::Nothing);
    }
    for connector in ["", "made-up", "Kafka", "kafka ", "DATAGEN"] {
        assert_eq!(of(&[("connector", connector)]), Identity::Unknown);
    }
    assert_eq!(of(&[]), Identity::Unknown);
}
