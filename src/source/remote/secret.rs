//! A text that must not be seen.

use std::fmt;
use std::path::Path;

use serde::Deserialize;

use crate::source::SourceProblem;

/// A password or token. `Debug` hides it, it has no `Display` and cannot be serialized.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads a file's text, without the line end that editors leave.
    ///
    /// # Errors
    /// A file that cannot be read or is empty; names the file, and never what is in it.
    pub fn read(file: &Path) -> Result<Self, SourceProblem> {
        let wrong = |why: &str| {
            SourceProblem::Configuration(format!("credentials in `{}`: {why}", file.display()))
        };
        let text = std::fs::read_to_string(file).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => wrong("not UTF-8"),
            kind => wrong(&kind.to_string()),
        })?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(wrong("empty"));
        }
        if text.contains(char::is_control) {
            return Err(wrong("more than one line"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text, for the one place that sends it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
