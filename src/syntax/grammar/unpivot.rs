//! `UNPIVOT`.

use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::ast::{Ident, Unpivot};
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// `UNPIVOT [INCLUDE | EXCLUDE NULLS] ( values FOR names IN ( columns [AS value], … ) )`.
    pub(super) fn unpivot(&mut self) -> Parsed<Unpivot> {
        let start = self.expect_word(Word::UNPIVOT)?.start;
        if self.eat_word(Word::INCLUDE)? || self.eat_word(Word::EXCLUDE)? {
            self.expect_word(Word::NULLS)?;
        }
        self.left_paren()?;
        let values = self.one_or_more()?;
        self.expect_word(Word::FOR)?;
        let names = self.one_or_more()?;
        self.expect_word(Word::IN)?;
        let columns = self.paren_list(Self::unpivot_columns)?;
        self.right_paren()?;
        Ok(Unpivot {
            values,
            names,
            columns,
            span: self.since(start),
        })
    }

    /// `a` or `(a, b)`.
    fn one_or_more(&mut self) -> Parsed<Vec<Ident>> {
        if self.is(TokenKind::LeftParen) {
            self.identifier_list()
        } else {
            Ok(vec![self.identifier()?])
        }
    }

    /// `columns [AS literal | (literals)]`.
    fn unpivot_columns(&mut self) -> Parsed<Vec<Ident>> {
        let columns = self.one_or_more()?;
        if self.eat_word(Word::AS)? {
            if self.is(TokenKind::LeftParen) {
                self.paren_list(Self::unpivot_value)?;
            } else {
                self.unpivot_value()?;
            }
        }
        Ok(columns)
    }

    /// A constant that names a group of columns.
    fn unpivot_value(&mut self) -> Parsed<()> {
        self.eat(TokenKind::Minus)?;
        match self.peek().word {
            Word::NULL | Word::TRUE | Word::FALSE => self.bump().map(drop),
            Word::DATE | Word::TIME | Word::TIMESTAMP => {
                self.bump()?;
                self.string_literal("a literal").map(drop)
            }
            _ => self.literal().map(drop),
        }
    }
}
