//! Statements, queries and query blocks.

use std::rc::Rc;

use sqlparser::ast::Expr;

use super::bind::Path;
use super::bindings::{ColumnRef, Node, TableMeaning, TopQuery, count};
use super::error::{ResolveError, ResolveErrorKind};
use super::scope::{AliasRule, Binding, Columns, Notes, Scope, ScopeRelation};
use super::{Block, BlockId, Budget, ColumnUse, Item, ItemKind, OutColumn, Place, Resolution};
use crate::catalog::{CatalogSource, DataType, Found, Session, TableName};
use crate::syntax::ast::{
    Body, Name, OrderItem, Query, QueryId, QueryRole, Select, SelectItem, SetOpKind, Setting,
    Statement, TableRef, Term,
};
use crate::syntax::{Construct, Span, SyntaxErrorKind, cast_type};

/// The common table expressions in scope, innermost first. A name shadows a table only as a one-part name.
pub(super) type Env = Option<Rc<CteNode>>;

pub(super) struct CteNode {
    name: String,
    columns: Columns,
    /// Its query, and how many names its column list has.
    meaning: TableMeaning,
    outer: Env,
}

pub(super) fn find_cte<'e>(mut env: &'e Env, name: &str) -> Option<&'e CteNode> {
    while let Some(node) = env {
        if node.name == name {
            return Some(node);
        }
        env = &node.outer;
    }
    None
}

pub(super) struct Resolver<'a> {
    pub(super) statement: &'a Statement,
    pub(super) session: &'a Session,
    pub(super) catalog: &'a dyn CatalogSource,
    /// The views being expanded around this text, outermost first.
    pub(super) views: &'a [TableName],
    pub(super) budget: Rc<Budget>,
    pub(super) out: Resolution,
    visited: Vec<bool>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        statement: &'a Statement,
        session: &'a Session,
        catalog: &'a dyn CatalogSource,
        views: &'a [TableName],
        budget: Rc<Budget>,
    ) -> Self {
        let visited = vec![false; statement.queries.0.len()];
        Self {
            statement,
            session,
            catalog,
            views,
            budget,
            out: Resolution::default(),
            visited,
        }
    }

    pub(super) fn statement(mut self) -> Result<Resolution, ResolveError> {
        let statement = self.statement;
        self.kind(&statement.kind)?;
        if let Some(index) = self.visited.iter().position(|v| !v) {
            let span = statement
                .queries
                .0
                .get(index)
                .map(|q| q.span)
                .unwrap_or_default();
            return Err(ResolveErrorKind::StrayQuery.at(span));
        }
        self.out.bindings = std::mem::take(&mut self.out.bindings).sorted();
        Ok(self.out)
    }

    pub(super) fn top(&mut self, id: QueryId) -> Result<(), ResolveError> {
        let columns = self.query(id, &None, None, None)?;
        self.out.columns = columns.known();
        self.out.bindings.queries.push(TopQuery {
            query: id,
            columns: columns.list,
            open: columns.open,
        });
        Ok(())
    }

    pub(super) fn find(&self, name: &Name) -> Result<Found, ResolveError> {
        let at = |e| ResolveErrorKind::Name(e).at(name.span);
        let full = self.session.qualify(name).map_err(at)?;
        self.session.find(full, self.catalog).map_err(at)
    }

    /// Walks a query; `outer` is the scope that its correlated names see, `block` the block in whose text it stands.
    pub(super) fn query(
        &mut self,
        id: QueryId,
        env: &Env,
        outer: Option<&Scope<'_>>,
        block: Option<BlockId>,
    ) -> Result<Columns, ResolveError> {
        let query = match (
            self.statement.queries.get(id),
            self.visited.get_mut(id.0 as usize),
        ) {
            (Some(query), Some(visited @ false)) => {
                *visited = true;
                query
            }
            _ => return Err(ResolveErrorKind::StrayQuery.at(self.statement.span)),
        };
        if query.recursive {
            let kind = SyntaxErrorKind::Unsupported(Construct::WithRecursive);
            return Err(ResolveErrorKind::Syntax(kind).at(query.with.unwrap_or(query.span)));
        }
        let mut env = env.clone();
        for cte in &query.ctes {
            let columns = self.query(cte.query, &env, outer, block)?;
            let columns = renamed(
                columns,
                cte.columns.iter().map(|c| c.value.as_str()),
                cte.span,
            )?;
            env = Some(Rc::new(CteNode {
                name: cte.name.value.clone(),
                columns,
                meaning: TableMeaning::Cte {
                    query: cte.query,
                    names: count(cte.columns.len()),
                },
                outer: env,
            }));
        }
        let columns = self.body(query, id, &env, outer, block)?;
        let none = Scope {
            parent: outer,
            ..Scope::default()
        };
        for bound in &query.bounds {
            self.scalar(bound, &none, &env, block)?;
        }
        Ok(columns)
    }

    fn body(
        &mut self,
        query: &'a Query,
        id: QueryId,
        env: &Env,
        outer: Option<&Scope<'_>>,
        block: Option<BlockId>,
    ) -> Result<Columns, ResolveError> {
        let Body { first, rest, .. } = &query.body;
        // ORDER BY of a lone SELECT sees the tables of that SELECT; that of a set operation only its columns.
        let lone = rest.is_empty() && matches!(first, Term::Select(_));
        let mut columns = self.term(
            first,
            id,
            env,
            outer,
            block,
            if lone { &query.order_by } else { &[] },
        )?;
        for (op, term) in rest {
            let other = self.term(term, id, env, outer, block, &[])?;
            columns = match op.kind {
                SetOpKind::Union | SetOpKind::Intersect | SetOpKind::Except => {
                    common(&columns, &other)
                }
            };
        }
        if !lone && !query.order_by.is_empty() {
            let mut scope = Scope {
                parent: outer,
                ..Scope::default()
            };
            let node = Node::Query(id.0);
            self.shape(node, &columns);
            scope.relations.push(unnamed(columns.clone(), node));
            for OrderItem { key } in &query.order_by {
                self.scalar(key, &scope, env, block)?;
            }
        }
        Ok(columns)
    }

    fn term(
        &mut self,
        term: &'a Term,
        id: QueryId,
        env: &Env,
        outer: Option<&Scope<'_>>,
        block: Option<BlockId>,
        order_by: &'a [OrderItem],
    ) -> Result<Columns, ResolveError> {
        match term {
            Term::Select(select) => self.select(select, id, env, outer, order_by),
            Term::Query(nested) => self.query(*nested, env, outer, block),
            Term::Table(table) => {
                // A SELECT in its place needs parentheses where it has none.
                let bare = self
                    .statement
                    .queries
                    .get(id)
                    .is_some_and(|q| q.role == QueryRole::BareTable);
                let place = if bare { Place::Argument } else { Place::Term };
                let (columns, relation) = self.table(table, place, id, env, block)?;
                self.passes(relation, &columns, table.span);
                Ok(columns)
            }
            Term::Values(values) => {
                let scope = Scope {
                    parent: outer,
                    ..Scope::default()
                };
                for value in values.rows.iter().flatten() {
                    self.scalar(value, &scope, env, block)?;
                }
                let width = values.rows.first().map_or(0, Vec::len);
                Ok(Columns::closed(
                    (0..width)
                        .map(|i| OutColumn {
                            name: format!("EXPR${i}"),
                            data_type: None,
                        })
                        .collect(),
                ))
            }
        }
    }

    /// A name in table position: a CTE, a table or a view. The second value is its relation, unless it is a CTE.
    pub(super) fn table(
        &mut self,
        table: &'a TableRef,
        place: Place,
        query: QueryId,
        env: &Env,
        block: Option<BlockId>,
    ) -> Result<(Columns, Option<usize>), ResolveError> {
        if let [only] = table.name.parts.as_slice()
            && let Some(cte) = find_cte(env, &only.value)
        {
            self.out.bindings.refer(table.name.span.start, cte.meaning);
            self.out.ctes.push(super::CteUse {
                name: only.value.clone(),
                span: table.name.span,
                alias: only.value.clone(),
                on: None,
                join: None,
            });
            return Ok((cte.columns.clone(), None));
        }
        self.relation(table, place, query, block)
    }

    fn select(
        &mut self,
        select: &'a Select,
        id: QueryId,
        env: &Env,
        outer: Option<&Scope<'_>>,
        order_by: &'a [OrderItem],
    ) -> Result<Columns, ResolveError> {
        let block = self.out.blocks.len();
        self.out.blocks.push(Block {
            span: select.span,
            query: id,
            from_end: select.from.last().map(|item| item.span.end),
            condition: select.selection.as_ref().map(|c| c.condition.span),
            items: Vec::new(),
            nested: outer.is_some(),
            merged: false,
        });
        let mut scope = Scope {
            parent: outer,
            ..Scope::default()
        };
        let alone = matches!(select.from.as_slice(), [item] if item.joins.is_empty());
        for item in &select.from {
            self.joined_factors(item, &mut scope, env, id, block, alone)?;
        }
        let clauses = [&select.selection, &select.having];
        let mut columns = Vec::with_capacity(select.items.len());
        let mut open = false;
        let mut items = Vec::with_capacity(select.items.len());
        let output = |index: usize| ColumnRef {
            node: Node::Select(select.span.start),
            column: Some(count(index)),
            whole: true,
        };
        let mut aliases = Vec::new();
        for item in &select.items {
            match item {
                SelectItem::Expr {
                    alias: Some(alias), ..
                } => aliases.push((alias.value.clone(), output(columns.len()))),
                SelectItem::Expr { alias: None, .. }
                | SelectItem::Wildcard(_)
                | SelectItem::QualifiedWildcard { .. } => {}
            }
            let item = self.item(item, &scope, env, block, &mut columns, &mut open)?;
            items.push(item);
        }
        scope.aliases = aliases;
        for clause in clauses.into_iter().flatten() {
            self.scalar(&clause.condition, &scope, env, Some(block))?;
        }
        if let Some(clause) = &select.qualify {
            scope.alias_rule = AliasRule::Both;
            self.scalar(&clause.condition, &scope, env, Some(block))?;
            scope.alias_rule = AliasRule::Column;
        }
        for key in select.group_by.iter().flat_map(|g| &g.keys) {
            self.scalar(key, &scope, env, Some(block))?;
        }
        for operand in select.windows.iter().flat_map(|w| &w.operands) {
            self.scalar(operand, &scope, env, Some(block))?;
        }
        scope.alias_rule = AliasRule::Alias;
        for OrderItem { key } in order_by {
            // A name of the select list comes first; what it stands for is read there already.
            let meant: Vec<ColumnRef> = match &key.expr {
                Expr::Identifier(name) => {
                    let named = columns.iter().enumerate();
                    let named = named.filter(|(_, c): &(_, &OutColumn)| c.name == name.value);
                    named.map(|(index, _)| output(index)).collect()
                }
                _ => Vec::new(),
            };
            if meant.is_empty() {
                self.scalar(key, &scope, env, Some(block))?;
            } else {
                self.out.bindings.bind(key.span.start, meant);
            }
        }
        self.out
            .bindings
            .shaped(Node::Select(select.span.start), columns.len(), open);
        if let Some(made) = self.out.blocks.get_mut(block) {
            made.items = items;
            made.merged = !scope.merged.is_empty();
        }
        Ok(Columns::new(columns.into(), open))
    }

    fn item(
        &mut self,
        item: &'a SelectItem,
        scope: &Scope<'_>,
        env: &Env,
        block: BlockId,
        columns: &mut Vec<OutColumn>,
        open: &mut bool,
    ) -> Result<Item, ResolveError> {
        match item {
            SelectItem::Expr { value, alias, span } => {
                let (kind, name, data_type) = match &value.expr {
                    Expr::Identifier(ident) => self.name_item(
                        &Path::of_sql(std::slice::from_ref(ident)),
                        scope,
                        block,
                        alias.is_some(),
                    )?,
                    Expr::CompoundIdentifier(parts) => {
                        self.name_item(&Path::of_sql(parts), scope, block, alias.is_some())?
                    }
                    _ => {
                        self.scalar(value, scope, env, Some(block))?;
                        (ItemKind::Expression, None, cast_type(&value.expr))
                    }
                };
                let name = alias
                    .as_ref()
                    .map(|a| a.value.clone())
                    .or(name)
                    .unwrap_or_else(|| format!("EXPR${}", columns.len()));
                columns.push(OutColumn { name, data_type });
                Ok(Item { span: *span, kind })
            }
            SelectItem::Wildcard(span) => self.star(*span, scope, columns, open),
            SelectItem::QualifiedWildcard { qualifier, span } => {
                self.qualified_star(qualifier, *span, scope, columns, open)
            }
        }
    }

    fn name_item(
        &mut self,
        path: &Path<'_>,
        scope: &Scope<'_>,
        block: BlockId,
        aliased: bool,
    ) -> Result<(ItemKind, Option<String>, Option<DataType>), ResolveError> {
        let name = path.parts.last().map(|p| (*p).to_owned());
        if let Binding::Column(bound) = self.bind(path, scope) {
            let own = bound.relation.filter(|r| {
                bound.local
                    && self
                        .out
                        .relations
                        .get(*r)
                        .is_some_and(|r| r.block == Some(block))
            });
            let data_type = bound.data_type.clone();
            let kind = match own {
                Some(relation) if bound.whole => {
                    let column = bound.column.clone();
                    self.used(bound, path, true);
                    let last = path.spans.last().copied().unwrap_or_default();
                    ItemKind::Column {
                        relation,
                        column,
                        value: path.span(),
                        name: last,
                        aliased,
                    }
                }
                _ => {
                    self.used(bound, path, false);
                    ItemKind::Expression
                }
            };
            return Ok((kind, name, data_type));
        }
        self.column(path, scope)?;
        Ok((ItemKind::Expression, name, None))
    }

    /// Adds a use of each of `names` in every relation that has it: the columns of USING, the common ones of NATURAL.
    pub(super) fn merge(&mut self, names: &[String], span: Span, scope: &mut Scope<'_>) {
        for name in names {
            for relation in &scope.relations {
                if !relation.columns.list.iter().any(|c| c.name == *name) {
                    continue;
                }
                let read = |relation| ColumnUse {
                    relation,
                    column: name.clone(),
                    span,
                    item: false,
                };
                match relation.relation {
                    Some(id) => self.out.uses.push(read(id)),
                    None => self.out.passed.extend(relation.through.map(read)),
                }
            }
            if !scope.merged.contains(name) {
                scope.merged.push(name.clone());
            }
        }
    }
}

/// What lineage must know of a binding.
pub(super) fn meaning(binding: &Binding, notes: Notes) -> Vec<ColumnRef> {
    if let Some(instead) = notes.instead {
        return std::iter::once(instead).chain(notes.also).collect();
    }
    let mut meant = notes.also;
    for bound in binding.bounds() {
        let column = ColumnRef::from(bound);
        if !meant.contains(&column) {
            meant.push(column);
        }
    }
    meant
}

/// A relation without name: the output columns as ORDER BY of a set operation sees them.
fn unnamed(columns: Columns, node: Node) -> ScopeRelation {
    ScopeRelation {
        alias: String::new(),
        path: None,
        columns,
        relation: None,
        through: None,
        qualified_only: false,
        node,
    }
}

/// The columns of a set operation: names of the first, a type only where both say the same.
fn common(first: &Columns, second: &Columns) -> Columns {
    let list = first
        .list
        .iter()
        .enumerate()
        .map(|(i, column)| {
            let same = second
                .list
                .get(i)
                .is_some_and(|other| other.data_type == column.data_type)
                && !first.open
                && !second.open;
            OutColumn {
                name: column.name.clone(),
                data_type: column.data_type.clone().filter(|_| same),
            }
        })
        .collect::<Vec<_>>();
    Columns::new(list.into(), first.open)
}

/// Columns under new names. With unknown columns a list of names says what there is.
pub(super) fn renamed<'n>(
    columns: Columns,
    names: impl ExactSizeIterator<Item = &'n str>,
    span: Span,
) -> Result<Columns, ResolveError> {
    if names.len() == 0 {
        return Ok(columns);
    }
    if columns.open {
        return Ok(Columns::closed(
            names
                .map(|n| OutColumn {
                    name: n.to_owned(),
                    data_type: None,
                })
                .collect(),
        ));
    }
    if names.len() != columns.list.len() {
        return Err(ResolveErrorKind::ColumnList {
            names: names.len(),
            columns: columns.list.len(),
        }
        .at(span));
    }
    let list = names
        .zip(columns.list.iter())
        .map(|(n, c)| OutColumn {
            name: n.to_owned(),
            data_type: c.data_type.clone(),
        })
        .collect();
    Ok(Columns::closed(list))
}

/// The pairs of the OPTIONS hints of a reference.
pub(super) fn options(table: &TableRef) -> Vec<Setting> {
    table
        .hints
        .iter()
        .filter(|h| h.name.value.eq_ignore_ascii_case("OPTIONS"))
        .flat_map(|h| h.pairs.iter().cloned())
        .collect()
}
