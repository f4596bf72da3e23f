//! A row filter or `when:` as compiled: its text, and the places in it that depend on who asks and on which table.
//!
//! What can be said without a table is said here, when the document is loaded. What needs the table's columns or the principal's attributes
//! is said by [`super::bind`]. The text between the places is never touched, so a policy reads in the rewritten SQL as its author wrote it.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    Ident, InTarget, Query, Value, ValueWithSpan, Visit, Visitor,
};

use super::subquery;
use crate::catalog::TableName;
use crate::syntax::{Expression, ast};

/// A compiled condition.
#[derive(Debug)]
pub(super) struct Condition {
    pub text: String,
    /// INVARIANT (slots): sorted, disjoint, on character borders of `text`.
    pub slots: Vec<Slot>,
    /// First parts of names inside subqueries that may mean a column of the protected table: their own scope is asked first.
    pub maybe: BTreeSet<String>,
    /// The tables that its subqueries read.
    pub tables: Vec<TableName>,
    /// Whether it holds a subquery.
    pub subquery: bool,
    /// Whether an attribute stands in a pattern of LIKE, where `%` in its value is a wildcard.
    pub attribute_in_pattern: bool,
}

/// A place in the text: bytes `start..end`.
#[derive(Debug)]
pub(super) struct Slot {
    pub start: usize,
    pub end: usize,
    pub kind: SlotKind,
}

#[derive(Debug)]
pub(super) enum SlotKind {
    /// The first part of a reference to a column, outside of subqueries.
    Column(Vec<String>),
    /// The qualifier, dot included, of a reference inside a subquery whose qualifier is no relation of that subquery.
    Outer(Vec<Outer>),
    /// `${user.name}`.
    Attribute(Attribute),
}

/// A way to read a qualified reference as one to the protected table.
#[derive(Debug)]
pub(super) struct Outer {
    /// The parts before the column: the end of the table's name.
    pub qualifier: Vec<String>,
    /// The column and its fields.
    pub path: Vec<String>,
    /// Where the column begins.
    pub column_at: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Attribute {
    /// What comes after `user.`.
    pub name: String,
    /// Whether it is the whole right side of IN.
    pub whole_in: bool,
    /// The column it is compared with, when that is plain to see.
    pub compared: Option<Vec<String>>,
}

/// What is wrong with an expression of the policy, and the byte of the expression where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub code: &'static str,
    pub message: String,
    pub at: Option<usize>,
}

impl Problem {
    pub fn new(code: &'static str, message: impl Into<String>, at: Option<usize>) -> Self {
        Self {
            code,
            message: message.into(),
            at,
        }
    }
}

impl Condition {
    /// Compiles a filter.
    ///
    /// # Errors
    /// `filter-syntax`, `aggregate-in-filter`, `window-in-filter`, `unknown-variable`, `attribute-in-quotes`, `subquery-table`,
    /// `unsupported-in-policy`, `reserved-word`.
    pub fn compile(text: &str) -> Result<Self, Problem> {
        let expression = parse(text)?;
        let mut walk = Walk::new(&expression, Variables::Attributes);
        walk.scalar(&expression.scalar.expr, &Scope::Table)?;
        let subquery = walk.subquery;
        walk.into_condition(text, subquery)
    }
}

/// Checks an expression of a mask: `{col}` and `{type}`, and no name besides.
///
/// # Errors
/// As [`Condition::compile`], and `column-in-mask`, `subquery-in-mask`.
pub(super) fn check_mask(text: &str) -> Result<Expression, Problem> {
    let expression = parse(text)?;
    let mut walk = Walk::new(&expression, Variables::Mask);
    walk.scalar(&expression.scalar.expr, &Scope::Table)?;
    if walk.subquery {
        return Err(Problem::new(
            "subquery-in-mask",
            "a mask reads one value: no subquery",
            None,
        ));
    }
    if let Some(slot) = walk.slots.first() {
        return Err(Problem::new(
            "column-in-mask",
            "a mask reads `{col}` and no other column: a condition on other columns goes into `when`",
            Some(slot.start),
        ));
    }
    Ok(expression)
}

fn parse(text: &str) -> Result<Expression, Problem> {
    // A comment can only make the text read differently for people and for Flink.
    let expression = Expression::parse(text).map_err(|error| {
        let hint = if text.contains("'${") {
            " (write `${…}` without quotes: it becomes a literal by itself)"
        } else {
            ""
        };
        Problem::new(
            "filter-syntax",
            format!("{error}{hint}"),
            Some(error.span.start as usize),
        )
    })?;
    Ok(expression)
}

/// Which variables an expression may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variables {
    /// `${user.…}`.
    Attributes,
    /// `{col}`, `{type}`.
    Mask,
}

/// Where a name stands.
#[derive(Debug, Clone)]
pub(super) enum Scope {
    /// Directly above the protected table.
    Table,
    /// In a subquery.
    Subquery(Inner),
}

/// What a subquery sees before the protected table.
#[derive(Debug, Clone, Default)]
pub(super) struct Inner {
    /// The names of relations in FROM, its own and those of the subqueries around it.
    pub relations: HashSet<String>,
    /// Common table expressions.
    pub ctes: HashSet<String>,
}

/// A walk over one expression and the queries in it.
pub(super) struct Walk<'e> {
    expression: &'e Expression,
    variables: Variables,
    slots: Vec<Slot>,
    maybe: BTreeSet<String>,
    pub tables: Vec<TableName>,
    subquery: bool,
    attribute_in_pattern: bool,
}

impl<'e> Walk<'e> {
    fn new(expression: &'e Expression, variables: Variables) -> Self {
        Self {
            expression,
            variables,
            slots: Vec::new(),
            maybe: BTreeSet::new(),
            tables: Vec::new(),
            subquery: false,
            attribute_in_pattern: false,
        }
    }

    /// Visits a scalar expression of the given scope.
    pub fn scalar(&mut self, expr: &Expr, scope: &Scope) -> Result<(), Problem> {
        let mut visit = ScalarVisit {
            walk: self,
            scope,
            no_name: HashSet::new(),
            whole_in: HashSet::new(),
            compared: Vec::new(),
        };
        match expr.visit(&mut visit) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(problem) => Err(problem),
        }
    }

    /// The queries of the expression.
    pub fn queries(&self) -> &'e ast::Queries {
        &self.expression.queries
    }

    fn into_condition(mut self, text: &str, subquery: bool) -> Result<Condition, Problem> {
        self.slots.sort_by_key(|slot| slot.start);
        let mut end = 0;
        for slot in &self.slots {
            if slot.start < end || text.get(slot.start..slot.end).is_none() {
                return Err(Problem::new(
                    "filter-syntax",
                    "cannot be cut at its names",
                    Some(slot.start),
                ));
            }
            end = slot.end;
        }
        self.tables.sort();
        self.tables.dedup();
        Ok(Condition {
            text: text.to_owned(),
            slots: self.slots,
            maybe: self.maybe,
            tables: self.tables,
            subquery,
            attribute_in_pattern: self.attribute_in_pattern,
        })
    }
}

struct ScalarVisit<'w, 'e> {
    walk: &'w mut Walk<'e>,
    scope: &'w Scope,
    /// Starts of identifiers that name no column: fields, time units, argument names.
    no_name: HashSet<usize>,
    /// Starts of variables that are the whole right side of IN.
    whole_in: HashSet<usize>,
    /// Starts of variables with the column that each is compared with.
    compared: Vec<(usize, Vec<String>)>,
}

type Flow = ControlFlow<Problem>;

fn stop(code: &'static str, message: impl Into<String>, at: Option<usize>) -> Flow {
    ControlFlow::Break(Problem::new(code, message, at))
}

impl Visitor for ScalarVisit<'_, '_> {
    type Break = Problem;

    /// The grammar keeps every nested query in [`ast::Queries`]. One that it did not is not ours to read.
    fn pre_visit_query(&mut self, _: &Query) -> Flow {
        unsupported("a query", None)
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> Flow {
        let at = start_of(value.span.start.column);
        match &value.value {
            Value::Placeholder(mark) if mark.starts_with("${") => self.attribute(mark, at),
            Value::Placeholder(mark) if mark.starts_with('{') => self.mask_variable(mark, at),
            Value::Placeholder(mark) if mark.starts_with(QUERY) => Flow::Continue(()),
            Value::Placeholder(mark) => stop(
                "unknown-variable",
                format!("`{mark}` stands for nothing"),
                Some(at),
            ),
            other => match other.clone().into_string() {
                Some(text) if text.contains("${") => stop(
                    "attribute-in-quotes",
                    "`${…}` inside a literal is not replaced: write it without quotes, it becomes a literal by itself",
                    Some(at),
                ),
                _ => Flow::Continue(()),
            },
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Flow {
        if let Some(id) = ast::nested_query(expr) {
            self.walk.subquery = true;
            return match subquery::walk(self.walk, id, self.scope) {
                Ok(()) => Flow::Continue(()),
                Err(problem) => ControlFlow::Break(problem),
            };
        }
        match expr {
            Expr::Identifier(name) => self.name(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(parts) => self.name(parts),
            Expr::CompoundFieldAccess { access_chain, .. } => self.fields(access_chain),
            Expr::Function(function) => self.function(function),
            Expr::BinaryOp { left, op, right } => {
                if is_comparison(op) {
                    self.compare(left, right);
                    self.compare(right, left);
                }
                Flow::Continue(())
            }
            Expr::Between {
                expr, low, high, ..
            } => {
                self.compare(expr, low);
                self.compare(expr, high);
                Flow::Continue(())
            }
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.compare(left, right);
                self.compare(right, left);
                Flow::Continue(())
            }
            Expr::In { expr, target, .. } => self.in_target(expr, target),
            Expr::Like { pattern, .. }
            | Expr::ILike { pattern, .. }
            | Expr::SimilarTo { pattern, .. }
            | Expr::RLike { pattern, .. } => {
                self.walk.attribute_in_pattern |= variable(pattern).is_some();
                Flow::Continue(())
            }
            Expr::JsonAccess { .. }
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotUnknown(_)
            | Expr::IsJson { .. }
            | Expr::AnyOp { .. }
            | Expr::AllOp { .. }
            | Expr::UnaryOp { .. }
            | Expr::Cast { .. }
            | Expr::AtTimeZone { .. }
            | Expr::Extract { .. }
            | Expr::Ceil { .. }
            | Expr::Floor { .. }
            | Expr::Position { .. }
            | Expr::Substring { .. }
            | Expr::Trim { .. }
            | Expr::Overlay { .. }
            | Expr::Nested(_)
            | Expr::Value(_)
            | Expr::TypedString(_)
            | Expr::Case { .. }
            | Expr::Tuple(_)
            | Expr::Map(_)
            | Expr::Array(_)
            | Expr::Interval(_) => Flow::Continue(()),
            Expr::IsNormalized { .. }
            | Expr::Convert { .. }
            | Expr::Collate { .. }
            | Expr::Prefixed { .. }
            | Expr::Exists { .. }
            | Expr::Subquery(_)
            | Expr::GroupingSets(_)
            | Expr::Cube(_)
            | Expr::Rollup(_)
            | Expr::Struct { .. }
            | Expr::Named { .. }
            | Expr::Dictionary(_)
            | Expr::MatchAgainst { .. }
            | Expr::Wildcard(_)
            | Expr::QualifiedWildcard(..)
            | Expr::OuterJoin(_)
            | Expr::Prior(_)
            | Expr::Lambda(_)
            | Expr::MemberOf(_) => unsupported("this construct", None),
        }
    }
}

const QUERY: &str = "query:";

impl ScalarVisit<'_, '_> {
    fn name(&mut self, parts: &[Ident]) -> Flow {
        let Some(first) = parts.first() else {
            return Flow::Continue(());
        };
        let start = start_of(first.span.start.column);
        if self.no_name.contains(&start) {
            return Flow::Continue(());
        }
        if let ([only], None) = (parts, first.quote_style) {
            let word = only.value.to_ascii_uppercase();
            if TIME_WORDS.contains(&word.as_str()) {
                return Flow::Continue(());
            }
        }
        if first.quote_style.is_none()
            && USER_WORDS.contains(&first.value.to_ascii_uppercase().as_str())
        {
            let word = &first.value;
            return stop(
                "reserved-word",
                format!(
                    "`{word}` without back-ticks is a function of Flink: write it in back-ticks if it is a column"
                ),
                Some(start),
            );
        }
        let values = || parts.iter().map(|part| part.value.clone());
        match self.scope {
            Scope::Table => {
                let kind = SlotKind::Column(values().collect());
                let end = start_of(first.span.end.column);
                self.walk.slots.push(Slot { start, end, kind });
            }
            Scope::Subquery(inner) => {
                if !(parts.len() > 1 && inner.relations.contains(&first.value)) {
                    self.walk.maybe.insert(first.value.clone());
                    let readings = outer_readings(parts);
                    if let Some(end) = readings.last().map(|outer| outer.column_at) {
                        let kind = SlotKind::Outer(readings);
                        self.walk.slots.push(Slot { start, end, kind });
                    }
                }
            }
        }
        Flow::Continue(())
    }

    /// `a[1].b.c`: what follows the root names fields.
    fn fields(&mut self, chain: &[AccessExpr]) -> Flow {
        for access in chain {
            match access {
                AccessExpr::Dot(Expr::Identifier(field)) => {
                    self.no_name.insert(start_of(field.span.start.column));
                }
                AccessExpr::Dot(Expr::CompoundIdentifier(fields)) => self
                    .no_name
                    .extend(fields.iter().map(|field| start_of(field.span.start.column))),
                AccessExpr::Dot(_) => return unsupported("this field access", None),
                AccessExpr::Subscript(_) => {}
            }
        }
        Flow::Continue(())
    }

    fn function(&mut self, function: &Function) -> Flow {
        let name = function
            .name
            .0
            .last()
            .and_then(|part| part.as_ident())
            .map(|ident| ident.value.to_ascii_uppercase())
            .unwrap_or_default();
        let at = function
            .name
            .0
            .first()
            .and_then(|part| part.as_ident())
            .map(|ident| start_of(ident.span.start.column));
        if function.over.is_some() {
            return stop(
                "window-in-filter",
                "a policy expression is about one row: no window function",
                at,
            );
        }
        // A subquery may aggregate its own rows.
        let one_row = matches!(self.scope, Scope::Table);
        if one_row && function.name.0.len() == 1 && AGGREGATES.contains(&name.as_str()) {
            return stop(
                "aggregate-in-filter",
                format!("a policy expression is about one row: no `{name}`"),
                at,
            );
        }
        if USER_WORDS.contains(&name.as_str()) && matches!(function.args, FunctionArguments::None) {
            return stop(
                "reserved-word",
                format!(
                    "`{name}` without back-ticks is a function of Flink: write it in back-ticks if it is a column"
                ),
                at,
            );
        }
        let FunctionArguments::List(list) = &function.args else {
            return Flow::Continue(());
        };
        if one_row
            && (function.filter.is_some()
                || !function.within_group.is_empty()
                || list.duplicate_treatment.is_some())
        {
            return stop(
                "aggregate-in-filter",
                format!("a policy expression is about one row: `{name}` aggregates here"),
                at,
            );
        }
        for (index, argument) in list.args.iter().enumerate() {
            match argument {
                FunctionArg::ExprNamed {
                    name: Expr::Identifier(name),
                    ..
                } => {
                    self.no_name.insert(start_of(name.span.start.column));
                }
                // TIMESTAMPDIFF(DAY, a, b): the unit reads like a column.
                FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(unit)))
                    if index == 0 && TIME_UNIT_FIRST.contains(&name.as_str()) =>
                {
                    self.no_name.insert(start_of(unit.span.start.column));
                }
                FunctionArg::ExprNamed { .. } => {
                    return unsupported("this argument name", at);
                }
                FunctionArg::Unnamed(
                    FunctionArgExpr::QualifiedWildcard(_)
                    | FunctionArgExpr::Wildcard
                    | FunctionArgExpr::WildcardWithOptions(_),
                ) if one_row => return unsupported("`*`", at),
                FunctionArg::Named { .. } | FunctionArg::Unnamed(_) => {}
            }
        }
        Flow::Continue(())
    }

    fn in_target(&mut self, expr: &Expr, target: &InTarget) -> Flow {
        match target {
            InTarget::List(items) => {
                for item in items {
                    self.compare(expr, item);
                }
                if let [only] = items.as_slice()
                    && let Some(start) = variable(only)
                {
                    self.whole_in.insert(start);
                }
                Flow::Continue(())
            }
            InTarget::Subquery(_) | InTarget::Unnest(_) | InTarget::Table { .. } => {
                unsupported("this form of IN", None)
            }
        }
    }

    /// Notes that the variable `value` is compared with the column `column`, if they are these.
    fn compare(&mut self, column: &Expr, value: &Expr) {
        let (Scope::Table, Some(start)) = (self.scope, variable(value)) else {
            return;
        };
        let path = match peel(column) {
            Expr::Identifier(name) => vec![name.value.clone()],
            Expr::CompoundIdentifier(parts) => {
                parts.iter().map(|part| part.value.clone()).collect()
            }
            _ => return,
        };
        self.compared.push((start, path));
    }

    fn attribute(&mut self, mark: &str, start: usize) -> Flow {
        let name = mark
            .strip_prefix("${user.")
            .and_then(|rest| rest.strip_suffix('}'))
            .filter(|name| {
                !name.is_empty()
                    && name
                        .chars()
                        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
            });
        let (Some(name), Variables::Attributes) = (name, self.walk.variables) else {
            return stop(
                "unknown-variable",
                format!(
                    "`{mark}` stands for nothing here: filters know `${{user.attribute}}`, masks `{{col}}` and `{{type}}`"
                ),
                Some(start),
            );
        };
        let end = start.saturating_add(mark.len());
        if self.walk.expression.text.get(start..end) != Some(mark) {
            return stop(
                "filter-syntax",
                "cannot be cut at its variables",
                Some(start),
            );
        }
        let kind = SlotKind::Attribute(Attribute {
            name: name.to_owned(),
            whole_in: self.whole_in.contains(&start),
            compared: self
                .compared
                .iter()
                .find(|(at, _)| *at == start)
                .map(|(_, path)| path.clone()),
        });
        self.walk.slots.push(Slot { start, end, kind });
        Flow::Continue(())
    }

    fn mask_variable(&mut self, mark: &str, start: usize) -> Flow {
        match (self.walk.variables, mark) {
            (Variables::Mask, "{col}" | "{type}") => Flow::Continue(()),
            (Variables::Mask | Variables::Attributes, _) => stop(
                "unknown-variable",
                format!("`{mark}` stands for nothing here"),
                Some(start),
            ),
        }
    }
}

/// The readings of `a.b.c` in which one, two or three parts are the protected table's name.
fn outer_readings(parts: &[Ident]) -> Vec<Outer> {
    (1..parts.len().min(4))
        .filter_map(|cut| {
            let (qualifier, path) = parts.split_at_checked(cut)?;
            let values = |parts: &[Ident]| parts.iter().map(|part| part.value.clone()).collect();
            Some(Outer {
                qualifier: values(qualifier),
                path: values(path),
                column_at: start_of(path.first()?.span.start.column),
            })
        })
        .collect()
}

fn peel(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => peel(inner),
        other => other,
    }
}

/// The start of the variable that an expression is, brackets aside.
fn variable(expr: &Expr) -> Option<usize> {
    match peel(expr) {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(mark) if mark.starts_with("${") => {
                Some(start_of(value.span.start.column))
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

/// The byte of a sqlparser column: the lexer counts bytes from 1.
fn start_of(column: u64) -> usize {
    usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX)
}

fn unsupported(what: &str, at: Option<usize>) -> Flow {
    stop(
        "unsupported-in-policy",
        format!("{what} is not supported in a policy expression"),
        at,
    )
}

/// Functions that Flink calls without brackets.
const TIME_WORDS: &[&str] = &[
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "LOCALTIME",
    "LOCALTIMESTAMP",
];

/// The same, where a policy author will have meant a column.
const USER_WORDS: &[&str] = &[
    "USER",
    "CURRENT_USER",
    "SESSION_USER",
    "SYSTEM_USER",
    "CURRENT_CATALOG",
    "CURRENT_SCHEMA",
    "CURRENT_PATH",
    "CURRENT_ROLE",
    "CURRENT_DEFAULT_TRANSFORM_GROUP",
];

const TIME_UNIT_FIRST: &[&str] = &["TIMESTAMPDIFF", "TIMESTAMPADD"];

/// Aggregates, window functions and group window functions of Flink (documentation, "System (Built-in) Functions") and Calcite.
const AGGREGATES: &[&str] = &[
    "ANY_VALUE",
    "APPROX_COUNT_DISTINCT",
    "ARRAY_AGG",
    "AVG",
    "BIT_AND",
    "BIT_OR",
    "BIT_XOR",
    "COLLECT",
    "CORR",
    "COUNT",
    "COVAR_POP",
    "COVAR_SAMP",
    "CUME_DIST",
    "DENSE_RANK",
    "EVERY",
    "FIRST_VALUE",
    "FUSION",
    "GROUPING",
    "GROUPING_ID",
    "GROUP_ID",
    "HOP",
    "HOP_END",
    "HOP_PROCTIME",
    "HOP_ROWTIME",
    "HOP_START",
    "INTERSECTION",
    "JSON_ARRAYAGG",
    "JSON_OBJECTAGG",
    "LAG",
    "LAST_VALUE",
    "LEAD",
    "LISTAGG",
    "MAX",
    "MIN",
    "MODE",
    "NTH_VALUE",
    "NTILE",
    "PERCENTILE",
    "PERCENTILE_CONT",
    "PERCENTILE_DISC",
    "PERCENT_RANK",
    "RANK",
    "ROW_NUMBER",
    "SESSION",
    "SESSION_END",
    "SESSION_PROCTIME",
    "SESSION_ROWTIME",
    "SESSION_START",
    "SINGLE_VALUE",
    "STDDEV",
    "STDDEV_POP",
    "STDDEV_SAMP",
    "STRING_AGG",
    "SUM",
    "SUM0",
    "TUMBLE",
    "TUMBLE_END",
    "TUMBLE_PROCTIME",
    "TUMBLE_ROWTIME",
    "TUMBLE_START",
    "VARIANCE",
    "VAR_POP",
    "VAR_SAMP",
];
