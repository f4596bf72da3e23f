//! COPY's text form: cells between tabs, `\N` is NULL, a backslash stands before what would end a cell or a line.

use super::super::rows::{Cell, Cells, Columns, Take, endless};
use super::scan::Scan;
use crate::report::Obstacle;

/// Gives the lines of a table to `take`; whether more are wanted.
pub(super) fn read(
    scan: &mut Scan<'_>,
    columns: &Columns,
    take: &mut Take<'_>,
) -> Result<bool, Obstacle> {
    while !scan.is_last_line()? {
        scan.row();
        let row = row(scan, columns)?;
        scan.free();
        if !take(columns.table, row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

type Read = Result<crate::report::export::Row, Obstacle>;

fn row(scan: &mut Scan<'_>, columns: &Columns) -> Result<Read, Obstacle> {
    let line = scan.line();
    let mut cells = Cells::new(columns, line);
    let mut raw = Vec::new();
    loop {
        let byte = scan.next()?.ok_or_else(|| endless(line))?;
        match byte {
            b'\t' | b'\n' => {
                if byte == b'\n' && raw.last() == Some(&b'\r') {
                    raw.pop();
                }
                let cell = if cells.is_wanted() {
                    unescaped(&raw)
                } else {
                    Cell::Skipped
                };
                cells.push(cell);
                raw.clear();
                if byte == b'\n' {
                    return Ok(cells.finish());
                }
            }
            _ if cells.is_wanted() => raw.push(byte),
            _ => {}
        }
    }
}

/// Octal and hexadecimal forms are read by COPY and not written: such a cell is nothing that `pg_dump` has made.
fn unescaped(cell: &[u8]) -> Cell {
    if cell == b"\\N" {
        return Cell::Null;
    }
    let mut text = Vec::with_capacity(cell.len());
    let mut bytes = cell.iter().copied();
    while let Some(byte) = bytes.next() {
        let plain = match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'b') => 8,
                Some(b'f') => 12,
                Some(b'v') => 11,
                Some(other) if !other.is_ascii_alphanumeric() => other,
                Some(_) | None => return Cell::Unreadable("a backslash before no such sign"),
            },
            byte => byte,
        };
        text.push(plain);
    }
    Cell::Text(text)
}
