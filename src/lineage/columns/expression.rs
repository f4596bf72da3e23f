//! Scalar expressions: what each operand is to the value.
//!
//! The walk carries its context down: the relationship that an operand has to the value of the whole. It keeps its own stack, so a chain of
//! twenty thousand ANDs costs no call depth. Every node that is not named here hands its operands on as `Derived`: `syntax::step` is the
//! closed list, and refuses what it does not know.

use std::rc::Rc;

use sqlparser::ast::{CastKind, Expr, Function, Ident, WindowType};

use super::super::{Direct, Form, Indirect, Reduction, Relationship};
use super::deps::{DERIVED, Set, indirectly, then, with_form};
use super::fold::Fold;
use super::function::{Class, answers_order, class};
use crate::resolve::StarPart;
use crate::syntax::ast::{NamedWindow, QueryId, QueryRole, Scalar, SetOpKind};
use crate::syntax::{CallPart, Operand, Span, call_parts, ident_span, step};

impl<'a> Fold<'a> {
    /// Adds all that `scalar` reads.
    pub(super) fn scalar(
        &mut self,
        scalar: &'a Scalar,
        how: Relationship,
        at: Span,
        set: &mut Set,
    ) {
        self.expression(&scalar.expr, how, at, set);
    }

    /// Adds all that `root` reads, as operands of a value that `how` is made of it.
    pub(super) fn expression(
        &mut self,
        root: &'a Expr,
        how: Relationship,
        at: Span,
        set: &mut Set,
    ) {
        let mut todo: Vec<(&'a Expr, Relationship)> = vec![(root, how)];
        let mut below = Vec::new();
        let mut operands = Vec::new();
        while let Some((expr, how)) = todo.pop() {
            match expr {
                Expr::Nested(inner) => todo.push((inner, how)),
                // TRY_CAST of what does not fit is NULL, which can be counted: an expression.
                Expr::Cast {
                    expr,
                    kind: CastKind::Cast | CastKind::DoubleColon,
                    ..
                } => todo.push((expr, then(with_form(Form::Cast), how))),
                Expr::Case {
                    operand,
                    conditions,
                    else_result,
                    ..
                } => {
                    let condition = indirectly(how, Indirect::Conditional);
                    let value = then(DERIVED, how);
                    todo.extend(operand.as_deref().map(|e| (e, condition)));
                    todo.extend(else_result.as_deref().map(|e| (e, value)));
                    for when in conditions {
                        todo.extend([(&when.condition, condition), (&when.result, value)]);
                    }
                }
                Expr::Function(function) => self.call(function, how, at, &mut todo, set),
                _ => {
                    let known = step(expr, &mut below, &mut |operand| operands.push(operand));
                    if known.is_err() {
                        self.anything(how, at, set);
                    }
                    todo.extend(below.drain(..).map(|e| (e, then(DERIVED, how))));
                    for operand in operands.drain(..) {
                        self.operand(operand, how, at, set);
                    }
                }
            }
        }
    }

    fn operand(&mut self, operand: Operand<'a>, how: Relationship, at: Span, set: &mut Set) {
        match operand {
            Operand::Column(parts) => self.name(start(parts), how, at, set),
            Operand::Query(id) => self.nested(id, how, at, set),
            Operand::Wildcard(parts) => self.star_operand(parts_start(parts), how, at, set),
            // A call is looked at before; a variable is a constant of whoever expands it.
            Operand::Call(_) | Operand::Variable(..) => {}
        }
    }

    /// `t.*` or `*` as an argument: every column of it. A bare star has no place of its own.
    fn star_operand(&mut self, start: Option<u32>, how: Relationship, at: Span, set: &mut Set) {
        let how = then(DERIVED, how);
        let Some(start) = start else {
            return self.anything(how, at, set);
        };
        match self.resolution.bindings.star(start) {
            Some(parts) => {
                for part in parts {
                    match part {
                        StarPart::Every(node) => match self.frames.get(node) {
                            Some(frame) => set.read(&frame.everything(), how, at),
                            None => self.anything(how, at, set),
                        },
                        StarPart::One(_) | StarPart::Fields(..) | StarPart::Open(_) => {
                            self.anything(how, at, set)
                        }
                    }
                }
            }
            // `r.*` of a ROW column.
            None => self.name(start, how, at, set),
        }
    }

    /// A query in an expression. What decides its rows decides the value: it is this value's condition.
    fn nested(&mut self, id: QueryId, how: Relationship, at: Span, set: &mut Set) {
        let frame = self.query(id);
        let condition = indirectly(how, Indirect::Conditional);
        set.read(&frame.whole, condition, at);
        set.read(&frame.rows, condition, at);
        let query = self.queries.get(id);
        let values = match query.map(|q| q.role) {
            // Which columns it has says nothing about whether it has rows, but in a comparison of rows.
            Some(QueryRole::Exists) => {
                let mut operators = query.into_iter().flat_map(|q| &q.body.rest);
                let compares = operators.any(|(op, _)| match op.kind {
                    SetOpKind::Intersect | SetOpKind::Except => true,
                    SetOpKind::Union => false,
                });
                compares.then_some(condition)
            }
            Some(
                QueryRole::Statement
                | QueryRole::Cte
                | QueryRole::Derived
                | QueryRole::Term
                | QueryRole::Scalar
                | QueryRole::BareTable
                | QueryRole::In
                | QueryRole::TableArgument,
            )
            | None => Some(how),
        };
        if let Some(how) = values {
            for deps in frame.columns.iter().chain(&frame.rest) {
                set.read(deps, how, at);
            }
        }
    }

    fn call(
        &mut self,
        function: &'a Function,
        how: Relationship,
        at: Span,
        todo: &mut Vec<(&'a Expr, Relationship)>,
        set: &mut Set,
    ) {
        let class = class(function, self.pattern.is_some());
        let (condition, window) = (
            indirectly(how, Indirect::Conditional),
            indirectly(how, Indirect::Window),
        );
        let value = then(made_of(class), how);
        let ordered = match class {
            Class::Aggregate(..) if !answers_order(function) => window,
            _ => value,
        };
        let mut stars = Vec::new();
        let known = call_parts(function, &mut |part| match part {
            CallPart::Argument(index, expr) => {
                let is_condition = matches!((class, index), (Class::If, 0) | (Class::NullIf, 1));
                todo.push((expr, if is_condition { condition } else { value }));
            }
            CallPart::Star(parts) => stars.push(parts),
            CallPart::Order(expr) => todo.push((expr, ordered)),
            CallPart::Filter(expr) => todo.push((expr, condition)),
            CallPart::Window(expr) => todo.push((expr, window)),
        });
        if known.is_err() {
            self.anything(how, at, set);
        }
        for parts in stars {
            // `COUNT(*)` counts rows and reads no column.
            if !(parts.is_empty() && matches!(class, Class::Aggregate(_, Reduction::Counted))) {
                self.star_operand(parts_start(parts), value, at, set);
            }
        }
        self.counts(class, how, at, set);
        if class == Class::RowTime
            && let Some(key) = self.pattern.and_then(|p| p.order_by.first())
        {
            todo.push((&key.key.expr, value));
        }
        match &function.over {
            None => {}
            Some(WindowType::NamedWindow(name)) => self.window(&name.value, window, todo),
            Some(WindowType::WindowSpec(spec)) => {
                if let Some(name) = &spec.window_name {
                    self.window(&name.value, window, todo);
                }
            }
        }
    }

    /// How many rows an aggregate has seen can be read off it, also off `COUNT(*)` and `SUM(1)`; not off those that answer one value of one row.
    fn counts(&mut self, class: Class, how: Relationship, at: Span, set: &mut Set) {
        let counts = match class {
            Class::Aggregate(Form::Same, Reduction::Picked) => false,
            Class::Aggregate(..) | Class::UserAggregate => true,
            Class::Picked
            | Class::Hashed
            | Class::If
            | Class::NullIf
            | Class::RowTime
            | Class::Transparent
            | Class::Other => false,
        };
        if counts && let Some(rows) = self.counted.last() {
            let how = match how {
                Relationship::Direct(_) => Indirect::Count,
                Relationship::Indirect(Indirect::Conditional | Indirect::Count) => Indirect::Count,
                Relationship::Indirect(_) => Indirect::Rows,
            };
            set.read(&Rc::clone(rows), Relationship::Indirect(how), at);
        }
    }

    /// The operands of a named window and of those that it is made from. One that is not found may be any.
    fn window(&self, name: &str, how: Relationship, todo: &mut Vec<(&'a Expr, Relationship)>) {
        let windows: &'a [NamedWindow] = self.windows.last().copied().unwrap_or_default();
        let mut next = Some(name);
        for _ in 0..windows.len() {
            let Some(name) = next else { return };
            let found = windows
                .iter()
                .find(|w| w.name.value.eq_ignore_ascii_case(name));
            let meant = found.map_or(windows, std::slice::from_ref);
            let operands = meant.iter().flat_map(|w| &w.operands);
            todo.extend(operands.map(|o| (&o.expr, how)));
            next = found
                .and_then(|w| w.base.as_ref())
                .map(|base| base.value.as_str());
        }
    }
}

/// What a call of this class makes of an argument.
const fn made_of(class: Class) -> Relationship {
    match class {
        Class::Aggregate(form, reduction) => Relationship::Direct(Direct { form, reduction }),
        Class::Picked => with_form(Form::Picked),
        Class::Hashed => with_form(Form::Hashed),
        Class::Transparent => super::deps::SAME,
        Class::UserAggregate => Relationship::Direct(Direct {
            form: Form::Derived,
            // It may hand single values on.
            reduction: Reduction::Picked,
        }),
        Class::If | Class::NullIf | Class::RowTime | Class::Other => DERIVED,
    }
}

fn start(parts: &[Ident]) -> u32 {
    parts
        .first()
        .map(|p| ident_span(p).start)
        .unwrap_or_default()
}

fn parts_start(parts: &[sqlparser::ast::ObjectNamePart]) -> Option<u32> {
    parts.first().map(|part| match part {
        sqlparser::ast::ObjectNamePart::Identifier(ident) => ident_span(ident).start,
        sqlparser::ast::ObjectNamePart::Function(_) => u32::MAX,
    })
}
