//! The lineage store of a host: opened by the configuration, written at each allowed check, told what became of the submissions.
//!
//! In: the part `lineage` of a configuration; requests and the judge who decides about them; the end of a submission. Out: a store, a reply with the number
//! of its record, or an error.
//! Stays out: what is inherited, and what a record holds.
//! Invariant: a store that cannot be opened is an error, never "no lineage"; one that cannot be written denies.
//! Invariant: a reply that holds SQL which writes is sent only after its record is in the store, where it protects as if it were committed.

use std::sync::Arc;

use super::config::LineagePart;
use super::{HostCode, HostError};
use crate::check::{Code, Reply, Request, SubmitCheck};
use crate::lineage::store::{Fate, LineageError, LineageStore, RecordId};

/// How often a script is judged anew whose sources were written meanwhile.
const ATTEMPTS: usize = 4;

/// What a host says of a submission whose check has left a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// It was made: what it writes stays known.
    Commit,
    /// It was not made, and has written nothing. In doubt it is neither: what is pending protects.
    Abort,
    /// Its job has finished and done what it was to do: what it has overwritten is gone. Not to be said of a job that has failed.
    Ended,
}

impl Settle {
    /// The word, in addresses and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Abort => "abort",
            Self::Ended => "ended",
        }
    }

    const fn fate(self) -> Fate {
        match self {
            Self::Commit => Fate::Committed,
            Self::Abort => Fate::Aborted,
            Self::Ended => Fate::Ended,
        }
    }
}

/// Opens the store that a configuration names.
///
/// # Errors
/// `config-invalid`, `lineage-unavailable`. None says what is in an address or a password file.
pub(super) fn open(part: &LineagePart) -> Result<Arc<dyn LineageStore>, HostError> {
    match part.address() {
        Some(address) => in_database(address, part),
        None if part.password_file.is_some() => {
            let message = "`lineage`: a store in a file has no `password-file`";
            Err(HostError::new(HostCode::Config, message))
        }
        None => in_file(part),
    }
}

#[cfg(feature = "store")]
fn in_file(part: &LineagePart) -> Result<Arc<dyn LineageStore>, HostError> {
    use crate::lineage::store::SqliteStore;
    let opened = if part.create {
        SqliteStore::open(&part.store)
    } else {
        SqliteStore::existing(&part.store)
    };
    let store = opened.map_err(|error| {
        let place = part.store.display();
        HostError::new(HostCode::Lineage, format!("`{place}`: {error}"))
    })?;
    Ok(Arc::new(store))
}

#[cfg(not(feature = "store"))]
fn in_file(_: &LineagePart) -> Result<Arc<dyn LineageStore>, HostError> {
    let message = "`lineage`: this sqlsec was built without feature `store`: it keeps no lineage";
    Err(HostError::new(HostCode::Config, message))
}

#[cfg(feature = "postgres")]
fn in_database(address: &str, part: &LineagePart) -> Result<Arc<dyn LineageStore>, HostError> {
    use crate::lineage::store::{PostgresOptions, PostgresStore};
    let options = PostgresOptions {
        password: part.password_file.as_deref().map(password).transpose()?,
        ..PostgresOptions::default()
    };
    let opened = if part.create {
        PostgresStore::open(address, &options)
    } else {
        PostgresStore::existing(address, &options)
    };
    Ok(Arc::new(opened.map_err(|error| unavailable(&error))?))
}

#[cfg(not(feature = "postgres"))]
fn in_database(_: &str, _: &LineagePart) -> Result<Arc<dyn LineageStore>, HostError> {
    let message = "`lineage`: this sqlsec was built without feature `postgres`: it keeps lineage in files alone";
    Err(HostError::new(HostCode::Config, message))
}

/// What a file holds, without the line end that editors leave.
#[cfg(feature = "postgres")]
fn password(file: &std::path::Path) -> Result<String, HostError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("cannot read `{}`: {}", file.display(), error.kind());
        HostError::new(HostCode::Unreadable, message)
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Decides about a request, and leaves the record of what it is about to write in the store. Where something that it reads is written meanwhile it is
/// judged anew.
pub(super) fn check(judge: &dyn SubmitCheck, store: &dyn LineageStore, request: &Request) -> Reply {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let mut reply = judge.check(request);
        let Some(record) = &reply.lineage else {
            return reply;
        };
        match store.pending_since(record, reply.lineage_version.unwrap_or_default()) {
            Ok(id) => {
                reply.lineage_id = Some(id);
                return reply;
            }
            Err(LineageError::Stale) => last = Some(reply),
            Err(
                error @ (LineageError::Unavailable(_)
                | LineageError::Unreadable(_)
                | LineageError::Unfit(_)),
            ) => {
                let why = error.to_string();
                let policy = reply.policy.clone();
                return Reply::denied(Code::LineageUnavailable, why, policy).in_place_of(&reply);
            }
        }
    }
    let message = "what the script reads is written by others all the time: check again";
    let policy = last.as_ref().map(|reply| reply.policy.clone());
    let denied = Reply::denied(Code::LineageStale, message, policy.unwrap_or_default());
    match &last {
        Some(last) => denied.in_place_of(last),
        None => denied,
    }
}

/// Tells a store what became of a submission. Saying the same again is no mistake.
///
/// # Errors
/// `record-unknown`, `record-unfit`, `lineage-unavailable`.
pub(super) fn settle(
    store: &dyn LineageStore,
    id: RecordId,
    settle: Settle,
) -> Result<(), HostError> {
    let told = match settle {
        Settle::Commit => store.commit(id),
        Settle::Abort => store.abort(id),
        Settle::Ended => store.ended(id),
    };
    match told {
        Ok(()) => Ok(()),
        Err(LineageError::Unfit(_)) => {
            let fate = store.fate(id).map_err(|error| unavailable(&error))?;
            already(id, settle, fate)
        }
        Err(
            error @ (LineageError::Unavailable(_)
            | LineageError::Unreadable(_)
            | LineageError::Stale),
        ) => Err(unavailable(&error)),
    }
}

/// What is told of a record of which the store takes this no more.
fn already(id: RecordId, settle: Settle, fate: Option<Fate>) -> Result<(), HostError> {
    let Some(fate) = fate else {
        return Err(unknown(id));
    };
    // Whoever has ended was committed: a commit that is told twice may come late.
    if fate == settle.fate() || (settle == Settle::Commit && fate == Fate::Ended) {
        return Ok(());
    }
    let state = match fate {
        Fate::Pending => "is still pending",
        Fate::Committed => "was committed",
        Fate::Aborted => "was aborted",
        Fate::Ended => "has ended",
    };
    let message = format!("lineage record {id} {state}");
    Err(HostError::new(HostCode::RecordUnfit, message))
}

/// No record has this number.
pub(super) fn unknown(id: RecordId) -> HostError {
    let message = format!("the lineage store has no record {id}");
    HostError::new(HostCode::RecordUnknown, message)
}

pub(super) fn unavailable(error: &LineageError) -> HostError {
    HostError::new(HostCode::Lineage, error)
}
