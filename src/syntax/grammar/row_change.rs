//! Statements that change rows where they are: UPDATE, DELETE, TRUNCATE; and ANALYZE, which reads them all.

use super::{Grammar, Parsed};
use crate::syntax::ast::{Analyze, Clause, Delete, Ident, Scalar, StatementKind, TableRef, Update};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Word};

impl Grammar<'_, '_> {
    pub(super) fn update(&mut self) -> Parsed<StatementKind> {
        self.expect_word(Word::UPDATE)?;
        let (target, alias) = self.changed_table()?;
        self.expect_word(Word::SET)?;
        let assignments = self.comma_list(|grammar| {
            let column = grammar.identifier()?;
            grammar.expect(TokenKind::Equal, "`=`")?;
            Ok((column, grammar.scalar()?))
        })?;
        Ok(StatementKind::Update(Box::new(Update {
            target,
            alias,
            assignments,
            selection: self.condition()?,
        })))
    }

    pub(super) fn delete(&mut self) -> Parsed<StatementKind> {
        self.expect_words(&[Word::DELETE, Word::FROM])?;
        let (target, alias) = self.changed_table()?;
        Ok(StatementKind::Delete(Box::new(Delete {
            target,
            alias,
            selection: self.condition()?,
        })))
    }

    /// `name [hints] [[AS] alias]`.
    fn changed_table(&mut self) -> Parsed<(TableRef, Option<Ident>)> {
        let name = self.name()?;
        let start = name.span.start;
        let target = TableRef {
            name,
            hints: self.hints()?,
            keyword: None,
            span: self.since(start),
        };
        if self.is_word(Word::EXTEND) || self.is(TokenKind::LeftParen) {
            return self.unsupported(Construct::Extend);
        }
        let alias = if self.eat_word(Word::AS)? || self.is_identifier(self.peek()) {
            Some(self.identifier()?)
        } else {
            None
        };
        Ok((target, alias))
    }

    fn condition(&mut self) -> Parsed<Option<Clause>> {
        if !self.is_word(Word::WHERE) {
            return Ok(None);
        }
        let keyword = self.bump()?.span;
        let condition = self.scalar()?;
        Ok(Some(Clause { keyword, condition }))
    }

    pub(super) fn truncate(&mut self) -> Parsed<StatementKind> {
        self.expect_words(&[Word::TRUNCATE, Word::TABLE])?;
        self.name().map(StatementKind::Truncate)
    }

    /// `ANALYZE TABLE t [PARTITION (a, b = 1)] COMPUTE STATISTICS [FOR COLUMNS a, b | FOR ALL COLUMNS]`.
    pub(super) fn analyze(&mut self) -> Parsed<StatementKind> {
        self.expect_words(&[Word::ANALYZE, Word::TABLE])?;
        let name = self.name()?;
        let partition = if self.eat_word(Word::PARTITION)? {
            self.paren_list(|grammar| {
                if grammar.peek_at(1).kind == TokenKind::Equal {
                    grammar.partition()
                } else {
                    Ok((grammar.identifier()?, None))
                }
            })?
        } else {
            Vec::new()
        };
        self.expect_words(&[Word::COMPUTE, Word::STATISTICS])?;
        let mut columns = Vec::new();
        if self.eat_word(Word::FOR)? && !self.eat_words(&[Word::ALL, Word::COLUMNS])? {
            self.expect_word(Word::COLUMNS)?;
            columns = self.comma_list(Self::identifier)?;
        }
        Ok(StatementKind::Analyze(Analyze {
            name,
            partition,
            columns,
        }))
    }

    /// `PARTITION (a = 1, b = 'x')`.
    pub(super) fn partition_spec(&mut self) -> Parsed<Vec<(Ident, Option<Scalar>)>> {
        self.expect_word(Word::PARTITION)?;
        self.paren_list(Self::partition)
    }
}
