//! Dumps of MySQL and MariaDB: `CREATE TABLE` gives the columns, `INSERT` and `REPLACE` the rows, `USE` the database. Other statements that are known are passed
//! over; one that is not breaks the dump.
//!
//! Stays out: what a row means, comments and strings (`scan`), values (`values`).
//! Invariant: what stands between two `DELIMITER` is a routine, and no statement of the dump.

mod scan;
mod values;

use std::collections::BTreeMap;

use scan::Scan;

use super::bytes::Bytes;
use super::rows::{Columns, Home, Take, add, broken, endless, is_one_of, unknown};
use crate::report::{Obstacle, Table};

/// Statements of dumps, and of people who add some, that bring no rows.
const PASSED: &str = "analyze begin change commit delete do drop flush grant install lock optimize purge revoke rollback select start stop truncate \
                      uninstall unlock update";

/// Gives all rows to `take`, until that wants no more. Whether the dump says that it is whole.
pub(super) fn read(bytes: Bytes<'_>, take: &mut Take<'_>) -> Result<bool, Obstacle> {
    let mut dump = Dump {
        scan: Scan::new(bytes),
        home: Home::default(),
        database: Vec::new(),
        columns: BTreeMap::new(),
    };
    while dump.statement(take)? {}
    Ok(dump.scan.is_whole())
}

struct Dump<'i> {
    scan: Scan<'i>,
    home: Home,
    /// That of the last `USE`.
    database: Vec<u8>,
    columns: BTreeMap<&'static str, Vec<Vec<u8>>>,
}

impl Dump<'_> {
    /// The next statement; whether there may be another one.
    fn statement(&mut self, take: &mut Take<'_>) -> Result<bool, Obstacle> {
        self.scan.between()?;
        if self.scan.peek()?.is_none() {
            return Ok(false);
        }
        let is_routine = self.scan.is_routine();
        let line = self.scan.line();
        let word = self.scan.word()?;
        match word.as_slice() {
            b"delimiter" => self.scan.delimit()?,
            _ if is_routine => self.scan.end()?,
            b"create" => self.create()?,
            b"alter" => self.alter()?,
            b"insert" | b"replace" => return self.insert(take),
            b"use" => {
                self.scan.space()?;
                self.database = self.scan.name()?;
                self.scan.end()?;
            }
            b"set" => self.scan.setting()?,
            word if is_one_of(word, PASSED) => self.scan.end()?,
            // An empty one: code in a comment has gone before.
            b"" if self.scan.is_end()? => self.scan.end()?,
            _ => return Err(unknown(line)),
        }
        Ok(true)
    }

    /// The next words, as long as they are such.
    fn words(&mut self, any: &[&[u8]]) -> Result<Vec<u8>, Obstacle> {
        loop {
            self.scan.space()?;
            let word = self.scan.word()?;
            if !any.contains(&word.as_slice()) {
                return Ok(word);
            }
        }
    }

    /// A table that matters, by its name; from one database.
    fn table(&mut self, first: Vec<u8>) -> Result<Option<&'static Table>, Obstacle> {
        let mut database = None;
        let mut name = first;
        self.scan.space()?;
        while self.scan.peek()? == Some(b'.') {
            self.scan.next()?;
            self.scan.space()?;
            database = Some(name);
            name = self.scan.name()?;
            self.scan.space()?;
        }
        let table = Table::of(&name);
        if table.is_some() {
            self.home.of(database.as_ref().unwrap_or(&self.database))?;
        }
        Ok(table)
    }

    /// The same, of the name behind such words.
    fn named(&mut self, words: &[&[u8]]) -> Result<Option<&'static Table>, Obstacle> {
        let word = self.words(words)?;
        let name = if word.is_empty() {
            self.scan.name()?
        } else {
            word
        };
        self.table(name)
    }

    /// What its columns are is not known any more.
    fn alter(&mut self) -> Result<(), Obstacle> {
        if self.words(&[b"online", b"offline", b"ignore"])? == b"table"
            && let Some(table) = self.named(&[b"if", b"exists"])?
        {
            self.columns.remove(table.name);
        }
        self.scan.end()
    }

    fn create(&mut self) -> Result<(), Obstacle> {
        if self.words(&[b"or", b"replace"])? != b"table" {
            return self.scan.end();
        }
        let Some(table) = self.named(&[b"if", b"not", b"exists"])? else {
            return self.scan.end();
        };
        self.home.once(table)?;
        self.scan.row();
        let names = self.definition(table)?;
        self.scan.free();
        self.columns.insert(table.name, names);
        self.scan.end()
    }

    /// The columns of a table: the elements of its definition that begin with a name. Keys and constraints begin with a word.
    fn definition(&mut self, table: &'static Table) -> Result<Vec<Vec<u8>>, Obstacle> {
        let mut names = Vec::new();
        let line = self.scan.line();
        if self.scan.peek()? != Some(b'(') {
            return Err(broken(table, line, &"its columns are not listed"));
        }
        self.scan.next()?;
        let mut depth = 1_u32;
        let mut begins = true;
        while depth > 0 {
            self.scan.space()?;
            let byte = self.scan.peek()?;
            if begins && byte == Some(b'`') {
                add(&mut names, self.scan.name()?)?;
                begins = false;
                continue;
            }
            begins = depth == 1 && byte == Some(b',');
            match byte {
                None => return Err(endless(self.scan.line())),
                Some(b';') => return Err(broken(table, line, &"its definition has no end")),
                Some(b'(') => depth = depth.saturating_add(1),
                Some(b')') => depth -= 1,
                Some(b'\'' | b'"' | b'`') => {
                    self.scan.string(None)?;
                    continue;
                }
                Some(_) => {}
            }
            self.scan.next()?;
        }
        Ok(names)
    }

    /// The rows of an `INSERT`; whether more are wanted.
    fn insert(&mut self, take: &mut Take<'_>) -> Result<bool, Obstacle> {
        let table = self.named(&[
            b"low_priority",
            b"delayed",
            b"high_priority",
            b"ignore",
            b"into",
        ])?;
        let Some(table) = table else {
            self.scan.end()?;
            return Ok(true);
        };
        let line = self.scan.line();
        let own = self.listed(table)?;
        let names = match (&own, self.columns.get(table.name)) {
            (Some(own), _) => own,
            (None, Some(names)) => names,
            (None, None) => return Err(broken(table, line, &"rows come before its columns")),
        };
        let columns = Columns::new(table, names, line)?;
        self.scan.space()?;
        if !matches!(self.scan.word()?.as_slice(), b"values" | b"value") {
            return Err(broken(table, line, &"an INSERT without VALUES"));
        }
        values::read(&mut self.scan, &columns, take)
    }

    /// The columns that an `INSERT` names.
    fn listed(&mut self, table: &'static Table) -> Result<Option<Vec<Vec<u8>>>, Obstacle> {
        let mut names = Vec::new();
        if self.scan.peek()? != Some(b'(') {
            return Ok(None);
        }
        loop {
            self.scan.next()?;
            self.scan.space()?;
            add(&mut names, self.scan.name()?)?;
            self.scan.space()?;
            match self.scan.peek()? {
                Some(b',') => {}
                Some(b')') => {
                    self.scan.next()?;
                    return Ok(Some(names));
                }
                _ => return Err(broken(table, self.scan.line(), &"no list of columns")),
            }
        }
    }
}
