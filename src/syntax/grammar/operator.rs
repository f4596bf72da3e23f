//! Infix operators that `sqlparser` lacks or reads otherwise than Flink.

use sqlparser::ast::{BinaryOperator, Expr, MemberOf, UnaryOperator};

use super::operand::is_comparison;
use super::{Grammar, Parsed, precedence};
use crate::syntax::Word;
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// The operator at the cursor with `left`, where it is ours; `None` leaves it to `sqlparser`.
    ///
    /// `left` is only lent, so it must be copied: [`crate::syntax::context::Context::count_copy`] bounds how often.
    pub fn infix(&mut self, left: &Expr) -> Parsed<Option<Expr>> {
        let ahead = |n| self.peek_at(n).word;
        match (ahead(0), ahead(1)) {
            (Word::MEMBER, _) => {
                let left = self.copy(left)?;
                self.expect_words(&[Word::MEMBER, Word::OF])?;
                let right = self.binding(precedence::MULTISET)?;
                Ok(Some(Expr::MemberOf(MemberOf {
                    value: left,
                    array: Box::new(right),
                })))
            }
            (Word::NOT, Word::SUBMULTISET) => {
                self.bump()?;
                let inside = self.custom(left, &[Word::SUBMULTISET, Word::OF], "SUBMULTISET OF")?;
                Ok(Some(Expr::UnaryOp {
                    op: UnaryOperator::Not,
                    expr: Box::new(inside),
                }))
            }
            (Word::SUBMULTISET, _) => self
                .custom(left, &[Word::SUBMULTISET, Word::OF], "SUBMULTISET OF")
                .map(Some),
            (Word::IMMEDIATELY, Word::PRECEDES) => self
                .custom(
                    left,
                    &[Word::IMMEDIATELY, Word::PRECEDES],
                    "IMMEDIATELY PRECEDES",
                )
                .map(Some),
            (Word::IMMEDIATELY, _) => self
                .custom(
                    left,
                    &[Word::IMMEDIATELY, Word::SUCCEEDS],
                    "IMMEDIATELY SUCCEEDS",
                )
                .map(Some),
            (_, Word::ANY | Word::SOME | Word::ALL) if is_comparison(self.peek().kind) => {
                self.quantified_list(left)
            }
            (Word::MULTISET, operator) => self.multiset(left, operator).map(Some),
            (Word::IS, Word::A | Word::EMPTY) => self.is_set(left, false),
            (Word::IS, Word::NOT) if matches!(ahead(2), Word::A | Word::EMPTY) => {
                self.is_set(left, true)
            }
            // Calcite gives the AND to the pattern and then misses it.
            (Word::BETWEEN, _) | (Word::NOT, Word::BETWEEN)
                if matches!(
                    left,
                    Expr::Like { .. }
                        | Expr::ILike { .. }
                        | Expr::RLike { .. }
                        | Expr::SimilarTo { .. }
                ) =>
            {
                Err(self.expected("parentheses around the pattern"))
            }
            // `sqlparser` would read these as one operator; Flink refuses them.
            // (SOME is the name of an aggregate too, which they leave to us.)
            (Word::LIKE | Word::ILIKE, Word::ANY | Word::ALL) => {
                self.bump()?;
                Err(self.expected("an expression"))
            }
            (Word::NOT, Word::LIKE | Word::ILIKE) if ahead(2) == Word::ANY => {
                Err(self.expected("an operator"))
            }
            _ => Ok(None),
        }
    }

    /// `x = ANY (a, b)`; with a query in the parentheses `sqlparser` reads it.
    fn quantified_list(&mut self, left: &Expr) -> Parsed<Option<Expr>> {
        if self.peek_at(2).kind != TokenKind::LeftParen || self.is_query_paren(self.index() + 2) {
            return Ok(None);
        }
        let left = self.copy(left)?;
        let compare_op = match self.bump()?.kind {
            TokenKind::Equal => BinaryOperator::Eq,
            TokenKind::NotEqual => BinaryOperator::NotEq,
            TokenKind::Less => BinaryOperator::Lt,
            TokenKind::LessEqual => BinaryOperator::LtEq,
            TokenKind::Greater => BinaryOperator::Gt,
            _ => BinaryOperator::GtEq,
        };
        let quantifier = self.bump()?.word;
        let right = Box::new(Expr::Tuple(self.paren_list(Self::expression)?));
        Ok(Some(if quantifier == Word::ALL {
            Expr::AllOp {
                left,
                compare_op,
                right,
            }
        } else {
            Expr::AnyOp {
                left,
                compare_op,
                right,
                is_some: quantifier == Word::SOME,
            }
        }))
    }

    fn copy(&mut self, left: &Expr) -> Parsed<Box<Expr>> {
        self.context.count_copy(self.peek().span)?;
        Ok(Box::new(left.clone()))
    }

    fn custom(&mut self, left: &Expr, words: &[Word], name: &str) -> Parsed<Expr> {
        let left = self.copy(left)?;
        self.expect_words(words)?;
        let right = self.binding(precedence::MULTISET)?;
        Ok(Expr::BinaryOp {
            left,
            op: BinaryOperator::Custom(name.to_owned()),
            right: Box::new(right),
        })
    }

    fn multiset(&mut self, left: &Expr, operator: Word) -> Parsed<Expr> {
        let left = self.copy(left)?;
        self.expect_word(Word::MULTISET)?;
        self.expect_word(operator)?;
        let all = self.eat_word(Word::ALL)?;
        if !all {
            self.eat_word(Word::DISTINCT)?;
        }
        let right = self.binding(precedence::MULTISET)?;
        let all = if all { " ALL" } else { "" };
        Ok(Expr::BinaryOp {
            left,
            op: BinaryOperator::Custom(format!("MULTISET {}{all}", operator.text())),
            right: Box::new(right),
        })
    }

    /// `IS [NOT] A SET`, `IS [NOT] EMPTY`: a call of a function of that name.
    fn is_set(&mut self, left: &Expr, not: bool) -> Parsed<Option<Expr>> {
        let left = self.copy(left)?;
        self.expect_word(Word::IS)?;
        if not {
            self.expect_word(Word::NOT)?;
        }
        let name = if self.eat_words(&[Word::A, Word::SET])? {
            "IS A SET"
        } else {
            self.expect_word(Word::EMPTY)?;
            "IS EMPTY"
        };
        let call = super::call::plain_call(name, vec![*left]);
        Ok(Some(if not {
            Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr: Box::new(call),
            }
        } else {
            call
        }))
    }
}
