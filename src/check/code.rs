//! The stable codes of refusals: one list for the library, the command line and every binding.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+) => {
        /// Why a request was denied. The words are stable for good: the same in JSON, C, Java and tests.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

codes! {
    /// The text is not Flink SQL.
    SyntaxError = "syntax-error",
    /// A kind of statement that is refused on purpose.
    UnsupportedStatement = "unsupported-statement",
    /// A construct that is refused on purpose.
    UnsupportedConstruct = "unsupported-construct",
    /// A character that Flink reads otherwise than people do.
    InvalidCharacter = "invalid-character",
    /// Too deep, too long, too many.
    LimitExceeded = "limit-exceeded",
    /// `${name}` in the submitted text.
    UnexpandedVariable = "unexpanded-variable",
    /// The submitter's own splitter makes other statements of the script.
    SplitterMismatch = "splitter-mismatch",
    /// A table or view that does not exist.
    TableUnknown = "table-unknown",
    /// A table or view that is already there.
    TableExists = "table-exists",
    /// A table that nobody has described and no rule names: it could be anything.
    TableUnlisted = "table-unlisted",
    /// The host's catalog did not answer.
    CatalogUnavailable = "catalog-unavailable",
    /// A column that no table of the query has; or one that a policy names and the table does not have.
    ColumnUnknown = "column-unknown",
    /// A qualifier that is no table or alias of the query.
    RelationUnknown = "relation-unknown",
    /// A catalog view whose text cannot be resolved.
    ViewInvalid = "view-invalid",
    /// A view of this session whose names mean something else now than when it was protected.
    ViewRebound = "view-rebound",
    /// A table that the script declares over protected bytes, with columns that need not be those bytes.
    SchemaUntrusted = "schema-untrusted",
    /// Masks need the list of columns.
    SchemaUnknown = "schema-unknown",
    /// A connector that is not understood, of a table that the script declares.
    ConnectorUnknown = "connector-unknown",
    /// A table option that would move the table, in a hint.
    OptionDenied = "option-denied",
    /// A session setting that is not on the list.
    SettingDenied = "setting-denied",
    /// The lineage store gave no answer.
    LineageUnavailable = "lineage-unavailable",
    /// What the script reads was written by others again and again while it was checked.
    LineageStale = "lineage-stale",
    /// Nobody knows where the data of a table came from, and the policy closes such tables.
    LineageUnknown = "lineage-unknown",
    /// Some rows of a column were written masked and others not, and the policy closes such tables.
    LineageMixed = "lineage-mixed",
    /// The check could not be recorded, and the site wants every one on record.
    AuditUnavailable = "audit-unavailable",
    /// The permission service gave no answer that may be used.
    PolicyUnavailable = "policy-unavailable",
    /// The permission service has not answered for a table or object that the script needs.
    PolicyIncomplete = "policy-incomplete",
    /// The policy says no.
    AccessDenied = "access-denied",
    /// The table may be read, and this column of it may not.
    ColumnDenied = "column-denied",
    /// The definition of a protected table cannot be copied.
    LikeProtected = "like-protected",
    /// A table of which something is hidden cannot be altered, updated, emptied, or analysed.
    ChangeProtected = "change-protected",
    /// A function or module that would come before one that masks or filters call.
    PolicyFunctionShadowed = "policy-function-shadowed",
    /// Rows are restricted and no filter is for this principal.
    NoMatchingFilter = "no-matching-filter",
    /// A filter needs an attribute that the principal lacks.
    AttributeMissing = "attribute-missing",
    /// An attribute has a value that a filter cannot use.
    AttributeUnusable = "attribute-unusable",
    /// Two rules ask for different masks of one column.
    MaskConflict = "mask-conflict",
    /// A mask has no expression of the column's type.
    MaskUnfit = "mask-unfit",
    /// A rule cannot be applied to this table.
    RuleUnusable = "rule-unusable",
    /// A row filter that reads its own table.
    RecursiveFilter = "recursive-filter",
    /// An object of the session has the name of a table that the policy itself reads.
    PolicyTableShadowed = "policy-table-shadowed",
    /// A masked column is a time attribute.
    MaskedTimeAttribute = "masked-time-attribute",
    /// A table is looked up by a masked column.
    MaskedLookupKey = "masked-lookup-key",
    /// The primary key of a versioned table is masked.
    MaskedTemporalKey = "masked-temporal-key",
    /// A temporal join with no safe shape.
    TemporalJoinShape = "temporal-join-shape",
    /// Strict mode: a row filter that is no barrier.
    StrictFilter = "strict-filter",
    /// Strict mode: an expression that may fail or act on hidden rows.
    StrictExpression = "strict-expression",
    /// The second look did not accept the result.
    VerifyFailed = "verify-failed",
    /// A mistake of sqlsec itself.
    Internal = "internal",
}

impl Code {
    /// The code of this word. The modules below name codes by word; one that is not on the list is a mistake of ours.
    pub(super) fn of(word: &str) -> Self {
        Self::ALL
            .iter()
            .copied()
            .find(|c| c.as_str() == word)
            .unwrap_or(Self::Internal)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
