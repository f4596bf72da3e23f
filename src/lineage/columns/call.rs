//! Select items that are one call and nothing else: what the policy may take as masked already (LINEAGE.md §1, row J).
//!
//! In: the tree of an item. Out: [`ItemCall`]. Stays out: what the function does, and whether the policy lists it.
//! Invariant: read off the tree, never off the text: an operator behind a call looks like an alias there.

use std::collections::BTreeMap;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectNamePart,
};

use super::super::{Direct, Form, Reduction, Relationship};
use super::deps::{Dep, Deps, SAME, Set, Through};
use super::fold::Fold;
use crate::syntax::{Span, ident_span};

/// What the edges at one place have come through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemCall {
    /// The function's name as written, its parts joined by dots, in upper case.
    pub function: String,
    /// Whether each of them is the one argument of that call, as it is.
    pub bare: bool,
}

/// The name of a plain call, and the name of the column that is its one argument, if it is one.
fn plain(expr: &Expr) -> Option<(String, Option<&Ident>)> {
    let Expr::Function(call) = expr else {
        return None;
    };
    let Function {
        args: FunctionArguments::List(list),
        over: None,
        filter: None,
        ..
    } = call
    else {
        return None;
    };
    if !call.within_group.is_empty() {
        return None;
    }
    let parts = call.name.0.iter().map(|part| match part {
        // A dot in a part would make another name of it.
        ObjectNamePart::Identifier(name) if !name.value.contains('.') => {
            Some(name.value.to_uppercase())
        }
        ObjectNamePart::Identifier(_) | ObjectNamePart::Function(_) => None,
    });
    let parts: Option<Vec<String>> = parts.collect();
    let column = match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))]
            if list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
        {
            match expr {
                Expr::Identifier(name) => Some(name),
                Expr::CompoundIdentifier(parts) => parts.first(),
                _ => None,
            }
        }
        _ => None,
    };
    Some((parts?.join("."), column))
}

impl Fold<'_> {
    /// The set of the select item at `at`, which says what has come through the call that the item is.
    pub(super) fn called(&mut self, expr: &Expr, at: Span, deps: Deps) -> Deps {
        let Some((function, argument)) = plain(expr) else {
            return deps;
        };
        let bindings = &self.resolution.bindings;
        let column = argument.and_then(|name| match bindings.name(ident_span(name).start) {
            Some([column]) if column.whole => Some(*column),
            Some(_) | None => None,
        });
        let given = column.map(|column| self.column(column).0);
        let as_it_is = |dep: &Dep| {
            let mut of_source = given.iter().flat_map(|given| given.iter());
            let mut of_source = of_source
                .by_ref()
                .filter(|g| g.source == dep.source && is_direct(g))
                .peekable();
            of_source.peek().is_some() && of_source.all(|g| g.relationship == SAME)
        };
        let mut set = Set::default();
        for dep in deps.iter() {
            let through = match dep.span == at && is_direct(dep) {
                true if as_it_is(dep) => Through::Bare,
                true => Through::Call,
                false => Through::Nothing,
            };
            set.push(Dep { through, ..*dep });
        }
        self.calls.insert(at, function);
        set.finish()
    }
}

fn is_direct(dep: &Dep) -> bool {
    matches!(dep.relationship, Relationship::Direct(_))
}

/// Lowers what is said of the places of `deps` to what holds for all that ends there.
pub(super) fn tell(
    deps: &[Dep],
    calls: &BTreeMap<Span, String>,
    told: &mut BTreeMap<Span, Option<ItemCall>>,
) {
    for dep in deps {
        // Only such edges can end at a call.
        let Relationship::Direct(Direct {
            form: Form::Hashed | Form::Derived,
            reduction: Reduction::None,
        }) = dep.relationship
        else {
            continue;
        };
        let function = calls.get(&dep.span).cloned();
        let call = match dep.through {
            Through::Nothing => None,
            Through::Call | Through::Bare => function.map(|function| ItemCall {
                function,
                bare: dep.through == Through::Bare,
            }),
        };
        let known = told.entry(dep.span).or_insert_with(|| call.clone());
        *known = match (known.take(), call) {
            (Some(known), Some(call)) => Some(ItemCall {
                bare: known.bare && call.bare,
                ..known
            }),
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Expression;

    #[test]
    fn an_item_is_a_plain_call_or_none() {
        for (text, function, column) in [
            ("SHA256(phone)", Some("SHA256"), true),
            ("sha256(c.phone)", Some("SHA256"), true),
            (
                "lib.db.Tokenize(phone, 'k')",
                Some("LIB.DB.TOKENIZE"),
                false,
            ),
            ("`lib.db.tokenize`(phone)", None, false),
            ("MD5(CONCAT(a, b))", Some("MD5"), false),
            ("MD5(a) || b", None, false),
            ("phone", None, false),
            ("MAX(x) OVER (PARTITION BY y)", None, false),
            ("(SELECT MAX(x) FROM t)", None, false),
            ("f(a) = c.d", None, false),
        ] {
            let expression = Expression::parse(text).unwrap();
            let found = plain(&expression.scalar.expr);
            assert_eq!(found.as_ref().map(|f| f.0.as_str()), function, "{text}");
            assert_eq!(found.is_some_and(|f| f.1.is_some()), column, "{text}");
        }
    }
}
