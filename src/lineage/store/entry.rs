//! What one statement of one job wrote into one dataset, as inheritance reads it.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::RecordId;
use crate::lineage::{
    ColumnLineage, Dataset, Declared, Edge, Fingerprint, ItemText, SourceColumn, StatementRecord,
    Written,
};
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
    /// The event that said that its job has finished.
    pub ended: Option<u64>,
    /// Whether its data are gone from the dataset that it is kept at. What was made of them is not.
    pub superseded: bool,
    /// Whether nobody can say how the data were written: what another system told.
    pub unknown: bool,
    /// Whether it stands for what could not be read.
    unreadable: bool,
    written: Arc<Written>,
    statement: Arc<Circumstances>,
    /// Columns that were renamed since: the new name, and where its data are. A new name of a column that was not written has none.
    aliases: Arc<Vec<(String, Vec<usize>)>>,
    /// A short form of what it says: entries that say the same have the same one.
    digest: u64,
    /// The columns by name, letter case folded: several where they differ in case alone.
    columns: Arc<HashMap<String, Vec<usize>>>,
}

/// What a statement says of all its outputs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Circumstances {
    masked: BTreeMap<SourceColumn, Fingerprint>,
    texts: BTreeMap<Span, ItemText>,
    tables: BTreeMap<Dataset, Declared>,
}

impl From<&StatementRecord> for Circumstances {
    fn from(statement: &StatementRecord) -> Self {
        Self {
            masked: statement.masked.clone(),
            texts: statement.texts.clone(),
            tables: statement.tables.clone(),
        }
    }
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
    pub(super) fn new(origin: &Origin, written: Written, statement: &Arc<Circumstances>) -> Self {
        let mut columns: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, column) in written.columns.iter().enumerate() {
            columns.entry(fold(&column.name)).or_default().push(index);
        }
        let mut hasher = DefaultHasher::new();
        origin.job.hash(&mut hasher);
        for column in &written.columns {
            (&column.name, &column.edges).hash(&mut hasher);
        }
        (&written.whole, &statement.masked).hash(&mut hasher);
        let digest = hasher.finish();
        Self {
            record: origin.record,
            job: Arc::clone(&origin.job),
            user: Arc::clone(&origin.user),
            at: origin.at,
            settled: origin.settled,
            ended: None,
            superseded: false,
            unknown: origin.unknown,
            unreadable: false,
            written: Arc::new(written),
            statement: Arc::clone(statement),
            aliases: Arc::default(),
            digest,
            columns: Arc::new(columns),
        }
    }

    /// What stands for all that could not be read of a dataset: its data could be made of anything.
    pub(super) fn unreadable() -> Self {
        let origin = Origin {
            record: RecordId(u64::MAX),
            job: Arc::from("unreadable"),
            user: Arc::default(),
            at: 0,
            settled: None,
            unknown: true,
        };
        // A column, so that a table whose columns nobody knows is closed as well.
        let any = ColumnLineage {
            name: "*".to_owned(),
            data_type: None,
            edges: Vec::new(),
        };
        let written = Written {
            target: None,
            replaces: false,
            columns: vec![any],
            whole: Vec::new(),
            span: Span::default(),
        };
        let statement = Arc::new(Circumstances::from(&StatementRecord::default()));
        Self {
            unreadable: true,
            ..Self::new(&origin, written, &statement)
        }
    }

    /// Whether it stands for what could not be read: it hides every column.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        self.unreadable
    }

    pub(super) const fn digest(&self) -> u64 {
        self.digest
    }

    /// Whether another entry says the same: of a job that runs every day one is enough.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.digest == other.digest
            && self.job == other.job
            && self.unknown == other.unknown
            && self.unreadable == other.unreadable
            && self.written.columns == other.written.columns
            && self.written.whole == other.written.whole
            && self.superseded == other.superseded
            && self.aliases == other.aliases
            && self.statement == other.statement
            && self.written.target == other.written.target
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
        let mut found = if exact.is_empty() {
            alike.collect()
        } else {
            exact
        };
        let renamed = self.renamed_to(name).flatten();
        found.extend(renamed.filter_map(|index| self.written.columns.get(*index)));
        found
    }

    fn renamed_to(&self, name: &str) -> impl Iterator<Item = &Vec<usize>> {
        let name = match self.aliases.is_empty() {
            true => String::new(),
            false => fold(name),
        };
        let aliases = self.aliases.iter();
        aliases.filter_map(move |(alias, at)| (fold(alias) == name).then_some(at))
    }

    /// The columns in which the data may be that are read under a name now, and whether only one of them is meant, nobody knows which: the name is none
    /// that the table had, or its format goes by position.
    #[must_use]
    pub fn holding(&self, name: Option<&str>) -> (Vec<&ColumnLineage>, bool) {
        let Some(asked) = name else {
            return (self.columns(None), false);
        };
        let declared = self.declared();
        let named = self.columns(name);
        let has = |declared: &Declared| declared.columns.iter().any(|c| fold(c) == fold(asked));
        let known = !named.is_empty()
            || declared.is_some_and(has)
            || self.renamed_to(asked).next().is_some();
        if known && !declared.is_some_and(|d| d.by_position) {
            (named, false)
        } else {
            (self.columns(None), true)
        }
    }

    /// How the table was declared.
    #[must_use]
    pub fn declared(&self) -> Option<&Declared> {
        let target = self.written.target.as_ref()?;
        self.statement.tables.get(target)
    }

    /// The column that an edge comes from: any of its table, where the statement's names for them need not be those of the data.
    #[must_use]
    pub fn source(&self, edge: &Edge) -> SourceColumn {
        let declared = self.statement.tables.get(&edge.source.dataset);
        SourceColumn {
            dataset: edge.source.dataset.clone(),
            column: match declared {
                Some(declared) if declared.by_position => None,
                Some(_) | None => edge.source.column.clone(),
            },
        }
    }

    /// The same data after a column has got another name.
    pub(super) fn with_renamed(&self, from: &str, to: &str) -> Self {
        let columns = self.written.columns.iter().enumerate();
        let mut held: Vec<usize> = columns
            .filter(|(_, column)| fold(&column.name) == fold(from))
            .map(|(index, _)| index)
            .collect();
        held.extend(self.renamed_to(from).flatten());
        let mut renamed = self.clone();
        let has = |declared: &Declared| declared.columns.iter().any(|c| fold(c) == fold(from));
        let known = self.declared().is_some_and(has) || self.renamed_to(from).next().is_some();
        if known || !held.is_empty() {
            Arc::make_mut(&mut renamed.aliases).push((to.to_owned(), held));
        }
        renamed
    }

    /// The mask under which a source was read, where it was masked as a whole.
    #[must_use]
    pub fn read_under(&self, source: &SourceColumn) -> Option<&Fingerprint> {
        self.statement.masked.get(source)
    }

    /// What stands at the place of an edge.
    #[must_use]
    pub fn text(&self, edge: &Edge) -> Option<&ItemText> {
        self.statement.texts.get(&edge.span)
    }
}
