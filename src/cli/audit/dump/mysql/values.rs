//! The rows of an `INSERT`: `(…), (…);`, one after the other.
//!
//! Invariant: a cell is a literal or unreadable; where it ends is told by brackets and quotes alone.

use super::super::rows::{Cell, Cells, Columns, Take, broken, endless};
use super::scan::Scan;
use crate::report::Obstacle;

/// Gives the rows to `take`; whether more are wanted.
pub(super) fn read(
    scan: &mut Scan<'_>,
    columns: &Columns,
    take: &mut Take<'_>,
) -> Result<bool, Obstacle> {
    loop {
        scan.space()?;
        let line = scan.line();
        scan.row();
        if scan.next()? != Some(b'(') {
            return Err(broken(columns.table, line, &"a row is due"));
        }
        let mut cells = Cells::new(columns, line);
        while scan.peek()? != Some(b')') {
            let cell = cell(scan, cells.is_wanted())?;
            cells.push(cell);
            if scan.peek()? == Some(b',') {
                scan.next()?;
                scan.space()?;
                if scan.peek()? == Some(b')') {
                    return Err(broken(columns.table, line, &"a value is due"));
                }
            }
        }
        scan.next()?;
        scan.free();
        if !take(columns.table, cells.finish())? {
            return Ok(false);
        }
        scan.space()?;
        let line = scan.line();
        match scan.next()? {
            Some(b',') => {}
            Some(b';') => return Ok(true),
            None => return Err(endless(line)),
            Some(_) => return Err(broken(columns.table, line, &"behind a row is no row")),
        }
    }
}

const NO_LITERAL: Cell = Cell::Unreadable("a value is no literal");

/// One value, up to the `,` or `)` behind it.
fn cell(scan: &mut Scan<'_>, is_wanted: bool) -> Result<Cell, Obstacle> {
    scan.space()?;
    if !is_wanted {
        rest(scan)?;
        return Ok(Cell::Skipped);
    }
    let cell = match scan.peek()? {
        Some(b'\'' | b'"') => text(scan)?,
        _ => {
            let scalar = scan.scalar()?;
            scan.space()?;
            let is_string = matches!(scan.peek()?, Some(b'\'' | b'"'));
            match scalar.as_slice() {
                // `_utf8mb4 '…'`: which coding it is in is seen by its bytes.
                [b'_', ..] if is_string => text(scan)?,
                [b'x'] if is_string => Cell::Unreadable("a value is in hexadecimal form"),
                [b'0', b'x', ..] => Cell::Unreadable("a value is in hexadecimal form"),
                b"null" => Cell::Null,
                b"true" | b"false" => Cell::Text(scalar),
                _ if is_number(&scalar) => Cell::Text(scalar),
                _ => NO_LITERAL,
            }
        }
    };
    let more = rest(scan)?;
    Ok(match cell {
        Cell::Text(_) | Cell::Null if more => NO_LITERAL,
        cell => cell,
    })
}

fn text(scan: &mut Scan<'_>) -> Result<Cell, Obstacle> {
    let mut text = Vec::new();
    scan.string(Some(&mut text))?;
    Ok(Cell::Text(text))
}

/// `-12.5e+3`.
fn is_number(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
        && std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok())
}

/// Goes to the end of a value; whether anything stood there.
fn rest(scan: &mut Scan<'_>) -> Result<bool, Obstacle> {
    let mut depth = 0_u32;
    let mut any = false;
    loop {
        scan.space()?;
        let line = scan.line();
        match scan.peek()? {
            None | Some(b';') => return Err(endless(line)),
            Some(b',' | b')') if depth == 0 => return Ok(any),
            Some(b'\'' | b'"' | b'`') => {
                scan.string(None)?;
                any = true;
                continue;
            }
            Some(b'(') => depth = depth.saturating_add(1),
            Some(b')') => depth -= 1,
            Some(_) => {}
        }
        scan.next()?;
        any = true;
    }
}
