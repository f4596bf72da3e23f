//! A job: a script with a name, a place and an owner; or what kept it from being read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reason::Obstacle;
use crate::policy::Principal;

/// A script that is longer is not read: no submission may be.
pub const SCRIPT_BYTES: usize = 16 << 20;

/// One job of the estate.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its name: what its source calls it. A label, never a path to open.
    pub name: String,
    /// Where it was found.
    pub place: Place,
    /// Whose it is, where its source says so.
    pub owner: Option<Principal>,
    /// Its script, variables expanded; or why there is none.
    pub text: Result<String, Obstacle>,
}

/// Where a job was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file, as it was reached from the command line.
    pub file: String,
    /// Which part of it: the member of an archive, the row of an export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

impl Place {
    /// The file and the part of it, for people.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.part {
            None => self.file.clone(),
            Some(part) => format!("{} ({part})", self.file),
        }
    }
}
