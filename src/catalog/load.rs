//! Catalog files: plain Flink DDL (`.sql`) and JSON.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Catalog, CatalogOptions, Column, Object, Session, Table, TableError, TableName, View,
    table_from_ddl,
};
use crate::syntax::ast::{ObjectKind, StatementKind, Use};
use crate::syntax::{FlinkVersion, Limits, Position, Script, Span, SyntaxError};

/// A catalog file that cannot be used. Line and column are those of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}:{}:{}: {message}", .position.line, .position.column)]
pub struct CatalogError {
    /// The file, as it was named.
    pub origin: String,
    /// Where in it.
    pub position: Position,
    /// What is wrong.
    pub message: String,
}

/// The JSON form: one document holds tables and views by full name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogDocument {
    /// The tables.
    #[serde(default)]
    tables: Vec<TableEntry>,
    /// The views.
    #[serde(default)]
    views: Vec<ViewEntry>,
    /// The catalogs.
    #[serde(default)]
    catalogs: Vec<CatalogEntry>,
    /// Names that are neither table nor view, whatever an earlier part of the catalog says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) absent: Vec<TableName>,
}

/// A catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CatalogEntry {
    /// Its name.
    name: String,
    /// What `CREATE CATALOG … WITH (…)` said: `type`, and what that type needs to find its tables. Credentials are not needed.
    options: CatalogOptions,
}

// A `Table` with its name. Fields are listed again because serde cannot refuse unknown fields of a flattened struct.
/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TableEntry {
    /// Its full name.
    name: TableName,
    /// Its columns in order; absent when nobody said.
    columns: Option<Vec<Column>>,
    /// The columns of its primary key.
    #[serde(default)]
    primary_key: Vec<String>,
    /// The column of its watermark: the event-time attribute.
    watermark: Option<String>,
    /// The columns that the watermark's expression reads; absent when nobody said.
    watermark_reads: Option<Vec<String>>,
    /// The columns that it is partitioned by; absent when nobody said.
    partitioned_by: Option<Vec<String>>,
    /// Its connector options.
    #[serde(default)]
    options: BTreeMap<String, String>,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ViewEntry {
    /// Its full name.
    name: TableName,
    /// Its query.
    text: String,
    /// Its column list; empty when there is none.
    #[serde(default)]
    columns: Vec<String>,
    /// The current catalog when it was made; its own when absent.
    catalog: Option<String>,
    /// The current database when it was made; its own when absent.
    database: Option<String>,
}

impl Catalog {
    /// Adds what a file of Flink DDL declares: `CREATE CATALOG`, `CREATE TABLE` (with LIKE), `CREATE VIEW`, `DROP`, `USE`, in order.
    ///
    /// # Errors
    /// Another statement, or one that cannot be read: nothing of the file is added.
    pub fn add_sql(&mut self, text: &str, origin: &str) -> Result<(), CatalogError> {
        let fail = |span: Span, message: String| CatalogError {
            origin: origin.to_owned(),
            position: span.position(text),
            message,
        };
        let script = Script::parse(text, FlinkVersion::default(), &Limits::default())
            .map_err(|error: SyntaxError| fail(error.span, error.to_string()))?;
        let mut session = Session::default();
        let mut catalogs = Vec::new();
        for statement in &script.statements {
            let at = |message: String| fail(statement.span, message);
            match &statement.kind {
                StatementKind::CreateTable(create)
                    if create.query.is_none() && !create.temporary =>
                {
                    let name = session
                        .qualify(&create.name)
                        .map_err(|e| at(e.to_string()))?;
                    let mut table =
                        table_from_ddl(create, text).map_err(|e: TableError| at(e.to_string()))?;
                    if let Some(like) = &create.like {
                        let source = session
                            .qualify(&like.source)
                            .map_err(|e| at(e.to_string()))?;
                        let found = session.find(source, self).map_err(|e| at(e.to_string()))?;
                        match found.object {
                            Some(Object::Table(base)) => table.inherit(&base, &like.features),
                            _ => {
                                return Err(at(format!(
                                    "`{}` is not a table that LIKE can copy",
                                    found.name
                                )));
                            }
                        }
                    }
                    session.create(name, Object::Table(table.into()), false);
                }
                StatementKind::CreateView(create) if !create.temporary => {
                    let name = session
                        .qualify(&create.name)
                        .map_err(|e| at(e.to_string()))?;
                    let query = statement
                        .queries
                        .get(create.query)
                        .map(|q| q.span)
                        .unwrap_or_default();
                    let view = View {
                        text: query.text(text).to_owned(),
                        columns: create.columns.iter().map(|c| c.value.clone()).collect(),
                        catalog: session.catalog.clone(),
                        database: session.database.clone(),
                    };
                    session.create(name, Object::View(view.into()), false);
                }
                // A database is known by what is in it.
                StatementKind::CreateObject(create) if create.object == ObjectKind::Database => {}
                StatementKind::CreateObject(create) if create.object == ObjectKind::Catalog => {
                    let options = create.options.iter();
                    let options = options.map(|o| (o.key.value.clone(), o.value.value.clone()));
                    let name = create.name.parts.last().map(|part| part.value.clone());
                    catalogs.extend(name.map(|name| (name, CatalogOptions(options.collect()))));
                }
                StatementKind::Drop(drop) if !drop.temporary => {
                    let name = session.qualify(&drop.name).map_err(|e| at(e.to_string()))?;
                    session.drop_object(name, false);
                }
                StatementKind::Use(Use::Catalog(name)) => session.use_catalog(&name.value),
                StatementKind::Use(Use::Database(name)) => session.use_database(name),
                _ => {
                    return Err(at(
                        "a catalog file holds CREATE CATALOG, CREATE TABLE, CREATE VIEW, DROP and USE only"
                            .to_owned(),
                    ));
                }
            }
        }
        for (name, options) in catalogs {
            self.add_catalog(name, options);
        }
        for (name, created) in session.into_permanent() {
            match created.map(|c| c.object) {
                Some(Object::Table(table)) => self.add_table(name, table.as_ref().clone()),
                Some(Object::View(view)) => self.add_view(name, view.as_ref().clone()),
                Some(Object::SessionView(_)) | None => {
                    self.tables.remove(&name);
                    self.views.remove(&name);
                }
            }
        }
        Ok(())
    }

    /// Adds what a JSON catalog document lists (schema: `schema/catalog.json`).
    ///
    /// # Errors
    /// JSON that is not such a document: nothing of it is added.
    pub fn add_json(&mut self, text: &str, origin: &str) -> Result<(), CatalogError> {
        let document: CatalogDocument =
            serde_json::from_str(text).map_err(|error| CatalogError {
                origin: origin.to_owned(),
                position: Position::of_json(text, error.line(), error.column()),
                message: error.to_string(),
            })?;
        self.add_document(document);
        Ok(())
    }

    /// Adds what a document lists, and takes away what it says is absent.
    pub(super) fn add_document(&mut self, document: CatalogDocument) {
        for name in document.absent {
            self.add_absent(&name);
        }
        for entry in document.catalogs {
            self.add_catalog(entry.name, entry.options);
        }
        for entry in document.tables {
            let TableEntry {
                name,
                columns,
                primary_key,
                watermark,
                watermark_reads,
                partitioned_by,
                options,
            } = entry;
            self.add_table(
                name,
                Table {
                    columns,
                    primary_key,
                    watermark,
                    watermark_reads,
                    partitioned_by,
                    options,
                },
            );
        }
        for entry in document.views {
            let view = View {
                text: entry.text,
                columns: entry.columns,
                catalog: entry.catalog.unwrap_or_else(|| entry.name.catalog.clone()),
                database: entry
                    .database
                    .unwrap_or_else(|| entry.name.database.clone()),
            };
            self.add_view(entry.name, view);
        }
    }
}
