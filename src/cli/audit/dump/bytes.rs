//! The bytes of a dump, one after the other, with a look at the next ones.
//!
//! Stays out: what they mean. Invariant: of what is behind nothing is kept; while a row is read no more than [`ROW_BYTES`] go by.

use std::io::Read;

use super::super::estate::unreadable;
use crate::report::{Obstacle, ObstacleCode};

/// A row that is longer ends the reading. `mysqldump` cuts its statements at some 1 MiB, servers take packets of up to 1 GiB.
pub(super) const ROW_BYTES: u64 = if cfg!(test) { 1 << 20 } else { 64 << 20 };
const BUFFER: usize = 64 << 10;
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The rest of a dump.
pub(super) struct Bytes<'i> {
    input: &'i mut dyn Read,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    line: u64,
    /// What is left for the row at hand.
    left: Option<u64>,
}

impl<'i> Bytes<'i> {
    /// All of a dump, without a byte order mark.
    pub fn new(input: &'i mut dyn Read) -> Result<Self, Obstacle> {
        let mut bytes = Self {
            input,
            buffer: Vec::new(),
            at: 0,
            ended: false,
            line: 1,
            left: None,
        };
        if bytes.begins(MARK)? {
            bytes.skip(MARK.len())?;
        }
        Ok(bytes)
    }

    /// The line of the next byte, from 1.
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// A row begins.
    pub const fn row(&mut self) {
        self.left = Some(ROW_BYTES);
    }

    /// The row has ended.
    pub const fn free(&mut self) {
        self.left = None;
    }

    /// The byte that is `ahead` bytes behind the next one; `None`: the dump ends before it.
    pub fn peek(&mut self, ahead: usize) -> Result<Option<u8>, Obstacle> {
        loop {
            if let Some(byte) = self.buffer.get(self.at + ahead) {
                return Ok(Some(*byte));
            }
            if self.ended {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), Obstacle> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let mut more = (&mut *self.input).take(BUFFER as u64);
        let read = more.read_to_end(&mut self.buffer);
        self.ended = read.map_err(|e| unreadable(&e))? == 0;
        Ok(())
    }

    /// Goes one on.
    pub fn next(&mut self) -> Result<Option<u8>, Obstacle> {
        let byte = self.peek(0)?;
        if let Some(byte) = byte {
            self.at += 1;
            self.line += u64::from(byte == b'\n');
            if let Some(left) = &mut self.left {
                *left = left.checked_sub(1).ok_or_else(|| {
                    Obstacle::new(ObstacleCode::TooLarge, "a row of the dump is too long")
                })?;
            }
        }
        Ok(byte)
    }

    /// Whether this is what comes next.
    pub fn begins(&mut self, text: &[u8]) -> Result<bool, Obstacle> {
        for (ahead, byte) in text.iter().enumerate() {
            if self.peek(ahead)? != Some(*byte) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Goes on by so many.
    pub fn skip(&mut self, count: usize) -> Result<(), Obstacle> {
        for _ in 0..count {
            self.next()?;
        }
        Ok(())
    }

    /// Goes to the next line.
    pub fn skip_line(&mut self) -> Result<(), Obstacle> {
        while !matches!(self.next()?, None | Some(b'\n')) {}
        Ok(())
    }

    /// The rest of the line, of which only the beginning is kept.
    pub fn rest_of_line(&mut self) -> Result<Vec<u8>, Obstacle> {
        let mut line = Vec::new();
        while let Some(byte) = self.next()?.filter(|b| *b != b'\n') {
            keep(&mut line, byte);
        }
        Ok(line.trim_ascii().to_vec())
    }
}

/// Names and words are kept up to here: nothing that matters is as long.
const KEPT: usize = 256;

/// Adds to what is kept of a name.
pub(super) fn keep(name: &mut Vec<u8>, byte: u8) {
    if name.len() < KEPT {
        name.push(byte);
    }
}
