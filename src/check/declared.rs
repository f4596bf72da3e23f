//! How the tables that a statement names were declared: a later reader finds their columns by it.
//!
//! In: a statement with its resolution. Out: what is said of the datasets that it writes, and of those that it reads by position.
//! Stays out: what follows for a reader (`lineage::inherit`).
//! Invariant: a name counts as that of the data only where the site said so, or where the format finds columns by name.

use std::collections::BTreeMap;

use super::datasets::Datasets;
use super::inherited::dataset;
use super::trust;
use crate::catalog::{Column, ColumnKind, Found, Object};
use crate::lineage::{Dataset, Declared};
use crate::resolve::Resolution;
use crate::syntax::ast::{Setting, Statement, StatementKind};

/// The tables of a statement.
pub(super) fn tables(
    statement: &Statement,
    resolution: &Resolution,
    datasets: &Datasets<'_>,
) -> BTreeMap<Dataset, Declared> {
    let mut tables = BTreeMap::new();
    for sink in &resolution.sinks {
        let mut declared = declared(&sink.found, &sink.options, datasets);
        if let StatementKind::CreateTable(create) = &statement.kind {
            let options = create.options.iter();
            let options = options.map(|o| (o.key.value.clone(), o.value.value.clone()));
            let options: BTreeMap<String, String> = options.collect();
            declared.by_position |=
                options.contains_key("connector") && !trust::finds_by_name(&options);
        }
        tables.insert(named(&sink.found, &sink.options, datasets), declared);
    }
    sources(resolution, datasets, &mut tables);
    tables
}

fn sources(
    resolution: &Resolution,
    datasets: &Datasets<'_>,
    tables: &mut BTreeMap<Dataset, Declared>,
) {
    for relation in &resolution.relations {
        if let Some(view) = &relation.view {
            sources(&view.resolution, datasets, tables);
            continue;
        }
        let declared = declared(&relation.found, &relation.options, datasets);
        if declared.by_position {
            let name = named(&relation.found, &relation.options, datasets);
            tables.entry(name).or_insert(declared).by_position = true;
        }
    }
}

fn named(found: &Found, hints: &[Setting], datasets: &Datasets<'_>) -> Dataset {
    dataset(&found.name, &datasets.identity(found, hints).names())
}

fn declared(found: &Found, hints: &[Setting], datasets: &Datasets<'_>) -> Declared {
    let by_user = datasets.is_user_named(found);
    let Some(Object::Table(table)) = &found.object else {
        return Declared {
            by_user,
            ..Declared::default()
        };
    };
    let mut options = table.options.clone();
    let hints = hints.iter();
    options.extend(hints.map(|h| (h.key.value.clone(), h.value.value.clone())));
    let columns = table.columns.as_deref().unwrap_or_default();
    let names = |of: &dyn Fn(&Column) -> bool| {
        let columns = columns.iter().filter(|column| of(column));
        columns.map(|column| column.name.clone()).collect()
    };
    Declared {
        columns: names(&|_| true),
        metadata: names(&|c| matches!(c.kind, ColumnKind::Metadata { .. })),
        by_position: by_user && !trust::finds_by_name(&options),
        by_user,
    }
}
