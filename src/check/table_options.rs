//! Options of a table that a script declares, by which the connector's client would load code, or read files and addresses that are no part of
//! the table: a class of interceptors, a login module that asks a directory, a socket factory. They are refused like ADD JAR.
//!
//! What a client takes through `properties.` is a closed list; elsewhere an option that names a class is one whose value looks like a class.
//! Stays out: which data the options name (`catalog::identity`).

use crate::syntax::ast::Setting;

/// What may be handed through to a Kafka client, besides times and sizes.
const PASSED: [&str; 37] = [
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "bootstrap.servers",
    "check.crcs",
    "client.dns.lookup",
    "client.id",
    "client.rack",
    "compression.type",
    "enable.auto.commit",
    "enable.idempotence",
    "flink.partition-discovery.interval-millis",
    "group.id",
    "group.instance.id",
    "isolation.level",
    "max.in.flight.requests.per.connection",
    "max.poll.records",
    "retries",
    "sasl.jaas.config",
    "sasl.kerberos.service.name",
    "sasl.mechanism",
    "security.protocol",
    "ssl.cipher.suites",
    "ssl.enabled.protocols",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.password",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.keystore.type",
    "ssl.protocol",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.truststore.type",
    "transactional.id",
    "user",
    "password",
    "zookeeper.connect",
];

/// Ends of names that are times and sizes.
const MEASURES: [&str; 3] = [".ms", ".bytes", ".size"];

/// Login modules that ask nobody but the broker.
const LOGINS: [&str; 3] = [
    "org.apache.kafka.common.security.plain.PlainLoginModule ",
    "org.apache.kafka.common.security.scram.ScramLoginModule ",
    "com.sun.security.auth.module.Krb5LoginModule ",
];

/// JDBC drivers of the databases that Flink has a dialect for.
const DRIVERS: [&str; 8] = [
    "com.ibm.db2.jcc.DB2Driver",
    "com.microsoft.sqlserver.jdbc.SQLServerDriver",
    "com.mysql.cj.jdbc.Driver",
    "com.mysql.jdbc.Driver",
    "com.oceanbase.jdbc.Driver",
    "oracle.jdbc.OracleDriver",
    "oracle.jdbc.driver.OracleDriver",
    "org.postgresql.Driver",
];

/// The first option that may load code.
pub(super) fn loads_code(options: &[Setting]) -> Option<&Setting> {
    options
        .iter()
        .find(|o| !is_harmless(&o.key.value, &o.value.value))
}

fn is_harmless(key: &str, value: &str) -> bool {
    if let Some(name) = key.strip_prefix("properties.") {
        let listed = PASSED.contains(&name) || MEASURES.iter().any(|end| name.ends_with(end));
        return listed && (name != "sasl.jaas.config" || is_login(value));
    }
    match key {
        "driver" => DRIVERS.contains(&value),
        _ => !is_class(value) || !names_a_class(key),
    }
}

/// One login module of the list. A second one would stand behind a semicolon that is not the last character.
fn is_login(value: &str) -> bool {
    let one = value.trim().trim_end_matches(';');
    !one.contains(';') && LOGINS.iter().any(|login| one.starts_with(login))
}

fn names_a_class(key: &str) -> bool {
    const WORDS: [&str; 8] = [
        "class",
        "classes",
        "factory",
        "partitioner",
        "provider",
        "extractor",
        "handler",
        "serializer",
    ];
    key.split(['.', '-'])
        .any(|part| WORDS.contains(&part) || part.ends_with("serializer"))
}

/// `a.b.C`: neither a number nor one of the connector's own words.
fn is_class(value: &str) -> bool {
    value.contains('.') && value.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_code_is_refused() {
        for (key, value) in [
            ("properties.interceptor.classes", "a.B"),
            (
                "properties.sasl.jaas.config",
                "com.sun.security.auth.module.JndiLoginModule required user.provider.url=\"ldap://x\";",
            ),
            (
                "properties.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required; com.sun.security.auth.module.LdapLoginModule required;",
            ),
            (
                "properties.sasl.oauthbearer.token.endpoint.url",
                "file:///etc/passwd",
            ),
            ("properties.sasl.login.callback.handler.class", "a.B"),
            ("properties.socketFactory", "a.B"),
            ("properties.key.deserializer", "a.B"),
            ("driver", "a.B"),
            ("sink.partitioner", "a.B"),
            ("partition.time-extractor.class", "a.B"),
            ("format.serializer", "a.B"),
        ] {
            assert!(!is_harmless(key, value), "{key}");
        }
    }

    #[test]
    fn what_a_job_needs_passes() {
        for (key, value) in [
            ("properties.bootstrap.servers", "b:9092"),
            ("properties.request.timeout.ms", "1000"),
            (
                "properties.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"p\";",
            ),
            ("driver", "org.postgresql.Driver"),
            ("sink.partitioner", "round-robin"),
            ("format", "json"),
            ("connector", "kafka"),
            ("topic", "a.b.c"),
            ("path", "/data/x.csv"),
        ] {
            assert!(is_harmless(key, value), "{key}");
        }
    }
}
