//! What one statement of one job wrote into one dataset, as inheritance reads it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::RecordId;
use crate::lineage::{ColumnLineage, Edge, Fingerprint, ItemText, SourceColumn, Written};
use crate::policy::fold;
use crate::syntax::Span;

/// A writer entry: it outlives its job and its sources.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The record it is of.
    pub record: RecordId,
    /// The job, as its submitter named it.
    pub job: Arc<str>,
    /// Who submitted it.
    pub user: Arc<str>,
    /// When, in seconds since 1970.
    pub at: i64,
    /// The event that said that it was submitted; nothing while nobody has: it protects all the same.
    pub settled: Option<u64>,
    /// Whether nobody can say how the data were written: what another system told.
    pub unknown: bool,
    written: Arc<Written>,
    masked: Arc<BTreeMap<SourceColumn, Fingerprint>>,
    texts: Arc<BTreeMap<Span, ItemText>>,
    /// The columns by name, letter case folded: several where they differ in case alone.
    columns: Arc<HashMap<String, Vec<usize>>>,
}

/// The circumstances of an entry.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub record: RecordId,
    pub job: Arc<str>,
    pub user: Arc<str>,
    pub at: i64,
    pub settled: Option<u64>,
    pub unknown: bool,
}

impl Entry {
    pub(super) fn new(
        origin: &Origin,
        written: Written,
        masked: &Arc<BTreeMap<SourceColumn, Fingerprint>>,
        texts: &Arc<BTreeMap<Span, ItemText>>,
    ) -> Self {
        let mut columns: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, column) in written.columns.iter().enumerate() {
            columns.entry(fold(&column.name)).or_default().push(index);
        }
        Self {
            record: origin.record,
            job: Arc::clone(&origin.job),
            user: Arc::clone(&origin.user),
            at: origin.at,
            settled: origin.settled,
            unknown: origin.unknown,
            written: Arc::new(written),
            masked: Arc::clone(masked),
            texts: Arc::clone(texts),
            columns: Arc::new(columns),
        }
    }

    /// What was written.
    #[must_use]
    pub fn written(&self) -> &Written {
        &self.written
    }

    /// The columns that are meant by a name: the one that has it, else those that differ in letter case; all without a name.
    #[must_use]
    pub fn columns(&self, name: Option<&str>) -> Vec<&ColumnLineage> {
        let Some(name) = name else {
            return self.written.columns.iter().collect();
        };
        let alike = self.columns.get(&fold(name)).into_iter().flatten();
        let alike = alike.filter_map(|index| self.written.columns.get(*index));
        let exact: Vec<&ColumnLineage> = alike.clone().filter(|c| c.name == name).collect();
        if exact.is_empty() {
            alike.collect()
        } else {
            exact
        }
    }

    /// The mask under which a source was read, where it was masked as a whole.
    #[must_use]
    pub fn read_under(&self, source: &SourceColumn) -> Option<&Fingerprint> {
        self.masked.get(source)
    }

    /// What stands at the place of an edge.
    #[must_use]
    pub fn text(&self, edge: &Edge) -> Option<&ItemText> {
        self.texts.get(&edge.span)
    }
}
