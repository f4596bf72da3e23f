//! Dumps of PostgreSQL in plain form: `COPY t (columns) FROM stdin;`, a row a line up to `\.`. Other statements that are known are passed over, but
//! `INSERT` into a table that matters; with such a one, or one that is not known, a dump is refused.
//!
//! Stays out: what a row means, comments and strings (`scan`).
//! Invariant: what stands in a string, a comment or the body of a function is no statement.

mod copy;
mod scan;

use scan::{Scan, Token};

use super::bytes::Bytes;
use super::rows::{Columns, Home, Take, add, broken, endless, is_one_of, refused, unknown};
use crate::report::{Obstacle, Table};

/// Statements of dumps, and of people who add some, that bring no rows.
const PASSED: &str = "alter analyze begin comment commit delete drop end grant lock refresh reindex reset revoke rollback security select start truncate update \
                      vacuum";

/// Commands of `psql` that bring no rows either.
const COMMANDS: &str = r"\echo \pset \qecho \restrict \set \timing \unrestrict \unset";

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
        if let Some((line, command)) = self.scan.meta()? {
            self.command(line, &command)?;
            return Ok(true);
        }
        let line = self.scan.line();
        match self.scan.token()? {
            Token::End => return Ok(false),
            Token::Word(word) => match word.as_slice() {
                b"copy" => return self.copy(take),
                b"insert" => self.insert()?,
                b"set" => self.scan.setting()?,
                b"create" => self.scan.created()?,
                word if is_one_of(word, PASSED) => self.scan.end()?,
                _ => return Err(unknown(line)),
            },
            Token::Mark(b';') => {}
            Token::Name(_) | Token::String | Token::Mark(_) => return Err(unknown(line)),
        }
        Ok(true)
    }

    /// A command of `psql`, of one line.
    fn command(&mut self, line: u64, command: &[u8]) -> Result<(), Obstacle> {
        let mut parts = command.splitn(2, u8::is_ascii_whitespace);
        let word = parts.next().unwrap_or_default();
        match word {
            b"\\connect" | b"\\c" => {
                let database = parts.next().unwrap_or_default();
                self.database = database.trim_ascii().to_vec();
                Ok(())
            }
            word if is_one_of(word, COMMANDS) => Ok(()),
            _ => Err(unknown(line)),
        }
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
