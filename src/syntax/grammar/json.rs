//! JSON functions with their clauses. In the tree they are plain calls of all operands that they evaluate.

use sqlparser::ast::{Expr, FunctionArgumentClause, FunctionArguments};

use super::call::{arguments, function, word_name};
use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// `JSON_EXISTS | JSON_VALUE | JSON_QUERY (document, path …)`.
    pub(super) fn json_path(&mut self) -> Parsed<Expr> {
        let token = self.bump()?;
        self.left_paren()?;
        let mut operands = vec![self.json_operand()?];
        self.expect(TokenKind::Comma, "`,`")?;
        operands.push(self.expression_without_query()?);
        if self.eat_word(Word::PASSING)? {
            loop {
                operands.push(self.json_operand()?);
                self.expect_word(Word::AS)?;
                self.identifier()?;
                if !self.eat(TokenKind::Comma)? {
                    break;
                }
            }
        }
        if token.word != Word::JSON_EXISTS && self.eat_word(Word::RETURNING)? {
            self.cast_data_type()?;
        }
        if token.word == Word::JSON_QUERY {
            self.json_wrapper()?;
        }
        while !self.is(TokenKind::RightParen) {
            operands.extend(self.json_behaviour(token.word)?);
            self.expect_word(Word::ON)?;
            if token.word == Word::JSON_EXISTS || !self.eat_word(Word::EMPTY)? {
                self.expect_word(Word::ERROR)?;
            }
        }
        self.right_paren()?;
        let name = word_name(token, self.context.text(token));
        self.call_clauses(function(name, arguments(operands)))
    }

    /// What is to happen `ON EMPTY` or `ON ERROR`; a default value is an operand.
    fn json_behaviour(&mut self, function: Word) -> Parsed<Option<Expr>> {
        let word = self.peek().word;
        let known = match function {
            Word::JSON_EXISTS => {
                matches!(word, Word::TRUE | Word::FALSE | Word::UNKNOWN | Word::ERROR)
            }
            Word::JSON_VALUE => matches!(word, Word::NULL | Word::ERROR | Word::DEFAULT),
            _ => matches!(word, Word::NULL | Word::ERROR | Word::EMPTY),
        };
        if !known {
            return Err(self.expected("`)`"));
        }
        self.bump()?;
        match word {
            Word::DEFAULT => return self.expression_without_query().map(Some),
            Word::EMPTY if !self.eat_word(Word::ARRAY)? => {
                self.expect_word(Word::OBJECT)?;
            }
            _ => {}
        }
        Ok(None)
    }

    /// `WITH [CONDITIONAL | UNCONDITIONAL] [ARRAY] WRAPPER`, `WITHOUT [ARRAY] WRAPPER`.
    fn json_wrapper(&mut self) -> Parsed<()> {
        if self.eat_word(Word::WITH)? {
            if !self.eat_word(Word::CONDITIONAL)? {
                self.eat_word(Word::UNCONDITIONAL)?;
            }
        } else if !self.eat_word(Word::WITHOUT)? {
            return Ok(());
        }
        self.eat_word(Word::ARRAY)?;
        self.expect_word(Word::WRAPPER)?;
        Ok(())
    }

    /// `JSON_OBJECT([KEY] k VALUE v, k : v, …)` and `JSON_OBJECTAGG([KEY] k VALUE v)`.
    pub(super) fn json_object(&mut self) -> Parsed<Expr> {
        let token = self.bump()?;
        self.left_paren()?;
        let mut operands = Vec::new();
        let many = token.word == Word::JSON_OBJECT;
        if !(many && (self.is(TokenKind::RightParen) || self.at_null_clause())) {
            loop {
                if self.is_word(Word::KEY) && !self.ends_key(1) {
                    self.bump()?;
                }
                operands.push(self.expression_without_query()?);
                if !self.eat_word(Word::VALUE)? {
                    self.expect(TokenKind::Colon, "VALUE or `:`")?;
                }
                operands.push(self.json_operand()?);
                if !many || !self.eat(TokenKind::Comma)? {
                    break;
                }
            }
        }
        self.null_clause()?;
        self.right_paren()?;
        let name = word_name(token, self.context.text(token));
        self.call_clauses(function(name, arguments(operands)))
    }

    /// Whether `KEY` itself is the key: what follows it then separates it from its value.
    fn ends_key(&self, ahead: usize) -> bool {
        let token = self.peek_at(ahead);
        matches!(token.word, Word::VALUE)
            || matches!(
                token.kind,
                TokenKind::Colon | TokenKind::Period | TokenKind::LeftParen
            )
    }

    /// `JSON_ARRAY(a, b, …)` and `JSON_ARRAYAGG(a [ORDER BY …])`.
    pub(super) fn json_array(&mut self) -> Parsed<Expr> {
        let token = self.bump()?;
        self.left_paren()?;
        let mut operands = Vec::new();
        let many = token.word == Word::JSON_ARRAY;
        if !(many && (self.is(TokenKind::RightParen) || self.at_null_clause())) {
            operands.push(self.json_operand()?);
            while many && self.eat(TokenKind::Comma)? {
                operands.push(self.json_operand()?);
            }
        }
        let mut list = arguments(operands);
        if !many && self.eat_words(&[Word::ORDER, Word::BY])? {
            let items = self.order_exprs()?;
            if let FunctionArguments::List(list) = &mut list {
                list.clauses.push(FunctionArgumentClause::OrderBy(items));
            }
        }
        self.null_clause()?;
        self.right_paren()?;
        let name = word_name(token, self.context.text(token));
        self.call_clauses(function(name, list))
    }

    /// `expression [FORMAT JSON [ENCODING …]]`.
    fn json_operand(&mut self) -> Parsed<Expr> {
        let operand = self.expression_without_query()?;
        if self.eat_words(&[Word::FORMAT, Word::JSON])? && self.eat_word(Word::ENCODING)? {
            self.identifier()?;
        }
        Ok(operand)
    }

    fn at_null_clause(&self) -> bool {
        matches!(self.peek().word, Word::NULL | Word::ABSENT)
            && self.peek_at(1).word == Word::ON
            && self.peek_at(2).word == Word::NULL
    }

    /// `NULL ON NULL`, `ABSENT ON NULL`.
    fn null_clause(&mut self) -> Parsed<()> {
        if self.at_null_clause() {
            self.bump()?;
            self.expect_words(&[Word::ON, Word::NULL])?;
        }
        Ok(())
    }
}
