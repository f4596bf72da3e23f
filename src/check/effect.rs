//! What an allowed statement changes in the session: tables and views that it makes, drops, or makes current.

use super::Code;
use super::datasets::{Datasets, Decided, Refused, bases};
use super::refusal::{name_refusal, table_refusal};
use super::statement::Work;
use crate::catalog::{
    CatalogOptions, Column, ColumnKind, Existing, Object, Session, SessionView, Table, TableName,
    View, table_from_ddl,
};
use crate::resolve::Resolution;
use crate::syntax::ast::{
    AlterObject, CreateObject, CreateTable, Drop, DropObject, Ident, Name, ObjectChange,
    ObjectKind, QueryId, Statement, StatementKind, Use,
};

/// What an allowed statement does to the session.
pub(super) type Effect<'e> = Box<dyn FnOnce(&mut Session) + 'e>;

/// No effect.
pub(super) fn nothing<'e>() -> Effect<'e> {
    Box::new(|_: &mut Session| {})
}

impl Work<'_> {
    /// What an allowed statement changes.
    pub(super) fn effect<'e>(
        &'e self,
        kind: &'e StatementKind,
        statement: &'e Statement,
        resolution: &'e Resolution,
        session: &Session,
    ) -> Result<Effect<'e>, Refused> {
        Ok(match kind {
            StatementKind::Query(_)
            | StatementKind::Insert(_)
            | StatementKind::StatementSet(_)
            | StatementKind::Explain(_)
            | StatementKind::Update(_)
            | StatementKind::Delete(_)
            | StatementKind::Truncate(_)
            | StatementKind::Analyze(_)
            | StatementKind::Describe(_)
            | StatementKind::Show(_)
            | StatementKind::Call(_)
            | StatementKind::Jar(_)
            | StatementKind::CompilePlan(_)
            // `core` stays first (`privileges`), and which modules follow it changes nothing that masks call.
            | StatementKind::Module(_) => nothing(),
            StatementKind::CreateTable(create) => {
                let (name, table) = self.created_table(create, resolution, session)?;
                let forms = (create.or_replace, create.if_not_exists);
                let makes = self.makes(&name, &create.name, create.temporary, forms, session)?;
                Box::new(move |s: &mut Session| {
                    if makes {
                        s.create(name, Object::Table(table.into()), create.temporary);
                    }
                })
            }
            StatementKind::CreateView(create) => {
                let name = session
                    .qualify(&create.name)
                    .map_err(|e| name_refusal(&e, &create.name))?;
                let view = self.created_view((create.query, &create.columns), statement, resolution, session);
                // Flink replaces no view: over an existing one it refuses.
                let forms = (
                    create.or_replace && create.if_not_exists,
                    create.if_not_exists,
                );
                let makes = self.makes(&name, &create.name, create.temporary, forms, session)?;
                Box::new(move |s: &mut Session| {
                    if makes {
                        s.create(name, Object::SessionView(view.into()), create.temporary);
                    }
                })
            }
            StatementKind::CreateMaterializedTable(create) => {
                let written = &create.table.name;
                let (name, table) = self.created_table(&create.table, resolution, session)?;
                let makes = self.makes(&name, written, false, (false, false), session)?;
                Box::new(move |s: &mut Session| {
                    if makes {
                        s.create_materialized(name, table);
                    }
                })
            }
            StatementKind::Drop(drop) => self.dropped(drop, session)?,
            StatementKind::AlterTable(alter) => self.altered_table(alter, resolution, session)?,
            StatementKind::AlterView(alter) => {
                self.altered_view(alter, statement, resolution, session)?
            }
            StatementKind::CreateObject(create) => created_object(create),
            StatementKind::AlterObject(alter) => altered_object(alter),
            StatementKind::Use(Use::Database(name)) => {
                Box::new(move |s: &mut Session| s.use_database(name))
            }
            StatementKind::Use(Use::Catalog(name)) => {
                Box::new(move |s: &mut Session| s.use_catalog(&name.value))
            }
            StatementKind::Set(Some(setting)) => Box::new(move |s: &mut Session| {
                s.settings
                    .insert(setting.key.value.clone(), setting.value.value.clone());
            }),
            StatementKind::Set(None) => Box::new(|_: &mut Session| {}),
            StatementKind::Reset(key) => Box::new(move |s: &mut Session| {
                if let Some(key) = key {
                    s.settings.remove(&key.value);
                }
            }),
            StatementKind::BeginStatementSet => Box::new(|s: &mut Session| s.statement_set = true),
            StatementKind::EndStatementSet => Box::new(|s: &mut Session| s.statement_set = false),
            StatementKind::Refused(refusal) => {
                return Err(Refused::new(
                    Code::UnsupportedStatement,
                    format!("`{}` is not supported", refusal.construct),
                    refusal.span,
                ));
            }
        })
    }

    fn dropped<'e>(&'e self, drop: &'e Drop, session: &Session) -> Result<Effect<'e>, Refused> {
        let at = |e| name_refusal(&e, &drop.name);
        let view = match drop.object {
            DropObject::Table => false,
            DropObject::View => true,
            DropObject::MaterializedTable => return self.dropped_materialized(drop, session),
            DropObject::Database => {
                return Ok(Box::new(|s: &mut Session| {
                    s.drop_database(&drop.name, self.engine.catalog());
                }));
            }
            DropObject::Catalog => {
                return Ok(Box::new(|s: &mut Session| {
                    if let Some(name) = drop.name.parts.last() {
                        s.drop_catalog(&name.value);
                    }
                }));
            }
            DropObject::Function | DropObject::Model | DropObject::Connection => {
                return Ok(nothing());
            }
        };
        let name = session.qualify(&drop.name).map_err(at)?;
        let found = session
            .droppable(&name, view, drop.temporary, self.engine.catalog())
            .map_err(at)?;
        if found == Existing::No && !drop.if_exists {
            let message = format!("there is no such object to drop: `{name}`");
            return Err(Refused::new(Code::TableUnknown, message, drop.name.span));
        }
        Ok(Box::new(move |s: &mut Session| {
            if found == Existing::Yes {
                s.drop_object(name, drop.temporary);
            }
        }))
    }

    /// Of a table that this session has not made nobody says whether it is a materialized one. With IF EXISTS Flink passes by what is not, and the
    /// table would still be there.
    fn dropped_materialized<'e>(
        &self,
        drop: &'e Drop,
        session: &Session,
    ) -> Result<Effect<'e>, Refused> {
        let name = session
            .qualify(&drop.name)
            .map_err(|e| name_refusal(&e, &drop.name))?;
        if drop.if_exists && !session.is_materialized(&name) {
            let message = format!(
                "whether `{name}` is a materialized table is not known: leave IF EXISTS out"
            );
            return Err(Refused::new(
                Code::UnsupportedConstruct,
                message,
                drop.name.span,
            ));
        }
        Ok(Box::new(move |s: &mut Session| s.drop_object(name, false)))
    }

    /// Whether a CREATE really makes its object: with IF NOT EXISTS Flink keeps the one that is there, whatever the statement declares.
    pub(super) fn makes(
        &self,
        name: &TableName,
        written: &Name,
        temporary: bool,
        (or_replace, if_not_exists): (bool, bool),
        session: &Session,
    ) -> Result<bool, Refused> {
        let existing = session
            .existing(name, temporary, self.engine.catalog())
            .map_err(|e| name_refusal(&e, written))?;
        match (existing, or_replace, if_not_exists) {
            // Which of the two Flink follows hangs on the kind of object and the version.
            (_, true, true) => Err(Refused::new(
                Code::UnsupportedConstruct,
                "OR REPLACE together with IF NOT EXISTS is not supported",
                written.span,
            )),
            (Existing::No, ..) | (_, true, _) | (Existing::Unknown, _, false) => Ok(true),
            (Existing::Yes | Existing::Unknown, false, true) => Ok(false),
            (Existing::Yes, false, false) => {
                let message = format!("`{name}` already exists");
                Err(Refused::new(Code::TableExists, message, written.span))
            }
        }
    }

    pub(super) fn created_table(
        &self,
        create: &CreateTable,
        resolution: &Resolution,
        session: &Session,
    ) -> Result<(TableName, Table), Refused> {
        let name = session
            .qualify(&create.name)
            .map_err(|e| name_refusal(&e, &create.name))?;
        let mut table =
            table_from_ddl(create, self.source).map_err(|e| table_refusal(&e, create.name.span))?;
        if let Some(like) = &create.like {
            let source = session
                .qualify(&like.source)
                .map_err(|e| name_refusal(&e, &like.source))?;
            let found = session
                .find(source, self.engine.catalog())
                .map_err(|e| name_refusal(&e, &like.source))?;
            match &found.object {
                Some(Object::Table(base)) => table.inherit(base, &like.features),
                Some(Object::View(_) | Object::SessionView(_)) | None => {
                    let message =
                        format!("`{}` is not a table whose definition is known", found.name);
                    return Err(Refused::new(Code::SchemaUnknown, message, like.source.span));
                }
            }
        }
        if create.query.is_some() {
            table.columns = columns_of_query(table.columns.take().unwrap_or_default(), resolution);
        }
        Ok((name, table))
    }

    pub(super) fn created_view(
        &self,
        (query, columns): (QueryId, &[Ident]),
        statement: &Statement,
        resolution: &Resolution,
        session: &Session,
    ) -> SessionView {
        let query = statement
            .queries
            .get(query)
            .map(|q| q.span)
            .unwrap_or_default();
        SessionView {
            view: View {
                text: query.text(self.source).to_owned(),
                columns: columns.iter().map(|c| c.value.clone()).collect(),
                catalog: session.catalog.clone(),
                database: session.database.clone(),
            },
            bases: bases(resolution),
            protected_for: Datasets {
                engine: self.engine,
                principal: self.principal,
                at: self.at,
                session,
                strict: self.strict,
                lineage: self.lineage(),
                decided: Decided::default(),
            }
            .stamp(resolution, self.strict),
        }
    }
}

/// The columns of a `CREATE TABLE … AS`: those of the query, under the names of a column list of bare names; declared columns come first.
pub(super) fn columns_of_query(
    declared: Vec<Column>,
    resolution: &Resolution,
) -> Option<Vec<Column>> {
    let query = resolution.columns.as_ref()?;
    let bare = declared
        .iter()
        .all(|c| c.data_type.is_none() && c.kind == ColumnKind::Physical);
    if bare && declared.len() == query.len() {
        let named = declared.into_iter().zip(query.iter());
        return Some(
            named
                .map(|(d, q)| Column {
                    name: d.name,
                    data_type: q.data_type.clone(),
                    kind: ColumnKind::Physical,
                })
                .collect(),
        );
    }
    let extra: Vec<Column> = query
        .iter()
        .filter(|q| declared.iter().all(|d| d.name != q.name))
        .map(|q| Column {
            name: q.name.clone(),
            data_type: q.data_type.clone(),
            kind: ColumnKind::Physical,
        })
        .collect();
    Some(declared.into_iter().chain(extra).collect())
}

fn created_object(create: &CreateObject) -> Effect<'_> {
    match create.object {
        ObjectKind::Catalog => Box::new(|s: &mut Session| {
            let options = create
                .options
                .iter()
                .map(|o| (o.key.value.clone(), o.value.value.clone()))
                .collect();
            if let Some(name) = create.name.parts.last() {
                s.registered.create_catalog(
                    &name.value,
                    CatalogOptions(options),
                    create.if_not_exists,
                );
            }
        }),
        ObjectKind::Database
        | ObjectKind::Function
        | ObjectKind::Model
        | ObjectKind::Connection => nothing(),
    }
}

fn altered_object(alter: &AlterObject) -> Effect<'_> {
    let changes: Vec<(String, Option<String>)> = match &alter.change {
        ObjectChange::Set(options) => options
            .iter()
            .map(|o| (o.key.value.clone(), Some(o.value.value.clone())))
            .collect(),
        ObjectChange::Reset(keys) => keys.iter().map(|k| (k.value.clone(), None)).collect(),
        ObjectChange::Rename(_) | ObjectChange::Comment | ObjectChange::Class(_) => {
            return nothing();
        }
    };
    match alter.object {
        ObjectKind::Catalog => Box::new(move |s: &mut Session| {
            if let Some(name) = alter.name.parts.last() {
                s.registered.alter_catalog(&name.value, changes);
            }
        }),
        ObjectKind::Database
        | ObjectKind::Function
        | ObjectKind::Model
        | ObjectKind::Connection => nothing(),
    }
}
