//! Queries: WITH, set operations, VALUES, `TABLE t`, ORDER BY, LIMIT; and which parenthesis holds one.

use sqlparser::ast::Value;

use super::{Grammar, Parsed, precedence};
use crate::syntax::ast::{
    Body, Cte, Query, QueryId, QueryRole, Scalar, SetOp, SetOpKind, TableRef, Term, Values,
};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Word};

impl Grammar<'_, '_> {
    /// Whether the parenthesis at `index` holds a query and nothing else.
    ///
    /// Decided by looking, not by trying: the innermost of a row of `(` does when a query's first word follows it; each outer one does when
    /// what follows the inner `)` goes on with a query.
    pub(super) fn is_query_paren(&self, index: usize) -> bool {
        let mut inner = index;
        if self.context.token(inner).kind != TokenKind::LeftParen {
            return false;
        }
        while self.context.token(inner + 1).kind == TokenKind::LeftParen {
            inner += 1;
        }
        let begins = match self.context.token(inner + 1).word {
            Word::SELECT | Word::WITH | Word::VALUES => true,
            Word::VALUE => self.is_2x(),
            // `TABLE(` is a table function, `TABLE t` a query.
            Word::TABLE => self.is_identifier(self.context.token(inner + 2)),
            _ => false,
        };
        begins
            && (index..inner).all(|outer| {
                let after = self.context.token(self.context.mate(outer + 1) + 1);
                after.kind == TokenKind::RightParen
                    || matches!(
                        after.word,
                        Word::UNION
                            | Word::INTERSECT
                            | Word::EXCEPT
                            | Word::MINUS
                            | Word::ORDER
                            | Word::LIMIT
                            | Word::OFFSET
                            | Word::FETCH
                    )
            })
    }

    /// Whether the parenthesis at the cursor is a whole operand: no operator or access goes on behind it.
    pub(super) fn is_whole_paren(&self) -> bool {
        let index = self.index();
        if self.context.token(index).kind != TokenKind::LeftParen || self.is_query_paren(index) {
            return false;
        }
        let after = self.context.mate(index) + 1;
        precedence::next(self.context, after) == 0
            && !matches!(
                self.context.token(after).kind,
                TokenKind::Period | TokenKind::LeftBracket
            )
    }

    /// Whether a set operation comes next whose first term is in parentheses.
    pub(super) fn is_set_query(&self) -> bool {
        let index = self.index();
        let after = || self.context.token(self.context.mate(index) + 1).word;
        self.is_query_paren(index)
            && matches!(
                after(),
                Word::UNION | Word::INTERSECT | Word::EXCEPT | Word::MINUS
            )
    }

    pub(super) fn query(&mut self, role: QueryRole) -> Parsed<QueryId> {
        self.deeper(|grammar| grammar.query_here(role))
    }

    fn query_here(&mut self, role: QueryRole) -> Parsed<QueryId> {
        let start = self.start();
        let mut with = None;
        let mut recursive = false;
        let mut ctes = Vec::new();
        if self.is_word(Word::WITH) {
            with = Some(self.bump()?.span);
            if self.is_2x() {
                recursive = self.eat_word(Word::RECURSIVE)?;
            }
            ctes = self.comma_list(Self::cte)?;
        }
        let body = self.body()?;
        let order_by = if self.eat_words(&[Word::ORDER, Word::BY])? {
            self.order_items()?
        } else {
            Vec::new()
        };
        let bounds = self.bounds()?;
        let span = self.since(start);
        self.add(Query {
            span,
            role,
            with,
            recursive,
            ctes,
            body,
            order_by,
            bounds,
        })
    }

    fn cte(&mut self) -> Parsed<Cte> {
        let start = self.start();
        let name = self.identifier()?;
        let columns = if self.is(TokenKind::LeftParen) {
            self.identifier_list()?
        } else {
            Vec::new()
        };
        self.expect_word(Word::AS)?;
        self.left_paren()?;
        let query = self.query(QueryRole::Cte)?;
        self.right_paren()?;
        Ok(Cte {
            name,
            columns,
            query,
            span: self.since(start),
        })
    }

    fn body(&mut self) -> Parsed<Body> {
        let start = self.start();
        let first = self.term()?;
        let mut rest = Vec::new();
        loop {
            let kind = match self.peek().word {
                Word::UNION => SetOpKind::Union,
                Word::INTERSECT => SetOpKind::Intersect,
                Word::EXCEPT => SetOpKind::Except,
                Word::MINUS => return self.unsupported(Construct::Minus),
                _ => break,
            };
            let at = self.bump()?.span;
            self.context.count_set_operation(at)?;
            let all = self.eat_word(Word::ALL)?;
            if !all {
                self.eat_word(Word::DISTINCT)?;
            }
            rest.push((SetOp { kind, all }, self.term()?));
        }
        Ok(Body {
            first,
            rest,
            span: self.since(start),
        })
    }

    fn term(&mut self) -> Parsed<Term> {
        match self.peek().word {
            Word::SELECT => Ok(Term::Select(Box::new(self.select()?))),
            Word::VALUES => self.values().map(Term::Values),
            Word::VALUE if self.is_2x() => self.values().map(Term::Values),
            Word::TABLE => self.explicit_table().map(Term::Table),
            _ if self.is_query_paren(self.index()) => {
                self.left_paren()?;
                let query = self.query(QueryRole::Term)?;
                self.right_paren()?;
                Ok(Term::Query(query))
            }
            _ => Err(self.expected("a query")),
        }
    }

    fn values(&mut self) -> Parsed<Values> {
        let start = self.bump()?.span.start;
        let rows = self.comma_list(Self::values_row)?;
        Ok(Values {
            rows,
            span: self.since(start),
        })
    }

    /// `(a, b)`, `ROW(a, b)`, `(query)`, or one value without parentheses. A row in parentheses ends with them.
    fn values_row(&mut self) -> Parsed<Vec<Scalar>> {
        if self.is_word(Word::ROW) && self.peek_at(1).kind == TokenKind::LeftParen {
            self.bump()?;
            return self.paren_list(Self::value_or_default);
        }
        if self.is(TokenKind::LeftParen) && !self.is_query_paren(self.index()) {
            return self.paren_list(Self::value_or_default);
        }
        Ok(vec![self.value_or_default()?])
    }

    /// An expression, or `DEFAULT` alone.
    fn value_or_default(&mut self) -> Parsed<Scalar> {
        let token = self.peek();
        if token.word != Word::DEFAULT {
            return self.scalar();
        }
        let expr = self.default_value()?;
        Ok(Scalar {
            span: token.span,
            expr,
        })
    }

    /// `TABLE t`.
    pub(super) fn explicit_table(&mut self) -> Parsed<TableRef> {
        let keyword = self.expect_word(Word::TABLE)?;
        let name = self.name()?;
        Ok(TableRef {
            name,
            hints: Vec::new(),
            keyword: Some(keyword),
            span: self.since(keyword.start),
        })
    }

    /// `LIMIT n [OFFSET m]`, `[OFFSET m ROWS] [FETCH FIRST n ROWS ONLY]`.
    fn bounds(&mut self) -> Parsed<Vec<Scalar>> {
        let mut bounds = Vec::new();
        if self.eat_word(Word::LIMIT)? {
            if !self.eat_word(Word::ALL)? {
                bounds.push(self.bound()?);
            }
            if self.eat_word(Word::OFFSET)? {
                bounds.push(self.bound()?);
                self.rows_word()?;
            }
            return Ok(bounds);
        }
        if self.eat_word(Word::OFFSET)? {
            bounds.push(self.bound()?);
            self.rows_word()?;
        }
        if self.eat_word(Word::FETCH)? {
            if !self.eat_word(Word::NEXT)? {
                self.expect_word(Word::FIRST)?;
            }
            bounds.push(self.bound()?);
            if !self.rows_word()? {
                return Err(self.expected("ROWS"));
            }
            self.expect_word(Word::ONLY)?;
        }
        Ok(bounds)
    }

    fn rows_word(&mut self) -> Parsed<bool> {
        Ok(self.eat_word(Word::ROW)? || self.eat_word(Word::ROWS)?)
    }

    /// A number or `?`: Flink takes nothing else here.
    fn bound(&mut self) -> Parsed<Scalar> {
        let token = self.peek();
        let expr = match token.kind {
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Approximate => self.literal()?,
            TokenKind::Question => {
                self.bump()?;
                self.value(Value::Placeholder("?".to_owned()), token.span.start)
            }
            _ => return Err(self.expected("a number")),
        };
        Ok(Scalar {
            span: token.span,
            expr,
        })
    }
}
