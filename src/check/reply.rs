//! What is answered.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Code;
use crate::catalog::{Session, TableName};
use crate::lineage::Record;
use crate::lineage::store::RecordId;
use crate::policy::{Inherited, PrincipalDecl};
use crate::syntax::Span;
use crate::verify::RewrittenSql;

/// The answer to one request.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Reply {
    /// Allow or deny.
    #[serde(flatten)]
    pub decision: Decision,
    /// What each statement reads and writes, as far as it could be read; also when the request is denied.
    pub statements: Vec<StatementReport>,
    /// The policy that decided.
    pub policy: PolicyStamp,
    /// What is written where, and of what: for the lineage store. Absent where nothing is written, or the request is denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Record>,
    /// The version of the lineage store that the script was judged by; absent without a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage_version: Option<u64>,
    /// The number of that record in the store of a host, where it is pending: to be committed when the script was submitted, to be aborted when it was not.
    /// Absent where nothing is written, the host has no store, or the request is denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage_id: Option<RecordId>,
    /// Whether the site's record of this check was lost, and the site answers all the same (`on-failure: continue`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unrecorded: bool,
    /// The names that were looked up and that the catalog of the request does not describe: a host that knows more of them says so and asks again.
    /// Empty where the request has no catalog.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undescribed: Vec<TableName>,
    /// What the service that has the rules states of the user, in place of the submitter's claims; absent where it states nothing, or gave no answer.
    /// For the site's records, and in no document: what a service says of people is not for whoever submits. So it is with the reply itself and nowhere else: whoever
    /// makes a reply of another one, or answers in place of a check, hands it on, or its audit record ([`crate::audit::AuditRecord::new`], which believes this field)
    /// has the claims as if they had held.
    #[serde(skip)]
    pub stated: Option<Arc<PrincipalDecl>>,
}

impl Reply {
    /// A refusal of the request as a whole, without a place of its own.
    pub(crate) fn denied(code: Code, message: impl Into<String>, policy: PolicyStamp) -> Self {
        let denial = Denial {
            code,
            message: message.into(),
            statement: 0,
            line: 1,
            column: 1,
            span: Span::default(),
        };
        Self {
            decision: Decision::Deny {
                errors: Denials::one(denial),
            },
            statements: Vec::new(),
            policy,
            lineage: None,
            lineage_version: None,
            lineage_id: None,
            unrecorded: false,
            undescribed: Vec::new(),
            stated: None,
        }
    }

    /// The same in place of another one about the same principal.
    pub(crate) fn in_place_of(mut self, other: &Self) -> Self {
        self.stated.clone_from(&other.stated);
        self
    }
}

/// The decision. No `Default`, no third case: what could not be decided is a `Deny`.
#[expect(
    clippy::large_enum_variant,
    reason = "one a request, and the larger is the common one"
)]
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// The protected script.
    Allow {
        /// What may be submitted.
        sql: RewrittenSql,
        /// The state of the session after it.
        session: Session,
    },
    /// The reasons.
    Deny {
        /// One or more.
        errors: Denials,
    },
}

impl Decision {
    /// The SQL that may be submitted, when the decision is to allow.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        match self {
            Self::Allow { sql, .. } => Some(sql.as_str()),
            Self::Deny { .. } => None,
        }
    }

    /// The reasons, when it is not.
    #[must_use]
    pub fn errors(&self) -> &[Denial] {
        match self {
            Self::Allow { .. } => &[],
            Self::Deny { errors } => errors.as_slice(),
        }
    }
}

/// One reason or more. INVARIANT: never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Denials(Vec<Denial>);

impl Denials {
    /// `None` for an empty list.
    pub(super) fn new(list: Vec<Denial>) -> Option<Self> {
        (!list.is_empty()).then_some(Self(list))
    }

    /// A single reason.
    pub(super) fn one(denial: Denial) -> Self {
        Self(vec![denial])
    }

    /// The reasons in text order.
    #[must_use]
    pub fn as_slice(&self) -> &[Denial] {
        &self.0
    }
}

/// Why something was denied, for the submitter: no policy text, no literal of a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Denial {
    /// The stable code.
    pub code: Code,
    /// One line.
    pub message: String,
    /// Which statement of the script, from 0.
    pub statement: usize,
    /// 1-based line in the submitted text.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// The place in bytes of the submitted text.
    pub span: Span,
}

/// One statement as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatementReport {
    /// What kind of statement.
    pub kind: String,
    /// Its place in bytes of the submitted text.
    pub span: Span,
    /// 1-based line of its first token.
    pub line: u32,
    /// The tables and views it reads, one entry a reference.
    pub inputs: Vec<Input>,
    /// The tables it writes or makes.
    pub outputs: Vec<Output>,
    /// What was applied, one entry a protected table.
    pub applied: Vec<Applied>,
    /// The edits of the submitted text.
    pub edits: Vec<Replacement>,
}

/// A table or view that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The name in the submitted text.
    pub as_written: String,
    /// Its place.
    pub span: Span,
    /// `[catalog, database, table]`.
    pub name: TableName,
    /// Its physical names, where its connector options say them.
    pub physical: Vec<String>,
    /// The columns that are read by name, sorted; a star reads all known ones.
    pub columns: Vec<String>,
    /// Whether it is a view.
    pub view: bool,
}

/// A table that is written or made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The name in the submitted text.
    pub as_written: String,
    /// Its place.
    pub span: Span,
    /// `[catalog, database, table]`.
    pub name: TableName,
    /// Its physical names, where its connector options say them.
    pub physical: Vec<String>,
}

/// What was applied to one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Applied {
    /// The table or view.
    pub table: TableName,
    /// The rules whose row filters hold; empty when all rows show.
    pub row_filter: Vec<String>,
    /// The masked columns and fields.
    pub masks: Vec<AppliedMask>,
}

/// A mask that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedMask {
    /// The column, then nested fields.
    pub column: Vec<String>,
    /// The mask's name.
    pub mask: String,
    /// The rule.
    pub rule: String,
    /// Where it comes from, when the rule is about another column, whose data this one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited: Option<Inherited>,
}

/// An edit of the submitted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replacement {
    /// What was replaced; empty for an insertion.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// Which policy decided.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PolicyStamp {
    /// Its version.
    pub version: u64,
    /// A hash of its text; empty when there was none.
    pub hash: String,
    /// Seconds since its service gave or confirmed it; absent for what does not age, such as a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_s: Option<u64>,
    /// Whether it is past its time, and used because the service does not answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}
