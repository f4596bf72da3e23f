//! Connector options become the physical identity of a table: which bytes it stands for, whatever its name. One file a family of connectors.
//!
//! In: the options as Flink will see them, after hints, LIKE and ALTER. Out: canonical names as OpenLineage writes them (LINEAGE.md §2), such as
//! `kafka://b1:9092,b2:9092/orders`. Invariant: an address that could be read in two ways has no name: it is [`Identity::Unclear`].
//! Stays out: which rule speaks of a name (`policy::physical`), names that one server has besides (`servers` of a policy).

mod address;
mod broker;
mod cdc;
mod choices;
mod files;
mod jdbc;
mod lake;
mod managed;
mod olap;
mod scheme;
mod search;
mod store;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::TableName;
pub(crate) use address::{Host, host};
pub(crate) use files::folder;
pub(crate) use managed::ignores_case;
use managed::managed;
pub(crate) use scheme::{Scheme, scheme};

/// Which bytes a table stands for (OpenLineage's naming; LINEAGE.md §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Data sets by canonical name, such as `kafka://host:9092/topic`; never empty.
    Known(Vec<String>),
    /// A connector that holds no data of anybody's: generated rows in, nothing out.
    Nothing,
    /// A connector that is known, at an address that is not understood, and why.
    Unclear(&'static str),
    /// A connector that is not known: the policy's `unknown_connector` decides.
    Unknown,
}

impl Identity {
    /// The names, where they are known.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        match self {
            Self::Known(names) => names,
            Self::Nothing | Self::Unclear(_) | Self::Unknown => Vec::new(),
        }
    }

    fn of(names: Names) -> Self {
        match names {
            Ok(names) if names.is_empty() => Self::Unclear("it names nothing"),
            Ok(mut names) => {
                names.sort();
                names.dedup();
                Self::Known(names)
            }
            Err(why) => Self::Unclear(why),
        }
    }
}

/// The names of an address, or why it is not understood: words that go into a message, without the address itself.
type Names = Result<Vec<String>, &'static str>;

/// The options of a table or catalog.
#[derive(Clone, Copy)]
struct Options<'a>(&'a BTreeMap<String, String>);

impl<'a> Options<'a> {
    fn get(self, key: &str) -> Option<&'a str> {
        self.0.get(key).map(String::as_str)
    }

    fn need(self, key: &str) -> Result<&'a str, &'static str> {
        self.get(key).ok_or("a part of the address is missing")
    }

    /// The options below a prefix, without it.
    fn below(self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .keys()
            .filter_map(move |key| key.strip_prefix(prefix))
    }

    /// Refuses options that move the address, or that a connector passes on to something that reads them otherwise.
    fn none_of(self, keys: &[&str]) -> Result<(), &'static str> {
        if keys.iter().any(|key| self.0.contains_key(*key)) {
            return Err("an option moves the address, or changes what is read there");
        }
        Ok(())
    }
}

/// Which bytes a table stands for, from its own options and those of its catalog, as far as each is known.
#[must_use]
pub fn locate(
    name: &TableName,
    table: Option<&BTreeMap<String, String>>,
    catalog: Option<&BTreeMap<String, String>>,
) -> Identity {
    match (table, catalog) {
        (Some(table), _) if table.contains_key("connector") => identity(name, table),
        (table, Some(catalog)) => managed(catalog, name, table),
        (Some(_) | None, None) => Identity::Unknown,
    }
}

/// The identity of the table that has these options. `name` is its logical name: some connectors take database and table from it.
#[must_use]
pub fn identity(name: &TableName, options: &BTreeMap<String, String>) -> Identity {
    let o = Options(options);
    let Some(connector) = o.get("connector") else {
        return Identity::Unknown;
    };
    let names = match connector {
        // Rows are made up, or thrown away.
        "datagen" | "print" | "blackhole" => return Identity::Nothing,
        "kafka" | "upsert-kafka" => broker::kafka(o),
        "pulsar" | "upsert-pulsar" => broker::pulsar(o),
        "kinesis" | "kinesis-legacy" => broker::kinesis(o),
        "jdbc" => jdbc::names(o),
        "filesystem" => o.need("path").and_then(files::folder),
        "paimon" => lake::paimon(o),
        "iceberg" => lake::iceberg(o, name),
        "hudi" => lake::hudi(o),
        "fluss" => lake::fluss(o, name),
        "hive" => Err("a Hive table is known by its catalog"),
        "hbase-1.4" | "hbase-2.2" => store::hbase(o),
        "mongodb" => store::mongodb(o),
        "redis" => store::redis(o),
        "elasticsearch-6" | "elasticsearch-7" | "elasticsearch-8" => {
            search::names(o, "elasticsearch")
        }
        "opensearch" | "opensearch-2" => search::names(o, "opensearch"),
        "doris" => olap::doris(o),
        "starrocks" => olap::starrocks(o),
        "clickhouse" => olap::clickhouse(o),
        "mysql-cdc" => cdc::mysql(o, "mysql", 3306),
        "oceanbase-cdc" => cdc::mysql(o, "oceanbase", 2881),
        "postgres-cdc" => cdc::postgres(o),
        "oracle-cdc" => cdc::oracle(o),
        "sqlserver-cdc" => cdc::dotted(o, "mssql", 1433),
        "db2-cdc" => cdc::dotted(o, "db2", 50_000),
        "mongodb-cdc" => cdc::mongodb(o),
        "tidb-cdc" => cdc::tidb(o),
        "vitess-cdc" => cdc::vitess(o),
        _ => return Identity::Unknown,
    };
    Identity::of(names)
}
