//! `inherit`: the masks that a column has because of where its data came from (LINEAGE.md §1).
//!
//! In: what the store knows of the jobs that wrote, and what the policy's own rules say to one principal of any column ([`Sources`]). Out: the
//! mask of a column, with the rule and the jobs that it comes by ([`Found`]).
//! Pure. Stays out: statements, the policy itself, I/O.
//!
//! `walk` goes from a column to all that it was made of, over any number of jobs; `carry` is one step; `settle` makes one mask of many.
//! Invariant: nothing is copied forward. A rule that is written later protects at the next read, and a rule that is taken back is gone with it.
//! Invariant: more edges never show more.

mod carry;
mod fingerprint;
mod settle;
mod walk;

use std::sync::Arc;

pub use fingerprint::fingerprint;
pub use settle::{Found, Settings};
pub use walk::Walk;

use super::store::Entry;
use super::{Dataset, Edge, SourceColumn};
use crate::mask::{Hides, MaskSpec};
use crate::policy::{Aggregate, ColumnMask, Inherit, RuleId};
use crate::syntax::DataType;

/// What the walk asks: what the rules say, and who wrote.
pub trait Sources {
    /// Why something cannot be said.
    type Error;

    /// What the principal's own rules say of a column. Without a column's name: of any column of the dataset, the strictest.
    ///
    /// # Errors
    /// What must end the whole decision.
    fn own(&self, column: &SourceColumn) -> Result<OwnColumn, Self::Error>;

    /// The writer entries of a dataset, those that were superseded too: something may have been made of their data.
    fn writers(&self, dataset: &Dataset) -> Vec<Arc<Entry>>;

    /// Those whose data may still be in the dataset: what who reads it sees.
    fn current(&self, dataset: &Dataset) -> Vec<Arc<Entry>> {
        let mut entries = self.writers(dataset);
        entries.retain(|entry| !entry.superseded);
        entries
    }

    /// Whether an edge was cut by an operator.
    fn is_cut(&self, entry: &Entry, column: &str, edge: &Edge) -> bool;

    /// Whether a column was declassified by an operator.
    fn is_declassified(&self, column: &SourceColumn) -> bool;
}

/// What the rules say of a column, and its type.
#[derive(Debug, Clone)]
pub struct OwnColumn {
    /// What they say.
    pub own: Own,
    /// Its type, where the catalog knows it.
    pub data_type: Option<DataType>,
}

/// What the rules say of a column by themselves, without lineage.
#[derive(Debug, Clone)]
pub enum Own {
    /// Nothing.
    Silent,
    /// Nothing, nor do they of its table: nobody has ever thought of it.
    Unnamed,
    /// It is shown on purpose (`MASK_NONE`): nothing is inherited through it. No other rule ends what comes from above.
    Shown,
    /// It is masked, as a whole or in some of its fields.
    Masked(Vec<ColumnMask>),
    /// The principal may not read it at all.
    Closed,
}

/// A mask on the way.
#[derive(Debug, Clone)]
pub(super) enum Mask {
    /// On the whole value.
    Whole(MaskSpec),
    /// On some of its fields, whose paths begin with the column.
    Fields(Vec<ColumnMask>),
}

/// A mask that somebody has on a column, and how far it goes.
#[derive(Debug, Clone)]
pub(super) struct Want {
    pub mask: Mask,
    /// The type of the column that it is on.
    pub data_type: Option<DataType>,
    /// Where it comes from; nothing where that is closed to the principal.
    pub origin: Option<SourceColumn>,
    pub rule: RuleId,
    pub inherit: Inherit,
    pub aggregate: Aggregate,
    /// The jobs on the way.
    pub jobs: Vec<Arc<str>>,
}

impl Want {
    pub fn hides(&self) -> Hides {
        match &self.mask {
            Mask::Whole(spec) => spec.hides(),
            Mask::Fields(_) => Hides::Some,
        }
    }
}
