//! FROM: tables, views and common table expressions, derived tables, functions, patterns, joins.

use std::rc::Rc;

use super::super::{Direct, Form, Indirect, Reduction, Relationship};
use super::deps::{
    ANY, DERIVED, Dep, Deps, Frame, ROWS, SAME, Set, Through, indirectly, none, with_form,
};
use super::fold::Fold;
use super::query::Rows;
use crate::resolve::{Node, TableMeaning, is_window_function};
use crate::syntax::ast::{
    ArgumentValue, Factor, FactorKind, FromItem, Join, JoinConstraint, JoinKind, MatchRecognize,
    OrderItem, StatementKind, TableArgument, TableArgumentSource, TableFunction, TableRef, Unpivot,
};
use crate::syntax::{Span, with_stack};

const JOIN: Relationship = Relationship::Indirect(Indirect::Join);
const FILTER: Relationship = Relationship::Indirect(Indirect::Filter);
const GROUP_BY: Relationship = Relationship::Indirect(Indirect::GroupBy);
const SORT: Relationship = Relationship::Indirect(Indirect::Sort);

impl<'a> Fold<'a> {
    pub(super) fn from(&mut self, item: &'a FromItem, rows: &mut Rows) {
        self.factor(&item.first, rows);
        for join in &item.joins {
            self.factor(&join.right, rows);
            match &join.constraint {
                JoinConstraint::On(clause) => {
                    let at = clause.condition.span;
                    self.scalar(&clause.condition, JOIN, at, &mut rows.whole);
                }
                JoinConstraint::None | JoinConstraint::Using(_) => {}
            }
            self.merged(join, rows);
        }
    }

    /// USING and NATURAL: both sides join; the merged column is that side whose value it always is.
    fn merged(&mut self, join: &'a Join, rows: &mut Rows) {
        let start = join.span.start;
        let merged = self.resolution.bindings.merged(start);
        if merged.is_empty() {
            return;
        }
        let mut columns = Vec::with_capacity(merged.len());
        for column in merged {
            let [left, right] = [&column.left, &column.right].map(|side| {
                let mut set = Set::default();
                for column in side {
                    let (deps, form) = self.column(*column);
                    set.read(&deps, form, Span::default());
                }
                set.finish()
            });
            rows.whole.read(&left, JOIN, join.span);
            rows.whole.read(&right, JOIN, join.span);
            columns.push(match join.kind {
                // Both sides are equal: what hides either hides the column. Also of an outer join: but for rows without a partner.
                JoinKind::Inner | JoinKind::Left | JoinKind::Cross => with_twin(&left, &right),
                JoinKind::Right => with_twin(&right, &left),
                JoinKind::Full => {
                    let mut set = Set::default();
                    set.read(&left, DERIVED, Span::default());
                    set.read(&right, DERIVED, Span::default());
                    set.finish()
                }
            });
        }
        self.keep(Node::Join(start), Frame::of(columns));
    }

    fn factor(&mut self, factor: &'a Factor, rows: &mut Rows) {
        let mut frame = match &factor.kind {
            FactorKind::Table(table) => self.table(table),
            FactorKind::Query(id) => self.query(*id),
            FactorKind::Function(function) => self.function(function),
            FactorKind::Unnest { operands, .. } => {
                let mut set = Set::default();
                for operand in operands {
                    self.scalar(operand, DERIVED, operand.span, &mut set);
                }
                made_of(set.finish(), none())
            }
            FactorKind::Parenthesised(item) => return self.from(item, rows),
        };
        if let Some(clause) = &factor.as_of {
            let at = clause.condition.span;
            self.scalar(&clause.condition, JOIN, at, &mut rows.whole);
        }
        if let Some(pattern) = &factor.match_recognize {
            frame = self.pattern(pattern, frame);
        }
        if let Some(unpivot) = &factor.unpivot {
            frame = self.unpivot(unpivot, frame);
        }
        let names = factor.alias.as_ref().map_or(0, |a| a.columns.len());
        frame = renamed(frame, names);
        rows.of(&frame);
        self.keep(Node::Factor(factor.span.start), frame);
    }

    /// A name in table position.
    pub(super) fn table(&mut self, table: &'a TableRef) -> Frame {
        match self.resolution.bindings.table(table.name.span.start) {
            Some(TableMeaning::Relation(id)) => self.relation(id),
            Some(TableMeaning::Cte { query, names }) => renamed(self.query(query), names as usize),
            None => self.unknown(),
        }
    }

    /// A table, or a view as what its text reads. The text of a view is not the statement's: all of it stands at the view's name.
    pub(super) fn relation(&mut self, id: usize) -> Frame {
        let resolution = self.resolution;
        let Some(relation) = resolution.relations.get(id) else {
            return self.unknown();
        };
        let Some(view) = &relation.view else {
            return self.sources.frame(relation);
        };
        let StatementKind::Query(query) = view.statement.kind else {
            return self.unknown();
        };
        let frame = with_stack(view.text.len(), || {
            Fold::new(&view.statement.queries, &view.resolution, self.sources).query(query)
        });
        renamed(frame.placed(relation.name), view.names.len())
    }

    fn function(&mut self, function: &'a TableFunction) -> Frame {
        let mut tables = Vec::new();
        let mut rows = Rows::default();
        let mut arguments = Set::default();
        let mut keys = Set::default();
        let window = is_window_function(function);
        for argument in &function.arguments {
            match &argument.value {
                ArgumentValue::Scalar(value) => {
                    self.scalar(value, DERIVED, function.span, &mut arguments);
                }
                ArgumentValue::Table(table) => {
                    let frame = self.table_argument(table, function.span, &mut keys);
                    rows.of(&frame);
                    tables.push(frame);
                }
                // Looked at below: they name columns of the tables.
                ArgumentValue::Descriptor(_) => {}
                ArgumentValue::Model(_) | ArgumentValue::Default(_) => {}
            }
        }
        for argument in &function.arguments {
            if let ArgumentValue::Descriptor(names) = &argument.value {
                for name in names {
                    self.name(name.span.start, DERIVED, function.span, &mut arguments);
                }
            }
        }
        match tables.pop() {
            Some(input) if window => {
                window_columns(input, rows, &arguments.finish(), &keys.finish())
            }
            last => {
                // Every argument to every output: what the function does nobody knows.
                for frame in tables.iter().chain(&last) {
                    arguments.read(&frame.everything(), DERIVED, function.span);
                }
                arguments.keep(&keys.finish());
                let made = arguments.finish();
                rows.made.keep(&made);
                Frame {
                    rows: rows.made.finish(),
                    ..made_of(made, rows.whole.finish())
                }
            }
        }
    }

    fn table_argument(&mut self, table: &'a TableArgument, at: Span, keys: &mut Set) -> Frame {
        let frame = match &table.source {
            TableArgumentSource::Table(table) => self.table(table),
            TableArgumentSource::Query(id, _) => self.query(*id),
        };
        let frame = self.keep(Node::Argument(table.span.start), frame);
        let order = table.order_by.iter().map(|OrderItem { key }| key);
        for key in table.partition_by.iter().chain(order) {
            self.scalar(key, DERIVED, at, keys);
        }
        frame
    }

    /// MATCH_RECOGNIZE: outside there are the partition keys and the measures, and with ALL ROWS the input's columns.
    fn pattern(&mut self, pattern: &'a MatchRecognize, input: Frame) -> Frame {
        let input = self.keep(Node::Pattern(pattern.span.start), input);
        let around = self.pattern.replace(pattern);
        let mut rows = Rows::default();
        rows.of(&input);
        let mut columns = Vec::new();
        for key in &pattern.partition_by {
            self.scalar(key, GROUP_BY, key.span, &mut rows.whole);
            if self.resolution.bindings.is_shown(key.span.start) {
                let mut set = Set::default();
                self.scalar(key, SAME, key.span, &mut set);
                columns.push(set.finish());
            }
        }
        for OrderItem { key } in &pattern.order_by {
            self.scalar(key, SORT, key.span, &mut rows.whole);
        }
        let conditions = pattern.defines.iter().map(|(_, condition)| condition);
        for condition in conditions.chain(&pattern.within) {
            self.scalar(condition, FILTER, condition.span, &mut rows.whole);
        }
        if pattern.all_rows {
            columns.extend(input.columns.iter().cloned());
        }
        self.counted.push(Rc::clone(&input.rows));
        for (value, _) in &pattern.measures {
            let mut set = Set::default();
            // `X.c` is the value of one row of several: handed on.
            self.scalar(value, with_form(Form::Picked), value.span, &mut set);
            columns.push(set.finish());
        }
        self.counted.pop();
        self.pattern = around;
        Frame {
            columns: columns.into(),
            rest: input.rest,
            whole: rows.whole.finish(),
            rows: rows.made.finish(),
        }
    }

    /// UNPIVOT: a row for each group of columns. The names are constants; by default a group of NULLs makes no row.
    fn unpivot(&mut self, unpivot: &'a Unpivot, input: Frame) -> Frame {
        let input = self.keep(Node::Pattern(unpivot.span.start), input);
        let mut rows = Rows::default();
        rows.of(&input);
        let mut values: Vec<Set> = unpivot.values.iter().map(|_| Set::default()).collect();
        let mut folded = Vec::new();
        for group in &unpivot.columns {
            for (index, name) in group.iter().enumerate() {
                let start = name.span.start;
                let meant = self.resolution.bindings.name(start).unwrap_or_default();
                folded.extend(meant.iter().filter_map(|c| c.column));
                self.name(start, FILTER, unpivot.span, &mut rows.whole);
                if let Some(value) = values.get_mut(index) {
                    self.name(start, SAME, unpivot.span, value);
                }
            }
        }
        let kept = input.columns.iter().zip(0..ANY);
        let kept = kept.filter(|(_, index)| !folded.contains(index));
        let mut columns: Vec<Deps> = kept.map(|(deps, _)| Rc::clone(deps)).collect();
        columns.extend(unpivot.names.iter().map(|_| none()));
        columns.extend(values.into_iter().map(Set::finish));
        Frame {
            columns: columns.into(),
            rest: input.rest,
            whole: rows.whole.finish(),
            rows: rows.made.finish(),
        }
    }
}

/// Rows whose columns nobody has listed, each made of all of `deps`.
fn made_of(deps: Deps, whole: Deps) -> Frame {
    Frame {
        columns: Rc::from([]),
        rest: Some(Rc::clone(&deps)),
        whole,
        rows: deps,
    }
}

/// A merged column, taken from the one side and equal to the other, where that has a row.
fn with_twin(shown: &Deps, twin: &Deps) -> Deps {
    let mut set = Set::default();
    set.keep(shown);
    for dep in twin.iter() {
        let relationship = match dep.relationship {
            Relationship::Direct(Direct {
                reduction: Reduction::Counted,
                ..
            }) => ROWS,
            Relationship::Direct(_) => Relationship::Indirect(Indirect::Twin),
            Relationship::Indirect(indirect) => Relationship::Indirect(match indirect {
                Indirect::Twin => Indirect::Twin,
                Indirect::Conditional | Indirect::Count => Indirect::Count,
                Indirect::Window
                | Indirect::Join
                | Indirect::Filter
                | Indirect::GroupBy
                | Indirect::Sort
                | Indirect::Rows => Indirect::Rows,
            }),
        };
        set.push(Dep {
            relationship,
            through: Through::Nothing,
            ..*dep
        });
    }
    set.finish()
}

/// A window function hands its input on, with the bounds of the window. The keys of SESSION decide where a window ends.
fn window_columns(input: Frame, rows: Rows, arguments: &Deps, keys: &Deps) -> Frame {
    let mut bound = Set::default();
    bound.keep(arguments);
    bound.read(keys, indirectly(SAME, Indirect::Window), Span::default());
    let bound = bound.finish();
    let bounds = (0..3).map(|_| Rc::clone(&bound));
    Frame {
        columns: input.columns.iter().cloned().chain(bounds).collect(),
        rest: input.rest,
        whole: rows.whole.finish(),
        rows: rows.made.finish(),
    }
}

/// Columns under other names. Where not all are known, a list of names says how many there are, and not which is which.
fn renamed(frame: Frame, names: usize) -> Frame {
    if names == 0 || (frame.rest.is_none() && frame.columns.len() == names) {
        frame
    } else {
        frame.blurred(names, false)
    }
}
