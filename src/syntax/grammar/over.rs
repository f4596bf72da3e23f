//! Windows: `OVER (…)` and `WINDOW w AS (…)`.

use sqlparser::ast::{
    Expr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

use super::name::sql_ident;
use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// What follows `OVER`.
    pub(super) fn over(&mut self) -> Parsed<WindowType> {
        if self.is(TokenKind::LeftParen) {
            return self.window_spec().map(WindowType::WindowSpec);
        }
        Ok(WindowType::NamedWindow(sql_ident(self.identifier()?)))
    }

    /// `([name] [PARTITION BY …] [ORDER BY …] [frame] [ALLOW | DISALLOW PARTIAL])`.
    pub(super) fn window_spec(&mut self) -> Parsed<WindowSpec> {
        self.left_paren()?;
        let window_name = if self.is_identifier(self.peek()) {
            Some(sql_ident(self.identifier()?))
        } else {
            None
        };
        let partition_by = if self.eat_words(&[Word::PARTITION, Word::BY])? {
            self.comma_list(Self::expression_without_query)?
        } else {
            Vec::new()
        };
        let order_by = if self.eat_words(&[Word::ORDER, Word::BY])? {
            self.order_exprs()?
        } else {
            Vec::new()
        };
        let window_frame = self.window_frame()?;
        if self.eat_word(Word::ALLOW)? || self.eat_word(Word::DISALLOW)? {
            self.expect_word(Word::PARTIAL)?;
        }
        self.right_paren()?;
        Ok(WindowSpec {
            window_name,
            partition_by,
            order_by,
            window_frame,
        })
    }

    fn window_frame(&mut self) -> Parsed<Option<WindowFrame>> {
        let units = if self.eat_word(Word::ROWS)? {
            WindowFrameUnits::Rows
        } else if self.eat_word(Word::RANGE)? {
            WindowFrameUnits::Range
        } else {
            return Ok(None);
        };
        let (start_bound, end_bound) = if self.eat_word(Word::BETWEEN)? {
            let start = self.window_bound()?;
            self.expect_word(Word::AND)?;
            (start, Some(self.window_bound()?))
        } else {
            (self.window_bound()?, None)
        };
        Ok(Some(WindowFrame {
            units,
            start_bound,
            end_bound,
        }))
    }

    fn window_bound(&mut self) -> Parsed<WindowFrameBound> {
        if self.eat_words(&[Word::CURRENT, Word::ROW])? {
            return Ok(WindowFrameBound::CurrentRow);
        }
        let operand: Option<Box<Expr>> = if self.eat_word(Word::UNBOUNDED)? {
            None
        } else {
            self.no_query_first()?;
            Some(self.boxed()?)
        };
        if self.eat_word(Word::PRECEDING)? {
            Ok(WindowFrameBound::Preceding(operand))
        } else {
            self.expect_word(Word::FOLLOWING)?;
            Ok(WindowFrameBound::Following(operand))
        }
    }
}
