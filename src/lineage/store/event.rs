//! What happens to lineage.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lineage::{Dataset, Record, SourceColumn};

/// The number of a record: that of the event that brought it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct RecordId(pub u64);

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What has become of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was neither committed nor aborted.
    Pending,
    /// Its submission was made; one that another system has told was made too.
    Committed,
    /// Its submission was not made.
    Aborted,
    /// Its job has finished.
    Ended,
}

impl Fate {
    /// What the events of a store, oldest first, say of a record; nothing where none of them brought it.
    #[must_use]
    pub fn of(id: RecordId, events: &[(u64, Event)]) -> Option<Self> {
        let mut fate = None;
        for (number, event) in events {
            match event {
                Event::Pending(_) if *number == id.0 => fate = Some(Self::Pending),
                Event::Import(_) if *number == id.0 => fate = Some(Self::Committed),
                Event::Commit(about) if *about == id => fate = Some(Self::Committed),
                Event::Abort(about) if *about == id => fate = Some(Self::Aborted),
                Event::Ended(about) if *about == id => fate = Some(Self::Ended),
                Event::Pending(_)
                | Event::Import(_)
                | Event::Commit(_)
                | Event::Abort(_)
                | Event::Ended(_)
                | Event::Forget(_)
                | Event::Declassify(_)
                | Event::Classify { .. } => {}
            }
        }
        fate
    }
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A submission that was allowed, and may be made.
    Pending(Record),
    /// It was made.
    Commit(RecordId),
    /// It was not.
    Abort(RecordId),
    /// The job has finished: it writes no more, and what it overwrites is gone.
    Ended(RecordId),
    /// Lineage that another system has told: how its data were written nobody can say.
    Import(Record),
    /// An operator takes entries away.
    Forget(Forget),
    /// An operator ends inheritance at a column or an edge.
    Declassify(Cut),
    /// An operator takes that back: the number of its event.
    Classify {
        /// Which.
        cut: u64,
        /// Who.
        who: String,
        /// When, in seconds since 1970.
        at: i64,
        /// Why.
        why: String,
    },
}

/// Entries that an operator takes away from the readers of a dataset: those of a topic whose old messages have expired. What was made of these
/// messages keeps what it was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Forget {
    /// Of which dataset.
    pub dataset: Dataset,
    /// Of which job; of all without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Written before, in seconds since 1970; at any time without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
    /// Who.
    pub who: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Why.
    pub why: String,
}

/// Where an operator ends inheritance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cut {
    /// Where.
    pub cut: CutAt,
    /// Who.
    pub who: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Why.
    pub why: String,
    /// Until when, in seconds since 1970; for good without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// A column, or an edge of one job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CutAt {
    /// Nothing is inherited at this column, whoever writes it.
    Column(SourceColumn),
    /// Nothing is inherited over the edges of this job between two columns.
    Edge {
        /// The job.
        job: String,
        /// The source.
        source: SourceColumn,
        /// The target.
        target: SourceColumn,
        /// The hash of the expression there: another expression ends the cut. Without: whatever stands there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expression: Option<String>,
    },
}

impl Cut {
    /// Whether it holds at a time.
    #[must_use]
    pub fn holds(&self, now: i64) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
