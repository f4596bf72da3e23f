//! Records in a file, one JSON document a line, with rotation.
//!
//! Invariant: several processes may write to one file. Each write holds the lock of a file beside it, and finds by name what it appends to: whoever has
//! rotated has done so under the same lock.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{AuditError, AuditRecord, AuditSink};

/// When a file is full, and how many full ones are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rotation {
    /// A file that would grow beyond this many bytes becomes `FILE.1`; 0: it grows for ever.
    pub max_bytes: u64,
    /// How many of `FILE.1`, `FILE.2`, … are kept; the oldest go.
    pub keep: u32,
}

impl Default for Rotation {
    /// 64 MiB, of which ten are kept.
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            keep: 10,
        }
    }
}

/// A file that records are appended to.
#[derive(Debug)]
pub struct AuditFile {
    path: PathBuf,
    rotation: Rotation,
    lock: Mutex<File>,
}

impl AuditFile {
    /// Opens a file for appending, and makes it where there is none. On Unix nobody but its owner can read a file that is made here.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(path: &Path, rotation: Rotation) -> Result<Self, AuditError> {
        let failed = |error| AuditError::File(path.to_owned(), error);
        let lock = append(&with_suffix(path, ".lock")).map_err(failed)?;
        let file = Self {
            path: path.to_owned(),
            rotation,
            lock: Mutex::new(lock),
        };
        // What cannot be written is found now, and not at the first check.
        file.locked(|| {
            let mut log = append(path)?;
            end_last_line(&mut log)
        })
        .map_err(failed)?;
        Ok(file)
    }

    fn locked(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        lock.lock()?;
        let written = write();
        let unlocked = lock.unlock();
        written.and(unlocked)
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut log = append(&self.path)?;
        let length = log.metadata()?.len();
        let full = self.rotation.max_bytes > 0
            && length > 0
            && length.saturating_add(line.len() as u64) > self.rotation.max_bytes;
        if full {
            drop(log);
            self.rotate()?;
            log = append(&self.path)?;
        }
        if let Err(error) = log.write_all(line) {
            // Half a line must not become the beginning of the next one.
            let _ = log.set_len(if full { 0 } else { length });
            return Err(error);
        }
        Ok(())
    }

    /// `FILE` becomes `FILE.1`, `FILE.1` becomes `FILE.2`, and so on.
    fn rotate(&self) -> io::Result<()> {
        if self.rotation.keep == 0 {
            return fs::remove_file(&self.path);
        }
        let numbered = |number: u32| with_suffix(&self.path, &format!(".{number}"));
        for number in (1..self.rotation.keep).rev() {
            let from = numbered(number);
            if from.try_exists()? {
                fs::rename(&from, numbered(number + 1))?;
            }
        }
        fs::rename(&self.path, numbered(1))
    }
}

impl AuditSink for AuditFile {
    fn write(&self, record: &AuditRecord) -> Result<(), AuditError> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.locked(|| self.append(&line))
            .map_err(|error| AuditError::File(self.path.clone(), error))
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// A process that was killed may have left half a line.
fn end_last_line(log: &mut File) -> io::Result<()> {
    if log.metadata()?.len() == 0 {
        return Ok(());
    }
    let mut last = [0];
    log.seek(SeekFrom::End(-1))?;
    log.read_exact(&mut last)?;
    if last == *b"\n" {
        return Ok(());
    }
    log.write_all(b"\n")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
