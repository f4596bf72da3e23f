//! Walking scalar expressions: the closed list of `sqlparser` nodes that this grammar builds.

use sqlparser::ast::{
    AccessExpr, CeilFloorKind, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, InTarget, Subscript, WindowFrameBound, WindowSpec,
    WindowType,
};

use super::ast::{QueryId, nested_query};

/// Calls `visit` with each direct operand of `expr`, in text order as far as the node keeps it.
///
/// # Errors
/// A node that this grammar never builds: whoever walks an expression must refuse it.
pub fn for_each_operand<'e>(
    expr: &'e Expr,
    visit: &mut dyn FnMut(&'e Expr),
) -> Result<(), UnknownNode> {
    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::TypedString(_) => {}
        Expr::CompoundFieldAccess { root, access_chain } => {
            visit(root);
            for access in access_chain {
                match access {
                    // The name of a field: no column.
                    AccessExpr::Dot(Expr::Identifier(_)) => {}
                    AccessExpr::Subscript(Subscript::Index { index }) => visit(index),
                    AccessExpr::Dot(_) | AccessExpr::Subscript(Subscript::Slice { .. }) => {
                        return Err(UnknownNode);
                    }
                }
            }
        }
        Expr::IsFalse(a)
        | Expr::IsNotFalse(a)
        | Expr::IsTrue(a)
        | Expr::IsNotTrue(a)
        | Expr::IsNull(a)
        | Expr::IsNotNull(a)
        | Expr::IsUnknown(a)
        | Expr::IsNotUnknown(a)
        | Expr::Nested(a)
        | Expr::IsJson { expr: a, .. }
        | Expr::UnaryOp { expr: a, .. }
        | Expr::Cast { expr: a, .. }
        | Expr::Extract { expr: a, .. } => visit(a),
        Expr::Ceil { expr, field } | Expr::Floor { expr, field } => match field {
            CeilFloorKind::DateTimeField(_) => visit(expr),
            CeilFloorKind::Scale(_) => return Err(UnknownNode),
        },
        Expr::IsDistinctFrom(a, b) | Expr::IsNotDistinctFrom(a, b) => each([a, b], visit),
        Expr::BinaryOp { left, right, .. }
        | Expr::AnyOp { left, right, .. }
        | Expr::AllOp { left, right, .. } => each([left, right], visit),
        Expr::In { expr, target, .. } => {
            visit(expr);
            match target {
                InTarget::List(items) => items.iter().for_each(visit),
                InTarget::Subquery(_) | InTarget::Unnest(_) | InTarget::Table { .. } => {
                    return Err(UnknownNode);
                }
            }
        }
        Expr::Between {
            expr, low, high, ..
        } => each([expr, low, high], visit),
        Expr::Like {
            expr,
            pattern,
            escape_char,
            ..
        }
        | Expr::ILike {
            expr,
            pattern,
            escape_char,
            ..
        }
        | Expr::SimilarTo {
            expr,
            pattern,
            escape_char,
            ..
        } => {
            each([expr, pattern], visit);
            each(escape_char, visit);
        }
        Expr::RLike { expr, pattern, .. } => each([expr, pattern], visit),
        Expr::Position { expr, r#in } => each([expr, r#in], visit),
        Expr::Substring {
            expr,
            substring_from,
            substring_for,
            ..
        } => {
            visit(expr);
            each(substring_from, visit);
            each(substring_for, visit);
        }
        Expr::Trim {
            trim_what,
            expr,
            trim_characters: None,
            ..
        } => {
            each(trim_what, visit);
            visit(expr);
        }
        Expr::Overlay {
            expr,
            overlay_what,
            overlay_from,
            overlay_for,
        } => {
            each([expr, overlay_what, overlay_from], visit);
            each(overlay_for, visit);
        }
        Expr::Case {
            operand,
            conditions,
            else_result,
            ..
        } => {
            each(operand, visit);
            for branch in conditions {
                visit(&branch.condition);
                visit(&branch.result);
            }
            each(else_result, visit);
        }
        Expr::Tuple(items) => items.iter().for_each(visit),
        Expr::Array(array) => array.elem.iter().for_each(visit),
        Expr::Map(map) => {
            for entry in &map.entries {
                visit(&entry.key);
                visit(&entry.value);
            }
        }
        Expr::Interval(interval) => visit(&interval.value),
        Expr::MemberOf(member) => each([&member.value, &member.array], visit),
        Expr::Function(function) => return function_operands(function, visit),
        Expr::Trim { .. }
        | Expr::JsonAccess { .. }
        | Expr::IsNormalized { .. }
        | Expr::Convert { .. }
        | Expr::AtTimeZone { .. }
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
        | Expr::Lambda(_) => return Err(UnknownNode),
    }
    Ok(())
}

/// A node that this grammar never builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the expression holds a node that the grammar does not build")]
pub struct UnknownNode;

fn each<'e>(operands: impl IntoIterator<Item = &'e Box<Expr>>, visit: &mut dyn FnMut(&'e Expr)) {
    for operand in operands {
        visit(operand);
    }
}

fn function_operands<'e>(
    function: &'e Function,
    visit: &mut dyn FnMut(&'e Expr),
) -> Result<(), UnknownNode> {
    if !matches!(function.parameters, FunctionArguments::None) || function.uses_odbc_syntax {
        return Err(UnknownNode);
    }
    match &function.args {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(_) => return Err(UnknownNode),
        FunctionArguments::List(list) => {
            for argument in &list.args {
                match argument {
                    FunctionArg::Named { arg, .. } | FunctionArg::Unnamed(arg) => match arg {
                        FunctionArgExpr::Expr(expr) => visit(expr),
                        FunctionArgExpr::QualifiedWildcard(_) | FunctionArgExpr::Wildcard => {}
                        FunctionArgExpr::WildcardWithOptions(_) => return Err(UnknownNode),
                    },
                    FunctionArg::ExprNamed { .. } => return Err(UnknownNode),
                }
            }
            for clause in &list.clauses {
                match clause {
                    FunctionArgumentClause::OrderBy(items) => {
                        items.iter().for_each(|item| visit(&item.expr));
                    }
                    FunctionArgumentClause::IgnoreOrRespectNulls(_)
                    | FunctionArgumentClause::Where(_)
                    | FunctionArgumentClause::Limit(_)
                    | FunctionArgumentClause::OnOverflow(_)
                    | FunctionArgumentClause::Having(_)
                    | FunctionArgumentClause::Separator(_)
                    | FunctionArgumentClause::JsonNullClause(_)
                    | FunctionArgumentClause::JsonReturningClause(_) => return Err(UnknownNode),
                }
            }
        }
    }
    function
        .within_group
        .iter()
        .for_each(|item| visit(&item.expr));
    each(&function.filter, visit);
    match &function.over {
        None | Some(WindowType::NamedWindow(_)) => {}
        Some(WindowType::WindowSpec(spec)) => window_operands(spec, visit),
    }
    Ok(())
}

/// Calls `visit` with each operand of a window specification.
pub(super) fn window_operands<'e>(spec: &'e WindowSpec, visit: &mut dyn FnMut(&'e Expr)) {
    spec.partition_by.iter().for_each(&mut *visit);
    spec.order_by.iter().for_each(|item| visit(&item.expr));
    let frame = spec.window_frame.iter();
    for bound in frame.flat_map(|frame| std::iter::once(&frame.start_bound).chain(&frame.end_bound))
    {
        match bound {
            WindowFrameBound::CurrentRow => {}
            WindowFrameBound::Preceding(operand) | WindowFrameBound::Following(operand) => {
                each(operand, visit);
            }
        }
    }
}

/// Whether the markers of nested queries in `expr` are exactly `made`, each once.
pub(super) fn check_markers(expr: &Expr, mut made: Vec<QueryId>) -> Result<(), &'static str> {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if let Some(id) = nested_query(expr) {
            let Some(at) = made.iter().position(|other| *other == id) else {
                return Err("a nested query stands twice in the expression");
            };
            made.swap_remove(at);
        }
        for_each_operand(expr, &mut |operand| open.push(operand))
            .map_err(|UnknownNode| "the expression holds a construct that is not known")?;
    }
    if made.is_empty() {
        Ok(())
    } else {
        Err("a nested query was lost in the expression")
    }
}
