//! The closed world: what is done with each kind of statement.

use crate::syntax::ast::{DropObject, StatementKind};

/// What is done with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Its queries are rewritten.
    Rewritten,
    /// Passed when the principal has the privilege.
    Checked,
    /// Changes how later text is read: by an allow-list.
    Session,
    /// Registers or removes code: a privilege that is off unless a rule grants it.
    Code,
    /// Refused, always.
    Denied,
}

/// The class of a statement. No arm takes what is not listed: a new kind does not compile until somebody decides.
pub(super) fn class(kind: &StatementKind) -> Class {
    match kind {
        StatementKind::Query(_)
        | StatementKind::Insert(_)
        | StatementKind::StatementSet(_)
        | StatementKind::CreateView(_) => Class::Rewritten,
        StatementKind::CreateTable(create) if create.query.is_some() => Class::Rewritten,
        StatementKind::Explain(inner) => match class(inner) {
            Class::Rewritten => Class::Rewritten,
            // Nothing else has a plan to explain.
            Class::Checked | Class::Session | Class::Code | Class::Denied => Class::Denied,
        },
        StatementKind::CreateTable(_) => Class::Checked,
        StatementKind::Drop(drop) => match drop.object {
            DropObject::Table | DropObject::View | DropObject::Database => Class::Checked,
            DropObject::Catalog | DropObject::Function => Class::Code,
        },
        StatementKind::Use(_)
        | StatementKind::Set(_)
        | StatementKind::Reset(_)
        | StatementKind::BeginStatementSet
        | StatementKind::EndStatementSet => Class::Session,
        StatementKind::Refused(_) => Class::Denied,
    }
}

/// The name of a kind in replies.
pub(super) fn name(kind: &StatementKind) -> String {
    match kind {
        StatementKind::Query(_) => "SELECT".to_owned(),
        StatementKind::Insert(insert) if insert.overwrite => "INSERT OVERWRITE".to_owned(),
        StatementKind::Insert(_) => "INSERT INTO".to_owned(),
        StatementKind::StatementSet(_) => "STATEMENT SET".to_owned(),
        StatementKind::Explain(inner) => format!("EXPLAIN {}", name(inner)),
        StatementKind::CreateTable(create) if create.query.is_some() => {
            "CREATE TABLE AS".to_owned()
        }
        StatementKind::CreateTable(create) if create.like.is_some() => {
            "CREATE TABLE LIKE".to_owned()
        }
        StatementKind::CreateTable(_) => "CREATE TABLE".to_owned(),
        StatementKind::CreateView(_) => "CREATE VIEW".to_owned(),
        StatementKind::Drop(drop) => match drop.object {
            DropObject::Table => "DROP TABLE",
            DropObject::View => "DROP VIEW",
            DropObject::Database => "DROP DATABASE",
            DropObject::Catalog => "DROP CATALOG",
            DropObject::Function => "DROP FUNCTION",
        }
        .to_owned(),
        StatementKind::Use(_) => "USE".to_owned(),
        StatementKind::Set(_) => "SET".to_owned(),
        StatementKind::Reset(_) => "RESET".to_owned(),
        StatementKind::BeginStatementSet => "BEGIN STATEMENT SET".to_owned(),
        StatementKind::EndStatementSet => "END".to_owned(),
        StatementKind::Refused(refusal) => refusal.construct.to_owned(),
    }
}
