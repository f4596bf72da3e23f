//! The rows of a table that matters, whoever wrote the dump: which cells are read, what makes a row unreadable, from which database they are.
//!
//! Invariant: what nobody reads is not kept, and may be anything. No message quotes a dump: it may hold passwords.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::report::export::Row;
use crate::report::{Obstacle, ObstacleCode, Table};

/// MySQL's limit; that of PostgreSQL is lower.
const COLUMNS: usize = 4096;

/// Takes the rows of the tables that matter, in the order of the file; an obstacle is of one row. Whether more are wanted, or what breaks the dump.
pub(super) type Take<'t> =
    dyn FnMut(&'static Table, Result<Row, Obstacle>) -> Result<bool, Obstacle> + 't;

/// Something is wrong with a table.
pub(super) fn broken(table: &Table, line: u64, what: &dyn Display) -> Obstacle {
    refused(&format!("{}, line {line}: {what}", table.name))
}

/// Something is wrong with the dump.
pub(super) fn refused(message: &str) -> Obstacle {
    Obstacle::new(ObstacleCode::Broken, message)
}

/// Something that may bring rows or not: nobody here knows.
pub(super) fn unknown(line: u64) -> Obstacle {
    refused(&format!("line {line}: a statement that is not known"))
}

/// Whether a word is one of those, between which are blanks.
pub(super) fn is_one_of(word: &[u8], words: &str) -> bool {
    words.split(' ').any(|one| one.as_bytes() == word)
}

/// The dump was cut.
pub(super) fn endless(line: u64) -> Obstacle {
    refused(&format!("what ends in line {line} has no end"))
}

/// Adds to the names of columns.
pub(super) fn add(names: &mut Vec<Vec<u8>>, name: Vec<u8>) -> Result<(), Obstacle> {
    if names.len() >= COLUMNS {
        return Err(refused("a table has too many columns"));
    }
    names.push(name.to_ascii_lowercase());
    Ok(())
}

/// One database alone: of two of them nobody could say whose user a number is.
#[derive(Default)]
pub(super) struct Home {
    place: Option<Vec<u8>>,
    seen: BTreeSet<&'static str>,
}

impl Home {
    /// A table that matters lies in this database and schema.
    pub fn of(&mut self, place: &[u8]) -> Result<(), Obstacle> {
        match &self.place {
            None => self.place = Some(place.to_vec()),
            Some(known) if known == place => {}
            Some(_) => {
                return Err(refused(
                    "its tables lie in several databases: take a dump of one database at a time",
                ));
            }
        }
        Ok(())
    }

    /// There is only one table of a name.
    pub fn once(&mut self, table: &'static Table) -> Result<(), Obstacle> {
        if self.seen.insert(table.name) {
            return Ok(());
        }
        Err(refused(&format!(
            "it has {} twice: take a dump of one database at a time",
            table.name
        )))
    }
}

/// The columns of rows: the name of each that is read.
pub(super) struct Columns {
    pub table: &'static Table,
    read: Vec<Option<&'static str>>,
}

impl Columns {
    /// By their names, in lower case, in their order.
    pub fn new(table: &'static Table, names: &[Vec<u8>], line: u64) -> Result<Self, Obstacle> {
        let read = |name: &Vec<u8>| {
            let mut columns = table.columns.iter();
            columns.find(|c| c.as_bytes() == name).copied()
        };
        let read: Vec<_> = names.iter().map(read).collect();
        let count = |column: &str| read.iter().filter(|name| **name == Some(column)).count();
        if let Some(column) = table.columns.iter().find(|c| count(c) > 1) {
            return Err(broken(
                table,
                line,
                &format_args!("it has the column {column} twice"),
            ));
        }
        if let Some(column) = table.needed.iter().find(|c| count(c) == 0) {
            return Err(broken(
                table,
                line,
                &format_args!("it has no column {column}"),
            ));
        }
        Ok(Self { table, read })
    }
}

/// What stands in a cell.
pub(super) enum Cell {
    /// Nobody reads it.
    Skipped,
    Null,
    Text(Vec<u8>),
    Unreadable(&'static str),
}

/// A row on the way.
pub(super) struct Cells<'c> {
    columns: &'c Columns,
    line: u64,
    count: usize,
    row: Row,
    fault: Option<(ObstacleCode, &'static str)>,
}

impl<'c> Cells<'c> {
    /// Before its first cell.
    pub fn new(columns: &'c Columns, line: u64) -> Self {
        Self {
            columns,
            line,
            count: 0,
            row: Row::new(),
            fault: None,
        }
    }

    fn column(&self) -> Option<&'static str> {
        self.columns.read.get(self.count).copied().flatten()
    }

    /// Whether the next cell is read.
    pub fn is_wanted(&self) -> bool {
        self.column().is_some()
    }

    /// The next cell.
    pub fn push(&mut self, cell: Cell) {
        let column = self.column();
        self.count += 1;
        let Some(column) = column else { return };
        let text = match cell {
            Cell::Null => Ok(String::new()),
            Cell::Text(text) => {
                String::from_utf8(text).map_err(|_| (ObstacleCode::NotUtf8, "a value is not UTF-8"))
            }
            Cell::Unreadable(why) => Err((ObstacleCode::Broken, why)),
            Cell::Skipped => Err((ObstacleCode::Broken, "a value was not read")),
        };
        match text {
            Ok(text) => drop(self.row.insert(column.to_owned(), text)),
            Err(fault) => drop(self.fault.get_or_insert(fault)),
        }
    }

    /// The whole row.
    pub fn finish(self) -> Result<Row, Obstacle> {
        let table = self.columns.table;
        let due = self.columns.read.len();
        if self.count != due {
            let what = format!("a row has {} values for {due} columns", self.count);
            return Err(broken(table, self.line, &what));
        }
        match self.fault {
            None => Ok(self.row),
            Some((code, what)) => Err(Obstacle::new(
                code,
                format!("{}, line {}: {what}", table.name, self.line),
            )),
        }
    }
}
