//! A script may declare its own table over protected bytes. Filters and masks go by column name, so each name must mean the bytes it names.

use crate::catalog::{ColumnKind, Table};
use crate::policy::{Obligations, Rows};

/// Formats that find a field by its name. One that reads by position would let a script call the phone number anything.
const BY_NAME: [&str; 8] = [
    "json",
    "avro-confluent",
    "canal-json",
    "debezium-avro-confluent",
    "debezium-json",
    "maxwell-json",
    "ogg-json",
    "parquet",
];

/// Options that say which format is used.
const FORMAT_KEYS: [&str; 3] = ["format", "key.format", "value.format"];

/// Whether the columns that the obligations name are stored ones, found by name, under one spelling.
pub(super) fn columns_are_the_datas(table: &Table, obligations: &Obligations) -> bool {
    if obligations.is_empty() {
        return true;
    }
    let filter = match &obligations.rows {
        Rows::Matching(filter) => filter.columns.as_slice(),
        Rows::All | Rows::Nothing => &[],
    };
    let masked = obligations.masks.iter().filter_map(|m| m.path.first());
    let conditions = obligations.masks.iter().filter_map(|m| m.when.as_ref());
    let conditions = conditions.flat_map(|w| &w.columns);
    let columns = table.columns.as_deref().unwrap_or_default();
    let named_well = filter.iter().chain(masked).chain(conditions).all(|name| {
        let mut alike = columns
            .iter()
            .filter(|c| c.name.to_lowercase() == name.to_lowercase());
        matches!((alike.next(), alike.next()), (Some(c), None) if c.name == *name && c.kind == ColumnKind::Physical)
    });
    let formats = FORMAT_KEYS.iter().filter_map(|key| table.options.get(*key));
    let by_name = formats.clone().all(|f| BY_NAME.contains(&f.as_str()));
    let database = matches!(
        table.options.get("connector").map(String::as_str),
        Some("jdbc" | "mysql-cdc")
    );
    let prefixed = table.options.keys().any(|k| k.ends_with("fields-prefix"));
    named_well && by_name && (database || formats.count() > 0) && !prefixed
}
