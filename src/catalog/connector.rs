//! Connector options become the physical identity of a table: which bytes it stands for, whatever its name.

use std::collections::BTreeMap;

/// Which bytes a table stands for (OpenLineage's naming; LINEAGE.md §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Data sets by canonical name, such as `kafka://host:9092/topic`; never empty.
    Known(Vec<String>),
    /// A connector that holds no data of anybody's: generated rows in, nothing out.
    Nothing,
    /// A connector or an address that is not understood: the policy's `unknown_connector` decides.
    Unknown,
}

/// Connectors that make rows up or throw them away.
const DATALESS: [&str; 3] = ["datagen", "print", "blackhole"];

/// Parameters of a JDBC URL that change nothing of the address.
const HARMLESS: [&str; 11] = [
    "autoReconnect",
    "characterEncoding",
    "password",
    "rewriteBatchedStatements",
    "serverTimezone",
    "ssl",
    "sslmode",
    "tinyInt1isBit",
    "useSSL",
    "useUnicode",
    "user",
];

/// The identity that these connector options give. A `filesystem` table has none yet: a folder holds what lies below it, which names alone
/// cannot say.
#[must_use]
pub fn identity(options: &BTreeMap<String, String>) -> Identity {
    let option = |key: &str| options.get(key).map(String::as_str);
    let Some(connector) = option("connector") else {
        return Identity::Unknown;
    };
    if DATALESS.contains(&connector) {
        return Identity::Nothing;
    }
    let names = match connector {
        "kafka" | "upsert-kafka" => option("properties.bootstrap.servers")
            .zip(option("topic"))
            .and_then(|(b, t)| kafka(b, t)),
        "jdbc" => option("url")
            .zip(option("table-name"))
            .and_then(|(url, table)| jdbc(url, table)),
        "mysql-cdc" => cdc(options, "mysql", 3306),
        _ => None,
    };
    names
        .filter(|n| !n.is_empty())
        .map_or(Identity::Unknown, Identity::Known)
}

/// One data set a topic; brokers in order of their names, so that `b2,b1` is the cluster `b1,b2`.
fn kafka(brokers: &str, topics: &str) -> Option<Vec<String>> {
    let mut hosts = brokers
        .split(',')
        .map(|b| host_port(b.trim(), 9092))
        .collect::<Option<Vec<_>>>()?;
    hosts.sort();
    hosts.dedup();
    let cluster = hosts.join(",");
    topics
        .split(';')
        .map(|topic| {
            let topic = topic.trim();
            (!topic.is_empty()).then(|| format!("kafka://{cluster}/{topic}"))
        })
        .collect()
}

/// `jdbc:mysql://user:secret@host:port/db?…` and `jdbc:postgresql://host/db`: credentials and parameters are no part of an address.
fn jdbc(url: &str, table: &str) -> Option<Vec<String>> {
    let rest = url.strip_prefix("jdbc:")?;
    let (scheme, rest) = rest.split_once("://")?;
    let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let harmless = |p: &str| HARMLESS.contains(&p.split('=').next().unwrap_or_default());
    // Some parameters move the database; drivers decode `%`.
    if rest.contains([';', '%']) || !parameters.split('&').all(|p| p.is_empty() || harmless(p)) {
        return None;
    }
    let (authority, database) = rest.split_once('/')?;
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    if !plain(database) || !table.split('.').all(plain) || authority.contains(',') {
        return None;
    }
    match scheme {
        "mysql" => Some(vec![format!(
            "mysql://{}/{database}.{table}",
            host_port(authority, 3306)?
        )]),
        // PostgreSQL folds unquoted names to lower case.
        "postgresql" if table.to_lowercase() == *table => {
            let table = if table.contains('.') {
                table.to_owned()
            } else {
                format!("public.{table}")
            };
            Some(vec![format!(
                "postgres://{}/{database}.{table}",
                host_port(authority, 5432)?
            )])
        }
        _ => None,
    }
}

fn cdc(options: &BTreeMap<String, String>, scheme: &str, port: u16) -> Option<Vec<String>> {
    let host = options.get("hostname")?;
    let port = options
        .get("port")
        .map_or(Ok(port), |p| p.trim().parse())
        .ok()?;
    let (database, table) = (options.get("database-name")?, options.get("table-name")?);
    // Pass-through options of Debezium can choose other tables.
    if options.keys().any(|key| key.starts_with("debezium.")) {
        return None;
    }
    // Both are regular expressions there: only plain names are one data set.
    (plain(database) && plain(table)).then(|| {
        vec![format!(
            "{scheme}://{}:{port}/{database}.{table}",
            host.trim().to_lowercase()
        )]
    })
}

/// A name that no driver reads otherwise than it stands.
fn plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// `host[:port]` with the host in lower case and the port written out.
fn host_port(text: &str, default: u16) -> Option<String> {
    if text.is_empty() || text.starts_with('[') {
        return None;
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, port.parse::<u16>().ok()?),
        None => (text, default),
    };
    let plain = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_');
    plain.then(|| format!("{}:{port}", host.trim_end_matches('.').to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Identity {
        identity(
            &pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    fn known(name: &str) -> Identity {
        Identity::Known(vec![name.to_owned()])
    }

    #[test]
    fn spellings_of_one_address_are_one_identity() {
        for brokers in ["b1:9092,B2", "b2:9092, b1", "B1.,b2,b1"] {
            let got = of(&[
                ("connector", "kafka"),
                ("topic", "orders"),
                ("properties.bootstrap.servers", brokers),
            ]);
            assert_eq!(got, known("kafka://b1:9092,b2:9092/orders"), "{brokers}");
        }
        for url in [
            "jdbc:mysql://DB/shop",
            "jdbc:mysql://u:p@db:3306/shop?useSSL=false",
        ] {
            assert_eq!(
                of(&[("connector", "jdbc"), ("url", url), ("table-name", "t")]),
                known("mysql://db:3306/shop.t"),
                "{url}"
            );
        }
    }

    #[test]
    fn topic_lists_are_several_and_what_is_not_understood_is_unknown() {
        let got = of(&[
            ("connector", "kafka"),
            ("topic", "a;b"),
            ("properties.bootstrap.servers", "h"),
        ]);
        assert_eq!(
            got,
            Identity::Known(vec!["kafka://h:9092/a".into(), "kafka://h:9092/b".into()])
        );
        assert_eq!(
            of(&[
                ("connector", "kafka"),
                ("topic-pattern", "o.*"),
                ("properties.bootstrap.servers", "h")
            ]),
            Identity::Unknown
        );
        assert_eq!(
            of(&[("connector", "filesystem"), ("path", "/data/../secret")]),
            Identity::Unknown
        );
        assert_eq!(of(&[("connector", "made-up")]), Identity::Unknown);
        assert_eq!(of(&[("connector", "datagen")]), Identity::Nothing);
        assert_eq!(of(&[]), Identity::Unknown);
    }
}
