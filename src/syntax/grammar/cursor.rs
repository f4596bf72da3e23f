//! Looking at tokens, reading them, and saying what was expected.

use super::{Grammar, Parsed};
use crate::syntax::context::is_query_word;
use crate::syntax::stack::deeper;
use crate::syntax::token::{Tok, TokenKind};
use crate::syntax::{Construct, FlinkVersion, Span, SyntaxError, SyntaxErrorKind, Word};

impl Grammar<'_, '_> {
    /// The index of the next token in the statement.
    pub(super) fn index(&self) -> usize {
        self.parser.index()
    }

    pub(super) fn peek(&self) -> Tok {
        self.context.token(self.index())
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Tok {
        self.context.token(self.index() + ahead)
    }

    pub(super) fn is(&self, kind: TokenKind) -> bool {
        self.peek().kind == kind
    }

    pub(super) fn is_word(&self, word: Word) -> bool {
        self.peek().word == word
    }

    /// Whether these words come next.
    pub(super) fn are_words(&self, words: &[Word]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.peek_at(ahead).word == *word)
    }

    pub(super) fn bump(&mut self) -> Parsed<Tok> {
        let index = self.index();
        let token = self.context.token(index);
        if is_query_word(token.word) {
            self.context.claim(index)?;
        }
        self.parser.advance_token();
        Ok(token)
    }

    pub(super) fn eat(&mut self, kind: TokenKind) -> Parsed<bool> {
        let found = self.is(kind);
        if found {
            self.bump()?;
        }
        Ok(found)
    }

    pub(super) fn eat_word(&mut self, word: Word) -> Parsed<bool> {
        let found = self.is_word(word);
        if found {
            self.bump()?;
        }
        Ok(found)
    }

    pub(super) fn eat_words(&mut self, words: &[Word]) -> Parsed<bool> {
        let found = self.are_words(words);
        if found {
            for _ in words {
                self.bump()?;
            }
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, kind: TokenKind, what: &str) -> Parsed<Span> {
        if self.is(kind) {
            Ok(self.bump()?.span)
        } else {
            Err(self.expected(what))
        }
    }

    pub(super) fn expect_word(&mut self, word: Word) -> Parsed<Span> {
        if self.is_word(word) {
            Ok(self.bump()?.span)
        } else {
            Err(self.expected(word.text()))
        }
    }

    pub(super) fn expect_words(&mut self, words: &[Word]) -> Parsed<()> {
        for word in words {
            self.expect_word(*word)?;
        }
        Ok(())
    }

    pub(super) fn left_paren(&mut self) -> Parsed<Span> {
        self.expect(TokenKind::LeftParen, "`(`")
    }

    pub(super) fn right_paren(&mut self) -> Parsed<Span> {
        self.expect(TokenKind::RightParen, "`)`")
    }

    /// `item, item, …`.
    pub(super) fn comma_list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        // Not `vec![…]`: that makes room for one, and moves it when the second comes.
        let mut items = Vec::new();
        items.push(item(self)?);
        while self.eat(TokenKind::Comma)? {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `(item, item, …)`.
    pub(super) fn paren_list<T>(
        &mut self,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.left_paren()?;
        let items = self.comma_list(item)?;
        self.right_paren()?;
        Ok(items)
    }

    /// Where the next token starts.
    pub(super) fn start(&self) -> u32 {
        self.peek().span.start
    }

    /// From `start` to the end of the last token that was read.
    pub(super) fn since(&self, start: u32) -> Span {
        let end = self
            .index()
            .checked_sub(1)
            .map_or(start, |index| self.context.token(index).span.end);
        Span::new(start, end.max(start))
    }

    pub(super) fn expected(&self, what: &str) -> SyntaxError {
        let index = self.index();
        let found = self.context.found(index);
        let found = found.strip_prefix("unexpected ").unwrap_or(&found);
        self.context
            .unexpected(index, &format!("expected {what}, found {found}"))
    }

    /// Flink has the construct, and it is refused on purpose.
    pub(super) fn unsupported<T>(&self, construct: Construct) -> Parsed<T> {
        Err(SyntaxError {
            kind: SyntaxErrorKind::Unsupported(construct),
            span: self.peek().span,
        })
    }

    pub(super) fn is_2x(&self) -> bool {
        self.context.version >= FlinkVersion::V2_3
    }

    /// Runs a rule that can nest without a bracket of its own, on more stack when little is left.
    pub(super) fn deeper<R>(&mut self, rule: impl FnOnce(&mut Self) -> R) -> R {
        deeper(|| rule(self))
    }
}
