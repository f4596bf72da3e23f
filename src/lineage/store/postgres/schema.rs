//! The tables in PostgreSQL, and how an older schema becomes this one.

use super::super::LineageError;
use super::super::tables::{Rows, Value};
use super::Server;

/// What makes version n of the schema out of version n - 1.
const MIGRATIONS: [&str; 1] = ["CREATE TABLE event (
        number BIGINT PRIMARY KEY,
        body TEXT NOT NULL,
        record BIGINT,
        stands BIGINT NOT NULL DEFAULT 0
    );
    CREATE INDEX event_record ON event (record, number) WHERE record IS NOT NULL;
    CREATE INDEX event_stands ON event (number) WHERE stands = 1;
    CREATE TABLE dataset (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        born BIGINT NOT NULL,
        name TEXT COLLATE \"C\" NOT NULL,
        bare BIGINT NOT NULL,
        site BIGINT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX dataset_name ON dataset (name, bare);
    CREATE INDEX dataset_born ON dataset (born);
    CREATE TABLE path (
        path TEXT COLLATE \"C\" NOT NULL,
        dataset BIGINT NOT NULL,
        PRIMARY KEY (path, dataset)
    );
    CREATE TABLE touch (
        dataset BIGINT NOT NULL,
        number BIGINT NOT NULL,
        PRIMARY KEY (dataset, number)
    );
    CREATE INDEX touch_number ON touch (number);
    CREATE TABLE taken (
        dataset BIGINT NOT NULL,
        source BIGINT NOT NULL,
        number BIGINT NOT NULL,
        PRIMARY KEY (dataset, source, number)
    );
    CREATE INDEX taken_source ON taken (source);"];

/// Holds off everybody else who would change the schema: `sqls`.
const LOCK: &str = "BEGIN; SELECT pg_advisory_xact_lock(1936813171)";

/// Brings a database to the version of this program.
///
/// # Errors
/// A server that does not answer; a schema of a newer program; with `create` off, none.
pub(super) fn migrate(server: &mut Server, create: bool) -> Result<(), LineageError> {
    match version(server)? {
        None if !create => {
            let message = "there is no lineage store in this database".to_owned();
            return Err(LineageError::Unavailable(message));
        }
        Some(version) if version == MIGRATIONS.len() => return Ok(()),
        None | Some(_) => {}
    }
    let begin = format!("{LOCK}; CREATE SCHEMA IF NOT EXISTS sqlsec_lineage");
    let steps = server.transaction(&begin, &mut |rows| {
        // Another one may have been faster.
        let version = version(rows)?;
        let Some(steps) = MIGRATIONS.get(version.unwrap_or_default()..) else {
            return Err(newer(version.unwrap_or_default()));
        };
        if version.is_none() {
            rows.change("CREATE TABLE version (version BIGINT NOT NULL)", &[])?;
            rows.change("INSERT INTO version (version) VALUES (0)", &[])?;
        }
        for statement in steps.iter().flat_map(|step| step.split(';')) {
            if !statement.trim().is_empty() {
                rows.change(statement, &[])?;
            }
        }
        let last = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        rows.change("UPDATE version SET version = $1", &[Value::Number(last)])?;
        Ok(0)
    });
    steps.map(drop)
}

/// The version of the schema, where there is one.
fn version(rows: &mut dyn Rows) -> Result<Option<usize>, LineageError> {
    let there = "SELECT count(*), '' FROM information_schema.tables \
                 WHERE table_schema = 'sqlsec_lineage' AND table_name = 'version'";
    if rows.rows(there, &[])?.iter().all(|(count, _)| *count == 0) {
        return Ok(None);
    }
    let found = rows.rows("SELECT version, '' FROM version", &[])?;
    let version = found
        .first()
        .and_then(|(version, _)| usize::try_from(*version).ok());
    match version {
        Some(version) if version <= MIGRATIONS.len() => Ok(Some(version)),
        Some(version) => Err(newer(version)),
        None => Err(LineageError::Unreadable("it has no version".to_owned())),
    }
}

fn newer(version: usize) -> LineageError {
    LineageError::Unreadable(format!("a newer sqlsec has written it (version {version})"))
}
