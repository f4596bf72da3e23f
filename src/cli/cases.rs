//! `policy test`: files of cases, run and reported.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::args::Format;
use super::failure::{Failure, Status};
use super::policy_args::Test;
use super::render::{Message, printable};
use super::report::aligned;
use super::streams::Streams;
use super::{input, junit};
use crate::author::{Mismatch, Ran, Suite, Verdict, judge};

pub(super) fn test(args: &Test, streams: &mut Streams) -> Result<Status, Failure> {
    let mut all = Vec::new();
    for file in &args.files {
        all.push(run(file, args)?);
    }
    if let Some(path) = &args.junit {
        let xml = junit::report(&all).map_err(|e| Failure::internal(&e))?;
        std::fs::write(path, xml).map_err(|e| {
            let message = format!("cannot write `{}`: {e}", path.display());
            Failure::new(Status::Usage, "output-unwritable", message)
        })?;
    }
    let text = match args.format {
        Format::Text => report(&all),
        Format::Json => {
            let json = serde_json::to_string_pretty(&all).map_err(|e| Failure::internal(&e))?;
            format!("{json}\n")
        }
    };
    streams.out(&text)?;
    let passed = all
        .iter()
        .flat_map(|ran| &ran.cases)
        .all(|case| case.passed);
    Ok(if passed {
        Status::Allowed
    } else {
        Status::Denied
    })
}

fn run(file: &Path, args: &Test) -> Result<Ran, Failure> {
    let source = input::read(file, Status::Usage)?;
    let suite = Suite::parse(&source.text).map_err(|finding| Failure {
        status: Status::Usage,
        messages: vec![Message::finding(&finding, &source.origin, &source.text)],
    })?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let policy = match (&args.policy, &suite.policy) {
        (Some(path), _) => path.clone(),
        (None, Some(path)) => folder.join(path),
        (None, None) => {
            let message = format!("`{}` names no policy: give --policy FILE", source.origin);
            return Err(Failure::usage(message));
        }
    };
    let files: Vec<PathBuf> = if args.catalog.is_empty() {
        suite.catalog.iter().map(|path| folder.join(path)).collect()
    } else {
        args.catalog.clone()
    };
    let policy = Arc::new(input::policy_file(&policy)?);
    let catalog = Arc::new(input::catalog(&files)?);
    let now = SystemTime::now();
    let cases = suite.cases.iter().map(|case| {
        let start = Instant::now();
        let mismatches = judge(case, &policy, &catalog, now);
        Verdict {
            name: case.name.clone(),
            line: case.at.line,
            column: case.at.column,
            passed: mismatches.is_empty(),
            mismatches,
            time: start.elapsed(),
        }
    });
    Ok(Ran {
        cases: cases.collect(),
        file: source.origin,
    })
}

/// A table of all cases, then what is not as expected, then how many.
fn report(all: &[Ran]) -> String {
    let cases = || {
        all.iter()
            .flat_map(|ran| ran.cases.iter().map(move |case| (ran, case)))
    };
    let rows: Vec<[String; 3]> = cases()
        .map(|(ran, case)| {
            let result = if case.passed { "ok" } else { "FAILED" };
            let place = format!("{}:{}", ran.file, case.line);
            [result, &case.name, &place].map(printable)
        })
        .collect();
    let mut text = aligned(&["RESULT", "CASE", "PLACE"].map(str::to_owned), &rows);
    for (ran, case) in cases() {
        for mismatch in &case.mismatches {
            let _ = write!(text, "\n{}", difference(ran, case, mismatch));
        }
    }
    let failed = cases().filter(|(_, case)| !case.passed).count();
    let passed = rows.len().saturating_sub(failed);
    let _ = writeln!(text, "\n{passed} passed, {failed} failed");
    text
}

fn difference(ran: &Ran, case: &Verdict, mismatch: &Mismatch) -> String {
    let head = format!(
        "{}:{}:{}: {}: {}",
        ran.file, mismatch.line, mismatch.column, case.name, mismatch.field
    );
    let (expected, got) = (mismatch.expected.as_str(), mismatch.got.as_str());
    format!("{}\n{}", printable(&head), lines(expected, got))
}

/// What was expected with `-`, what came with `+`, what is in both without.
pub(super) fn lines(expected: &str, got: &str) -> String {
    let diff = similar::TextDiff::configure()
        .timeout(Duration::from_secs(2))
        .diff_lines(expected, got);
    let mut text = String::new();
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            similar::ChangeTag::Delete => '-',
            similar::ChangeTag::Insert => '+',
            similar::ChangeTag::Equal => ' ',
        };
        let line = change.value().trim_end_matches(['\n', '\r']);
        let _ = writeln!(text, "  {sign} {}", printable(line));
    }
    text
}
