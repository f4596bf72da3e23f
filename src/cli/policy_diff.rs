//! `policy diff`: who sees more and who sees less after a change of the policy.

use std::fmt::Write;
use std::time::SystemTime;

use super::args::Format;
use super::failure::{Failure, Status};
use super::input;
use super::policy_args::Diff;
use super::render::printable;
use super::streams::Streams;
use crate::author::{About, Change, Difference, Sees, diff};
use crate::policy::{SchemaLookup, moment};

pub(super) fn run(args: &Diff, streams: &mut Streams) -> Result<Status, Failure> {
    let now = match &args.at {
        None => SystemTime::now(),
        Some(text) => moment(text).ok_or_else(|| {
            let message = format!("`{text}` is no time: write 2026-01-31 or 2026-01-31T08:00:00Z");
            Failure::usage(message)
        })?,
    };
    let (old, new) = (
        input::policy_file(&args.old)?,
        input::policy_file(&args.new)?,
    );
    let catalog = input::catalog(&args.catalog)?;
    let found = diff(&old, &new, &SchemaLookup::tables(&catalog), now);
    let text = match args.format {
        Format::Text => text(&found),
        Format::Json => {
            let json = serde_json::to_string_pretty(&found).map_err(|e| Failure::internal(&e))?;
            format!("{json}\n")
        }
    };
    streams.out(&text)?;
    Ok(if found.is_empty() {
        Status::Allowed
    } else {
        Status::Denied
    })
}

fn text(found: &[Difference]) -> String {
    let mut text = String::new();
    let mut last: Option<&About> = None;
    for difference in found {
        if last != Some(&difference.about) {
            let between = if last.is_some() { "\n" } else { "" };
            let about = printable(&difference.about.to_string());
            let _ = writeln!(text, "{between}{about}");
            last = Some(&difference.about);
        }
        let who = if difference.everyone {
            "everyone".to_owned()
        } else {
            let who: Vec<String> = difference.who.iter().map(ToString::to_string).collect();
            who.join(", ")
        };
        let verb = match difference.change {
            Change::Rows { .. } | Change::Mask { .. } | Change::Closed { .. } => "sees",
            Change::Access { .. } => "may do",
            Change::Default { .. } => "may",
        };
        let sees = match difference.sees {
            Sees::More => "more",
            Sees::Less => "less",
            Sees::Otherwise => "otherwise",
        };
        let _ = writeln!(text, "  {} {verb} {sees}", printable(&who));
        for line in change(&difference.change) {
            let _ = writeln!(text, "    {}", printable(&line));
        }
    }
    let count = |sees| found.iter().filter(|d| d.sees == sees).count();
    let (more, less, otherwise) = (count(Sees::More), count(Sees::Less), count(Sees::Otherwise));
    let between = if found.is_empty() { "" } else { "\n" };
    let _ = writeln!(
        text,
        "{between}{more} more, {less} less, {otherwise} otherwise"
    );
    text
}

/// What was with `-`, what is with `+`.
fn change(change: &Change) -> Vec<String> {
    let word = |given: bool| if given { "allowed" } else { "denied" };
    let pair = |what: &str, old: &str, new: &str| {
        vec![format!("- {what}: {old}"), format!("+ {what}: {new}")]
    };
    match change {
        Change::Access { privilege, given } => {
            let privilege = format!("{privilege:?}").to_lowercase();
            pair(&privilege, word(!given), word(*given))
        }
        Change::Closed { code, now } => {
            let closed = format!("closed ({code})");
            let (old, new) = if *now {
                ("open", closed.as_str())
            } else {
                (closed.as_str(), "open")
            };
            pair("table", old, new)
        }
        Change::Rows { old, new } => pair("rows", rows(old), rows(new)),
        Change::Mask { column, old, new } => {
            let column = format!("column {}", column.join("."));
            let shown = "not masked";
            let (old, new) = (old.as_deref(), new.as_deref());
            pair(&column, old.unwrap_or(shown), new.unwrap_or(shown))
        }
        Change::Default { field, old, new } => pair(field, old, new),
    }
}

fn rows(condition: &str) -> &str {
    match condition {
        "TRUE" => "all",
        "FALSE" => "none",
        condition => condition,
    }
}
