//! Why a statement could not be resolved.

use crate::catalog::{NameError, TableName};
use crate::syntax::{Span, SyntaxError, SyntaxErrorKind};

/// A statement that could not be resolved, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ResolveError {
    /// What is wrong.
    pub kind: ResolveErrorKind,
    /// Where, in the text that was resolved.
    pub span: Span,
}

/// What is wrong. The texts hold names from the submitted text only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveErrorKind {
    /// A construct in an expression that is not known.
    #[error("{0}")]
    Syntax(SyntaxErrorKind),
    /// A table or view name.
    #[error("{0}")]
    Name(NameError),
    /// Code `column-unknown`.
    #[error("column `{0}` is not found in any table of this query")]
    ColumnUnknown(String),
    /// Code `relation-unknown`.
    #[error("`{0}` is not a table or alias of this query")]
    RelationUnknown(String),
    /// Code `view-invalid`: the text of a catalog view cannot be read, or what it names is gone.
    #[error("the text of view `{0}` cannot be resolved")]
    View(TableName),
    /// Code `view-invalid`.
    #[error("view `{0}` refers to itself, or views lie too deep, or are too many")]
    ViewDepth(TableName),
    /// Code `limit-exceeded`: stars over stars double.
    #[error("the stars of this statement stand for too many columns")]
    Columns,
    /// Code `unsupported-construct`: a query where no walk goes.
    #[error("a query in this place is not supported")]
    StrayQuery,
    /// Code `syntax-error`.
    #[error("a column list does not fit: {names} names for {columns} columns")]
    ColumnList {
        /// Names written.
        names: usize,
        /// Columns there are.
        columns: usize,
    },
}

impl ResolveErrorKind {
    pub(super) const fn at(self, span: Span) -> ResolveError {
        ResolveError { kind: self, span }
    }
}

/// Expression errors carry no place of their own: the caller gives the expression's.
pub(super) fn at(span: Span) -> impl Fn(SyntaxError) -> ResolveError {
    move |error| {
        ResolveErrorKind::Syntax(error.kind).at(if error.span.is_empty() {
            span
        } else {
            error.span
        })
    }
}
