//! Which queries a statement holds, and which tables it writes.

use super::Sink;
use super::error::{ResolveError, ResolveErrorKind};
use super::query::{Resolver, options};
use super::scope::Scope;
use crate::catalog::Found;
use crate::syntax::ast::{Insert, Name, Setting, StatementKind, TableChange, ViewChange};

impl<'a> Resolver<'a> {
    pub(super) fn kind(&mut self, kind: &'a StatementKind) -> Result<(), ResolveError> {
        match kind {
            StatementKind::Query(id) => self.top(*id),
            StatementKind::Insert(insert) => self.insert(insert),
            StatementKind::StatementSet(inserts) => {
                inserts.iter().try_for_each(|insert| self.insert(insert))
            }
            StatementKind::Explain(inner) => self.kind(inner),
            StatementKind::CreateTable(create) => {
                self.made(&create.name)?;
                create.query.map_or(Ok(()), |id| self.top(id))
            }
            StatementKind::CreateView(create) => {
                self.made(&create.name)?;
                self.top(create.query)
            }
            StatementKind::CreateMaterializedTable(create) => {
                self.made(&create.table.name)?;
                create.table.query.map_or(Ok(()), |id| self.top(id))
            }
            StatementKind::AlterTable(alter) => match &alter.change {
                TableChange::As(query) => {
                    self.sink(&alter.name, Vec::new())?;
                    self.top(*query)
                }
                TableChange::Rename(_)
                | TableChange::RenameColumn { .. }
                | TableChange::Set(_)
                | TableChange::Reset(_)
                | TableChange::Add(_)
                | TableChange::Modify(_)
                | TableChange::DropColumns(_)
                | TableChange::DropKey
                | TableChange::DropWatermark
                | TableChange::Distribution
                | TableChange::AddPartitions(_)
                | TableChange::DropPartitions
                | TableChange::Compact
                | TableChange::Suspend
                | TableChange::Resume(_)
                | TableChange::Refresh
                | TableChange::Schedule => Ok(()),
            },
            StatementKind::AlterView(alter) => match &alter.change {
                ViewChange::As(query) => {
                    // Not a sink: what may be changed is asked elsewhere.
                    self.out.bindings.altered = self.session.qualify(&alter.name).ok();
                    self.top(*query)
                }
                ViewChange::Rename(_) => Ok(()),
            },
            StatementKind::Update(update) => self.update(update),
            StatementKind::Delete(delete) => self.delete(delete),
            StatementKind::Truncate(name) => self.sink(name, Vec::new()),
            StatementKind::CompilePlan(plan) => plan
                .inserts
                .iter()
                .try_for_each(|insert| self.insert(insert)),
            // Their expressions read no table of the statement; a query in one is a stray.
            StatementKind::CreateObject(_)
            | StatementKind::AlterObject(_)
            | StatementKind::Analyze(_)
            | StatementKind::Describe(_)
            | StatementKind::Show(_)
            | StatementKind::Call(_)
            | StatementKind::Module(_)
            | StatementKind::Jar(_)
            | StatementKind::Drop(_)
            | StatementKind::Use(_)
            | StatementKind::Set(_)
            | StatementKind::Reset(_)
            | StatementKind::BeginStatementSet
            | StatementKind::EndStatementSet
            | StatementKind::Refused(_) => Ok(()),
        }
    }

    /// The name of a table or view that the statement makes: not looked up.
    fn made(&mut self, name: &Name) -> Result<(), ResolveError> {
        let full = self
            .session
            .qualify(name)
            .map_err(|e| ResolveErrorKind::Name(e).at(name.span))?;
        let found = Found {
            name: full,
            object: None,
            origin: crate::catalog::Origin::Unlisted,
        };
        self.out.sinks.push(Sink {
            found,
            name: name.span,
            options: Vec::new(),
        });
        Ok(())
    }

    fn insert(&mut self, insert: &'a Insert) -> Result<(), ResolveError> {
        self.sink(&insert.target.name, options(&insert.target))?;
        let none = Scope::default();
        for value in insert
            .partition
            .iter()
            .filter_map(|(_, value)| value.as_ref())
        {
            self.scalar(value, &none, &None, None)?;
        }
        self.top(insert.source)
    }

    /// A table that is there and is written.
    pub(super) fn sink(&mut self, name: &Name, options: Vec<Setting>) -> Result<(), ResolveError> {
        let found = self.find(name)?;
        self.out.sinks.push(Sink {
            found,
            name: name.span,
            options,
        });
        Ok(())
    }
}
