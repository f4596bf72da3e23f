//! Where packed lineage lies: so much in memory, and the rest in a file.
//!
//! In: parts, one after the other. Out: the bytes at a place. Invariant: memory does not grow beyond what was said, whatever comes in.
//! Stays out: what the bytes say; which file that is.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

/// Opens the file for what does not fit into memory: an empty one, readable by nobody else, that is gone when it is closed.
pub type OpenFile = Box<dyn FnOnce() -> io::Result<File> + Send>;

/// So much is collected before it is written to the file.
const CHUNK: usize = 256 << 10;

/// Parts that are being taken in.
pub(super) struct Shelf {
    kept: Vec<u8>,
    most: usize,
    open: Option<OpenFile>,
    file: Option<File>,
    /// What is in the file.
    written: u64,
    /// What is not yet.
    waiting: Vec<u8>,
}

impl Shelf {
    /// One that keeps so many bytes in memory.
    pub const fn new(most: usize, open: OpenFile) -> Self {
        Self {
            kept: Vec::new(),
            most,
            open: Some(open),
            file: None,
            written: 0,
            waiting: Vec::new(),
        }
    }

    /// Adds a part: where it lies.
    pub fn add(&mut self, part: &[u8]) -> io::Result<u64> {
        let fits = self.kept.len().saturating_add(part.len()) <= self.most;
        if self.file.is_none() && fits {
            let at = self.kept.len() as u64;
            self.kept.extend_from_slice(part);
            return Ok(at);
        }
        if let Some(open) = self.open.take() {
            self.file = Some(open()?);
        }
        let at = self.kept.len() as u64 + self.written + self.waiting.len() as u64;
        self.waiting.extend_from_slice(part);
        if self.waiting.len() >= CHUNK {
            self.flush()?;
        }
        Ok(at)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        // Where the file could not be opened nothing is taken in any more.
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.write_all(&self.waiting)?;
        self.written = self.written.saturating_add(self.waiting.len() as u64);
        self.waiting.clear();
        Ok(())
    }

    /// Nothing more is added.
    pub fn finish(mut self) -> io::Result<Filled> {
        self.flush()?;
        self.kept.shrink_to_fit();
        Ok(Filled {
            kept: self.kept,
            file: self.file.map(Mutex::new),
            written: self.written,
        })
    }
}

/// Parts that were taken in.
#[derive(Debug, Default)]
pub(super) struct Filled {
    kept: Vec<u8>,
    file: Option<Mutex<File>>,
    written: u64,
}

impl Filled {
    /// How many bytes there are, in memory and in the file.
    pub const fn sizes(&self) -> (u64, u64) {
        (self.kept.len() as u64, self.written)
    }

    /// What lies at a place.
    pub fn part(&self, at: u64, length: u32) -> io::Result<Vec<u8>> {
        let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let length = length as usize;
        let in_memory = self.kept.len() as u64;
        if at < in_memory {
            let at = usize::try_from(at).map_err(|_| gone())?;
            let part = self.kept.get(at..).and_then(|rest| rest.get(..length));
            return part.map(<[u8]>::to_vec).ok_or_else(gone);
        }
        let mut file = match &self.file {
            Some(file) => file.lock().unwrap_or_else(PoisonError::into_inner),
            None => return Err(gone()),
        };
        let mut part = vec![0; length];
        file.seek(SeekFrom::Start(at - in_memory))?;
        file.read_exact(&mut part)?;
        Ok(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> io::Result<File> {
        tempfile::tempfile()
    }

    #[test]
    fn what_does_not_fit_into_memory_is_in_the_file_and_comes_back() {
        let parts: Vec<Vec<u8>> = (0..2000_usize)
            .map(|n| vec![n as u8; n.wrapping_mul(7919) % 600])
            .collect();
        let mut sizes = Vec::new();
        for most in [0, 1, 10_000, usize::MAX] {
            let mut shelf = Shelf::new(most, Box::new(file));
            let mut places = Vec::new();
            for part in &parts {
                places.push(shelf.add(part).unwrap());
                assert!(shelf.kept.len() <= most);
                assert!(shelf.waiting.len() <= CHUNK);
            }
            let filled = shelf.finish().unwrap();
            for (at, part) in places.iter().zip(&parts).rev() {
                let length = u32::try_from(part.len()).unwrap();
                assert_eq!(&filled.part(*at, length).unwrap(), part);
            }
            sizes.push(filled.sizes());
            assert!(filled.part(1 << 40, 1).is_err());
        }
        let all = parts.iter().map(|p| p.len() as u64).sum::<u64>();
        assert!(sizes.iter().all(|(kept, written)| kept + written == all));
        assert_eq!((sizes[0].0, sizes[3]), (0, (all, 0)));
        assert!(sizes[2].0 > 9_000 && sizes[2].1 > 0);
    }

    #[test]
    fn a_file_that_cannot_be_opened_or_written_is_an_error() {
        let mut shelf = Shelf::new(3, Box::new(|| Err(io::ErrorKind::PermissionDenied.into())));
        assert_eq!(shelf.add(b"abc").unwrap(), 0);
        assert!(shelf.add(b"d").is_err());
        // Whoever goes on all the same does not get a whole shelf.
        drop(shelf.add(b"e"));
        assert!(shelf.finish().is_err());
    }
}
