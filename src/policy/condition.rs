//! A row filter or `when:` as compiled: its text, and the places in it that depend on who asks and on which table.
//!
//! What can be said without a table is said here, when the document is loaded. What needs the table's columns or the principal's attributes
//! is said by [`super::bind`]. The text between the places is never touched, so a policy reads in the rewritten SQL as its author wrote it.

use std::collections::{BTreeSet, HashSet};

use sqlparser::ast::{Expr, Function, FunctionArguments, Ident};

use super::aggregates::AGGREGATES;
use super::comparison::Comparisons;
use super::subquery;
use crate::catalog::TableName;
use crate::syntax::{
    Expression, Operand, Span, SyntaxError, SyntaxErrorKind, ast, ident_span, last_part, operands,
};

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
    /// The functions that it calls, by the parts of their names.
    pub functions: BTreeSet<Vec<String>>,
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
        let expression = Expression::parse(text).map_err(|error| syntax(&error))?;
        // What lies around it, blanks and comments, is no part of it: `verify` compares it with what stands in WHERE.
        let own = expression.scalar.span;
        let bare = own.text(text);
        if bare.len() < text.len() {
            return Self::compile(bare).map_err(|problem| Problem {
                at: problem.at.map(|at| at.saturating_add(own.start as usize)),
                ..problem
            });
        }
        let mut walk = Walk::new(&expression);
        walk.comparisons = Comparisons::of(&expression.scalar.expr)?;
        walk.scalar(&expression.scalar.expr, &Scope::Table)?;
        walk.nothing_in_quotes()?;
        walk.into_condition()
    }
}

/// Checks the expression of a mask: one value is all that it reads. Answers with the functions that it calls.
///
/// # Errors
/// `column-in-mask`, `aggregate-in-filter`, `window-in-filter`.
pub(super) fn check_mask(expression: &Expression) -> Result<BTreeSet<Vec<String>>, Problem> {
    let mut walk = Walk::new(expression);
    walk.in_mask = true;
    walk.scalar(&expression.scalar.expr, &Scope::Table)?;
    match walk.slots.first() {
        None => Ok(walk.functions),
        Some(slot) => Err(Problem::new(
            "column-in-mask",
            "a mask reads `{col}` and no other column: a condition on other columns goes into `when`",
            Some(slot.start),
        )),
    }
}

/// What the parser says, as a finding about the policy.
pub(super) fn syntax(error: &SyntaxError) -> Problem {
    let code = match error.kind {
        SyntaxErrorKind::Unsupported(_) => "unsupported-in-policy",
        SyntaxErrorKind::Unexpected(_)
        | SyntaxErrorKind::Character(_)
        | SyntaxErrorKind::Limit(_)
        | SyntaxErrorKind::Variable(_) => "filter-syntax",
    };
    Problem::new(code, error.to_string(), Some(error.span.start as usize))
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
    /// Whether `{col}` and `{type}` are known, and `${user.…}` is not.
    in_mask: bool,
    comparisons: Comparisons,
    slots: Vec<Slot>,
    /// Starts of the variables that were found.
    variables: HashSet<usize>,
    maybe: BTreeSet<String>,
    pub tables: Vec<TableName>,
    functions: BTreeSet<Vec<String>>,
    subquery: bool,
}

impl<'e> Walk<'e> {
    fn new(expression: &'e Expression) -> Self {
        Self {
            expression,
            in_mask: false,
            comparisons: Comparisons::default(),
            slots: Vec::new(),
            variables: HashSet::new(),
            maybe: BTreeSet::new(),
            tables: Vec::new(),
            functions: BTreeSet::new(),
            subquery: false,
        }
    }

    /// Walks a scalar expression of the given scope.
    pub fn scalar(&mut self, expr: &Expr, scope: &Scope) -> Result<(), Problem> {
        let mut found = Vec::new();
        operands(expr, &mut |operand| found.push(operand)).map_err(|error| syntax(&error))?;
        for operand in found {
            match operand {
                Operand::Column(parts) => self.name(parts, scope)?,
                // COUNT(*) of a subquery's own rows.
                Operand::Wildcard(_) if matches!(scope, Scope::Subquery(_)) => {}
                Operand::Wildcard(_) => return Err(unsupported("`*`")),
                Operand::Query(id) => {
                    self.subquery = true;
                    subquery::walk(self, id, scope)?;
                }
                Operand::Call(function) => {
                    call(function, scope)?;
                    self.functions.insert(name_of(function));
                }
                Operand::Variable(mark, span) => self.variable(mark, span)?,
            }
        }
        Ok(())
    }

    /// The queries of the expression.
    pub fn queries(&self) -> &'e ast::Queries {
        &self.expression.queries
    }

    fn name(&mut self, parts: &[Ident], scope: &Scope) -> Result<(), Problem> {
        let Some(first) = parts.first() else {
            return Ok(());
        };
        let span = ident_span(first);
        let start = span.start as usize;
        if first.quote_style.is_none() && is_session_user(&first.value) {
            return Err(session_user(Some(start)));
        }
        let inner = match scope {
            Scope::Table => {
                let path = parts.iter().map(|part| part.value.clone()).collect();
                self.slots.push(Slot {
                    start,
                    end: span.end as usize,
                    kind: SlotKind::Column(path),
                });
                return Ok(());
            }
            Scope::Subquery(inner) => inner,
        };
        if parts.len() == 1 || !inner.relations.contains(&first.value) {
            self.maybe.insert(first.value.clone());
            let readings = outer_readings(parts);
            if let Some(end) = readings.last().map(|outer| outer.column_at) {
                let kind = SlotKind::Outer(readings);
                self.slots.push(Slot { start, end, kind });
            }
        }
        Ok(())
    }

    fn variable(&mut self, mark: &str, span: Span) -> Result<(), Problem> {
        let start = span.start as usize;
        let attribute = mark
            .strip_prefix("${user.")
            .and_then(|rest| rest.strip_suffix('}'))
            .filter(|name| is_attribute_name(name));
        let name = match (attribute, self.in_mask, mark) {
            (Some(name), false, _) => name.to_owned(),
            (_, true, "{col}" | "{type}" | "{colType}") => return Ok(()),
            _ => {
                return Err(Problem::new(
                    "unknown-variable",
                    format!(
                        "`{mark}` stands for nothing here: filters know `${{user.attribute}}`, masks `{{col}}` and `{{type}}`"
                    ),
                    Some(start),
                ));
            }
        };
        let end = start.saturating_add(mark.len());
        if self.expression.text.get(start..end) != Some(mark) {
            return Err(Problem::new(
                "filter-syntax",
                "cannot be cut at its variables",
                Some(start),
            ));
        }
        self.variables.insert(start);
        let kind = SlotKind::Attribute(Attribute {
            name,
            whole_in: self.comparisons.whole_in.contains(&start),
            compared: self.comparisons.column_of(start),
        });
        self.slots.push(Slot { start, end, kind });
        Ok(())
    }

    /// A `${` that the parser did not hand out stands in a literal, a quoted name or a comment, where it would stay as it is.
    fn nothing_in_quotes(&self) -> Result<(), Problem> {
        let mut marks = self.expression.text.match_indices("${");
        match marks.find(|(at, _)| !self.variables.contains(at)) {
            None => Ok(()),
            Some((at, _)) => Err(Problem::new(
                "attribute-in-quotes",
                "`${…}` in quotes or in a comment is not replaced: write it without quotes, it becomes a literal by itself",
                Some(at),
            )),
        }
    }

    fn into_condition(mut self) -> Result<Condition, Problem> {
        let text = &self.expression.text;
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
            text: text.clone(),
            slots: self.slots,
            maybe: self.maybe,
            tables: self.tables,
            subquery: self.subquery,
            functions: self.functions,
            attribute_in_pattern: self.comparisons.attribute_in_pattern,
        })
    }
}

/// A call above the protected table is about one row; a subquery may aggregate its own rows.
fn call(function: &Function, scope: &Scope) -> Result<(), Problem> {
    let name = last_part(&function.name).to_ascii_uppercase();
    let at = function.name.0.first().and_then(|part| part.as_ident());
    let at = at.map(|ident| ident_span(ident).start as usize);
    if matches!(function.args, FunctionArguments::None) && is_session_user(&name) {
        return Err(session_user(at));
    }
    if function.over.is_some() {
        return Err(Problem::new(
            "window-in-filter",
            "a policy expression is about one row: no window function",
            at,
        ));
    }
    if matches!(scope, Scope::Subquery(_)) {
        return Ok(());
    }
    let distinct = matches!(&function.args, FunctionArguments::List(list) if list.duplicate_treatment.is_some());
    let named = function.name.0.len() == 1 && AGGREGATES.contains(&name.as_str());
    if named || distinct || function.filter.is_some() || !function.within_group.is_empty() {
        return Err(Problem::new(
            "aggregate-in-filter",
            format!("a policy expression is about one row: no aggregate `{name}`"),
            at,
        ));
    }
    Ok(())
}

fn name_of(function: &Function) -> Vec<String> {
    let parts = function.name.0.iter();
    parts
        .filter_map(|part| part.as_ident())
        .map(|ident| ident.value.clone())
        .collect()
}

/// Words that Flink takes for its own session's user, who is not the principal.
pub(super) fn is_session_user(word: &str) -> bool {
    ["USER", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

pub(super) fn session_user(at: Option<usize>) -> Problem {
    Problem::new(
        "reserved-word",
        "without back-ticks this is the user of Flink's own session: the principal is `${user.name}`, a column of that name goes into back-ticks",
        at,
    )
}

fn is_attribute_name(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.chars().all(allowed)
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
                column_at: ident_span(path.first()?).start as usize,
            })
        })
        .collect()
}

fn unsupported(what: &str) -> Problem {
    Problem::new(
        "unsupported-in-policy",
        format!("{what} is not supported in a policy expression"),
        None,
    )
}
