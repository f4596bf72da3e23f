//! FROM items: tables, derived tables, functions, patterns, joins.

use std::collections::HashSet;
use std::ops::Range;

use sqlparser::ast::{BinaryOperator, Expr};

use super::bind::Path;
use super::bindings::{ColumnRef, MergedColumn, Node, TableMeaning};
use super::error::{ResolveError, at};
use super::query::{Env, Resolver, options, renamed};
use super::scope::{Binding, Columns, Scope, ScopeRelation};
use super::star::{self, Shown};
use super::{AliasPlace, BlockId, FromPlace, OutColumn, Place, Relation, TemporalJoin};
use crate::catalog::{DataType, Object, TableName, TypeKind};
use crate::syntax::ast::{
    ArgumentValue, Clause, Factor, FactorKind, FromItem, Join, JoinConstraint, JoinKind,
    MatchRecognize, OrderItem, QueryId, TableArgumentSource, TableFunction, TableRef, Unpivot,
};
use crate::syntax::{Operand, operands};

/// The window table functions: they hand their input on, with three columns more.
const WINDOW_FUNCTIONS: [&str; 4] = ["TUMBLE", "HOP", "CUMULATE", "SESSION"];

/// What a factor adds to the scope.
struct Made {
    columns: Columns,
    relation: Option<usize>,
    /// The relation whose columns these are all the same.
    through: Option<usize>,
    path: Option<TableName>,
    /// The name it goes by without an alias.
    name: String,
}

impl Made {
    fn unnamed(columns: Columns) -> Self {
        Self {
            columns,
            relation: None,
            through: None,
            path: None,
            name: String::new(),
        }
    }
}

impl<'a> Resolver<'a> {
    pub(super) fn joined_factors(
        &mut self,
        item: &'a FromItem,
        scope: &mut Scope<'_>,
        env: &Env,
        query: QueryId,
        block: BlockId,
        alone: bool,
    ) -> Result<(), ResolveError> {
        let start = scope.relations.len();
        let first_join = scope.joined.len();
        let first_shown = scope.shown.len();
        self.factor(&item.first, None, scope, env, query, block, alone)?;
        for join in &item.joins {
            let before = scope.relations.len();
            let joins_before = scope.joined.len();
            let shown_before = scope.shown.len();
            self.factor(&join.right, Some(join), scope, env, query, block, false)?;
            match &join.constraint {
                JoinConstraint::None => {}
                JoinConstraint::On(clause) => {
                    self.scalar(&clause.condition, scope, env, Some(block))?
                }
                JoinConstraint::Using(columns) => {
                    let names: Vec<String> = columns.iter().map(|c| c.value.clone()).collect();
                    self.merge(&names, join.span, scope);
                }
            }
            if join.natural {
                let (left, right) = scope.relations.split_at(before.min(scope.relations.len()));
                let has = |side: &[ScopeRelation], name: &str| {
                    side.iter()
                        .any(|r| r.columns.list.iter().any(|c| c.name == name))
                };
                let names: Vec<String> = left
                    .iter()
                    .flat_map(|r| r.columns.list.iter())
                    .filter(|c| has(right, &c.name))
                    .map(|c| c.name.clone())
                    .collect();
                self.merge(&names, join.span, scope);
            }
            let left = (start..before, first_join..joins_before);
            let right = (
                before..scope.relations.len(),
                joins_before..scope.joined.len(),
            );
            let joined = self.merged_columns(join, left, right, scope);
            if !joined.is_empty() {
                let (left, right) = scope.shown.split_at(shown_before.min(scope.shown.len()));
                let left = left.get(first_shown..).unwrap_or_default();
                let shown = star::merged(&scope.relations, left, right, &joined);
                scope.shown.truncate(first_shown);
                scope.shown.extend(shown);
                scope.joined.extend(joined);
            }
        }
        Ok(())
    }

    /// Notes for lineage which columns a join merges; their names come back.
    fn merged_columns(
        &mut self,
        join: &Join,
        left: (Range<usize>, Range<usize>),
        right: (Range<usize>, Range<usize>),
        scope: &Scope<'_>,
    ) -> Vec<(String, ColumnRef)> {
        let [left, right] = [left, right].map(|(relations, joined)| Side {
            relations: scope.relations.get(relations).unwrap_or_default(),
            joined: scope.joined.get(joined).unwrap_or_default(),
        });
        let names: Vec<&str> = match &join.constraint {
            JoinConstraint::Using(columns) => columns.iter().map(|c| c.value.as_str()).collect(),
            JoinConstraint::None | JoinConstraint::On(_) if join.natural => {
                common_names(&left, &right)
            }
            JoinConstraint::None | JoinConstraint::On(_) => return Vec::new(),
        };
        let node = Node::Join(join.span.start);
        let mut columns = Vec::with_capacity(names.len());
        let mut joined = Vec::with_capacity(names.len());
        for name in names {
            let column = Some(super::bindings::count(columns.len()));
            columns.push(MergedColumn {
                left: left.named(name),
                right: right.named(name),
            });
            let whole = true;
            joined.push((
                name.to_owned(),
                ColumnRef {
                    node,
                    column,
                    whole,
                },
            ));
        }
        if join.natural && (left.is_open() || right.is_open()) {
            // They may have more columns in common: what is known of them decides the join too.
            columns.push(MergedColumn {
                left: left.unlisted(),
                right: right.unlisted(),
            });
        }
        self.out.bindings.shaped(node, columns.len(), false);
        self.out.bindings.merge(join.span.start, columns);
        joined
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the place of a factor in its query"
    )]
    fn factor(
        &mut self,
        factor: &'a Factor,
        join: Option<&'a Join>,
        scope: &mut Scope<'_>,
        env: &Env,
        query: QueryId,
        block: BlockId,
        alone: bool,
    ) -> Result<(), ResolveError> {
        let mut made = match &factor.kind {
            FactorKind::Table(table) => {
                self.table_factor(table, factor, join, env, query, block, alone)?
            }
            FactorKind::Query(id) => {
                // Only LATERAL lets a derived table see what stands before it.
                let outer = if factor.lateral {
                    Some(&*scope)
                } else {
                    scope.parent
                };
                Made::unnamed(self.query(*id, env, outer, Some(block))?)
            }
            FactorKind::Function(function) => {
                let (columns, through) = self.function(function, scope, env, query, block)?;
                Made {
                    through,
                    ..Made::unnamed(columns)
                }
            }
            FactorKind::Unnest { operands, .. } => {
                for operand in operands {
                    self.scalar(operand, scope, env, Some(block))?;
                }
                Made::unnamed(Columns::unknown())
            }
            FactorKind::Parenthesised(item) => {
                return self.joined_factors(item, scope, env, query, block, false);
            }
        };
        if let Some(Clause { condition, .. }) = &factor.as_of {
            self.scalar(condition, scope, env, Some(block))?;
        }
        if let Some(pattern) = &factor.match_recognize {
            made = Made::unnamed(self.pattern(pattern, made, scope, env, block)?);
        }
        if let Some(unpivot) = &factor.unpivot {
            made = Made::unnamed(self.unpivot(unpivot, made));
        }
        let mut relation = ScopeRelation {
            alias: factor
                .alias
                .as_ref()
                .map_or(made.name, |a| a.name.value.clone()),
            path: if factor.alias.is_some() {
                None
            } else {
                made.path
            },
            columns: made.columns,
            relation: made.relation,
            through: made.through,
            qualified_only: false,
            node: Node::Factor(factor.span.start),
        };
        if let Some(alias) = &factor.alias
            && !alias.columns.is_empty()
        {
            // Under new names single uses cannot be told apart by column: all count as used.
            self.all_columns(&relation, alias.span, false);
            relation.columns = renamed(
                relation.columns,
                alias.columns.iter().map(|c| c.value.as_str()),
                alias.span,
            )?;
            (relation.relation, relation.through) = (None, None);
        }
        self.shape(relation.node, &relation.columns);
        scope.shown.push(Shown::Every(scope.relations.len()));
        scope.relations.push(relation);
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the place of a factor in its query"
    )]
    fn table_factor(
        &mut self,
        table: &'a TableRef,
        factor: &'a Factor,
        join: Option<&'a Join>,
        env: &Env,
        query: QueryId,
        block: BlockId,
        alone: bool,
    ) -> Result<Made, ResolveError> {
        let mut end = factor.core.end;
        let mut temporal = None;
        if let Some(Clause { keyword, condition }) = &factor.as_of {
            let mut reads = false;
            operands(&condition.expr, &mut |operand| {
                reads |= matches!(operand, Operand::Column(_) | Operand::Query(_))
            })
            .map_err(at(condition.span))?;
            if reads {
                let on = join.and_then(on_clause);
                temporal = Some(TemporalJoin {
                    kind: join.map_or(JoinKind::Cross, |j| j.kind),
                    on: on.map(|c| c.condition.span),
                    snapshot: Some(keyword.to(condition.span)),
                    keys: on
                        .map(|c| equated_names(&c.condition.expr))
                        .unwrap_or_default(),
                });
            } else {
                end = keyword.to(condition.span).end;
            }
        }
        let place = Place::From(FromPlace {
            alias: factor.alias.as_ref().map(|a| AliasPlace {
                name: a.name.value.clone(),
                columns: !a.columns.is_empty(),
            }),
            end,
            temporal,
            pattern: factor.match_recognize.is_some() || factor.unpivot.is_some(),
            sample: factor.sample.is_some(),
            alone,
        });
        let (columns, relation) = self.table(table, place, query, env, Some(block))?;
        if relation.is_none()
            && let Some(used) = self.out.ctes.last_mut()
        {
            if let Some(alias) = &factor.alias {
                used.alias.clone_from(&alias.name.value);
            }
            used.on = join.and_then(on_clause).map(|c| c.condition.span);
            used.join = join.map(|j| j.kind);
        }
        let name = table
            .name
            .parts
            .last()
            .map(|p| p.value.clone())
            .unwrap_or_default();
        let path = relation
            .and_then(|r| self.out.relations.get(r))
            .map(|r| r.found.name.clone());
        Ok(Made {
            through: None,
            columns,
            relation,
            path,
            name,
        })
    }

    /// Looks a table or view up and records the reference.
    pub(super) fn relation(
        &mut self,
        table: &'a TableRef,
        place: Place,
        query: QueryId,
        block: Option<BlockId>,
    ) -> Result<(Columns, Option<usize>), ResolveError> {
        let found = self.find(&table.name)?;
        let view = match &found.object {
            Some(Object::View(view)) => Some(self.view(&found.name, view, table.name.span)?),
            Some(Object::SessionView(made)) => {
                Some(self.view(&found.name, &made.view, table.name.span)?)
            }
            Some(Object::Table(_)) | None => None,
        };
        let id = self.out.relations.len();
        let relation = Relation {
            found,
            name: table.name.span,
            name_parts: table.name.parts.len(),
            span: table.span,
            options: options(table),
            place,
            query,
            block,
            view,
        };
        let scope_columns = match relation.columns() {
            Some(list) => Columns::closed(
                list.iter()
                    .map(|c| OutColumn {
                        name: c.name.clone(),
                        data_type: c.data_type.clone(),
                    })
                    .collect(),
            ),
            None => Columns::unknown(),
        };
        self.out.relations.push(relation);
        let meaning = TableMeaning::Relation(id);
        self.out.bindings.refer(table.name.span.start, meaning);
        Ok((scope_columns, Some(id)))
    }

    fn function(
        &mut self,
        function: &'a TableFunction,
        scope: &Scope<'_>,
        env: &Env,
        query: QueryId,
        block: BlockId,
    ) -> Result<(Columns, Option<usize>), ResolveError> {
        let window = is_window_function(function);
        let mut through = None;
        let last = function.name.parts.last();
        let named = last.map(|part| (part.value.clone(), function.name.span));
        self.out.functions.extend(named);
        let mut input = None;
        let mut arguments = Scope::default();
        for argument in &function.arguments {
            match &argument.value {
                ArgumentValue::Scalar(value) => self.scalar(value, scope, env, Some(block))?,
                ArgumentValue::Table(table) => {
                    let start = table.span.start;
                    let (columns, relation) = match &table.source {
                        TableArgumentSource::Table(table) => {
                            self.table(table, Place::Argument, query, env, Some(block))?
                        }
                        TableArgumentSource::Query(id, _) => {
                            (self.query(*id, env, scope.parent, Some(block))?, None)
                        }
                    };
                    if window {
                        through = relation;
                    } else {
                        // What other functions make of their rows nobody knows.
                        self.passes(relation, &columns, table.span);
                    }
                    let mut inner = scope.child();
                    let node = Node::Argument(start);
                    self.shape(node, &columns);
                    let relation = ScopeRelation {
                        alias: String::new(),
                        path: None,
                        columns: columns.clone(),
                        relation,
                        through: None,
                        qualified_only: false,
                        node,
                    };
                    arguments.relations.push(relation.clone());
                    inner.relations.push(relation);
                    for key in table
                        .partition_by
                        .iter()
                        .chain(table.order_by.iter().map(|OrderItem { key }| key))
                    {
                        self.scalar(key, &inner, env, Some(block))?;
                    }
                    input = Some(columns);
                }
                // Names of the table argument's columns, of a model, of nothing: they read no table.
                ArgumentValue::Descriptor(_)
                | ArgumentValue::Model(_)
                | ArgumentValue::Default(_) => {}
            }
        }
        self.descriptors(function, &arguments);
        let columns = match input {
            Some(input) if window => {
                let bound = |name: &str| OutColumn {
                    name: name.to_owned(),
                    data_type: Some(DataType {
                        kind: TypeKind::Timestamp(3),
                        nullable: false,
                    }),
                };
                let mut list = input.list.to_vec();
                list.extend(["window_start", "window_end", "window_time"].map(bound));
                Columns::new(list.into(), input.open)
            }
            _ => Columns::unknown(),
        };
        Ok((columns, through))
    }

    /// Notes for lineage what the names of DESCRIPTOR mean. One that means nothing is not refused: of many functions nobody knows what it does.
    fn descriptors(&mut self, function: &TableFunction, arguments: &Scope<'_>) {
        for argument in &function.arguments {
            if let ArgumentValue::Descriptor(names) = &argument.value {
                for name in names {
                    let path = Path::of_idents(&name.parts);
                    if let Binding::Column(bound) = self.bind(&path, arguments) {
                        self.passed(bound, &path);
                    }
                }
            }
        }
    }

    /// `MATCH_RECOGNIZE`: pattern variables are qualifiers of the input's columns inside; outside there are the partition columns and measures.
    fn pattern(
        &mut self,
        pattern: &'a MatchRecognize,
        input: Made,
        outer: &Scope<'_>,
        env: &Env,
        block: BlockId,
    ) -> Result<Columns, ResolveError> {
        let mut scope = Scope {
            parent: outer.parent,
            ..Scope::default()
        };
        let node = Node::Pattern(pattern.span.start);
        self.shape(node, &input.columns);
        let relation = |alias: &str, qualified_only| ScopeRelation {
            alias: alias.to_owned(),
            path: None,
            columns: input.columns.clone(),
            relation: input.relation,
            through: input.through,
            qualified_only,
            node,
        };
        scope.relations.push(relation(&input.name, false));
        scope
            .relations
            .extend(pattern.variables.iter().map(|v| relation(v, true)));
        let mut columns = Vec::new();
        for key in &pattern.partition_by {
            self.scalar(key, &scope, env, Some(block))?;
            if let Expr::Identifier(name) = &key.expr
                && let Some(column) = input.columns.list.iter().find(|c| c.name == name.value)
            {
                columns.push(column.clone());
                self.out.bindings.show(key.span.start);
            }
        }
        let keys = pattern.order_by.iter().map(|OrderItem { key }| key);
        let conditions = pattern.defines.iter().map(|(_, condition)| condition);
        for operand in keys.chain(conditions).chain(&pattern.within) {
            self.scalar(operand, &scope, env, Some(block))?;
        }
        if pattern.all_rows {
            let relation = input.relation.or(input.through);
            self.passes(relation, &input.columns, pattern.span);
            columns.extend(input.columns.list.iter().cloned());
        }
        for (value, name) in &pattern.measures {
            self.scalar(value, &scope, env, Some(block))?;
            columns.push(OutColumn {
                name: name.value.clone(),
                data_type: crate::syntax::cast_type(&value.expr),
            });
        }
        Ok(Columns::new(columns.into(), input.columns.open))
    }

    fn unpivot(&mut self, unpivot: &'a Unpivot, input: Made) -> Columns {
        let folded: Vec<&str> = unpivot
            .columns
            .iter()
            .flatten()
            .map(|c| c.value.as_str())
            .collect();
        let node = Node::Pattern(unpivot.span.start);
        self.shape(node, &input.columns);
        for column in unpivot.columns.iter().flatten() {
            let meant = ColumnRef {
                node,
                column: input.columns.position(&column.value),
                whole: true,
            };
            self.out.bindings.bind(column.span.start, vec![meant]);
        }
        self.passes(
            input.relation.or(input.through),
            &input.columns,
            unpivot.span,
        );
        if let Some(relation) = input.relation {
            for column in unpivot.columns.iter().flatten() {
                let path = Path::of_idents(std::slice::from_ref(column));
                self.out.uses.push(super::ColumnUse {
                    relation,
                    column: column.value.clone(),
                    span: path.span(),
                    item: false,
                });
            }
        }
        let mut list: Vec<OutColumn> = input
            .columns
            .list
            .iter()
            .filter(|c| !folded.contains(&c.name.as_str()))
            .cloned()
            .collect();
        list.extend(
            unpivot
                .names
                .iter()
                .chain(&unpivot.values)
                .map(|n| OutColumn {
                    name: n.value.clone(),
                    data_type: None,
                }),
        );
        Columns::new(list.into(), input.columns.open)
    }
}

/// One side of a join.
struct Side<'s> {
    relations: &'s [ScopeRelation],
    joined: &'s [(String, ColumnRef)],
}

impl Side<'_> {
    /// The columns of this name: the merged one where there is one, those of relations that list it, else those that may have it.
    fn named(&self, name: &str) -> Vec<ColumnRef> {
        let mut merged = self
            .joined
            .iter()
            .rev()
            .filter(|(joined, _)| joined == name);
        if let Some((_, column)) = merged.next() {
            return vec![*column];
        }
        let listed = self.relations.iter().filter_map(|r| {
            let column = r.columns.position(name)?;
            Some(ColumnRef {
                node: r.node,
                column: Some(column),
                whole: true,
            })
        });
        let listed: Vec<ColumnRef> = listed.collect();
        if listed.is_empty() {
            self.unlisted()
        } else {
            listed
        }
    }

    fn unlisted(&self) -> Vec<ColumnRef> {
        let open = self.relations.iter();
        open.filter_map(ScopeRelation::unlisted).collect()
    }

    fn is_open(&self) -> bool {
        self.relations.iter().any(|r| r.columns.open)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let columns = self.relations.iter().flat_map(|r| r.columns.list.iter());
        columns.map(|c| c.name.as_str())
    }
}

/// The names that NATURAL merges, or may merge.
fn common_names<'s>(left: &Side<'s>, right: &Side<'s>) -> Vec<&'s str> {
    let mut names: Vec<&str> = Vec::new();
    for (side, other) in [(left, right), (right, left)] {
        let has: HashSet<&str> = other.names().collect();
        for name in side.relations.iter().flat_map(|r| r.columns.list.iter()) {
            let name = name.name.as_str();
            if (other.is_open() || has.contains(name)) && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Whether a function is one of the windows: its name is a single one of theirs, in any letters.
#[must_use]
pub fn is_window_function(function: &TableFunction) -> bool {
    match function.name.parts.as_slice() {
        [only] => WINDOW_FUNCTIONS
            .iter()
            .any(|w| w.eq_ignore_ascii_case(&only.value)),
        _ => false,
    }
}

fn on_clause(join: &Join) -> Option<&Clause> {
    match &join.constraint {
        JoinConstraint::On(clause) => Some(clause),
        JoinConstraint::None | JoinConstraint::Using(_) => None,
    }
}

/// The names that stand alone on a side of an `=` which is a top-level conjunct.
fn equated_names(condition: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    let mut conjuncts = vec![condition];
    while let Some(expr) = conjuncts.pop() {
        match expr {
            Expr::Nested(inner) => conjuncts.push(inner),
            Expr::BinaryOp {
                left,
                op: BinaryOperator::And,
                right,
            } => conjuncts.extend([&**left, &**right]),
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Eq,
                right,
            } => {
                for side in [left, right] {
                    match &**side {
                        Expr::Identifier(name) => names.push(name.value.clone()),
                        Expr::CompoundIdentifier(parts) => {
                            names.extend(parts.last().map(|p| p.value.clone()))
                        }
                        // A computed side is no lookup key: Flink looks up by plain columns.
                        _ => {}
                    }
                }
            }
            // Other conditions are checked after the lookup.
            _ => {}
        }
    }
    names
}
