//! Any spelling of one address is one name; two addresses are two.

use proptest::prelude::*;

use super::*;

/// A host in some spelling, and itself.
fn a_host() -> impl Strategy<Value = (String, String)> {
    let name = "[a-z][a-z0-9]{0,5}(\\.[a-z][a-z0-9]{0,3}){0,2}";
    (name, any::<bool>(), any::<bool>()).prop_map(|(name, upper, dot)| {
        let mut written = if upper {
            name.to_uppercase()
        } else {
            name.clone()
        };
        if dot {
            written.push('.');
        }
        (written, name)
    })
}

/// A server in some spelling, and `host:port`.
fn a_server(default: u16) -> impl Strategy<Value = (String, String)> {
    (
        a_host(),
        prop_oneof![
            Just(None),
            Just(Some(default)),
            (1024u16..60_000).prop_map(Some)
        ],
    )
        .prop_map(move |((written, host), port)| {
            let canonical = format!("{host}:{}", port.unwrap_or(default));
            (
                port.map_or(written.clone(), |p| format!("{written}:{p}")),
                canonical,
            )
        })
}

fn shuffled(servers: Vec<(String, String)>) -> impl Strategy<Value = (String, Vec<String>)> {
    let canonical: Vec<String> = servers.iter().map(|(_, c)| c.clone()).collect();
    let written: Vec<String> = servers.into_iter().map(|(w, _)| w).collect();
    Just(written)
        .prop_shuffle()
        .prop_map(move |w| (w.join(","), canonical.clone()))
}

/// Segments as they may be written, and as they count.
fn a_path() -> impl Strategy<Value = (String, Vec<String>)> {
    let step = prop_oneof![
        4 => "[a-z]{1,3}(=[a-z0-9]{1,2})?".prop_map(|s| (format!("/{s}"), Some(s))),
        1 => Just(("/".to_owned(), None)),
        1 => Just(("/.".to_owned(), None)),
        1 => "[a-z]{1,3}".prop_map(|s| (format!("/{s}/.."), None)),
    ];
    (prop::collection::vec(step, 0..6), any::<bool>()).prop_map(|(steps, slash)| {
        let mut written: String = steps.iter().map(|(w, _)| w.as_str()).collect();
        if slash || written.is_empty() {
            written.push('/');
        }
        (written, steps.into_iter().filter_map(|(_, s)| s).collect())
    })
}

fn cluster(mut canonical: Vec<String>) -> String {
    canonical.sort();
    canonical.dedup();
    canonical.join(",")
}

proptest! {
    #[test]
    fn any_spelling_of_brokers_is_one_name(
        (brokers, canonical) in prop::collection::vec(a_server(9092), 1..4).prop_flat_map(shuffled),
        topic in "[a-zA-Z0-9._-]{1,8}",
    ) {
        let name = format!("kafka://{}/{topic}", cluster(canonical));
        prop_assert_eq!(owned(&kafka(&brokers, "topic", &topic)), Identity::Known(vec![name]));
    }

    #[test]
    fn any_spelling_of_a_database_is_one_name(
        (servers, canonical) in prop::collection::vec(a_server(3306), 1..3).prop_flat_map(shuffled),
        (database, table) in ("[a-z_]{1,6}", "[a-zA-Z_]{1,6}"),
        parameters in prop::sample::subsequence(vec!["useSSL=false", "user=x", "serverTimezone=UTC"], 0..3),
    ) {
        let url = format!("jdbc:mysql://{servers}/{database}?{}", parameters.join("&"));
        let name = format!("mysql://{}/{database}.{table}", cluster(canonical));
        prop_assert_eq!(jdbc_names(&url, &table, None), Identity::Known(vec![name]));
    }

    #[test]
    fn any_spelling_of_a_path_is_one_name(
        (store, canonical) in prop::sample::select(vec![
            ("file:", "file://"), ("file://", "file://"), ("file://localhost", "file://"), ("s3://b", "s3://b"), ("s3a://B", "s3://b"),
            ("s3n://k:s@b", "s3://b"), ("hdfs://n", "hdfs://n:8020"), ("hdfs://N:8020", "hdfs://n:8020"), ("gs://g", "gs://g"),
        ]),
        (written, segments) in a_path(),
    ) {
        let path = format!("{store}{written}");
        // `file://` before another slash is an authority, not a root.
        prop_assume!(!(store == "file:" && written.starts_with("//")));
        let name = format!("{canonical}{}", segments.iter().map(|s| format!("/{s}")).collect::<String>());
        prop_assert_eq!(of(&[("connector", "filesystem"), ("path", &path)]), Identity::Known(vec![name]), "{}", path);
    }

    #[test]
    fn two_addresses_are_two_names(
        a in (prop::sample::select(vec!["h", "i"]), 1u16..4, prop::sample::select(vec!["d", "e"]), prop::sample::select(vec!["t", "u", "T"])),
        b in (prop::sample::select(vec!["h", "i"]), 1u16..4, prop::sample::select(vec!["d", "e"]), prop::sample::select(vec!["t", "u", "T"])),
        kind in 0usize..7,
    ) {
        let of = |(host, port, database, table): (&str, u16, &str, &str)| {
            let url = |vendor: &str| jdbc_names(&format!("jdbc:{vendor}://{host}:{port}/{database}"), table, None);
            match kind {
                0 => url("mysql"),
                1 => url("clickhouse"),
                2 => of(&[("connector", "filesystem"), ("path", &format!("hdfs://{host}:{port}/{database}/{table}"))]),
                3 => owned(&kafka(&format!("{host}:{port}"), "topic", &format!("{database}.{table}"))),
                4 => of(&[("connector", "mysql-cdc"), ("hostname", host), ("port", &port.to_string()), ("database-name", database), ("table-name", table)]),
                5 => of(&[("connector", "doris"), ("fenodes", &format!("{host}:{port}")), ("table.identifier", &format!("{database}.{table}"))]),
                _ => of(&[("connector", "hbase-2.2"), ("zookeeper.quorum", &format!("{host}:{port}")), ("table-name", &format!("{database}:{table}"))]),
            }
        };
        let (one, other) = (of(a), of(b));
        prop_assert!(matches!(one, Identity::Known(_)), "{:?}", one);
        prop_assert_eq!(one == other, a == b);
    }

    #[test]
    fn no_text_breaks_an_address(text in "\\PC{0,24}", key in 0usize..6) {
        let connector = ["kafka", "jdbc", "filesystem", "pulsar", "mongodb", "doris"][key];
        let keys = ["properties.bootstrap.servers", "topic", "url", "table-name", "path", "service-url", "topics", "uri", "database", "collection", "fenodes", "table.identifier"];
        let mut pairs: Vec<(&str, &str)> = keys.iter().map(|k| (*k, text.as_str())).collect();
        pairs.push(("connector", connector));
        if let Identity::Known(names) = of(&pairs) {
            prop_assert!(!names.is_empty() && names.iter().all(|n| n.contains("://") && !n.contains(char::is_whitespace)));
        }
    }
}
