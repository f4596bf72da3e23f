//! The names in the expression of a computed column: columns of its own table, or fields of them.

use super::bind::Path;
use super::bindings::{Bindings, ColumnRef, Node};
use super::scope::{Binding, Columns, Notes, Scope, ScopeRelation};
use super::{OutColumn, query};
use crate::catalog::Column;
use crate::syntax::ast::Scalar;
use crate::syntax::{Operand, operands};

/// Which columns of `columns` the expression of a computed column among them names, under [`Node::Computed`].
///
/// `None` where it holds a name that is none of them, or a construct that is not known: then any column may be meant.
#[must_use]
pub fn computed_names(columns: &[Column], expression: &Scalar) -> Option<Bindings> {
    let list = columns.iter().map(|c| OutColumn {
        name: c.name.clone(),
        data_type: c.data_type.clone(),
    });
    let scope = Scope {
        relations: vec![ScopeRelation {
            alias: String::new(),
            path: None,
            columns: Columns::closed(list.collect()),
            relation: None,
            through: None,
            qualified_only: false,
            node: Node::Computed,
        }],
        ..Scope::default()
    };
    let mut bindings = Bindings::default();
    let mut known = true;
    operands(&expression.expr, &mut |operand| match operand {
        Operand::Column(parts) => {
            let path = Path::of_sql(parts);
            let mut notes = Notes::default();
            let binding = scope.bind(&path.parts, &mut notes);
            known &= binding != Binding::Unknown;
            bindings.bind(path.span().start, query::meaning(&binding, notes));
        }
        Operand::Query(_) | Operand::Wildcard(_) => known = false,
        Operand::Call(_) | Operand::Variable(..) => {}
    })
    .ok()?;
    known.then(|| bindings.sorted())
}

impl From<&super::scope::Bound> for ColumnRef {
    fn from(bound: &super::scope::Bound) -> Self {
        Self {
            node: bound.node,
            column: bound.index,
            whole: bound.whole,
        }
    }
}
