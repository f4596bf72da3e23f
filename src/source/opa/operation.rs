//! Privileges as operations. Where Trino has an operation of the same meaning it has Trino's name; where it has none, or a narrower one, the name is
//! our own, and another rule of the policy is asked: one that was written for Trino may allow by default what it never heard of.

use crate::policy::Privilege;

/// An operation by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Operation {
    pub name: &'static str,
    /// Whether Trino asks about it too, and means the same: then its rule decides.
    pub is_trinos: bool,
}

const fn trinos(name: &'static str) -> Operation {
    Operation {
        name,
        is_trinos: true,
    }
}

const fn ours(name: &'static str) -> Operation {
    Operation {
        name,
        is_trinos: false,
    }
}

/// The operations that must all be allowed for a privilege on a table; empty for a privilege that tables do not have.
pub(super) const fn on_table(privilege: Privilege) -> &'static [Operation] {
    match privilege {
        Privilege::Select => &const { [trinos("SelectFromColumns")] },
        Privilege::Insert => &const { [trinos("InsertIntoTable")] },
        Privilege::Update => &const { [trinos("UpdateTableColumns")] },
        Privilege::Delete => &const { [trinos("DeleteFromTable")] },
        Privilege::Create => &const { [trinos("CreateTable")] },
        Privilege::Drop => &const { [trinos("DropTable")] },
        Privilege::Truncate => &const { [trinos("TruncateTable")] },
        Privilege::Describe => &const { [trinos("ShowColumns"), trinos("ShowCreateTable")] },
        // Trino has one for each kind of change; which one it will be is not part of a question.
        Privilege::Alter => &const { [ours("AlterTable")] },
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
pub(super) const fn on_object(privilege: Privilege) -> &'static [Operation] {
    match privilege {
        Privilege::Create => &const { [trinos("CreateSchema")] },
        Privilege::Drop => &const { [trinos("DropSchema")] },
        Privilege::Alter => &const { [ours("AlterSchema")] },
        Privilege::Use => &const { [ours("UseObject")] },
        Privilege::Describe => &const { [ours("DescribeObject")] },
        // Trino's functions and catalogs are no code of the submitter's, and which procedures there are it knows; these are any code.
        Privilege::Execute => &const { [ours("ExecuteProcedure")] },
        Privilege::Function => &const { [ours("ManageFunction")] },
        Privilege::Catalog => &const { [ours("ManageCatalog")] },
        Privilege::Jar => &const { [ours("LoadJar")] },
        Privilege::Module => &const { [ours("LoadModule")] },
        Privilege::Config => &const { [ours("SetConfiguration")] },
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
