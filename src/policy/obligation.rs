//! What a decision obliges the rewriter to do with one table.

use std::sync::Arc;

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
}

impl Obligations {
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
    /// Whether it holds a subquery: such a filter is no barrier (ATTACKS D3).
    pub subquery: bool,
}

/// A piece of a policy expression.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Text as it stands in the policy, attributes already bound.
    Text(String),
    /// The start of a reference to a column of the protected table, as written.
    Column(String),
}

impl RowFilter {
    /// The condition as Flink SQL. With a qualifier every column of the table is written `` `qualifier`.column ``.
    #[must_use]
    pub fn render(&self, qualifier: Option<&str>) -> String {
        render(&self.pieces, qualifier)
    }
}

pub(super) fn render(pieces: &[Piece], qualifier: Option<&str>) -> String {
    let mut sql = String::new();
    for piece in pieces {
        match (piece, qualifier) {
            (Piece::Text(text), _) | (Piece::Column(text), None) => sql.push_str(text),
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
}
