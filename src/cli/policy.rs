//! `policy lint`.

use std::fmt::Write;

use super::args::{Format, Lint};
use super::{Failure, Status, Streams, input};
use crate::catalog::{Catalog, Identity, identity};
use crate::policy::{self, KnownTable, SchemaLookup, Severity};

impl SchemaLookup for Catalog {
    fn tables(&self) -> Vec<KnownTable> {
        let known = Self::tables(self).map(|(name, table)| KnownTable {
            name: name.clone(),
            physical: match identity(&table.options) {
                Identity::Known(names) => names,
                Identity::Nothing | Identity::Unknown => Vec::new(),
            },
            columns: table.columns.clone(),
        });
        known.collect()
    }
}

pub(super) fn lint(args: &Lint, streams: &mut Streams) -> Result<Status, Failure> {
    let text = input::read_text(&args.file)?;
    let catalog = input::catalog(&args.catalog)?;
    let known: Option<&dyn SchemaLookup> = if args.catalog.is_empty() {
        None
    } else {
        Some(&catalog)
    };
    let findings = policy::lint(&text, known);
    let origin = args.file.display();
    match args.format {
        Format::Json => {
            let json = serde_json::to_string_pretty(&findings)
                .map_err(|e| Failure::usage(e.to_string()))?;
            streams.out(&format!("{json}\n"))?;
        }
        Format::Text => {
            let mut lines = String::new();
            for finding in &findings {
                let _ = writeln!(lines, "{origin}:{finding}");
            }
            streams.out(&lines)?;
        }
    }
    let refused = findings.iter().any(|f| f.severity == Severity::Error);
    Ok(if refused {
        Status::Policy
    } else {
        Status::Allowed
    })
}
