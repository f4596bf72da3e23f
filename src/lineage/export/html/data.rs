//! The graph as the picture's script reads it.

use serde_json::{Value, json};

use super::super::words;
use super::Unsaid;
use crate::lineage::graph::{Column, Declassified, Graph, Link, Protection, Table};

/// The data as JSON that can stand in a `script` element: no `<`, so that nothing ends it or opens a comment in it.
pub(super) fn json(graph: &Graph, unsaid: Unsaid) -> String {
    let data = json!({
        "principals": graph.principals,
        "tables": graph.tables.iter().map(|t| table(graph, t, unsaid)).collect::<Vec<_>>(),
        "jobs": graph.jobs.iter().map(|job| json!({
            "name": job.name,
            "user": job.user,
            "at": words::minute(job.at),
            "writes": job.writes.iter().map(|write| json!({
                "statement": write.statement,
                "tables": write.tables,
                "replaces": write.replaces,
                "text": write.text,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "links": graph.links.iter().map(link).collect::<Vec<_>>(),
        "cuts": graph.cuts.iter().map(|c| audit(&c.audit)).collect::<Vec<_>>(),
    });
    // Only strings can hold these, and in strings the escapes mean the same.
    data.to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn table(graph: &Graph, table: &Table, unsaid: Unsaid) -> Value {
    let logical = table.logical.iter();
    json!({
        "logical": logical.map(|n| [&n.catalog, &n.database, &n.table]).collect::<Vec<_>>(),
        "physical": table.physical,
        "scheme": table.scheme(),
        "answer": table.answer.map(|a| json!({ "job": a.job, "statement": a.statement })),
        "columns": table.columns.iter().map(|c| column(graph, c, unsaid)).collect::<Vec<_>>(),
    })
}

fn column(graph: &Graph, column: &Column, unsaid: Unsaid) -> Value {
    let protection = |p: &Protection| match (p, unsaid) {
        (Protection::Unknown, Unsaid::NotAsked) => Value::Null,
        (known, _) => protection(graph, known),
    };
    json!({
        "name": column.name,
        "type": column.data_type.as_ref().map(ToString::to_string),
        "protection": column.protection.iter().map(protection).collect::<Vec<_>>(),
    })
}

fn protection(graph: &Graph, protection: &Protection) -> Value {
    let state = protection.state();
    match protection {
        Protection::Raw | Protection::Unknown => json!({ "state": state }),
        Protection::Declassified(by) => {
            let mut value = audit(by);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("state".to_owned(), json!(state));
            }
            value
        }
        Protection::Denied { rule } => json!({ "state": state, "rule": rule }),
        Protection::Masked { mask, rule } => {
            json!({ "state": state, "mask": mask, "rule": rule })
        }
        Protection::Inherited { mask, rule, from } => {
            let sources = from.iter().flat_map(|source| {
                let name = words::source(source);
                let found = graph.find(source);
                let keys = found.iter().map(|at| format!("{}:{}", at.table, at.column));
                let drawn: Vec<_> = keys
                    .map(|key| json!({ "key": key, "name": name }))
                    .collect();
                if drawn.is_empty() {
                    vec![json!({ "key": null, "name": name })]
                } else {
                    drawn
                }
            });
            let from = sources.collect::<Vec<_>>();
            json!({ "state": state, "mask": mask, "rule": rule, "from": from })
        }
    }
}

fn audit(audit: &Declassified) -> Value {
    json!({ "by": audit.by, "why": audit.why, "until": audit.until.map(words::minute) })
}

fn link(link: &Link) -> Value {
    let kind = link.relationship.kind();
    json!({
        "from": [link.from.table, link.from.column],
        "to": (link.table, link.column),
        "kind": kind.name(),
        "direct": kind.is_direct(),
        "counted": words::is_count(link.relationship),
        "says": words::says(link.relationship),
        "by": { "job": link.by.job, "statement": link.by.statement },
        "text": link.text,
        "masked": link.masked.as_ref().map(|f| &f.0),
        "cut": link.cut,
    })
}
