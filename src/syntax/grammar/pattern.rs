//! `PATTERN (…)` of MATCH_RECOGNIZE.

use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// `( [^] A B+ C*? {- D -} | PERMUTE (E, F) [$] )`: its variables. What its operators do is Flink's matter.
    pub(super) fn pattern(&mut self) -> Parsed<Vec<String>> {
        let mut variables = Vec::new();
        self.left_paren()?;
        self.eat(TokenKind::Caret)?;
        self.alternatives(&mut variables)?;
        self.eat(TokenKind::Dollar)?;
        self.right_paren()?;
        Ok(variables)
    }

    /// `a b | c d`.
    fn alternatives(&mut self, variables: &mut Vec<String>) -> Parsed<()> {
        loop {
            self.factor_of_pattern(variables)?;
            while self.begins_factor() {
                self.factor_of_pattern(variables)?;
            }
            if !self.eat(TokenKind::Bar)? {
                return Ok(());
            }
        }
    }

    fn begins_factor(&self) -> bool {
        let token = self.peek();
        self.is_identifier(token)
            || token.word == Word::PERMUTE
            || matches!(token.kind, TokenKind::LeftParen | TokenKind::LeftBrace)
    }

    fn factor_of_pattern(&mut self, variables: &mut Vec<String>) -> Parsed<()> {
        self.deeper(|grammar| grammar.primary_of_pattern(variables))?;
        let quantified = match self.peek().kind {
            TokenKind::Star | TokenKind::Plus | TokenKind::Question => {
                self.bump()?;
                true
            }
            TokenKind::LeftBrace if self.peek_at(1).kind != TokenKind::Minus => {
                self.repetition()?;
                true
            }
            _ => false,
        };
        if quantified {
            self.eat(TokenKind::Question)?;
        }
        Ok(())
    }

    fn primary_of_pattern(&mut self, variables: &mut Vec<String>) -> Parsed<()> {
        match self.peek().kind {
            TokenKind::LeftParen => {
                self.bump()?;
                self.alternatives(variables)?;
                self.right_paren()?;
            }
            TokenKind::LeftBrace => {
                self.bump()?;
                self.expect(TokenKind::Minus, "`-`")?;
                self.alternatives(variables)?;
                self.expect(TokenKind::Minus, "`-`")?;
                self.expect(TokenKind::RightBrace, "`}`")?;
            }
            _ if self.is_word(Word::PERMUTE) => {
                self.bump()?;
                self.left_paren()?;
                loop {
                    self.alternatives(variables)?;
                    if !self.eat(TokenKind::Comma)? {
                        break;
                    }
                }
                self.right_paren()?;
            }
            _ => variables.push(self.identifier()?.value),
        }
        Ok(())
    }

    /// `{n}`, `{n,}`, `{,m}`, `{n,m}`.
    fn repetition(&mut self) -> Parsed<()> {
        self.bump()?;
        if !self.is(TokenKind::Comma) {
            self.integer()?;
        }
        if self.eat(TokenKind::Comma)? && !self.is(TokenKind::RightBrace) {
            self.integer()?;
        }
        self.expect(TokenKind::RightBrace, "`}`").map(drop)
    }
}
