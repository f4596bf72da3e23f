//! The folder of protected scripts.
//!
//! Invariant: the folder is ours alone: it was empty when it was taken, a file says so, and one process at a time holds it. So what lies there may be
//! removed.
//! Invariant: a script that is there is whole: it is written beside and takes its name when it is.
//! Invariant: nothing is written through a link.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// Says whose the folder is, and is locked by whoever holds it.
const MARKER: &str = ".sqlsec-watch";
const MARKED: &str =
    "Made by `sqlsec rewrite --watch`: scripts in this folder are written and removed by it.\n";
/// The end of what is not yet whole.
const PART: &str = "part";

/// The folder, held.
pub(super) struct Outputs {
    root: PathBuf,
    _held: File,
}

impl Outputs {
    /// Takes a folder, and makes it where there is none. `scripts` is the one that is watched, as it really is.
    pub fn open(root: &Path, scripts: &Path) -> Result<Self, Failure> {
        let unusable = |why: &dyn std::fmt::Display| {
            Failure::usage(format!("--output `{}`: {why}", root.display()))
        };
        fs::create_dir_all(root).map_err(|e| unusable(&e))?;
        let real = fs::canonicalize(root).map_err(|e| unusable(&e))?;
        if real.starts_with(scripts) || scripts.starts_with(&real) {
            return Err(unusable(
                &"neither of the two folders may be below the other",
            ));
        }
        let marker = real.join(MARKER);
        let is_ours = fs::symlink_metadata(&marker).is_ok_and(|data| data.is_file());
        if !is_ours && fs::read_dir(&real).map_err(|e| unusable(&e))?.count() > 0 {
            return Err(unusable(
                &"it is not empty, and --watch removes what it has not written",
            ));
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let mut held = options.open(&marker).map_err(|e| unusable(&e))?;
        match held.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(unusable(&"another process writes into it"));
            }
            Err(TryLockError::Error(error)) => return Err(unusable(&error)),
        }
        held.set_len(0)
            .and_then(|()| held.write_all(MARKED.as_bytes()))
            .map_err(|e| unusable(&e))?;
        Ok(Self {
            root: real,
            _held: held,
        })
    }

    /// Puts a text in the place of what is there. Answers whether that was another one.
    pub fn write(&self, name: &Path, text: &str) -> io::Result<bool> {
        let path = self.root.join(name);
        let folder = self.folder(name)?;
        let same = fs::symlink_metadata(&path).is_ok_and(|data| data.is_file())
            && fs::read(&path).is_ok_and(|there| there == text.as_bytes());
        if same {
            return Ok(false);
        }
        let mut part = std::ffi::OsString::from(".");
        part.push(path.file_name().unwrap_or_default());
        part.push(format!(".{}.{PART}", std::process::id()));
        let part = folder.join(part);
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(&part);
        let written = file.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        let done = written.and_then(|()| fs::rename(&part, &path));
        if done.is_err() {
            let _ = fs::remove_file(&part);
        }
        done.map(|()| true)
    }

    /// The folder of an output, made where there is none.
    fn folder(&self, name: &Path) -> io::Result<PathBuf> {
        let mut folder = self.root.clone();
        for part in name.parent().into_iter().flat_map(Path::components) {
            folder.push(part);
            match fs::symlink_metadata(&folder) {
                Ok(data) if data.is_dir() => {}
                Ok(_) => {
                    return Err(io::Error::other(format!(
                        "`{}` is no folder",
                        folder.display()
                    )));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(&folder)?,
                Err(error) => return Err(error),
            }
        }
        Ok(folder)
    }

    /// Removes an output, and the folders that are empty without it. Answers whether there was one.
    pub fn remove(&self, name: &Path) -> io::Result<bool> {
        match fs::remove_file(self.root.join(name)) {
            Ok(()) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        let folders = name.ancestors().skip(1);
        for folder in folders.filter(|f| !f.as_os_str().is_empty()) {
            if fs::remove_dir(self.root.join(folder)).is_err() {
                break;
            }
        }
        Ok(true)
    }

    /// Removes every script but these, and what was not finished. Answers what it has removed, and what it could not.
    pub fn sweep(&self, keep: &BTreeSet<&Path>) -> Vec<(PathBuf, io::Result<()>)> {
        let mut swept = Vec::new();
        self.sweep_folder(Path::new(""), keep, &mut swept);
        swept
    }

    fn sweep_folder(
        &self,
        below: &Path,
        keep: &BTreeSet<&Path>,
        swept: &mut Vec<(PathBuf, io::Result<()>)>,
    ) {
        let entries = match fs::read_dir(self.root.join(below)) {
            Ok(entries) => entries,
            Err(error) => return swept.push((below.to_owned(), Err(error))),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    swept.push((below.to_owned(), Err(error)));
                    continue;
                }
            };
            let name = below.join(entry.file_name());
            // A link to a folder is none: what lies behind it is not ours.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.sweep_folder(&name, keep, swept);
                // It is there for its scripts: an empty one goes.
                let _ = fs::remove_dir(entry.path());
                continue;
            }
            let end = name.extension().unwrap_or_default();
            let ours = end == PART || super::folder::is_script(&name);
            if ours && !keep.contains(name.as_path()) {
                swept.push((name, fs::remove_file(entry.path())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("sqlsec-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("in")).unwrap();
        fs::canonicalize(folder).unwrap()
    }

    #[test]
    fn a_folder_is_taken_when_it_is_empty_or_ours_and_by_one() {
        let at = scratch("taken");
        let (scripts, out) = (at.join("in"), at.join("out"));
        let held = Outputs::open(&out, &scripts).ok().unwrap();
        assert!(Outputs::open(&out, &scripts).is_err(), "it is held");
        held.write(Path::new("a/b.sql"), "SELECT 1").unwrap();
        drop(held);
        let again = Outputs::open(&out, &scripts).ok().unwrap();
        drop(again);
        fs::create_dir(at.join("theirs")).unwrap();
        fs::write(at.join("theirs/x.sql"), "x").unwrap();
        assert!(Outputs::open(&at.join("theirs"), &scripts).is_err());
        assert!(Outputs::open(&scripts.join("out"), &scripts).is_err());
        assert!(Outputs::open(&at, &scripts).is_err());
        fs::remove_dir_all(at).unwrap();
    }

    #[test]
    fn what_is_not_kept_goes_and_links_are_not_followed() {
        let at = scratch("swept");
        let out = Outputs::open(&at.join("out"), &at.join("in")).ok().unwrap();
        let (a, b) = (Path::new("a/b.sql"), Path::new("c.sql"));
        assert!(out.write(a, "1").unwrap() && out.write(b, "2").unwrap());
        assert!(!out.write(b, "2").unwrap(), "it is there already");
        fs::write(at.join("out/.x.sql.1.part"), "half").unwrap();
        fs::write(at.join("out/readme.txt"), "kept").unwrap();
        #[cfg(unix)]
        {
            fs::create_dir(at.join("else")).unwrap();
            fs::write(at.join("else/d.sql"), "theirs").unwrap();
            std::os::unix::fs::symlink(at.join("else"), at.join("out/link")).unwrap();
            std::os::unix::fs::symlink(at.join("else/d.sql"), at.join("out/e.sql")).unwrap();
            assert!(out.write(Path::new("link/d.sql"), "ours").is_err());
            assert!(out.write(Path::new("e.sql"), "ours").unwrap());
        }
        let swept = out.sweep(&BTreeSet::from([b]));
        assert!(swept.iter().all(|(_, done)| done.is_ok()));
        assert!(!at.join("out/a").exists() && at.join("out/c.sql").exists());
        assert!(at.join("out/readme.txt").exists() && !at.join("out/.x.sql.1.part").exists());
        #[cfg(unix)]
        {
            assert_eq!(fs::read_to_string(at.join("else/d.sql")).unwrap(), "theirs");
            assert!(!at.join("out/e.sql").exists());
        }
        assert!(out.remove(b).unwrap() && !out.remove(b).unwrap());
        fs::remove_dir_all(at).unwrap();
    }
}
