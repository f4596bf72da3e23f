//! `GROUP BY` with GROUPING SETS, CUBE and ROLLUP.

use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::ast::{GroupBy, Scalar};
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    pub(super) fn group_by(&mut self) -> Parsed<Option<GroupBy>> {
        if !self.is_word(Word::GROUP) {
            return Ok(None);
        }
        let start = self.bump()?.span.start;
        self.expect_word(Word::BY)?;
        if !self.eat_word(Word::DISTINCT)? {
            self.eat_word(Word::ALL)?;
        }
        let mut group_by = GroupBy {
            keys: Vec::new(),
            sets: false,
            span: self.since(start),
        };
        self.grouping_list(&mut group_by)?;
        group_by.span = self.since(start);
        Ok(Some(group_by))
    }

    fn grouping_list(&mut self, group_by: &mut GroupBy) -> Parsed<()> {
        loop {
            self.deeper(|grammar| grammar.grouping(group_by))?;
            if !self.eat(TokenKind::Comma)? {
                return Ok(());
            }
        }
    }

    fn grouping(&mut self, group_by: &mut GroupBy) -> Parsed<()> {
        let sets = self.eat_words(&[Word::GROUPING, Word::SETS])?
            || self.eat_word(Word::CUBE)?
            || self.eat_word(Word::ROLLUP)?;
        if sets {
            group_by.sets = true;
            self.left_paren()?;
            self.grouping_list(group_by)?;
            self.right_paren()?;
        } else if self.is(TokenKind::LeftParen) && self.peek_at(1).kind == TokenKind::RightParen {
            self.bump()?;
            self.bump()?;
        } else if self.is_whole_paren() {
            let keys: Vec<Scalar> = self.paren_list(Self::scalar)?;
            group_by.keys.extend(keys);
        } else {
            group_by.keys.push(self.scalar()?);
        }
        Ok(())
    }
}
