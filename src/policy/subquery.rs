//! Subqueries of policy expressions: which tables they read, and which of their names may mean the protected table.
//!
//! They run as the system, so what they read must not depend on the submitter's session: every table is named by three parts, which neither a
//! CTE nor a `USE` of the submitter can capture (ATTACKS B3). Of Flink's relations only plain tables, CTEs, derived tables and joins are read.

use std::collections::HashSet;

use super::condition::{Inner, Problem, Scope, Walk};
use crate::catalog::TableName;
use crate::syntax::ast::{
    Factor, FactorKind, FromItem, JoinConstraint, Query, QueryId, Scalar, Select, SelectItem,
    TableRef, Term,
};

/// Walks a query that stands in `outer`.
pub(super) fn walk(walk: &mut Walk<'_>, id: QueryId, outer: &Scope) -> Result<(), Problem> {
    let Some(query) = walk.queries().get(id) else {
        return Err(Problem::new("filter-syntax", "a subquery was lost", None));
    };
    let mut scope = match outer {
        Scope::Table => Inner::default(),
        Scope::Subquery(inner) => inner.clone(),
    };
    for cte in &query.ctes {
        // A CTE sees those before it, and not itself: its own name inside would be a table of the session.
        self::walk(walk, cte.query, &Scope::Subquery(scope.clone()))?;
        scope.ctes.insert(cte.name.value.clone());
    }
    // One scope for all terms of a set operation: a name that is a relation in one of them is left as it stands in all.
    for term in terms(query) {
        if let Term::Select(select) = term {
            for item in &select.from {
                from_names(item, &mut scope.relations);
            }
        }
    }
    let scope = Scope::Subquery(scope);
    for term in terms(query) {
        walk_term(walk, term, &scope)?;
    }
    for item in &query.order_by {
        scalar(walk, &item.key, &scope)?;
    }
    scalars(walk, &query.bounds, &scope)
}

fn terms(query: &Query) -> impl Iterator<Item = &Term> {
    let rest = query.body.rest.iter().map(|(_, term)| term);
    std::iter::once(&query.body.first).chain(rest)
}

fn walk_term(walk: &mut Walk<'_>, term: &Term, scope: &Scope) -> Result<(), Problem> {
    match term {
        Term::Select(select) => walk_select(walk, select, scope),
        Term::Values(values) => values
            .rows
            .iter()
            .try_for_each(|row| scalars(walk, row, scope)),
        Term::Table(table) => read(walk, table, scope),
        Term::Query(id) => self::walk(walk, *id, scope),
    }
}

fn walk_select(walk: &mut Walk<'_>, select: &Select, scope: &Scope) -> Result<(), Problem> {
    if !select.hints.is_empty() {
        return Err(unsupported("a hint", select.span.start));
    }
    if !select.windows.is_empty() || select.qualify.is_some() {
        return Err(unsupported("WINDOW or QUALIFY", select.span.start));
    }
    for item in &select.items {
        match item {
            SelectItem::Expr { value, .. } => scalar(walk, value, scope)?,
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard { .. } => {}
        }
    }
    for item in &select.from {
        walk_from(walk, item, scope)?;
    }
    let clauses = [&select.selection, &select.having];
    for clause in clauses.into_iter().flatten() {
        scalar(walk, &clause.condition, scope)?;
    }
    match &select.group_by {
        Some(group_by) => scalars(walk, &group_by.keys, scope),
        None => Ok(()),
    }
}

fn walk_from(walk: &mut Walk<'_>, item: &FromItem, scope: &Scope) -> Result<(), Problem> {
    walk_factor(walk, &item.first, scope)?;
    for join in &item.joins {
        walk_factor(walk, &join.right, scope)?;
        match &join.constraint {
            JoinConstraint::On(clause) => scalar(walk, &clause.condition, scope)?,
            JoinConstraint::None | JoinConstraint::Using(_) => {}
        }
    }
    Ok(())
}

fn walk_factor(walk: &mut Walk<'_>, factor: &Factor, scope: &Scope) -> Result<(), Problem> {
    if factor.as_of.is_some()
        || factor.match_recognize.is_some()
        || factor.unpivot.is_some()
        || factor.sample.is_some()
    {
        return Err(unsupported("this relation", factor.span.start));
    }
    match &factor.kind {
        FactorKind::Table(table) => read(walk, table, scope),
        FactorKind::Query(id) => self::walk(walk, *id, scope),
        FactorKind::Parenthesised(item) => walk_from(walk, item, scope),
        FactorKind::Function(_) | FactorKind::Unnest { .. } => {
            Err(unsupported("a table function", factor.span.start))
        }
    }
}

fn read(walk: &mut Walk<'_>, table: &TableRef, scope: &Scope) -> Result<(), Problem> {
    if !table.hints.is_empty() {
        return Err(unsupported("a hint", table.span.start));
    }
    let parts: Vec<&str> = table.name.parts.iter().map(|p| p.value.as_str()).collect();
    match (parts.as_slice(), scope) {
        ([catalog, database, name], _) => {
            walk.tables.push(TableName::new(*catalog, *database, *name));
            Ok(())
        }
        ([name], Scope::Subquery(inner)) if inner.ctes.contains(*name) => Ok(()),
        _ => Err(Problem::new(
            "subquery-table",
            "name a table in a policy by catalog, database and table: shorter names depend on the submitter's session",
            Some(table.name.span.start as usize),
        )),
    }
}

/// The names by which the columns of a FROM item can be qualified.
fn from_names(item: &FromItem, into: &mut HashSet<String>) {
    let joined = item.joins.iter().map(|join| &join.right);
    for factor in std::iter::once(&item.first).chain(joined) {
        match (&factor.alias, &factor.kind) {
            (Some(alias), _) => {
                into.insert(alias.name.value.clone());
            }
            (None, FactorKind::Table(table)) => {
                into.extend(table.name.parts.last().map(|part| part.value.clone()));
            }
            (None, FactorKind::Parenthesised(inner)) => from_names(inner, into),
            (None, FactorKind::Query(_) | FactorKind::Function(_) | FactorKind::Unnest { .. }) => {}
        }
    }
}

fn scalars(walk: &mut Walk<'_>, scalars: &[Scalar], scope: &Scope) -> Result<(), Problem> {
    scalars
        .iter()
        .try_for_each(|item| scalar(walk, item, scope))
}

fn scalar(walk: &mut Walk<'_>, scalar: &Scalar, scope: &Scope) -> Result<(), Problem> {
    walk.scalar(&scalar.expr, scope)
}

fn unsupported(what: &str, at: u32) -> Problem {
    Problem::new(
        "unsupported-in-policy",
        format!("{what} is not supported in a subquery of a policy"),
        Some(at as usize),
    )
}
