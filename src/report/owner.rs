//! Whose a job is: by the folder it lies in, by comments at its head, by a list.
//!
//! Stays out: files. What is not said is not guessed: such a job has no owner, and is not judged for one.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use crate::policy::Principal;

/// A head is no longer than this many lines.
const HEAD_LINES: usize = 50;

/// The owner by the first folder of a job's path below the place that was named: `ann/nightly` is ann's.
#[must_use]
pub fn path_owner(below: &str) -> Option<Principal> {
    let (owner, _) = below.split_once('/')?;
    named(owner, "")
}

/// The owner by the comments at the head of a script: `-- owner: ann`, and perhaps `-- groups: ops, dev`. Behind the first line that is no comment
/// nothing counts.
#[must_use]
pub fn header_owner(text: &str) -> Option<Principal> {
    let mut owner = None;
    let mut groups = "";
    for line in text.lines().take(HEAD_LINES).map(str::trim) {
        if line.is_empty() {
            continue;
        }
        let Some(comment) = line.strip_prefix("--") else {
            break;
        };
        let Some((key, value)) = comment.split_once(':') else {
            continue;
        };
        match key.trim().to_ascii_lowercase().as_str() {
            // Who says it twice says nothing.
            "owner" if owner.is_some() => return None,
            "owner" => owner = Some(value.trim()),
            "groups" => groups = value,
            _ => {}
        }
    }
    named(owner?, groups)
}

/// A principal by name and a list of groups, separated by `,` or `;`.
#[must_use]
pub(super) fn named(user: &str, groups: &str) -> Option<Principal> {
    let user = user.trim();
    if user.is_empty() {
        return None;
    }
    let groups = groups.split([',', ';']).map(str::trim);
    let groups: BTreeSet<String> = groups
        .filter(|g| !g.is_empty())
        .map(str::to_owned)
        .collect();
    Some(Principal {
        user: user.to_owned(),
        groups,
        ..Principal::default()
    })
}

/// A list of jobs and their owners: CSV with the columns `job`, `owner` and perhaps `groups`.
#[derive(Debug, Default)]
pub struct Manifest(HashMap<String, Principal>);

impl Manifest {
    /// Reads a list.
    ///
    /// # Errors
    /// One line that says what is wrong with it: no such columns, a job twice with different owners, broken CSV.
    pub fn read(input: impl Read) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(input);
        let headers = reader.headers().map_err(|e| e.to_string())?.clone();
        let column = |name: &str| headers.iter().position(|h| h.eq_ignore_ascii_case(name));
        let (Some(job), Some(owner)) = (column("job"), column("owner")) else {
            return Err("a list of owners has the columns `job` and `owner`".to_owned());
        };
        let groups = column("groups");
        let mut owners = HashMap::new();
        for row in reader.records() {
            let row = row.map_err(|e| e.to_string())?;
            let cell = |at: usize| row.get(at).unwrap_or_default();
            let (name, groups) = (cell(job), groups.map_or("", cell));
            let Some(principal) = named(cell(owner), groups) else {
                return Err(format!("job `{name}` has no owner"));
            };
            if let Some(other) = owners.insert(name.to_owned(), principal.clone())
                && other != principal
            {
                return Err(format!("job `{name}` has two owners"));
            }
        }
        Ok(Self(owners))
    }

    /// The owner of a job.
    #[must_use]
    pub fn owner(&self, job: &str) -> Option<Principal> {
        self.0.get(job).cloned()
    }
}
