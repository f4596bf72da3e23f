//! `INSERT INTO | OVERWRITE`, `UPSERT INTO`.

use sqlparser::ast::{Expr, Value};

use super::{Grammar, Parsed};
use crate::syntax::ast::{Ident, Insert, Name, QueryRole, Scalar, TableRef};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Word};

impl Grammar<'_, '_> {
    pub(super) fn insert(&mut self) -> Parsed<Insert> {
        let start = self.start();
        let upsert = self.eat_word(Word::UPSERT)?;
        if !upsert {
            self.expect_word(Word::INSERT)?;
        }
        let overwrite = !upsert && self.eat_word(Word::OVERWRITE)?;
        if !overwrite {
            self.expect_word(Word::INTO)?;
        }
        let name = self.name()?;
        let name_start = name.span.start;
        let hints = self.hints()?;
        let target = TableRef {
            name,
            hints,
            keyword: None,
            span: self.since(name_start),
        };
        if self.is_word(Word::EXTEND) {
            return self.unsupported(Construct::Extend);
        }
        let partition = if self.eat_word(Word::PARTITION)? {
            self.paren_list(Self::partition)?
        } else {
            Vec::new()
        };
        let columns = if self.is(TokenKind::LeftParen) && !self.is_query_paren(self.index()) {
            self.paren_list(Self::target_column)?
        } else {
            Vec::new()
        };
        let source = self.query(QueryRole::Statement)?;
        let on_conflict = self.on_conflict()?;
        Ok(Insert {
            span: self.since(start),
            overwrite,
            target,
            partition,
            columns,
            source,
            on_conflict,
        })
    }

    /// A column of the sink. A type behind it makes it one that the sink does not declare.
    fn target_column(&mut self) -> Parsed<Name> {
        let name = self.name()?;
        if matches!(self.peek().kind, TokenKind::Word) {
            return self.unsupported(Construct::Extend);
        }
        Ok(name)
    }

    pub(super) fn partition(&mut self) -> Parsed<(Ident, Option<Scalar>)> {
        let name = self.identifier()?;
        self.expect(TokenKind::Equal, "`=`")?;
        Ok((name, Some(self.constant()?)))
    }

    /// The value of a partition: Flink takes a literal and nothing else.
    fn constant(&mut self) -> Parsed<Scalar> {
        let index = self.index();
        let value = self.scalar()?;
        let literal = match &value.expr {
            Expr::UnaryOp { expr, .. } => expr,
            other => other,
        };
        match literal {
            Expr::Value(value) if !matches!(value.value, Value::Placeholder(_)) => {}
            Expr::TypedString(_) | Expr::Interval(_) => {}
            _ => return Err(self.context.unexpected(index, "expected a literal")),
        }
        Ok(value)
    }

    /// `ON CONFLICT DO NOTHING | ERROR | DEDUPLICATE`.
    fn on_conflict(&mut self) -> Parsed<Option<crate::syntax::Span>> {
        let start = self.start();
        if !self.is_2x() || !self.eat_word(Word::ON)? {
            return Ok(None);
        }
        self.expect_words(&[Word::CONFLICT, Word::DO])?;
        if !self.eat_word(Word::NOTHING)? && !self.eat_word(Word::ERROR)? {
            self.expect_word(Word::DEDUPLICATE)?;
        }
        Ok(Some(self.since(start)))
    }
}
