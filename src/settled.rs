//! `settled`: whether files have changed, and stand still again.
//!
//! In: paths. Out: when to read them. Stays out: reading them.
//! Invariant: a file that is half written is not told to be due: what is half written can be a text that means less. Files are due when they are others
//! than those that were taken and have stood still from one look to the next; who reads looks once more afterwards.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often files are looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(500);

/// After how many looks files that could not be used are tried again: what was in the way may have passed.
const AGAIN: u32 = 20;

/// What tells one state of a file from another without reading it; `None` where there is no such file.
pub(crate) type Mark = Option<(SystemTime, u64)>;

/// A file and its mark.
pub(crate) type Seen = (PathBuf, Mark);

/// The mark of a file.
pub(crate) fn mark(file: &Path) -> Mark {
    let data = std::fs::metadata(file).ok()?;
    Some((data.modified().ok()?, data.len()))
}

/// A file as it is now.
pub(crate) fn look(file: &Path) -> Seen {
    (file.to_owned(), mark(file))
}

/// Files, as they were taken and as they were seen last.
#[derive(Debug)]
pub(crate) struct Watched {
    taken: Vec<Seen>,
    last: Vec<Seen>,
    /// Why they could not be used, and how many looks ago.
    failed: Option<(String, u32)>,
}

impl Watched {
    /// Files that have been taken as they are here.
    pub fn new(taken: Vec<Seen>) -> Self {
        Self {
            last: taken.clone(),
            taken,
            failed: None,
        }
    }

    /// Whether they are to be read: they are others than those that were taken and have stood still since the last look, or could not be used a while ago.
    pub fn is_due(&mut self) -> bool {
        let now: Vec<Seen> = self.taken.iter().map(|(file, _)| look(file)).collect();
        let still = now == self.last;
        self.last.clone_from(&now);
        if !still {
            return false;
        }
        if now != self.taken {
            self.taken = now;
            return true;
        }
        self.failed.as_mut().is_some_and(|(_, looks)| {
            *looks += 1;
            *looks >= AGAIN
        })
    }

    /// Whether nothing is watched yet.
    #[cfg(feature = "cli")]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// They are used as they were when they were due.
    #[cfg(feature = "server")]
    pub fn used(&mut self) {
        self.failed = None;
    }

    /// They cannot be used. Whether that is news: each reason is told once.
    pub fn failed(&mut self, why: &dyn Display) -> bool {
        let why = why.to_string();
        let news = self.failed.as_ref().is_none_or(|(said, _)| *said != why);
        self.failed = Some((why, 0));
        news
    }
}
