//! Options of a table that a script declares, by which the connector's client would load code, or read files and addresses that are no part of
//! the table: a class of interceptors, a login module that asks a directory, a socket factory. They are refused like ADD JAR.
//!
//! What a client takes through `properties.` is a closed list; elsewhere an option that names a class is one whose value looks like a class.
//! Stays out: which data the options name (`catalog::identity`).

use crate::syntax::ast::Setting;

/// What may be handed through to a Kafka client, besides times and sizes.
const PASSED: [&str; 35] = [
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
    if key.starts_with("debezium.") || key.starts_with("jdbc.properties.") {
        return !is_spelled_like_a_class(value) && !names_code(key);
    }
    match key {
        "driver" => DRIVERS.contains(&value),
        // What goes into the connector's SQL as it is.
        "scan.partition.column" => is_name(value),
        _ => is_plain_url(value) && (!is_class(value) || !names_code(key)),
    }
}

/// One login module of the list. A second one would stand behind a semicolon that is not the last character.
fn is_login(value: &str) -> bool {
    let one = value.trim().trim_end_matches(';');
    !one.contains(';') && LOGINS.iter().any(|login| one.starts_with(login))
}

/// Whether a key, in whatever spelling (`io-impl`, `queryInterceptors`), asks for code.
fn names_code(key: &str) -> bool {
    const PARTS: [&str; 12] = [
        "class",
        "factory",
        "partitioner",
        "provider",
        "extractor",
        "handler",
        "serializer",
        "interceptor",
        "converter",
        "plugin",
        "listener",
        "impl",
    ];
    let key = key.to_lowercase();
    PARTS.iter().any(|part| key.contains(part))
}

/// A JDBC URL is of a database that keeps its rows elsewhere, and has no parameter that runs something. Any other value passes.
fn is_plain_url(value: &str) -> bool {
    const DATABASES: [&str; 10] = [
        "ch",
        "clickhouse",
        "db2",
        "dm",
        "mariadb",
        "mysql",
        "oceanbase",
        "oracle",
        "postgresql",
        "sqlserver",
    ];
    const RUN: [&str; 8] = [
        "deserialize",
        "infile",
        "init=",
        "initsql",
        "jndi",
        "ldap:",
        "logger",
        "script",
    ];
    let value = value.trim().to_lowercase();
    let Some(rest) = value.strip_prefix("jdbc:") else {
        return true;
    };
    let database = rest.split(':').next().unwrap_or_default();
    let parameters = rest.split_once(['?', ';']).map_or("", |(_, all)| all);
    DATABASES.contains(&database)
        && !RUN.iter().any(|word| rest.contains(word))
        && !names_code(parameters)
}

/// One identifier without quotes.
fn is_name(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// `a.b.C`: neither a number nor one of the connector's own words.
fn is_class(value: &str) -> bool {
    value.contains('.') && value.chars().any(char::is_alphabetic)
}

/// `a.b.C`, as people write classes, and not `shop.orders`.
fn is_spelled_like_a_class(value: &str) -> bool {
    let last = value.rsplit_once('.').map_or("", |(_, last)| last);
    last.starts_with(char::is_uppercase)
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
            ("io-impl", "a.B"),
            ("debezium.converters", "x"),
            ("debezium.x.type", "a.B"),
            ("jdbc.properties.queryInterceptors", "a.B"),
            (
                "scan.partition.column",
                "id` BETWEEN 0 AND 0) UNION ALL SELECT 1 FROM (`t",
            ),
            ("url", "jdbc:h2:mem:x;INIT=RUNSCRIPT FROM 'x'"),
            (
                "url",
                "jdbc:postgresql://h/d?socketFactory=a.B&socketFactoryArg=x",
            ),
            ("url", "jdbc:mysql://h/d?autoDeserialize=true"),
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
            (
                "url",
                "jdbc:mysql://h:3306/d?useSSL=false&serverTimezone=UTC",
            ),
            ("scan.partition.column", "order_id"),
        ] {
            assert!(is_harmless(key, value), "{key}");
        }
    }
}
