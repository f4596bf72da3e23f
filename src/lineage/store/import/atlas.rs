//! Documents of Apache Atlas as records: what a catalogue knows of other systems' jobs.
//!
//! In: parsed JSON ([`document`] has its forms). Out: a [`Record`] for each job. Pure.
//! Atlas knows values alone, no predicates: each table that a job reads decides with any of its columns which rows there are.
//! Invariant: a table that a job writes is made of everything that the job reads, unless the same document has the job's columns. A reply of the lineage
//! API need not have all of them.
//! Invariant: what is not understood is an error with its place; a kind of dependency that is not known is the one that protects most.

mod document;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{DERIVED, Indirect};
use crate::lineage::{
    ColumnLineage, Dataset, Edge, Record, Relationship, SourceColumn, StatementLineage,
    StatementRecord, Written,
};
use crate::syntax::Span;
use document::Process;

/// What a site's types of Atlas mean: by the name of a type (`hive_table`) the pattern of the dataset (`hive://ms:9083/{name}`, `lake.{name}`), in
/// which `{name}` is the qualified name up to its last `@`, and `{cluster}` what follows it.
pub type AtlasNames = BTreeMap<String, String>;

/// Whether a document is one of Atlas, and no OpenLineage event.
#[must_use]
pub fn is_atlas(document: &Value) -> bool {
    document::FORMS
        .iter()
        .any(|form| document.get(form).is_some())
}

/// The records of documents that were asked for together: what they tell of one job is one record.
/// `now`, in seconds since 1970, is the time of jobs that have none.
///
/// # Errors
/// What cannot be understood, with its place.
pub fn records_of_atlas(
    documents: &[&Value],
    names: &AtlasNames,
    now: i64,
) -> Result<Vec<Record>, String> {
    let mut processes = Vec::new();
    for (at, document) in documents.iter().enumerate() {
        let read = document::processes(document, names);
        let read = read.map_err(|why| match documents.len() {
            1 => why,
            _ => format!("document {}: {why}", at + 1),
        })?;
        processes.extend(read.into_iter().map(|process| (at, process)));
    }
    let tables: BTreeSet<String> = processes
        .iter()
        .filter(|(_, process)| !process.is_of_columns())
        .map(|(_, process)| process.qualified.clone())
        .collect();
    let mut jobs: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for (document, process) in &processes {
        let told = (*document, process);
        jobs.entry(job_of(process, &tables)).or_default().push(told);
    }
    let records = jobs
        .into_iter()
        .filter_map(|(job, processes)| record(job, &processes, now));
    Ok(records.collect())
}

/// The job of a process: itself, or for a process of one column the one that it belongs to, by its reference or by its name (`job:column`).
fn job_of(process: &Process, tables: &BTreeSet<String>) -> String {
    if !process.is_of_columns() {
        return process.qualified.clone();
    }
    if let Some(parent) = &process.parent {
        return parent.clone();
    }
    let name = process.qualified.as_str();
    let known = tables.iter().filter(|table| {
        let rest = name.strip_prefix(table.as_str());
        rest.is_some_and(|rest| rest.starts_with(':'))
    });
    if let Some(longest) = known.max_by_key(|table| table.len()) {
        return longest.clone();
    }
    let job = name.rsplit_once(':').map_or(name, |(job, _)| job);
    job.to_owned()
}

#[derive(Default)]
struct Target {
    columns: BTreeMap<String, BTreeSet<Edge>>,
    whole: BTreeSet<Edge>,
}

/// A process, and which document has it.
type Told<'p> = (usize, &'p Process);

fn record(job: String, processes: &[Told<'_>], now: i64) -> Option<Record> {
    let mut targets: BTreeMap<Dataset, Target> = BTreeMap::new();
    // What a document of entities says of a job's columns is all of them.
    let mut complete: BTreeSet<(usize, &Dataset)> = BTreeSet::new();
    let (columns, tables): (Vec<Told<'_>>, Vec<Told<'_>>) = processes
        .iter()
        .partition(|(_, process)| process.is_of_columns());
    for (document, process) in &columns {
        if !process.is_drawn {
            let outputs = process.outputs.iter();
            complete.extend(outputs.map(|output| (*document, &output.dataset)));
        }
        for output in &process.outputs {
            let target = targets.entry(output.dataset.clone()).or_default();
            let inputs = process
                .inputs
                .iter()
                .flat_map(|(source, kinds)| kinds.iter().map(|kind| edge(source.clone(), *kind)));
            match &output.column {
                Some(column) => target
                    .columns
                    .entry(column.clone())
                    .or_default()
                    .extend(inputs),
                None => target.whole.extend(inputs),
            }
        }
    }
    let all = processes.iter().flat_map(|(_, process)| &process.inputs);
    let read: BTreeSet<&Dataset> = all.map(|(source, _)| &source.dataset).collect();
    for target in targets.values_mut() {
        let rows = Relationship::Indirect(Indirect::Filter);
        let edges = read
            .iter()
            .map(|dataset| edge(any_of((*dataset).clone()), rows));
        target.whole.extend(edges);
    }
    for (document, process) in &tables {
        for output in &process.outputs {
            if complete.contains(&(*document, &output.dataset)) {
                continue;
            }
            let target = targets.entry(output.dataset.clone()).or_default();
            let inputs = process.inputs.iter();
            target
                .whole
                .extend(inputs.map(|(source, _)| edge(source.clone(), DERIVED)));
        }
    }
    if targets.is_empty() {
        return None;
    }
    let outputs = targets.into_iter().map(|(dataset, target)| Written {
        target: Some(dataset),
        replaces: false,
        columns: target
            .columns
            .into_iter()
            .map(|(name, edges)| ColumnLineage {
                name,
                data_type: None,
                edges: edges.into_iter().collect(),
            })
            .collect(),
        whole: target.whole.into_iter().collect(),
        span: Span::default(),
    });
    let user = processes
        .iter()
        .find_map(|(_, process)| process.user.clone());
    let at = processes.iter().filter_map(|(_, process)| process.at).max();
    Some(Record {
        job,
        user: user.unwrap_or_else(|| "atlas".to_owned()),
        at: at.unwrap_or(now),
        statements: vec![StatementRecord {
            lineage: StatementLineage {
                outputs: outputs.collect(),
            },
            ..StatementRecord::default()
        }],
    })
}

fn any_of(dataset: Dataset) -> SourceColumn {
    SourceColumn {
        dataset,
        column: None,
    }
}

fn edge(source: SourceColumn, relationship: Relationship) -> Edge {
    Edge {
        source,
        relationship,
        span: Span::default(),
    }
}
