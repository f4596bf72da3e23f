//! `CREATE TABLE` becomes a [`Table`]: columns with types, keys, the event-time attribute, what computed columns read.

use std::collections::BTreeMap;

use super::{Column, ColumnKind, Table};
use crate::syntax::ast::{ColumnDef, ColumnDefKind, CreateTable, Scalar};
use crate::syntax::{Operand, Span, SyntaxError, cast_type, last_part, operands};

/// A table definition that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A computed column holds a construct that is not known.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// Code `syntax-error`.
    #[error("column `{name}` is declared twice")]
    Duplicate {
        /// The column.
        name: String,
        /// Its second declaration.
        span: Span,
    },
    /// A computed column that reads a query has no place in Flink. Code `unsupported-construct`.
    #[error("a computed column cannot hold a query")]
    Query {
        /// The column's expression.
        span: Span,
    },
}

/// The table that a `CREATE TABLE` declares by itself: neither its LIKE source nor its query is looked at.
/// `source` is the text that the statement's spans belong to.
///
/// # Errors
/// See [`TableError`].
pub fn table_from_ddl(create: &CreateTable, source: &str) -> Result<Table, TableError> {
    let mut columns: Vec<Column> = Vec::with_capacity(create.columns.len());
    for def in &create.columns {
        let name = def.name.value.clone();
        if columns.iter().any(|c| c.name == name) {
            return Err(TableError::Duplicate {
                name,
                span: def.name.span,
            });
        }
        columns.push(column_from_def(def, source)?);
    }
    let primary_key: Vec<String> = create.primary_key.iter().map(|c| c.value.clone()).collect();
    for column in &mut columns {
        // Flink makes the columns of a primary key NOT NULL, whatever their declaration says.
        if let (true, Some(data_type)) = (primary_key.contains(&column.name), &mut column.data_type)
        {
            data_type.nullable = false;
        }
    }
    Ok(Table {
        columns: Some(columns),
        primary_key,
        watermark: create
            .watermark
            .as_ref()
            .and_then(|(name, _)| name.parts.first())
            .map(|part| part.value.clone()),
        watermark_reads: match &create.watermark {
            Some((_, value)) => Some(reads(value)?.columns),
            None => None,
        },
        partitioned_by: Some(
            create
                .partitioned_by
                .iter()
                .map(|column| column.value.clone())
                .collect(),
        ),
        options: create
            .options
            .iter()
            .map(|o| (o.key.value.clone(), o.value.value.clone()))
            .collect::<BTreeMap<_, _>>(),
    })
}

/// A column as its definition says.
pub(super) fn column_from_def(def: &ColumnDef, source: &str) -> Result<Column, TableError> {
    let (data_type, kind) = match &def.kind {
        ColumnDefKind::Physical(data_type) => (Some(data_type.clone()), ColumnKind::Physical),
        ColumnDefKind::Metadata {
            data_type,
            virtual_,
            key,
        } => (
            Some(data_type.clone()),
            ColumnKind::Metadata {
                virtual_: *virtual_,
                key: key.as_ref().map(|key| key.value.clone()),
            },
        ),
        ColumnDefKind::NameOnly => (None, ColumnKind::Physical),
        ColumnDefKind::Computed(value) => {
            let Reads {
                columns: reads,
                proctime,
                query,
            } = reads(value)?;
            if query {
                return Err(TableError::Query { span: value.span });
            }
            (
                cast_type(&value.expr),
                ColumnKind::Computed {
                    expression: value.span.text(source).to_owned(),
                    reads,
                    proctime,
                },
            )
        }
    };
    Ok(Column {
        name: def.name.value.clone(),
        data_type,
        kind,
    })
}

/// What an expression in a definition reads.
#[derive(Default)]
pub(super) struct Reads {
    pub columns: Vec<String>,
    /// Whether it calls PROCTIME.
    pub proctime: bool,
    /// Whether it holds a query.
    pub query: bool,
}

/// What an expression in a definition reads.
pub(super) fn reads(value: &Scalar) -> Result<Reads, SyntaxError> {
    let mut found = Reads::default();
    operands(&value.expr, &mut |operand| match operand {
        Operand::Column(parts) => {
            if let Some(first) = parts.first()
                && !found.columns.contains(&first.value)
            {
                found.columns.push(first.value.clone());
            }
        }
        Operand::Call(function) => {
            found.proctime |= last_part(&function.name).eq_ignore_ascii_case("PROCTIME")
        }
        Operand::Query(_) => found.query = true,
        Operand::Wildcard(_) | Operand::Variable(..) => {}
    })?;
    Ok(found)
}
