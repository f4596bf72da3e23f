//! `store`: what is kept of the lineage of all jobs: who wrote which columns from which, and under which masks.
//!
//! In: [`Record`]s of allowed submissions, and what operators decide ([`Event`]). Out: [`Known`], a snapshot that inheritance reads.
//! A store keeps events in one order; what is known is what they come to, one after the other ([`Fold`]). So every store, in memory or in a database,
//! knows the same, and its history is its audit. A database keeps beside them which events speak of which dataset, and reads no others
//! (docs/decisions/0022).
//! Stays out: policies, principals, SQL.
//! Invariant: what is pending protects as if it were committed; only what has ended replaces, and only what had ended before it began.
//! Invariant: entries outlive their jobs, their sources and their own data: other tables were made of these. What was replaced is superseded: who
//! reads the dataset itself need not look at it, who reads what was made of it must.

mod entry;
mod event;
mod fold;
mod import;
#[cfg(feature = "store")]
mod index;
mod known;
mod memory;
mod names;
mod packed;
#[cfg(feature = "store")]
mod pages;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "store")]
mod sqlite;
mod standing;
#[cfg(feature = "store")]
mod stored;
#[cfg(feature = "store")]
mod tables;

pub use entry::Entry;
pub use event::{Cut, CutAt, Event, Fate, Forget, RecordId};
pub use fold::Fold;
pub use import::{AtlasNames, is_atlas, record_of_event, records_of_atlas};
pub use known::{Kept, Known};
pub use memory::MemoryStore;
pub use packed::{OpenFile, Packed, PackedJob, Packing};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
#[cfg(feature = "store")]
pub use sqlite::SqliteStore;

use std::sync::Arc;

use super::Record;

/// Whether the place of a store is the address of a database, and no file.
#[must_use]
pub fn is_address(place: &str) -> bool {
    ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| place.starts_with(scheme))
}

/// Where lineage is read.
pub trait LineageSource: Send + Sync {
    /// What is known now. One script is judged by one snapshot.
    ///
    /// # Errors
    /// Whatever keeps the store from answering: the script is denied with `lineage-unavailable`.
    fn snapshot(&self) -> Result<Arc<Known>, LineageError>;
}

/// Where lineage is written.
pub trait LineageStore: LineageSource {
    /// Adds one event after all others, and answers its number. It is kept when this returns, whatever happens to the process then.
    ///
    /// `unchanged_since`: the version of the snapshot that the event is based on; where a dataset that it reads was written or renamed since, the
    /// event is refused with [`LineageError::Stale`], and its statement must be checked again.
    ///
    /// # Errors
    /// A store that cannot write; an event that does not fit what is known ([`LineageError::Unfit`]).
    fn append(&self, event: Event, unchanged_since: Option<u64>) -> Result<u64, LineageError>;

    /// Keeps what an allowed submission is about to write. Until it is committed or aborted it protects as if it were committed.
    ///
    /// # Errors
    /// As [`LineageStore::append`].
    fn pending(&self, record: &Record) -> Result<RecordId, LineageError> {
        let event = Event::Pending(record.clone());
        self.append(event, None).map(RecordId)
    }

    /// The same, when nothing that the record reads has changed since the snapshot that its check was judged by.
    ///
    /// # Errors
    /// [`LineageError::Stale`], and as [`LineageStore::append`].
    fn pending_since(&self, record: &Record, version: u64) -> Result<RecordId, LineageError> {
        let event = Event::Pending(record.clone());
        self.append(event, Some(version)).map(RecordId)
    }

    /// The submission was made. The job may run on.
    ///
    /// # Errors
    /// As [`LineageStore::append`]; an id that is not pending.
    fn commit(&self, id: RecordId) -> Result<(), LineageError> {
        self.append(Event::Commit(id), None).map(drop)
    }

    /// The submission was not made, and wrote nothing.
    ///
    /// # Errors
    /// As [`LineageStore::append`]; an id that is not pending.
    fn abort(&self, id: RecordId) -> Result<(), LineageError> {
        self.append(Event::Abort(id), None).map(drop)
    }

    /// The job has finished and did what it was to do: it writes no more. What an overwriting job has replaced is superseded, as far as those who
    /// had written it had ended before the overwriting record was pending. Of an overwriting job that has failed this must not be said.
    ///
    /// # Errors
    /// As [`LineageStore::append`]; an id that is not committed, or has ended already.
    fn ended(&self, id: RecordId) -> Result<(), LineageError> {
        self.append(Event::Ended(id), None).map(drop)
    }

    /// What has become of a record; nothing where the store has none of this number.
    ///
    /// # Errors
    /// A store that cannot read.
    fn fate(&self, id: RecordId) -> Result<Option<Fate>, LineageError> {
        Ok(Fate::of(id, &self.events()?))
    }

    /// All events with their numbers, oldest first: the audit.
    ///
    /// # Errors
    /// A store that cannot read.
    fn events(&self) -> Result<Vec<(u64, Event)>, LineageError>;
}

/// Why a store did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineageError {
    /// It cannot be read or written.
    #[error("the lineage store does not answer: {0}")]
    Unavailable(String),
    /// What it holds cannot be understood: a newer program wrote it, or nobody did.
    #[error("the lineage store cannot be read: {0}")]
    Unreadable(String),
    /// What is asked does not fit what is known.
    #[error("{0}")]
    Unfit(String),
    /// Something that the record reads has changed since it was checked.
    #[error("lineage has changed since the check: check again")]
    Stale,
}
