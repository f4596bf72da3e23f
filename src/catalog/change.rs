//! What ALTER TABLE makes of a table's definition.

use super::ddl::{column_from_def, reads};
use super::{Column, ColumnKind, Table, TableError};
use crate::syntax::ast::{ColumnChange, ColumnPosition, SchemaChange, TableChange};

/// Changes `table` as Flink does. What goes deeper than a column (a field of a ROW) leaves the columns unknown.
///
/// `source` is the text that the statement's spans belong to.
///
/// # Errors
/// See [`TableError`].
pub fn apply_change(
    table: &mut Table,
    change: &TableChange,
    source: &str,
) -> Result<(), TableError> {
    match change {
        TableChange::Set(options) => {
            for option in options {
                let (key, value) = (option.key.value.clone(), option.value.value.clone());
                table.options.insert(key, value);
            }
        }
        TableChange::Reset(keys) => {
            for key in keys {
                table.options.remove(&key.value);
            }
        }
        TableChange::RenameColumn { from, to } => match (from.parts.as_slice(), to.parts.last()) {
            ([from], Some(to)) => rename_column(table, &from.value, &to.value),
            _ => table.columns = None,
        },
        TableChange::Add(schema) | TableChange::Modify(schema) => {
            change_schema(table, schema, source)?;
        }
        TableChange::DropColumns(names) => {
            for name in names {
                match name.parts.as_slice() {
                    [only] => {
                        if let Some(columns) = &mut table.columns {
                            columns.retain(|c| c.name != only.value);
                        }
                    }
                    _ => table.columns = None,
                }
            }
        }
        TableChange::DropKey => table.primary_key.clear(),
        TableChange::DropWatermark => (table.watermark, table.watermark_reads) = (None, None),
        TableChange::Rename(_)
        | TableChange::Distribution
        | TableChange::AddPartitions(_)
        | TableChange::DropPartitions
        | TableChange::Compact
        | TableChange::Suspend
        | TableChange::Resume(_)
        | TableChange::Refresh
        | TableChange::Schedule
        | TableChange::As(_) => {}
    }
    Ok(())
}

fn rename_column(table: &mut Table, from: &str, to: &str) {
    let renamed = |name: &mut String| {
        if name == from {
            to.clone_into(name);
        }
    };
    for column in table.columns.iter_mut().flatten() {
        renamed(&mut column.name);
        if let ColumnKind::Computed { reads, .. } = &mut column.kind {
            reads.iter_mut().for_each(renamed);
        }
    }
    table.primary_key.iter_mut().for_each(renamed);
    table.watermark.iter_mut().for_each(renamed);
    let reads = table.watermark_reads.iter_mut().flatten();
    reads.for_each(renamed);
}

fn change_schema(table: &mut Table, schema: &SchemaChange, source: &str) -> Result<(), TableError> {
    for change in &schema.columns {
        change_column(table, change, source)?;
    }
    if let Some((name, value)) = &schema.watermark {
        table.watermark = name.parts.first().map(|part| part.value.clone());
        table.watermark_reads = Some(reads(value)?.columns);
    }
    if !schema.primary_key.is_empty() {
        table.primary_key = schema.primary_key.iter().map(|c| c.value.clone()).collect();
        for column in table.columns.iter_mut().flatten() {
            if let (true, Some(data_type)) = (
                table.primary_key.contains(&column.name),
                &mut column.data_type,
            ) {
                data_type.nullable = false;
            }
        }
    }
    Ok(())
}

fn change_column(table: &mut Table, change: &ColumnChange, source: &str) -> Result<(), TableError> {
    if change.path.parts.len() > 1 {
        table.columns = None;
        return Ok(());
    }
    let column = column_from_def(&change.column, source)?;
    let Some(columns) = &mut table.columns else {
        return Ok(());
    };
    let old = columns.iter().position(|c| c.name == column.name);
    if let Some(old) = old {
        columns.remove(old);
    }
    let at = match &change.position {
        None => old.unwrap_or(columns.len()),
        Some(ColumnPosition::First) => 0,
        Some(ColumnPosition::After(name)) => {
            behind(columns, name.parts.last().map(|p| p.value.as_str()))
        }
    };
    columns.insert(at.min(columns.len()), column);
    Ok(())
}

fn behind(columns: &[Column], name: Option<&str>) -> usize {
    let at = columns.iter().position(|c| Some(c.name.as_str()) == name);
    at.map_or(columns.len(), |at| at + 1)
}
