//! The ways in: a script, a policy expression, a data type, a list of tokens.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use sqlparser::parser::Parser;

use super::ast::Queries;
use super::context::Context;
use super::dialect::{FlinkDialect, sql_tokens};
use super::grammar::{Grammar, Parsed};
use super::lexer::{self, TextKind};
use super::stack::with_stack;
use super::token::{Tok, Token, TokenKind};
use super::{
    DataType, Expression, FlinkVersion, Limits, Script, Span, SyntaxError, SyntaxErrorKind, Word,
};

impl Script {
    /// Parses a script of statements separated by `;`.
    ///
    /// A text without any statement gives an empty script. One or more `;` may end a statement; none may begin the text, as in Flink.
    ///
    /// # Errors
    /// The first thing that cannot be read, with its place in `source`.
    pub fn parse(
        source: &str,
        version: FlinkVersion,
        limits: &Limits,
    ) -> Result<Self, SyntaxError> {
        with_stack(source.len(), || {
            let tokens = lexer::lex(source, version, limits, TextKind::Submitted)?;
            Ok(Self::of_tokens(source, tokens, version, limits)?.0)
        })
    }

    /// Parses a script, and gives the [`Names`] that it was parsed from.
    ///
    /// # Errors
    /// The first thing that cannot be read, with its place in `source`.
    pub fn parse_with_names<'t>(
        source: &'t str,
        version: FlinkVersion,
        limits: &Limits,
    ) -> Result<(Self, Names<'t>), SyntaxError> {
        with_stack(source.len(), || {
            let tokens = lexer::lex(source, version, limits, TextKind::Submitted)?;
            let (script, tokens) = Self::of_tokens(source, tokens, version, limits)?;
            Ok((script, Names { source, tokens }))
        })
    }

    fn of_tokens(
        source: &str,
        tokens: Vec<Tok>,
        version: FlinkVersion,
        limits: &Limits,
    ) -> Result<(Self, Rc<[Tok]>), SyntaxError> {
        let text = Text::new(source, tokens, version, limits, TextKind::Submitted);
        let mut statements = Vec::new();
        for range in split(&text.tokens)? {
            statements.push(text.read(range, |grammar| grammar.statement())?);
        }
        Ok((Self { statements }, text.tokens))
    }
}

impl Expression {
    /// Parses one expression. `${name}` and `{name}` outside literals become markers: `Value::Placeholder("${name}")` and
    /// `Value::Placeholder("{name}")`, whose sqlparser spans are exact (line 1, column = byte + 1). `{type}` may also stand for the type of a
    /// CAST. The newest Flink's rules apply.
    ///
    /// # Errors
    /// Text that is not exactly one expression: rest of text, `;`, comments that swallow the end, unbalanced quotes.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        with_stack(text.len(), || {
            let limits = Limits::default();
            let version = FlinkVersion::default();
            let tokens = lexer::lex(text, version, &limits, TextKind::Policy)?;
            refuse_open_end(text, &tokens)?;
            let markers = tokens
                .iter()
                .filter(|token| token.kind == TokenKind::Marker)
                .map(|token| token.span)
                .collect();
            let whole = 0..tokens.len();
            let source = Text::new(text, tokens, version, &limits, TextKind::Policy);
            source.read(whole, |grammar| {
                let (scalar, queries) = grammar.lone_expression()?;
                Ok(Self {
                    text: text.to_owned(),
                    scalar,
                    queries: Queries(queries),
                    markers,
                })
            })
        })
    }
}

/// Parses a data type, such as `ROW<a INT NOT NULL, b ARRAY<STRING>>`.
///
/// # Errors
/// Text that is not exactly one type.
pub fn parse_data_type(text: &str) -> Result<DataType, SyntaxError> {
    with_stack(text.len(), || {
        let limits = Limits::default();
        let version = FlinkVersion::default();
        let tokens = lexer::lex(text, version, &limits, TextKind::Submitted)?;
        let whole = 0..tokens.len();
        let source = Text::new(text, tokens, version, &limits, TextKind::Submitted);
        source.read(whole, |grammar| grammar.lone_data_type())
    })
}

/// The tokens of a script by Flink's lexical rules, comments and white space left out.
///
/// For a second look at a text that shares nothing with the grammar: names stand in [`Token::identifier`] as Flink understands them.
///
/// # Errors
/// What the lexer refuses, with its place.
pub fn tokens<'t>(
    source: &'t str,
    version: FlinkVersion,
    limits: &Limits,
) -> Result<Vec<Token<'t>>, SyntaxError> {
    public_tokens(
        source,
        &lexer::lex(source, version, limits, TextKind::Submitted)?,
    )
}

/// The tokens of a text, for a look at its names: each is decoded when it is asked for.
#[derive(Debug)]
pub struct Names<'t> {
    source: &'t str,
    tokens: Rc<[Tok]>,
}

impl<'t> Names<'t> {
    /// Of each token its kind, which word of the grammar it is, and its bytes.
    pub fn tokens(&self) -> impl Iterator<Item = (TokenKind, Word, Span)> {
        self.tokens.iter().map(|t| (t.kind, t.word, t.span))
    }

    /// The name that a token spells, when it can be an identifier (keywords included).
    ///
    /// # Errors
    /// A name in escapes that spell nothing.
    pub fn of(&self, index: usize) -> Result<Option<Cow<'t, str>>, SyntaxError> {
        let token = self.tokens.get(index);
        token.map_or(Ok(None), |t| name(self.source, &self.tokens, index, *t))
    }
}

/// The name that a token spells.
fn name<'t>(
    source: &'t str,
    tokens: &[Tok],
    index: usize,
    token: Tok,
) -> Result<Option<Cow<'t, str>>, SyntaxError> {
    let text = token.span.text(source);
    Ok(match token.kind {
        TokenKind::Word => Some(Cow::Borrowed(text)),
        TokenKind::QuotedIdentifier => Some(
            match text.strip_prefix('`').and_then(|t| t.strip_suffix('`')) {
                Some(plain) if !plain.contains('`') => Cow::Borrowed(plain),
                _ => lexer::literal::quoted_name(text).into(),
            },
        ),
        TokenKind::UnicodeIdentifier => {
            let escape = escape_character(source, tokens, index);
            let name = lexer::literal::unicode_name(text, escape);
            Some(name.map_err(|message| bad(message, token))?.into())
        }
        _ => None,
    })
}

/// `UESCAPE '!'` behind a Unicode name or string names its escape character.
fn escape_character(source: &str, tokens: &[Tok], index: usize) -> char {
    let ahead = |n: usize| tokens.get(index + n);
    ahead(1)
        .filter(|next| next.word == Word::UESCAPE)
        .and(ahead(2))
        .and_then(|next| {
            lexer::literal::string(next.span.text(source))
                .chars()
                .next()
        })
        .unwrap_or('\\')
}

fn bad(message: &str, token: Tok) -> SyntaxError {
    SyntaxError {
        kind: SyntaxErrorKind::Unexpected(message.to_owned()),
        span: token.span,
    }
}

fn public_tokens<'t>(source: &'t str, tokens: &[Tok]) -> Result<Vec<Token<'t>>, SyntaxError> {
    tokens
        .iter()
        .enumerate()
        .map(|(index, token)| public_token(source, tokens, index, *token))
        .collect()
}

fn public_token<'t>(
    source: &'t str,
    tokens: &[Tok],
    index: usize,
    token: Tok,
) -> Result<Token<'t>, SyntaxError> {
    use lexer::literal;
    let text = token.span.text(source);
    let bad = |message: &str| bad(message, token);
    let identifier = name(source, tokens, index, token)?;
    let mut string = None;
    match token.kind {
        TokenKind::String => string = Some(literal::string(text).into()),
        TokenKind::EscapedString => string = Some(literal::escaped(text).map_err(bad)?.into()),
        TokenKind::UnicodeString => {
            let escape = escape_character(source, tokens, index);
            string = Some(literal::unicode_string(text, escape).map_err(bad)?.into());
        }
        TokenKind::CharsetString => string = Some(literal::charset(text).map_err(bad)?.into()),
        _ => {}
    }
    Ok(Token {
        kind: token.kind,
        identifier,
        string,
        span: token.span,
    })
}

/// A text with its tokens, shared by the statements in it.
struct Text {
    source: Rc<str>,
    tokens: Rc<[Tok]>,
    version: FlinkVersion,
    limits: Limits,
    kind: TextKind,
}

impl Text {
    fn new(
        source: &str,
        tokens: Vec<Tok>,
        version: FlinkVersion,
        limits: &Limits,
        kind: TextKind,
    ) -> Self {
        Self {
            source: source.into(),
            tokens: tokens.into(),
            version,
            limits: *limits,
            kind,
        }
    }

    /// Runs a rule over a range of tokens.
    fn read<T>(
        &self,
        range: Range<usize>,
        rule: impl FnOnce(&mut Grammar<'_, '_>) -> Parsed<T>,
    ) -> Parsed<T> {
        let context = Context::new(
            &self.source,
            &self.tokens,
            range,
            self.version,
            &self.limits,
            self.kind,
        );
        let dialect = FlinkDialect { context };
        let mut parser = Parser::new(&dialect)
            .with_recursion_limit(self.limits.nesting.saturating_mul(4).saturating_add(50))
            .with_tokens_with_locations(sql_tokens(dialect.context.tokens()));
        rule(&mut Grammar::new(&dialect.context, &mut parser))
    }
}

/// The token ranges of the statements, without their `;`.
fn split(tokens: &[Tok]) -> Result<Vec<Range<usize>>, SyntaxError> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while start < tokens.len() {
        let end = statement_end(tokens, start);
        if end == start {
            // An empty statement may stand behind another one, not before the first.
            if !ranges.is_empty() {
                start += 1;
                continue;
            }
            let span = tokens.get(start).map_or(Span::default(), |t| t.span);
            return Err(SyntaxError {
                kind: SyntaxErrorKind::Unexpected("expected a statement, found `;`".to_owned()),
                span,
            });
        }
        ranges.push(start..end);
        start = end + 1;
    }
    Ok(ranges)
}

/// Where the statement that starts at `start` ends: at its `;`, and a statement set at its `END`.
fn statement_end(tokens: &[Tok], start: usize) -> usize {
    let rest = tokens.get(start..).unwrap_or_default();
    let semicolon = |from: usize| {
        rest.iter()
            .skip(from)
            .position(|token| token.kind == TokenKind::Semicolon)
            .map(|at| from + at)
    };
    let Some(first) = semicolon(0) else {
        return tokens.len();
    };
    let is_set = rest
        .first()
        .is_some_and(|t| matches!(t.word, Word::EXECUTE | Word::EXPLAIN | Word::COMPILE))
        && rest.get(..first).is_some_and(|head| {
            head.windows(3).any(|words| {
                words
                    .iter()
                    .map(|t| t.word)
                    .eq([Word::STATEMENT, Word::SET, Word::BEGIN])
            })
        });
    let mut end = first;
    while is_set && rest.get(end + 1).is_some_and(|t| t.word != Word::END) {
        match semicolon(end + 1) {
            Some(next) => end = next,
            None => return tokens.len(),
        }
    }
    if is_set {
        return semicolon(end + 1).map_or(tokens.len(), |at| start + at);
    }
    start + end
}

/// A line comment at the end would swallow what the expression is put in front of.
fn refuse_open_end(text: &str, tokens: &[Tok]) -> Result<(), SyntaxError> {
    let end = tokens.last().map_or(0, |token| token.span.end);
    let rest = Span::new(end, u32::try_from(text.len()).unwrap_or(u32::MAX));
    if rest.text(text).trim().is_empty() {
        return Ok(());
    }
    Err(SyntaxError {
        kind: SyntaxErrorKind::Unexpected("a comment may not end an expression".to_owned()),
        span: rest,
    })
}
