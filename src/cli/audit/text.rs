//! The report as a table for a terminal. Columns are as wide as their widest cell, so the rows wait for the last entry.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::catalog::TableName;
use crate::cli::render::printable;
use crate::cli::report::aligned;
use crate::report::form::{Form, Head};
use crate::report::{DriftState, Entry, Script, Survey, Verdict};

/// A cell lists no more than this.
const LISTED: usize = 3;

#[derive(Default)]
pub(super) struct Text {
    rows: Vec<[String; 7]>,
    drift: bool,
}

impl Form for Text {
    fn begin(&mut self, head: &Head, _: &mut dyn Write) -> io::Result<()> {
        self.drift = head.against.is_some();
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, _: Option<&Script>, _: &mut dyn Write) -> io::Result<()> {
        let statements = || entry.record.iter().flat_map(|r| &r.statements);
        let inputs = statements().flat_map(|s| s.inputs.iter().map(|t| &t.name));
        let outputs = statements().flat_map(|s| s.outputs.iter().map(|t| &t.name));
        let drift = entry.drift.as_ref().map_or("", |d| d.state.as_str());
        let cells = [
            entry.verdict.as_str().to_owned(),
            entry.job.clone(),
            entry.principal.as_ref().map_or("?", |p| &p.user).to_owned(),
            tables(inputs.filter(|name| !entry.views.contains(name))),
            tables(outputs.filter(|name| !entry.views.contains(name))),
            what(entry),
            drift.to_owned(),
        ];
        self.rows.push(cells.map(|cell| printable(&cell)));
        Ok(())
    }

    fn end(&mut self, survey: &Survey, out: &mut dyn Write) -> io::Result<()> {
        let head = ["VERDICT", "JOB", "FOR", "READS", "WRITES", "WHAT", "SINCE"].map(str::to_owned);
        if !self.rows.is_empty() {
            out.write_all(aligned(&head, &self.rows).as_bytes())?;
            writeln!(out)?;
        }
        out.write_all(summary(survey, self.drift).as_bytes())
    }
}

/// What applies, or why not.
fn what(entry: &Entry) -> String {
    if entry.verdict != Verdict::Allowed {
        let reasons = entry.reasons.iter().map(|r| match r.line {
            Some(line) => format!("{} (line {line})", r.code),
            None => r.code.to_string(),
        });
        return short(reasons);
    }
    let statements = entry.record.iter().flat_map(|r| &r.statements);
    let applied: Vec<_> = statements.flat_map(|s| &s.applied).collect();
    let filters = applied
        .iter()
        .flat_map(|a| a.row_filter.iter().map(|rule| format!("rows by {rule}")));
    let masks = applied.iter().flat_map(|a| &a.masks).map(|mask| {
        let column = mask.column.join(".");
        let from = mask.inherited.as_ref().map(|inherited| {
            inherited.from.as_ref().map_or_else(
                || ", inherited".to_owned(),
                |from| {
                    let of = from.column.as_deref().unwrap_or("*");
                    format!(", inherited from {}.{of}", from.dataset.name.table)
                },
            )
        });
        format!("{column} {}{}", mask.mask, from.unwrap_or_default())
    });
    let none = applied
        .iter()
        .any(|a| a.row_filter.is_empty() && a.masks.is_empty());
    let none = none.then(|| "no rows".to_owned());
    short(filters.chain(masks).chain(none))
}

fn tables<'t>(names: impl Iterator<Item = &'t TableName>) -> String {
    let names: BTreeSet<&TableName> = names.collect();
    short(names.into_iter().map(|name| name.table.clone()))
}

/// The first few, each once.
fn short(all: impl Iterator<Item = String>) -> String {
    let mut cells: Vec<String> = Vec::new();
    all.for_each(|cell| {
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    });
    let more = cells.len().saturating_sub(LISTED);
    cells.truncate(LISTED);
    let text = cells.join(", ");
    if more == 0 {
        return text;
    }
    format!("{text}, +{more}")
}

/// The sums, in words.
pub(super) fn summary(survey: &Survey, drift: bool) -> String {
    let sums = &survey.sums;
    let mut text = format!(
        "{} judged: {} allowed ({} protected, {} with inherited masks), {} denied, {} unjudged\n",
        sums.entries, sums.allowed, sums.protected, sums.inheriting, sums.denied, sums.unjudged
    );
    if !sums.codes.is_empty() {
        let codes = sums
            .codes
            .iter()
            .map(|(code, count)| format!("{code} {count}"));
        text.push_str(&format!("why: {}\n", codes.collect::<Vec<_>>().join(", ")));
    }
    if drift {
        let states = DriftState::ALL
            .iter()
            .map(|s| (s.as_str(), sums.drifted(*s)));
        let states = states
            .chain([("gone", sums.gone)])
            .filter(|(_, count)| *count > 0);
        let states: Vec<String> = states
            .map(|(word, count)| format!("{word} {count}"))
            .collect();
        text.push_str(&format!("since the former check: {}\n", states.join(", ")));
        for gone in &survey.gone {
            let name = gone.job.as_deref().unwrap_or(&gone.sql_sha256);
            text.push_str(&format!(
                "  gone: {} for {}\n",
                printable(name),
                printable(&gone.user)
            ));
        }
    }
    if sums.lineage_unknown > 0 {
        text.push_str(&format!("what {} of the jobs write is not known: what is read of it may be masked less than it should be\n", sums.lineage_unknown));
    }
    text
}
