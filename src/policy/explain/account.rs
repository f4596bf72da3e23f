//! What an account of a decision holds: plain values, as they are printed and written as JSON.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{Effect, Mode, Privilege, Refusal, RuleId};

/// The account of one table for one principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account {
    /// Each privilege that was asked for.
    pub access: Vec<PrivilegeOutcome>,
    /// Its rows; absent where the table is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowsOutcome>,
    /// Its masked columns and fields.
    pub masks: Vec<MaskOutcome>,
    /// The columns and fields that a rule shows on purpose.
    pub shown: Vec<MaskOutcome>,
    /// The columns that may not be read.
    pub denied: Vec<DeniedOutcome>,
    /// Why it is closed, whatever access says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// How it came to that: one entry for each identity of the table that is decided by itself.
    pub faces: Vec<Face>,
    /// Rules about this table that have no say.
    pub aside: Vec<Aside>,
}

impl Account {
    /// A table that the rules were not asked for: denied, by no rule.
    pub(crate) fn unanswered(privileges: &BTreeSet<Privilege>, refusal: &Refusal) -> Self {
        Self {
            access: privileges
                .iter()
                .map(|p| PrivilegeOutcome::none(*p))
                .collect(),
            rows: None,
            masks: Vec::new(),
            shown: Vec::new(),
            denied: Vec::new(),
            closed: Some(Closed::from(refusal)),
            faces: Vec::new(),
            aside: Vec::new(),
        }
    }
}

/// The account of something that is no table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectAccount {
    /// Each privilege that was asked for.
    pub access: Vec<PrivilegeOutcome>,
    /// How it came to that.
    pub how: Vec<PrivilegeAccount>,
    /// Rules about this object that have no say.
    pub aside: Vec<Aside>,
}

impl ObjectAccount {
    /// Something that the rules were not asked for: denied, by no rule.
    pub(crate) fn unanswered(privileges: &BTreeSet<Privilege>) -> Self {
        Self {
            access: privileges
                .iter()
                .map(|p| PrivilegeOutcome::none(*p))
                .collect(),
            how: Vec::new(),
            aside: Vec::new(),
        }
    }
}

/// What came of one privilege.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PrivilegeOutcome {
    /// Which.
    pub privilege: Privilege,
    /// Yes or no.
    pub effect: Effect,
    /// The rules that decided; none where the defaults did.
    pub by: Vec<RuleId>,
}

impl PrivilegeOutcome {
    /// Denied, and no rule says so.
    const fn none(privilege: Privilege) -> Self {
        Self {
            privilege,
            effect: Effect::Deny,
            by: Vec::new(),
        }
    }
}

/// What came of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowsOutcome {
    /// All.
    All,
    /// None.
    Nothing,
    /// Those for which this is true.
    Matching {
        /// The condition, attributes bound.
        filter: String,
        /// The rules that it comes from.
        by: Vec<RuleId>,
    },
}

/// What came of one column or field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MaskOutcome {
    /// The column, then nested fields.
    pub column: Vec<String>,
    /// The name of the mask; `MASK_NONE` where it is shown on purpose.
    pub mask: String,
    /// Where it is masked in some rows only, in which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The rule that decided.
    pub by: RuleId,
}

/// A column that may not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeniedOutcome {
    /// Its name.
    pub column: String,
    /// The rules that say so.
    pub by: Vec<RuleId>,
}

/// Why a table is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Closed {
    /// The code of the refusal.
    pub code: &'static str,
    /// What the submitter is told.
    pub message: &'static str,
    /// What the author wants to know besides.
    pub detail: String,
    /// The rules that it comes from.
    pub by: Vec<RuleId>,
}

impl From<&Refusal> for Closed {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code,
            message: refusal.message,
            detail: refusal.detail.clone(),
            by: refusal.rules.clone(),
        }
    }
}

/// One identity of a table: its logical name, a physical one, a table of the site over the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Face {
    /// Which.
    pub name: String,
    /// Whether its rules can also open; others can only protect.
    pub opens: bool,
    /// What its access rules say.
    pub access: Vec<PrivilegeAccount>,
    /// Its filters.
    pub filters: Vec<FilterAccount>,
    /// Its masks.
    pub columns: Vec<ColumnAccount>,
    /// What rules on columns say of reading them.
    pub readable: Vec<ReadAccount>,
}

/// What rules say of reading one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReadAccount {
    /// The column.
    pub column: String,
    /// Whether it may be read, where the table may.
    pub effect: Effect,
    /// The rules that say so.
    pub by: Vec<RuleId>,
    /// Rules that speak and do not count.
    pub lost: Vec<Lost>,
}

/// What the access rules of one face say of one privilege.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PrivilegeAccount {
    /// Which.
    pub privilege: Privilege,
    /// Yes, no, or nothing.
    pub effect: Option<Effect>,
    /// The rules that say so.
    pub by: Vec<RuleId>,
    /// Rules that speak and do not count.
    pub lost: Vec<Lost>,
}

/// What one filter comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FilterAccount {
    /// The rule.
    pub rule: RuleId,
    /// How it combines with others.
    pub mode: Mode,
    /// The condition as written.
    pub filter: String,
    /// What it does.
    pub part: Part,
}

/// What a filter does for a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It is a part of the condition.
    Counts,
    /// It is for the principal, who is an exception: it counts as true.
    Exempt,
    /// A permissive filter beside one that counts as true.
    Pointless,
    /// It is for others; that it exists means that the table is filtered.
    ForOthers,
    /// It is for the principal, and cannot be bound: the table is closed.
    Unusable,
}

/// Which rules speak of one column or field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ColumnAccount {
    /// The column, then nested fields.
    pub column: Vec<String>,
    /// The rule that decides it; none where the table is closed for what they say.
    pub by: Option<RuleId>,
    /// Rules that speak and do not count.
    pub lost: Vec<Lost>,
}

/// A rule that speaks and does not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lost {
    /// The rule.
    pub rule: RuleId,
    /// Why.
    pub why: Why,
}

/// A rule about the table that has no say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Aside {
    /// The rule.
    pub rule: RuleId,
    /// Why.
    pub why: Why,
}

/// Why a rule does not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its `valid` does not hold now.
    NotInForce,
    /// Its `to` does not name the principal.
    NotForYou,
    /// Its `except` names the principal.
    Exception,
    /// Its `exclude` names the table.
    Excluded,
    /// Its columns are none of the table's.
    NoColumn,
    /// A rule of higher priority speaks.
    Priority,
    /// A rule of higher priority speaks; but because of this one the column is decided field by field.
    TakesApart,
    /// A rule of the same priority denies.
    DenyWins,
    /// It says the same as the rule that decides.
    Agrees,
    /// It says for which rows the rule below it does not count.
    Narrows,
    /// It shows what nobody masks.
    NothingToShow,
    /// It cannot be applied, or contradicts another: the table is closed.
    Closes,
    /// The table is closed before it counts.
    NotReached,
}

impl Why {
    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotInForce => "not in force now",
            Self::NotForYou => "not for this principal",
            Self::Exception => "this principal is an exception",
            Self::Excluded => "its `exclude` leaves this table out",
            Self::NoColumn => "no column of this table matches its patterns",
            Self::Priority => "a rule of higher priority decides",
            Self::TakesApart => {
                "a rule of higher priority decides; because of this one, field by field"
            }
            Self::DenyWins => "a rule of the same priority denies",
            Self::Agrees => "says the same",
            Self::Narrows => "says in which rows the mask does not hold",
            Self::NothingToShow => "shows what nothing masks",
            Self::Closes => "cannot be applied, or contradicts another: the table is closed",
            Self::NotReached => "does not matter: the table is closed",
        }
    }
}
