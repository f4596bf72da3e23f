//! A view's text, resolved in the catalog and database it was written for.

use std::rc::Rc;

use super::error::{ResolveError, ResolveErrorKind};
use super::query::{Resolver, renamed};
use super::scope::Columns;
use super::{Resolution, VIEW_DEPTH};
use crate::catalog::{Column, ColumnKind, TableName, View};
use crate::syntax::ast::{Statement, StatementKind};
use crate::syntax::{FlinkVersion, Limits, Script, Span};

/// The text of a view with its tree and its resolution.
#[derive(Debug)]
pub struct ViewUnit {
    /// The text.
    pub text: String,
    /// Its one statement.
    pub statement: Statement,
    /// What it reads. Spans are those of [`ViewUnit::text`].
    pub resolution: Resolution,
    /// The view's own column list.
    pub names: Vec<String>,
    columns: Option<Vec<Column>>,
}

impl ViewUnit {
    /// The view's columns; `None` where its text reads a table of unknown schema.
    #[must_use]
    pub fn columns(&self) -> Option<&[Column]> {
        self.columns.as_deref()
    }
}

impl Resolver<'_> {
    pub(super) fn view(
        &self,
        name: &TableName,
        view: &View,
        span: Span,
    ) -> Result<Rc<ViewUnit>, ResolveError> {
        // Each view of a chain that names the one before it twice doubles what is read.
        let left = self.budget.views.get().checked_sub(1);
        self.budget.views.set(left.unwrap_or_default());
        if self.views.len() >= VIEW_DEPTH || self.views.contains(name) || left.is_none() {
            return Err(ResolveErrorKind::ViewDepth(name.clone()).at(span));
        }
        let invalid = || ResolveErrorKind::View(name.clone()).at(span);
        let script = Script::parse(&view.text, FlinkVersion::default(), &Limits::default())
            .map_err(|_| invalid())?;
        let [statement] = <[Statement; 1]>::try_from(script.statements).map_err(|_| invalid())?;
        if !matches!(statement.kind, StatementKind::Query(_)) {
            return Err(invalid());
        }
        let mut session = self.session.clone();
        session.catalog.clone_from(&view.catalog);
        session.database.clone_from(&view.database);
        let mut views = self.views.to_vec();
        views.push(name.clone());
        let budget = Rc::clone(&self.budget);
        let resolution = Resolver::new(&statement, &session, self.catalog, &views, budget)
            .statement()
            .map_err(|e| match e.kind {
                // The reason lies in a text that the submitter did not write: it is not shown to them.
                ResolveErrorKind::ViewDepth(_) => {
                    ResolveErrorKind::ViewDepth(name.clone()).at(span)
                }
                ResolveErrorKind::Columns => ResolveErrorKind::Columns.at(span),
                _ => invalid(),
            })?;
        let known = resolution
            .columns
            .as_ref()
            .map(|list| Columns::new(Rc::clone(list), false));
        let columns = renamed(
            known.unwrap_or_else(Columns::unknown),
            view.columns.iter().map(String::as_str),
            span,
        )?;
        let columns = columns.known().map(|list| {
            list.iter()
                .map(|c| Column {
                    name: c.name.clone(),
                    data_type: c.data_type.clone(),
                    kind: ColumnKind::Physical,
                })
                .collect()
        });
        Ok(Rc::new(ViewUnit {
            text: view.text.clone(),
            statement,
            resolution,
            names: view.columns.clone(),
            columns,
        }))
    }
}
