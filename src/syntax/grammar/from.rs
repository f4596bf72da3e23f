//! FROM: factors and joins.

use super::{Grammar, Parsed};
use crate::syntax::ast::{
    Clause, Factor, FactorKind, FromItem, Join, JoinConstraint, JoinKind, QueryRole, TableAlias,
    TableRef,
};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Span, Word};

impl Grammar<'_, '_> {
    pub(super) fn joined_item(&mut self) -> Parsed<FromItem> {
        let start = self.start();
        let first = self.factor()?;
        let mut joins = Vec::new();
        while let Some(join) = self.join()? {
            joins.push(join);
        }
        Ok(FromItem {
            first,
            joins,
            span: self.since(start),
        })
    }

    fn join(&mut self) -> Parsed<Option<Join>> {
        let start = self.start();
        let natural = self.eat_word(Word::NATURAL)?;
        let kind = match self.peek().word {
            Word::JOIN => JoinKind::Inner,
            Word::INNER => JoinKind::Inner,
            Word::LEFT => JoinKind::Left,
            Word::RIGHT => JoinKind::Right,
            Word::FULL => JoinKind::Full,
            Word::CROSS => JoinKind::Cross,
            Word::OUTER if self.peek_at(1).word == Word::APPLY => {
                return self.unsupported(Construct::OuterApply);
            }
            _ if natural => return Err(self.expected("JOIN")),
            _ => return Ok(None),
        };
        if !self.is_word(Word::JOIN) {
            self.bump()?;
            match kind {
                JoinKind::Left | JoinKind::Right | JoinKind::Full => {
                    self.eat_word(Word::OUTER)?;
                }
                JoinKind::Inner | JoinKind::Cross => {}
            }
        }
        match self.peek().word {
            Word::SEMI => return self.unsupported(Construct::SemiJoin),
            Word::ANTI => return self.unsupported(Construct::AntiJoin),
            Word::APPLY => return self.unsupported(Construct::Apply),
            _ => {}
        }
        self.expect_word(Word::JOIN)?;
        let right = self.factor()?;
        let constraint = self.join_constraint()?;
        Ok(Some(Join {
            kind,
            natural,
            right,
            constraint,
            span: self.since(start),
        }))
    }

    /// Flink's grammar takes a condition behind every join, CROSS and NATURAL too; its validator does not.
    fn join_constraint(&mut self) -> Parsed<JoinConstraint> {
        if let Some(on) = self.clause(Word::ON)? {
            return Ok(JoinConstraint::On(on));
        }
        if self.eat_word(Word::USING)? {
            return Ok(JoinConstraint::Using(self.identifier_list()?));
        }
        Ok(JoinConstraint::None)
    }

    fn factor(&mut self) -> Parsed<Factor> {
        self.deeper(Self::factor_here)
    }

    fn factor_here(&mut self) -> Parsed<Factor> {
        let start = self.start();
        let lateral = self.eat_word(Word::LATERAL)?;
        if lateral
            && !matches!(self.peek().word, Word::TABLE | Word::UNNEST)
            && !self.is_query_paren(self.index())
        {
            return Err(self.expected("TABLE, UNNEST or a query in parentheses"));
        }
        let kind = self.relation()?;
        let core = self.since(start);
        let as_of = self.as_of(&kind)?;
        let match_recognize = if self.is_word(Word::MATCH_RECOGNIZE) {
            Some(Box::new(self.match_recognize()?))
        } else {
            None
        };
        match self.peek().word {
            Word::PIVOT => return self.unsupported(Construct::Pivot),
            Word::EXTEND => return self.unsupported(Construct::Extend),
            _ => {}
        }
        let unpivot = if self.is_word(Word::UNPIVOT) {
            Some(self.unpivot()?)
        } else {
            None
        };
        let alias = self.table_alias()?;
        if alias.is_some() && matches!(kind, FactorKind::Parenthesised(_)) {
            return Err(self.expected("no alias of a join in parentheses"));
        }
        let sample = self.sample()?;
        Ok(Factor {
            span: self.since(start),
            core,
            lateral,
            kind,
            as_of,
            match_recognize,
            unpivot,
            alias,
            sample,
        })
    }

    fn relation(&mut self) -> Parsed<FactorKind> {
        let token = self.peek();
        match token.word {
            Word::UNNEST => return self.unnest(),
            Word::TABLE => return self.table_call().map(FactorKind::Function),
            _ => {}
        }
        if token.kind == TokenKind::LeftParen {
            if self.is_query_paren(self.index()) {
                self.left_paren()?;
                let query = self.query(QueryRole::Derived)?;
                self.right_paren()?;
                return Ok(FactorKind::Query(query));
            }
            self.left_paren()?;
            let item = self.joined_item()?;
            let nested = matches!(item.first.kind, FactorKind::Parenthesised(_));
            if item.joins.is_empty() && !nested {
                return Err(self.expected("a join"));
            }
            self.right_paren()?;
            return Ok(FactorKind::Parenthesised(Box::new(item)));
        }
        let name = self.name()?;
        if self.is(TokenKind::LeftParen)
            && self.is_identifier(self.peek_at(1))
            && is_type(self.peek_at(2).word)
        {
            return self.unsupported(Construct::Extend);
        }
        // Flink 1.20 wants `TABLE( )` around a call.
        if self.is(TokenKind::LeftParen) && self.is_2x() {
            return self.table_function(name, false).map(FactorKind::Function);
        }
        let start = name.span.start;
        let hints = self.hints()?;
        Ok(FactorKind::Table(TableRef {
            name,
            hints,
            keyword: None,
            span: self.since(start),
        }))
    }

    /// `UNNEST(a, b) [WITH ORDINALITY]`.
    fn unnest(&mut self) -> Parsed<FactorKind> {
        self.bump()?;
        let operands = self.paren_list(Self::scalar)?;
        let ordinality = self.eat_word(Word::WITH)?;
        if ordinality {
            self.expect_word(Word::ORDINALITY)?;
        }
        Ok(FactorKind::Unnest {
            operands,
            ordinality,
        })
    }

    /// `FOR SYSTEM_TIME AS OF expression`, behind a table's name only.
    fn as_of(&mut self, kind: &FactorKind) -> Parsed<Option<Clause>> {
        if !self.is_word(Word::FOR) {
            return Ok(None);
        }
        if !matches!(kind, FactorKind::Table(_)) {
            return Err(self.expected("an alias"));
        }
        let start = self.start();
        self.expect_words(&[Word::FOR, Word::SYSTEM_TIME, Word::AS, Word::OF])?;
        let keyword = self.since(start);
        let condition = self.scalar_without_query()?;
        Ok(Some(Clause { keyword, condition }))
    }

    fn table_alias(&mut self) -> Parsed<Option<TableAlias>> {
        let start = self.start();
        if !self.eat_word(Word::AS)? && !self.is_identifier(self.peek()) {
            return Ok(None);
        }
        let name = self.identifier()?;
        let columns = if self.is(TokenKind::LeftParen) {
            self.identifier_list()?
        } else {
            Vec::new()
        };
        Ok(Some(TableAlias {
            name,
            columns,
            span: self.since(start),
        }))
    }

    /// `TABLESAMPLE BERNOULLI(10) REPEATABLE(1)`.
    fn sample(&mut self) -> Parsed<Option<Span>> {
        let start = self.start();
        if !self.eat_word(Word::TABLESAMPLE)? {
            return Ok(None);
        }
        if self.eat_word(Word::SUBSTITUTE)? {
            self.left_paren()?;
            self.string_literal("a name in quotes")?;
            self.right_paren()?;
            return Ok(Some(self.since(start)));
        }
        if !self.eat_word(Word::BERNOULLI)? {
            self.expect_word(Word::SYSTEM)?;
        }
        self.left_paren()?;
        self.literal()?;
        self.right_paren()?;
        if self.eat_word(Word::REPEATABLE)? {
            self.left_paren()?;
            self.eat(TokenKind::Minus)?;
            self.integer()?;
            self.right_paren()?;
        }
        Ok(Some(self.since(start)))
    }
}

/// Whether the word begins a built-in type and nothing that may follow a name in an expression.
fn is_type(word: Word) -> bool {
    matches!(
        word,
        Word::INT
            | Word::INTEGER
            | Word::BIGINT
            | Word::SMALLINT
            | Word::TINYINT
            | Word::BOOLEAN
            | Word::VARCHAR
            | Word::CHAR
            | Word::STRING
            | Word::DOUBLE
            | Word::FLOAT
            | Word::DECIMAL
            | Word::DATE
            | Word::TIMESTAMP
    )
}
