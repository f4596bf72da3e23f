//! Rows for one query: small, the same in each run, with keys that join, NULLs, and values that the query looks for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::text::{Literal, Table, literals};

/// How many different values a foreign key has; every table with a key of its own has at least as many rows.
const KEYS: u64 = 6;

/// One generator a query.
pub struct Rows<'q> {
    query: &'q str,
    wanted: BTreeMap<String, Vec<Literal>>,
}

impl<'q> Rows<'q> {
    pub fn new(query: &'q str, sql: &str, tables: &[&Table]) -> Self {
        let columns: BTreeSet<&str> = tables
            .iter()
            .flat_map(|t| t.columns.iter().map(|(name, _)| name.as_str()))
            .collect();
        Self {
            query,
            wanted: literals(sql, &columns),
        }
    }

    /// `{ table: { types, rows } }`, as the harness takes it.
    pub fn data(&self, tables: &[&Table]) -> Value {
        let data: Map<String, Value> = tables
            .iter()
            .map(|table| {
                let types: Vec<&str> = table.columns.iter().map(|(_, t)| t.as_str()).collect();
                let rows: Vec<Value> = (0..count(&table.name))
                    .map(|row| {
                        table
                            .columns
                            .iter()
                            .enumerate()
                            .map(|(at, _)| self.value(table, at, row))
                            .collect()
                    })
                    .collect();
                (table.name.clone(), json!({ "types": types, "rows": rows }))
            })
            .collect();
        Value::Object(data)
    }

    fn value(&self, table: &Table, at: usize, row: u64) -> Value {
        let (column, data_type) = &table.columns[at];
        let roll = roll(&[self.query, &table.name, column, &row.to_string()]);
        if at == 0 && !is_fact(&table.name) {
            return json!(row + 1);
        }
        if roll.is_multiple_of(24) {
            return Value::Null;
        }
        let roll = roll / 24;
        if is_key(column, data_type) {
            return json!(1 + roll % KEYS);
        }
        if column == "d_month_seq" && !self.wanted.contains_key(column) {
            return self.month(table, row);
        }
        let wanted: Vec<Value> = self
            .wanted
            .get(column)
            .into_iter()
            .flatten()
            .flat_map(|literal| fitting(literal, column, data_type))
            .collect();
        if !wanted.is_empty() && !roll.is_multiple_of(8) {
            let choice = (roll / 8) % u64::try_from(wanted.len()).expect("few");
            return wanted[usize::try_from(choice).expect("few")].clone();
        }
        any(column, data_type, roll / 8)
    }
}

impl Rows<'_> {
    /// The number of the row's month: queries ask for *the* number of a month of a year, as a value.
    fn month(&self, table: &Table, row: u64) -> Value {
        let part = |name: &str| {
            let at = table
                .columns
                .iter()
                .position(|(column, _)| column == name)?;
            self.value(table, at, row).as_i64()
        };
        match (part("d_year"), part("d_moy")) {
            (Some(year), Some(month)) => json!(12 * (year - 1900) + month - 1),
            _ => Value::Null,
        }
    }
}

/// Fact tables have no key of their own, and more rows.
fn is_fact(table: &str) -> bool {
    ["lineitem", "partsupp", "inventory"].contains(&table)
        || table.ends_with("_sales")
        || table.ends_with("_returns")
}

fn count(table: &str) -> u64 {
    match table {
        "orders" => 30,
        _ if is_fact(table) => 150,
        _ => 10,
    }
}

fn is_key(column: &str, data_type: &str) -> bool {
    data_type == "BIGINT"
        && ["_sk", "key", "_number"]
            .iter()
            .any(|end| column.ends_with(end))
}

/// A literal as values of a column.
fn fitting(literal: &Literal, column: &str, data_type: &str) -> Vec<Value> {
    match (literal, data_type) {
        (Literal::Number(n), "INT" | "BIGINT") if n.fract() == 0.0 => vec![json!(*n as i64)],
        // Quarters have exact sums: the order in which rows arrive must not show.
        (Literal::Number(n), "DOUBLE") => vec![json!((n * 4.0).round() / 4.0)],
        (Literal::Number(n), t) if t.starts_with("DECIMAL") => vec![json!(format!("{n:.2}"))],
        (Literal::Text(text), t) if t == "STRING" || t.starts_with("VARCHAR") => {
            let phone = column.ends_with("phone").then_some("-555-0199");
            vec![json!(format!("{text}{}", phone.unwrap_or_default()))]
        }
        (Literal::Text(text), "DATE") => {
            let parts: Vec<i16> = text.split('-').filter_map(|p| p.parse().ok()).collect();
            let [year, month, day] = parts[..] else {
                return Vec::new();
            };
            let Ok(date) = Date::new(year, month as i8, day as i8) else {
                return Vec::new();
            };
            [-20, 1, 11, 24, 200]
                .iter()
                .map(|days| json!((date + days.days()).to_string()))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A value of a column that no literal speaks of.
fn any(column: &str, data_type: &str, roll: u64) -> Value {
    let kind = data_type.split('(').next().unwrap_or_default();
    match kind {
        "INT" | "BIGINT" => json!(if column.ends_with("year") {
            1999 + roll % 4
        } else if column.ends_with("month_seq") {
            1200 + roll % 12
        } else if column.ends_with("week_seq") {
            1 + 53 * (roll % 2) + roll / 2 % 2
        } else if column.ends_with("quantity") || column.ends_with("qty") {
            1 + roll % 100
        } else {
            roll % 8
        }),
        "DOUBLE" => json!((roll % 1200) as f64 / 4.0),
        "DECIMAL" => json!(if column.ends_with("discount") || column.ends_with("tax") {
            format!("0.0{}", roll % 10)
        } else {
            format!("{}.{:02}", roll % 5000, roll / 5000 % 100)
        }),
        "DATE" => {
            let first = Date::constant(1993, 1, 1);
            let days = i64::try_from(roll % 2200).expect("small");
            json!((first + days.days()).to_string())
        }
        "STRING" | "VARCHAR" if column.ends_with("day_name") => {
            let days = [
                "Sunday",
                "Monday",
                "Tuesday",
                "Wednesday",
                "Thursday",
                "Friday",
                "Saturday",
            ];
            json!(days[usize::try_from(roll % 7).expect("small")])
        }
        "STRING" | "VARCHAR" if data_type == "VARCHAR(1)" => {
            json!(["A", "F", "N", "O"][usize::try_from(roll % 4).expect("small")])
        }
        "STRING" | "VARCHAR" if column.ends_with("phone") => {
            json!(format!("{}-555-{:04}", 10 + roll % 25, roll / 25 % 10000))
        }
        "STRING" | "VARCHAR" => {
            // Tables share the words, so that columns of one meaning meet.
            let meaning = column.split_once('_').map_or(column, |(_, rest)| rest);
            let short: String = meaning.chars().take(5).collect();
            let number = roll % 5;
            // Told apart by their ends, of which most masks leave one.
            json!(format!("{number} {} b{number}", short.to_uppercase()))
        }
        other => panic!("no values for {other}"),
    }
}

/// A number that looks like chance and is the same in each run (FNV-1a, mixed once more).
pub fn roll(parts: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.join("\u{1f}").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}
