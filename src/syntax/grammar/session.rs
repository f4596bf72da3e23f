//! Statements on the session and on objects by name: USE, SET, RESET, DROP.

use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::ast::{Drop, DropObject, StatementKind, Use};
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    /// `USE [catalog.]database`, `USE CATALOG name`.
    pub(super) fn use_object(&mut self) -> Parsed<StatementKind> {
        self.expect_word(Word::USE)?;
        let catalog = self.is_word(Word::CATALOG) && self.peek_at(1).kind != TokenKind::Period;
        let ends = matches!(self.peek_at(1).kind, TokenKind::End | TokenKind::Semicolon);
        Ok(StatementKind::Use(if catalog && !ends {
            self.bump()?;
            Use::Catalog(self.identifier()?)
        } else {
            Use::Database(self.name()?)
        }))
    }

    /// `SET 'k' = 'v'`, `SET`. The unquoted form belongs to the SQL client; Flink's parser refuses it too.
    pub(super) fn set(&mut self) -> Parsed<StatementKind> {
        self.expect_word(Word::SET)?;
        if self.is(TokenKind::End) {
            return Ok(StatementKind::Set(None));
        }
        self.setting()
            .map(|setting| StatementKind::Set(Some(setting)))
    }

    /// `RESET 'k'`, `RESET`.
    pub(super) fn reset(&mut self) -> Parsed<StatementKind> {
        self.expect_word(Word::RESET)?;
        if self.is(TokenKind::End) {
            return Ok(StatementKind::Reset(None));
        }
        let key = self.string_literal("a key in quotes")?;
        Ok(StatementKind::Reset(Some(key)))
    }

    /// `DROP [TEMPORARY [SYSTEM]] object [IF EXISTS] name`.
    pub(super) fn drop_object(&mut self) -> Parsed<StatementKind> {
        let ahead = |n| self.peek_at(n).word;
        let modifiers = match (ahead(1), ahead(2)) {
            (Word::TEMPORARY, Word::SYSTEM) => 2,
            (Word::TEMPORARY, _) => 1,
            _ => 0,
        };
        let system_alone = modifiers == 0 && ahead(1) == Word::SYSTEM;
        let modifiers = modifiers + usize::from(system_alone);
        let object = match ahead(1 + modifiers) {
            Word::TABLE => DropObject::Table,
            Word::VIEW => DropObject::View,
            Word::DATABASE => DropObject::Database,
            Word::CATALOG => DropObject::Catalog,
            Word::FUNCTION => DropObject::Function,
            Word::MODEL => DropObject::Model,
            Word::MATERIALIZED if ahead(2 + modifiers) == Word::TABLE => {
                DropObject::MaterializedTable
            }
            Word::CONNECTION if self.is_2x() => DropObject::Connection,
            _ => return Err(self.not_a_statement(1 + modifiers)),
        };
        let system = ahead(modifiers) == Word::SYSTEM;
        // Flink takes TEMPORARY before a catalog or database and forgets it; SYSTEM FUNCTION alone is a temporary one.
        let fits = match object {
            DropObject::Table
            | DropObject::View
            | DropObject::Model
            | DropObject::Database
            | DropObject::Catalog => !system,
            DropObject::MaterializedTable => modifiers == 0,
            DropObject::Function => true,
            DropObject::Connection => !system_alone,
        };
        if !fits {
            return Err(self.not_a_statement(1 + modifiers));
        }
        let words = modifiers + usize::from(object == DropObject::MaterializedTable) + 2;
        for _ in 0..words {
            self.bump()?;
        }
        let if_exists = self.eat_words(&[Word::IF, Word::EXISTS])?;
        let name = self.name()?;
        if object == DropObject::Database && !self.eat_word(Word::RESTRICT)? {
            self.eat_word(Word::CASCADE)?;
        }
        Ok(StatementKind::Drop(Drop {
            object,
            temporary: modifiers > 0,
            system,
            if_exists,
            name,
        }))
    }
}
