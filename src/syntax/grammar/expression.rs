//! Scalar expressions: the way into `sqlparser`'s loop, and the check on what comes out.

use sqlparser::ast::{Expr, OrderByExpr, OrderByOptions, OrderBySort, Value, ValueWithSpan};

use super::{Grammar, Parsed};
use crate::syntax::ast::{OrderItem, QUERY_MARK, Query, QueryId, QueryRole, Scalar};
use crate::syntax::dialect::place;
use crate::syntax::token::{Tok, TokenKind};
use crate::syntax::{Construct, Operand, Span, Word, operands};

impl Grammar<'_, '_> {
    /// A whole expression with its place. INVARIANT (markers): each nested query stands in it exactly once.
    pub(super) fn scalar(&mut self) -> Parsed<Scalar> {
        let start = self.start();
        let markers = self.context.marker_count();
        let expr = self.expression()?;
        if self.context.marker_count() > markers {
            self.check_markers(&expr, markers)?;
        }
        Ok(Scalar {
            span: self.since(start),
            expr,
        })
    }

    /// An expression where Flink takes no query as the first operand.
    pub(super) fn scalar_without_query(&mut self) -> Parsed<Scalar> {
        self.no_query_first()?;
        self.scalar()
    }

    /// What the parenthesis holds, where it is no query to Calcite here: `TABLE t` or VALUES alone.
    fn plain_table(&self, open: usize) -> Option<Word> {
        let end = self.context.mate(open);
        let mut inside = open + 1;
        while self.context.token(inside).kind == TokenKind::LeftParen {
            inside += 1;
        }
        let of_table = |token: Tok| {
            token.kind == TokenKind::Period
                || token.kind == TokenKind::RightParen
                || token.word == Word::TABLE
                || self.is_identifier(token)
        };
        let word = self.context.token(inside).word;
        let plain = match word {
            Word::TABLE => (inside..end).all(|at| of_table(self.context.token(at))),
            Word::VALUES => true,
            _ => false,
        };
        plain.then_some(word)
    }

    /// The same inside an expression.
    pub(super) fn expression_without_query(&mut self) -> Parsed<Expr> {
        self.no_query_first()?;
        self.expression()
    }

    /// Calcite looks at the first operand only, behind signs and open parentheses.
    pub(super) fn no_query_first(&self) -> Parsed<()> {
        let mut at = self.index();
        loop {
            let token = self.context.token(at);
            let named = matches!(token.word, Word::EXISTS | Word::UNIQUE);
            let open = at + usize::from(named);
            if named || self.is_query_paren(at) {
                match self.plain_table(open) {
                    // A SELECT, which it would become, may not stand here.
                    Some(Word::TABLE) => return self.unsupported(Construct::TableValue),
                    Some(_) => {}
                    None => return Err(self.context.unexpected(at, "a query may not stand here")),
                }
            }
            let opens = matches!(
                token.kind,
                TokenKind::LeftParen | TokenKind::Minus | TokenKind::Plus
            );
            if !opens && token.word != Word::NOT {
                return Ok(());
            }
            at += 1;
        }
    }

    /// Whether the queries whose markers were set since there were `count` stand in `expr`, each once.
    pub(super) fn check_markers(&self, expr: &Expr, count: usize) -> Parsed<()> {
        let mut made = self.context.take_markers(count);
        let mut twice = false;
        operands(expr, &mut |operand| match operand {
            Operand::Query(id) => match made.iter().position(|other| *other == id) {
                Some(at) => drop(made.swap_remove(at)),
                None => twice = true,
            },
            Operand::Column(_)
            | Operand::Wildcard(_)
            | Operand::Call(_)
            | Operand::Variable(..) => {}
        })?;
        if twice || !made.is_empty() {
            return Err(self.context.unexpected(
                self.index(),
                "a nested query does not stand in its expression exactly once",
            ));
        }
        Ok(())
    }

    /// An expression inside another one.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        if self.is_lone_operand() {
            // Most expressions are a name or a literal and nothing else: the loop would find no operator.
            return self.operand();
        }
        self.binding(0)
    }

    /// Whether an operand of one token comes next, and behind it what no operator begins with.
    fn is_lone_operand(&self) -> bool {
        let token = self.peek();
        let one_token = match token.kind {
            TokenKind::QuotedIdentifier | TokenKind::String | TokenKind::Integer => true,
            TokenKind::Word => token.word == Word::None,
            _ => false,
        };
        let next = self.peek_at(1);
        one_token
            && (matches!(next.kind, TokenKind::Comma | TokenKind::RightParen)
                || matches!(next.word, Word::AS | Word::FROM | Word::THEN | Word::END))
    }

    /// An expression whose operators all bind tighter than `precedence`.
    pub(super) fn binding(&mut self, precedence: u8) -> Parsed<Expr> {
        match self.parser.parse_subexpr(precedence) {
            Ok(expr) => Ok(expr),
            Err(error) => Err(self.context.explain(&error, self.index())),
        }
    }

    pub(super) fn boxed(&mut self) -> Parsed<Box<Expr>> {
        self.expression().map(Box::new)
    }

    /// Puts a query that stands in an expression into the arena; its marker takes its place.
    pub(super) fn marker(&mut self, query: QueryId, span: Span) -> Expr {
        self.context.add_marker(query);
        let text = format!("{QUERY_MARK}{}", query.0);
        Expr::Value(ValueWithSpan {
            value: Value::Placeholder(text),
            span: place(span),
        })
    }

    pub(super) fn add(&mut self, query: Query) -> Parsed<QueryId> {
        self.context.add_query(query)
    }

    /// `( query )` in an expression.
    pub(super) fn scalar_query(&mut self, role: QueryRole) -> Parsed<Expr> {
        let start = self.start();
        self.left_paren()?;
        let query = self.query(role)?;
        self.right_paren()?;
        let span = self.since(start);
        Ok(self.marker(query, span))
    }

    /// `key [ASC | DESC] [NULLS FIRST | LAST], …` of a query or clause.
    pub(super) fn order_items(&mut self) -> Parsed<Vec<OrderItem>> {
        self.comma_list(Self::order_item)
    }

    pub(super) fn order_item(&mut self) -> Parsed<OrderItem> {
        let key = self.scalar()?;
        self.order_options()?;
        Ok(OrderItem { key })
    }

    /// The same inside an expression.
    pub(super) fn order_exprs(&mut self) -> Parsed<Vec<OrderByExpr>> {
        self.comma_list(|grammar| {
            let expr = grammar.expression()?;
            let options = grammar.order_options()?;
            Ok(OrderByExpr {
                expr,
                options,
                with_fill: None,
            })
        })
    }

    fn order_options(&mut self) -> Parsed<OrderByOptions> {
        let sort = if self.eat_word(Word::ASC)? {
            Some(OrderBySort::Asc)
        } else if self.eat_word(Word::DESC)? {
            Some(OrderBySort::Desc)
        } else {
            None
        };
        let nulls_first = if self.eat_words(&[Word::NULLS, Word::FIRST])? {
            Some(true)
        } else if self.eat_words(&[Word::NULLS, Word::LAST])? {
            Some(false)
        } else {
            None
        };
        Ok(OrderByOptions { sort, nulls_first })
    }
}
