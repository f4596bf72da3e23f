//! The report as CSV, a row an entry, for spreadsheets.
//!
//! Invariant: no cell is a formula: what a spreadsheet could take for one begins with an apostrophe.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::{Form, Head};
use crate::audit::{AuditDecision, AuditStatement};
use crate::report::entry::Entry;
use crate::report::script::Script;
use crate::report::survey::Survey;

const COLUMNS: [&str; 17] = [
    "job",
    "file",
    "part",
    "user",
    "groups",
    "verdict",
    "codes",
    "line",
    "reads",
    "writes",
    "row_filters",
    "masks",
    "inherited_from",
    "drift",
    "policy_version",
    "sql_sha256",
    "protected_sha256",
];

/// Writes CSV with the line ends of RFC 4180.
#[derive(Debug, Default)]
pub struct Csv;

impl Form for Csv {
    fn begin(&mut self, _: &Head, out: &mut dyn Write) -> io::Result<()> {
        row(&COLUMNS.map(str::to_owned), out)
    }

    fn entry(&mut self, entry: &Entry, _: Option<&Script>, out: &mut dyn Write) -> io::Result<()> {
        row(&cells(entry).map(|cell| harmless(&cell)), out)
    }

    fn end(&mut self, _: &Survey, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn row(cells: &[String], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    writer.write_record(cells)?;
    writer.flush()
}

fn cells(entry: &Entry) -> [String; 17] {
    let record = entry.record.as_ref();
    let principal = entry.principal.as_ref();
    let statements: &[AuditStatement] = record.map_or(&[], |r| &r.statements);
    let applied = || statements.iter().flat_map(|s| &s.applied);
    let masks = || applied().flat_map(|a| a.masks.iter().map(move |m| (&a.table, m)));
    let filters = applied().flat_map(|a| {
        a.row_filter
            .iter()
            .map(move |rule| format!("{}: {rule}", a.table))
    });
    let inherited = masks().filter_map(|(_, mask)| {
        let inherited = mask.inherited.as_ref()?;
        Some(match &inherited.from {
            None => "?".to_owned(),
            Some(from) => format!(
                "{}.{}",
                from.dataset.name,
                from.column.as_deref().unwrap_or("*")
            ),
        })
    });
    let protected = record.and_then(|r| match &r.decision {
        AuditDecision::Allow { protected_sha256 } => Some(protected_sha256.clone()),
        AuditDecision::Deny { .. } => None,
    });
    let line = entry.reasons.iter().find_map(|r| r.line);
    [
        entry.job.clone(),
        entry.place.file.clone(),
        entry.place.part.clone().unwrap_or_default(),
        principal.map(|p| p.user.clone()).unwrap_or_default(),
        list(principal.iter().flat_map(|p| p.groups.iter().cloned())),
        entry.verdict.as_str().to_owned(),
        list(entry.reasons.iter().map(|r| r.code.to_string())),
        line.map(|l| l.to_string()).unwrap_or_default(),
        list(
            statements
                .iter()
                .flat_map(|s| s.inputs.iter().map(|t| t.name.to_string())),
        ),
        list(
            statements
                .iter()
                .flat_map(|s| s.outputs.iter().map(|t| t.name.to_string())),
        ),
        list(filters),
        list(masks().map(|(table, mask)| {
            format!(
                "{table}.{}: {} by {}",
                mask.column.join("."),
                mask.mask,
                mask.rule
            )
        })),
        list(inherited),
        entry
            .drift
            .as_ref()
            .map(|d| d.state.as_str().to_owned())
            .unwrap_or_default(),
        record
            .map(|r| r.policy.version.to_string())
            .unwrap_or_default(),
        record.map(|r| r.sql_sha256.clone()).unwrap_or_default(),
        protected.unwrap_or_default(),
    ]
}

/// Each once, sorted, in one cell.
fn list(values: impl Iterator<Item = String>) -> String {
    let values: BTreeSet<String> = values.collect();
    let values: Vec<String> = values.into_iter().collect();
    values.join("; ")
}

/// What a spreadsheet would compute is shown to it as text (OWASP, CSV Injection).
fn harmless(cell: &str) -> String {
    let risky = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
        )
    };
    if cell.trim_start_matches(' ').starts_with(risky) {
        return format!("'{cell}");
    }
    cell.to_owned()
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(
            harmless("shop.core.orders: region = 1"),
            "shop.core.orders: region = 1"
        );
    }
}
