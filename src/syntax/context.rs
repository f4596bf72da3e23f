//! What the grammar knows of one statement: its tokens, the queries found so far, and which words are accounted for.
//!
//! `sqlparser` keeps the dialect for as long as it parses and wants it to own what it holds; so the source and the tokens are shared, and what
//! the grammar collects lives behind a `RefCell`.

use std::cell::RefCell;
use std::rc::Rc;

use sqlparser::parser::ParserError;

use super::ast::{Query, QueryId};
use super::lexer::TextKind;
use super::token::{Tok, TokenKind};
use super::{Construct, FlinkVersion, Limits, Span, SyntaxError, SyntaxErrorKind, Word};

/// One statement (or policy expression) in the making.
#[derive(Debug)]
pub(super) struct Context {
    source: Rc<str>,
    tokens: Rc<[Tok]>,
    base: usize,
    end: usize,
    pub version: FlinkVersion,
    pub limits: Limits,
    pub text_kind: TextKind,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    queries: Vec<Query>,
    /// Queries whose marker stands in a scalar expression that is not finished yet.
    markers: Vec<QueryId>,
    claimed: Vec<bool>,
    error: Option<SyntaxError>,
    set_operations: usize,
    copies: usize,
}

/// How often an operator that `sqlparser` lacks may be read in one statement: each time its left operand is copied.
const MAX_COPIES: usize = 100;

impl Context {
    pub fn new(
        source: &Rc<str>,
        tokens: &Rc<[Tok]>,
        range: std::ops::Range<usize>,
        version: FlinkVersion,
        limits: &Limits,
        text_kind: TextKind,
    ) -> Self {
        Self {
            source: Rc::clone(source),
            tokens: Rc::clone(tokens),
            base: range.start,
            end: range.end,
            version,
            limits: *limits,
            text_kind,
            state: RefCell::new(State {
                claimed: vec![false; range.len()],
                ..State::default()
            }),
        }
    }

    /// The token at `index` of this statement; behind the last one stands [`TokenKind::End`].
    pub fn token(&self, index: usize) -> Tok {
        self.tokens()
            .get(index)
            .copied()
            .unwrap_or_else(|| self.end())
    }

    pub fn tokens(&self) -> &[Tok] {
        self.tokens.get(self.base..self.end).unwrap_or_default()
    }

    /// The index, in this statement, of the bracket that matches the one at `index`.
    pub fn mate(&self, index: usize) -> usize {
        (self.token(index).mate as usize).saturating_sub(self.base)
    }

    fn end(&self) -> Tok {
        let at = self.tokens().last().map_or(0, |token| token.span.end);
        Tok {
            kind: TokenKind::End,
            word: Word::None,
            mate: 0,
            span: Span::at(at),
        }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn text(&self, token: Tok) -> &str {
        token.span.text(&self.source)
    }

    /// Marks the word at `index` as read by the grammar.
    pub fn claim(&self, index: usize) -> Result<(), SyntaxError> {
        let mut state = self.state.borrow_mut();
        match state.claimed.get_mut(index) {
            Some(claimed) if !*claimed => {
                *claimed = true;
                Ok(())
            }
            _ => Err(self.unexpected(index, "the word was read twice")),
        }
    }

    /// INVARIANT (cover): every word that can begin or hold a query was read by our grammar exactly once.
    pub fn check_cover(&self) -> Result<(), SyntaxError> {
        let state = self.state.borrow();
        for (index, (token, claimed)) in self.tokens().iter().zip(&state.claimed).enumerate() {
            if is_query_word(token.word) && !claimed && !self.is_distinct_from(index) {
                return Err(self.unexpected(index, &self.found(index)));
            }
        }
        Ok(())
    }

    /// `FROM` of `IS [NOT] DISTINCT FROM`, which `sqlparser` reads.
    fn is_distinct_from(&self, index: usize) -> bool {
        let word = |back: usize| index.checked_sub(back).map(|at| self.token(at).word);
        self.token(index).word == Word::FROM
            && word(1) == Some(Word::DISTINCT)
            && (word(2) == Some(Word::IS)
                || (word(2) == Some(Word::NOT) && word(3) == Some(Word::IS)))
    }

    pub fn add_query(&self, query: Query) -> Result<QueryId, SyntaxError> {
        let mut state = self.state.borrow_mut();
        let Ok(id) = u32::try_from(state.queries.len()) else {
            return Err(self.unexpected(0, "too many queries"));
        };
        state.queries.push(query);
        Ok(QueryId(id))
    }

    pub fn take_queries(&self) -> Vec<Query> {
        std::mem::take(&mut self.state.borrow_mut().queries)
    }

    pub fn add_marker(&self, id: QueryId) {
        self.state.borrow_mut().markers.push(id);
    }

    pub fn marker_count(&self) -> usize {
        self.state.borrow().markers.len()
    }

    /// The markers set since there were `count`.
    pub fn take_markers(&self, count: usize) -> Vec<QueryId> {
        let mut state = self.state.borrow_mut();
        if count > state.markers.len() {
            return Vec::new();
        }
        state.markers.split_off(count)
    }

    pub fn count_set_operation(&self, at: Span) -> Result<(), SyntaxError> {
        let mut state = self.state.borrow_mut();
        state.set_operations += 1;
        if state.set_operations > self.limits.set_operations {
            return Err(limit(
                format!(
                    "statement has more than {} set operations",
                    self.limits.set_operations
                ),
                at,
            ));
        }
        Ok(())
    }

    pub fn count_copy(&self, at: Span) -> Result<(), SyntaxError> {
        let mut state = self.state.borrow_mut();
        state.copies += 1;
        if state.copies > MAX_COPIES {
            return Err(limit(
                "statement has too many set operators on multisets and periods".into(),
                at,
            ));
        }
        Ok(())
    }

    /// Keeps our own error while `sqlparser` passes a stand-in up.
    pub fn keep(&self, error: SyntaxError) -> ParserError {
        let mut state = self.state.borrow_mut();
        if state
            .error
            .as_ref()
            .is_none_or(|kept| kept.span.start <= error.span.start)
        {
            state.error = Some(error);
        }
        ParserError::ParserError(String::new())
    }

    pub fn kept(&self) -> Option<SyntaxError> {
        self.state.borrow_mut().error.take()
    }

    /// The error behind `error`, which happened at `index`.
    pub fn explain(&self, error: &ParserError, index: usize) -> SyntaxError {
        if let Some(kept) = self.kept() {
            return kept;
        }
        match error {
            ParserError::RecursionLimitExceeded => self.too_deep(index),
            ParserError::ParserError(_) | ParserError::TokenizerError(_)
                if self.is_operator_in_between(index) =>
            {
                SyntaxError {
                    kind: SyntaxErrorKind::Unsupported(Construct::OperatorInBetween),
                    span: self.token(index).span,
                }
            }
            ParserError::ParserError(_) | ParserError::TokenizerError(_) => {
                self.unexpected(index, &self.found(index))
            }
        }
    }

    /// Whether an operator of BETWEEN's own rank stands where `sqlparser` wants AND.
    fn is_operator_in_between(&self, index: usize) -> bool {
        let operator = matches!(
            self.token(index).word,
            Word::LIKE
                | Word::ILIKE
                | Word::RLIKE
                | Word::SIMILAR
                | Word::IN
                | Word::IS
                | Word::NOT
                | Word::MEMBER
                | Word::BETWEEN
        );
        let before = self.tokens().iter().take(index);
        operator && before.rev().any(|token| token.word == Word::BETWEEN)
    }

    /// `found …`: what stands at `index`.
    pub fn found(&self, index: usize) -> String {
        let token = self.token(index);
        match token.kind {
            TokenKind::End => "unexpected end of statement".to_owned(),
            TokenKind::String
            | TokenKind::EscapedString
            | TokenKind::UnicodeString
            | TokenKind::CharsetString
            | TokenKind::BinaryString => "unexpected string".to_owned(),
            _ => format!("unexpected `{}`", one_line(self.text(token))),
        }
    }

    pub fn too_deep(&self, index: usize) -> SyntaxError {
        limit(
            "expression or type is nested too deeply".into(),
            self.token(index).span,
        )
    }

    pub fn unexpected(&self, index: usize, message: &str) -> SyntaxError {
        SyntaxError {
            kind: SyntaxErrorKind::Unexpected(message.to_owned()),
            span: self.token(index).span,
        }
    }
}

/// The words that name a table, begin a query or bring one.
pub(super) fn is_query_word(word: Word) -> bool {
    matches!(
        word,
        Word::SELECT | Word::FROM | Word::JOIN | Word::TABLE | Word::VALUES | Word::WITH
    )
}

fn limit(message: String, span: Span) -> SyntaxError {
    SyntaxError {
        kind: SyntaxErrorKind::Limit(message),
        span,
    }
}

/// A message is one line, whatever a quoted name holds.
fn one_line(text: &str) -> String {
    text.chars()
        .take(60)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
