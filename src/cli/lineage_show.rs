//! `lineage show`: what a store knows, as text and JSON.
//!
//! In: a snapshot. Of one dataset nothing but its own events is read; all of a large store is shown only to who says so.
//! Stays out: changes of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::Format;
use super::failure::{Failure, Status};
use super::lineage_store::{Show, failed, named, open};
use super::render::printable;
use super::streams::Streams;
use crate::lineage::store::{CutAt, Entry, Kept, Known, RecordId};
use crate::lineage::{Edge, Indirect, Record, Relationship, SourceColumn};

/// So many events are shown without being asked twice.
const MANY: u64 = 2_000;

pub(super) fn show(args: &Show, streams: &mut Streams) -> Result<Status, Failure> {
    let store = open(&args.lineage, false)?;
    if args.history {
        let mut text = String::new();
        for (number, event) in store.events().map_err(|e| failed(&e))? {
            text.push_str(&format!(
                "{}\n",
                json!({ "number": number, "event": event })
            ));
        }
        streams.out(&text)?;
        return Ok(Status::Allowed);
    }
    let known = store.snapshot().map_err(|e| failed(&e))?;
    let shown = match args.dataset.as_ref().or(args.table.as_ref()) {
        Some(text) => one(&known, text)?,
        None if known.version() > MANY && !args.all => {
            let count = known.version();
            let message = format!("the store holds {count} events: name a dataset, or say --all");
            return Err(Failure::usage(message));
        }
        None => everything(&known)?,
    };
    let text = match args.format.unwrap_or_default() {
        Format::Text => as_text(&known, &shown),
        Format::Json => {
            let value = as_json(&known, &shown);
            let text = serde_json::to_string_pretty(&value).map_err(|e| Failure::internal(&e))?;
            format!("{text}\n")
        }
    };
    streams.out(&text)?;
    Ok(Status::Allowed)
}

/// What is shown of a store.
struct Shown {
    datasets: Vec<Kept>,
    /// What is pending among it.
    pending: Vec<(RecordId, Record)>,
}

fn everything(known: &Known) -> Result<Shown, Failure> {
    let fold = known.whole().map_err(|e| failed(&e))?;
    let datasets = fold.datasets();
    let pending = fold.pending();
    Ok(Shown {
        datasets: datasets
            .map(|(dataset, entries)| (Arc::new(dataset.clone()), entries.to_vec()))
            .collect(),
        pending: pending.map(|(id, record)| (id, record.clone())).collect(),
    })
}

/// One dataset, by nothing but what was said of it.
fn one(known: &Known, text: &str) -> Result<Shown, Failure> {
    let (name, physical) = match text.contains("://") {
        true => (None, Some(text.trim_end_matches('/'))),
        false => (Some(named(text)?), None),
    };
    let found = known.entries_of(name.as_ref(), physical);
    let datasets = found.map_err(|e| failed(&e))?;
    let entries = datasets.iter().flat_map(|(_, entries)| entries);
    let ids: BTreeSet<RecordId> = entries
        .filter(|entry| entry.settled.is_none() && !entry.unknown)
        .map(|entry| entry.record)
        .collect();
    let mut pending = Vec::new();
    for id in ids {
        let record = known.record(id).map_err(|e| failed(&e))?;
        pending.extend(record.map(|record| (id, record)));
    }
    Ok(Shown { datasets, pending })
}

fn state(entry: &Entry) -> &'static str {
    match (entry.unknown, entry.settled, entry.ended) {
        _ if entry.superseded => "superseded",
        (true, ..) => "told by another system",
        (false, None, _) => "pending",
        (false, Some(_), None) => "written",
        (false, Some(_), Some(_)) => "ended",
    }
}

fn as_text(known: &Known, shown: &Shown) -> String {
    let mut text = format!("version {}\n", known.version());
    let mut line = |depth: usize, what: &str| {
        text.push_str(&format!("{}{}\n", "  ".repeat(depth), printable(what)));
    };
    for (dataset, entries) in &shown.datasets {
        let physical = dataset.physical.join(", ");
        line(0, &format!("{} = {physical}", dataset.name));
        for entry in entries {
            let said = format!(
                "{} by {} (record {}, {})",
                entry.job,
                entry.user,
                entry.record,
                state(entry)
            );
            line(1, &said);
            let written = entry.written();
            let columns = written.columns.iter();
            let own = columns.flat_map(|c| c.edges.iter().map(|edge| (c.name.as_str(), edge)));
            let whole = written.whole.iter().map(|edge| ("every column", edge));
            for (target, edge) in own.chain(whole) {
                let source = edge.source.column.as_deref().unwrap_or("*");
                let kind = kind(edge);
                let only = match edge.relationship.is_told() {
                    true => "",
                    false => " (for inheritance alone)",
                };
                let under = match entry.read_under(&edge.source) {
                    Some(print) => format!(", read masked ({})", print.hides().word()),
                    None => String::new(),
                };
                let name = &edge.source.dataset.name;
                let said = format!("{target} from {name}.{source}: {kind}{only}{under}");
                line(2, &said);
            }
        }
    }
    for (number, cut) in known.cuts() {
        let at = match &cut.cut {
            CutAt::Column(column) => place(column),
            CutAt::Edge {
                job,
                source,
                target,
                ..
            } => format!("{} to {} in {job}", place(source), place(target)),
        };
        line(
            0,
            &format!("cut {number}: {at}, by {}: {}", cut.who, cut.why),
        );
    }
    for (id, record) in &shown.pending {
        line(
            0,
            &format!("pending {id}: {} by {}", record.job, record.user),
        );
    }
    text
}

/// OpenLineage's name for an edge; for those of which it knows nothing, their own.
fn kind(edge: &Edge) -> &'static str {
    match edge.relationship {
        Relationship::Indirect(Indirect::Rows) => "ROWS",
        Relationship::Indirect(Indirect::Count) => "COUNT",
        Relationship::Indirect(Indirect::Twin) => "TWIN",
        Relationship::Direct(_) | Relationship::Indirect(_) => edge.relationship.kind().name(),
    }
}

fn place(column: &SourceColumn) -> String {
    let dataset = &column.dataset;
    let name = match dataset.physical.first() {
        Some(physical) if dataset.name.table.is_empty() => physical.clone(),
        Some(_) | None => dataset.name.to_string(),
    };
    format!("{name}.{}", column.column.as_deref().unwrap_or("*"))
}

fn as_json(known: &Known, shown: &Shown) -> Value {
    let entry = |entry: &Arc<Entry>| {
        json!({
            "record": entry.record,
            "job": &*entry.job,
            "user": &*entry.user,
            "at": entry.at,
            "state": state(entry),
            "columns": entry.written().columns.iter().map(|column| json!({
                "name": column.name,
                "edges": column.edges.iter().map(|edge| json!({
                    "source": edge.source,
                    "kind": kind(edge),
                    "inheritance_only": !edge.relationship.is_told(),
                    "read_under": entry.read_under(&edge.source),
                    "expression": entry.text(edge).map(|text| &text.hash),
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "whole": entry.written().whole,
        })
    };
    let datasets = shown.datasets.iter().map(|(dataset, entries)| {
        json!({
            "dataset": &**dataset,
            "entries": entries.iter().map(entry).collect::<Vec<_>>(),
        })
    });
    json!({
        "version": known.version(),
        "datasets": datasets.collect::<Vec<_>>(),
        "cuts": known.cuts().map(|(number, cut)| json!({ "number": number, "cut": cut })).collect::<Vec<_>>(),
        "pending": shown.pending.iter().map(|(id, record)| json!({ "id": id, "record": record })).collect::<Vec<_>>(),
    })
}
