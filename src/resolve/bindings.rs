//! Which columns the names of a statement mean: what `lineage` folds over, so that names are bound here and nowhere else.
//!
//! In: what the walk of `resolve` finds, noted as it goes. Out: [`Bindings`], looked up by the place of a name in its text.
//! Invariants: a name that may mean several columns has all of them; a node has as many columns as [`Shape`] says, in that order.

use std::rc::Rc;

use super::{OutColumn, RelationId};
use crate::catalog::TableName;
use crate::syntax::ast::QueryId;

/// Rows that a name can be a column of, by the place where they come to be in the text of the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A factor of FROM, as it is outside of it: after its pattern and under its alias. Where the factor begins.
    Factor(u32),
    /// A table argument of a function, as PARTITION BY and DESCRIPTOR see it. Where the argument begins.
    Argument(u32),
    /// What a MATCH_RECOGNIZE or UNPIVOT is made of. Where that clause begins.
    Pattern(u32),
    /// The columns that USING or NATURAL merges. Where the join begins.
    Join(u32),
    /// The output of a SELECT, as ORDER BY and QUALIFY see it. Where the SELECT begins.
    Select(u32),
    /// The output of a set operation, as its ORDER BY sees it.
    Query(u32),
    /// The table of UPDATE or DELETE. Where its reference begins.
    Target(u32),
    /// The table whose computed column an expression is.
    Computed,
}

/// A column of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnRef {
    /// The rows.
    pub node: Node,
    /// Which of its columns; none where it is one that nobody has listed.
    pub column: Option<u32>,
    /// Whether the column itself is meant and not a field of it.
    pub whole: bool,
}

/// A piece of what a star stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StarPart {
    /// Every column of a node, in order.
    Every(Node),
    /// One column.
    One(ColumnRef),
    /// So many fields of a column.
    Fields(ColumnRef, u32),
    /// Fields of a column that nobody has listed.
    Open(ColumnRef),
}

/// What a name in table position means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableMeaning {
    /// A table or view.
    Relation(RelationId),
    /// A common table expression.
    Cte {
        /// Its query.
        query: QueryId,
        /// How many names its column list has; 0 when there is none.
        names: u32,
    },
}

/// A column that USING or NATURAL has merged, with its two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedColumn {
    /// The columns of that name on the left.
    pub left: Vec<ColumnRef>,
    /// And on the right.
    pub right: Vec<ColumnRef>,
}

/// How many columns a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The listed ones.
    pub columns: u32,
    /// Whether there may be others.
    pub open: bool,
}

/// The output of a query of the statement itself.
#[derive(Debug, Clone)]
pub struct TopQuery {
    /// Which one.
    pub query: QueryId,
    /// Its columns.
    pub columns: Rc<[OutColumn]>,
    /// Whether there may be others.
    pub open: bool,
}

/// All of them. Places are those of the text that was resolved; what stands in a view is in the view's own [`super::Resolution`].
#[derive(Debug, Default)]
pub struct Bindings {
    names: Vec<(u32, Vec<ColumnRef>)>,
    stars: Vec<(u32, Vec<StarPart>)>,
    tables: Vec<(u32, TableMeaning)>,
    merged: Vec<(u32, Vec<MergedColumn>)>,
    shapes: Vec<(Node, Shape)>,
    /// Where the keys of PARTITION BY of MATCH_RECOGNIZE begin that are columns of its output.
    shown: Vec<u32>,
    /// The queries of the statement itself, in order.
    pub queries: Vec<TopQuery>,
    /// The view that ALTER VIEW gives another text.
    pub altered: Option<TableName>,
}

impl Bindings {
    /// What the name that begins at `start` means; `None` where no name was bound.
    #[must_use]
    pub fn name(&self, start: u32) -> Option<&[ColumnRef]> {
        found(&self.names, start).map(Vec::as_slice)
    }

    /// The columns that any name means.
    pub fn all(&self) -> impl Iterator<Item = ColumnRef> {
        self.names
            .iter()
            .flat_map(|(_, columns)| columns.iter().copied())
    }

    /// What the star whose item or qualifier begins at `start` stands for.
    #[must_use]
    pub fn star(&self, start: u32) -> Option<&[StarPart]> {
        found(&self.stars, start).map(Vec::as_slice)
    }

    /// What the table name that begins at `start` means.
    #[must_use]
    pub fn table(&self, start: u32) -> Option<TableMeaning> {
        found(&self.tables, start).copied()
    }

    /// The columns that the join that begins at `start` merges.
    #[must_use]
    pub fn merged(&self, start: u32) -> &[MergedColumn] {
        found(&self.merged, start).map_or(&[], Vec::as_slice)
    }

    /// How many columns a node has.
    #[must_use]
    pub fn shape(&self, node: Node) -> Option<Shape> {
        found(&self.shapes, node).copied()
    }

    /// Whether the partition key that begins at `start` is a column of its pattern's output.
    #[must_use]
    pub fn is_shown(&self, start: u32) -> bool {
        self.shown.binary_search(&start).is_ok()
    }

    pub(super) fn bind(&mut self, start: u32, columns: Vec<ColumnRef>) {
        self.names.push((start, columns));
    }

    pub(super) fn expand(&mut self, start: u32, parts: Vec<StarPart>) {
        self.stars.push((start, parts));
    }

    pub(super) fn refer(&mut self, start: u32, meaning: TableMeaning) {
        self.tables.push((start, meaning));
    }

    pub(super) fn merge(&mut self, start: u32, columns: Vec<MergedColumn>) {
        self.merged.push((start, columns));
    }

    pub(super) fn shaped(&mut self, node: Node, columns: usize, open: bool) {
        let columns = count(columns);
        self.shapes.push((node, Shape { columns, open }));
    }

    pub(super) fn show(&mut self, start: u32) {
        self.shown.push(start);
    }

    /// Makes all of it ready to be looked up.
    pub(super) fn sorted(mut self) -> Self {
        self.names.sort_by_key(|(start, _)| *start);
        self.stars.sort_by_key(|(start, _)| *start);
        self.tables.sort_by_key(|(start, _)| *start);
        self.merged.sort_by_key(|(start, _)| *start);
        self.shapes.sort_by_key(|(node, _)| *node);
        self.shown.sort_unstable();
        self
    }
}

fn found<K: Ord + Copy, V>(list: &[(K, V)], key: K) -> Option<&V> {
    let at = list.binary_search_by_key(&key, |(other, _)| *other).ok()?;
    list.get(at).map(|(_, value)| value)
}

/// A number of columns. A text has less than 2³² bytes, and a catalog fewer columns than that.
pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
