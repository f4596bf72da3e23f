//! A snapshot of a store, as inheritance reads it: what is known at one version, whoever writes meanwhile.
//!
//! It has all in memory (a [`Fold`]), or reads parts of a store's history, or of an estate's packed lineage, as they are asked for.
//! Invariant: a part that cannot be read is not missing. It is an entry that hides every column of its dataset, and [`Known::failure`] says why.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::fold::sources;
#[cfg(feature = "store")]
use super::stored::Stored;
use super::{Cut, Entry, Event, Fold, LineageError, Packed, RecordId};
use crate::catalog::TableName;
use crate::lineage::{Dataset, Edge, Record, SourceColumn, StatementRecord};

/// A dataset with its entries.
pub type Kept = (Arc<Dataset>, Vec<Arc<Entry>>);

/// A snapshot. Cloning it is cheap where it is of a store.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What a store knows.
    #[cfg(feature = "store")]
    base: Option<Arc<Stored>>,
    /// What the jobs of an estate write.
    packed: Option<Arc<Packed>>,
    /// What was taken in since.
    fold: Fold,
}

impl From<Fold> for Known {
    fn from(fold: Fold) -> Self {
        Self {
            fold,
            ..Self::default()
        }
    }
}

#[cfg(feature = "store")]
impl From<Arc<Stored>> for Known {
    fn from(base: Arc<Stored>) -> Self {
        Self {
            base: Some(base),
            ..Self::default()
        }
    }
}

impl From<Packed> for Known {
    fn from(packed: Packed) -> Self {
        Self {
            packed: Some(Arc::new(packed)),
            ..Self::default()
        }
    }
}

/// What the parts of a snapshot answer to the same question, one after the other.
macro_rules! both {
    ($self:ident, $base:ident => $stored:expr) => {{
        let $base = &$self.fold;
        let folded = $stored;
        let folded = match &$self.packed {
            Some($base) => {
                let mut all = $stored;
                all.extend(folded);
                all
            }
            None => folded,
        };
        #[cfg(feature = "store")]
        let folded = match &$self.base {
            Some($base) => {
                let mut all = $stored;
                all.extend(folded);
                all
            }
            None => folded,
        };
        folded
    }};
}

impl Known {
    /// The store's part.
    #[cfg(feature = "store")]
    pub(super) const fn base(&self) -> Option<&Arc<Stored>> {
        self.base.as_ref()
    }

    /// The number of the last event that it knows of.
    #[must_use]
    pub fn version(&self) -> u64 {
        #[cfg(feature = "store")]
        if let Some(base) = &self.base {
            return base.version();
        }
        // Before it was gathered nothing was known, by the version of nothing.
        if self.packed.is_some() {
            return self.fold.version().saturating_add(1);
        }
        self.fold.version()
    }

    /// Whether nobody has written anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        #[cfg(feature = "store")]
        if self.base.as_ref().is_some_and(|base| !base.is_empty()) {
            return false;
        }
        if self
            .packed
            .as_ref()
            .is_some_and(|packed| !packed.is_empty())
        {
            return false;
        }
        self.fold.is_empty()
    }

    /// Why some of it could not be read, where that has happened. From then on every dataset has an entry that hides all of its columns.
    #[must_use]
    pub fn failure(&self) -> Option<LineageError> {
        #[cfg(feature = "store")]
        if let Some(base) = &self.base {
            return base.failure();
        }
        self.packed.as_ref().and_then(|packed| packed.failure())
    }

    /// All of it, in memory: of a large store that takes time.
    ///
    /// # Errors
    /// A store that cannot read; packed lineage, which is never unpacked as a whole.
    pub fn whole(&self) -> Result<Fold, LineageError> {
        #[cfg(feature = "store")]
        if let Some(base) = &self.base {
            return base.whole();
        }
        if self.packed.is_some() {
            let message = "packed lineage is read dataset by dataset".to_owned();
            return Err(LineageError::Unfit(message));
        }
        Ok(self.fold.clone())
    }

    /// The datasets that were written under a logical name, letter case and all.
    ///
    /// # Errors
    /// A store that cannot read.
    pub fn called(&self, name: &TableName) -> Result<Vec<Arc<Dataset>>, LineageError> {
        #[cfg(feature = "store")]
        if let Some(base) = &self.base {
            return base.called(name);
        }
        if let Some(packed) = &self.packed {
            return packed
                .failure()
                .map_or_else(|| Ok(packed.called(name)), Err);
        }
        Ok(self.fold.called(name))
    }

    /// The datasets that have exactly this logical or physical name, with their entries; no other's events are read.
    ///
    /// # Errors
    /// A store that cannot read.
    pub fn entries_of(
        &self,
        name: Option<&TableName>,
        physical: Option<&str>,
    ) -> Result<Vec<Kept>, LineageError> {
        let is_it = |dataset: &Dataset| {
            name.is_some_and(|name| dataset.name == *name)
                || physical.is_some_and(|place| dataset.physical.iter().any(|own| own == place))
        };
        #[cfg(feature = "store")]
        if let Some(base) = &self.base {
            return base.entries_of(name, physical, &is_it);
        }
        if let Some(packed) = &self.packed {
            let found = packed.entries_of(&is_it);
            return packed.failure().map_or(Ok(found), Err);
        }
        let datasets = self.fold.datasets().filter(|(dataset, _)| is_it(dataset));
        let found = datasets.map(|(dataset, kept)| (Arc::new(dataset.clone()), kept.to_vec()));
        Ok(found.collect())
    }

    /// A record as it was brought, where there is one of this number.
    ///
    /// # Errors
    /// A store that cannot read.
    pub fn record(&self, id: RecordId) -> Result<Option<Record>, LineageError> {
        #[cfg(feature = "store")]
        if let Some(base) = &self.base {
            return base.record(id);
        }
        let mut pending = self.fold.pending();
        Ok(pending.find_map(|(own, record)| (own == id).then(|| record.clone())))
    }

    /// The cuts, with the numbers of their events.
    pub fn cuts(&self) -> impl Iterator<Item = (u64, &Cut)> {
        self.standing().cuts()
    }

    fn standing(&self) -> &super::standing::Standing {
        #[cfg(feature = "store")]
        if let Some(base) = &self.base {
            return base.standing();
        }
        if let Some(packed) = &self.packed {
            return packed.standing();
        }
        self.fold.standing()
    }

    /// The entries of a dataset under any of its names, those that say the same once. `shares`: whether two physical names may be of the same bytes.
    #[must_use]
    pub fn distinct_writers(
        &self,
        dataset: &Dataset,
        shares: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<Arc<Entry>> {
        let mut distinct = self.writers(dataset, shares);
        if distinct.len() < 2 {
            return distinct;
        }
        let mut met: HashMap<u64, Vec<Arc<Entry>>> = HashMap::new();
        distinct.retain(|entry| {
            let alike = met.entry(entry.digest()).or_default();
            let new = !alike.iter().any(|other| other.says_the_same(entry));
            if new {
                alike.push(Arc::clone(entry));
            }
            new
        });
        distinct
    }

    /// The entries of a dataset under any of its names. `shares`: whether two physical names may be of the same bytes.
    #[must_use]
    pub fn writers(
        &self,
        dataset: &Dataset,
        shares: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<Arc<Entry>> {
        both!(self, part => part.writers(dataset, shares))
    }

    /// The entries of those tables of the site that had a name, wherever they were: a site may move its servers.
    #[must_use]
    pub fn named(&self, name: &TableName) -> Vec<Arc<Entry>> {
        both!(self, part => part.named(name))
    }

    /// What a table became that was renamed, step by step.
    #[must_use]
    pub fn moved(&self, dataset: &Dataset) -> Vec<&Dataset> {
        self.standing().moved(dataset)
    }

    /// How many cuts have ended by a time.
    pub(crate) fn ended_cuts(&self, now: i64) -> usize {
        self.standing().ended(now)
    }

    /// Whether a column is declassified at a time.
    #[must_use]
    pub fn is_declassified(
        &self,
        column: &SourceColumn,
        shares: &dyn Fn(&str, &str) -> bool,
        now: i64,
    ) -> bool {
        self.standing().is_declassified(column, shares, now)
    }

    /// Whether an edge into a column is cut at a time.
    #[must_use]
    pub fn is_cut(
        &self,
        entry: &Entry,
        column: &str,
        edge: &Edge,
        shares: &dyn Fn(&str, &str) -> bool,
        now: i64,
    ) -> bool {
        self.standing().is_cut(entry, column, edge, shares, now)
    }

    /// Takes the next event in, where all is in memory.
    ///
    /// # Errors
    /// One that does not fit: a record that is not pending, a cut that is not there. Nothing is changed then.
    pub fn apply(&mut self, number: u64, event: &Event) -> Result<(), LineageError> {
        #[cfg(feature = "store")]
        if self.base.is_some() {
            let message = "events are appended to the store, not to a snapshot of it".to_owned();
            return Err(LineageError::Unfit(message));
        }
        if self.packed.is_some() {
            let message = "nothing more happens to packed lineage".to_owned();
            return Err(LineageError::Unfit(message));
        }
        self.fold.apply(number, event)
    }

    /// Takes in what a statement of a script writes, for the statements after it: it protects them, and replaces nothing. `below`: what was known
    /// before the script.
    pub fn overlay(&mut self, whose: (&str, &str, i64), statement: &StatementRecord, below: &Self) {
        self.fold.overlay(whose, statement, below);
    }
}

/// When a dataset was changed last, and its entries.
pub(super) type Below<'k> = Vec<(u64, std::borrow::Cow<'k, [Arc<Entry>]>)>;

/// Whether something that a record reads, or that this was made of, was written since a version. `look`: what is known of the datasets that are, or may
/// be, one that something is made of.
pub(super) fn changed_below<'k>(
    record: &Record,
    since: u64,
    look: &mut dyn FnMut(&Dataset) -> Result<Below<'k>, LineageError>,
) -> Result<bool, LineageError> {
    let outputs = record.statements.iter().flat_map(|s| &s.lineage.outputs);
    let mut met: BTreeSet<Dataset> = outputs.flat_map(sources).cloned().collect();
    let mut open: Vec<Dataset> = met.iter().cloned().collect();
    while let Some(source) = open.pop() {
        for (changed, entries) in look(&source)? {
            if changed > since {
                return Ok(true);
            }
            let below = entries.iter().flat_map(|entry| sources(entry.written()));
            for dataset in below {
                if !met.contains(dataset) {
                    met.insert(dataset.clone());
                    open.push(dataset.clone());
                }
            }
        }
    }
    Ok(false)
}
