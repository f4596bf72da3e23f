//! The relations of a FROM clause: tables, derived tables, functions, patterns, joins, hints.

use super::super::Span;
use super::{Clause, Ident, Literal, Name, OrderItem, QueryId, Scalar, Setting};

/// A FROM item: a factor and what is joined to it, left to right.
#[derive(Debug)]
pub struct FromItem {
    /// The leftmost factor.
    pub first: Factor,
    /// The joins, in order.
    pub joins: Vec<Join>,
    /// First token to last token.
    pub span: Span,
}

/// `… JOIN factor …`.
#[derive(Debug)]
pub struct Join {
    /// Which join.
    pub kind: JoinKind,
    /// `NATURAL`.
    pub natural: bool,
    /// What is joined.
    pub right: Factor,
    /// `ON`, `USING`.
    pub constraint: JoinConstraint,
    /// From the first join word to the last token.
    pub span: Span,
}

/// Which join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// `[INNER] JOIN`.
    Inner,
    /// `LEFT [OUTER] JOIN`.
    Left,
    /// `RIGHT [OUTER] JOIN`.
    Right,
    /// `FULL [OUTER] JOIN`.
    Full,
    /// `CROSS JOIN`.
    Cross,
}

/// The condition of a join.
#[expect(
    clippy::large_enum_variant,
    reason = "the large variant is the common one"
)]
#[derive(Debug)]
pub enum JoinConstraint {
    /// None.
    None,
    /// `ON condition`.
    On(Clause),
    /// `USING (columns)`.
    Using(Vec<Ident>),
}

/// A relation in FROM with all that follows it up to its alias.
#[derive(Debug)]
pub struct Factor {
    /// The whole factor: LATERAL, relation, snapshot, pattern, alias, sample.
    pub span: Span,
    /// The relation itself: with LATERAL, `TABLE( )`, brackets and hints, without what follows.
    pub core: Span,
    /// `LATERAL`.
    pub lateral: bool,
    /// What kind of relation.
    pub kind: FactorKind,
    /// `FOR SYSTEM_TIME AS OF expression`.
    pub as_of: Option<Clause>,
    /// `MATCH_RECOGNIZE (…)`.
    pub match_recognize: Option<Box<MatchRecognize>>,
    /// `UNPIVOT (…)`.
    pub unpivot: Option<Unpivot>,
    /// `[AS] alias [(columns)]`.
    pub alias: Option<TableAlias>,
    /// `TABLESAMPLE …`.
    pub sample: Option<Span>,
}

/// What kind of relation a factor is.
#[derive(Debug)]
pub enum FactorKind {
    /// A table, view or CTE by name.
    Table(TableRef),
    /// `( query )`.
    Query(QueryId),
    /// `TABLE(f(…))`, or `f(…)` alone.
    Function(TableFunction),
    /// `UNNEST(…) [WITH ORDINALITY]`.
    Unnest {
        /// The collections.
        operands: Vec<Scalar>,
        /// `WITH ORDINALITY`.
        ordinality: bool,
    },
    /// `( a JOIN b … )`.
    Parenthesised(Box<FromItem>),
}

/// A table, view or CTE named in a statement.
#[derive(Debug)]
pub struct TableRef {
    /// Its name as written.
    pub name: Name,
    /// `/*+ OPTIONS('k' = 'v') */` after the name.
    pub hints: Vec<Hint>,
    /// The word `TABLE` before the name, in `TABLE t`.
    pub keyword: Option<Span>,
    /// From the word or the name to the hints.
    pub span: Span,
}

/// One hint of a `/*+ … */` block.
#[derive(Debug)]
pub struct Hint {
    /// `OPTIONS`, `LOOKUP`, `BROADCAST`, as written.
    pub name: Ident,
    /// `'key' = 'value'` pairs.
    pub pairs: Vec<Setting>,
    /// Plain operands: names or literals.
    pub operands: Vec<Literal>,
    /// The whole `/*+ … */` block.
    pub block: Span,
}

/// `[AS] alias [(columns)]`.
#[derive(Debug)]
pub struct TableAlias {
    /// Its name.
    pub name: Ident,
    /// New column names; empty when there are none.
    pub columns: Vec<Ident>,
    /// From AS or the name to the last token.
    pub span: Span,
}

/// A table function: window TVF, PTF, UDTF.
#[derive(Debug)]
pub struct TableFunction {
    /// The function.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// Whether it stands in `TABLE( … )`.
    pub in_table: bool,
    /// From the function's name to its closing parenthesis.
    pub span: Span,
}

/// `[name =>] value`.
#[derive(Debug)]
pub struct Argument {
    /// The parameter, when named.
    pub name: Option<Ident>,
    /// The value.
    pub value: ArgumentValue,
}

/// The value of a table function's argument.
#[derive(Debug)]
pub enum ArgumentValue {
    /// An expression.
    Scalar(Scalar),
    /// `TABLE t …` or `(query) …`.
    Table(TableArgument),
    /// `DESCRIPTOR(a, b)`.
    Descriptor(Vec<Name>),
    /// `MODEL m`.
    Model(Name),
    /// `DEFAULT`.
    Default(Span),
}

/// A table handed to a function.
#[derive(Debug)]
pub struct TableArgument {
    /// The table.
    pub source: TableArgumentSource,
    /// `PARTITION BY`.
    pub partition_by: Vec<Scalar>,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// First token to last token.
    pub span: Span,
}

/// Where a table argument comes from.
#[derive(Debug)]
pub enum TableArgumentSource {
    /// `TABLE t`.
    Table(TableRef),
    /// `( query )`; the span is that of the parentheses.
    Query(QueryId, Span),
}

/// `MATCH_RECOGNIZE ( … )`.
#[derive(Debug)]
pub struct MatchRecognize {
    /// `PARTITION BY`.
    pub partition_by: Vec<Scalar>,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// `MEASURES value AS name`.
    pub measures: Vec<(Scalar, Ident)>,
    /// `ALL ROWS PER MATCH`.
    pub all_rows: bool,
    /// The variables of PATTERN, SUBSET and DEFINE: qualifiers inside this clause.
    pub variables: Vec<String>,
    /// `WITHIN interval`.
    pub within: Option<Scalar>,
    /// `DEFINE variable AS condition`.
    pub defines: Vec<(Ident, Scalar)>,
    /// The whole clause.
    pub span: Span,
}

/// `UNPIVOT ( values FOR name IN (columns [AS value], …) )`.
#[derive(Debug)]
pub struct Unpivot {
    /// The new value columns.
    pub values: Vec<Ident>,
    /// The new name columns.
    pub names: Vec<Ident>,
    /// The columns that are folded, one group a row.
    pub columns: Vec<Vec<Ident>>,
    /// The whole clause.
    pub span: Span,
}
