//! `MATCH_RECOGNIZE`, all but its pattern.

use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::ast::{Ident, MatchRecognize, Scalar};
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    pub(super) fn match_recognize(&mut self) -> Parsed<MatchRecognize> {
        let start = self.expect_word(Word::MATCH_RECOGNIZE)?.start;
        self.left_paren()?;
        let partition_by = if self.eat_words(&[Word::PARTITION, Word::BY])? {
            self.comma_list(Self::scalar_without_query)?
        } else {
            Vec::new()
        };
        let order_by = if self.eat_words(&[Word::ORDER, Word::BY])? {
            self.order_items()?
        } else {
            Vec::new()
        };
        let measures = if self.eat_word(Word::MEASURES)? {
            self.comma_list(Self::measure)?
        } else {
            Vec::new()
        };
        let all_rows = self.rows_per_match()?;
        self.after_match()?;
        self.expect_word(Word::PATTERN)?;
        let mut variables = self.pattern()?;
        let within = if self.eat_word(Word::WITHIN)? {
            Some(self.scalar()?)
        } else {
            None
        };
        if self.eat_word(Word::SUBSET)? {
            let subsets = self.comma_list(Self::subset)?;
            variables.extend(subsets);
        }
        self.expect_word(Word::DEFINE)?;
        let defines = self.comma_list(Self::define)?;
        self.right_paren()?;
        variables.extend(defines.iter().map(|(name, _)| name.value.clone()));
        variables.sort_unstable();
        variables.dedup();
        Ok(MatchRecognize {
            partition_by,
            order_by,
            measures,
            all_rows,
            variables,
            within,
            defines,
            span: self.since(start),
        })
    }

    fn measure(&mut self) -> Parsed<(Scalar, Ident)> {
        let value = self.scalar_without_query()?;
        self.expect_word(Word::AS)?;
        Ok((value, self.identifier()?))
    }

    fn define(&mut self) -> Parsed<(Ident, Scalar)> {
        let name = self.identifier()?;
        self.expect_word(Word::AS)?;
        Ok((name, self.scalar()?))
    }

    /// `ONE ROW PER MATCH`, `ALL ROWS PER MATCH`.
    fn rows_per_match(&mut self) -> Parsed<bool> {
        if self.eat_word(Word::ONE)? {
            self.expect_words(&[Word::ROW, Word::PER, Word::MATCH])?;
            return Ok(false);
        }
        if self.eat_word(Word::ALL)? {
            self.expect_words(&[Word::ROWS, Word::PER, Word::MATCH])?;
            return Ok(true);
        }
        Ok(false)
    }

    /// `AFTER MATCH SKIP …`.
    fn after_match(&mut self) -> Parsed<()> {
        if !self.eat_word(Word::AFTER)? {
            return Ok(());
        }
        self.expect_words(&[Word::MATCH, Word::SKIP])?;
        if self.eat_word(Word::PAST)? {
            return self.expect_words(&[Word::LAST, Word::ROW]);
        }
        self.expect_word(Word::TO)?;
        if self.eat_words(&[Word::NEXT, Word::ROW])? {
            return Ok(());
        }
        let qualified = (self.is_word(Word::FIRST) || self.is_word(Word::LAST))
            && self.is_identifier(self.peek_at(1));
        if qualified {
            self.bump()?;
        }
        self.identifier().map(drop)
    }

    /// `S = (A, B)`.
    fn subset(&mut self) -> Parsed<String> {
        let name = self.identifier()?.value;
        self.expect(TokenKind::Equal, "`=`")?;
        self.identifier_list()?;
        Ok(name)
    }
}
