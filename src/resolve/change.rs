//! UPDATE and DELETE: a table that is written, and whose rows are found by their values.

use super::Place;
use super::bindings::Node;
use super::error::ResolveError;
use super::query::{Resolver, options};
use super::scope::{Scope, ScopeRelation};
use crate::syntax::ast::{Clause, Delete, Ident, QueryId, Scalar, TableRef, Update};

impl<'a> Resolver<'a> {
    pub(super) fn update(&mut self, update: &'a Update) -> Result<(), ResolveError> {
        let values = update.assignments.iter().map(|(_, value)| value);
        let condition = update.selection.iter().map(condition);
        let operands = values.chain(condition).collect();
        self.changed(&update.target, update.alias.as_ref(), operands)
    }

    pub(super) fn delete(&mut self, delete: &'a Delete) -> Result<(), ResolveError> {
        let operands = delete.selection.iter().map(condition).collect();
        self.changed(&delete.target, delete.alias.as_ref(), operands)
    }

    /// The target is in scope of all operands, under its alias or its own name.
    fn changed(
        &mut self,
        target: &'a TableRef,
        alias: Option<&Ident>,
        operands: Vec<&'a Scalar>,
    ) -> Result<(), ResolveError> {
        self.sink(&target.name, options(target))?;
        let (columns, relation) = self.relation(target, Place::Target, QueryId(0), None)?;
        let name = self.find(&target.name)?.name;
        let node = Node::Target(target.span.start);
        self.shape(node, &columns);
        let scope = Scope {
            relations: vec![ScopeRelation {
                alias: alias.map_or_else(|| name.table.clone(), |a| a.value.clone()),
                path: alias.is_none().then_some(name),
                columns,
                relation,
                through: None,
                qualified_only: false,
                node,
            }],
            ..Scope::default()
        };
        for operand in operands {
            self.scalar(operand, &scope, &None, None)?;
        }
        Ok(())
    }
}

fn condition(clause: &Clause) -> &Scalar {
    &clause.condition
}
