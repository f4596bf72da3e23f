//! What a scalar expression reads: its column references, nested queries, function calls and variables.
//!
//! The walk is a closed match over `sqlparser`'s expressions: a node that Flink SQL cannot have, or that this version does not know, is an
//! error and never "no operands". It keeps its own stack, so a chain of twenty thousand ANDs costs no call depth.

use sqlparser::ast::{
    AccessExpr, CeilFloorKind, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, Ident as SqlIdent, InTarget, ListAggOnOverflow,
    ObjectName, ObjectNamePart, Subscript, Value, WindowFrameBound, WindowType,
};

use super::ast::{QueryId, nested_query};
use super::{Construct, DataType, Span, SyntaxError, SyntaxErrorKind};

/// Something that a scalar expression reads.
#[derive(Debug, Clone, Copy)]
pub enum Operand<'a> {
    /// A possibly qualified name in value position: a column, or a field of one.
    Column(&'a [SqlIdent]),
    /// `t.*` or `*` as an argument; the parts before the star.
    Wildcard(&'a [ObjectNamePart]),
    /// A nested query.
    Query(QueryId),
    /// A function call; its arguments are reported by themselves.
    Call(&'a Function),
    /// `${name}`, `{name}` or `?`, as written.
    Variable(&'a str, Span),
}

/// Functions that are written without parentheses; as reserved words they can never be columns.
const NILADIC: [&str; 13] = [
    "CURRENT_CATALOG",
    "CURRENT_DATABASE",
    "CURRENT_DATE",
    "CURRENT_PATH",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "SESSION_USER",
    "SYSTEM_USER",
];

/// Functions whose first argument is a unit of time, not a column.
const UNIT_FIRST: [&str; 2] = ["TIMESTAMPADD", "TIMESTAMPDIFF"];

/// The span of a `sqlparser` identifier of ours: exact, since our tokens carry byte offsets as columns of line 1.
#[must_use]
pub fn ident_span(ident: &SqlIdent) -> Span {
    sql_span(ident.span)
}

/// A `sqlparser` span as a byte range; empty at 0 for `Span::empty()`.
#[must_use]
pub fn sql_span(span: sqlparser::tokenizer::Span) -> Span {
    let byte = |column: u64| u32::try_from(column.saturating_sub(1)).unwrap_or(u32::MAX);
    Span::new(byte(span.start.column), byte(span.end.column))
}

/// Reports every operand of `expr` to `found`, nested queries as such (their insides are the caller's to walk).
///
/// # Errors
/// `unsupported-construct` for a node that is not on the list.
pub fn operands<'a>(expr: &'a Expr, found: &mut dyn FnMut(Operand<'a>)) -> Result<(), SyntaxError> {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        one(expr, &mut todo, found)?;
    }
    Ok(())
}

/// Adds the expressions directly below `expr` to `below`, those of every clause of a call too.
///
/// # Errors
/// `unsupported-construct` for a node that is not on the list.
pub fn parts<'a>(expr: &'a Expr, below: &mut Vec<&'a Expr>) -> Result<(), SyntaxError> {
    one(expr, below, &mut |_| {})
}

/// One step of [`operands`]: adds the expressions directly below `expr` to `below`, and reports what it is itself.
///
/// # Errors
/// `unsupported-construct` for a node that is not on the list.
pub fn step<'a>(
    expr: &'a Expr,
    below: &mut Vec<&'a Expr>,
    found: &mut dyn FnMut(Operand<'a>),
) -> Result<(), SyntaxError> {
    one(expr, below, found)
}

#[expect(
    clippy::too_many_lines,
    reason = "one closed match: the list is the point"
)]
fn one<'a>(
    expr: &'a Expr,
    todo: &mut Vec<&'a Expr>,
    found: &mut dyn FnMut(Operand<'a>),
) -> Result<(), SyntaxError> {
    match expr {
        Expr::Identifier(ident) => {
            if ident.quote_style.is_some()
                || !NILADIC.contains(&ident.value.to_ascii_uppercase().as_str())
            {
                found(Operand::Column(std::slice::from_ref(ident)));
            }
        }
        Expr::CompoundIdentifier(parts) => found(Operand::Column(parts)),
        Expr::CompoundFieldAccess { root, access_chain } => {
            todo.push(root);
            for access in access_chain {
                match access {
                    // A field of the root: names nothing by itself.
                    AccessExpr::Dot(Expr::Identifier(_)) => {}
                    AccessExpr::Dot(_) => return unknown(Construct::FieldAccess),
                    AccessExpr::Subscript(Subscript::Index { index }) => todo.push(index),
                    AccessExpr::Subscript(Subscript::Slice { .. }) => {
                        return unknown(Construct::ArraySlice);
                    }
                }
            }
        }
        Expr::Value(value) => match &value.value {
            Value::Placeholder(mark) => match nested_query(expr) {
                Some(id) => found(Operand::Query(id)),
                None => found(Operand::Variable(mark, sql_span(value.span))),
            },
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::NationalStringLiteral(_)
            | Value::HexStringLiteral(_)
            | Value::EscapedStringLiteral(_)
            | Value::UnicodeStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null => {}
            _ => return unknown(Construct::LiteralForm),
        },
        Expr::TypedString(_) => {}
        Expr::Prefixed { value, .. } => todo.push(value),
        Expr::IsFalse(e)
        | Expr::IsNotFalse(e)
        | Expr::IsTrue(e)
        | Expr::IsNotTrue(e)
        | Expr::IsNull(e)
        | Expr::IsNotNull(e)
        | Expr::IsUnknown(e)
        | Expr::IsNotUnknown(e)
        | Expr::Nested(e)
        | Expr::UnaryOp { expr: e, .. }
        | Expr::Cast { expr: e, .. }
        | Expr::Extract { expr: e, .. }
        | Expr::IsJson { expr: e, .. }
        | Expr::Named { expr: e, .. } => todo.push(e),
        Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
            match field {
                CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_) => {}
            }
            todo.push(expr);
        }
        Expr::IsDistinctFrom(a, b)
        | Expr::IsNotDistinctFrom(a, b)
        | Expr::BinaryOp {
            left: a, right: b, ..
        }
        | Expr::AnyOp {
            left: a, right: b, ..
        }
        | Expr::AllOp {
            left: a, right: b, ..
        }
        | Expr::Position { expr: a, r#in: b }
        | Expr::AtTimeZone {
            timestamp: a,
            time_zone: b,
        } => todo.extend([&**a, &**b]),
        Expr::MemberOf(member) => todo.extend([&*member.value, &*member.array]),
        Expr::In { expr, target, .. } => {
            todo.push(expr);
            match target {
                InTarget::List(list) => todo.extend(list),
                // Our own grammar reads every query, so sqlparser's forms cannot arise.
                InTarget::Subquery(_) | InTarget::Unnest(_) | InTarget::Table { .. } => {
                    return unknown(Construct::InForm);
                }
            }
        }
        Expr::Between {
            expr, low, high, ..
        } => todo.extend([&**expr, low, high]),
        Expr::Like {
            expr,
            pattern,
            escape_char,
            any: false,
            ..
        }
        | Expr::ILike {
            expr,
            pattern,
            escape_char,
            any: false,
            ..
        }
        | Expr::SimilarTo {
            expr,
            pattern,
            escape_char,
            ..
        } => {
            todo.extend([&**expr, pattern]);
            todo.extend(escape_char.as_deref());
        }
        Expr::RLike { expr, pattern, .. } => todo.extend([&**expr, pattern]),
        Expr::Substring {
            expr,
            substring_from,
            substring_for,
            ..
        } => {
            todo.push(expr);
            todo.extend(substring_from.as_deref());
            todo.extend(substring_for.as_deref());
        }
        Expr::Trim {
            trim_what,
            expr,
            trim_characters,
            ..
        } => {
            todo.push(expr);
            todo.extend(trim_what.as_deref());
            todo.extend(trim_characters.iter().flatten());
        }
        Expr::Overlay {
            expr,
            overlay_what,
            overlay_from,
            overlay_for,
        } => {
            todo.extend([&**expr, overlay_what, overlay_from]);
            todo.extend(overlay_for.as_deref());
        }
        Expr::Case {
            operand,
            conditions,
            else_result,
            ..
        } => {
            todo.extend(operand.as_deref());
            todo.extend(else_result.as_deref());
            for when in conditions {
                todo.extend([&when.condition, &when.result]);
            }
        }
        Expr::Tuple(list) => todo.extend(list),
        Expr::Array(array) => todo.extend(&array.elem),
        Expr::Map(map) => todo.extend(map.entries.iter().flat_map(|e| [&*e.key, &*e.value])),
        Expr::Interval(interval) => todo.push(&interval.value),
        Expr::Function(function) => call(function, todo, found)?,
        Expr::Wildcard(_) => found(Operand::Wildcard(&[])),
        Expr::QualifiedWildcard(ObjectName(parts), _) => found(Operand::Wildcard(parts)),
        // Read as groups of keys by our own GROUP BY.
        Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
            todo.extend(sets.iter().flatten())
        }
        Expr::Exists { .. }
        | Expr::Subquery(_)
        | Expr::JsonAccess { .. }
        | Expr::IsNormalized { .. }
        | Expr::Like { any: true, .. }
        | Expr::ILike { any: true, .. }
        | Expr::Convert { .. }
        | Expr::Collate { .. }
        | Expr::Struct { .. }
        | Expr::Dictionary(_)
        | Expr::MatchAgainst { .. }
        | Expr::OuterJoin(_)
        | Expr::Prior(_)
        | Expr::Lambda(_) => return unknown(Construct::ExpressionForm),
    }
    Ok(())
}

/// Whether a function's name is one unquoted word.
fn is_plain(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [ObjectNamePart::Identifier(only)] if only.quote_style.is_none())
}

fn call<'a>(
    function: &'a Function,
    todo: &mut Vec<&'a Expr>,
    found: &mut dyn FnMut(Operand<'a>),
) -> Result<(), SyntaxError> {
    found(Operand::Call(function));
    call_parts(function, &mut |part| match part {
        CallPart::Argument(_, expr)
        | CallPart::Order(expr)
        | CallPart::Filter(expr)
        | CallPart::Window(expr) => todo.push(expr),
        CallPart::Star(parts) => found(Operand::Wildcard(parts)),
    })
}

/// What stands below a call, by the clause it stands in.
#[derive(Debug, Clone, Copy)]
pub enum CallPart<'a> {
    /// An argument, with its place from 0.
    Argument(usize, &'a Expr),
    /// `*` or `t.*` as an argument; the parts before the star.
    Star(&'a [ObjectNamePart]),
    /// A key that orders the rows of an aggregate.
    Order(&'a Expr),
    /// `FILTER (WHERE …)`.
    Filter(&'a Expr),
    /// PARTITION BY, ORDER BY and the frame of OVER.
    Window(&'a Expr),
}

/// Reports everything below a call to `found`; a unit of time and the names of `DESCRIPTOR` are no columns, and are left out.
///
/// # Errors
/// `unsupported-construct` for a clause that is not on the list.
pub fn call_parts<'a>(
    function: &'a Function,
    found: &mut dyn FnMut(CallPart<'a>),
) -> Result<(), SyntaxError> {
    let name = last_part(&function.name).to_ascii_uppercase();
    // Columns of the table argument beside it, not of this scope. A user's function has the name only in back-ticks or behind dots.
    if name == "DESCRIPTOR" && is_plain(&function.name) {
        return Ok(());
    }
    let mut unit = UNIT_FIRST.contains(&name.as_str());
    for arguments in [&function.parameters, &function.args] {
        let list = match arguments {
            FunctionArguments::None => continue,
            FunctionArguments::List(list) => list,
            FunctionArguments::Subquery(_) => return unknown(Construct::FunctionArgument),
        };
        for (index, argument) in list.args.iter().enumerate() {
            let value = match argument {
                FunctionArg::Named { arg, .. }
                | FunctionArg::ExprNamed { arg, .. }
                | FunctionArg::Unnamed(arg) => arg,
            };
            match value {
                FunctionArgExpr::Expr(Expr::Identifier(_)) if unit => {}
                FunctionArgExpr::Expr(expr) => found(CallPart::Argument(index, expr)),
                FunctionArgExpr::Wildcard => found(CallPart::Star(&[])),
                FunctionArgExpr::QualifiedWildcard(ObjectName(parts)) => {
                    found(CallPart::Star(parts))
                }
                FunctionArgExpr::WildcardWithOptions(_) => {
                    return unknown(Construct::FunctionArgument);
                }
            }
            unit = false;
        }
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::Where(expr) => found(CallPart::Filter(expr)),
                FunctionArgumentClause::Limit(expr) => found(CallPart::Argument(usize::MAX, expr)),
                FunctionArgumentClause::OrderBy(keys) => {
                    keys.iter().for_each(|k| found(CallPart::Order(&k.expr)))
                }
                FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Truncate {
                    filler, ..
                }) => {
                    let filler = filler.as_deref().into_iter();
                    filler.for_each(|f| found(CallPart::Argument(usize::MAX, f)));
                }
                FunctionArgumentClause::Having(bound) => {
                    found(CallPart::Argument(usize::MAX, &bound.1))
                }
                FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Error)
                | FunctionArgumentClause::IgnoreOrRespectNulls(_)
                | FunctionArgumentClause::Separator(_)
                | FunctionArgumentClause::JsonNullClause(_)
                | FunctionArgumentClause::JsonReturningClause(_) => {}
            }
        }
    }
    let keys = function.within_group.iter();
    keys.for_each(|k| found(CallPart::Order(&k.expr)));
    if let Some(filter) = function.filter.as_deref() {
        found(CallPart::Filter(filter));
    }
    match &function.over {
        None | Some(WindowType::NamedWindow(_)) => {}
        Some(WindowType::WindowSpec(window)) => {
            let keys = window.order_by.iter().map(|k| &k.expr);
            let keys = window.partition_by.iter().chain(keys);
            keys.for_each(|k| found(CallPart::Window(k)));
            if let Some(frame) = &window.window_frame {
                for bound in [Some(&frame.start_bound), frame.end_bound.as_ref()]
                    .into_iter()
                    .flatten()
                {
                    match bound {
                        WindowFrameBound::CurrentRow => {}
                        WindowFrameBound::Preceding(value) | WindowFrameBound::Following(value) => {
                            let value = value.as_deref().into_iter();
                            value.for_each(|v| found(CallPart::Window(v)));
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// The last part of a function's name, unquoted.
#[must_use]
pub fn last_part(name: &ObjectName) -> &str {
    match name.0.last() {
        Some(ObjectNamePart::Identifier(ident)) => &ident.value,
        Some(ObjectNamePart::Function(_)) | None => "",
    }
}

/// The type that `expr` has by its form alone: a CAST says it, and a CASE whose branches do. `None` says "not known", not "no type".
#[must_use]
pub fn cast_type(expr: &Expr) -> Option<DataType> {
    match expr {
        Expr::Nested(inner) => cast_type(inner),
        Expr::Cast {
            data_type: sqlparser::ast::DataType::Custom(name, _),
            ..
        } => super::parse_data_type(last_part(name)).ok(),
        Expr::Case {
            conditions,
            else_result,
            ..
        } => {
            let results = conditions.iter().map(|when| &when.result);
            let mut types = results.chain(else_result.as_deref()).map(cast_type);
            let first = types.next()??;
            types
                .all(|t| t.is_some_and(|t| t.kind == first.kind))
                .then(|| first.as_nullable())
        }
        _ => None,
    }
}

fn unknown<T>(construct: Construct) -> Result<T, SyntaxError> {
    Err(SyntaxError {
        kind: SyntaxErrorKind::Unsupported(construct),
        span: Span::default(),
    })
}
