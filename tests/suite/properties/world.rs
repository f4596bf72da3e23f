//! Random tables: schemas whose column names meet, data with NULLs and duplicates.

use sqlsec::syntax::quote;

use super::choices::Choices;

/// What expressions a column fits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int,
    Text,
    Flag,
    Amount,
}

/// A value as SQLite holds it; a flag is 0 or 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
}

/// A column of a table. A name has one type in all tables, so that NATURAL joins mean something.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub data_type: &'static str,
    pub not_null: bool,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

#[rustfmt::skip]
const COLUMNS: [Column; 9] = [
    Column { name: "k", kind: Kind::Int, data_type: "INT", not_null: false },
    Column { name: "s", kind: Kind::Text, data_type: "VARCHAR(80)", not_null: false },
    Column { name: "v", kind: Kind::Int, data_type: "INT", not_null: true },
    Column { name: "ok", kind: Kind::Flag, data_type: "BOOLEAN", not_null: false },
    Column { name: "order", kind: Kind::Text, data_type: "VARCHAR(8)", not_null: false },
    Column { name: "big one", kind: Kind::Int, data_type: "BIGINT", not_null: false },
    Column { name: "d", kind: Kind::Amount, data_type: "DOUBLE", not_null: false },
    Column { name: "m", kind: Kind::Amount, data_type: "DECIMAL(10, 2)", not_null: false },
    Column { name: "名", kind: Kind::Text, data_type: "VARCHAR(64)", not_null: true },
];

/// Two of them are words of the language.
const TABLES: [&str; 4] = ["orders", "user", "people 2", "select"];
const INTS: [i64; 6] = [1, 2, 3, 0, 7, -1];
const BIG: [i64; 6] = [1, 2, 123_456, 0, -20_241, 3];
const TEXTS: [&str; 8] = [
    "a",
    "b",
    "ab",
    "",
    "Zo-12 é",
    "phone 13912345678",
    "B",
    "a%",
];
/// Sums of these are exact in any order.
const AMOUNTS: [f64; 6] = [1.0, 2.5, 0.25, 0.0, -12.5, 1024.75];

impl Column {
    /// A random value.
    fn cell(&self, choices: &mut Choices<'_>) -> Cell {
        if !self.not_null && choices.percent(25) {
            return Cell::Null;
        }
        match self.kind {
            Kind::Int if self.data_type == "BIGINT" => Cell::Int(choices.pick(&BIG)),
            Kind::Int => Cell::Int(choices.pick(&INTS)),
            Kind::Text => Cell::Text(choices.pick(&TEXTS).to_owned()),
            Kind::Flag => Cell::Int(choices.pick(&[1, 0])),
            Kind::Amount => Cell::Real(choices.pick(&AMOUNTS)),
        }
    }

    /// A literal that its values can equal.
    pub fn literal(&self, choices: &mut Choices<'_>) -> Cell {
        Column {
            not_null: true,
            ..*self
        }
        .cell(choices)
    }
}

impl Table {
    /// Flink's DDL, which SQLite reads too.
    pub fn ddl(&self, schema: &str) -> String {
        let columns = self.columns.iter().map(|c| {
            let null = if c.not_null { " NOT NULL" } else { "" };
            format!("{} {}{null}", quote(c.name), c.data_type)
        });
        let columns: Vec<_> = columns.collect();
        format!(
            "CREATE TABLE {schema}{} ({})",
            quote(self.name),
            columns.join(", ")
        )
    }

    pub fn column(&self, name: &str) -> usize {
        self.columns
            .iter()
            .position(|c| c.name == name)
            .expect("a column of the table")
    }
}

/// Two to four tables.
pub fn tables(choices: &mut Choices<'_>) -> Vec<Table> {
    let count = 2 + choices.below(3);
    let tables = TABLES.iter().take(count).map(|name| {
        let extra = choices.below(1 << 8);
        // Every table has the first column.
        let has = |i: usize| i == 0 || extra >> (i - 1) & 1 == 1;
        let columns: Vec<Column> = (0..COLUMNS.len())
            .filter(|i| has(*i))
            .map(|i| COLUMNS[i])
            .collect();
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for _ in 0..1 + choices.below(6) {
            let twin = rows.first().filter(|_| choices.percent(20)).cloned();
            rows.push(twin.unwrap_or_else(|| columns.iter().map(|c| c.cell(choices)).collect()));
        }
        Table {
            name,
            columns,
            rows,
        }
    });
    tables.collect()
}

/// A value as Flink and SQLite write it.
pub fn literal(cell: &Cell, kind: Kind) -> String {
    match (cell, kind) {
        (Cell::Null, _) => "NULL".to_owned(),
        (Cell::Int(n), Kind::Flag) => if *n == 1 { "TRUE" } else { "FALSE" }.to_owned(),
        (Cell::Int(n), _) => n.to_string(),
        (Cell::Real(n), _) => format!("{n:?}"),
        (Cell::Text(text), _) => sqlsec::syntax::quote_literal(text),
    }
}
