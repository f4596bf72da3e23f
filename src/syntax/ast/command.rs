//! Statements that change rows, ask about objects, run procedures, or load code.

use super::{Clause, Ident, Insert, Literal, Name, Scalar, Setting, TableRef};

/// `UPDATE table SET column = value, … WHERE …`.
#[derive(Debug)]
pub struct Update {
    /// The table.
    pub target: TableRef,
    /// Its alias.
    pub alias: Option<Ident>,
    /// Column and value.
    pub assignments: Vec<(Ident, Scalar)>,
    /// `WHERE`.
    pub selection: Option<Clause>,
}

/// `DELETE FROM table WHERE …`.
#[derive(Debug)]
pub struct Delete {
    /// The table.
    pub target: TableRef,
    /// Its alias.
    pub alias: Option<Ident>,
    /// `WHERE`.
    pub selection: Option<Clause>,
}

/// `ANALYZE TABLE`.
#[derive(Debug)]
pub struct Analyze {
    /// The table.
    pub name: Name,
    /// `PARTITION (name [= value], …)`.
    pub partition: Vec<(Ident, Option<Scalar>)>,
    /// `FOR COLUMNS …`; none for all columns, or for the table alone.
    pub columns: Vec<Ident>,
}

/// `DESCRIBE`, `SHOW CREATE`, `SHOW COLUMNS`, `SHOW PARTITIONS`: what one object is made of.
#[derive(Debug)]
pub struct Describe {
    /// The words before the name, such as `SHOW CREATE TABLE`.
    pub form: DescribeForm,
    /// The object.
    pub name: Name,
    /// `PARTITION (…)` of `SHOW PARTITIONS`.
    pub partition: Vec<(Ident, Option<Scalar>)>,
}

/// What is asked about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescribeForm {
    /// `DESCRIBE table`, `DESC [EXTENDED]`.
    Table,
    /// `DESCRIBE CATALOG`.
    Catalog,
    /// `DESCRIBE DATABASE`.
    Database,
    /// `DESCRIBE FUNCTION`.
    Function,
    /// `DESCRIBE MODEL`.
    Model,
    /// `DESCRIBE CONNECTION`.
    Connection,
    /// `SHOW COLUMNS FROM`.
    Columns,
    /// `SHOW CREATE TABLE`.
    CreateTable,
    /// `SHOW CREATE MATERIALIZED TABLE`.
    CreateMaterializedTable,
    /// `SHOW CREATE VIEW`.
    CreateView,
    /// `SHOW CREATE CATALOG`.
    CreateCatalog,
    /// `SHOW CREATE MODEL`.
    CreateModel,
    /// `SHOW CREATE CONNECTION`.
    CreateConnection,
    /// `SHOW PARTITIONS`: values of the table's partition columns.
    Partitions,
}

/// `SHOW` of a list of names.
#[derive(Debug)]
pub struct Show {
    /// Which list.
    pub list: ShowList,
    /// `FROM` or `IN` a database or catalog.
    pub place: Option<Name>,
}

/// A list of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShowList {
    /// `SHOW CATALOGS`.
    Catalogs,
    /// `SHOW CURRENT CATALOG`.
    CurrentCatalog,
    /// `SHOW CURRENT DATABASE`.
    CurrentDatabase,
    /// `SHOW DATABASES`.
    Databases,
    /// `SHOW TABLES`.
    Tables,
    /// `SHOW MATERIALIZED TABLES`.
    MaterializedTables,
    /// `SHOW VIEWS`.
    Views,
    /// `SHOW [USER] FUNCTIONS`.
    Functions,
    /// `SHOW PROCEDURES`.
    Procedures,
    /// `SHOW [FULL] MODULES`.
    Modules,
    /// `SHOW MODELS`.
    Models,
    /// `SHOW CONNECTIONS`.
    Connections,
    /// `SHOW JARS`.
    Jars,
    /// `SHOW JOBS`, `DESCRIBE JOB`.
    Jobs,
}

/// `CALL procedure(…)`.
#[derive(Debug)]
pub struct Call {
    /// The procedure.
    pub name: Name,
    /// The call as a whole, arguments in it.
    pub call: Scalar,
}

/// A statement on modules: bundles of functions.
#[derive(Debug)]
pub enum ModuleCommand {
    /// `LOAD MODULE name WITH (…)`.
    Load {
        /// Its name.
        name: Ident,
        /// Its options.
        options: Vec<Setting>,
    },
    /// `UNLOAD MODULE name`.
    Unload(Ident),
    /// `USE MODULES a, b`: in this order functions are looked up.
    Use(Vec<Ident>),
}

/// `ADD JAR`, `REMOVE JAR`.
#[derive(Debug)]
pub struct JarCommand {
    /// `ADD`.
    pub add: bool,
    /// Its address.
    pub address: Literal,
}

/// `COMPILE PLAN 'file' FOR inserts`.
#[derive(Debug)]
pub struct CompilePlan {
    /// The file that the plan is written to.
    pub file: Literal,
    /// What is planned.
    pub inserts: Vec<Insert>,
}
