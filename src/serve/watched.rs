//! A file that is read again when it has changed.
//!
//! In: looks, from time to time. Out: whether it is time to read. A file is read when it has stood still for a while, and still does afterwards: YAML that is
//! half written can be YAML, with fewer rules.

use std::path::PathBuf;

use crate::settled::{Mark, mark};

/// A file, with the state in which it was read.
#[derive(Debug)]
pub(super) struct Watched {
    file: PathBuf,
    read: Mark,
    last: Mark,
}

impl Watched {
    /// To be made before the file is read for the first time: what changes from then on is seen.
    pub fn new(file: PathBuf) -> Self {
        let mark = mark(&file);
        Self {
            file,
            read: mark,
            last: mark,
        }
    }

    /// Looks at the file; `read` is called when it has changed, and stands still.
    pub fn look(&mut self, read: impl FnOnce()) {
        let seen = mark(&self.file);
        let still = seen == self.last;
        self.last = seen;
        if !still || seen == self.read {
            return;
        }
        read();
        if mark(&self.file) == seen {
            self.read = seen;
        }
    }
}
