//! A store over tables, whichever database has them: what SQLite and PostgreSQL share.
//!
//! In: a [`Database`], which can read rows and do one piece of work as a transaction. Out: a store.
//! Invariant: an event and the rows by which it is found are written in one transaction, one such after the other; so the events up to a number
//! never change, and whoever reads those up to its own version needs no transaction.
//!
//! The statements are the same text for all: `$1` comes before `$2` where both stand, and a row is a number and a text.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::index;
use super::stored::Stored;
use super::{Event, Fate, Known, LineageError, RecordId};

/// An argument of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'v> {
    Number(i64),
    /// A number, or none.
    Maybe(Option<i64>),
    Text(&'v str),
}

/// What reads and writes rows.
pub(super) trait Rows {
    /// The rows of a query that answers a number and a text.
    ///
    /// # Errors
    /// A database that does not answer, or too late.
    fn rows(&mut self, sql: &str, values: &[Value<'_>])
    -> Result<Vec<(i64, String)>, LineageError>;

    /// Does what answers nothing.
    ///
    /// # Errors
    /// As [`Rows::rows`].
    fn change(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), LineageError>;
}

/// A connection.
pub(super) trait Database: Rows + Send {
    /// Does a piece of work as one transaction, while nobody else writes. It may be done again where the database says that it has not happened.
    /// On success it is on the disk.
    ///
    /// # Errors
    /// Those of the work, which has not happened then; a database that does not answer: then it may have happened.
    fn write(&mut self, work: &mut Work<'_>) -> Result<u64, LineageError>;
}

/// A piece of work.
pub(super) type Work<'w> = dyn FnMut(&mut dyn Rows) -> Result<u64, LineageError> + 'w;

/// A connection that snapshots share.
pub(super) type Shared = Arc<Mutex<dyn Database>>;

/// A store. It reads over one connection and writes over another, so that readers do not wait for writers of their own process either.
pub(super) struct Tabled {
    reading: Shared,
    writing: Shared,
    current: Mutex<Option<Arc<Known>>>,
}

impl Tabled {
    pub fn new(reading: impl Database + 'static, writing: impl Database + 'static) -> Self {
        Self {
            reading: Arc::new(Mutex::new(reading)),
            writing: Arc::new(Mutex::new(writing)),
            current: Mutex::new(None),
        }
    }

    /// What is known now: the snapshot that was handed out last, where nothing has been written since.
    pub fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
        let mut current = held(&self.current);
        let version = index::version(&mut *held(&self.reading))?;
        let before = current.as_deref().and_then(Known::base);
        if let (Some(known), Some(base)) = (&*current, before)
            && base.version() == version
            && base.failure().is_none()
        {
            return Ok(Arc::clone(known));
        }
        let stored = Stored::read(&self.reading, version, before.map(|base| &**base))?;
        let known = Arc::new(Known::from(Arc::new(stored)));
        *current = Some(Arc::clone(&known));
        Ok(known)
    }

    pub fn append(&self, event: &Event, unchanged_since: Option<u64>) -> Result<u64, LineageError> {
        let body =
            serde_json::to_string(event).map_err(|error| LineageError::Unfit(error.to_string()))?;
        let mut database = held(&self.writing);
        database.write(&mut |rows| index::append(rows, event, &body, unchanged_since))
    }

    pub fn fate(&self, id: RecordId) -> Result<Option<Fate>, LineageError> {
        let events = index::about_record(&mut *held(&self.reading), id.0)?;
        Ok(Fate::of(id, &events))
    }

    pub fn events(&self) -> Result<Vec<(u64, Event)>, LineageError> {
        let mut database = held(&self.reading);
        index::events(&mut *database, u64::MAX)
    }

    pub fn reindex(&self) -> Result<(), LineageError> {
        *held(&self.current) = None;
        let mut database = held(&self.writing);
        database.write(&mut index::rebuild).map(drop)
    }
}

/// A lock that outlives the panic of whoever held it: what it guards is either a connection, or written at once.
pub(super) fn held<T: ?Sized>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number as databases have it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as it is used here. There are no negative ones.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
