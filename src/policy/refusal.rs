//! Why a table is closed to somebody.

use super::RuleId;

/// A decision that is no. Its text is for the submitter: no policy text, no literal, no name of a hidden thing (ATTACKS D5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// A stable word, the same in every binding.
    pub code: &'static str,
    /// One line.
    pub message: &'static str,
    /// The rules that it comes from, for the audit record.
    pub rules: Vec<RuleId>,
    /// What an operator wants to know besides: may name columns and attributes. Only for the audit record.
    pub detail: String,
}

impl Refusal {
    /// The permission service was not asked about this, or did not answer for it.
    pub(crate) fn incomplete() -> Self {
        Self::new(Kind::PolicyIncomplete, [], "not covered by the answer")
    }

    pub(super) fn new(
        kind: Kind,
        rules: impl IntoIterator<Item = RuleId>,
        detail: impl Into<String>,
    ) -> Self {
        let (code, message) = kind.words();
        Self {
            code,
            message,
            rules: rules.into_iter().collect(),
            detail: detail.into(),
        }
    }
}

/// The kinds of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    AccessDenied,
    NoMatchingFilter,
    AttributeMissing,
    AttributeUnusable,
    MaskConflict,
    ColumnUnknown,
    SchemaUnknown,
    RecursiveFilter,
    RuleUnusable,
    PolicyIncomplete,
}

impl Kind {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AccessDenied => ("access-denied", "access is denied"),
            Self::NoMatchingFilter => (
                "no-matching-filter",
                "the rows of this table are restricted, and no row filter is for you",
            ),
            Self::AttributeMissing => (
                "attribute-missing",
                "the policy of this table needs a user attribute that you do not have",
            ),
            Self::AttributeUnusable => (
                "attribute-unusable",
                "the policy of this table cannot use the value of one of your user attributes",
            ),
            Self::MaskConflict => (
                "mask-conflict",
                "two policies of this table ask for different masks of one column",
            ),
            Self::ColumnUnknown => (
                "column-unknown",
                "a policy of this table names a column that the table does not have",
            ),
            Self::SchemaUnknown => (
                "schema-unknown",
                "this table has masked columns, and its columns are not known: declare it in the script or give its schema",
            ),
            Self::RecursiveFilter => (
                "recursive-filter",
                "a row filter of this table reads the table itself",
            ),
            Self::RuleUnusable => ("rule-unusable", "a policy of this table cannot be applied"),
            Self::PolicyIncomplete => (
                "policy-incomplete",
                "the permission service has given no rules for this",
            ),
        }
    }
}
