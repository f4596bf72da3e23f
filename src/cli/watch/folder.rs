//! The scripts below a folder, and how they are told to have changed.
//!
//! Hidden files and folders are left out. Links are followed within the folder: a link that leads out of it would let whoever may write a script have
//! any file of the machine read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use crate::settled::{Mark, mark};

/// What lies below a folder.
#[derive(Default)]
pub(super) struct Listing {
    /// Scripts, by their path below it.
    pub scripts: BTreeMap<PathBuf, Mark>,
    /// What could be scripts and cannot be read, and why.
    pub broken: BTreeMap<PathBuf, String>,
}

/// Whether a file is called as a script is.
pub(super) fn is_script(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("sql"))
}

/// Lists the scripts below `root`, without those of `except` (real paths).
pub(super) fn list(root: &Path, except: &BTreeSet<PathBuf>) -> Listing {
    let mut listing = Listing::default();
    match fs::canonicalize(root) {
        Ok(real) => {
            let mut walk = Walk {
                real: &real,
                except,
                seen: BTreeSet::new(),
                listing: &mut listing,
            };
            walk.folder(root, Path::new(""));
        }
        Err(error) => {
            listing.broken.insert(PathBuf::new(), error.to_string());
        }
    }
    listing
}

struct Walk<'w> {
    real: &'w Path,
    except: &'w BTreeSet<PathBuf>,
    /// Folders that were listed, by what they really are.
    seen: BTreeSet<PathBuf>,
    listing: &'w mut Listing,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, below: &Path) {
        let listed = self.within(path).and_then(|real| {
            if !self.seen.insert(real) {
                return Ok(Vec::new());
            }
            fs::read_dir(path)?.collect::<io::Result<Vec<DirEntry>>>()
        });
        match listed {
            Ok(entries) => entries.iter().for_each(|entry| self.entry(entry, below)),
            Err(error) => self.broken(below, &error),
        }
    }

    fn entry(&mut self, entry: &DirEntry, below: &Path) {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            return;
        }
        let (path, below) = (entry.path(), below.join(name));
        if path.is_dir() {
            return self.folder(&path, &below);
        }
        if !is_script(&path) {
            return;
        }
        match self.script(&path) {
            Ok(Some(mark)) => {
                self.listing.scripts.insert(below, mark);
            }
            Ok(None) => {}
            Err(error) => self.broken(&below, &error),
        }
    }

    fn script(&self, path: &Path) -> io::Result<Option<Mark>> {
        let real = self.within(path)?;
        if self.except.contains(&real) {
            return Ok(None);
        }
        // To read a pipe would be to wait for somebody.
        if !fs::metadata(&real)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        Ok(Some(mark(&real)))
    }

    fn within(&self, path: &Path) -> io::Result<PathBuf> {
        let real = fs::canonicalize(path)?;
        if real.starts_with(self.real) {
            Ok(real)
        } else {
            Err(io::Error::other("a link leads out of the folder"))
        }
    }

    fn broken(&mut self, below: &Path, error: &io::Error) {
        self.listing
            .broken
            .insert(below.to_owned(), error.to_string());
    }
}
