//! The lineage of a whole estate in little room: packed, one part a job, in memory and beyond a bound in a file. It is unpacked dataset by dataset, as
//! inheritance asks.
//!
//! In: records of jobs, of which nobody says in what order they run: nothing replaces anything, nothing is cut. Out: [`Packed`], which a
//! [`Known`](super::Known) answers from.
//! Invariant: the entries are those that a [`Fold`](super::Fold) of the same records has, in the same order, without what only cuts and people ask for.
//! Invariant: memory grows with the names of datasets and a few bytes for each job that writes one, never with edges (docs/decisions/0033).
//! Invariant: what cannot be read is not missing: from then on every dataset has one entry that hides all of its columns.

mod bytes;
mod pack;
mod relationship;
mod shelf;
#[cfg(test)]
mod tests;
mod unpack;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pack::{Part, pack};
pub use shelf::OpenFile;
use shelf::{Filled, Shelf};
use unpack::unpack;

use super::names::Directory;
use super::standing::Standing;
use super::{Entry, LineageError};
use crate::catalog::TableName;
use crate::lineage::{Change, Dataset, Record};

/// So many columns and edges are kept unpacked, some 40 MB. When more are wanted it begins anew.
const UNPACKED: usize = 60_000;

/// What a job writes, packed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackedJob(Vec<Step>);

/// What is changed, and what is written then.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    changes: Vec<Change>,
    part: Option<Part>,
}

impl From<&Record> for PackedJob {
    fn from(record: &Record) -> Self {
        let whose = (record.job.as_str(), record.user.as_str(), record.at);
        let mut steps = Vec::new();
        // What is renamed has been written before, and not after.
        let runs = record
            .statements
            .chunk_by(|_, next| next.changes.is_empty());
        for run in runs {
            let changes = run.iter().flat_map(|statement| &statement.changes);
            let renames = changes.filter(|change| !matches!(change, Change::Emptied(_)));
            let step = Step {
                changes: renames.cloned().collect(),
                part: pack(whose, run),
            };
            if step.part.is_some() || !step.changes.is_empty() {
                steps.push(step);
            }
        }
        Self(steps)
    }
}

impl PackedJob {
    /// How many bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        let parts = self.0.iter().filter_map(|step| step.part.as_ref());
        parts.map(|part| part.bytes.len()).sum()
    }
}

/// What one job writes into one dataset: where it lies.
#[derive(Debug, Clone)]
struct Item {
    at: u64,
    length: u32,
    target: u32,
    /// The columns that were renamed since, in order: old name, new name.
    renamed: Option<Arc<Vec<(String, String)>>>,
}

/// Takes jobs in, one after the other.
pub struct Packing {
    items: HashMap<Arc<Dataset>, Vec<Item>>,
    directory: Directory,
    standing: Standing,
    shelf: Shelf,
}

impl fmt::Debug for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packing").finish_non_exhaustive()
    }
}

impl Packing {
    /// One that keeps so many bytes in memory. `open` is asked for the file of the rest when there is more.
    #[must_use]
    pub fn new(memory: usize, open: OpenFile) -> Self {
        Self {
            items: HashMap::new(),
            directory: Directory::default(),
            standing: Standing::default(),
            shelf: Shelf::new(memory, open),
        }
    }

    /// Takes a job in.
    ///
    /// # Errors
    /// A file that cannot be opened or written. What was taken in is not whole then.
    pub fn add(&mut self, job: PackedJob) -> Result<(), LineageError> {
        for step in job.0 {
            for change in &step.changes {
                match change {
                    Change::Renamed { from, to } => self.renamed(from, to),
                    Change::RenamedColumn { dataset, from, to } => {
                        self.renamed_column(dataset, from, to);
                    }
                    Change::Emptied(_) => {}
                }
            }
            let Some(part) = step.part else { continue };
            let number = |number: usize| {
                let message = "a job that writes too much".to_owned();
                u32::try_from(number).map_err(|_| LineageError::Unfit(message))
            };
            let at = self.shelf.add(&part.bytes).map_err(|e| unavailable(&e))?;
            let length = number(part.bytes.len())?;
            for (index, target) in part.targets.iter().enumerate() {
                let item = Item {
                    at,
                    length,
                    target: number(index)?,
                    renamed: None,
                };
                self.push(target, item);
            }
        }
        Ok(())
    }

    /// What was written under the old name is found under the new one too.
    fn renamed(&mut self, from: &Dataset, to: &Dataset) {
        // All of them first: the new name may be one that is alike.
        let alike = self.alike(from);
        let items = alike.iter().filter_map(|dataset| self.items.get(dataset));
        let items: Vec<Item> = items.flatten().cloned().collect();
        for item in items {
            self.push(to, item);
        }
        self.standing.moved_to(from, to);
    }

    /// What was written under the old name is read under both.
    fn renamed_column(&mut self, dataset: &Dataset, from: &str, to: &str) {
        for dataset in self.alike(dataset) {
            for item in self.items.get_mut(&dataset).into_iter().flatten() {
                let renamed = item.renamed.get_or_insert_default();
                Arc::make_mut(renamed).push((from.to_owned(), to.to_owned()));
            }
        }
    }

    fn alike(&self, dataset: &Dataset) -> Vec<Arc<Dataset>> {
        let same = |a: &str, b: &str| a == b;
        let itself = self.items.get_key_value(dataset).map(|(kept, _)| kept);
        let alike = self.directory.alike(dataset, itself, &same);
        alike.into_iter().cloned().collect()
    }

    fn push(&mut self, dataset: &Dataset, item: Item) {
        if let Some(items) = self.items.get_mut(dataset) {
            items.push(item);
            return;
        }
        let dataset = Arc::new(dataset.clone());
        self.directory.add(&dataset);
        self.items.insert(dataset, vec![item]);
    }

    /// All jobs were taken in.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(self) -> Result<Packed, LineageError> {
        Ok(Packed {
            items: self.items,
            directory: self.directory,
            standing: self.standing,
            filled: self.shelf.finish().map_err(|e| unavailable(&e))?,
            unpacked: Mutex::default(),
            failure: OnceLock::new(),
        })
    }
}

fn unavailable(error: &io::Error) -> LineageError {
    LineageError::Unavailable(format!("what does not fit into memory: {error}"))
}

/// The lineage of an estate.
pub struct Packed {
    items: HashMap<Arc<Dataset>, Vec<Item>>,
    directory: Directory,
    standing: Standing,
    filled: Filled,
    unpacked: Mutex<Unpacked>,
    failure: OnceLock<LineageError>,
}

/// What was unpacked last.
#[derive(Default)]
struct Unpacked {
    weight: usize,
    entries: HashMap<Arc<Dataset>, Arc<[Arc<Entry>]>>,
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packed")
            .field("datasets", &self.items.len())
            .finish_non_exhaustive()
    }
}

impl Packed {
    /// How many bytes its jobs take, in memory and in the file.
    #[must_use]
    pub const fn sizes(&self) -> (u64, u64) {
        self.filled.sizes()
    }

    /// How many columns and edges are unpacked now.
    #[must_use]
    pub fn unpacked(&self) -> usize {
        let unpacked = self.unpacked.lock();
        unpacked.unwrap_or_else(PoisonError::into_inner).weight
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) const fn standing(&self) -> &Standing {
        &self.standing
    }

    pub(super) fn failure(&self) -> Option<LineageError> {
        self.failure.get().cloned()
    }

    /// See [`super::Known::called`].
    pub(super) fn called(&self, name: &TableName) -> Vec<Arc<Dataset>> {
        let named = self.directory.named(name).iter();
        named.filter(|kept| kept.name == *name).cloned().collect()
    }

    /// See [`super::Known::entries_of`].
    pub(super) fn entries_of(&self, is_it: &dyn Fn(&Dataset) -> bool) -> Vec<super::Kept> {
        let mut found: Vec<&Arc<Dataset>> = self.items.keys().filter(|d| is_it(d)).collect();
        found.sort_unstable();
        let kept = found.into_iter();
        kept.map(|dataset| (Arc::clone(dataset), self.entries(dataset).to_vec()))
            .collect()
    }

    /// See [`super::Known::writers`].
    pub(super) fn writers(
        &self,
        dataset: &Dataset,
        shares: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<Arc<Entry>> {
        let itself = self.items.get_key_value(dataset).map(|(kept, _)| kept);
        self.all(self.directory.alike(dataset, itself, shares).into_iter())
    }

    /// See [`super::Known::named`].
    pub(super) fn named(&self, name: &TableName) -> Vec<Arc<Entry>> {
        let mut entries = self.all(self.directory.named(name).iter());
        entries.retain(|entry| !entry.declared().is_some_and(|d| d.by_user));
        entries
    }

    fn all<'d>(&self, datasets: impl Iterator<Item = &'d Arc<Dataset>>) -> Vec<Arc<Entry>> {
        let mut found = Vec::new();
        for dataset in datasets {
            found.extend(self.entries(dataset).iter().cloned());
        }
        // Also of a dataset that nobody has written: what could not be read is not missing.
        if self.failure.get().is_some() {
            return vec![Arc::new(Entry::unreadable())];
        }
        found
    }

    /// The entries of exactly this dataset.
    fn entries(&self, dataset: &Arc<Dataset>) -> Arc<[Arc<Entry>]> {
        let held = || self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = held().entries.get(dataset) {
            return Arc::clone(entries);
        }
        let items = self.items.get(dataset).into_iter().flatten();
        let mut entries = Vec::new();
        for item in items {
            if self.failure.get().is_some() {
                break;
            }
            match self.item(item) {
                Ok(found) => entries.extend(found),
                Err(error) => drop(self.failure.set(error)),
            }
        }
        if self.failure.get().is_some() {
            return [Arc::new(Entry::unreadable())].into();
        }
        let weight: usize = entries.iter().map(|entry| weight(entry)).sum();
        let entries: Arc<[Arc<Entry>]> = entries.into();
        let mut unpacked = held();
        if unpacked.weight.saturating_add(weight) > UNPACKED {
            *unpacked = Unpacked::default();
        }
        if weight <= UNPACKED && !unpacked.entries.contains_key(dataset) {
            unpacked.weight = unpacked.weight.saturating_add(weight);
            let kept = Arc::clone(&entries);
            unpacked.entries.insert(Arc::clone(dataset), kept);
        }
        entries
    }

    fn item(&self, item: &Item) -> Result<Vec<Arc<Entry>>, LineageError> {
        let bytes = self.filled.part(item.at, item.length);
        let bytes = bytes.map_err(|e| unavailable(&e))?;
        let entries = unpack(&bytes, item.target as usize).map_err(|_| {
            let message = "what was packed of a job cannot be understood".to_owned();
            LineageError::Unreadable(message)
        })?;
        let renamed = item.renamed.as_deref().into_iter().flatten();
        let entries = renamed.fold(entries, |entries, (from, to)| {
            let entries = entries.iter();
            entries.map(|entry| entry.with_renamed(from, to)).collect()
        });
        Ok(entries.into_iter().map(Arc::new).collect())
    }
}

fn weight(entry: &Entry) -> usize {
    let written = entry.written();
    let columns = written.columns.iter().map(|c| c.edges.len() + 1);
    columns.sum::<usize>() + written.whole.len() + 1
}
