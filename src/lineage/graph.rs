//! `graph`: many records as one picture: tables, columns, jobs and what leads from one to another. Every export is made of it.
//!
//! In: [`Record`](super::Record)s, and what is known beside them ([`Beside`]): schemas, the submitted texts, who is protected from what, cut points.
//! Out: [`Graph`], whose parts name one another by index. Pure and deterministic: the same records in the same order give the same graph.
//! Stays out: what a column inherits (`inherit` decides, this shows), every output format (`export`).
//! Invariant: no edge of a record is left out. Invariant: a column about which a viewpoint says nothing is [`Protection::Unknown`], never raw.

mod build;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Dataset, Fingerprint, Relationship, SourceColumn};
use crate::catalog::TableName;
use crate::syntax::{DataType, Span};

/// Tables, jobs, and what leads from column to column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Graph {
    /// The tables, in order of appearance.
    pub tables: Vec<Table>,
    /// The jobs: one for each record, in their order.
    pub jobs: Vec<Job>,
    /// The edges, by job and statement.
    pub links: Vec<Link>,
    /// The principals whose protection is known: [`Column::protection`] has one for each, in this order.
    pub principals: Vec<String>,
    /// Where inheritance was ended on purpose.
    pub cuts: Vec<Cut>,
}

/// The same bytes: physical names that no record keeps apart, or a logical name where there is no physical one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What scripts call it; one or more, sorted. Empty for an answer.
    pub logical: Vec<TableName>,
    /// Its canonical physical names, sorted. Empty where they are not known.
    pub physical: Vec<String>,
    /// Its columns: those of its schema first, in that order.
    pub columns: Vec<Column>,
    /// The job and statement whose rows go back to the submitter, where this is no table but an answer.
    pub answer: Option<StatementAt>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name; `None` stands for "any column of this table", where its schema is unknown.
    pub name: Option<String>,
    /// Its type where known.
    pub data_type: Option<DataType>,
    /// Its protection, one for each of [`Graph::principals`].
    pub protection: Vec<Protection>,
}

/// What a principal sees of a column. Ordered by what it may show, most first: where two accounts of one column differ, the first is believed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Protection {
    /// The value as it is stored.
    Raw,
    /// The value as it is stored, because somebody ended the inheritance of a mask.
    Declassified(Declassified),
    /// Nobody can say: written outside, or before there were records.
    Unknown,
    /// A mask that comes with the data.
    Inherited {
        /// The mask's name.
        mask: String,
        /// The rule on the source that asks for it, where one is known.
        rule: Option<String>,
        /// The columns whose rules it comes from; sorted.
        from: Vec<SourceColumn>,
    },
    /// A mask that a rule puts on this column itself.
    Masked {
        /// The mask's name.
        mask: String,
        /// The rule, where one is known.
        rule: Option<String>,
    },
    /// Nothing: the principal may not read it.
    Denied {
        /// The rule, where one is known.
        rule: Option<String>,
    },
}

/// The record of an end of inheritance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Declassified {
    /// Who did it.
    pub by: String,
    /// Why.
    pub why: String,
    /// Until when, in seconds since 1970; `None` for good.
    pub until: Option<i64>,
}

/// A submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Job {
    /// As its submitter names it.
    pub name: String,
    /// Who submitted.
    pub user: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// What it writes, in order of the script.
    pub writes: Vec<Write>,
}

/// One output of one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Write {
    /// The statement's index in the script, from 0.
    pub statement: usize,
    /// Index of the table in [`Graph::tables`]; several where the address stands for several datasets.
    pub tables: Vec<usize>,
    /// The names of the columns it writes.
    pub columns: Vec<String>,
    /// Whether what was there before is gone.
    pub replaces: bool,
    /// Where in the submitted text.
    pub span: Span,
    /// Its text, the values of table options left out; `None` where the text is not at hand.
    pub text: Option<String>,
}

/// A column of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ColumnAt {
    /// Index in [`Graph::tables`].
    pub table: usize,
    /// Index in [`Table::columns`].
    pub column: usize,
}

/// A statement of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct StatementAt {
    /// Index in [`Graph::jobs`].
    pub job: usize,
    /// Its index in the script, from 0.
    pub statement: usize,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The source.
    pub from: ColumnAt,
    /// The table that is written.
    pub table: usize,
    /// The column that is written; `None` for an edge that holds for every column.
    pub column: Option<usize>,
    /// How.
    pub relationship: Relationship,
    /// By which statement.
    pub by: StatementAt,
    /// Where in the submitted text.
    pub span: Span,
    /// The expression, where the text is at hand.
    pub text: Option<String>,
    /// The mask that the source was read under; `None`: it was read raw.
    pub masked: Option<Fingerprint>,
    /// Index in [`Graph::cuts`], where inheritance ends here.
    pub cut: Option<usize>,
}

/// An edge over which nothing is inherited, because somebody said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// The job; `None` for any.
    pub job: Option<String>,
    /// The edge's source.
    pub source: SourceColumn,
    /// The edge's target.
    pub target: SourceColumn,
    /// Who, why, until when.
    pub audit: Declassified,
}

/// What one principal sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Viewpoint {
    /// Who, as shown to people.
    pub principal: String,
    /// What is known of each column. A column that is not here is [`Protection::Unknown`].
    pub columns: BTreeMap<SourceColumn, Protection>,
}

/// A [`Viewpoint`] as it stands in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Who, as shown to people.
    pub principal: String,
    /// Columns, each with what is known of it.
    pub columns: Vec<(SourceColumn, Protection)>,
}

impl From<Account> for Viewpoint {
    fn from(account: Account) -> Self {
        let mut columns: BTreeMap<SourceColumn, Protection> = BTreeMap::new();
        for (column, protection) in account.columns {
            // Of two accounts of one column the one that shows more is believed.
            let least = columns.remove(&column);
            let least = least.map_or(protection.clone(), |other| other.min(protection));
            columns.insert(column, least);
        }
        Self {
            principal: account.principal,
            columns,
        }
    }
}

/// A table with its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The table.
    pub dataset: Dataset,
    /// Its columns, in order.
    pub columns: Vec<(String, Option<DataType>)>,
}

/// What is known beside the records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beside {
    /// Columns of tables, also of those that no record writes. A table that no record names is not drawn.
    pub schemas: Vec<Schema>,
    /// The submitted text of each record, in their order; may be shorter. Places are offsets into it.
    pub texts: Vec<Option<String>>,
    /// Whose protection is shown.
    pub viewpoints: Vec<Viewpoint>,
    /// Where inheritance was ended on purpose.
    pub cuts: Vec<Cut>,
}

impl Table {
    /// A dataset as a table of which nothing but the names is known.
    pub(crate) fn of(dataset: &Dataset) -> Self {
        Self {
            logical: vec![dataset.name.clone()],
            physical: dataset.physical.clone(),
            columns: Vec::new(),
            answer: None,
        }
    }

    /// The system that holds it, by the scheme of its physical name (`kafka`, `mysql`, `s3`).
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        self.physical.first()?.split_once("://").map(|(s, _)| s)
    }

    /// Its name for people: the first logical name, else the physical one.
    #[must_use]
    pub fn title(&self) -> String {
        let logical = self.logical.first().map(ToString::to_string);
        logical
            .or_else(|| self.physical.first().cloned())
            .unwrap_or_else(|| "answer".to_owned())
    }
}

impl Column {
    /// Its name for people; `*` for "any column".
    #[must_use]
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or("*")
    }
}

impl Protection {
    /// The state's name, as in JSON.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Declassified(_) => "declassified",
            Self::Unknown => "unknown",
            Self::Inherited { .. } => "inherited",
            Self::Masked { .. } => "masked",
            Self::Denied { .. } => "denied",
        }
    }
}

impl Graph {
    /// A table by its index.
    pub(crate) fn table(&self, at: usize) -> Option<&Table> {
        self.tables.get(at)
    }

    /// The columns that a record's source is: none where it is not drawn, several where its address stands for several tables.
    pub(crate) fn find(&self, source: &SourceColumn) -> Vec<ColumnAt> {
        let dataset = &source.dataset;
        let is_it = |table: &Table| {
            table.answer.is_none()
                && match dataset.physical.is_empty() {
                    true => table.physical.is_empty() && table.logical.contains(&dataset.name),
                    false => table.physical.iter().any(|p| dataset.physical.contains(p)),
                }
        };
        let tables = self.tables.iter().enumerate().filter(|(_, t)| is_it(t));
        let columns = tables.filter_map(|(table, t)| {
            let column = t.columns.iter().position(|c| c.name == source.column)?;
            Some(ColumnAt { table, column })
        });
        columns.collect()
    }

    /// A column by its index.
    pub(crate) fn column(&self, at: ColumnAt) -> Option<&Column> {
        self.tables.get(at.table)?.columns.get(at.column)
    }
}
