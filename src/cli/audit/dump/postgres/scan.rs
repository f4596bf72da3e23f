//! What PostgreSQL's statements are made of, as `psql` cuts them: words, names, strings, comments, and where a statement ends.
//!
//! Invariant: a dump that changes how strings are read (`standard_conforming_strings`, another coding) is refused.

use super::super::bytes::{Bytes, keep};
use super::super::ending::Ending;
use super::super::rows::{endless, refused};
use crate::report::Obstacle;

/// So much of a setting is looked at.
const SETTING: usize = 4 << 10;
/// A tag is a name: the server cuts it at 63 bytes.
const TAG: usize = 1 << 10;

/// The rest of a dump, by its lexical rules.
pub(super) struct Scan<'i> {
    bytes: Bytes<'i>,
    setting: Option<Vec<u8>>,
    ending: Ending,
}

/// A part of a statement. Of strings nothing is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// In lower case.
    Word(Vec<u8>),
    /// In double quotes.
    Name(Vec<u8>),
    String,
    Mark(u8),
    /// The end of the dump.
    End,
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | 0x80..)
}

impl<'i> Scan<'i> {
    /// All of a dump.
    pub fn new(bytes: Bytes<'i>) -> Self {
        Self {
            bytes,
            setting: None,
            ending: Ending::default(),
        }
    }

    /// Whether everything that the dump has begun has come to its end.
    pub fn is_whole(&self) -> bool {
        self.ending.is_whole()
    }

    pub const fn line(&self) -> u64 {
        self.bytes.line()
    }

    pub const fn row(&mut self) {
        self.bytes.row();
    }

    pub const fn free(&mut self) {
        self.bytes.free();
    }

    pub fn next(&mut self) -> Result<Option<u8>, Obstacle> {
        let byte = self.bytes.next()?;
        if let (Some(setting), Some(byte)) = (&mut self.setting, byte)
            && setting.len() < SETTING
        {
            setting.push(byte);
        }
        Ok(byte)
    }

    fn due(&mut self) -> Result<u8, Obstacle> {
        let line = self.line();
        self.next()?.ok_or_else(|| endless(line))
    }

    fn space(&mut self) -> Result<(), Obstacle> {
        self.blank(false)
    }

    /// `between`: two statements, where the dump says how far it has come.
    fn blank(&mut self, between: bool) -> Result<(), Obstacle> {
        loop {
            match self.bytes.peek(0)? {
                Some(byte) if byte.is_ascii_whitespace() || byte == 11 => drop(self.next()?),
                Some(b'-') if self.bytes.begins(b"--")? => {
                    let line = self.bytes.rest_of_line()?;
                    if between {
                        self.ending.line(&line);
                    }
                }
                Some(b'/') if self.bytes.begins(b"/*")? => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// Comments hold comments.
    fn comment(&mut self) -> Result<(), Obstacle> {
        let line = self.line();
        let mut depth = 0_u64;
        loop {
            if self.bytes.begins(b"/*")? {
                self.bytes.skip(2)?;
                depth = depth.saturating_add(1);
            } else if self.bytes.begins(b"*/")? {
                self.bytes.skip(2)?;
                depth -= 1;
                if depth == 0 {
                    return Ok(());
                }
            } else {
                self.bytes.next()?.ok_or_else(|| endless(line))?;
            }
        }
    }

    /// A command of `psql`, if one stands where a statement would begin: the number of its line, and the line.
    pub fn meta(&mut self) -> Result<Option<(u64, Vec<u8>)>, Obstacle> {
        self.blank(true)?;
        if self.bytes.peek(0)? != Some(b'\\') {
            return Ok(None);
        }
        let line = self.line();
        Ok(Some((line, self.bytes.rest_of_line()?)))
    }

    /// The next part of a statement.
    pub fn token(&mut self) -> Result<Token, Obstacle> {
        self.space()?;
        match self.bytes.peek(0)? {
            None => Ok(Token::End),
            Some(b'\'') => self.string(false),
            Some(b'"') => {
                let mut name = Vec::new();
                self.quoted(false, &mut |byte| keep(&mut name, byte))?;
                Ok(Token::Name(name))
            }
            Some(b'$') => self.dollar(),
            Some(byte) if is_word(byte) => {
                let mut word = Vec::new();
                while let Some(byte) = self.bytes.peek(0)?.filter(|b| is_word(*b) || *b == b'$') {
                    keep(&mut word, byte.to_ascii_lowercase());
                    self.next()?;
                }
                match self.bytes.peek(0)? {
                    Some(b'\'') if word == b"e" => self.string(true),
                    _ => Ok(Token::Word(word)),
                }
            }
            Some(byte) => {
                self.next()?;
                Ok(Token::Mark(byte))
            }
        }
    }

    fn string(&mut self, escapes: bool) -> Result<Token, Obstacle> {
        self.quoted(escapes, &mut |_| {})?;
        Ok(Token::String)
    }

    fn quoted(&mut self, escapes: bool, push: &mut dyn FnMut(u8)) -> Result<(), Obstacle> {
        let quote = self.due()?;
        loop {
            let byte = self.due()?;
            if byte == quote {
                if self.bytes.peek(0)? != Some(quote) {
                    return Ok(());
                }
                self.next()?;
            } else if escapes && byte == b'\\' {
                self.due()?;
            }
            push(byte);
        }
    }

    /// `$tag$ … $tag$`; a `$` that begins no such string is a mark.
    fn dollar(&mut self) -> Result<Token, Obstacle> {
        let mut tag = vec![b'$'];
        loop {
            match self.bytes.peek(tag.len())? {
                Some(b'$') => break,
                Some(byte) if is_word(byte) && !(tag.len() == 1 && byte.is_ascii_digit()) => {
                    if tag.len() >= TAG {
                        return Err(refused("a string in dollar quotes has too long a tag"));
                    }
                    tag.push(byte);
                }
                _ => {
                    self.next()?;
                    return Ok(Token::Mark(b'$'));
                }
            }
        }
        tag.push(b'$');
        self.bytes.skip(tag.len())?;
        while !self.bytes.begins(&tag)? {
            self.due()?;
        }
        self.bytes.skip(tag.len())?;
        Ok(Token::String)
    }

    /// Goes over the rest of a statement.
    pub fn end(&mut self) -> Result<(), Obstacle> {
        let token = self.token()?;
        self.rest(token)
    }

    /// Goes over the rest of a statement, of which a token was read.
    pub fn rest(&mut self, first: Token) -> Result<(), Obstacle> {
        self.until_end(first, false)
    }

    /// The rest of a `CREATE`: the body of a function may be statements between `BEGIN` and `END`.
    pub fn created(&mut self) -> Result<(), Obstacle> {
        let mut token = self.token()?;
        while matches!(&token, Token::Word(word) if matches!(word.as_slice(), b"or" | b"replace")) {
            token = self.token()?;
        }
        let routine = matches!(&token, Token::Word(word) if matches!(word.as_slice(), b"function" | b"procedure"));
        self.until_end(token, routine)
    }

    fn until_end(&mut self, first: Token, routine: bool) -> Result<(), Obstacle> {
        let mut token = first;
        let (mut brackets, mut begun) = (0_u64, 0_u64);
        loop {
            match token {
                Token::End => return Err(endless(self.line())),
                Token::Mark(b';') if brackets == 0 && begun == 0 => return Ok(()),
                Token::Mark(b'(') => brackets = brackets.saturating_add(1),
                Token::Mark(b')') => brackets = brackets.saturating_sub(1),
                Token::Word(word) if routine && brackets == 0 => match word.as_slice() {
                    b"begin" => begun = begun.saturating_add(1),
                    b"case" if begun > 0 => begun = begun.saturating_add(1),
                    b"end" => begun = begun.saturating_sub(1),
                    _ => {}
                },
                Token::Word(_) | Token::Name(_) | Token::String | Token::Mark(_) => {}
            }
            token = self.token()?;
        }
    }

    /// The rest of a `COPY`: whether lines follow it, and whether it says nothing more.
    pub fn source(&mut self, first: Token) -> Result<(bool, bool), Obstacle> {
        let mut token = first;
        let mut words = Vec::new();
        let mut plain = true;
        let mut brackets = 0_u64;
        loop {
            match token {
                Token::End => return Err(endless(self.line())),
                Token::Mark(b';') if brackets == 0 => break,
                Token::Mark(b'(') => brackets = brackets.saturating_add(1),
                Token::Mark(b')') => brackets = brackets.saturating_sub(1),
                Token::Word(word) if words.len() < 3 => words.push(word),
                Token::Word(_) | Token::Name(_) | Token::String | Token::Mark(_) => plain = false,
            }
            token = self.token()?;
        }
        let from_stdin =
            matches!(words.as_slice(), [from, stdin, ..] if from == b"from" && stdin == b"stdin");
        Ok((from_stdin, plain && words.len() == 2))
    }

    /// The rest of a `SET`.
    pub fn setting(&mut self) -> Result<(), Obstacle> {
        self.setting = Some(Vec::new());
        self.end()?;
        let lower = self.setting.take().unwrap_or_default().to_ascii_lowercase();
        let words = lower.split(|b| !is_word(*b)).filter(|w| !w.is_empty());
        let words: Vec<&[u8]> = words.filter(|w| *w != b"to").collect();
        for set in words.windows(2) {
            match set {
                [b"client_encoding" | b"names", coding]
                    if !matches!(*coding, b"utf8" | b"sql_ascii") =>
                {
                    return Err(refused(
                        "its coding is not UTF-8: take it with --encoding=UTF8",
                    ));
                }
                [b"standard_conforming_strings", value] if *value != b"on" => {
                    return Err(refused("it sets standard_conforming_strings off"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub fn rest_of_line(&mut self) -> Result<(), Obstacle> {
        self.bytes.skip_line()
    }

    /// Whether the line that begins here is the end of a table; it is gone over then.
    pub fn is_last_line(&mut self) -> Result<bool, Obstacle> {
        if !self.bytes.begins(b"\\.")? {
            return Ok(false);
        }
        let at = if self.bytes.peek(2)? == Some(b'\r') {
            3
        } else {
            2
        };
        let last = matches!(self.bytes.peek(at)?, None | Some(b'\n'));
        if last {
            self.bytes.skip_line()?;
        }
        Ok(last)
    }

    /// Goes over the lines of a table.
    pub fn skip_lines(&mut self) -> Result<(), Obstacle> {
        while !self.is_last_line()? {
            if self.bytes.peek(0)?.is_none() {
                return Err(endless(self.line()));
            }
            self.bytes.skip_line()?;
        }
        Ok(())
    }
}
