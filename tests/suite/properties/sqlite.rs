//! SQLite as an engine: Flink's functions that masks call, tables in a database that is called as Flink's is.

use std::cell::RefCell;
use std::collections::HashMap;

use fancy_regex::Regex;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};

use super::policy::{encrypt, sha256};
use super::world::{Cell, Table};

/// A result: column names, and rows in an order of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A database with the given rows in its tables.
pub fn database(
    tables: &[Table],
    rows: &[Vec<Vec<Cell>>],
    others: &[String],
) -> Result<Connection, String> {
    let connection = Connection::open_in_memory().expect("SQLite");
    connection
        .execute_batch("ATTACH ':memory:' AS default_database")
        .expect("a database");
    functions(&connection);
    for (table, rows) in tables.iter().zip(rows) {
        // What MASK_NULL leaves of a NOT NULL column is nullable.
        let ddl = table.ddl("default_database.").replace(" NOT NULL", "");
        connection.execute_batch(&ddl).expect("a table");
        let places = vec!["?"; table.columns.len()].join(", ");
        let insert = format!(
            "INSERT INTO default_database.{} VALUES ({places})",
            sqlsec::syntax::quote(table.name)
        );
        let mut insert = connection.prepare(&insert).expect("an insert");
        for row in rows {
            let values = row.iter().map(|cell| match cell {
                Cell::Null => Value::Null,
                Cell::Int(n) => Value::Integer(*n),
                Cell::Real(n) => Value::Real(*n),
                Cell::Text(text) => Value::Text(text.clone()),
            });
            insert.execute(params_from_iter(values)).expect("a row");
        }
    }
    for other in others {
        connection
            .execute_batch(other)
            .map_err(|e| format!("{e}: {other}"))?;
    }
    Ok(connection)
}

/// Runs statements and takes back what they have changed; the answer is that of the last one, or of reading `sink` after it.
pub fn run(connection: &Connection, statements: &[String], sink: bool) -> Result<Answer, String> {
    connection.execute_batch("BEGIN").expect("a transaction");
    let answer = answer(connection, statements, sink);
    connection.execute_batch("ROLLBACK").expect("a transaction");
    answer
}

fn answer(connection: &Connection, statements: &[String], sink: bool) -> Result<Answer, String> {
    let fail = |sql: &str| {
        let sql = sql.to_owned();
        move |e: rusqlite::Error| format!("{e}: {sql}")
    };
    let mut statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    if sink {
        statements.push("SELECT * FROM default_database.sink");
    }
    let (last, first) = statements.split_last().expect("a statement");
    for sql in first {
        connection.execute_batch(sql).map_err(fail(sql))?;
    }
    let mut query = connection.prepare(last).map_err(fail(last))?;
    let columns: Vec<String> = query.column_names().map(ToString::to_string).collect();
    let cells = |row: &rusqlite::Row<'_>| {
        let cells = (0..columns.len()).map(|i| Ok(text(row.get_ref(i)?)));
        cells.collect::<Result<Vec<_>, _>>()
    };
    let rows = query.query_map([], cells);
    let mut rows = rows
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(fail(last))?;
    rows.sort();
    Ok(Answer { columns, rows })
}

/// A value, so that 1 and '1' differ.
fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(n) => n.to_string(),
        // A DECIMAL is an integer where it can be one, and only in a column.
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => format!("{bytes:?}"),
    }
}

fn functions(connection: &Connection) {
    let add = |name: &str, arguments: i32, function: fn(&[String]) -> String| {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        let call =
            move |context: &mut Context<'_>| Ok(strings(context).map(|strings| function(&strings)));
        connection
            .create_scalar_function(name, arguments, flags, call)
            .expect("a function");
    };
    add("CONCAT", -1, |s| s.concat());
    add("ENCRYPT", 1, |s| encrypt(&s[0]));
    add("SHA256", 1, |s| sha256(&s[0]));
    add("LEFT", 2, |s| s[0].chars().take(number(&s[1])).collect());
    add("REPEAT", 2, |s| s[0].repeat(number(&s[1])));
    add("REGEXP_REPLACE", 3, |s| replace(&s[0], &s[1], &s[2]));
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let length = |context: &mut Context<'_>| {
        Ok(strings(context).map(|s| i64::try_from(s[0].chars().count()).expect("a length")))
    };
    connection
        .create_scalar_function("CHAR_LENGTH", 1, flags, length)
        .expect("a function");
    let greatest = |context: &mut Context<'_>| {
        Ok(strings(context).and_then(|s| s.iter().filter_map(|n| n.parse::<i64>().ok()).max()))
    };
    connection
        .create_scalar_function("GREATEST", -1, flags, greatest)
        .expect("a function");
}

/// The arguments as text; none when one is NULL, as Flink's functions have it.
fn strings(context: &mut Context<'_>) -> Option<Vec<String>> {
    let one = |i| match context.get_raw(i) {
        ValueRef::Null => None,
        ValueRef::Integer(n) => Some(n.to_string()),
        ValueRef::Real(n) => Some(n.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(_) => panic!("a blob"),
    };
    (0..context.len()).map(one).collect()
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_default()
}

thread_local! {
    static PATTERNS: RefCell<HashMap<String, Regex>> = RefCell::default();
}

fn replace(text: &str, pattern: &str, replacement: &str) -> String {
    PATTERNS.with_borrow_mut(|patterns| {
        let compiled = patterns
            .entry(pattern.to_owned())
            .or_insert_with(|| Regex::new(pattern).expect("a pattern"));
        compiled.replace_all(text, replacement).into_owned()
    })
}
