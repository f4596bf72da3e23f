//! Graphviz DOT: a node per table with a row per column, solid edges for direct, dotted for indirect ones.
//!
//! Labels are Graphviz' HTML-like ones: names enter as character references, so that no name ends a cell.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::words;
use crate::lineage::graph::{Graph, Link, Table};

/// The graph; with a principal's index, each column says what that one sees.
#[must_use]
pub fn text(graph: &Graph, principal: Option<usize>) -> String {
    let mut out = String::from(
        "digraph lineage {\n  rankdir=LR;\n  node [shape=plain, fontname=\"Helvetica\", fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9];\n",
    );
    for (at, table) in graph.tables.iter().enumerate() {
        let _ = writeln!(out, "  t{at} [label={}];", label(graph, table, principal));
    }
    let mut drawn = BTreeSet::new();
    for link in &graph.links {
        let line = edge(graph, link);
        if drawn.insert(line.clone()) {
            out.push_str(&line);
        }
    }
    out.push_str("}\n");
    out
}

fn label(graph: &Graph, table: &Table, principal: Option<usize>) -> String {
    let mut cells = format!("<B>{}</B>", escape(&words::table(graph, table)));
    for physical in &table.physical {
        let _ = write!(
            cells,
            "<BR/><FONT POINT-SIZE=\"9\">{}</FONT>",
            escape(physical)
        );
    }
    let mut out = format!(
        "<<TABLE BORDER=\"0\" CELLBORDER=\"1\" CELLSPACING=\"0\" CELLPADDING=\"4\"><TR><TD PORT=\"t\" COLSPAN=\"3\">{cells}</TD></TR>"
    );
    for (at, column) in table.columns.iter().enumerate() {
        let data_type = column.data_type.as_ref().map(ToString::to_string);
        let seen = principal.and_then(|p| column.protection.get(p));
        let _ = write!(
            out,
            "<TR><TD ALIGN=\"LEFT\" PORT=\"c{at}\">{}</TD><TD ALIGN=\"LEFT\">{}</TD><TD ALIGN=\"LEFT\">{}</TD></TR>",
            escape(column.title()),
            escape(&data_type.unwrap_or_default()),
            escape(&seen.map(words::protection).unwrap_or_default()),
        );
    }
    out.push_str("</TABLE>>");
    out
}

fn edge(graph: &Graph, link: &Link) -> String {
    let kind = link.relationship.kind();
    let style = if kind.is_direct() { "solid" } else { "dotted" };
    let target = link
        .column
        .map_or_else(|| "t".to_owned(), |c| format!("c{c}"));
    let job = graph.jobs.get(link.by.job).map(|j| j.name.clone());
    let mut label = words::kind(kind);
    if link.masked.is_some() {
        label.push_str(", read masked");
    }
    if link.cut.is_some() {
        label.push_str(", inheritance ended");
    }
    format!(
        "  t{}:c{}:e -> t{}:{target}:w [style={style}, label=<{}>, tooltip=<{}>];\n",
        link.from.table,
        link.from.column,
        link.table,
        escape(&label),
        escape(&job.unwrap_or_default()),
    )
}

/// Text for a HTML-like label; an empty one would not be read.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' | '[' | ']' | '\\' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            // Line ends, and what no XML may hold.
            _ if c.is_control() => out.push(' '),
            _ => out.push(c),
        }
    }
    if out.trim().is_empty() {
        return "&#160;".to_owned();
    }
    out
}
