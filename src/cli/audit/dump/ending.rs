//! Whether a dump says of itself that it is whole: one that was cut between two statements reads like one with fewer rows.
//!
//! In: the comments and the settings between its statements, in their order. Out: whether all that was begun has come to its end. Known are the lines with
//! which `mysqldump`, `mariadb-dump`, `pg_dump` and `pg_dumpall` begin and end, and the checks of foreign keys, which `mysqldump`, `mariadb-dump` and Navicat
//! turn off before the first table and on again behind the last one, with comments or without.
//! Invariant: a dump in which nothing was begun is not whole: nobody has said so.

use std::collections::BTreeSet;

use super::Dump;

/// What is begun and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// What one run of a tool has written.
    Run,
    /// All databases of a server, of which each is a run.
    Cluster,
    /// Rows that are taken without a look at foreign keys.
    Unchecked,
}

/// The setting for the checks of foreign keys.
const CHECKS: &[u8] = b"foreign_key_checks";

/// How far a dump has come.
#[derive(Debug, Default)]
pub(super) struct Ending {
    begun: bool,
    open: BTreeSet<Part>,
    /// Something was begun anew before it had ended.
    torn: bool,
}

impl Ending {
    /// A comment between two statements.
    pub fn line(&mut self, line: &[u8]) {
        if let Some((_, part)) = begun_by(line) {
            self.begin(part);
        } else if let Some(part) = ended_by(line) {
            self.open.remove(&part);
        }
    }

    /// A statement that sets something, as its words in lower case.
    pub fn set(&mut self, words: &[&[u8]]) {
        for set in words.windows(2) {
            match set {
                [CHECKS, b"0" | b"off"] => self.begin(Part::Unchecked),
                // What they are is kept for later.
                [CHECKS, CHECKS] => {}
                [CHECKS, _] => drop(self.open.remove(&Part::Unchecked)),
                _ => {}
            }
        }
    }

    fn begin(&mut self, part: Part) {
        self.begun = true;
        self.torn |= !self.open.insert(part);
    }

    /// Nothing comes after this.
    pub fn is_whole(&self) -> bool {
        self.begun && !self.torn && self.open.is_empty()
    }
}

/// Who begins what with a line.
pub(super) fn begun_by(line: &[u8]) -> Option<(Dump, Part)> {
    let line = line.trim_ascii_end();
    if line.starts_with(b"-- MySQL dump ") || line.starts_with(b"-- MariaDB dump ") {
        return Some((Dump::Mysql, Part::Run));
    }
    match line {
        b"-- PostgreSQL database dump" => Some((Dump::Postgres, Part::Run)),
        b"-- PostgreSQL database cluster dump" => Some((Dump::Postgres, Part::Cluster)),
        _ => None,
    }
}

fn ended_by(line: &[u8]) -> Option<Part> {
    // Behind it stands when, or nothing.
    if line.starts_with(b"-- Dump completed") {
        return Some(Part::Run);
    }
    match line {
        b"-- PostgreSQL database dump complete" => Some(Part::Run),
        b"-- PostgreSQL database cluster dump complete" => Some(Part::Cluster),
        _ => None,
    }
}
