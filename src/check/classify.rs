//! The closed world: what is done with each kind of statement (docs/statements.md).

use crate::syntax::ast::{
    Describe, DescribeForm, DropObject, JarCommand, ModuleCommand, ObjectKind, ShowList,
    StatementKind, TableChange, ViewChange,
};

/// What is done with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Its queries are rewritten.
    Rewritten,
    /// Passed when the principal has the privilege.
    Checked,
    /// Changes how later text is read: by an allow-list.
    Session,
    /// Registers, removes or runs code: a privilege that is off unless a rule grants it.
    Code,
    /// Passed: it shows names and nothing else.
    Passed,
    /// Refused, always.
    Denied,
}

/// The class of a statement. No arm takes what is not listed: a new kind does not compile until somebody decides.
pub(super) fn class(kind: &StatementKind) -> Class {
    match kind {
        StatementKind::Query(_)
        | StatementKind::Insert(_)
        | StatementKind::StatementSet(_)
        | StatementKind::CreateView(_)
        | StatementKind::CreateMaterializedTable(_)
        | StatementKind::Update(_)
        | StatementKind::Delete(_)
        | StatementKind::CompilePlan(_) => Class::Rewritten,
        StatementKind::CreateTable(create) if create.query.is_some() => Class::Rewritten,
        StatementKind::AlterTable(alter) => match alter.change {
            TableChange::As(_) => Class::Rewritten,
            TableChange::Rename(_)
            | TableChange::RenameColumn { .. }
            | TableChange::Set(_)
            | TableChange::Reset(_)
            | TableChange::Add(_)
            | TableChange::Modify(_)
            | TableChange::DropColumns(_)
            | TableChange::DropKey
            | TableChange::DropWatermark
            | TableChange::Distribution
            | TableChange::AddPartitions(_)
            | TableChange::DropPartitions
            | TableChange::Compact
            | TableChange::Suspend
            | TableChange::Resume(_)
            | TableChange::Refresh
            | TableChange::Schedule => Class::Checked,
        },
        StatementKind::AlterView(alter) => match alter.change {
            ViewChange::As(_) => Class::Rewritten,
            ViewChange::Rename(_) => Class::Checked,
        },
        StatementKind::Explain(inner) => match class(inner) {
            Class::Rewritten => Class::Rewritten,
            // Nothing else has a plan to explain.
            Class::Checked | Class::Session | Class::Code | Class::Passed | Class::Denied => {
                Class::Denied
            }
        },
        StatementKind::CreateTable(_)
        | StatementKind::Truncate(_)
        | StatementKind::Analyze(_)
        | StatementKind::Describe(_) => Class::Checked,
        StatementKind::Drop(drop) => match drop.object {
            DropObject::Table
            | DropObject::View
            | DropObject::MaterializedTable
            | DropObject::Database => Class::Checked,
            DropObject::Catalog
            | DropObject::Function
            | DropObject::Model
            | DropObject::Connection => Class::Code,
        },
        StatementKind::CreateObject(create) => object_class(create.object),
        StatementKind::AlterObject(alter) => object_class(alter.object),
        StatementKind::Use(_)
        | StatementKind::Set(_)
        | StatementKind::Reset(_)
        | StatementKind::BeginStatementSet
        | StatementKind::EndStatementSet => Class::Session,
        StatementKind::Call(_) | StatementKind::Module(_) | StatementKind::Jar(_) => Class::Code,
        StatementKind::Show(_) => Class::Passed,
        StatementKind::Refused(_) => Class::Denied,
    }
}

const fn object_class(object: ObjectKind) -> Class {
    match object {
        ObjectKind::Database => Class::Checked,
        ObjectKind::Catalog | ObjectKind::Function | ObjectKind::Model | ObjectKind::Connection => {
            Class::Code
        }
    }
}

/// The name of a kind in replies.
pub(super) fn name(kind: &StatementKind) -> String {
    let fixed = match kind {
        StatementKind::Query(_) => "SELECT",
        StatementKind::Insert(insert) if insert.overwrite => "INSERT OVERWRITE",
        StatementKind::Insert(_) => "INSERT INTO",
        StatementKind::StatementSet(_) => "STATEMENT SET",
        StatementKind::Explain(inner) => return format!("EXPLAIN {}", name(inner)),
        StatementKind::CreateTable(create) if create.query.is_some() => "CREATE TABLE AS",
        StatementKind::CreateTable(create) if create.like.is_some() => "CREATE TABLE LIKE",
        StatementKind::CreateTable(_) => "CREATE TABLE",
        StatementKind::CreateView(_) => "CREATE VIEW",
        StatementKind::CreateMaterializedTable(_) => "CREATE MATERIALIZED TABLE",
        StatementKind::CreateObject(create) => {
            return format!("CREATE {}", object_name(create.object));
        }
        StatementKind::AlterTable(alter) if alter.materialized => "ALTER MATERIALIZED TABLE",
        StatementKind::AlterTable(_) => "ALTER TABLE",
        StatementKind::AlterView(_) => "ALTER VIEW",
        StatementKind::AlterObject(alter) => {
            return format!("ALTER {}", object_name(alter.object));
        }
        StatementKind::Drop(drop) => match drop.object {
            DropObject::Table => "DROP TABLE",
            DropObject::View => "DROP VIEW",
            DropObject::MaterializedTable => "DROP MATERIALIZED TABLE",
            DropObject::Database => "DROP DATABASE",
            DropObject::Catalog => "DROP CATALOG",
            DropObject::Function => "DROP FUNCTION",
            DropObject::Model => "DROP MODEL",
            DropObject::Connection => "DROP CONNECTION",
        },
        StatementKind::Update(_) => "UPDATE",
        StatementKind::Delete(_) => "DELETE",
        StatementKind::Truncate(_) => "TRUNCATE TABLE",
        StatementKind::Analyze(_) => "ANALYZE TABLE",
        StatementKind::Describe(describe) => describe_name(describe),
        StatementKind::Show(show) => show_name(show.list),
        StatementKind::Call(_) => "CALL",
        StatementKind::Module(command) => match command {
            ModuleCommand::Load { .. } => "LOAD MODULE",
            ModuleCommand::Unload(_) => "UNLOAD MODULE",
            ModuleCommand::Use(_) => "USE MODULES",
        },
        StatementKind::Jar(JarCommand { add: true, .. }) => "ADD JAR",
        StatementKind::Jar(_) => "REMOVE JAR",
        StatementKind::CompilePlan(_) => "COMPILE PLAN",
        StatementKind::Use(_) => "USE",
        StatementKind::Set(_) => "SET",
        StatementKind::Reset(_) => "RESET",
        StatementKind::BeginStatementSet => "BEGIN STATEMENT SET",
        StatementKind::EndStatementSet => "END",
        StatementKind::Refused(refusal) => refusal.construct.name(),
    };
    fixed.to_owned()
}

const fn object_name(object: ObjectKind) -> &'static str {
    match object {
        ObjectKind::Catalog => "CATALOG",
        ObjectKind::Database => "DATABASE",
        ObjectKind::Function => "FUNCTION",
        ObjectKind::Model => "MODEL",
        ObjectKind::Connection => "CONNECTION",
    }
}

const fn describe_name(describe: &Describe) -> &'static str {
    match describe.form {
        DescribeForm::Table => "DESCRIBE",
        DescribeForm::Catalog => "DESCRIBE CATALOG",
        DescribeForm::Database => "DESCRIBE DATABASE",
        DescribeForm::Function => "DESCRIBE FUNCTION",
        DescribeForm::Model => "DESCRIBE MODEL",
        DescribeForm::Connection => "DESCRIBE CONNECTION",
        DescribeForm::Columns => "SHOW COLUMNS",
        DescribeForm::CreateTable => "SHOW CREATE TABLE",
        DescribeForm::CreateMaterializedTable => "SHOW CREATE MATERIALIZED TABLE",
        DescribeForm::CreateView => "SHOW CREATE VIEW",
        DescribeForm::CreateCatalog => "SHOW CREATE CATALOG",
        DescribeForm::CreateModel => "SHOW CREATE MODEL",
        DescribeForm::CreateConnection => "SHOW CREATE CONNECTION",
        DescribeForm::Partitions => "SHOW PARTITIONS",
    }
}

const fn show_name(list: ShowList) -> &'static str {
    match list {
        ShowList::Catalogs => "SHOW CATALOGS",
        ShowList::CurrentCatalog => "SHOW CURRENT CATALOG",
        ShowList::CurrentDatabase => "SHOW CURRENT DATABASE",
        ShowList::Databases => "SHOW DATABASES",
        ShowList::Tables => "SHOW TABLES",
        ShowList::MaterializedTables => "SHOW MATERIALIZED TABLES",
        ShowList::Views => "SHOW VIEWS",
        ShowList::Functions => "SHOW FUNCTIONS",
        ShowList::Procedures => "SHOW PROCEDURES",
        ShowList::Modules => "SHOW MODULES",
        ShowList::Models => "SHOW MODELS",
        ShowList::Connections => "SHOW CONNECTIONS",
        ShowList::Jars => "SHOW JARS",
        ShowList::Jobs => "SHOW JOBS",
    }
}
