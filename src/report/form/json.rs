//! The report as JSON (`schema/report.json`): one entry a line. It can be read again by `--against`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Form, Head};
use crate::check::PolicyStamp;
use crate::report::drift::Gone;
use crate::report::entry::Entry;
use crate::report::script::Script;
use crate::report::survey::{PrincipalSeen, Sums, Survey, TableUse};

/// The whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// When and by what it was made.
    #[serde(flatten)]
    pub head: Head,
    /// What came out, one for each job and principal, in the order of their sources.
    pub jobs: Vec<Entry>,
    /// The policy.
    pub policy: PolicyStamp,
    /// Sums.
    pub summary: Sums,
    /// Who reads and writes what.
    pub tables: Vec<TableUse>,
    /// What each principal sees of what their allowed jobs read.
    pub principals: Vec<PrincipalSeen>,
    /// Jobs of the former check that are not there any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Gone>,
}

/// What stands behind the entries.
#[derive(Serialize)]
pub(super) struct Tail<'s> {
    policy: &'s PolicyStamp,
    summary: &'s Sums,
    tables: Vec<&'s TableUse>,
    principals: Vec<&'s PrincipalSeen>,
    #[serde(skip_serializing_if = "<[Gone]>::is_empty")]
    gone: &'s [Gone],
}

impl<'s> Tail<'s> {
    pub(super) fn of(survey: &'s Survey) -> Self {
        Self {
            policy: &survey.policy,
            summary: &survey.sums,
            tables: survey.tables.values().collect(),
            principals: survey.principals.values().collect(),
            gone: &survey.gone,
        }
    }
}

/// Writes [`Report`], never holding more than one entry of it.
#[derive(Debug, Default)]
pub struct Json {
    begun: bool,
}

impl Form for Json {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        let head = serde_json::to_string(head)?;
        let fields = head.strip_suffix('}').unwrap_or_default();
        write!(out, "{fields},\"jobs\":[")
    }

    fn entry(&mut self, entry: &Entry, _: Option<&Script>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.begun { b",\n" } else { b"\n" })?;
        self.begun = true;
        serde_json::to_writer(&mut *out, entry)?;
        Ok(())
    }

    fn end(&mut self, survey: &Survey, out: &mut dyn Write) -> io::Result<()> {
        let tail = serde_json::to_string(&Tail::of(survey))?;
        let fields = tail.strip_prefix('{').unwrap_or_default();
        writeln!(out, "\n],{fields}")
    }
}
