//! `CREATE VIEW`, and which CREATE begins.

use super::create_table::Creation;
use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::ast::{CreateView, QueryRole, StatementKind};
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// `CREATE [OR REPLACE] [TEMPORARY] TABLE | VIEW`, `REPLACE TABLE`; every other CREATE is refused by name.
    pub(super) fn create(&mut self) -> Parsed<StatementKind> {
        let ahead = |n| self.peek_at(n).word;
        let or_replace =
            ahead(0) == Word::REPLACE || ahead(1) == Word::OR && ahead(2) == Word::REPLACE;
        let mut words = match ahead(0) {
            Word::REPLACE => 1,
            _ if or_replace => 3,
            _ => 1,
        };
        let temporary = ahead(words) == Word::TEMPORARY;
        words += usize::from(temporary);
        let object = ahead(words);
        let known = matches!(object, Word::TABLE | Word::VIEW)
            && (ahead(0) != Word::REPLACE || object == Word::TABLE);
        if !known {
            return self.refused();
        }
        for _ in 0..=words {
            self.bump()?;
        }
        let if_not_exists = self.eat_words(&[Word::IF, Word::NOT, Word::EXISTS])?;
        let creation = Creation {
            temporary,
            or_replace,
            if_not_exists,
            name: self.name()?,
        };
        if object == Word::TABLE {
            self.create_table(creation)
        } else {
            self.create_view(creation)
        }
    }

    fn create_view(&mut self, creation: Creation) -> Parsed<StatementKind> {
        let columns = if self.is(TokenKind::LeftParen) {
            self.identifier_list()?
        } else {
            Vec::new()
        };
        self.comment()?;
        self.expect_word(Word::AS)?;
        let query = self.query(QueryRole::Statement)?;
        Ok(StatementKind::CreateView(Box::new(CreateView {
            temporary: creation.temporary,
            or_replace: creation.or_replace,
            if_not_exists: creation.if_not_exists,
            name: creation.name,
            columns,
            query,
        })))
    }

    /// `[COMMENT '…']`.
    pub(super) fn comment(&mut self) -> Parsed<()> {
        if self.eat_word(Word::COMMENT)? {
            self.string_literal("a comment in quotes")?;
        }
        Ok(())
    }
}
