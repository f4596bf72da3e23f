//! A store in a file: SQLite, compiled in. Feature `store`.
//!
//! One table of events, appended to under the write lock of the database: whoever writes next has read all that was written before, so the history is
//! the same for all, in one order. Readers hold what they know and read on from there; they never wait for writers (WAL).
//! Invariant: what was acknowledged is on the disk (`synchronous = FULL`). An event that was not is not there at all.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::memory::next;
use super::{Event, Known, LineageError, LineageSource, LineageStore};

/// How long a writer waits for another.
const PATIENCE: Duration = Duration::from_secs(30);

/// What makes version n of the schema out of version n - 1.
const MIGRATIONS: [&str; 1] = ["CREATE TABLE event (
        number INTEGER PRIMARY KEY,
        body TEXT NOT NULL
    ) STRICT;"];

/// Marks the file as ours: `sqls`.
const APPLICATION: i32 = 0x7371_6c73;

/// Events in a file, which several processes may share on one machine.
pub struct SqliteStore {
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    connection: Connection,
    known: Arc<Known>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens a store, and makes it where there is none.
    ///
    /// # Errors
    /// A file that cannot be read or written, is of something else, or was written by a newer program.
    pub fn open(path: &Path) -> Result<Self, LineageError> {
        Self::with(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )
    }

    /// Opens a store that is there: a name that was mistyped is no empty store.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], and where there is no file.
    pub fn existing(path: &Path) -> Result<Self, LineageError> {
        Self::with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn with(path: &Path, flags: OpenFlags) -> Result<Self, LineageError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(unavailable)?;
        connection.busy_timeout(PATIENCE).map_err(unavailable)?;
        migrate(&mut connection)?;
        let journal = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
        connection.execute_batch(journal).map_err(unavailable)?;
        Ok(Self {
            path: path.to_owned(),
            inner: Mutex::new(Inner {
                connection,
                known: Arc::default(),
            }),
        })
    }
}

impl LineageSource for SqliteStore {
    fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { connection, known } = &mut *inner;
        let read = connection.transaction().map_err(unavailable)?;
        *known = read_on(&read, known)?;
        Ok(Arc::clone(known))
    }
}

impl LineageStore for SqliteStore {
    fn append(&self, event: Event, unchanged_since: Option<u64>) -> Result<u64, LineageError> {
        let body = serde_json::to_string(&event)
            .map_err(|error| LineageError::Unfit(error.to_string()))?;
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { connection, known } = &mut *inner;
        let write = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(unavailable)?;
        *known = read_on(&write, known)?;
        let next = next(known, &event, unchanged_since)?;
        let number = next.version();
        let row = params![i64::try_from(number).unwrap_or(i64::MAX), body];
        write
            .execute("INSERT INTO event (number, body) VALUES (?1, ?2)", row)
            .map_err(unavailable)?;
        write.commit().map_err(unavailable)?;
        *known = Arc::new(next);
        Ok(number)
    }

    fn events(&self) -> Result<Vec<(u64, Event)>, LineageError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let read = inner.connection.transaction().map_err(unavailable)?;
        since(&read, 0)
    }
}

/// What is known with all that was written since.
fn read_on(read: &Transaction<'_>, known: &Arc<Known>) -> Result<Arc<Known>, LineageError> {
    let new = since(read, known.version())?;
    if new.is_empty() {
        return Ok(Arc::clone(known));
    }
    let mut next = (**known).clone();
    for (number, event) in &new {
        next.apply(*number, event)
            .map_err(|error| LineageError::Unreadable(format!("event {number}: {error}")))?;
    }
    Ok(Arc::new(next))
}

fn since(read: &Transaction<'_>, version: u64) -> Result<Vec<(u64, Event)>, LineageError> {
    let mut statement = read
        .prepare("SELECT number, body FROM event WHERE number > ?1 ORDER BY number")
        .map_err(unavailable)?;
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    let rows = statement
        .query_map([version], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })
        .map_err(unavailable)?;
    let mut events = Vec::new();
    for row in rows {
        let (number, body) = row.map_err(unavailable)?;
        let event = serde_json::from_str(&body)
            .map_err(|error| LineageError::Unreadable(format!("event {number}: {error}")))?;
        events.push((u64::try_from(number).unwrap_or_default(), event));
    }
    Ok(events)
}

/// Brings a file to the version of this program.
fn migrate(connection: &mut Connection) -> Result<(), LineageError> {
    let write = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(unavailable)?;
    let pragma = |name: &str| -> Result<i64, LineageError> {
        write
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
            .map_err(unavailable)
    };
    let version = usize::try_from(pragma("user_version")?).unwrap_or(usize::MAX);
    let tables: i64 = write
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(unavailable)?;
    let ours = pragma("application_id")? == i64::from(APPLICATION);
    if tables > 0 && !ours {
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
    let stamp = format!(
        "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {};",
        MIGRATIONS.len()
    );
    write.execute_batch(&stamp).map_err(unavailable)?;
    write.commit().map_err(unavailable)
}

fn unavailable(error: rusqlite::Error) -> LineageError {
    LineageError::Unavailable(error.to_string())
}
