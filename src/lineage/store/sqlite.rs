//! A store in a file: SQLite, compiled in. Feature `store`.
//!
//! Events and the rows by which they are found are written under the write lock of the database: whoever writes next has read all that was written
//! before, so the history is the same for all, in one order. Readers never wait for writers (WAL).
//! Invariant: what was acknowledged is on the disk (`synchronous = FULL`). An event that was not is not there at all.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OpenFlags, ToSql, TransactionBehavior, params_from_iter};

use super::index;
use super::tables::{Database, Rows, Tabled, Value, Work};
use super::{Event, Fate, Known, LineageError, LineageSource, LineageStore, RecordId};

/// How long a writer waits for another.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many statements a connection keeps prepared.
const PREPARED: usize = 64;

/// What makes version n of the schema out of version n - 1.
const MIGRATIONS: [&str; 2] = [
    "CREATE TABLE event (
        number INTEGER PRIMARY KEY,
        body TEXT NOT NULL
    ) STRICT;",
    "ALTER TABLE event ADD COLUMN record INTEGER;
    ALTER TABLE event ADD COLUMN stands INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX event_record ON event (record, number) WHERE record IS NOT NULL;
    CREATE INDEX event_stands ON event (number) WHERE stands = 1;
    CREATE TABLE dataset (
        id INTEGER PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        born INTEGER NOT NULL,
        name TEXT NOT NULL,
        bare INTEGER NOT NULL,
        site INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX dataset_name ON dataset (name, bare);
    CREATE INDEX dataset_born ON dataset (born);
    CREATE TABLE path (
        path TEXT NOT NULL,
        dataset INTEGER NOT NULL,
        PRIMARY KEY (path, dataset)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE touch (
        dataset INTEGER NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (dataset, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX touch_number ON touch (number);
    CREATE TABLE taken (
        dataset INTEGER NOT NULL,
        source INTEGER NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (dataset, source, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX taken_source ON taken (source);",
];

/// The version that brought the rows by which events are found.
const INDEXED: usize = 2;

/// Marks the file as ours: `sqls`.
const APPLICATION: i32 = 0x7371_6c73;

/// Events in a file, which several processes may share on one machine.
pub struct SqliteStore {
    path: PathBuf,
    tabled: Tabled,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens a store, and makes it where there is none. One that an older program has written is brought to this version, which takes a moment once.
    ///
    /// # Errors
    /// A file that cannot be read or written, is of something else, or was written by a newer program.
    pub fn open(path: &Path) -> Result<Self, LineageError> {
        Self::with(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )
    }

    /// Opens a store that is there: a name that was mistyped is no empty store, and a file that was emptied is none either.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], and where there is no file.
    pub fn existing(path: &Path) -> Result<Self, LineageError> {
        Self::with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Makes again, of its events, what the store finds them by.
    ///
    /// # Errors
    /// A store that cannot be read or written; an event that cannot be understood.
    pub fn reindex(&self) -> Result<(), LineageError> {
        self.tabled.reindex()
    }

    fn with(path: &Path, flags: OpenFlags) -> Result<Self, LineageError> {
        let mut writing = connect(path, flags)?;
        migrate(&mut writing, flags.contains(OpenFlags::SQLITE_OPEN_CREATE))?;
        let journal = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
        writing.execute_batch(journal).map_err(unavailable)?;
        let reading = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        Ok(Self {
            path: path.to_owned(),
            tabled: Tabled::new(File(reading), File(writing)),
        })
    }
}

impl LineageSource for SqliteStore {
    fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
        self.tabled.snapshot()
    }
}

impl LineageStore for SqliteStore {
    fn append(&self, event: Event, unchanged_since: Option<u64>) -> Result<u64, LineageError> {
        self.tabled.append(&event, unchanged_since)
    }

    fn fate(&self, id: RecordId) -> Result<Option<Fate>, LineageError> {
        self.tabled.fate(id)
    }

    fn events(&self) -> Result<Vec<(u64, Event)>, LineageError> {
        self.tabled.events()
    }
}

struct File(Connection);

impl Rows for File {
    fn rows(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<(i64, String)>, LineageError> {
        Open(&self.0).rows(sql, values)
    }

    fn change(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), LineageError> {
        Open(&self.0).change(sql, values)
    }
}

impl Database for File {
    fn write(&mut self, work: &mut Work<'_>) -> Result<u64, LineageError> {
        let write = self
            .0
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(unavailable)?;
        let done = work(&mut Open(&write))?;
        write.commit().map_err(unavailable)?;
        Ok(done)
    }
}

/// A connection, in a transaction or not.
struct Open<'c>(&'c Connection);

impl Rows for Open<'_> {
    fn rows(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<(i64, String)>, LineageError> {
        let mut statement = self.0.prepare_cached(sql).map_err(unavailable)?;
        let rows = statement
            .query_map(params_from_iter(values), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .map_err(unavailable)?;
        rows.collect::<Result<_, _>>().map_err(unavailable)
    }

    fn change(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), LineageError> {
        let mut statement = self.0.prepare_cached(sql).map_err(unavailable)?;
        let changed = statement.execute(params_from_iter(values));
        changed.map(drop).map_err(unavailable)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Number(number) => number.to_sql(),
            Self::Maybe(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
        }
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, LineageError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(unavailable)?;
    connection.busy_timeout(PATIENCE).map_err(unavailable)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(connection)
}

/// Brings a file to the version of this program. `create`: an empty one too.
fn migrate(connection: &mut Connection, create: bool) -> Result<(), LineageError> {
    if stamp(connection)? == (i64::from(APPLICATION), MIGRATIONS.len()) {
        return Ok(());
    }
    let write = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(unavailable)?;
    let (application, version) = stamp(&write)?;
    let tables: i64 = write
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(unavailable)?;
    let ours = application == i64::from(APPLICATION);
    if !ours && (tables > 0 || !create) {
        return Err(LineageError::Unreadable(
            "it is no lineage store".to_owned(),
        ));
    }
    let Some(due) = MIGRATIONS.get(version..) else {
        let message = format!("a newer sqlsec has written it (version {version})");
        return Err(LineageError::Unreadable(message));
    };
    for step in due {
        write.execute_batch(step).map_err(unavailable)?;
    }
    if version < INDEXED {
        index::rebuild(&mut Open(&write))?;
    }
    let stamp = format!(
        "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {};",
        MIGRATIONS.len()
    );
    write.execute_batch(&stamp).map_err(unavailable)?;
    write.commit().map_err(unavailable)
}

/// Whose a file is, and of which version.
fn stamp(connection: &Connection) -> Result<(i64, usize), LineageError> {
    let pragma = |name: &str| -> Result<i64, LineageError> {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
            .map_err(unavailable)
    };
    let version = usize::try_from(pragma("user_version")?).unwrap_or(usize::MAX);
    Ok((pragma("application_id")?, version))
}

fn unavailable(error: rusqlite::Error) -> LineageError {
    LineageError::Unavailable(error.to_string())
}
