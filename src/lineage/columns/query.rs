//! Queries: set operations by position, SELECT blocks, VALUES.

use std::rc::Rc;

use sqlparser::ast::{Expr, Value};

use super::super::{Indirect, Relationship};
use super::deps::{Deps, Frame, ROWS, SAME, Set, none, read};
use super::fold::Fold;
use crate::resolve::Node;
use crate::syntax::Span;
use crate::syntax::ast::{OrderItem, Query, QueryId, Select, SelectItem, SetOpKind, Term, Values};

const FILTER: Relationship = Relationship::Indirect(Indirect::Filter);
const GROUP_BY: Relationship = Relationship::Indirect(Indirect::GroupBy);
const SORT: Relationship = Relationship::Indirect(Indirect::Sort);

/// What decides which rows a query has, in the making.
#[derive(Default)]
pub(super) struct Rows {
    /// JOIN, FILTER, GROUP_BY, SORT.
    pub whole: Set,
    /// The operands of UNNEST and of table functions.
    pub made: Set,
}

impl Rows {
    /// What decides the rows of an input decides those of the output.
    pub(super) fn of(&mut self, input: &Frame) {
        self.whole.keep(&input.whole);
        self.made.keep(&input.rows);
    }
}

impl<'a> Fold<'a> {
    /// The rows of a query. Each is folded once: those of common table expressions where they are written, before anybody refers to them.
    pub(super) fn query(&mut self, id: QueryId) -> Frame {
        let index = id.0 as usize;
        if let Some(Some(done)) = self.done.get(index) {
            return done.clone();
        }
        let Some(query) = self.queries.get(id) else {
            return self.unknown();
        };
        for cte in &query.ctes {
            self.query(cte.query);
        }
        let frame = self.body(query, id);
        if let Some(slot) = self.done.get_mut(index) {
            *slot = Some(frame.clone());
        }
        frame
    }

    fn body(&mut self, query: &'a Query, id: QueryId) -> Frame {
        let mut frame = match (&query.body.first, query.body.rest.as_slice()) {
            // ORDER BY of a lone SELECT sees its tables.
            (Term::Select(select), []) => self.select(select, &query.order_by),
            (term, []) => {
                let frame = self.term(term);
                self.sorted(query, id, frame)
            }
            _ => {
                let frame = self.set_operation(query);
                self.sorted(query, id, frame)
            }
        };
        let mut whole = Set::default();
        for bound in &query.bounds {
            self.scalar(bound, FILTER, bound.span, &mut whole);
        }
        let bounds = whole.finish();
        if !bounds.is_empty() {
            frame.whole = joined(&frame.whole, &bounds);
        }
        frame
    }

    /// The ORDER BY of what is not a lone SELECT: it sees the output.
    fn sorted(&mut self, query: &'a Query, id: QueryId, frame: Frame) -> Frame {
        if query.order_by.is_empty() {
            return frame;
        }
        let mut frame = self.keep(Node::Query(id.0), frame);
        let mut whole = Set::default();
        whole.keep(&frame.whole);
        self.sort(&query.order_by, &frame, &mut whole);
        frame.whole = whole.finish();
        frame
    }

    /// Adds what ORDER BY reads; a number is a column of the output.
    fn sort(&mut self, keys: &'a [OrderItem], output: &Frame, whole: &mut Set) {
        for OrderItem { key } in keys {
            match ordinal(&key.expr) {
                Some(number) => match number.checked_sub(1).and_then(|i| output.columns.get(i)) {
                    Some(deps) if output.rest.is_none() => whole.read(deps, SORT, key.span),
                    Some(_) | None => whole.read(&output.everything(), SORT, key.span),
                },
                None => self.scalar(key, SORT, key.span, whole),
            }
        }
    }

    /// INTERSECT binds closer than UNION and EXCEPT. What is taken away by EXCEPT decides which rows there are; all else is in the output.
    fn set_operation(&mut self, query: &'a Query) -> Frame {
        let first = self.term(&query.body.first);
        let mut rows = Rows::default();
        rows.of(&first);
        let mut shown = Vec::with_capacity(query.body.rest.len());
        let mut taken_away = false;
        let mut compared = Set::default();
        let mut before = vec![first.clone()];
        for (op, term) in &query.body.rest {
            let frame = self.term(term);
            rows.of(&frame);
            // Which rows are the same, and which are on either side.
            let compares = match op.kind {
                SetOpKind::Union => !op.all,
                SetOpKind::Except | SetOpKind::Intersect => true,
            };
            before.push(frame.clone());
            if compares {
                for frame in before.drain(..) {
                    for deps in frame.columns.iter().chain(&frame.rest) {
                        compared.read(deps, ROWS, query.span);
                    }
                }
            }
            match op.kind {
                SetOpKind::Union => taken_away = false,
                SetOpKind::Except => taken_away = true,
                // With the term before it.
                SetOpKind::Intersect => {}
            }
            if taken_away {
                for deps in frame.columns.iter().chain(&frame.rest) {
                    rows.whole.read(deps, FILTER, span(term, self.queries));
                }
            } else {
                shown.push(frame);
            }
        }
        rows.made.keep(&compared.finish());
        let (columns, rest) = by_position(&first, &shown);
        Frame {
            columns: columns.into(),
            rest,
            whole: rows.whole.finish(),
            rows: rows.made.finish(),
        }
    }

    fn term(&mut self, term: &'a Term) -> Frame {
        match term {
            Term::Select(select) => self.select(select, &[]),
            Term::Query(nested) => self.query(*nested),
            Term::Table(table) => {
                let frame = self.table(table);
                Frame {
                    columns: frame.columns.iter().map(|d| read(d, table.span)).collect(),
                    rest: frame.rest.as_ref().map(|d| read(d, table.span)),
                    ..frame
                }
            }
            Term::Values(values) => self.values(values),
        }
    }

    fn values(&mut self, values: &'a Values) -> Frame {
        let width = values.rows.first().map_or(0, Vec::len);
        let mut columns: Vec<Set> = (0..width).map(|_| Set::default()).collect();
        for row in &values.rows {
            for (value, set) in row.iter().zip(&mut columns) {
                self.scalar(value, SAME, value.span, set);
            }
        }
        Frame::of(columns.into_iter().map(Set::finish).collect())
    }

    fn select(&mut self, select: &'a Select, order_by: &'a [OrderItem]) -> Frame {
        let mut rows = Rows::default();
        for item in &select.from {
            self.from(item, &mut rows);
        }
        let made = std::mem::take(&mut rows.made).finish();
        self.counted.push(Rc::clone(&made));
        self.windows.push(&select.windows);
        let (columns, rest) = self.items(&select.items);
        let output = Frame {
            columns,
            rest,
            whole: none(),
            rows: none(),
        };
        let output = self.keep(Node::Select(select.span.start), output);
        let whole = &mut rows.whole;
        for clause in [&select.selection, &select.having, &select.qualify]
            .into_iter()
            .flatten()
        {
            self.scalar(&clause.condition, FILTER, clause.condition.span, whole);
        }
        for key in select.group_by.iter().flat_map(|g| &g.keys) {
            self.scalar(key, GROUP_BY, key.span, whole);
        }
        if select.distinct {
            for deps in output.columns.iter().chain(&output.rest) {
                whole.read(deps, GROUP_BY, select.items_span);
            }
        }
        self.sort(order_by, &output, whole);
        self.windows.pop();
        self.counted.pop();
        Frame {
            whole: rows.whole.finish(),
            rows: made,
            ..output
        }
    }

    /// The output columns, and what those may be that nobody has listed.
    fn items(&mut self, items: &'a [SelectItem]) -> (Rc<[Deps]>, Option<Deps>) {
        let mut columns: Vec<Deps> = Vec::with_capacity(items.len());
        let mut rest: Option<Set> = None;
        for item in items {
            match item {
                SelectItem::Expr { value, span, .. } => {
                    let lone = match &value.expr {
                        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                            self.lone(value.span.start, *span)
                        }
                        _ => None,
                    };
                    columns.push(lone.unwrap_or_else(|| {
                        let mut set = Set::default();
                        self.scalar(value, SAME, *span, &mut set);
                        self.called(&value.expr, *span, set.finish())
                    }));
                }
                SelectItem::Wildcard(span) | SelectItem::QualifiedWildcard { span, .. } => {
                    let (listed, others) = self.star(span.start, *span);
                    columns.extend(listed);
                    if let Some(others) = others {
                        rest.get_or_insert_default().keep(&others);
                    }
                }
            }
        }
        (columns.into(), rest.map(Set::finish))
    }
}

/// The columns of a set operation: by position, where the positions are known.
fn by_position(first: &Frame, others: &[Frame]) -> (Vec<Deps>, Option<Deps>) {
    let open = first.rest.is_some() || others.iter().any(|f| f.rest.is_some());
    let everything = open.then(|| {
        let mut set = Set::default();
        for frame in std::iter::once(first).chain(others) {
            set.keep(&frame.everything());
        }
        set.finish()
    });
    if let Some(everything) = everything {
        let columns = first.columns.iter().map(|_| Rc::clone(&everything));
        return (
            columns.collect(),
            first.rest.as_ref().map(|_| Rc::clone(&everything)),
        );
    }
    let columns = first.columns.iter().enumerate().map(|(index, deps)| {
        let mut set = Set::default();
        set.keep(deps);
        for other in others.iter().filter_map(|f| f.columns.get(index)) {
            set.keep(other);
        }
        set.finish()
    });
    (columns.collect(), None)
}

fn joined(one: &Deps, other: &Deps) -> Deps {
    let mut set = Set::default();
    set.keep(one);
    set.keep(other);
    set.finish()
}

/// `ORDER BY 2`.
fn ordinal(key: &Expr) -> Option<usize> {
    match key {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn span(term: &Term, queries: &crate::syntax::ast::Queries) -> Span {
    match term {
        Term::Select(select) => select.span,
        Term::Values(values) => values.span,
        Term::Table(table) => table.span,
        Term::Query(id) => queries.get(*id).map(|q| q.span).unwrap_or_default(),
    }
}
