//! What holds for all datasets at once: the cuts of operators, and which tables were renamed. Few beside the records, so every snapshot has all of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::names::is_alike;
use super::{Cut, CutAt, Entry, Event, LineageError};
use crate::catalog::TableName;
use crate::lineage::{Change, Dataset, Edge, SourceColumn};

/// Cuts and renames.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    cuts: BTreeMap<u64, Arc<Cut>>,
    /// The cuts by the column that they are at.
    by_column: HashMap<Option<String>, BTreeSet<u64>>,
    /// Tables that were renamed, and what they became.
    moves: Vec<(Dataset, Dataset)>,
    /// Those that had a logical name.
    by_name: HashMap<TableName, BTreeSet<usize>>,
    /// Those that had a physical one.
    by_place: HashMap<String, BTreeSet<usize>>,
}

impl Standing {
    /// Takes the next event in.
    ///
    /// # Errors
    /// A cut that is taken back and is not there.
    pub fn apply(&mut self, number: u64, event: &Event) -> Result<(), LineageError> {
        match event {
            Event::Pending(record) | Event::Import(record) => {
                for change in record.statements.iter().flat_map(|s| &s.changes) {
                    if let Change::Renamed { from, to } = change {
                        self.moved_to(from, to);
                    }
                }
            }
            Event::Declassify(cut) => {
                let at = self.by_column.entry(column_of(cut).cloned()).or_default();
                at.insert(number);
                self.cuts.insert(number, Arc::new(cut.clone()));
            }
            Event::Classify { cut: number, .. } => {
                let Some(cut) = self.cuts.remove(number) else {
                    return Err(LineageError::Unfit(format!("there is no cut {number}")));
                };
                if let Some(at) = self.by_column.get_mut(&column_of(&cut).cloned()) {
                    at.remove(number);
                }
            }
            Event::Commit(_) | Event::Abort(_) | Event::Ended(_) | Event::Forget(_) => {}
        }
        Ok(())
    }

    /// Whether an event changes it.
    #[cfg(feature = "store")]
    pub fn takes(event: &Event) -> bool {
        match event {
            Event::Pending(record) | Event::Import(record) => {
                let mut changes = record.statements.iter().flat_map(|s| &s.changes);
                changes.any(|change| matches!(change, Change::Renamed { .. }))
            }
            Event::Declassify(_) | Event::Classify { .. } => true,
            Event::Commit(_) | Event::Abort(_) | Event::Ended(_) | Event::Forget(_) => false,
        }
    }

    pub fn moved_to(&mut self, from: &Dataset, to: &Dataset) {
        let index = self.moves.len();
        self.moves.push((from.clone(), to.clone()));
        let named = self.by_name.entry(from.name.clone()).or_default();
        named.insert(index);
        for physical in &from.physical {
            let placed = self.by_place.entry(physical.clone()).or_default();
            placed.insert(index);
        }
    }

    /// The cuts, with the numbers of their events.
    pub fn cuts(&self) -> impl Iterator<Item = (u64, &Cut)> {
        self.cuts.iter().map(|(number, cut)| (*number, &**cut))
    }

    /// What a table became that was renamed, step by step.
    pub fn moved(&self, dataset: &Dataset) -> Vec<&Dataset> {
        let mut found: Vec<&Dataset> = Vec::new();
        if self.moves.is_empty() {
            return found;
        }
        let mut open = vec![dataset];
        while let Some(from) = open.pop() {
            let named = self.by_name.get(&from.name).into_iter().flatten();
            let placed = from.physical.iter();
            let placed = placed.filter_map(|name| self.by_place.get(name)).flatten();
            let met: BTreeSet<&usize> = named.chain(placed).collect();
            for (old, new) in met.into_iter().filter_map(|at| self.moves.get(*at)) {
                if old != new && !found.contains(&new) {
                    found.push(new);
                    open.push(new);
                }
            }
        }
        found
    }

    /// How many cuts have ended by a time: while it is the same number of the same cuts, the same ones hold.
    pub fn ended(&self, now: i64) -> usize {
        self.cuts.values().filter(|cut| !cut.holds(now)).count()
    }

    /// Whether a column is declassified at a time.
    pub fn is_declassified(
        &self,
        column: &SourceColumn,
        shares: &dyn Fn(&str, &str) -> bool,
        now: i64,
    ) -> bool {
        self.at(column.column.as_ref()).any(|cut| match &cut.cut {
            CutAt::Column(at) => cut.holds(now) && is_alike(&at.dataset, &column.dataset, shares),
            CutAt::Edge { .. } => false,
        })
    }

    /// Whether an edge into a column is cut at a time.
    pub fn is_cut(
        &self,
        entry: &Entry,
        column: &str,
        edge: &Edge,
        shares: &dyn Fn(&str, &str) -> bool,
        now: i64,
    ) -> bool {
        if self.cuts.is_empty() {
            return false;
        }
        self.at(Some(&column.to_owned())).any(|cut| match &cut.cut {
            CutAt::Column(_) => false,
            CutAt::Edge {
                job,
                source,
                target,
                expression,
            } => {
                let written = entry.written().target.as_ref();
                let hash = entry.text(edge).map(|text| &text.hash);
                cut.holds(now)
                    && **job == *entry.job
                    && source.column == edge.source.column
                    && (expression.is_none() || expression.as_ref() == hash)
                    && written.is_some_and(|w| is_alike(&target.dataset, w, shares))
                    && is_alike(&source.dataset, &edge.source.dataset, shares)
            }
        })
    }

    /// The cuts at columns of a name.
    fn at(&self, column: Option<&String>) -> impl Iterator<Item = &Arc<Cut>> {
        let numbers = match self.cuts.is_empty() {
            true => None,
            false => self.by_column.get(&column.cloned()),
        };
        let numbers = numbers.into_iter().flatten();
        numbers.filter_map(|number| self.cuts.get(number))
    }
}

/// The column that a cut is at.
fn column_of(cut: &Cut) -> Option<&String> {
    match &cut.cut {
        CutAt::Column(at) => at.column.as_ref(),
        CutAt::Edge { target, .. } => target.column.as_ref(),
    }
}
