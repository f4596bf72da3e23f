//! Tokens of more than two bytes: words, literals, numbers, comments, hints, markers.

use super::characters::{is_letter, is_refused};
use super::{Lexed, Lexer, TextKind, span};
use crate::syntax::token::TokenKind;
use crate::syntax::{FlinkVersion, SyntaxError, SyntaxErrorKind, Word};

/// The longest name in UTF-16 units, as Flink counts.
const MAX_NAME: usize = 256;

impl Lexer<'_> {
    /// A word, or a literal whose prefix looks like one. Flink takes the longest match, so the literal wins where it can.
    pub(super) fn word_or_literal(&mut self, first: u8) -> Lexed {
        let at = self.at;
        match (first, self.peek(1)) {
            (b'u' | b'U', b'&') => match self.peek(2) {
                b'\'' => return self.quoted(TokenKind::UnicodeString, at, at + 2),
                b'"' => return self.unicode_identifier(),
                _ => {}
            },
            (b'x' | b'X', b'\'') => return self.quoted(TokenKind::BinaryString, at, at + 1),
            (b'n' | b'N', b'\'') => return self.quoted(TokenKind::CharsetString, at, at + 1),
            (b'e' | b'E', b'\'') if self.version >= FlinkVersion::V2_3 => {
                return self.quoted(TokenKind::EscapedString, at, at + 1);
            }
            (b'_', b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => {
                if let Some(quote) = self.charset_end() {
                    return self.quoted(TokenKind::CharsetString, at, quote);
                }
            }
            _ => {}
        }
        self.word()
    }

    /// Where the quote stands after `_charset`.
    fn charset_end(&self) -> Option<usize> {
        let name = self.bytes.get(self.at + 1..)?;
        let length = name
            .iter()
            .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b':' | b'.' | b'-' | b'_')))?;
        (name.get(length) == Some(&b'\'')).then_some(self.at + 1 + length)
    }

    pub(super) fn word(&mut self) -> Lexed {
        let start = self.at;
        let mut end = start;
        let mut ascii = true;
        let mut dollar = false;
        loop {
            match self.bytes.get(end) {
                Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') => end += 1,
                Some(b'$') => {
                    if self.bytes.get(end + 1) == Some(&b'{') {
                        return self.variable(end);
                    }
                    dollar = true;
                    end += 1;
                }
                Some(byte) if !byte.is_ascii() => match self.char_at(end) {
                    Some(c) if is_letter(c) && !is_refused(c) => {
                        ascii = false;
                        end += c.len_utf8();
                    }
                    _ => break,
                },
                _ => break,
            }
        }
        let text = self.source.get(start..end).unwrap_or_default();
        let span = span(start, end);
        if text.len() > MAX_NAME && text.encode_utf16().count() > MAX_NAME {
            return self.fail("name is longer than 256 characters", span);
        }
        if dollar && self.is_collation(start) {
            return self.fail("a name with `$` after a dot must stand in back-ticks", span);
        }
        let word = if ascii { Word::find(text) } else { Word::None };
        self.push_word(TokenKind::Word, word, start, end);
        match word {
            Word::AND
            | Word::OR
            | Word::NOT
            | Word::IN
            | Word::IS
            | Word::LIKE
            | Word::SIMILAR
            | Word::BETWEEN
            | Word::MULTISET
            | Word::MEMBER
            | Word::SUBMULTISET
            | Word::CASE => self.count_operator(),
            _ => Ok(()),
        }
    }

    /// Whether Flink would read `x.name$y` as one token, the name of a collation.
    fn is_collation(&self, start: usize) -> bool {
        let before = |n: usize| start.checked_sub(n).and_then(|at| self.bytes.get(at));
        matches!(before(1), Some(b'.' | b'-' | b':'))
            && before(2).is_some_and(u8::is_ascii_alphanumeric)
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.source.get(at..)?.chars().next()
    }

    /// `$`: of a variable, of a name, or alone.
    pub(super) fn dollar(&mut self) -> Lexed {
        if self.peek(1) == b'{' {
            return self.variable(self.at);
        }
        match self.char_at(self.at + 1) {
            Some(c) if is_letter(c) || c.is_ascii_digit() || c == '$' => self.word(),
            _ => {
                self.push(TokenKind::Dollar, 1);
                Ok(())
            }
        }
    }

    /// `${name}` at `dollar`: a marker in policy text; in submitted text somebody forgot to expand it.
    fn variable(&mut self, dollar: usize) -> Lexed {
        let end = self
            .bytes
            .get(dollar..)
            .and_then(|rest| rest.iter().position(|b| *b == b'}' || *b == b'\n'))
            .map_or(dollar + 2, |length| dollar + length + 1);
        if self.text == TextKind::Policy && dollar == self.at && self.is_marker(dollar + 2, end) {
            self.push_to(TokenKind::Marker, dollar, end);
            return Ok(());
        }
        let place = span(dollar, end);
        Err(SyntaxError {
            kind: SyntaxErrorKind::Variable(place.text(self.source).trim_end().to_owned()),
            span: place,
        })
    }

    /// `{`: of `{name}` in policy text, else a bracket.
    pub(super) fn brace(&mut self) -> Lexed {
        if self.text == TextKind::Policy {
            let end = self
                .bytes
                .get(self.at..)
                .and_then(|rest| rest.iter().position(|b| *b == b'}'))
                .map_or(self.at, |length| self.at + length + 1);
            if self.is_marker(self.at + 1, end) {
                self.push_to(TokenKind::Marker, self.at, end);
                return Ok(());
            }
        }
        self.open(TokenKind::LeftBrace)
    }

    /// Whether `start..end` is a marker's name and its `}`.
    fn is_marker(&self, start: usize, end: usize) -> bool {
        let name = self.bytes.get(start..end).and_then(|b| b.split_last());
        name.is_some_and(|(brace, name)| {
            *brace == b'}'
                && name
                    .first()
                    .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
                && name
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b':'))
        })
    }

    /// A literal from `start`, whose opening quote stands at `quote`. A doubled quote does not close it.
    pub(super) fn quoted(&mut self, kind: TokenKind, start: usize, quote: usize) -> Lexed {
        let mut end = quote + 1;
        loop {
            match self.bytes.get(end) {
                None => return self.fail("string is not closed", span(start, quote + 1)),
                Some(b'\'') if self.bytes.get(end + 1) == Some(&b'\'') => end += 2,
                Some(b'\'') => break,
                // What follows may be the first byte of a longer character; its other bytes are neither quote nor backslash.
                Some(b'\\') if kind == TokenKind::EscapedString => end += 2,
                Some(_) => end += 1,
            }
        }
        self.push_to(kind, start, end + 1);
        Ok(())
    }

    pub(super) fn back_quoted(&mut self) -> Lexed {
        self.quoted_name(TokenKind::QuotedIdentifier, self.at + 1, b'`')
    }

    fn unicode_identifier(&mut self) -> Lexed {
        self.quoted_name(TokenKind::UnicodeIdentifier, self.at + 3, b'"')
    }

    /// A quoted name whose text starts at `text`. Flink takes neither an empty one nor a line end inside.
    fn quoted_name(&mut self, kind: TokenKind, text: usize, quote: u8) -> Lexed {
        let start = self.at;
        let mut end = text;
        loop {
            match self.bytes.get(end) {
                None | Some(b'\n' | b'\r') => {
                    return self.fail("quoted name is not closed", span(start, text));
                }
                Some(b) if *b == quote => {
                    if self.bytes.get(end + 1) != Some(&quote) {
                        break;
                    }
                    end += 2;
                }
                Some(_) => end += 1,
            }
        }
        let name = self.source.get(text..end).unwrap_or_default();
        if name.is_empty() {
            return self.fail("name is empty", span(start, end + 1));
        }
        self.refuse_controls(text, end)?;
        if name.len() > MAX_NAME && name.encode_utf16().count() > MAX_NAME {
            return self.fail("name is longer than 256 characters", span(start, end + 1));
        }
        self.push_to(kind, start, end + 1);
        Ok(())
    }

    /// Refuses characters that make people read other text than Flink reads.
    fn refuse_controls(&self, start: usize, end: usize) -> Lexed {
        let text = self.source.get(start..end).unwrap_or_default();
        if text.bytes().all(|b| b.is_ascii() && b != 0) {
            return Ok(());
        }
        match text.char_indices().find(|(_, c)| is_refused(*c)) {
            None => Ok(()),
            Some((at, c)) => Err(SyntaxError {
                kind: SyntaxErrorKind::Character(c),
                span: span(start + at, start + at + c.len_utf8()),
            }),
        }
    }

    /// `--` and `//`, to the end of the line.
    pub(super) fn line_comment(&mut self) -> Lexed {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|b| matches!(b, b'\n' | b'\r'))
            .unwrap_or(rest.len());
        self.at = start + length;
        self.refuse_controls(start, self.at)
    }

    /// `/*`: a hint or a comment. After `/**` Flink skips one character before it looks for the end, so `/***/` is not closed.
    pub(super) fn block(&mut self) -> Lexed {
        let start = self.at;
        let body = match self.peek(2) {
            b'+' => {
                if self.hint.is_some() {
                    return self.unexpected(3);
                }
                self.hint = Some(self.span_of(3));
                self.push(TokenKind::HintStart, 3);
                return Ok(());
            }
            b'*' => match self.char_at(start + 3) {
                None => return self.fail("comment is not closed", span(start, start + 3)),
                Some('/') => start + 2,
                Some(c) => start + 3 + c.len_utf8(),
            },
            _ => start + 2,
        };
        let length = self
            .bytes
            .get(body..)
            .and_then(|rest| rest.windows(2).position(|pair| pair == b"*/"));
        let Some(length) = length else {
            return self.fail("comment is not closed", span(start, start + 2));
        };
        self.at = body + length + 2;
        self.refuse_controls(start, self.at)
    }

    pub(super) fn number(&mut self) -> Lexed {
        let start = self.at;
        let digits = |mut at: usize| {
            while self.bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let mut kind = TokenKind::Integer;
        let mut end = digits(start);
        // `1..2` is refused: Flink reads it as `1.` and `.2`, which no grammar rule takes.
        if self.bytes.get(end) == Some(&b'.') {
            kind = TokenKind::Decimal;
            end = digits(end + 1);
        }
        if matches!(self.bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = end + 1 + sign;
            let after = digits(exponent);
            if after > exponent {
                kind = TokenKind::Approximate;
                end = after;
            }
        }
        self.push_to(kind, start, end);
        Ok(())
    }

    /// A character that is not ASCII, or a control: a name, or refused.
    pub(super) fn other(&mut self) -> Lexed {
        match self.char_at(self.at) {
            Some(c) if is_letter(c) && !is_refused(c) => self.word(),
            Some(c) => Err(SyntaxError {
                kind: SyntaxErrorKind::Character(c),
                span: self.span_of(c.len_utf8()),
            }),
            None => self.unexpected(1),
        }
    }
}
