//! The graph as plain tables: for screen readers, for print, for who runs no scripts.

use super::super::words;
use super::{Unsaid, escape};
use crate::lineage::graph::{ColumnAt, Graph, Link, Protection};

/// Columns, edges and jobs, one table each.
pub(super) fn tables(graph: &Graph, unsaid: Unsaid) -> String {
    let protection = |p: &Protection| match (p, unsaid) {
        (Protection::Unknown, Unsaid::NotAsked) => String::new(),
        (known, _) => words::protection(known),
    };
    let columns = table(
        "Columns",
        &columns_head(graph),
        graph.tables.iter().flat_map(|table| {
            table.columns.iter().map(move |column| {
                let known = column.data_type.as_ref().map(ToString::to_string);
                let mut row = vec![
                    words::table(graph, table),
                    table.physical.join(", "),
                    column.title().to_owned(),
                    known.unwrap_or_default(),
                ];
                row.extend(column.protection.iter().map(protection));
                row
            })
        }),
    );
    let edges = table(
        "Edges",
        &[
            "From",
            "To",
            "Kind",
            "Meaning",
            "Source was read",
            "Job",
            "User",
            "Statement",
            "Expression",
            "Inheritance",
        ],
        graph.links.iter().map(|link| edge(graph, link)),
    );
    let jobs = table(
        "Jobs",
        &["Job", "User", "Time", "Statement", "Writes", "Text"],
        graph.jobs.iter().flat_map(|job| {
            job.writes.iter().map(|write| {
                let tables = write.tables.iter().filter_map(|t| graph.table(*t));
                let names: Vec<_> = tables.map(|t| words::table(graph, t)).collect();
                vec![
                    job.name.clone(),
                    job.user.clone(),
                    words::minute(job.at),
                    (write.statement + 1).to_string(),
                    names.join(", "),
                    write.text.clone().unwrap_or_default(),
                ]
            })
        }),
    );
    [columns, edges, jobs].concat()
}

fn columns_head(graph: &Graph) -> Vec<String> {
    let fixed = ["Table", "Physical name", "Column", "Type"].map(ToOwned::to_owned);
    let seen = graph.principals.iter().map(|p| format!("Seen by {p}"));
    fixed.into_iter().chain(seen).collect()
}

fn at(graph: &Graph, at: ColumnAt) -> String {
    let column = graph.column(at).map(|c| c.title().to_owned());
    let table = graph.table(at.table).map(|t| words::table(graph, t));
    format!(
        "{}.{}",
        table.unwrap_or_default(),
        column.unwrap_or_default()
    )
}

fn edge(graph: &Graph, link: &Link) -> Vec<String> {
    let target = match link.column {
        Some(column) => at(
            graph,
            ColumnAt {
                table: link.table,
                column,
            },
        ),
        None => format!(
            "all of {}",
            graph
                .table(link.table)
                .map(|t| words::table(graph, t))
                .unwrap_or_default()
        ),
    };
    let job = graph.jobs.get(link.by.job);
    let read = link.masked.as_ref();
    vec![
        at(graph, link.from),
        target,
        link.relationship.kind().name().to_owned(),
        words::says(link.relationship).to_owned(),
        read.map_or_else(|| "raw".to_owned(), |f| format!("masked ({})", f.0)),
        job.map(|j| j.name.clone()).unwrap_or_default(),
        job.map(|j| j.user.clone()).unwrap_or_default(),
        (link.by.statement + 1).to_string(),
        link.text.clone().unwrap_or_default(),
        cut(graph, link),
    ]
}

fn cut(graph: &Graph, link: &Link) -> String {
    let cut = link.cut.and_then(|at| graph.cuts.get(at));
    cut.map_or_else(String::new, |cut| {
        format!("ended {}", words::audit(&cut.audit))
    })
}

fn table<H: AsRef<str>>(
    title: &str,
    head: &[H],
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let id = title.to_lowercase();
    let mut out = format!(
        "<h2 id=\"plain-{id}\">{title}</h2>\n<table aria-labelledby=\"plain-{id}\"><thead><tr>"
    );
    for cell in head {
        out.push_str(&format!("<th scope=\"col\">{}</th>", escape(cell.as_ref())));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            out.push_str(&format!("<td>{}</td>", escape(&cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table>\n");
    out
}
