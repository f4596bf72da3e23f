//! The lexer, by Flink's rules (Calcite's grammar with `Lex.JAVA`; measured on Flink 2.3 and 1.20).
//!
//! INVARIANT (cover): every byte lies in exactly one token, comment or white space.
//! Stays out: what a token means. A token's text is decoded by [`literal`] only when the grammar asks for it.

mod characters;
pub(super) mod literal;
mod scan;

use super::token::{Tok, TokenKind};
use super::{FlinkVersion, Limits, Span, SyntaxError, SyntaxErrorKind, Word};

/// What text it is: policy text has `{name}` and `${name}` markers, submitted text has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    /// Text of a submitter.
    Submitted,
    /// An expression of a policy.
    Policy,
}

/// The tokens of `source`, brackets matched and limits kept.
pub(super) fn lex(
    source: &str,
    version: FlinkVersion,
    limits: &Limits,
    text: TextKind,
) -> Result<Vec<Tok>, SyntaxError> {
    if source.len() > limits.script_bytes.min(u32::MAX as usize / 2) {
        return Err(SyntaxError {
            kind: SyntaxErrorKind::Limit(format!(
                "text is longer than {} bytes",
                limits.script_bytes
            )),
            span: Span::default(),
        });
    }
    let mut lexer = Lexer {
        source,
        bytes: source.as_bytes(),
        at: 0,
        tokens: Vec::with_capacity(source.len() / 5 + 8),
        open: Vec::new(),
        hint: None,
        operators: 0,
        version,
        limits,
        text,
    };
    lexer.run()?;
    Ok(lexer.tokens)
}

struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    tokens: Vec<Tok>,
    /// Indices of brackets that are open.
    open: Vec<u32>,
    /// Where the open hint starts.
    hint: Option<Span>,
    operators: usize,
    version: FlinkVersion,
    limits: &'s Limits,
    text: TextKind,
}

type Lexed = Result<(), SyntaxError>;

impl Lexer<'_> {
    fn run(&mut self) -> Lexed {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.next(byte)?;
        }
        if let Some(span) = self.hint {
            return self.fail("hint is not closed", span);
        }
        self.all_closed()
    }

    fn next(&mut self, byte: u8) -> Lexed {
        use TokenKind as K;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => self.at += 1,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word_or_literal(byte),
            b'0'..=b'9' => return self.number(),
            b'\'' => return self.quoted(K::String, self.at, self.at),
            b'`' => return self.back_quoted(),
            b'(' => return self.open(K::LeftParen),
            b')' => return self.close(K::LeftParen, K::RightParen),
            b'[' => return self.open(K::LeftBracket),
            b']' => return self.close(K::LeftBracket, K::RightBracket),
            b'{' => return self.brace(),
            b'}' => return self.close(K::LeftBrace, K::RightBrace),
            b',' => self.push(K::Comma, 1),
            b';' => return self.semicolon(),
            b'.' => match self.peek(1) {
                b'0'..=b'9' => return self.number(),
                b'.' => return self.unexpected(2),
                _ => return self.operator(K::Period, 1),
            },
            b'=' => match self.peek(1) {
                b'>' => self.push(K::Arrow, 2),
                _ => return self.operator(K::Equal, 1),
            },
            b'<' => match self.peek(1) {
                b'>' => return self.operator(K::NotEqual, 2),
                b'=' => return self.operator(K::LessEqual, 2),
                _ => return self.operator(K::Less, 1),
            },
            // `>>` is two tokens: it closes nested types.
            b'>' => match self.peek(1) {
                b'=' => return self.operator(K::GreaterEqual, 2),
                _ => return self.operator(K::Greater, 1),
            },
            b'+' => return self.operator(K::Plus, 1),
            b'-' => match self.peek(1) {
                b'-' => return self.line_comment(),
                _ => return self.operator(K::Minus, 1),
            },
            b'*' => match self.peek(1) {
                b'/' => return self.hint_end(),
                _ => return self.operator(K::Star, 1),
            },
            b'/' => match self.peek(1) {
                b'/' => return self.line_comment(),
                b'*' => return self.block(),
                _ => return self.operator(K::Slash, 1),
            },
            b'%' => return self.operator(K::Percent, 1),
            b'|' => match self.peek(1) {
                b'|' => return self.operator(K::Concat, 2),
                _ => return self.operator(K::Bar, 1),
            },
            b'?' => self.push(K::Question, 1),
            b':' => self.push(K::Colon, 1),
            b'^' => self.push(K::Caret, 1),
            b'$' => return self.dollar(),
            b'"' => {
                return self.fail(
                    "double quotes quote nothing in Flink SQL: write names in back-ticks and strings in single quotes",
                    self.span_of(1),
                );
            }
            b'!' if self.peek(1) == b'=' => {
                return self.fail("`!=` is not Flink SQL: write `<>`", self.span_of(2));
            }
            b'#' | b'!' | b'@' | b'&' | b'~' | b'\\' => return self.unexpected(1),
            _ => return self.other(),
        }
        Ok(())
    }

    /// The byte `ahead` of the current one; 0 behind the end.
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        self.push_to(kind, self.at, self.at + length);
    }

    fn push_to(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.push_word(kind, Word::None, start, end);
    }

    fn push_word(&mut self, kind: TokenKind, word: Word, start: usize, end: usize) {
        self.tokens.push(Tok {
            kind,
            word,
            mate: 0,
            span: span(start, end),
        });
        self.at = end;
    }

    fn operator(&mut self, kind: TokenKind, length: usize) -> Lexed {
        self.push(kind, length);
        self.count_operator()
    }

    /// INVARIANT (bounded chains): flat chains make deep trees, so their length is bounded before there is a tree.
    fn count_operator(&mut self) -> Lexed {
        self.operators += 1;
        if self.operators > self.limits.operators {
            return Err(SyntaxError {
                kind: SyntaxErrorKind::Limit(format!(
                    "statement has more than {} operators",
                    self.limits.operators
                )),
                span: span(self.at, self.at),
            });
        }
        Ok(())
    }

    fn open(&mut self, kind: TokenKind) -> Lexed {
        if self.open.len() >= self.limits.nesting {
            return Err(SyntaxError {
                kind: SyntaxErrorKind::Limit(format!(
                    "brackets are nested deeper than {}",
                    self.limits.nesting
                )),
                span: self.span_of(1),
            });
        }
        if kind == TokenKind::LeftBracket {
            self.count_operator()?;
        }
        self.open.push(offset(self.tokens.len()));
        self.push(kind, 1);
        Ok(())
    }

    fn close(&mut self, opens: TokenKind, kind: TokenKind) -> Lexed {
        let index = offset(self.tokens.len());
        let Some(opening) = self
            .open
            .last()
            .copied()
            .and_then(|at| Some((at, self.tokens.get_mut(at as usize)?)))
            .filter(|(_, token)| token.kind == opens)
        else {
            return self.unexpected(1);
        };
        opening.1.mate = index;
        let mate = opening.0;
        self.open.pop();
        self.tokens.push(Tok {
            kind,
            word: Word::None,
            mate,
            span: self.span_of(1),
        });
        self.at += 1;
        Ok(())
    }

    fn all_closed(&self) -> Lexed {
        let Some(token) = self
            .open
            .last()
            .and_then(|at| self.tokens.get(*at as usize))
        else {
            return Ok(());
        };
        self.fail("bracket is not closed", token.span)
    }

    fn semicolon(&mut self) -> Lexed {
        self.all_closed()?;
        if let Some(span) = self.hint {
            return self.fail("hint is not closed", span);
        }
        self.operators = 0;
        self.push(TokenKind::Semicolon, 1);
        Ok(())
    }

    fn hint_end(&mut self) -> Lexed {
        if self.hint.take().is_none() {
            return self.unexpected(2);
        }
        self.push(TokenKind::HintEnd, 2);
        Ok(())
    }

    fn span_of(&self, length: usize) -> Span {
        span(self.at, self.at + length)
    }

    fn fail<T>(&self, message: &str, span: Span) -> Result<T, SyntaxError> {
        Err(SyntaxError {
            kind: SyntaxErrorKind::Unexpected(message.to_owned()),
            span,
        })
    }

    fn unexpected<T>(&self, length: usize) -> Result<T, SyntaxError> {
        let span = self.span_of(length);
        self.fail(&format!("unexpected `{}`", span.text(self.source)), span)
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn span(start: usize, end: usize) -> Span {
    Span::new(offset(start), offset(end))
}
