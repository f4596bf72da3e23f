//! Mermaid: a flowchart with a subgraph per table and a node per column.
//!
//! Mermaid's text has no escapes but character codes: everything but letters, digits and a few harmless signs enters as `#NN;`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::words;
use crate::lineage::graph::{Column, Graph, Link, Protection};

/// The flowchart; with a principal's index, each column says what that one sees.
#[must_use]
pub fn text(graph: &Graph, principal: Option<usize>) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, table) in graph.tables.iter().enumerate() {
        let mut title = escape(&words::table(graph, table));
        for physical in &table.physical {
            let _ = write!(title, "<br>{}", escape(physical));
        }
        let _ = writeln!(out, "  subgraph t{at}[\"{title}\"]");
        for (c, column) in table.columns.iter().enumerate() {
            let seen = principal.and_then(|p| column.protection.get(p));
            let class = seen
                .map(|p| format!(":::{}", p.state()))
                .unwrap_or_default();
            let _ = writeln!(out, "    t{at}c{c}[\"{}\"]{class}", label(column, seen));
        }
        out.push_str("  end\n");
    }
    let mut drawn = BTreeSet::new();
    for link in &graph.links {
        let line = edge(link);
        if drawn.insert(line.clone()) {
            out.push_str(&line);
        }
    }
    if principal.is_some() {
        out.push_str(
            "  classDef raw stroke:#566173\n  classDef masked stroke:#0a6349,stroke-width:3px\n  classDef inherited stroke:#5f36ab,stroke-width:3px\n  \
             classDef declassified stroke:#844600,stroke-dasharray:6 3\n  classDef unknown stroke:#a01f2d,stroke-dasharray:2 2\n  classDef denied stroke:#17202c,stroke-width:3px\n",
        );
    }
    out
}

fn label(column: &Column, seen: Option<&Protection>) -> String {
    let mut text = escape(column.title());
    if let Some(data_type) = &column.data_type {
        let _ = write!(text, " {}", escape(&data_type.to_string()));
    }
    if let Some(protection) = seen {
        let _ = write!(text, "<br>{}", escape(&words::protection(protection)));
    }
    text
}

fn edge(link: &Link) -> String {
    let kind = link.relationship.kind();
    let mut label = words::kind(kind);
    if link.masked.is_some() {
        label.push_str(", read masked");
    }
    if link.cut.is_some() {
        label.push_str(", inheritance ended");
    }
    let arrow = if kind.is_direct() { "-->" } else { "-.->" };
    let target = link.column.map(|c| format!("c{c}")).unwrap_or_default();
    format!(
        "  t{}c{} {arrow}|\"{}\"| t{}{target}\n",
        link.from.table,
        link.from.column,
        escape(&label),
        link.table,
    )
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_control() {
            out.push(' ');
        } else if c.is_alphanumeric() || matches!(c, ' ' | ',') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    if out.trim().is_empty() {
        return "#160;".to_owned();
    }
    out
}
