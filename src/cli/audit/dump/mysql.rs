//! Dumps of MySQL and MariaDB: `CREATE TABLE` gives the columns, `INSERT INTO … VALUES` the rows. Line ends in values are escaped, so that a line that ends
//! in `;` ends its statement.

use sqlparser::ast::{Expr, SetExpr, Statement, UnaryOperator, Value, ValueWithSpan};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;

use super::{Lines, Take, broken};
use crate::report::export::Row;
use crate::report::{Obstacle, TableRole};

pub(super) fn read(mut lines: Lines, take: &mut Take<'_>) -> Result<(), Obstacle> {
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    let mut text = String::new();
    loop {
        text.clear();
        lines.statement();
        if !lines.next(&mut text)? {
            return Ok(());
        }
        if let Some(table) = table_after(&text, "CREATE TABLE ") {
            let names = definition(&mut lines)?;
            if TableRole::of(&table).is_some() {
                columns.retain(|(known, _)| *known != table);
                columns.push((table, names));
            }
        } else if let Some(table) =
            table_after(&text, "INSERT INTO ").or(table_after(&text, "REPLACE INTO "))
            && let Some(role) = TableRole::of(&table)
        {
            while !text.ends_with(';') {
                text.push('\n');
                if !lines.next(&mut text)? {
                    return Err(broken("its last statement has no end"));
                }
            }
            let known = columns.iter().find(|(name, _)| *name == table);
            let names = known.map(|(_, names)| names.as_slice()).unwrap_or_default();
            if !insert(&text, (&table, role), names, take)? {
                return Ok(());
            }
        }
    }
}

/// The table that a statement is about, in lower case and without its schema.
fn table_after(text: &str, words: &str) -> Option<String> {
    let head = text.get(..words.len())?;
    if !head.eq_ignore_ascii_case(words) {
        return None;
    }
    let rest = text.get(words.len()..)?.trim_start();
    let end = rest.find([' ', '(']).unwrap_or(rest.len());
    let name = rest.get(..end)?.replace('`', "").to_ascii_lowercase();
    Some(name.rsplit('.').next().unwrap_or(&name).to_owned())
}

/// The columns of a table: the lines of its definition that begin with a name.
fn definition(lines: &mut Lines) -> Result<Vec<String>, Obstacle> {
    let mut names = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        if !lines.next(&mut line)? {
            return Err(broken("its last statement has no end"));
        }
        if let Some(rest) = line.trim_start().strip_prefix('`') {
            names.extend(rest.split('`').next().map(str::to_ascii_lowercase));
        }
        if line.ends_with(';') {
            return Ok(names);
        }
    }
}

/// The rows of an `INSERT`; whether more are wanted.
fn insert(
    text: &str,
    (table, role): (&str, TableRole),
    columns: &[String],
    take: &mut Take<'_>,
) -> Result<bool, Obstacle> {
    let unread = |message: &str| broken(&format!("rows of {table} cannot be read: {message}"));
    let parsed = Parser::parse_sql(&MySqlDialect {}, text);
    let mut parsed = parsed.map_err(|e| unread(&e.to_string()))?;
    let (Some(Statement::Insert(insert)), true) = (parsed.pop(), parsed.is_empty()) else {
        return Err(unread("it is no INSERT"));
    };
    let own: Vec<String> = insert
        .columns
        .iter()
        .map(|c| c.to_string().replace('`', "").to_ascii_lowercase())
        .collect();
    let columns = if own.is_empty() { columns } else { &own };
    let Some(SetExpr::Values(values)) = insert.source.map(|query| *query.body) else {
        return Err(unread("it has no VALUES"));
    };
    for cells in values.rows {
        let row = if cells.len() == columns.len() {
            let cells = columns.iter().zip(&cells.content);
            cells
                .map(|(name, cell)| Some((name.clone(), value(cell)?)))
                .collect::<Option<Row>>()
                .ok_or_else(|| "a value is no literal".to_owned())
        } else {
            Err(format!(
                "it has {} values for {} columns",
                cells.len(),
                columns.len()
            ))
        };
        if !take(table, role, row) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A literal as text; NULL as nothing.
fn value(cell: &Expr) -> Option<String> {
    match cell {
        Expr::Value(ValueWithSpan { value, .. }) => match value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Some(text.clone()),
            Value::Number(number, _) => Some(number.clone()),
            Value::Boolean(truth) => Some(truth.to_string()),
            Value::Null => Some(String::new()),
            // Bytes and what other dialects write: no script.
            _ => None,
        },
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => Some(format!("-{}", value(expr)?)),
        // `_binary '…'`, `_utf8mb4 '…'`.
        Expr::Prefixed { value: inner, .. } => value(inner),
        _ => None,
    }
}
