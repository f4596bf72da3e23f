//! What the events of a store come to, in memory: the writer entries of every dataset, by its physical names and by its logical one.
//!
//! The reference: a store that reads only parts of its history reads what this makes of those parts.
//! Invariant: what happens to the entries of one dataset depends on the events of that dataset, of those that it took entries over from by a rename,
//! and of the records that these belong to, and on no others (docs/decisions/0022).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::entry::{Circumstances, Origin};
use super::names::{Directory, path};
use super::standing::Standing;
use super::{Entry, Event, Forget, LineageError, RecordId};
use crate::catalog::TableName;
use crate::catalog::identity::scheme;
use crate::lineage::{Change, Dataset, Record, StatementRecord, Written};

/// All that is known after some events. Cloning it copies one pointer for each dataset.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    version: u64,
    datasets: BTreeMap<Arc<Dataset>, Arc<Kept>>,
    directory: Arc<Directory>,
    /// Records that are neither committed nor aborted.
    pending: BTreeMap<RecordId, Arc<Record>>,
    /// Records that were committed, and imported ones: nobody has said that their jobs have ended.
    running: Arc<BTreeMap<RecordId, Arc<Record>>>,
    /// Where the entries of all these lie.
    places: Arc<BTreeMap<RecordId, BTreeSet<Arc<Dataset>>>>,
    /// Cuts and renames.
    standing: Arc<Standing>,
}

/// A dataset with what was written into it.
#[derive(Debug, Clone, Default)]
struct Kept {
    entries: Vec<Arc<Entry>>,
    /// The event that changed it last.
    changed: u64,
}

impl Fold {
    /// The number of the last event that it knows of.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Whether nobody has written anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.datasets.values().all(|kept| kept.entries.is_empty())
    }

    /// The datasets that were written, with their entries.
    pub fn datasets(&self) -> impl Iterator<Item = (&Dataset, &[Arc<Entry>])> {
        self.datasets
            .iter()
            .map(|(dataset, kept)| (&**dataset, kept.entries.as_slice()))
            .filter(|(_, entries)| !entries.is_empty())
    }

    /// The records that nobody has committed or aborted, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = (RecordId, &Record)> {
        self.pending.iter().map(|(id, record)| (*id, &**record))
    }

    /// The cuts, with the numbers of their events.
    pub fn cuts(&self) -> impl Iterator<Item = (u64, &super::Cut)> {
        self.standing.cuts()
    }

    /// The datasets that were written under a logical name.
    pub(super) fn called(&self, name: &TableName) -> Vec<Arc<Dataset>> {
        let named = self.directory.named(name).iter();
        named.filter(|kept| kept.name == *name).cloned().collect()
    }

    pub(super) fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// The entries of exactly this dataset, and the event that changed it last.
    #[cfg(feature = "store")]
    pub(super) fn kept(&self, dataset: &Dataset) -> (Vec<Arc<Entry>>, u64) {
        let kept = self.datasets.get(dataset);
        kept.map(|kept| (kept.entries.clone(), kept.changed))
            .unwrap_or_default()
    }

    /// The entries of a dataset under any of its names. `shares`: whether two physical names may be of the same bytes.
    #[must_use]
    pub fn writers(
        &self,
        dataset: &Dataset,
        shares: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<Arc<Entry>> {
        let mut found = Vec::new();
        for kept in self.alike(dataset, shares) {
            if let Some(kept) = self.datasets.get(kept) {
                found.extend(kept.entries.iter().cloned());
            }
        }
        found
    }

    /// The entries of those tables of the site that had a name, wherever they were: a site may move its servers.
    #[must_use]
    pub fn named(&self, name: &TableName) -> Vec<Arc<Entry>> {
        let kept = self.directory.named(name).iter();
        let entries = kept.filter_map(|dataset| self.datasets.get(dataset));
        let entries = entries.flat_map(|kept| &kept.entries);
        entries
            .filter(|entry| !entry.declared().is_some_and(|d| d.by_user))
            .cloned()
            .collect()
    }

    /// The datasets that are, or may be, the one that is asked for.
    fn alike<'k>(
        &'k self,
        dataset: &Dataset,
        shares: &dyn Fn(&str, &str) -> bool,
    ) -> BTreeSet<&'k Arc<Dataset>> {
        let itself = self.datasets.get_key_value(dataset).map(|(kept, _)| kept);
        self.directory.alike(dataset, itself, shares)
    }

    /// The datasets that are, or may be, the one that something is made of: when each was changed last, and its entries.
    pub(super) fn below(&self, source: &Dataset) -> Vec<(u64, &[Arc<Entry>])> {
        let same = |a: &str, b: &str| path(a) == path(b);
        let mut alike = self.alike(source, &same);
        alike.extend(self.directory.named(&source.name));
        let kept = alike.into_iter().filter_map(|d| self.datasets.get(d));
        kept.map(|kept| (kept.changed, kept.entries.as_slice()))
            .collect()
    }

    /// Takes the next event in.
    ///
    /// # Errors
    /// One that does not fit: a record that is not pending, a cut that is not there. Nothing is changed then.
    pub fn apply(&mut self, number: u64, event: &Event) -> Result<(), LineageError> {
        let before = std::mem::replace(&mut self.version, number);
        let applied = self.take(number, event);
        if applied.is_err() {
            self.version = before;
        }
        applied
    }

    fn take(&mut self, number: u64, event: &Event) -> Result<(), LineageError> {
        match event {
            Event::Pending(record) => {
                self.add(RecordId(number), record, (None, false));
                self.pending
                    .insert(RecordId(number), Arc::new(record.clone()));
            }
            Event::Import(record) => {
                self.add(RecordId(number), record, (Some(number), true));
                let running = Arc::make_mut(&mut self.running);
                running.insert(RecordId(number), Arc::new(record.clone()));
            }
            Event::Commit(id) => {
                let record = self.taken(*id)?;
                Arc::make_mut(&mut self.running).insert(*id, record);
                self.mark(*id, |entry| entry.settled = Some(number));
            }
            Event::Ended(id) => {
                let Some(record) = Arc::make_mut(&mut self.running).remove(id) else {
                    let message = format!("no record {id} is committed, or it has ended already");
                    return Err(LineageError::Unfit(message));
                };
                self.mark(*id, |entry| entry.ended = Some(number));
                Arc::make_mut(&mut self.places).remove(id);
                self.supersede(*id, &record);
            }
            Event::Abort(id) => {
                self.taken(*id)?;
                self.each(*id, |entries| entries.retain(|entry| entry.record != *id));
                Arc::make_mut(&mut self.places).remove(id);
            }
            Event::Forget(forget) => self.forget(forget),
            Event::Declassify(_) | Event::Classify { .. } => {
                Arc::make_mut(&mut self.standing).apply(number, event)?;
            }
        }
        Ok(())
    }

    /// Takes in what a statement of a script writes, for the statements after it: it protects them, and replaces nothing. `below`: what was known
    /// before the script.
    pub fn overlay(
        &mut self,
        (job, user, at): (&str, &str, i64),
        statement: &StatementRecord,
        below: &super::Known,
    ) {
        let same = |a: &str, b: &str| a == b;
        for change in &statement.changes {
            match change {
                Change::Renamed { from, to } => {
                    for entry in below.writers(from, &same) {
                        self.push(to, entry);
                    }
                }
                Change::RenamedColumn { dataset, from, to } => {
                    for entry in below.writers(dataset, &same) {
                        self.push(dataset, Arc::new(entry.with_renamed(from, to)));
                    }
                }
                Change::Emptied(_) => {}
            }
        }
        let origin = Origin {
            record: RecordId(u64::MAX),
            job: Arc::from(job),
            user: Arc::from(user),
            at,
            settled: None,
            unknown: false,
        };
        self.add_statement(&origin, statement);
    }

    fn taken(&mut self, id: RecordId) -> Result<Arc<Record>, LineageError> {
        let taken = self.pending.remove(&id);
        taken.ok_or_else(|| LineageError::Unfit(format!("no record {id} is pending")))
    }

    fn add(&mut self, id: RecordId, record: &Record, (settled, unknown): (Option<u64>, bool)) {
        let origin = Origin {
            record: id,
            job: Arc::from(record.job.as_str()),
            user: Arc::from(record.user.as_str()),
            at: record.at,
            settled,
            unknown,
        };
        for statement in &record.statements {
            self.add_statement(&origin, statement);
        }
    }

    fn add_statement(&mut self, origin: &Origin, statement: &StatementRecord) {
        let circumstances = Arc::new(Circumstances::from(statement));
        for change in &statement.changes {
            match change {
                Change::Renamed { from, to } => self.renamed(from, to),
                Change::RenamedColumn { dataset, from, to } => {
                    self.renamed_column(dataset, from, to);
                }
                Change::Emptied(_) => {}
            }
        }
        for output in &statement.lineage.outputs {
            let Some(target) = &output.target else {
                continue;
            };
            let entry = Entry::new(origin, output.clone(), &circumstances);
            self.push(target, Arc::new(entry));
        }
    }

    /// What was written under the old name is found under the new one too. Under the old one it stays: an address can be declared again.
    fn renamed(&mut self, from: &Dataset, to: &Dataset) {
        let same = |a: &str, b: &str| a == b;
        for entry in self.writers(from, &same) {
            self.push(to, entry);
        }
        Arc::make_mut(&mut self.standing).moved_to(from, to);
    }

    /// What was written under the old name is read under both: two columns may change their names.
    fn renamed_column(&mut self, dataset: &Dataset, from: &str, to: &str) {
        let same = |a: &str, b: &str| a == b;
        let alike: Vec<Arc<Dataset>> = self.alike(dataset, &same).into_iter().cloned().collect();
        for dataset in alike {
            let Some(kept) = self.datasets.get_mut(&dataset) else {
                continue;
            };
            let kept = Arc::make_mut(kept);
            kept.changed = self.version;
            for entry in &mut kept.entries {
                *entry = Arc::new(entry.with_renamed(from, to));
            }
        }
    }

    fn push(&mut self, dataset: &Dataset, entry: Arc<Entry>) {
        let known = self.datasets.get_key_value(dataset);
        let dataset =
            known.map_or_else(|| Arc::new(dataset.clone()), |(known, _)| Arc::clone(known));
        if !self.datasets.contains_key(&dataset) {
            Arc::make_mut(&mut self.directory).add(&dataset);
        }
        if entry.ended.is_none() {
            let places = Arc::make_mut(&mut self.places);
            let places = places.entry(entry.record).or_default();
            places.insert(Arc::clone(&dataset));
        }
        let kept = self.datasets.entry(dataset).or_default();
        let kept = Arc::make_mut(kept);
        kept.entries.push(entry);
        kept.changed = self.version;
    }

    /// Changes the entries of a record that has not ended, wherever they lie. Nothing is taken up by it that was not there: who has checked before need
    /// not check again.
    fn each(&mut self, id: RecordId, change: impl Fn(&mut Vec<Arc<Entry>>)) {
        for dataset in self.places.get(&id).into_iter().flatten() {
            if let Some(kept) = self.datasets.get_mut(dataset) {
                change(&mut Arc::make_mut(kept).entries);
            }
        }
    }

    /// Changes what is known of the entries of a record.
    fn mark(&mut self, id: RecordId, change: impl Fn(&mut Entry)) {
        self.each(id, |entries| {
            for entry in entries.iter_mut().filter(|entry| entry.record == id) {
                change(Arc::make_mut(entry));
            }
        });
    }

    /// A job has ended, and what it replaces is gone: of others, what they had written who had ended before its record was pending. Whatever ran on,
    /// was pending, or came in between may have been written afterwards.
    fn supersede(&mut self, id: RecordId, record: &Record) {
        let mut gone: BTreeSet<&Dataset> = BTreeSet::new();
        for statement in &record.statements {
            let replaced = statement.lineage.outputs.iter().filter(|o| o.replaces);
            gone.extend(replaced.filter_map(|o| o.target.as_ref()));
            gone.extend(statement.changes.iter().filter_map(|change| match change {
                Change::Emptied(dataset) => Some(dataset),
                Change::Renamed { .. } | Change::RenamedColumn { .. } => None,
            }));
        }
        for dataset in gone.into_iter().filter(|dataset| can_be_emptied(dataset)) {
            self.hide(dataset, |entry| {
                entry.record != id && entry.ended.is_some_and(|ended| ended < id.0)
            });
        }
    }

    /// Supersedes entries of exactly this dataset.
    fn hide(&mut self, dataset: &Dataset, is_gone: impl Fn(&Entry) -> bool) {
        let Some(kept) = self.datasets.get_mut(dataset) else {
            return;
        };
        for entry in &mut Arc::make_mut(kept).entries {
            if is_gone(entry) && !entry.superseded {
                Arc::make_mut(entry).superseded = true;
            }
        }
    }

    fn forget(&mut self, forget: &Forget) {
        let same = |a: &str, b: &str| a == b;
        let alike: Vec<Arc<Dataset>> = self
            .alike(&forget.dataset, &same)
            .into_iter()
            .cloned()
            .collect();
        for dataset in alike {
            self.hide(&dataset, |entry| {
                let job = forget.job.as_ref().is_none_or(|job| **job == *entry.job);
                job && forget.before.is_none_or(|before| entry.at < before)
            });
        }
    }
}

/// The datasets that something was made of.
pub(super) fn sources(written: &Written) -> impl Iterator<Item = &Dataset> {
    let own = written.columns.iter().flat_map(|column| &column.edges);
    own.chain(&written.whole).map(|edge| &edge.source.dataset)
}

/// Whether all that was written can be gone: a topic only grows, and of a scheme that nobody knows nobody knows that either.
fn can_be_emptied(dataset: &Dataset) -> bool {
    const LOGS: [&str; 3] = ["kafka", "pulsar", "kinesis"];
    !dataset.physical.is_empty()
        && dataset.physical.iter().all(|name| {
            let known = name.split_once("://").and_then(|(head, _)| scheme(head));
            known.is_some_and(|scheme| !LOGS.contains(&scheme.name))
        })
}
