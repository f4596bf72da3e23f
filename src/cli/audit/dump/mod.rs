//! A dump of a submitter's database: `mysqldump`, `mariadb-dump`, Navicat, `pg_dump`. Read twice: first what says something of jobs, then the jobs.
//!
//! Stays out: what a table means (`report::beside`), what a row means (`report::export`), how rows are written (`mysql`, `postgres`).
//! Invariant: a dump without a table of scripts is a job that cannot be judged, and so is each row that cannot be read.

mod mysql;
mod postgres;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::estate::{Visit, unreadable};
use super::tables::Rows;
use crate::report::export::Row;
use crate::report::{Beside, Obstacle, ObstacleCode, TableRole};

/// So much of a file is looked at to know what it is.
const HEAD: u64 = 4 << 10;
/// A statement that is longer ends the reading. Servers take packets of up to 1 GiB; `mysqldump` cuts its statements at some 1 MiB.
const STATEMENT_BYTES: u64 = 64 << 20;

/// Who wrote a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dump {
    Mysql,
    Postgres,
}

impl Dump {
    /// What a file is, by the comment that it begins with; `None`: no dump.
    pub fn of(path: &Path) -> Option<Self> {
        let mut head = Vec::new();
        File::open(path)
            .ok()?
            .take(HEAD)
            .read_to_end(&mut head)
            .ok()?;
        String::from_utf8_lossy(&head).lines().find_map(|line| {
            let begins = |start: &str| line.starts_with(start);
            let navicat = line.contains("Navicat") && line.contains("Data Transfer");
            if begins("-- PostgreSQL database ") && line.ends_with("dump") {
                return Some(Self::Postgres);
            }
            let mysql = begins("-- MySQL dump ") || begins("-- MariaDB dump ") || navicat;
            mysql.then_some(Self::Mysql)
        })
    }
}

/// The jobs of a dump.
pub(super) fn read(path: &Path, dump: Dump, visit: &mut Visit<'_>) {
    let mut beside = Beside::default();
    let known = rows(path, dump, &mut |table, role, row| {
        if let (TableRole::Beside, Ok(row)) = (role, row) {
            beside.learn(table, &row);
        }
        true
    });
    let mut jobs = Rows::new(path, &mut *visit);
    let read = known.and_then(|()| {
        rows(path, dump, &mut |table, role, row| match (role, row) {
            (TableRole::Scripts, Ok(mut row)) => {
                beside.complete(table, &mut row);
                jobs.take(&row)
            }
            (TableRole::Scripts, Err(message)) => {
                jobs.broken(message);
                true
            }
            (TableRole::Beside, _) => true,
        })
    });
    let read = read.and_then(|()| match jobs.count() {
        0 => Err(broken("it has no rows of t_flink_sql or dinky_task")),
        _ => Ok(()),
    });
    if let Err(obstacle) = read {
        visit.broken(path, None, "", obstacle);
    }
}

/// Takes the rows of the tables that matter, in the order of the file; an error is of one row. Whether more are wanted.
type Take<'t> = dyn FnMut(&str, TableRole, Result<Row, String>) -> bool + 't;

fn rows(path: &Path, dump: Dump, take: &mut Take<'_>) -> Result<(), Obstacle> {
    let file = File::open(path).map_err(|e| unreadable(&e))?;
    let lines = Lines {
        input: BufReader::with_capacity(1 << 16, file),
        left: STATEMENT_BYTES,
    };
    match dump {
        Dump::Mysql => mysql::read(lines, take),
        Dump::Postgres => postgres::read(lines, take),
    }
}

fn broken(message: &str) -> Obstacle {
    Obstacle::new(ObstacleCode::Broken, message)
}

/// The lines of a dump, without their ends. Bytes that are not UTF-8 become U+FFFD: in what matters here they are an error of the row's script later.
struct Lines {
    input: BufReader<File>,
    left: u64,
}

impl Lines {
    /// A statement begins: as many bytes are allowed as one may have.
    const fn statement(&mut self) {
        self.left = STATEMENT_BYTES;
    }

    /// Appends the next line; false at the end of the file.
    fn next(&mut self, text: &mut String) -> Result<bool, Obstacle> {
        let mut line = Vec::new();
        let mut limited = self.input.by_ref().take(self.left);
        let read = limited
            .read_until(b'\n', &mut line)
            .map_err(|e| unreadable(&e))?;
        self.left -= read as u64;
        if self.left == 0 {
            return Err(Obstacle::new(
                ObstacleCode::TooLarge,
                "a statement of the dump is too long",
            ));
        }
        while line.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
            line.pop();
        }
        text.push_str(&String::from_utf8_lossy(&line));
        Ok(read > 0)
    }
}
