//! `policy lint`.

use std::fmt::Write;
use std::time::SystemTime;

use super::args::Format;
use super::failure::{Failure, Status};
use super::input;
use super::policy_args::Lint;
use super::render::printable;
use super::streams::Streams;
use crate::policy::{self, LintContext, SchemaLookup, Severity};

pub(super) fn lint(args: &Lint, streams: &mut Streams) -> Result<Status, Failure> {
    let source = input::read(&args.file, Status::Usage)?;
    let catalog = input::catalog(&args.catalog)?;
    let known: Option<&dyn SchemaLookup> = if args.catalog.is_empty() {
        None
    } else {
        Some(&catalog)
    };
    let context = LintContext {
        catalog: known,
        now: Some(SystemTime::now()),
    };
    let mut findings = policy::lint_with(&source.text, context);
    findings.retain(|f| args.notes || f.severity != Severity::Note);
    match args.format {
        Format::Json => {
            let json =
                serde_json::to_string_pretty(&findings).map_err(|e| Failure::internal(&e))?;
            streams.out(&format!("{json}\n"))?;
        }
        Format::Text => {
            let mut lines = String::new();
            for finding in &findings {
                let _ = writeln!(
                    lines,
                    "{}",
                    printable(&format!("{}:{finding}", source.origin))
                );
            }
            streams.out(&lines)?;
        }
    }
    let worst = if args.deny_warnings {
        Severity::Warning
    } else {
        Severity::Error
    };
    let refused = findings.iter().any(|f| f.severity <= worst);
    Ok(if refused {
        Status::Policy
    } else {
        Status::Allowed
    })
}
