//! The tree of a Flink SQL script.
//!
//! Statements, queries and FROM items are types of our own, closed enums: whoever walks them must say what to do with each form.
//! Scalar expressions are `sqlparser`'s [`Expr`]. A query nested in a scalar expression is kept in the statement's [`Queries`], and stands in
//! the expression as a marker ([`nested_query`] reads it), so that no nested query can hide in a node nobody visits.
//! Chains that users write flat (set operations, joins) are vectors: a thousand of them cost no stack.
//!
//! Every [`Span`] is a byte range of the submitted text and is exact: first byte of the first token to last byte of the last one.

mod command;
mod ddl;
mod from;

pub use command::*;
pub use ddl::*;
pub use from::*;

use sqlparser::ast::Expr;

use super::{Construct, DataType, Span};

/// An identifier, with its value as Flink understands it (unquoted, unescaped, case kept).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name itself.
    pub value: String,
    /// Whether it was written in back-ticks or as `U&"..."`.
    pub quoted: bool,
    /// Where.
    pub span: Span,
}

/// A dotted name as written: one part or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The parts, never empty.
    pub parts: Vec<Ident>,
    /// From the first part to the last.
    pub span: Span,
}

/// A string literal: its value after unescaping, and its place (quotes included).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The text the literal stands for.
    pub value: String,
    /// Where.
    pub span: Span,
}

/// One statement of a script, without its `;`.
#[derive(Debug)]
pub struct Statement {
    /// First token to last token.
    pub span: Span,
    /// What it is.
    pub kind: StatementKind,
    /// All queries of the statement.
    pub queries: Queries,
}

/// What a statement is.
#[derive(Debug)]
pub enum StatementKind {
    /// `SELECT`, `WITH`, `VALUES`, `TABLE t`, set operations. `EXECUTE SELECT` too.
    Query(QueryId),
    /// `INSERT INTO | OVERWRITE`, `UPSERT INTO`. `EXECUTE INSERT` too.
    Insert(Insert),
    /// `[EXECUTE] STATEMENT SET BEGIN … END`.
    StatementSet(Vec<Insert>),
    /// `EXPLAIN …`: the explained statement is inside.
    Explain(Box<StatementKind>),
    /// `CREATE TABLE` in all forms but a query's result.
    CreateTable(Box<CreateTable>),
    /// `CREATE VIEW`.
    CreateView(Box<CreateView>),
    /// `CREATE [OR ALTER] MATERIALIZED TABLE`.
    CreateMaterializedTable(Box<CreateMaterializedTable>),
    /// `CREATE CATALOG | DATABASE | FUNCTION | MODEL | CONNECTION`.
    CreateObject(Box<CreateObject>),
    /// `ALTER TABLE`, `ALTER MATERIALIZED TABLE`.
    AlterTable(Box<AlterTable>),
    /// `ALTER VIEW`.
    AlterView(AlterView),
    /// `ALTER CATALOG | DATABASE | FUNCTION | MODEL | CONNECTION`.
    AlterObject(Box<AlterObject>),
    /// `DROP TABLE | VIEW | DATABASE | CATALOG | FUNCTION | …`.
    Drop(Drop),
    /// `UPDATE`.
    Update(Box<Update>),
    /// `DELETE`.
    Delete(Box<Delete>),
    /// `TRUNCATE TABLE`.
    Truncate(Name),
    /// `ANALYZE TABLE`.
    Analyze(Analyze),
    /// `DESCRIBE`, `SHOW CREATE`, `SHOW COLUMNS`, `SHOW PARTITIONS`.
    Describe(Describe),
    /// `SHOW` of a list of names.
    Show(Show),
    /// `CALL`.
    Call(Box<Call>),
    /// `LOAD MODULE`, `UNLOAD MODULE`, `USE MODULES`.
    Module(ModuleCommand),
    /// `ADD JAR`, `REMOVE JAR`.
    Jar(JarCommand),
    /// `COMPILE PLAN`.
    CompilePlan(Box<CompilePlan>),
    /// `USE [database]`, `USE CATALOG`.
    Use(Use),
    /// `SET 'key' = 'value'`, `SET`.
    Set(Option<Setting>),
    /// `RESET 'key'`, `RESET`.
    Reset(Option<Literal>),
    /// `BEGIN STATEMENT SET`, of the client's protocol.
    BeginStatementSet,
    /// `END`, which closes it.
    EndStatementSet,
    /// A statement that Flink has and this version refuses on purpose.
    Refused(Refusal),
}

/// A construct that is refused by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which one.
    pub construct: Construct,
    /// Where it stands.
    pub span: Span,
}

/// `'key' = 'value'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key.
    pub key: Literal,
    /// The value.
    pub value: Literal,
}

/// `INSERT`.
#[derive(Debug)]
pub struct Insert {
    /// First token to last token.
    pub span: Span,
    /// `OVERWRITE`.
    pub overwrite: bool,
    /// The sink.
    pub target: TableRef,
    /// `PARTITION (dt = 'x', hr)`: name and static value.
    pub partition: Vec<(Ident, Option<Scalar>)>,
    /// The column list, as written; empty when there is none. A nested target (`a.b`) has more than one part.
    pub columns: Vec<Name>,
    /// What is written.
    pub source: QueryId,
    /// `ON CONFLICT DO …`.
    pub on_conflict: Option<Span>,
}

/// `CREATE [OR REPLACE] [TEMPORARY] TABLE`.
#[derive(Debug)]
pub struct CreateTable {
    /// `TEMPORARY`.
    pub temporary: bool,
    /// `CREATE OR REPLACE`, `REPLACE`.
    pub or_replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The new table.
    pub name: Name,
    /// Columns in order.
    pub columns: Vec<ColumnDef>,
    /// `WATERMARK FOR column AS expression`.
    pub watermark: Option<(Name, Scalar)>,
    /// `PRIMARY KEY (…) NOT ENFORCED`, of a column or the table.
    pub primary_key: Vec<Ident>,
    /// `PARTITIONED BY (…)`.
    pub partitioned_by: Vec<Ident>,
    /// `WITH ('k' = 'v', …)`.
    pub options: Vec<Setting>,
    /// `LIKE t (…)`.
    pub like: Option<Like>,
    /// `AS SELECT …`.
    pub query: Option<QueryId>,
}

impl CreateTable {
    /// A table with a name and nothing else.
    #[must_use]
    pub fn named(name: Name) -> Self {
        Self {
            temporary: false,
            or_replace: false,
            if_not_exists: false,
            name,
            columns: Vec::new(),
            watermark: None,
            primary_key: Vec::new(),
            partitioned_by: Vec::new(),
            options: Vec::new(),
            like: None,
            query: None,
        }
    }
}

/// A column of `CREATE TABLE`.
#[derive(Debug)]
pub struct ColumnDef {
    /// Its name.
    pub name: Ident,
    /// How it comes by its value.
    pub kind: ColumnDefKind,
}

/// How a declared column comes by its value.
#[expect(
    clippy::large_enum_variant,
    reason = "the large variant is the common one"
)]
#[derive(Debug)]
pub enum ColumnDefKind {
    /// `name TYPE`.
    Physical(DataType),
    /// `name TYPE METADATA [FROM 'key'] [VIRTUAL]`.
    Metadata {
        /// Its declared type.
        data_type: DataType,
        /// `FROM 'key'`.
        key: Option<Literal>,
        /// `VIRTUAL`: not written.
        virtual_: bool,
    },
    /// `name AS expression`.
    Computed(Scalar),
    /// A bare name: the column list of `CREATE TABLE t (a, b) AS SELECT …`.
    NameOnly,
}

/// `LIKE source (INCLUDING …)`.
#[derive(Debug)]
pub struct Like {
    /// The table whose definition is copied.
    pub source: Name,
    /// What of it: (`INCLUDING | EXCLUDING | OVERWRITING`, feature), upper case, as written in order.
    pub features: Vec<(String, String)>,
}

/// `CREATE [OR REPLACE] [TEMPORARY] VIEW`.
#[derive(Debug)]
pub struct CreateView {
    /// `TEMPORARY`.
    pub temporary: bool,
    /// `OR REPLACE`, where Flink takes it.
    pub or_replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The new view.
    pub name: Name,
    /// Its column list; empty when there is none.
    pub columns: Vec<Ident>,
    /// Its text.
    pub query: QueryId,
}

/// `DROP`.
#[derive(Debug)]
pub struct Drop {
    /// What kind of object.
    pub object: DropObject,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// `SYSTEM`, of a function.
    pub system: bool,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Which one.
    pub name: Name,
}

/// What `DROP` drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropObject {
    /// A table.
    Table,
    /// A view.
    View,
    /// A database.
    Database,
    /// A catalog.
    Catalog,
    /// A function.
    Function,
    /// A materialized table.
    MaterializedTable,
    /// A model.
    Model,
    /// A connection.
    Connection,
}

/// `USE`.
#[derive(Debug)]
pub enum Use {
    /// `USE [catalog.]database`.
    Database(Name),
    /// `USE CATALOG name`.
    Catalog(Ident),
}

/// The index of a query in its statement's [`Queries`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub u32);

/// All queries of one statement, outer and nested, in the order in which the parser finished them.
#[derive(Debug, Default)]
pub struct Queries(pub Vec<Query>);

impl Queries {
    /// The query of an id that this statement's tree holds.
    #[must_use]
    pub fn get(&self, id: QueryId) -> Option<&Query> {
        self.0.get(id.0 as usize)
    }
}

/// A query expression with its own WITH, ORDER BY and LIMIT; parentheses around it are not part of it.
#[derive(Debug)]
pub struct Query {
    /// From `WITH` or the first token of the body to the last token.
    pub span: Span,
    /// In what position it stands.
    pub role: QueryRole,
    /// The span of the word `WITH`, when there is one.
    pub with: Option<Span>,
    /// `WITH RECURSIVE`: its expressions see themselves. Flink's planner refuses it, so `resolve` does.
    pub recursive: bool,
    /// The common table expressions, in order.
    pub ctes: Vec<Cte>,
    /// Set operations over terms.
    pub body: Body,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// The operands of LIMIT, OFFSET and FETCH.
    pub bounds: Vec<Scalar>,
}

/// In what position a query stands: decides what of it can be seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryRole {
    /// The statement's own query, or that of an INSERT, CTAS or view.
    Statement,
    /// The body of a common table expression.
    Cte,
    /// A derived table in FROM.
    Derived,
    /// Parentheses around a term of a set operation.
    Term,
    /// An operand of a scalar expression: a scalar subquery, a member of IN, an argument of ANY or ALL, ARRAY(..).
    Scalar,
    /// The same without parentheses: `TABLE t` as an argument of a function.
    BareTable,
    /// The operand of `IN`.
    In,
    /// The operand of `EXISTS`.
    Exists,
    /// A table argument of a function.
    TableArgument,
}

/// `name (columns) AS (query)`.
#[derive(Debug)]
pub struct Cte {
    /// Its name: shadows a table only under this one-part name.
    pub name: Ident,
    /// Its column list; empty when there is none.
    pub columns: Vec<Ident>,
    /// What it stands for.
    pub query: QueryId,
    /// From the name to the closing parenthesis.
    pub span: Span,
}

/// `first (op term)*`. INTERSECT binds closer than UNION and EXCEPT, which are left-associative; the chain is kept flat, as written.
#[derive(Debug)]
pub struct Body {
    /// The first term: it gives the column names.
    pub first: Term,
    /// The others, with the operator before each.
    pub rest: Vec<(SetOp, Term)>,
    /// First token to last token.
    pub span: Span,
}

/// A set operator with its quantifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetOp {
    /// Which one.
    pub kind: SetOpKind,
    /// `ALL`.
    pub all: bool,
}

/// Which set operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOpKind {
    /// `UNION`.
    Union,
    /// `INTERSECT`.
    Intersect,
    /// `EXCEPT`.
    Except,
}

/// A term of a set operation.
#[derive(Debug)]
pub enum Term {
    /// `SELECT …`.
    Select(Box<Select>),
    /// `VALUES (…), …`.
    Values(Values),
    /// `TABLE t`.
    Table(TableRef),
    /// `( query )`.
    Query(QueryId),
}

/// `VALUES`.
#[derive(Debug)]
pub struct Values {
    /// The rows; a row without parentheses has one value.
    pub rows: Vec<Vec<Scalar>>,
    /// From the word to the last row.
    pub span: Span,
}

/// One query block.
#[derive(Debug)]
pub struct Select {
    /// From the word `SELECT` to the last token of the block.
    pub span: Span,
    /// `DISTINCT`.
    pub distinct: bool,
    /// `/*+ … */` after SELECT.
    pub hints: Vec<Hint>,
    /// The select list, never empty.
    pub items: Vec<SelectItem>,
    /// From the first item to the last.
    pub items_span: Span,
    /// Comma-separated FROM items; empty when there is no FROM.
    pub from: Vec<FromItem>,
    /// `WHERE`.
    pub selection: Option<Clause>,
    /// `GROUP BY`: all grouping expressions, those inside GROUPING SETS, CUBE and ROLLUP too.
    pub group_by: Option<GroupBy>,
    /// `HAVING`.
    pub having: Option<Clause>,
    /// `WINDOW w AS (…)`.
    pub windows: Vec<NamedWindow>,
    /// `QUALIFY`.
    pub qualify: Option<Clause>,
}

/// A keyword and the expression after it.
#[derive(Debug)]
pub struct Clause {
    /// The keyword.
    pub keyword: Span,
    /// The condition.
    pub condition: Scalar,
}

/// `GROUP BY`.
#[derive(Debug)]
pub struct GroupBy {
    /// All expressions that are grouped by, in order.
    pub keys: Vec<Scalar>,
    /// Whether GROUPING SETS, CUBE or ROLLUP was used.
    pub sets: bool,
    /// From the word `GROUP` on.
    pub span: Span,
}

/// `name AS (window specification)`.
#[derive(Debug)]
pub struct NamedWindow {
    /// Its name.
    pub name: Ident,
    /// The window that it is made from: `WINDOW w AS (v ORDER BY …)`.
    pub base: Option<Ident>,
    /// All scalar operands: PARTITION BY, ORDER BY, frame bounds.
    pub operands: Vec<Scalar>,
}

/// A scalar expression with its exact place.
#[derive(Debug)]
pub struct Scalar {
    /// First token to last token, closing brackets included.
    pub span: Span,
    /// Its tree.
    pub expr: Expr,
}

/// `expression [ASC | DESC] [NULLS …]`.
#[derive(Debug)]
pub struct OrderItem {
    /// The key.
    pub key: Scalar,
}

/// An item of the select list.
#[expect(
    clippy::large_enum_variant,
    reason = "the large variant is the common one"
)]
#[derive(Debug)]
pub enum SelectItem {
    /// `expression [AS alias]`.
    Expr {
        /// The value.
        value: Scalar,
        /// Its name.
        alias: Option<Ident>,
        /// The whole item.
        span: Span,
    },
    /// `*`.
    Wildcard(Span),
    /// `t.*`, `db.t.*`, `t.r.*`.
    QualifiedWildcard {
        /// The parts before `.*`.
        qualifier: Name,
        /// The whole item.
        span: Span,
    },
}

/// The query that stands at a marker of a scalar expression.
#[must_use]
pub fn nested_query(expr: &Expr) -> Option<QueryId> {
    let Expr::Value(value) = expr else {
        return None;
    };
    let sqlparser::ast::Value::Placeholder(mark) = &value.value else {
        return None;
    };
    mark.strip_prefix(QUERY_MARK)?.parse().ok().map(QueryId)
}

/// What a marker's text begins with. No token of a user's can carry it: the lexer makes `Placeholder` of `?` and policy variables only.
pub(in crate::syntax) const QUERY_MARK: &str = "query:";
