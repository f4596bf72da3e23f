//! Tokens of Flink SQL: small copies with byte places; their text stays in the source.

use std::borrow::Cow;

use super::{Span, Word};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// The end of the text: stands behind the last token, never in a list.
    End,
    /// An unquoted identifier or keyword.
    Word,
    /// An identifier in back-ticks.
    QuotedIdentifier,
    /// `U&"…"`: an identifier with `\XXXX` escapes.
    UnicodeIdentifier,
    /// `'…'`.
    String,
    /// `E'…'`, of Flink 2.x.
    EscapedString,
    /// `U&'…'`.
    UnicodeString,
    /// `_UTF8'…'`, `N'…'`.
    CharsetString,
    /// `X'…'`.
    BinaryString,
    /// `123`.
    Integer,
    /// `1.5`, `.5`, `5.`.
    Decimal,
    /// `1e3`.
    Approximate,
    /// `${name}` or `{name}` of a policy expression.
    Marker,
    /// `(`.
    LeftParen,
    /// `)`.
    RightParen,
    /// `[`.
    LeftBracket,
    /// `]`.
    RightBracket,
    /// `{`.
    LeftBrace,
    /// `}`.
    RightBrace,
    /// `;`.
    Semicolon,
    /// `.`.
    Period,
    /// `,`.
    Comma,
    /// `=`.
    Equal,
    /// `<>`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `*`.
    Star,
    /// `/`.
    Slash,
    /// `%`.
    Percent,
    /// `||`.
    Concat,
    /// `=>`.
    Arrow,
    /// `?`.
    Question,
    /// `:`.
    Colon,
    /// `|`.
    Bar,
    /// `^`.
    Caret,
    /// `$`, alone.
    Dollar,
    /// `/*+`.
    HintStart,
    /// `*/` of a hint.
    HintEnd,
}

/// A token as the grammar reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tok {
    /// What it is.
    pub kind: TokenKind,
    /// Which word of the grammar an unquoted word is.
    pub word: Word,
    /// Of a bracket: the index of the one that matches.
    pub mate: u32,
    /// Its bytes.
    pub span: Span,
}

/// A token of the public list ([`super::tokens`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// The name that it spells, unquoted and unescaped, when it can be an identifier (keywords included).
    pub identifier: Option<Cow<'t, str>>,
    /// The characters that it stands for, when it is a string literal.
    pub string: Option<Cow<'t, str>>,
    /// Its bytes.
    pub span: Span,
}
