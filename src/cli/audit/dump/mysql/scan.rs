//! What MySQL's statements are made of: words, names, strings, comments, and where a statement ends.
//!
//! Invariant: a dump that changes how strings are read (`NO_BACKSLASH_ESCAPES`, a coding in which a letter can hold a quote) is refused, wherever it says so.

use super::super::bytes::{Bytes, keep};
use super::super::ending::Ending;
use super::super::rows::{endless, refused};
use crate::report::Obstacle;

const NO_ESCAPES: &[u8] = b"NO_BACKSLASH_ESCAPES";
/// Codings of the dump in which a script in ASCII is what it seems to be, and the rest is UTF-8 or an error.
const CODINGS: [&[u8]; 5] = [b"utf8", b"utf8mb3", b"utf8mb4", b"ascii", b"binary"];
/// So much of a setting is looked at for the coding.
const SETTING: usize = 4 << 10;

/// The rest of a dump, by its lexical rules.
pub(super) struct Scan<'i> {
    bytes: Bytes<'i>,
    delimiter: Vec<u8>,
    setting: Option<Setting>,
    ending: Ending,
}

/// What goes by while something is set.
#[derive(Default)]
struct Setting {
    text: Vec<u8>,
    /// So many bytes of `NO_BACKSLASH_ESCAPES` have just gone by.
    matched: usize,
    found: bool,
}

impl Setting {
    fn push(&mut self, byte: u8) {
        if self.text.len() < SETTING {
            self.text.push(byte);
        }
        let upper = byte.to_ascii_uppercase();
        // Its first letter stands nowhere else in it.
        self.matched = match NO_ESCAPES.get(self.matched) {
            Some(due) if *due == upper => self.matched + 1,
            _ => usize::from(upper == b'N'),
        };
        self.found |= self.matched == NO_ESCAPES.len();
    }

    /// Looks at what was set. `ending` is told of it where that says how far the dump has come.
    fn check(&self, ending: Option<&mut Ending>) -> Result<(), Obstacle> {
        if self.found {
            return Err(refused("it sets NO_BACKSLASH_ESCAPES"));
        }
        let lower = self.text.to_ascii_lowercase();
        let words = lower.split(|b| !is_word(*b)).filter(|w| !w.is_empty());
        let words: Vec<&[u8]> = words.collect();
        // Before it stands the version of a server that is to run it, or nothing.
        if let (Some(ending), [b"set", ..] | [_, b"set", ..]) = (ending, words.as_slice()) {
            ending.set(&words);
        }
        for set in words.windows(3) {
            if let [b"set", b"names", coding] = set
                && !CODINGS.contains(coding)
            {
                return Err(refused("its coding is not UTF-8: take it with utf8mb4"));
            }
        }
        Ok(())
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

impl<'i> Scan<'i> {
    /// All of a dump.
    pub fn new(bytes: Bytes<'i>) -> Self {
        Self {
            bytes,
            delimiter: b";".to_vec(),
            setting: None,
            ending: Ending::default(),
        }
    }

    pub const fn line(&self) -> u64 {
        self.bytes.line()
    }

    pub fn peek(&mut self) -> Result<Option<u8>, Obstacle> {
        self.bytes.peek(0)
    }

    pub fn next(&mut self) -> Result<Option<u8>, Obstacle> {
        let byte = self.bytes.next()?;
        if let (Some(setting), Some(byte)) = (&mut self.setting, byte) {
            setting.push(byte);
        }
        Ok(byte)
    }

    /// The next byte of something that has an end.
    fn due(&mut self) -> Result<u8, Obstacle> {
        let line = self.line();
        self.next()?.ok_or_else(|| endless(line))
    }

    pub const fn row(&mut self) {
        self.bytes.row();
    }

    pub const fn free(&mut self) {
        self.bytes.free();
    }

    /// Whether another delimiter than `;` is set: routines follow.
    pub fn is_routine(&self) -> bool {
        self.delimiter != b";"
    }

    /// The rest of a line with `DELIMITER`.
    pub fn delimit(&mut self) -> Result<(), Obstacle> {
        self.delimiter = self.bytes.rest_of_line()?;
        if self.delimiter.is_empty() {
            return Err(refused("it has a DELIMITER without a delimiter"));
        }
        Ok(())
    }

    /// Whether everything that the dump has begun has come to its end.
    pub fn is_whole(&self) -> bool {
        !self.is_routine() && self.ending.is_whole()
    }

    /// Goes over white space and comments between two statements, where the dump says how far it has come.
    pub fn between(&mut self) -> Result<(), Obstacle> {
        self.blank(!self.is_routine())
    }

    /// Goes over white space and comments.
    pub fn space(&mut self) -> Result<(), Obstacle> {
        self.blank(false)
    }

    fn blank(&mut self, between: bool) -> Result<(), Obstacle> {
        loop {
            match self.peek()? {
                Some(byte) if byte.is_ascii_whitespace() => drop(self.next()?),
                Some(b'#') => self.bytes.skip_line()?,
                Some(b'-') if self.is_line_comment()? => {
                    let line = self.bytes.rest_of_line()?;
                    if between {
                        self.ending.line(&line);
                    }
                }
                Some(b'/') if self.bytes.begins(b"/*!")? || self.bytes.begins(b"/*M!")? => {
                    self.executed(between)?;
                }
                Some(b'/') if self.bytes.begins(b"/*")? => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// Two dashes that nothing but white space follows: `1--1` is a sum.
    fn is_line_comment(&mut self) -> Result<bool, Obstacle> {
        let blank = self.bytes.peek(2)?.is_none_or(|b| b <= b' ');
        Ok(blank && self.bytes.begins(b"--")?)
    }

    fn comment(&mut self) -> Result<(), Obstacle> {
        let line = self.line();
        self.bytes.skip(2)?;
        while !self.bytes.begins(b"*/")? {
            self.bytes.next()?.ok_or_else(|| endless(line))?;
        }
        self.bytes.skip(2)
    }

    /// `/*!40101 … */` is code for MySQL: strings and comments in it are such. Nothing that matters is written so.
    fn executed(&mut self, between: bool) -> Result<(), Obstacle> {
        let own = self.setting.is_none();
        self.setting.get_or_insert_default();
        self.bytes.skip(3)?;
        while !self.bytes.begins(b"*/")? {
            match self.peek()? {
                Some(b'\'' | b'"' | b'`') => self.string(None)?,
                Some(b'#') => self.bytes.skip_line()?,
                Some(b'-') if self.is_line_comment()? => self.bytes.skip_line()?,
                Some(b'/') if self.bytes.begins(b"/*")? => self.comment()?,
                _ => drop(self.due()?),
            }
        }
        self.bytes.skip(2)?;
        if own { self.checked(between) } else { Ok(()) }
    }

    fn checked(&mut self, between: bool) -> Result<(), Obstacle> {
        let ending = between.then_some(&mut self.ending);
        self.setting.take().map_or(Ok(()), |set| set.check(ending))
    }

    /// The rest of a `SET`.
    pub fn setting(&mut self) -> Result<(), Obstacle> {
        let mut setting = Setting::default();
        b"set ".iter().for_each(|byte| setting.push(*byte));
        self.setting = Some(setting);
        self.end()?;
        self.checked(true)
    }

    /// Whether a statement ends here.
    pub fn is_end(&mut self) -> Result<bool, Obstacle> {
        self.bytes.begins(&self.delimiter)
    }

    /// Goes over the rest of a statement.
    pub fn end(&mut self) -> Result<(), Obstacle> {
        loop {
            self.space()?;
            if self.is_end()? {
                return self.bytes.skip(self.delimiter.len());
            }
            match self.peek()? {
                Some(b'\'' | b'"' | b'`') => self.string(None)?,
                _ => drop(self.due()?),
            }
        }
    }

    /// A word in lower case; empty where none stands.
    pub fn word(&mut self) -> Result<Vec<u8>, Obstacle> {
        self.run(is_word)
    }

    /// A number, a truth, or what stands before a string.
    pub fn scalar(&mut self) -> Result<Vec<u8>, Obstacle> {
        self.run(|byte| is_word(byte) || matches!(byte, b'.' | b'+' | b'-'))
    }

    fn run(&mut self, is_part: impl Fn(u8) -> bool) -> Result<Vec<u8>, Obstacle> {
        let mut word = Vec::new();
        while let Some(byte) = self.peek()?.filter(|b| is_part(*b)) {
            keep(&mut word, byte.to_ascii_lowercase());
            self.next()?;
        }
        Ok(word)
    }

    /// A name, quoted or not; empty where none stands.
    pub fn name(&mut self) -> Result<Vec<u8>, Obstacle> {
        if !matches!(self.peek()?, Some(b'`' | b'"')) {
            return self.run(is_word);
        }
        let mut name = Vec::new();
        self.quoted(&mut |byte| keep(&mut name, byte))?;
        Ok(name)
    }

    /// A string or a name in quotes; its text where that is wanted.
    pub fn string(&mut self, text: Option<&mut Vec<u8>>) -> Result<(), Obstacle> {
        match text {
            Some(text) => self.quoted(&mut |byte| text.push(byte)),
            None => self.quoted(&mut |_| {}),
        }
    }

    fn quoted(&mut self, push: &mut dyn FnMut(u8)) -> Result<(), Obstacle> {
        let quote = self.due()?;
        loop {
            let byte = self.due()?;
            if byte == quote {
                if self.peek()? != Some(quote) {
                    return Ok(());
                }
                self.next()?;
            } else if byte == b'\\' && quote != b'`' {
                let escaped = self.due()?;
                if matches!(escaped, b'%' | b'_') {
                    push(b'\\');
                }
                push(unescaped(escaped));
                continue;
            }
            push(byte);
        }
    }
}

/// MySQL's manual, "String Literals".
const fn unescaped(byte: u8) -> u8 {
    match byte {
        b'0' => 0,
        b'b' => 8,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'Z' => 26,
        other => other,
    }
}
