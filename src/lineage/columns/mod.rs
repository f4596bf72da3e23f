//! Column lineage of a statement: a fold over its tree with the bindings of `resolve`.
//!
//! In: a [`Statement`](crate::syntax::ast::Statement), its [`Resolution`](crate::resolve::Resolution), the names of datasets. Out:
//! [`StatementLineage`](super::StatementLineage). Stays out: what names mean (`resolve` alone says that), policies, what earlier jobs did.
//! Invariants: every operand of a statement has an edge, by a closed list of forms; where a name or a position is not known, all that may be
//! meant has one. The work is linear in text and columns: sets that are handed on unchanged are shared (docs/decisions/0018).

mod call;
mod deps;
mod expression;
mod fold;
mod from;
mod function;
mod naming;
mod query;
mod source;
mod statement;

pub(crate) use function::trusted;
pub use naming::Naming;
pub use statement::lineage;
pub(crate) use statement::{Extracted, extract};
