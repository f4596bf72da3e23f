//! Strict mode: what a submitter may write above a table whose rows are filtered for them.
//!
//! The planner may run a condition or an expression of theirs on rows that the filter hides (docs/limits.md says in which plans it was seen).
//! No such row comes out; but an expression that fails, or acts, tells that it was there. So only expressions pass that can do neither: a
//! closed list of operators and functions, and those functions that the site names in `strict_functions`. All else is refused.
//! Stays out: the site's own views, filters and masks.

use std::collections::BTreeSet;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, Expr, Ident, InTarget, Subscript, UnaryOperator, Value,
};

use super::Code;
use super::datasets::Refused;
use crate::policy::Rows;
use crate::resolve::{Relation, Resolution};
use crate::syntax::ast::{
    ArgumentValue, Factor, FactorKind, FromItem, JoinConstraint, Query, QueryRole, Scalar, Select,
    SelectItem, Statement, StatementKind, TableArgument, TableFunction, Term,
};
use crate::syntax::{
    FlinkVersion, Limits, Span, Token, TokenKind, TypeKind, cast_type, ident_span, last_part,
    parts, tokens,
};
use crate::verify::Decide;

/// Functions of Flink that neither fail nor act, whatever they are given: each was run on real Flink with values at its edges.
pub(super) const TOTAL: [&str; 70] = [
    "ABS",
    "ARRAY_AGG",
    "ASCII",
    "AVG",
    "CARDINALITY",
    "CEIL",
    "CHARACTER_LENGTH",
    "CHAR_LENGTH",
    "COALESCE",
    "COLLECT",
    "CONCAT",
    "CONCAT_WS",
    "COUNT",
    "CUME_DIST",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "DENSE_RANK",
    "FIRST_VALUE",
    "FLOOR",
    "GREATEST",
    "GROUPING",
    "GROUPING_ID",
    "HOP",
    "HOP_END",
    "HOP_ROWTIME",
    "HOP_START",
    "IF",
    "IFNULL",
    "INITCAP",
    "INSTR",
    "LAG",
    "LAST_VALUE",
    "LEAD",
    "LEAST",
    "LEFT",
    "LISTAGG",
    "LOCALTIMESTAMP",
    "LOCATE",
    "LOWER",
    "MAX",
    "MD5",
    "MIN",
    "NOW",
    "NULLIF",
    "PERCENT_RANK",
    "PROCTIME",
    "RANK",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "ROW",
    "ROW_NUMBER",
    "SESSION",
    "SESSION_END",
    "SESSION_ROWTIME",
    "SESSION_START",
    "SHA1",
    "SHA224",
    "SHA256",
    "SHA384",
    "SHA512",
    "SIGN",
    "SUBSTR",
    "SUBSTRING",
    "SUM",
    "TUMBLE",
    "TUMBLE_END",
    "TUMBLE_ROWTIME",
    "TUMBLE_START",
    "UPPER",
];

/// Those of them that give a number or a time.
const NUMBERS: [&str; 20] = [
    "ABS",
    "ASCII",
    "AVG",
    "CARDINALITY",
    "CEIL",
    "CHARACTER_LENGTH",
    "CHAR_LENGTH",
    "COUNT",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "DENSE_RANK",
    "FLOOR",
    "INSTR",
    "LOCALTIMESTAMP",
    "LOCATE",
    "NOW",
    "RANK",
    "ROW_NUMBER",
    "SIGN",
    "SUM",
];

/// Those of them that give a text.
const TEXTS: [&str; 11] = [
    "CONCAT",
    "CONCAT_WS",
    "INITCAP",
    "LEFT",
    "LISTAGG",
    "LOWER",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "SUBSTRING",
    "UPPER",
];

/// What is not on any list.
const OTHER: &str = "this expression";

/// Table functions that only add columns of time.
const WINDOWS: [&str; 4] = ["TUMBLE", "HOP", "CUMULATE", "SESSION"];

/// What strict mode says of a statement: nothing when it reads no filtered table. `decide` tells what a relation obliges to, those below views too.
pub(super) fn refusals(
    (source, flink): (&str, FlinkVersion),
    statement: &Statement,
    resolution: &Resolution,
    decide: &Decide<'_>,
    allowed: &BTreeSet<String>,
) -> Vec<Refused> {
    let mut refused = Vec::new();
    let mut filtered = false;
    for relation in &resolution.relations {
        let mut subquery = false;
        filters(relation, decide, &mut |rows| {
            filtered = true;
            subquery |= matches!(rows, Rows::Matching(filter) if filter.subquery);
        });
        if subquery {
            let message = format!(
                "strict mode: the row filter of `{}` is no barrier to what the statement computes",
                relation.found.name
            );
            refused.push(Refused::new(Code::StrictFilter, message, relation.name));
        }
    }
    if filtered {
        let mut check = Check {
            allowed,
            resolution,
            refused: &mut refused,
        };
        check.statement(source, flink, statement);
    }
    refused
}

/// The row filter of a relation, and those below it: a view of the session holds them in its text, as Flink merges them with what stands above.
fn filters(relation: &Relation, decide: &Decide<'_>, found: &mut dyn FnMut(&Rows)) {
    let decided = decide(relation);
    match decided.as_ref().map(|o| &o.rows) {
        Some(Rows::All) => {}
        Some(rows @ (Rows::Matching(_) | Rows::Nothing)) => found(rows),
        // What may not be read below a view of the session was refused when the view was made.
        None => found(&Rows::Nothing),
    }
    for inside in relation.view.iter().flat_map(|v| &v.resolution.relations) {
        filters(inside, decide, found);
    }
}

struct Check<'c> {
    allowed: &'c BTreeSet<String>,
    resolution: &'c Resolution,
    refused: &'c mut Vec<Refused>,
}

impl Check<'_> {
    fn statement(&mut self, source: &str, flink: FlinkVersion, statement: &Statement) {
        if let StatementKind::Explain(_) = statement.kind {
            // Row counts of the plan are made of statistics over all rows.
            let text = statement.span.text(source);
            let details = tokens(text, flink, &Limits::default()).unwrap_or_default();
            // A column may have this name too; it is refused then, which errs on the safe side.
            let is_detail = |t: &Token| {
                t.kind == TokenKind::Word
                    && t.span.text(text).eq_ignore_ascii_case("ESTIMATED_COST")
            };
            if details.iter().any(is_detail) {
                self.refuse("`ESTIMATED_COST`", statement.span);
            }
        }
        // All queries, nested ones too, lie side by side.
        for query in &statement.queries.0 {
            self.query(query);
        }
    }

    fn refuse(&mut self, what: &str, span: Span) {
        let message = format!("strict mode: {what} may fail or tell of rows that are hidden");
        self.refused
            .push(Refused::new(Code::StrictExpression, message, span));
    }

    fn query(&mut self, query: &Query) {
        match query.role {
            QueryRole::Scalar | QueryRole::BareTable => {
                self.refuse("a subquery in place of a value", query.span);
            }
            QueryRole::Statement
            | QueryRole::Cte
            | QueryRole::Derived
            | QueryRole::Term
            | QueryRole::In
            | QueryRole::Exists
            | QueryRole::TableArgument => {}
        }
        for item in &query.order_by {
            self.scalar(&item.key);
        }
        let others = query.body.rest.iter().map(|(_, term)| term);
        for term in std::iter::once(&query.body.first).chain(others) {
            match term {
                Term::Select(select) => self.select(select),
                Term::Values(values) => values.rows.iter().flatten().for_each(|v| self.scalar(v)),
                Term::Table(_) | Term::Query(_) => {}
            }
        }
    }

    fn select(&mut self, select: &Select) {
        for item in &select.items {
            match item {
                SelectItem::Expr { value, .. } => self.scalar(value),
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard { .. } => {}
            }
        }
        select.from.iter().for_each(|item| self.from(item));
        let clauses = [&select.selection, &select.having, &select.qualify];
        let conditions = clauses.into_iter().flatten().map(|c| &c.condition);
        let keys = select.group_by.iter().flat_map(|g| &g.keys);
        let windows = select.windows.iter().flat_map(|w| &w.operands);
        conditions
            .chain(keys)
            .chain(windows)
            .for_each(|s| self.scalar(s));
    }

    fn from(&mut self, item: &FromItem) {
        self.factor(&item.first);
        for join in &item.joins {
            self.factor(&join.right);
            match &join.constraint {
                JoinConstraint::On(clause) => self.scalar(&clause.condition),
                JoinConstraint::Using(_) | JoinConstraint::None => {}
            }
        }
    }

    fn factor(&mut self, factor: &Factor) {
        match &factor.kind {
            FactorKind::Table(_) | FactorKind::Query(_) => {}
            FactorKind::Function(function) => self.table_function(function),
            FactorKind::Unnest { operands, .. } => operands.iter().for_each(|o| self.scalar(o)),
            FactorKind::Parenthesised(inner) => self.from(inner),
        }
        if let Some(clause) = &factor.as_of {
            self.scalar(&clause.condition);
        }
        if let Some(pattern) = &factor.match_recognize {
            let measures = pattern.measures.iter().map(|(value, _)| value);
            let defines = pattern.defines.iter().map(|(_, condition)| condition);
            let keys = pattern.order_by.iter().map(|o| &o.key);
            let keys = pattern.partition_by.iter().chain(keys);
            let operands = measures.chain(defines).chain(keys).chain(&pattern.within);
            operands.for_each(|s| self.scalar(s));
        }
    }

    fn table_function(&mut self, function: &TableFunction) {
        let name = match function.name.parts.as_slice() {
            [only] => only.value.as_str(),
            _ => "",
        };
        let known = WINDOWS.iter().any(|w| w.eq_ignore_ascii_case(name));
        if !known && !self.is_allowed(name) {
            self.refuse("a table function", function.span);
        }
        for argument in &function.arguments {
            match &argument.value {
                ArgumentValue::Scalar(scalar) => self.scalar(scalar),
                ArgumentValue::Table(TableArgument {
                    partition_by,
                    order_by,
                    ..
                }) => {
                    let keys = order_by.iter().map(|o| &o.key);
                    partition_by.iter().chain(keys).for_each(|s| self.scalar(s));
                }
                ArgumentValue::Descriptor(_)
                | ArgumentValue::Model(_)
                | ArgumentValue::Default(_) => {}
            }
        }
    }

    fn is_allowed(&self, name: &str) -> bool {
        self.allowed.contains(&name.to_ascii_uppercase())
    }

    fn scalar(&mut self, scalar: &Scalar) {
        let mut todo = vec![&scalar.expr];
        while let Some(expr) = todo.pop() {
            let verdict = self.node(expr);
            if let Err(what) =
                verdict.and_then(|()| parts(expr, &mut todo).map_err(|_| OTHER.into()))
            {
                return self.refuse(&what, scalar.span);
            }
        }
    }

    /// Whether a node by itself can neither fail nor act; what lies below it is looked at by itself.
    fn node(&self, expr: &Expr) -> Result<(), String> {
        match expr {
            Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::TypedString(_)
            | Expr::Interval(_)
            | Expr::Wildcard(_)
            | Expr::QualifiedWildcard(..)
            | Expr::Value(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotUnknown(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::Nested(_)
            | Expr::Prefixed { .. }
            | Expr::Extract { .. }
            | Expr::Ceil { .. }
            | Expr::Floor { .. }
            | Expr::UnaryOp {
                op: UnaryOperator::Not | UnaryOperator::Minus | UnaryOperator::Plus,
                ..
            }
            | Expr::Position { .. }
            // Another escape character can make a pattern that is none.
            | Expr::Like {
                escape_char: None,
                any: false,
                ..
            }
            | Expr::Substring { .. }
            // An empty set of characters to trim divides by zero.
            | Expr::Trim {
                trim_what: None,
                trim_characters: None,
                ..
            }
            | Expr::Case { .. }
            | Expr::Tuple(_)
            | Expr::Array(_)
            | Expr::Map(_)
            | Expr::GroupingSets(_)
            | Expr::Cube(_)
            | Expr::Rollup(_) => Ok(()),
            Expr::Cast { kind, .. } => match kind {
                CastKind::TryCast | CastKind::SafeCast => Ok(()),
                CastKind::Cast | CastKind::DoubleColon if is_text(expr) => Ok(()),
                CastKind::Cast | CastKind::DoubleColon => Err("a CAST".to_owned()),
            },
            Expr::Between {
                expr, low, high, ..
            } => self.comparable([&**expr, low, high]),
            Expr::In {
                expr,
                target: InTarget::List(list),
                ..
            } => self.comparable(std::iter::once(&**expr).chain(list)),
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq,
                right,
            } => self.comparable([&**left, &**right]),
            Expr::BinaryOp { op, .. } => match op {
                BinaryOperator::And
                | BinaryOperator::Or
                | BinaryOperator::Eq
                | BinaryOperator::NotEq
                | BinaryOperator::Plus
                | BinaryOperator::Minus
                | BinaryOperator::Multiply
                | BinaryOperator::StringConcat => Ok(()),
                other => Err(format!("`{other}`")),
            },
            Expr::CompoundFieldAccess { access_chain, .. } => {
                if access_chain.iter().all(is_total) {
                    Ok(())
                } else {
                    Err("a computed subscript".to_owned())
                }
            }
            Expr::Function(function) => {
                let name = last_part(&function.name);
                let upper = name.to_ascii_uppercase();
                let built_in = function.name.0.len() == 1 && TOTAL.contains(&upper.as_str());
                if built_in || self.is_allowed(&upper) {
                    Ok(())
                } else {
                    Err(format!("function `{name}`"))
                }
            }
            // Fail closed: what nobody has tried may fail.
            _ => Err(OTHER.to_owned()),
        }
    }
}

/// What a value is, as far as an order of values asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Other,
    /// NULL: goes with everything.
    Any,
    Unknown,
}

impl Check<'_> {
    /// `phone > 5` casts each phone to a number on its way, and fails on one that is none. A text compares with texts, the rest with the rest.
    fn comparable<'e>(&self, sides: impl IntoIterator<Item = &'e Expr>) -> Result<(), String> {
        match common(sides.into_iter().map(|side| self.family(side))) {
            Family::Unknown => Err(
                "a comparison of a text with something else, or with a value of unknown type (TRY_CAST gives it one),"
                    .to_owned(),
            ),
            Family::Text | Family::Other | Family::Any => Ok(()),
        }
    }

    fn family(&self, expr: &Expr) -> Family {
        match expr {
            Expr::Nested(inner) => self.family(inner),
            Expr::Identifier(name) => self.column(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(parts) => self.column(parts),
            Expr::Value(value) => match &value.value {
                // A query of another family in IN is refused by Flink before it runs.
                Value::Null | Value::Placeholder(_) => Family::Any,
                Value::Number(..) | Value::Boolean(_) => Family::Other,
                Value::SingleQuotedString(_)
                | Value::NationalStringLiteral(_)
                | Value::EscapedStringLiteral(_)
                | Value::UnicodeStringLiteral(_) => Family::Text,
                _ => Family::Unknown,
            },
            Expr::TypedString(_)
            | Expr::Interval(_)
            | Expr::UnaryOp { .. }
            | Expr::Extract { .. }
            | Expr::Ceil { .. }
            | Expr::Floor { .. }
            | Expr::Position { .. } => Family::Other,
            Expr::BinaryOp {
                op: BinaryOperator::StringConcat,
                ..
            }
            | Expr::Substring { .. }
            | Expr::Trim { .. } => Family::Text,
            Expr::BinaryOp { .. } => Family::Other,
            Expr::Cast { .. } => cast_type(expr).map_or(Family::Unknown, |t| of_type(&t.kind)),
            Expr::Case {
                conditions,
                else_result,
                ..
            } => {
                let results = conditions.iter().map(|when| &when.result);
                common(
                    results
                        .chain(else_result.as_deref())
                        .map(|e| self.family(e)),
                )
            }
            Expr::Function(function) => self.of_call(expr, last_part(&function.name)),
            _ => Family::Unknown,
        }
    }

    /// What a call gives; of some functions it is what their arguments are.
    fn of_call(&self, call: &Expr, name: &str) -> Family {
        let name = name.to_ascii_uppercase();
        if NUMBERS.contains(&name.as_str()) {
            return Family::Other;
        }
        if TEXTS.contains(&name.as_str()) {
            return Family::Text;
        }
        let mut arguments = Vec::new();
        if parts(call, &mut arguments).is_err() {
            return Family::Unknown;
        }
        let count = match name.as_str() {
            "MAX" | "MIN" | "FIRST_VALUE" | "LAST_VALUE" | "LAG" | "LEAD" | "NULLIF" => 1,
            "COALESCE" | "IFNULL" | "GREATEST" | "LEAST" => arguments.len(),
            _ => return Family::Unknown,
        };
        common(arguments.into_iter().take(count).map(|a| self.family(a)))
    }

    /// The family of a column of a table. One that goes deeper into a ROW, or comes out of a subquery, is not known.
    fn column(&self, parts: &[Ident]) -> Family {
        let mut spans = parts.iter().map(ident_span);
        let first = spans.next().unwrap_or_default();
        let span = spans.fold(first, Span::to);
        let uses = self.resolution.uses.iter().filter(|u| u.span == span);
        let types = uses.map(|used| {
            let relation = self.resolution.relations.get(used.relation)?;
            let column = relation.columns()?.iter().find(|c| c.name == used.column)?;
            column.data_type.as_ref()
        });
        let mut families: Vec<Family> = types
            .map(|t| t.map_or(Family::Unknown, |t| of_type(&t.kind)))
            .collect();
        families.dedup();
        match families.as_slice() {
            [one] => *one,
            _ => Family::Unknown,
        }
    }
}

fn common(families: impl Iterator<Item = Family>) -> Family {
    families.fold(Family::Any, |so_far, next| match (so_far, next) {
        (Family::Any, one) | (one, Family::Any) => one,
        (a, b) if a == b => a,
        _ => Family::Unknown,
    })
}

fn of_type(kind: &TypeKind) -> Family {
    match kind {
        TypeKind::Char(_) | TypeKind::Varchar(_) => Family::Text,
        TypeKind::Row(_) => Family::Unknown,
        _ => Family::Other,
    }
}

/// A value of any type has a text.
fn is_text(cast: &Expr) -> bool {
    cast_type(cast).is_some_and(|t| matches!(t.kind, TypeKind::Char(_) | TypeKind::Varchar(_)))
}

/// A field, or a subscript that is a number from one or a key: an index of zero fails, and a computed one may be zero.
fn is_total(access: &AccessExpr) -> bool {
    match access {
        AccessExpr::Dot(_) => true,
        AccessExpr::Subscript(Subscript::Index {
            index: Expr::Value(value),
        }) => match &value.value {
            Value::Number(text, _) => text.parse::<u32>().is_ok_and(|n| n > 0),
            Value::SingleQuotedString(_) => true,
            _ => false,
        },
        AccessExpr::Subscript(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Group windows are tried with their borders.
    const GROUPS: [&str; 3] = ["TUMBLE", "HOP", "SESSION"];

    #[test]
    fn each_listed_function_is_tried_on_flink() {
        let mut tried = include_str!("../../tests/suite/strict.rs").to_owned();
        tried.retain(|c| !c.is_whitespace());
        for name in TOTAL.iter().filter(|n| !GROUPS.contains(n)) {
            assert!(tried.contains(&format!("(\"{name}\",\"")), "{name}");
        }
        for name in NUMBERS.iter().chain(&TEXTS) {
            assert!(TOTAL.contains(name), "{name}");
        }
    }
}
