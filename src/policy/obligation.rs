//! What a decision obliges the rewriter to do with one table.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Aggregate, Inherit};
use crate::catalog::TableName;
use crate::lineage::SourceColumn;
use crate::mask::MaskSpec;

/// The id of a rule in its policy document.
pub type RuleId = Arc<str>;

/// What one principal may see of one table. "No rule matched" is a value here, so it cannot be taken for "no filter".
#[derive(Debug, Clone)]
pub struct Obligations {
    /// Its rows.
    pub rows: Rows,
    /// Its masked columns and fields, by path: a column is masked as a whole or by fields, never both. Explicit `MASK_NONE` is left out.
    pub masks: Vec<ColumnMask>,
    /// Columns and fields that a rule shows on purpose (`MASK_NONE`): nothing is inherited there, and the audit record says so.
    pub shown: Vec<Shown>,
    /// Columns that may not be read: who does is refused. They are among `masks` too, as NULL.
    pub denied: Vec<DeniedColumn>,
}

/// A column that the principal may not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedColumn {
    /// Its name.
    pub column: String,
    /// The rules that say so, at least one.
    pub rules: Vec<RuleId>,
}

/// A column or field that a `MASK_NONE` rule shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The column, then nested fields.
    pub path: Vec<String>,
    /// The rule that decided.
    pub rule: RuleId,
}

impl Obligations {
    /// Those of a table that no rule speaks of.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            rows: Rows::All,
            masks: Vec::new(),
            shown: Vec::new(),
            denied: Vec::new(),
        }
    }

    /// Whether this column may not be read.
    #[must_use]
    pub fn denies(&self, column: &str) -> bool {
        self.denied.iter().any(|denied| denied.column == column)
    }

    /// Whether the table may be read as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.rows, Rows::All) && self.masks.is_empty()
    }
}

/// The rows of one table for one principal.
#[derive(Debug, Clone)]
pub enum Rows {
    /// All.
    All,
    /// Those for which the filter is true.
    Matching(RowFilter),
    /// None.
    Nothing,
}

/// A row filter that is ready to be written: parsed, bound to the table, attributes bound as literals.
#[derive(Debug, Clone)]
pub struct RowFilter {
    /// The condition in pieces, so that its columns can be qualified when it is written.
    pub(super) pieces: Vec<Piece>,
    /// The rules it comes from, in the order of their ids.
    pub rules: Vec<RuleId>,
    /// The columns of the table it reads (first name part), each once.
    pub columns: Vec<String>,
    /// Whether it holds a subquery: such a filter is no barrier (ATTACKS D3), and its unqualified names need the table directly below.
    pub subquery: bool,
    /// The tables that its subqueries read, as the system. A temporary table of the submitter must not stand in for one of them.
    pub tables: Vec<TableName>,
}

/// A piece of a policy expression.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Text as it stands in the policy, attributes already bound.
    Text(String),
    /// The start of a reference to a column of the protected table, as written.
    Column(String),
    /// In a subquery, the name of the protected table before one of its columns, dot included.
    Qualifier(String),
}

impl RowFilter {
    /// The condition as Flink SQL; put it in brackets before AND. Without a qualifier it is the policy's own text; with
    /// one, every column of the table is written `` `qualifier`.column ``. Names inside a subquery are looked up there first, so only those
    /// that the policy qualified with the table's name are rewritten there.
    #[must_use]
    pub fn render(&self, qualifier: Option<&str>) -> String {
        render(&self.pieces, qualifier)
    }
}

pub(super) fn render(pieces: &[Piece], qualifier: Option<&str>) -> String {
    let mut sql = String::new();
    for piece in pieces {
        match (piece, qualifier) {
            (Piece::Text(text), _) | (Piece::Column(text) | Piece::Qualifier(text), None) => {
                sql.push_str(text);
            }
            (Piece::Qualifier(_), Some(qualifier)) => {
                sql.push_str(&crate::syntax::quote(qualifier));
                sql.push('.');
            }
            (Piece::Column(text), Some(qualifier)) => {
                sql.push_str(&crate::syntax::quote(qualifier));
                sql.push('.');
                sql.push_str(text);
            }
        }
    }
    sql
}

/// The mask of one column or nested field.
#[derive(Debug, Clone)]
pub struct ColumnMask {
    /// The column, then nested fields.
    pub path: Vec<String>,
    /// The mask.
    pub mask: MaskSpec,
    /// `when:` the mask applies only to rows for which this is true (NULL counts as true: masked).
    pub when: Option<RowFilter>,
    /// The rule that decided.
    pub rule: RuleId,
    /// Which derived columns inherit it.
    pub inherit: Inherit,
    /// What aggregates of it inherit.
    pub aggregate: Aggregate,
    /// Where it comes from, when no rule speaks of this column itself.
    pub inherited: Option<Arc<Inherited>>,
}

/// Why a column is masked of which no rule speaks: its data came from one of which a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inherited {
    /// The column that the rule is about; absent where the reader may not know of it, because its table is closed to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<SourceColumn>,
    /// The jobs that wrote on the way, from that column to this one.
    pub jobs: Vec<String>,
}
