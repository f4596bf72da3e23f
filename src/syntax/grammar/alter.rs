//! `ALTER`: tables, materialized tables, views, catalogs, databases, functions, models, connections.

use super::{Grammar, Parsed};
use crate::syntax::ast::{
    AlterObject, AlterTable, AlterView, Literal, Name, ObjectChange, ObjectKind, QueryRole,
    StatementKind, TableChange, ViewChange,
};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Word};

impl Grammar<'_, '_> {
    pub(super) fn alter(&mut self) -> Parsed<StatementKind> {
        let ahead = |n| self.peek_at(n).word;
        match (ahead(1), ahead(2)) {
            (Word::TABLE, _) => self.alter_table(false),
            (Word::MATERIALIZED, Word::TABLE) => self.alter_table(true),
            (Word::VIEW, _) => self.alter_view(),
            (Word::CATALOG, _) => self.alter_catalog(),
            (Word::DATABASE, _) => self.alter_database(),
            (Word::FUNCTION, _) | (Word::TEMPORARY, Word::FUNCTION | Word::SYSTEM) => {
                self.alter_function()
            }
            (Word::MODEL, _) => self.alter_model(ObjectKind::Model),
            (Word::CONNECTION, _) if self.is_2x() => self.alter_model(ObjectKind::Connection),
            (Word::SYSTEM | Word::SESSION, Word::SET | Word::RESET) => {
                self.refused(Construct::AlterSystem)
            }
            _ => Err(self.not_a_statement(1)),
        }
    }

    fn alter_table(&mut self, materialized: bool) -> Parsed<StatementKind> {
        for _ in 0..2 + usize::from(materialized) {
            self.bump()?;
        }
        let if_exists = !materialized && self.eat_words(&[Word::IF, Word::EXISTS])?;
        let name = self.name()?;
        let change = if materialized {
            self.materialized_change()?
        } else {
            self.table_change()?
        };
        Ok(StatementKind::AlterTable(Box::new(AlterTable {
            materialized,
            if_exists,
            name,
            change,
        })))
    }

    fn table_change(&mut self) -> Parsed<TableChange> {
        match self.peek().word {
            Word::RENAME => self.rename(),
            Word::SET => {
                self.bump()?;
                self.options().map(TableChange::Set)
            }
            Word::RESET => self.reset_keys().map(TableChange::Reset),
            Word::ADD => {
                self.bump()?;
                let if_not_exists = self.if_not_exists()?;
                if if_not_exists || self.is_word(Word::PARTITION) {
                    return self.add_partitions();
                }
                self.add_part()
            }
            Word::MODIFY => self.modify(),
            Word::DROP => {
                self.bump()?;
                let if_exists = self.eat_words(&[Word::IF, Word::EXISTS])?;
                if if_exists || self.is_word(Word::PARTITION) {
                    self.comma_list(Self::partition_spec)?;
                    return Ok(TableChange::DropPartitions);
                }
                self.drop_part()
            }
            Word::PARTITION if !self.is_2x() => {
                self.partition_spec()?;
                self.expect_word(Word::COMPACT)?;
                Ok(TableChange::Compact)
            }
            Word::COMPACT if !self.is_2x() => {
                self.bump()?;
                Ok(TableChange::Compact)
            }
            _ => Err(self.expected("RENAME, SET, RESET, ADD, MODIFY or DROP")),
        }
    }

    fn rename(&mut self) -> Parsed<TableChange> {
        self.expect_word(Word::RENAME)?;
        if self.eat_word(Word::TO)? {
            return self.name().map(TableChange::Rename);
        }
        let from = self.name()?;
        self.expect_word(Word::TO)?;
        let to = self.name()?;
        Ok(TableChange::RenameColumn { from, to })
    }

    /// Behind ADD: a distribution, a column, or several things in parentheses.
    pub(super) fn add_part(&mut self) -> Parsed<TableChange> {
        if self.eat_word(Word::DISTRIBUTION)? {
            self.distribution()?;
            return Ok(TableChange::Distribution);
        }
        self.schema_change().map(TableChange::Add)
    }

    pub(super) fn modify(&mut self) -> Parsed<TableChange> {
        self.expect_word(Word::MODIFY)?;
        if self.eat_word(Word::DISTRIBUTION)? {
            self.distribution()?;
            return Ok(TableChange::Distribution);
        }
        self.schema_change().map(TableChange::Modify)
    }

    /// Behind DROP: a key, the watermark, the distribution, columns.
    pub(super) fn drop_part(&mut self) -> Parsed<TableChange> {
        match self.peek().word {
            Word::PRIMARY => {
                self.expect_words(&[Word::PRIMARY, Word::KEY])?;
                Ok(TableChange::DropKey)
            }
            Word::CONSTRAINT => {
                self.bump()?;
                self.identifier()?;
                Ok(TableChange::DropKey)
            }
            Word::WATERMARK => {
                self.bump()?;
                Ok(TableChange::DropWatermark)
            }
            Word::DISTRIBUTION => {
                self.bump()?;
                Ok(TableChange::Distribution)
            }
            _ if self.is(TokenKind::LeftParen) => {
                self.paren_list(Self::name).map(TableChange::DropColumns)
            }
            _ => Ok(TableChange::DropColumns(vec![self.name()?])),
        }
    }

    /// `PARTITION (a = 1) [WITH (…)] PARTITION …`: no comma between them.
    fn add_partitions(&mut self) -> Parsed<TableChange> {
        let mut options = Vec::new();
        loop {
            self.partition_spec()?;
            options.append(&mut self.with_options()?);
            if !self.is_word(Word::PARTITION) {
                return Ok(TableChange::AddPartitions(options));
            }
        }
    }

    /// `RESET ('key', …)`, which may be empty.
    pub(super) fn reset_keys(&mut self) -> Parsed<Vec<Literal>> {
        self.expect_word(Word::RESET)?;
        self.left_paren()?;
        let keys = if self.is(TokenKind::RightParen) {
            Vec::new()
        } else {
            self.comma_list(|grammar| grammar.string_literal("a key in quotes"))?
        };
        self.right_paren()?;
        Ok(keys)
    }

    /// `ALTER VIEW name RENAME TO name | AS query`.
    fn alter_view(&mut self) -> Parsed<StatementKind> {
        self.expect_words(&[Word::ALTER, Word::VIEW])?;
        let name = self.name()?;
        let change = if self.eat_word(Word::RENAME)? {
            self.expect_word(Word::TO)?;
            ViewChange::Rename(self.name()?)
        } else {
            self.expect_word(Word::AS)?;
            ViewChange::As(self.query(QueryRole::Statement)?)
        };
        Ok(StatementKind::AlterView(AlterView { name, change }))
    }

    fn alter_catalog(&mut self) -> Parsed<StatementKind> {
        self.expect_words(&[Word::ALTER, Word::CATALOG])?;
        let name = self.simple_name()?;
        let change = match self.peek().word {
            Word::COMMENT => {
                self.bump()?;
                self.comment_text()?;
                ObjectChange::Comment
            }
            _ => self.options_change()?,
        };
        Ok(altered(ObjectKind::Catalog, name, change))
    }

    fn alter_database(&mut self) -> Parsed<StatementKind> {
        self.expect_words(&[Word::ALTER, Word::DATABASE])?;
        let name = self.name()?;
        self.expect_word(Word::SET)?;
        let change = ObjectChange::Set(self.options()?);
        Ok(altered(ObjectKind::Database, name, change))
    }

    fn alter_function(&mut self) -> Parsed<StatementKind> {
        self.expect_word(Word::ALTER)?;
        let temporary = self.eat_word(Word::TEMPORARY)?;
        let system = temporary && self.eat_word(Word::SYSTEM)?;
        self.expect_word(Word::FUNCTION)?;
        self.eat_words(&[Word::IF, Word::EXISTS])?;
        let name = self.name()?;
        let change = ObjectChange::Class(self.function_class()?);
        Ok(StatementKind::AlterObject(Box::new(AlterObject {
            object: ObjectKind::Function,
            temporary,
            system,
            name,
            change,
        })))
    }

    /// A model or a connection.
    fn alter_model(&mut self, object: ObjectKind) -> Parsed<StatementKind> {
        self.expect_word(Word::ALTER)?;
        self.bump()?;
        self.eat_words(&[Word::IF, Word::EXISTS])?;
        let name = self.name()?;
        let change = if self.eat_word(Word::RENAME)? {
            self.expect_word(Word::TO)?;
            ObjectChange::Rename(self.name()?)
        } else if self.is_word(Word::RESET) && !self.is_2x() {
            return Err(self.expected("SET or RENAME"));
        } else {
            self.options_change()?
        };
        Ok(altered(object, name, change))
    }

    /// `SET (…)`, `RESET (…)`.
    fn options_change(&mut self) -> Parsed<ObjectChange> {
        if self.is_word(Word::RESET) {
            return self.reset_keys().map(ObjectChange::Reset);
        }
        self.expect_word(Word::SET)?;
        self.options().map(ObjectChange::Set)
    }
}

fn altered(object: ObjectKind, name: Name, change: ObjectChange) -> StatementKind {
    StatementKind::AlterObject(Box::new(AlterObject {
        object,
        temporary: false,
        system: false,
        name,
        change,
    }))
}
