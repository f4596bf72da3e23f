//! A dump of a submitter's database: `mysqldump`, `mariadb-dump`, Navicat, `pg_dump`. Read twice: first what says something of jobs, then the jobs.
//!
//! In: a file that the user calls a dump. Out: jobs. Stays out: what a table means (`report::beside`), what a row means (`report::export`), how rows are
//! written (`mysql`, `postgres`).
//! Invariant: a file is a dump where the user says so: nothing that is written in a script makes it one.
//! Invariant: a dump without a row of scripts is a job that cannot be judged, and so is each such row that cannot be read. A row that says whose jobs are and
//! cannot be read is the end of the whole dump.
//! Invariant: a dump that does not say that it is whole (`ending`) is a job that cannot be judged, beside those that are in it.
//! Invariant: one row is in memory, beside the names of applications, users and teams. No message quotes a dump.

mod bytes;
mod ending;
mod mysql;
mod postgres;
mod rows;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use ending::begun_by;
use rows::{Take, refused};

use super::estate::{Visit, unreadable};
use super::tables::Rows;
use crate::report::{Beside, Obstacle, ObstacleCode, TableRole};

/// So much of a file is looked at to know who wrote it.
const HEAD: u64 = 4 << 10;

/// Who wrote a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dump {
    Mysql,
    Postgres,
}

/// What `mysqldump` writes before the first table, with comments and without.
const UNCHECKED: &[u8] = b"/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS,";

impl Dump {
    /// By what it begins with.
    fn of(head: &[u8]) -> Option<Self> {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let mut lines = head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
        lines.find_map(|line| {
            let mysql = line.starts_with(UNCHECKED) || is_navicat(line, head);
            let named = begun_by(line).map(|(dump, _)| dump);
            named.or(mysql.then_some(Self::Mysql))
        })
    }
}

/// Navicat writes of other servers as well, by other rules; older ones name the server in the same line.
fn is_navicat(line: &[u8], head: &[u8]) -> bool {
    let mut servers = head.split(|b| *b == b'\n');
    let server = servers.find(|line| holds(line, "Source Server Type"));
    holds(line, "Navicat")
        && holds(line, "Data Transfer")
        && server.is_none_or(|line| holds(line, "MySQL") || holds(line, "MariaDB"))
}

fn holds(line: &[u8], text: &str) -> bool {
    line.windows(text.len()).any(|part| part == text.as_bytes())
}

/// The jobs of a dump.
pub(super) fn read(path: &Path, visit: &mut Visit<'_>) {
    if let Err(obstacle) = jobs(path, visit) {
        visit.broken(path, None, "", obstacle);
    }
}

fn jobs(path: &Path, visit: &mut Visit<'_>) -> Result<(), Obstacle> {
    let mut beside = Beside::default();
    let whole = rows(path, &mut |table, row| match table.role {
        TableRole::Scripts => Ok(true),
        TableRole::Beside => {
            let learnt = beside.learn(table, &row?);
            learnt.map_err(|what| refused(&format!("{}: {what}", table.name)))?;
            Ok(true)
        }
    })?;
    let mut jobs = Rows::new(path, visit);
    rows(path, &mut |table, row| match table.role {
        TableRole::Scripts => Ok(match row {
            Ok(row) => jobs.give(|file, number| beside.job(table, row, file, number)),
            Err(obstacle) => jobs.unread(obstacle),
        }),
        TableRole::Beside => Ok(true),
    })?;
    match jobs.count() {
        0 => Err(refused("it has no rows of t_flink_sql or dinky_task")),
        _ if whole => Ok(()),
        _ => Err(Obstacle::new(
            ObstacleCode::Unfinished,
            "it does not end as whoever wrote it ends a dump: jobs may be missing",
        )),
    }
}

/// Reads all of a dump. Whether it says that it is whole.
fn rows(path: &Path, take: &mut Take<'_>) -> Result<bool, Obstacle> {
    let open = || File::open(path).map_err(|e| unreadable(&e));
    let mut head = Vec::new();
    open()?
        .take(HEAD)
        .read_to_end(&mut head)
        .map_err(|e| unreadable(&e))?;
    let dump = Dump::of(&head).ok_or_else(|| refused("neither mysqldump nor pg_dump wrote it"))?;
    let mut file = open()?;
    scanned(dump, &mut file, take)
}

fn scanned(dump: Dump, input: &mut dyn Read, take: &mut Take<'_>) -> Result<bool, Obstacle> {
    let bytes = Bytes::new(input)?;
    match dump {
        Dump::Mysql => mysql::read(bytes, take),
        Dump::Postgres => postgres::read(bytes, take),
    }
}
