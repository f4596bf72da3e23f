//! The forms of a report. Each is written as the entries come: nothing waits for the last job but what sums them.

mod csv;
mod html;
mod json;
mod junit;
mod picture;
mod sarif;

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::script::Script;
use super::survey::Survey;

pub use self::csv::Csv;
pub use html::Html;
pub use json::{Json, Report};
pub use junit::JUnit;
pub use sarif::Sarif;

/// What is known of a report before its first entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// The version of sqlsec that made it.
    pub sqlsec: String,
    /// When: RFC 3339.
    pub time: String,
    /// Where the rules came from, as the command line names it.
    pub rules: String,
    /// What it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
}

/// One form.
pub trait Form {
    /// What stands before the first entry.
    ///
    /// # Errors
    /// Those of `out`.
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()>;

    /// One entry.
    ///
    /// # Errors
    /// Those of `out`.
    fn entry(
        &mut self,
        entry: &Entry,
        script: Option<&Script>,
        out: &mut dyn Write,
    ) -> io::Result<()>;

    /// What stands behind the last one.
    ///
    /// # Errors
    /// Those of `out`.
    fn end(&mut self, survey: &Survey, out: &mut dyn Write) -> io::Result<()>;
}
