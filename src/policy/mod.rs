//! `policy`: who may see what: the model, the decision, compile and lint.
//!
//! In: the text of a document, a [`Principal`], a [`Resource`] and the time. Out: [`Access`], [`Obligations`] or a [`Refusal`].
//! Enter at [`Policy::load`]. Stays out: statements, the session, I/O, the making of mask expressions.
//! Invariant: what cannot be decided is a [`Refusal`]; no error path ends in "no rule".

mod aggregates;
mod attribute;
mod bind;
mod bytes;
mod columns;
mod comparison;
mod compile;
mod condition;
mod decide;
mod declared;
pub(crate) mod decode;
mod document;
mod explain;
mod filters;
mod finding;
mod index;
mod inheritance;
mod lint;
mod masks;
mod obligation;
mod pattern;
mod physical;
mod place;
mod principal;
mod refusal;
mod resource;
mod rule;
mod rules;
mod stated;
mod subject;
mod subquery;
mod survey;
mod validity;
pub(crate) mod yaml;

#[cfg(test)]
mod tests;

pub use bytes::Bytes;
pub use decide::{Access, Policy};
pub use declared::Patterns;
pub use document::{
    API_VERSION, AccessDecl, Aggregate, ClosedSources, ColumnMaskDecl, DefaultDeny, Defaults,
    Document, Effect, ExcerptDecl, HidesDecl, Inherit, Inheritance, MaskDecl, MaskRef, Mixed, Mode,
    NoMatchingFilter, NullsDecl, OnConflict, Privilege, RoleDecl, RowFilterDecl, RuleDecl,
    Subjects, TaggedDecl, Target, Valid,
};
pub use explain::{
    Account, Aside, Closed, ColumnAccount, DeniedOutcome, Face, FilterAccount, Lost, MaskOutcome,
    ObjectAccount, Part, PrivilegeAccount, PrivilegeOutcome, ReadAccount, RowsOutcome, Why,
};
pub use finding::{Finding, PolicyError, Severity};
pub use lint::{KINDS, Kind, KnownTable, LintContext, SchemaLookup, lint, lint_with};
pub use obligation::{
    ColumnMask, DeniedColumn, Inherited, Obligations, RowFilter, Rows, RuleId, Shown,
};
pub(crate) use pattern::{fold, table_name};
pub use principal::{Attribute, Principal};
pub use refusal::Refusal;
pub use resource::Resource;
pub use stated::PrincipalDecl;
pub use survey::NamedObjects;
pub(crate) use validity::moment;
