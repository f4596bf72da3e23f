//! A script may declare its own table over protected bytes. Filters and masks go by column name, so each name must mean the bytes it names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::options::option_allowed;
use crate::catalog::{ColumnKind, Table, TypeKind, same_letters};
use crate::policy::{Obligations, Rows};

/// Formats that find a field by its name. One that reads by position would let a script call the phone number anything; one that asks a registry
/// for the names of fields believes a registry that the script chooses.
const BY_NAME: [&str; 6] = [
    "json",
    "canal-json",
    "debezium-json",
    "maxwell-json",
    "ogg-json",
    "parquet",
];

/// Options that say where the data are and how they are fetched. With another one a connector may fill in, rename or choose values below the filter
/// and the mask: a default for NULL, a pipeline, an own schema.
const OPTIONS: [&str; 53] = [
    "admin-url",
    "aws.region",
    "bootstrap.servers",
    "catalog-database",
    "catalog-name",
    "catalog-table",
    "catalog-type",
    "collection",
    "connection.max-retry-timeout",
    "connector",
    "database",
    "database-name",
    "decoding.plugin.name",
    "driver",
    "fenodes",
    "format",
    "hostname",
    "hosts",
    "index",
    "jdbc-url",
    "key.fields",
    "key.format",
    "keyspace",
    "load-url",
    "password",
    "path",
    "pd-addresses",
    "port",
    "properties.bootstrap.servers",
    "properties.client.id",
    "properties.group.id",
    "properties.sasl.mechanism",
    "properties.security.protocol",
    "scan-url",
    "scheme",
    "schema-name",
    "server-id",
    "server-time-zone",
    "service-url",
    "slot.name",
    "stream",
    "stream.arn",
    "table-name",
    "table.identifier",
    "topic",
    "topic-pattern",
    "topics",
    "uri",
    "url",
    "username",
    "value.format",
    "value.fields-include",
    "zookeeper.quorum",
];

/// Prefixes of such options: what a format takes for an error or a time, what identity has looked at.
const OPTION_PREFIXES: [&str; 9] = [
    "canal-json.",
    "debezium-json.",
    "debezium.",
    "jdbc.properties.",
    "json.",
    "maxwell-json.",
    "ogg-json.",
    "sink.",
    "value.json.",
];

fn fetches(key: &str) -> bool {
    OPTIONS.contains(&key)
        || option_allowed(key)
        || OPTION_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

/// Connectors that ask a system for columns by name, or read a schema that is stored with the data.
const STORES: [&str; 19] = [
    "clickhouse",
    "db2-cdc",
    "doris",
    "fluss",
    "hbase-1.4",
    "hbase-2.2",
    "hudi",
    "iceberg",
    "jdbc",
    "mongodb",
    "mongodb-cdc",
    "mysql-cdc",
    "oceanbase-cdc",
    "oracle-cdc",
    "paimon",
    "postgres-cdc",
    "sqlserver-cdc",
    "starrocks",
    "tidb-cdc",
];

/// Connectors that put the names of columns into the SQL that they send, not all of them in quotes.
const SQL_SENDERS: [&str; 4] = ["clickhouse", "doris", "jdbc", "starrocks"];

/// Whether no column's name would be read as SQL by the system behind the connector: one called `(SELECT phone FROM orders)` is a road to
/// another table.
pub(super) fn columns_are_names(table: &Table) -> bool {
    let sends = table
        .options
        .get("connector")
        .is_some_and(|c| SQL_SENDERS.contains(&c.as_str()));
    let plain = |name: &str| {
        let mut chars = name.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
    };
    let mut columns = table.columns.iter().flatten();
    !sends || columns.all(|c| plain(&c.name))
}

/// Whether a table finds its columns by their names, as far as its options say.
pub(super) fn finds_by_name(options: &BTreeMap<String, String>) -> bool {
    let formats = FORMAT_KEYS.iter().filter_map(|key| options.get(*key));
    let by_name = formats.clone().all(|f| BY_NAME.contains(&f.as_str()));
    let connector = options.get("connector");
    let database = connector.is_some_and(|c| STORES.contains(&c.as_str()));
    by_name && (database || formats.count() > 0) && options.keys().all(|key| fetches(key))
}

/// Options that say which format is used.
const FORMAT_KEYS: [&str; 3] = ["format", "key.format", "value.format"];

/// Whether the columns that the obligations name are stored ones, found by name, under one spelling, and with types that keep their values apart.
/// `site`: what the site says of tables over the same bytes.
pub(super) fn columns_are_the_datas(
    table: &Table,
    obligations: &Obligations,
    site: &[Arc<Table>],
) -> bool {
    if obligations.is_empty() {
        return true;
    }
    let filter = match &obligations.rows {
        Rows::Matching(filter) => filter.columns.as_slice(),
        Rows::All | Rows::Nothing => &[],
    };
    let masked = masked_names(obligations);
    let conditions = obligations.masks.iter().filter_map(|m| m.when.as_ref());
    let conditions = conditions.flat_map(|w| &w.columns);
    let deciding: Vec<&String> = filter.iter().chain(conditions.clone()).collect();
    let columns = table.columns.as_deref().unwrap_or_default();
    let named_well = filter.iter().chain(masked).chain(conditions).all(|name| {
        let mut alike = columns
            .iter()
            .filter(|c| c.name.to_lowercase() == name.to_lowercase());
        matches!((alike.next(), alike.next()), (Some(c), None) if c.name == *name && c.kind == ColumnKind::Physical)
    });
    let database = is_database(table);
    // A folder below a partition has lost the column of that partition.
    let below = |name: &String| {
        let folder = format!("/{name}=").to_lowercase();
        let path = table.options.get("path").map(|p| p.to_lowercase());
        path.is_some_and(|path| path.contains(&folder))
    };
    let typed_well = deciding
        .iter()
        .all(|name| keeps_apart(table, name, site, database));
    let whole = !filter.iter().chain(masked_names(obligations)).any(below);
    named_well && typed_well && whole && fields_are_the_datas(table, site)
}

/// Whether the watermark of a table that a script declares tells nothing that is hidden. Flink works it out below filters and masks, from raw values, and
/// CURRENT_WATERMARK shows what has become of it. So it reads no masked column; and where rows are hidden no more than one, which is what a time attribute
/// is made of: an expression over several could pick a value of one row by another.
pub(super) fn watermark_is_quiet(table: &Table, obligations: &Obligations) -> bool {
    let Some(attribute) = table.watermark.as_ref().filter(|_| !obligations.is_empty()) else {
        return true;
    };
    let Some(reads) = &table.watermark_reads else {
        return false;
    };
    let columns = table.columns.as_deref().unwrap_or_default();
    let mut stored: Vec<&String> = Vec::new();
    for name in reads.iter().chain([attribute]) {
        let kind = columns.iter().find(|c| c.name == *name).map(|c| &c.kind);
        match kind {
            // Flink's computed columns read no other ones.
            Some(ColumnKind::Computed { reads, .. }) => stored.extend(reads),
            Some(ColumnKind::Physical | ColumnKind::Metadata { .. }) | None => stored.push(name),
        }
    }
    stored.sort_unstable();
    stored.dedup();
    let masked = masked_names(obligations)
        .any(|name| stored.contains(&name) || reads.contains(name) || name == attribute);
    !masked && (matches!(obligations.rows, Rows::All) || stored.len() <= 1)
}

/// Whether each column that is declared is the field of its name, as far as options say: another column cannot show what a rule hides.
pub(super) fn fields_are_the_datas(table: &Table, site: &[Arc<Table>]) -> bool {
    let format = |table: &Table| {
        let value = table.options.get("value.format");
        value.or_else(|| table.options.get("format")).cloned()
    };
    // Read by another format, a field of the same name is another one: that of an envelope, or one inside of it.
    let same_format = site.iter().all(|known| format(known) == format(table));
    let mut columns = table.columns.iter().flatten();
    let opened = !is_database(table) && columns.any(|c| is_envelope(&c.name));
    finds_by_name(&table.options) && same_format && !opened
}

/// Whether the system behind the connector knows columns by name.
fn is_database(table: &Table) -> bool {
    let connector = table.options.get("connector");
    connector.is_some_and(|c| STORES.contains(&c.as_str()))
}

/// Fields in which the formats of change feeds put whole rows. A script that reads them itself finds every column there under no rule.
fn is_envelope(column: &str) -> bool {
    const FIELDS: [&str; 5] = ["after", "before", "data", "old", "payload"];
    FIELDS.iter().any(|field| same_letters(field, column))
}

/// Whether a column that decides which rows are shown has a type that tells its values apart. A driver cuts a number to the type that it is declared
/// with: as TINYINT, department 263 is department 7.
fn keeps_apart(table: &Table, name: &str, site: &[Arc<Table>], database: bool) -> bool {
    let kind = |table: &Table| {
        let column = table
            .columns
            .iter()
            .flatten()
            .find(|c| same_letters(&c.name, name));
        column.and_then(|c| c.data_type.as_ref().map(|t| t.kind.clone()))
    };
    let Some(declared) = kind(table) else {
        return false;
    };
    let known: Vec<TypeKind> = site.iter().filter_map(|table| kind(table)).collect();
    if !known.is_empty() {
        return known.iter().all(|kind| *kind == declared);
    }
    let wide = matches!(
        declared,
        TypeKind::Boolean
            | TypeKind::BigInt
            | TypeKind::Double
            | TypeKind::Decimal(..)
            | TypeKind::Char(_)
            | TypeKind::Varchar(_)
            | TypeKind::Timestamp(_)
            | TypeKind::TimestampLtz(_)
    );
    wide || !database
}

fn masked_names(obligations: &Obligations) -> impl Iterator<Item = &String> {
    obligations.masks.iter().filter_map(|m| m.path.first())
}
