//! Dumps of PostgreSQL in plain form: `COPY t (columns) FROM stdin;`, a row a line, cells between tabs, `\.` at the end.

use super::{Lines, Take, broken};
use crate::report::export::Row;
use crate::report::{Obstacle, TableRole};

pub(super) fn read(mut lines: Lines, take: &mut Take<'_>) -> Result<(), Obstacle> {
    let mut text = String::new();
    loop {
        text.clear();
        lines.statement();
        if !lines.next(&mut text)? {
            return Ok(());
        }
        if let Some((table, columns)) = copied(&text) {
            let role = TableRole::of(&table);
            loop {
                text.clear();
                lines.statement();
                if !lines.next(&mut text)? {
                    return Err(broken("its last table has no end"));
                }
                if text == "\\." {
                    break;
                }
                let Some(role) = role else { continue };
                if !take(&table, role, row(&text, &columns)) {
                    return Ok(());
                }
            }
        } else if let Some(table) = inserted(&text)
            && TableRole::of(table).is_some()
        {
            return Err(broken(
                "it was made with --inserts: make it with COPY, which is pg_dump's own way",
            ));
        }
    }
}

/// The table and the columns of a `COPY`, without schema and quotes, in lower case.
fn copied(line: &str) -> Option<(String, Vec<String>)> {
    let (name, rest) = line.strip_prefix("COPY ")?.split_once(" (")?;
    let columns = rest.strip_suffix(") FROM stdin;")?;
    let columns = columns.split(", ").map(plain).collect();
    Some((plain(table(name)), columns))
}

fn inserted(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("INSERT INTO ")?;
    Some(table(rest.split([' ', '(']).next()?))
}

fn table(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn plain(name: &str) -> String {
    name.replace('"', "").to_ascii_lowercase()
}

fn row(line: &str, columns: &[String]) -> Result<Row, String> {
    let cells: Vec<&str> = line.split('\t').collect();
    if cells.len() != columns.len() {
        return Err(format!(
            "it has {} values for {} columns",
            cells.len(),
            columns.len()
        ));
    }
    let cells = columns.iter().zip(cells);
    Ok(cells
        .map(|(name, cell)| (name.clone(), unescaped(cell)))
        .collect())
}

/// COPY's text form: `\N` is NULL, a backslash stands before what would end a cell or a line. Octal and hexadecimal forms are read by COPY and not written.
fn unescaped(cell: &str) -> String {
    if cell == "\\N" {
        return String::new();
    }
    let mut text = String::with_capacity(cell.len());
    let mut chars = cell.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('v') => text.push('\u{b}'),
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}
