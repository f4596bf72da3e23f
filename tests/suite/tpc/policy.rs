//! A policy for tables that nobody here designed, from their column types; and beside it what the policy means, as expressions over raw
//! values, written from what was measured on Flink and not by the library's masks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::text::Table;

/// Who is protected against.
pub const USER: &str = "analyst";

/// A policy and its meaning.
pub struct Protection {
    /// The document; JSON is YAML.
    pub document: String,
    /// `{ filter, columns }` by table.
    pub secure: BTreeMap<String, Value>,
}

/// Masks for text columns in turn. `None` leaves a column as it is.
const TEXT_MASKS: [Option<&str>; 6] = [
    Some("MASK_SHOW_LAST_4"),
    Some("MASK"),
    None,
    Some("pseudonym"),
    Some("MASK_SHOW_FIRST_4"),
    Some("MASK_HASH"),
];

/// Every second table gets a filter that keeps about two thirds of its rows, two of three get masks on text columns and amounts, and some
/// keys are masked everywhere: the customers' one to one, so that joins still meet, the warehouses' in the facts only and many to one.
/// A column that queries compare with a literal is masked only now and then, so that queries still have rows.
pub fn protect(tables: &[&Table], compared: &BTreeSet<String>) -> Protection {
    let mut rules = Vec::new();
    let mut secure = BTreeMap::new();
    for (i, table) in tables.iter().enumerate() {
        let mut meaning = Map::new();
        let on = format!("*.*.{}", table.name);
        let to = json!({ "users": [USER] });
        let number = table.columns.iter().find(|(_, t)| is_whole(t));
        if let (0, Some((column, _))) = (i % 2, number) {
            let filter = format!("MOD({column}, 3) <> 1");
            rules.push(json!({ "id": format!("{}-rows", table.name), "type": "row_filter", "to": to, "on": { "table": on }, "filter": filter }));
            meaning.insert("filter".to_owned(), json!(filter));
        }
        let mut columns = Map::new();
        for (j, (column, data_type)) in table.columns.iter().enumerate() {
            let Some(mask) = mask(i, j, column, data_type, compared) else {
                continue;
            };
            rules.push(json!({ "id": format!("{}-{column}", table.name), "type": "column_mask", "to": to, "on": { "table": on, "columns": [column] }, "mask": mask }));
            columns.insert(column.clone(), json!(expression(mask, column, data_type)));
        }
        if !columns.is_empty() {
            meaning.insert("columns".to_owned(), Value::Object(columns));
        }
        if !meaning.is_empty() {
            secure.insert(table.name.clone(), Value::Object(meaning));
        }
    }
    Protection {
        document: document(&rules),
        secure,
    }
}

/// A policy document with these rules and the named masks.
pub fn document(rules: &[Value]) -> String {
    json!({
        "apiVersion": "sqlsec/v1",
        "version": 1,
        "defaults": { "unknown_connector": "allow" },
        "masks": {
            "pseudonym": { "expression": "CONCAT('p-', {col})" },
            "key": { "expression": "{col} * 1000003 + 7" },
            "whole": { "expression": "FLOOR({col})" },
        },
        "rules": rules,
    })
    .to_string()
}

fn mask(
    i: usize,
    j: usize,
    column: &str,
    data_type: &str,
    compared: &BTreeSet<String>,
) -> Option<&'static str> {
    if is_whole(data_type) && column.ends_with("customer_sk") {
        return Some("key");
    }
    if is_whole(data_type) && column.ends_with("_warehouse_sk") && !column.starts_with("w_") {
        return Some("MASK");
    }
    if i % 3 == 2 || (compared.contains(column) && !(i + j).is_multiple_of(4)) {
        return None;
    }
    match data_type {
        "STRING" => TEXT_MASKS[(i + j) % TEXT_MASKS.len()],
        "DOUBLE" if j.is_multiple_of(3) => Some("whole"),
        "DATE" if column.ends_with("rec_start_date") => Some("MASK_DATE_SHOW_YEAR"),
        "DATE" if column.ends_with("rec_end_date") => Some("MASK"),
        "INT" if j.is_multiple_of(5) => Some("MASK_SHOW_FIRST_4"),
        _ => None,
    }
}

fn is_whole(data_type: &str) -> bool {
    ["INT", "BIGINT"].contains(&data_type)
}

/// What a mask gives for a column.
pub fn expression(mask: &str, c: &str, data_type: &str) -> String {
    let text = data_type == "STRING";
    let digits = |pattern: &str| {
        format!("CAST(REGEXP_REPLACE(CAST({c} AS STRING), '{pattern}', '1') AS {data_type})")
    };
    match mask {
        "MASK" if text => format!(
            r"REGEXP_REPLACE(REGEXP_REPLACE(REGEXP_REPLACE({c}, '\p{{Lu}}', 'X'), '\p{{Ll}}', 'x'), '\p{{Nd}}', 'n')"
        ),
        "MASK" if data_type == "DATE" => {
            format!("CASE WHEN {c} IS NULL THEN CAST(NULL AS DATE) ELSE DATE '0001-01-01' END")
        }
        "MASK" => digits("[0-9]"),
        "MASK_SHOW_FIRST_4" if text => {
            format!("CONCAT(LEFT({c}, 4), REPEAT('x', GREATEST(CHAR_LENGTH({c}) - 4, 0)))")
        }
        "MASK_SHOW_FIRST_4" => digits("(?<=[0-9.]{4})[0-9]"),
        "MASK_SHOW_LAST_4" if text => {
            format!("CONCAT(REPEAT('x', GREATEST(CHAR_LENGTH({c}) - 4, 0)), RIGHT({c}, 4))")
        }
        "MASK_HASH" if text => format!("SHA256({c})"),
        "MASK_DATE_SHOW_YEAR" => format!("FLOOR({c} TO YEAR)"),
        "pseudonym" => format!("CONCAT('p-', {c})"),
        "key" => format!("{c} * 1000003 + 7"),
        "whole" => format!("FLOOR({c})"),
        other => panic!("{other} on {data_type}"),
    }
}
