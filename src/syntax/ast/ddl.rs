//! Statements that make, change and drop what is not a plain table or view: and ALTER of those.

use super::{ColumnDef, Ident, Literal, Name, QueryId, Scalar, Setting};

/// `ALTER TABLE`, and `ALTER MATERIALIZED TABLE`.
#[derive(Debug)]
pub struct AlterTable {
    /// `ALTER MATERIALIZED TABLE`.
    pub materialized: bool,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Which table.
    pub name: Name,
    /// What is done to it.
    pub change: TableChange,
}

/// What ALTER does to a table.
#[derive(Debug)]
pub enum TableChange {
    /// `RENAME TO`.
    Rename(Name),
    /// `RENAME column TO column`.
    RenameColumn {
        /// The old name; more than one part for a nested one.
        from: Name,
        /// The new one.
        to: Name,
    },
    /// `SET ('key' = 'value', …)`.
    Set(Vec<Setting>),
    /// `RESET ('key', …)`.
    Reset(Vec<Literal>),
    /// `ADD column`, `ADD (column, WATERMARK …, PRIMARY KEY …)`.
    Add(SchemaChange),
    /// `MODIFY`, likewise.
    Modify(SchemaChange),
    /// `DROP column`, `DROP (column, …)`.
    DropColumns(Vec<Name>),
    /// `DROP PRIMARY KEY`, `DROP CONSTRAINT name`.
    DropKey,
    /// `DROP WATERMARK`.
    DropWatermark,
    /// `ADD`, `MODIFY`, `DROP DISTRIBUTION`: how rows are spread, not which ones.
    Distribution,
    /// `ADD PARTITION (…)`, with the options of each.
    AddPartitions(Vec<Setting>),
    /// `DROP PARTITION (…)`: rows go.
    DropPartitions,
    /// `COMPACT`, of Flink 1.
    Compact,
    /// `SUSPEND` of a materialized table.
    Suspend,
    /// `RESUME [WITH (…)]`.
    Resume(Vec<Setting>),
    /// `REFRESH [PARTITION (…)]`.
    Refresh,
    /// `SET FRESHNESS`, `SET REFRESH_MODE`.
    Schedule,
    /// `AS query`.
    As(QueryId),
}

/// Columns and what belongs to them, in ADD and MODIFY.
#[derive(Debug, Default)]
pub struct SchemaChange {
    /// The columns.
    pub columns: Vec<ColumnChange>,
    /// `WATERMARK FOR column AS expression`.
    pub watermark: Option<(Name, Scalar)>,
    /// `PRIMARY KEY (…)`.
    pub primary_key: Vec<Ident>,
}

/// A column of ADD or MODIFY.
#[derive(Debug)]
pub struct ColumnChange {
    /// Its name; more than one part for a nested one.
    pub path: Name,
    /// What it is. The name in it is the last part of the path.
    pub column: ColumnDef,
    /// `FIRST`, `AFTER column`.
    pub position: Option<ColumnPosition>,
}

/// Where a column goes.
#[derive(Debug)]
pub enum ColumnPosition {
    /// `FIRST`.
    First,
    /// `AFTER column`.
    After(Name),
}

/// `ALTER VIEW`.
#[derive(Debug)]
pub struct AlterView {
    /// Which view.
    pub name: Name,
    /// What is done to it.
    pub change: ViewChange,
}

/// What ALTER does to a view.
#[derive(Debug)]
pub enum ViewChange {
    /// `RENAME TO`.
    Rename(Name),
    /// `AS query`.
    As(QueryId),
}

/// `CREATE [OR ALTER] MATERIALIZED TABLE … AS query`.
#[derive(Debug)]
pub struct CreateMaterializedTable {
    /// `CREATE OR ALTER`.
    pub or_alter: bool,
    /// The table: its columns, options and query.
    pub table: super::CreateTable,
}

/// A catalog, database, function, model or connection that is made.
#[derive(Debug)]
pub struct CreateObject {
    /// What kind.
    pub object: ObjectKind,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// `SYSTEM`, of a function or connection.
    pub system: bool,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its name.
    pub name: Name,
    /// The class of a function.
    pub class: Option<Literal>,
    /// The jars and other files that a function brings.
    pub jars: Vec<Literal>,
    /// `WITH (…)`.
    pub options: Vec<Setting>,
    /// The expressions of a model's columns: computed ones and watermarks.
    pub operands: Vec<Scalar>,
}

/// What is not a table or view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A catalog.
    Catalog,
    /// A database.
    Database,
    /// A function.
    Function,
    /// A model.
    Model,
    /// A connection.
    Connection,
}

/// `ALTER` of a catalog, database, function, model or connection.
#[derive(Debug)]
pub struct AlterObject {
    /// What kind.
    pub object: ObjectKind,
    /// `TEMPORARY`, of a function.
    pub temporary: bool,
    /// `SYSTEM`, of a function.
    pub system: bool,
    /// Its name.
    pub name: Name,
    /// What is done to it.
    pub change: ObjectChange,
}

/// What ALTER does to an object.
#[derive(Debug)]
pub enum ObjectChange {
    /// `SET (…)`.
    Set(Vec<Setting>),
    /// `RESET (…)`.
    Reset(Vec<Literal>),
    /// `RENAME TO`.
    Rename(Name),
    /// `COMMENT '…'`.
    Comment,
    /// `AS 'class'`.
    Class(Literal),
}
