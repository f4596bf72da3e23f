//! What ALTER of a table or view makes of it: later statements are judged by that.

use super::Code;
use super::datasets::Refused;
use super::effect::{Effect, nothing};
use super::refusal::{name_refusal, table_refusal};
use super::statement::Work;
use crate::catalog::{Existing, Found, Object, Session, Table, TableName, apply_change};
use crate::resolve::Resolution;
use crate::syntax::ast::{AlterTable, AlterView, Name, Statement, TableChange, ViewChange};

impl Work<'_> {
    pub(super) fn altered_table<'e>(
        &self,
        alter: &'e AlterTable,
        resolution: &Resolution,
        session: &Session,
    ) -> Result<Effect<'e>, Refused> {
        let written = &alter.name;
        let at = |e| name_refusal(&e, written);
        let name = session.qualify(written).map_err(at)?;
        permanent(&name, written, session)?;
        let found = match session.find(name, self.engine.catalog()) {
            Err(crate::catalog::NameError::Unknown(_)) if alter.if_exists => return Ok(nothing()),
            other => other.map_err(at)?,
        };
        let table = match &found.object {
            Some(Object::Table(table)) => Some(table.as_ref()),
            Some(Object::View(_) | Object::SessionView(_)) => {
                let message = format!("`{}` is a view: use ALTER VIEW", found.name);
                return Err(Refused::new(
                    Code::UnsupportedConstruct,
                    message,
                    written.span,
                ));
            }
            None => None,
        };
        match &alter.change {
            TableChange::Suspend
            | TableChange::Resume(_)
            | TableChange::Refresh
            | TableChange::Schedule
            | TableChange::Distribution
            | TableChange::AddPartitions(_)
            | TableChange::DropPartitions
            | TableChange::Compact => Ok(nothing()),
            TableChange::Rename(to) => self.renamed(found, to, session),
            TableChange::RenameColumn { .. }
            | TableChange::Set(_)
            | TableChange::Reset(_)
            | TableChange::Add(_)
            | TableChange::Modify(_)
            | TableChange::DropColumns(_)
            | TableChange::DropKey
            | TableChange::DropWatermark
            | TableChange::As(_) => {
                let mut changed = described(table, &found.name, written)?.clone();
                apply_change(&mut changed, &alter.change, self.source)
                    .map_err(|e| table_refusal(&e, written.span))?;
                if let TableChange::As(_) = &alter.change {
                    changed.columns = super::effect::columns_of_query(Vec::new(), resolution);
                }
                let name = found.name;
                Ok(Box::new(move |s: &mut Session| {
                    s.replace(name, Object::Table(changed.into()));
                }))
            }
        }
    }

    pub(super) fn altered_view<'e>(
        &self,
        alter: &'e AlterView,
        statement: &Statement,
        resolution: &Resolution,
        session: &Session,
    ) -> Result<Effect<'e>, Refused> {
        let written = &alter.name;
        let at = |e| name_refusal(&e, written);
        let name = session.qualify(written).map_err(at)?;
        permanent(&name, written, session)?;
        match &alter.change {
            ViewChange::Rename(to) => {
                let found = session.find(name, self.engine.catalog()).map_err(at)?;
                self.renamed(found, to, session)
            }
            ViewChange::As(query) => {
                let view = self.created_view((*query, &[]), statement, resolution, session);
                Ok(Box::new(move |s: &mut Session| {
                    s.replace(name, Object::SessionView(view.into()));
                }))
            }
        }
    }

    /// Flink renames inside the old database, and takes the last part of the new name only: one that means another place is refused.
    fn renamed<'e>(
        &self,
        found: Found,
        to: &Name,
        session: &Session,
    ) -> Result<Effect<'e>, Refused> {
        let at = |e| name_refusal(&e, to);
        let new = session.qualify(to).map_err(at)?;
        let old = found.name;
        if (&new.catalog, &new.database) != (&old.catalog, &old.database) {
            let message = format!("`{old}` stays in its database: write the new name in full");
            return Err(Refused::new(Code::UnsupportedConstruct, message, to.span));
        }
        let existing = session
            .existing(&new, false, self.engine.catalog())
            .map_err(at)?;
        if existing == Existing::Yes {
            let message = format!("`{new}` already exists");
            return Err(Refused::new(Code::TableExists, message, to.span));
        }
        let Some(object) = found.object else {
            return Err(undescribed(&old, to));
        };
        Ok(Box::new(move |s: &mut Session| s.rename(old, new, object)))
    }
}

/// Flink alters permanent objects only. With IF EXISTS it passes a temporary one by, which would then be another than the session says.
fn permanent(name: &TableName, written: &Name, session: &Session) -> Result<(), Refused> {
    if !session.has(name, true) {
        return Ok(());
    }
    let message = format!("`{name}` is temporary: Flink does not alter it");
    Err(Refused::new(
        Code::UnsupportedConstruct,
        message,
        written.span,
    ))
}

fn described<'t>(
    table: Option<&'t Table>,
    name: &TableName,
    written: &Name,
) -> Result<&'t Table, Refused> {
    table.ok_or_else(|| undescribed(name, written))
}

fn undescribed(name: &TableName, written: &Name) -> Refused {
    let message = format!("nobody has described `{name}`, so what ALTER makes of it is not known");
    Refused::new(Code::SchemaUnknown, message, written.span)
}
