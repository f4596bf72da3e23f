//! Which variables of a condition are compared with which column, as far as that is plain to see.
//!
//! Plain to see: below AND, OR, NOT and brackets. A variable elsewhere is a literal of its own type, and a list elsewhere is refused.

use std::collections::HashSet;

use sqlparser::ast::{BinaryOperator, Expr, InTarget, UnaryOperator, Value};

use super::condition::{Problem, is_session_user, session_user};
use crate::syntax::{ident_span, sql_span};

/// The comparisons of one condition.
#[derive(Debug, Default)]
pub(super) struct Comparisons {
    /// Starts of variables that are the whole right side of IN.
    pub whole_in: HashSet<usize>,
    /// Starts of variables, each with the column that it is compared with.
    compared: Vec<(usize, Vec<String>)>,
    /// Whether a variable is a pattern of LIKE.
    pub attribute_in_pattern: bool,
}

impl Comparisons {
    /// The comparisons of `expr`.
    ///
    /// # Errors
    /// `reserved-word`: a comparison with what Flink takes for its own session.
    pub fn of(expr: &Expr) -> Result<Self, Problem> {
        let mut found = Self::default();
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            match expr {
                Expr::Nested(inner)
                | Expr::UnaryOp {
                    op: UnaryOperator::Not,
                    expr: inner,
                } => todo.push(inner),
                Expr::BinaryOp {
                    left,
                    op: BinaryOperator::And | BinaryOperator::Or,
                    right,
                } => todo.extend([&**left, right]),
                Expr::BinaryOp { left, op, right } if is_comparison(op) => {
                    found.pair(left, right)?;
                    found.pair(right, left)?;
                }
                Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                    found.pair(left, right)?;
                    found.pair(right, left)?;
                }
                Expr::Between {
                    expr, low, high, ..
                } => {
                    found.pair(expr, low)?;
                    found.pair(expr, high)?;
                }
                Expr::In {
                    expr,
                    target: InTarget::List(items),
                    ..
                } => found.list(expr, items)?,
                Expr::Like { pattern, .. } | Expr::SimilarTo { pattern, .. } => {
                    found.attribute_in_pattern |= variable(pattern).is_some();
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// The column that the variable at `start` is compared with.
    pub fn column_of(&self, start: usize) -> Option<Vec<String>> {
        let mut pairs = self.compared.iter();
        let pair = pairs.find(|(at, _)| *at == start);
        pair.map(|(_, path)| path.clone())
    }

    fn list(&mut self, column: &Expr, items: &[Expr]) -> Result<(), Problem> {
        for item in items {
            self.pair(column, item)?;
        }
        if let [only] = items {
            self.whole_in.extend(variable(only));
        }
        Ok(())
    }

    fn pair(&mut self, column: &Expr, value: &Expr) -> Result<(), Problem> {
        let value = peel(value);
        if let Expr::Identifier(name) = value
            && name.quote_style.is_none()
            && is_session_user(&name.value)
        {
            return Err(session_user(Some(ident_span(name).start as usize)));
        }
        let Some(start) = variable(value) else {
            return Ok(());
        };
        let path = match peel(column) {
            Expr::Identifier(name) => vec![name.value.clone()],
            Expr::CompoundIdentifier(parts) => {
                parts.iter().map(|part| part.value.clone()).collect()
            }
            _ => return Ok(()),
        };
        self.compared.push((start, path));
        Ok(())
    }
}

fn peel(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

/// The start of the variable that an expression is, brackets aside.
fn variable(expr: &Expr) -> Option<usize> {
    match peel(expr) {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(mark) if mark.starts_with("${") => {
                Some(sql_span(value.span).start as usize)
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_comparison(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
    )
}
