//! Where the report goes: standard output, or a file that is there only when it is whole.
//!
//! Invariant: a file with this name is a whole report; on Unix nobody but its owner can read it, for it says what rules hide.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::cli::failure::{Failure, Status};
use crate::cli::streams::Streams;

/// So much is collected for standard output.
const CHUNK: usize = 64 << 10;

/// An open report.
pub(super) enum Out<'s> {
    Standard(Standard<'s>),
    File {
        writer: BufWriter<File>,
        part: PathBuf,
        path: PathBuf,
    },
}

/// Standard output, in chunks.
pub(super) struct Standard<'s> {
    streams: &'s mut Streams,
    waiting: Vec<u8>,
}

/// What is said of a file that cannot be written.
pub(super) fn unwritable(what: &str, error: &io::Error) -> Failure {
    let message = format!("cannot write {what}: {error}");
    Failure::new(Status::Usage, "output-unwritable", message)
}

impl<'s> Out<'s> {
    /// Opens a file, or takes standard output.
    pub fn open(path: Option<&Path>, streams: &'s mut Streams) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::Standard(Standard {
                streams,
                waiting: Vec::with_capacity(CHUNK),
            }));
        };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(&part);
        let file = file.map_err(|e| unwritable(&format!("`{}`", path.display()), &e))?;
        Ok(Self::File {
            writer: BufWriter::with_capacity(CHUNK, file),
            part,
            path: path.to_owned(),
        })
    }

    /// The report is whole.
    pub fn close(mut self) -> Result<(), Failure> {
        let flushed = self.flush();
        let (what, done) = match &self {
            Self::Standard(_) => ("to standard output".to_owned(), flushed),
            Self::File { part, path, .. } => {
                let done = flushed.and_then(|()| fs::rename(part, path));
                (format!("`{}`", path.display()), done)
            }
        };
        done.map_err(|e| unwritable(&what, &e))
    }
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File { writer, .. } => writer.write(bytes),
            Self::Standard(standard) => {
                standard.waiting.extend_from_slice(bytes);
                if standard.waiting.len() >= CHUNK {
                    standard.print()?;
                }
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File { writer, .. } => writer.flush(),
            Self::Standard(standard) => standard.print(),
        }
    }
}

impl Drop for Out<'_> {
    /// Half a report does not stay.
    fn drop(&mut self) {
        if let Self::File { part, .. } = self {
            let _ = fs::remove_file(part);
        }
    }
}

impl Standard<'_> {
    /// Prints what is whole characters.
    fn print(&mut self) -> io::Result<()> {
        let whole = match std::str::from_utf8(&self.waiting) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.waiting.split_off(whole);
        let text = std::mem::replace(&mut self.waiting, rest);
        let text = String::from_utf8(text).map_err(io::Error::other)?;
        self.streams
            .out(&text)
            .map_err(|_| io::Error::other("standard output cannot be written"))
    }
}
