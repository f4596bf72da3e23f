//! Privileges as operations. Where Trino has an operation of the same meaning it has Trino's name; where it has none, or a narrower one, the name is
//! our own, so that a policy written for Trino does not open by accident what it never spoke of.

use crate::policy::Privilege;

/// The operations that must all be allowed for a privilege on a table; empty for a privilege that tables do not have.
pub(super) const fn on_table(privilege: Privilege) -> &'static [&'static str] {
    match privilege {
        Privilege::Select => &["SelectFromColumns"],
        Privilege::Insert => &["InsertIntoTable"],
        Privilege::Update => &["UpdateTableColumns"],
        Privilege::Delete => &["DeleteFromTable"],
        Privilege::Create => &["CreateTable"],
        Privilege::Drop => &["DropTable"],
        Privilege::Truncate => &["TruncateTable"],
        Privilege::Describe => &["ShowColumns", "ShowCreateTable"],
        // Trino has one for each kind of change; which one it will be is not part of a question.
        Privilege::Alter => &["AlterTable"],
        Privilege::Execute
        | Privilege::Use
        | Privilege::Function
        | Privilege::Jar
        | Privilege::Module
        | Privilege::Catalog
        | Privilege::Config => &[],
    }
}

/// The operations that must all be allowed for a privilege on something that is no table; empty for a privilege that only tables have.
pub(super) const fn on_object(privilege: Privilege) -> &'static [&'static str] {
    match privilege {
        Privilege::Create => &["CreateSchema"],
        Privilege::Drop => &["DropSchema"],
        Privilege::Alter => &["AlterSchema"],
        Privilege::Execute => &["ExecuteProcedure"],
        Privilege::Use => &["UseObject"],
        Privilege::Describe => &["DescribeObject"],
        // Trino's functions and catalogs are no code of the submitter's; these are.
        Privilege::Function => &["ManageFunction"],
        Privilege::Catalog => &["ManageCatalog"],
        Privilege::Jar => &["LoadJar"],
        Privilege::Module => &["LoadModule"],
        Privilege::Config => &["SetConfiguration"],
        Privilege::Select
        | Privilege::Insert
        | Privilege::Update
        | Privilege::Delete
        | Privilege::Truncate => &[],
    }
}

/// Whether a privilege reaches the bytes of a table, and not only its name: then the site's own names of these bytes are asked about too.
pub(super) const fn reaches_bytes(privilege: Privilege) -> bool {
    match privilege {
        Privilege::Select
        | Privilege::Insert
        | Privilege::Update
        | Privilege::Delete
        | Privilege::Truncate => true,
        Privilege::Create
        | Privilege::Alter
        | Privilege::Drop
        | Privilege::Describe
        | Privilege::Execute
        | Privilege::Use
        | Privilege::Function
        | Privilege::Jar
        | Privilege::Module
        | Privilege::Catalog
        | Privilege::Config => false,
    }
}
