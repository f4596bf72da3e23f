//! Dumps of PostgreSQL in plain form: `COPY t (columns) FROM stdin;`, a row a line up to `\.`. All other statements are passed over, but `INSERT` into a
//! table that matters: such a dump is refused.
//!
//! Stays out: what a row means, comments and strings (`scan`).
//! Invariant: what stands in a string, a comment or the body of a function is no statement.

mod copy;
mod scan;

use scan::{Scan, Token};

use super::bytes::Bytes;
use super::rows::{Columns, Home, Take, add, broken, endless, refused};
use crate::report::{Obstacle, Table};

/// Gives all rows to `take`, until that wants no more. Whether the dump says that it is whole.
pub(super) fn read(bytes: Bytes<'_>, take: &mut Take<'_>) -> Result<bool, Obstacle> {
    let mut dump = Dump {
        scan: Scan::new(bytes),
        home: Home::default(),
        database: Vec::new(),
    };
    while dump.statement(take)? {}
    Ok(dump.scan.is_whole())
}

struct Dump<'i> {
    scan: Scan<'i>,
    home: Home,
    /// That of the last `\connect`.
    database: Vec<u8>,
}

/// What a `COPY` says.
struct Copy {
    table: Option<&'static Table>,
    columns: Vec<Vec<u8>>,
    /// The token that is no part of it.
    next: Token,
}

impl Dump<'_> {
    /// The next statement; whether there may be another one.
    fn statement(&mut self, take: &mut Take<'_>) -> Result<bool, Obstacle> {
        if let Some(line) = self.scan.meta()? {
            for connect in [&b"\\connect "[..], b"\\c "] {
                if let Some(database) = line.strip_prefix(connect) {
                    self.database = database.to_vec();
                }
            }
            return Ok(true);
        }
        match self.scan.token()? {
            Token::End => return Ok(false),
            Token::Word(word) => match word.as_slice() {
                b"copy" => return self.copy(take),
                b"insert" => self.insert()?,
                b"set" => self.scan.setting()?,
                b"create" => self.scan.created()?,
                // Of no other statement anything is read.
                _ => self.scan.end()?,
            },
            Token::Mark(b';') => {}
            Token::Name(_) | Token::String | Token::Mark(_) => self.scan.end()?,
        }
        Ok(true)
    }

    /// A name with perhaps a schema, and the token behind it; where it is that of a table that matters, it is of one database and schema.
    fn table(&mut self) -> Result<(Option<&'static Table>, Token), Obstacle> {
        let mut place = self.database.clone();
        loop {
            let mut name = match self.scan.token()? {
                Token::Word(part) | Token::Name(part) => part,
                next => return Ok((None, next)),
            };
            let next = self.scan.token()?;
            if next != Token::Mark(b'.') {
                let table = Table::of(&name);
                if table.is_some() {
                    self.home.of(&place)?;
                }
                return Ok((table, next));
            }
            place.push(b'.');
            place.append(&mut name);
        }
    }

    fn insert(&mut self) -> Result<(), Obstacle> {
        let into = self.scan.token()?;
        if into != Token::Word(b"into".to_vec()) {
            return self.scan.rest(into);
        }
        let line = self.scan.line();
        match self.table()? {
            (None, next) => self.scan.rest(next),
            (Some(table), _) => Err(broken(
                table,
                line,
                &"the dump was made with --inserts: make it with COPY, which is pg_dump's own way",
            )),
        }
    }

    /// A `COPY` and its lines; whether more are wanted.
    fn copy(&mut self, take: &mut Take<'_>) -> Result<bool, Obstacle> {
        let line = self.scan.line();
        let Copy {
            table,
            columns,
            next,
        } = self.head()?;
        let (from_stdin, plain) = self.scan.source(next)?;
        if !from_stdin {
            return Ok(true);
        }
        self.scan.rest_of_line()?;
        let Some(table) = table else {
            self.scan.skip_lines()?;
            return Ok(true);
        };
        if !plain {
            return Err(broken(table, line, &"a COPY with options"));
        }
        self.home.once(table)?;
        let columns = Columns::new(table, &columns, line)?;
        copy::read(&mut self.scan, &columns, take)
    }

    fn head(&mut self) -> Result<Copy, Obstacle> {
        let (table, mut next) = self.table()?;
        let mut columns = Vec::new();
        if next != Token::Mark(b'(') {
            return Ok(Copy {
                table,
                columns,
                next,
            });
        }
        loop {
            match self.scan.token()? {
                Token::Word(name) | Token::Name(name) if table.is_some() => {
                    add(&mut columns, name)?;
                }
                Token::End => return Err(endless(self.scan.line())),
                Token::Mark(b')') => break,
                Token::Mark(b';') => return Err(refused("a COPY without an end")),
                // Of other tables nothing is read; a query in brackets ends the same way or breaks the dump.
                Token::Word(_) | Token::Name(_) | Token::String | Token::Mark(_) => {}
            }
        }
        next = self.scan.token()?;
        Ok(Copy {
            table,
            columns,
            next,
        })
    }
}
