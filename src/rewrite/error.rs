//! Why a reference has no safe shape.

use crate::catalog::TableName;
use crate::mask::MaskError;
use crate::syntax::Span;

/// A reference that cannot be protected, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct RewriteError {
    /// What is wrong.
    pub kind: RewriteErrorKind,
    /// Where, in the text that was rewritten.
    pub span: Span,
}

/// What is wrong. Fields hold names: no policy text, no literal of a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteErrorKind {
    /// Masks need the list of columns. Code `schema-unknown`.
    #[error(
        "the schema of `{0}` is unknown, so its masked columns cannot be listed: give its CREATE TABLE in the script or in a catalog file"
    )]
    SchemaUnknown(TableName),
    /// A rule masks a column that the table does not have. Code `rule-unusable`.
    #[error("a rule masks column `{column}`, which `{table}` does not have")]
    MaskedColumnUnknown {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
    },
    /// Code `mask-unfit` or `schema-unknown`.
    #[error("column `{column}` of `{table}`: {error}")]
    Mask {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// Why the mask has no expression.
        error: Box<MaskError>,
    },
    /// Flink would lose the time attribute. Code `masked-time-attribute`.
    #[error(
        "column `{column}` of `{table}` is a time attribute and is masked for you: Flink cannot use it as time"
    )]
    MaskedTimeAttribute {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
    },
    /// Flink needs an equality on a raw column. Code `masked-lookup-key`.
    #[error("`{0}` is looked up by a column that is masked for you")]
    MaskedLookupKey(TableName),
    /// Flink needs the primary key of a versioned table. Code `masked-temporal-key`.
    #[error("the primary key of `{0}` is masked for you: Flink cannot join its versions")]
    MaskedTemporalKey(TableName),
    /// Code `temporal-join-shape`.
    #[error("`{table}` cannot be joined FOR SYSTEM_TIME AS OF here: {why}")]
    TemporalShape {
        /// The table.
        table: TableName,
        /// What stands in the way.
        why: &'static str,
    },
    /// Code `unsupported-construct`.
    #[error("a hint on view `{0}`, which reads protected tables, is not supported")]
    HintOnView(TableName),
    /// Code `limit-exceeded`.
    #[error("the protected form of this statement would be too long")]
    TooLong,
    /// Our own mistake. Code `internal`.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl RewriteErrorKind {
    pub(super) const fn at(self, span: Span) -> RewriteError {
        RewriteError { kind: self, span }
    }
}
