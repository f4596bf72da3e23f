//! `resolve`: a parsed statement becomes the tables it reads and writes, with every column reference bound to its relation.
//!
//! In: a [`Statement`], a [`Session`], a [`CatalogSource`]. Out: [`Resolution`]: relations with their places, sinks, column uses.
//! Stays out: policies. Invariant: every query of the statement is walked exactly once; one that was not is an error.

mod bind;
mod bindings;
mod change;
mod computed;
mod error;
mod factor;
mod query;
mod scope;
mod star;
mod statement;
mod view;

use std::cell::Cell;
use std::rc::Rc;

pub use bindings::{
    Bindings, ColumnRef, MergedColumn, Node, Shape, StarPart, TableMeaning, TopQuery,
};
pub use computed::computed_names;
pub use error::{ResolveError, ResolveErrorKind};
pub use factor::is_window_function;
pub use view::ViewUnit;

use crate::catalog::{CatalogSource, Column, DataType, Found, Object, Session};
use crate::syntax::Span;
use crate::syntax::ast::{JoinKind, QueryId, Setting, Statement};

/// How many views may lie one under the other.
const VIEW_DEPTH: usize = 32;

/// What one statement may still take, the views below it included. Views that name the one before them twice double, and so do stars.
struct Budget {
    views: Cell<u32>,
    columns: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            views: Cell::new(1_000),
            columns: Cell::new(250_000),
        }
    }
}

/// What one statement reads and writes.
#[derive(Debug, Default)]
pub struct Resolution {
    /// Every reference to a table or view in query position, in text order of the walk. CTE references are not here.
    pub relations: Vec<Relation>,
    /// The tables it writes.
    pub sinks: Vec<Sink>,
    /// The query blocks (one a SELECT).
    pub blocks: Vec<Block>,
    /// Every use of a column of a relation.
    pub uses: Vec<ColumnUse>,
    /// Uses of columns of a relation whose rows have come through something else: a window function, `TABLE t`, all rows of a pattern. Nothing is
    /// rewritten there: it is for whoever must know all that is read.
    pub passed: Vec<ColumnUse>,
    /// References to common table expressions, in query position.
    pub ctes: Vec<CteUse>,
    /// The last parts of the names of functions that stand in FROM, and their places.
    pub functions: Vec<(String, Span)>,
    /// Qualifiers of more than one part: the alias of a derived table is one part, so they must be edited when their table is replaced.
    pub qualifiers: Vec<LongQualifier>,
    /// The columns of the statement's own query; `None` where a relation with an unknown schema keeps them from being known.
    pub columns: Option<Rc<[OutColumn]>>,
    /// Which columns its names mean.
    pub bindings: Bindings,
}

/// The index of a [`Relation`] in its [`Resolution`].
pub type RelationId = usize;
/// The index of a [`Block`] in its [`Resolution`].
pub type BlockId = usize;

/// A reference to a table or view.
#[derive(Debug)]
pub struct Relation {
    /// What the name means.
    pub found: Found,
    /// The name as written.
    pub name: Span,
    /// How many parts the name was written with.
    pub name_parts: usize,
    /// The whole reference: the word TABLE, the name, its hints.
    pub span: Span,
    /// The pairs of its OPTIONS hints.
    pub options: Vec<Setting>,
    /// The syntactic position: it decides the shape of a rewrite.
    pub place: Place,
    /// The query in which it stands.
    pub query: QueryId,
    /// The block whose FROM holds it, or in which the nested query that holds it stands; none outside a SELECT.
    pub block: Option<BlockId>,
    /// For a view: its text, resolved in its own place.
    pub view: Option<Rc<ViewUnit>>,
}

impl Relation {
    /// Its columns with types; `None` when its schema is unknown.
    #[must_use]
    pub fn columns(&self) -> Option<&[Column]> {
        match (&self.found.object, &self.view) {
            (Some(Object::Table(table)), _) => table.columns.as_deref(),
            (Some(Object::View(_) | Object::SessionView(_)), view) => view.as_ref()?.columns(),
            (None, _) => None,
        }
    }
}

/// The syntactic position of a reference.
#[derive(Debug)]
pub enum Place {
    /// In FROM.
    From(FromPlace),
    /// `TABLE t` as a term of a query.
    Term,
    /// `TABLE t` as a table argument of a function.
    Argument,
    /// The table of UPDATE and DELETE: its rows are found by their values.
    Target,
}

/// A reference in FROM, with what surrounds it.
#[derive(Debug)]
pub struct FromPlace {
    /// `[AS] alias [(columns)]`, as written.
    pub alias: Option<AliasPlace>,
    /// Where the relation with its constant snapshot ends: what follows (pattern, alias) stays outside a derived table.
    pub end: u32,
    /// `FOR SYSTEM_TIME AS OF` with a column: a lookup or temporal join.
    pub temporal: Option<TemporalJoin>,
    /// Whether MATCH_RECOGNIZE or UNPIVOT follows: an alias comes after it and names its result.
    pub pattern: bool,
    /// Whether TABLESAMPLE follows.
    pub sample: bool,
    /// Whether it stands alone in the FROM of its block: no join, no comma, no parentheses.
    pub alone: bool,
}

/// The alias of a factor.
#[derive(Debug)]
pub struct AliasPlace {
    /// The alias.
    pub name: String,
    /// Whether it has a column list.
    pub columns: bool,
}

/// The join of a reference with `FOR SYSTEM_TIME AS OF`.
#[derive(Debug)]
pub struct TemporalJoin {
    /// Which join.
    pub kind: JoinKind,
    /// The ON condition, without the word; none for a join without ON.
    pub on: Option<Span>,
    /// `FOR SYSTEM_TIME AS OF …`.
    pub snapshot: Option<Span>,
    /// The names that stand alone on one side of a top-level `=` of the condition, last part only: the candidates for a lookup key.
    pub keys: Vec<String>,
}

/// A query block.
#[derive(Debug)]
pub struct Block {
    /// The whole SELECT.
    pub span: Span,
    /// The query it is a term of.
    pub query: QueryId,
    /// Where its FROM ends; none without FROM.
    pub from_end: Option<u32>,
    /// The condition of WHERE, without the word.
    pub condition: Option<Span>,
    /// Its select list.
    pub items: Vec<Item>,
    /// Whether a row of an outer block can be seen from here.
    pub nested: bool,
    /// Whether its output depends on names joined by NATURAL or USING.
    pub merged: bool,
}

/// An item of a select list.
#[derive(Debug)]
pub struct Item {
    /// The whole item.
    pub span: Span,
    /// What it is.
    pub kind: ItemKind,
}

/// What a select item is.
#[derive(Debug)]
pub enum ItemKind {
    /// A column of a relation of this block and nothing else.
    Column {
        /// Which relation.
        relation: RelationId,
        /// Which column.
        column: String,
        /// The reference, qualifier included.
        value: Span,
        /// The last part of the reference: the name it has when there is no alias.
        name: Span,
        /// Whether an alias follows.
        aliased: bool,
    },
    /// Any other expression.
    Expression,
    /// `*` or `t.*`: what it stands for, where that is known.
    Wildcard(Option<Vec<StarColumn>>),
}

/// A column that a star stands for.
#[derive(Debug, Clone)]
pub struct StarColumn {
    /// The alias of the relation.
    pub qualifier: String,
    /// The column.
    pub column: String,
    /// The relation, when the column is one of a table or view in this block.
    pub relation: Option<RelationId>,
}

/// A use of a column of a relation.
#[derive(Debug)]
pub struct ColumnUse {
    /// The relation.
    pub relation: RelationId,
    /// The column (the first part below the relation).
    pub column: String,
    /// The reference as written.
    pub span: Span,
    /// Whether the use is a whole select item of the relation's own block ([`ItemKind::Column`]).
    pub item: bool,
}

/// A reference to a common table expression.
#[derive(Debug)]
pub struct CteUse {
    /// Its name.
    pub name: String,
    /// The reference as written.
    pub span: Span,
    /// The alias it has there, or its own name.
    pub alias: String,
    /// The ON condition of the join that it is the right side of, without the word.
    pub on: Option<Span>,
    /// Which join that is.
    pub join: Option<JoinKind>,
}

/// A qualifier of two or three parts that names a table of the FROM clause by its path.
#[derive(Debug)]
pub struct LongQualifier {
    /// The parts of the qualifier, without the dot after them.
    pub span: Span,
    /// The relation it names.
    pub relation: RelationId,
}

/// A table that a statement writes.
#[derive(Debug)]
pub struct Sink {
    /// What the name means; for a table that the statement makes, the name alone.
    pub found: Found,
    /// The name as written.
    pub name: Span,
    /// The pairs of its OPTIONS hints.
    pub options: Vec<Setting>,
}

/// An output column of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutColumn {
    /// Its name.
    pub name: String,
    /// Its type, where it is known by form: a column passed through, or a CAST.
    pub data_type: Option<DataType>,
}

/// Resolves one statement.
///
/// `session` is the state before it; spans are those of the text that `statement` was parsed from.
///
/// # Errors
/// Names that mean nothing, constructs that are not known, views that cannot be read. Nothing is returned in part.
pub fn resolve(
    statement: &Statement,
    session: &Session,
    catalog: &dyn CatalogSource,
) -> Result<Resolution, ResolveError> {
    query::Resolver::new(statement, session, catalog, &[], Rc::default()).statement()
}
