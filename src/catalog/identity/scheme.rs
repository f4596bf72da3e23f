//! The schemes of physical names: what an authority is there, and what else reaches the same data.

/// What is known of a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scheme {
    /// As it stands in names.
    pub name: &'static str,
    /// The port that is meant when none is written; none where the authority is no server.
    pub port: Option<u16>,
    /// Whether a name is a folder, which holds what lies below it.
    pub folder: bool,
    /// Whether the system may find one table by names that differ in letter case.
    pub ignores_case: bool,
    /// Schemes of systems that speak the same protocol: a client of one reaches the other.
    pub kin: &'static [&'static str],
}

const MYSQL: &[&str] = &["mysql", "oceanbase", "tidb", "doris", "starrocks", "vitess"];
const SEARCH: &[&str] = &["elasticsearch", "opensearch"];
const HIVE: &[&str] = &["hive", "iceberg"];

const fn server(name: &'static str, port: u16) -> Scheme {
    Scheme {
        name,
        port: Some(port),
        folder: false,
        ignores_case: false,
        kin: &[],
    }
}

const fn database(name: &'static str, port: u16, kin: &'static [&'static str]) -> Scheme {
    Scheme {
        ignores_case: true,
        kin,
        ..server(name, port)
    }
}

const fn folder(name: &'static str) -> Scheme {
    Scheme {
        name,
        port: None,
        folder: true,
        ignores_case: false,
        kin: &[],
    }
}

const SCHEMES: [Scheme; 31] = [
    server("kafka", 9092),
    server("pulsar", 6650),
    Scheme {
        folder: false,
        ..folder("kinesis")
    },
    database("mysql", 3306, MYSQL),
    database("oceanbase", 2881, MYSQL),
    database("tidb", 2379, MYSQL),
    database("vitess", 15_991, MYSQL),
    database("doris", 8030, MYSQL),
    database("starrocks", 9030, MYSQL),
    database("postgres", 5432, &[]),
    database("oracle", 1521, &[]),
    database("mssql", 1433, &[]),
    database("db2", 50_000, &[]),
    server("clickhouse", 8123),
    server("mongodb", 27_017),
    server("redis", 6379),
    server("hbase", 2181),
    database("hive", 9083, HIVE),
    database("iceberg", 443, HIVE),
    server("fluss", 9123),
    server("paimon", 443),
    Scheme {
        kin: SEARCH,
        ..server("elasticsearch", 9200)
    },
    Scheme {
        kin: SEARCH,
        ..server("opensearch", 9200)
    },
    folder("file"),
    Scheme {
        port: Some(8020),
        ..folder("hdfs")
    },
    folder("s3"),
    folder("oss"),
    folder("gs"),
    folder("abfss"),
    folder("cosn"),
    folder("obs"),
];

/// The scheme of this name, under any of its spellings.
pub(crate) fn scheme(text: &str) -> Option<&'static Scheme> {
    let lower = text.to_ascii_lowercase();
    let name = match lower.as_str() {
        "s3a" | "s3n" | "s3p" => "s3",
        "wasb" | "wasbs" | "abfs" => "abfss",
        "webhdfs" | "swebhdfs" => "hdfs",
        "postgresql" => "postgres",
        "sqlserver" => "mssql",
        other => other,
    };
    SCHEMES.iter().find(|scheme| scheme.name == name)
}
