//! `CREATE TABLE`, `CREATE OR REPLACE TABLE`, `REPLACE TABLE`; with LIKE and AS.

use super::{Grammar, Parsed};
use crate::syntax::ast::{
    ColumnDef, ColumnDefKind, CreateTable, Ident, Like, Name, QueryRole, Scalar, Setting,
    StatementKind,
};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Word};

/// The words before what is created, and its name.
pub(super) struct Creation {
    pub temporary: bool,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub name: Name,
}

impl Grammar<'_, '_> {
    pub(super) fn create_table(&mut self, creation: Creation) -> Parsed<StatementKind> {
        let mut table = CreateTable {
            temporary: creation.temporary,
            or_replace: creation.or_replace,
            if_not_exists: creation.if_not_exists,
            ..CreateTable::named(creation.name)
        };
        let named = self.table_columns(&mut table)?;
        self.comment()?;
        if self.eat_word(Word::DISTRIBUTED)? {
            self.distribution()?;
        }
        if self.eat_words(&[Word::PARTITIONED, Word::BY])? {
            table.partitioned_by = self.identifier_list()?;
        }
        table.options = self.with_options()?;
        if self.is_word(Word::LIKE) {
            table.like = Some(self.like()?);
        } else if self.eat_word(Word::AS)? {
            table.query = Some(self.query(QueryRole::Statement)?);
        }
        if named && table.query.is_none() {
            return Err(self.expected("AS with a query, as the columns have no types"));
        }
        Ok(StatementKind::CreateTable(Box::new(table)))
    }

    /// `(a, b)` or `(a INT, WATERMARK …)`, where there is one: whether it holds names alone.
    pub(super) fn table_columns(&mut self, table: &mut CreateTable) -> Parsed<bool> {
        let named = self.is_name_list();
        if named {
            let names = self.identifier_list()?;
            table
                .columns
                .extend(names.into_iter().map(|name| ColumnDef {
                    name,
                    kind: ColumnDefKind::NameOnly,
                }));
        } else if self.eat(TokenKind::LeftParen)? {
            self.comma_list(|grammar| grammar.table_element(table))?;
            self.right_paren()?;
        }
        Ok(named)
    }

    /// `[WITH ('key' = 'value', …)]`.
    pub(super) fn with_options(&mut self) -> Parsed<Vec<Setting>> {
        if self.eat_word(Word::WITH)? {
            self.options()
        } else {
            Ok(Vec::new())
        }
    }

    /// `('key' = 'value', …)`, which may be empty.
    pub(super) fn options(&mut self) -> Parsed<Vec<Setting>> {
        self.left_paren()?;
        let options = if self.is(TokenKind::RightParen) {
            Vec::new()
        } else {
            self.comma_list(Self::setting)?
        };
        self.right_paren()?;
        // Whatever the statement is: which of them reach a materialized table is not for the grammar to know.
        Self::no_quote_in_formats(&options)?;
        Ok(options)
    }

    /// Whether `(a, b, …)` comes next, names without types.
    fn is_name_list(&self) -> bool {
        self.is_2x()
            && self.is(TokenKind::LeftParen)
            && self.is_identifier(self.peek_at(1))
            && matches!(
                self.peek_at(2).kind,
                TokenKind::Comma | TokenKind::RightParen
            )
    }

    pub(super) fn table_element(&mut self, table: &mut CreateTable) -> Parsed<()> {
        match self.peek().word {
            Word::WATERMARK => self.watermark(&mut table.watermark),
            Word::CONSTRAINT | Word::PRIMARY | Word::UNIQUE => {
                self.table_key(&mut table.primary_key)
            }
            _ => {
                let name = self.identifier()?;
                if self.is(TokenKind::Period) {
                    return self.unsupported(Construct::NestedColumn);
                }
                let kind = self.column_kind(&name, &mut table.primary_key)?;
                table.columns.push(ColumnDef { name, kind });
                Ok(())
            }
        }
    }

    /// `WATERMARK FOR column AS expression`: one only.
    pub(super) fn watermark(&mut self, watermark: &mut Option<(Name, Scalar)>) -> Parsed<()> {
        if watermark.is_some() {
            return Err(self.expected("one WATERMARK only"));
        }
        self.expect_words(&[Word::WATERMARK, Word::FOR])?;
        let column = self.name()?;
        self.expect_word(Word::AS)?;
        *watermark = Some((column, self.scalar_without_query()?));
        Ok(())
    }

    /// `[CONSTRAINT name] PRIMARY KEY | UNIQUE (columns) [NOT ENFORCED]`.
    pub(super) fn table_key(&mut self, primary_key: &mut Vec<Ident>) -> Parsed<()> {
        self.constraint_name()?;
        let primary = self.key_words()?;
        let columns = self.identifier_list()?;
        self.enforcement()?;
        if primary {
            *primary_key = columns;
        }
        Ok(())
    }

    /// What stands behind the name of a column.
    pub(super) fn column_kind(
        &mut self,
        name: &Ident,
        primary_key: &mut Vec<Ident>,
    ) -> Parsed<ColumnDefKind> {
        let kind = if self.eat_word(Word::AS)? {
            ColumnDefKind::Computed(self.scalar_without_query()?)
        } else if matches!(self.peek().kind, TokenKind::Comma | TokenKind::RightParen) {
            return Err(self.expected("a data type"));
        } else {
            let data_type = self.data_type()?;
            if matches!(
                self.peek().word,
                Word::CONSTRAINT | Word::PRIMARY | Word::UNIQUE
            ) {
                self.constraint_name()?;
                if self.key_words()? {
                    *primary_key = vec![name.clone()];
                }
                self.enforcement()?;
                ColumnDefKind::Physical(data_type)
            } else if self.eat_word(Word::METADATA)? {
                let key = if self.eat_word(Word::FROM)? {
                    Some(self.string_literal("a key in quotes")?)
                } else {
                    None
                };
                ColumnDefKind::Metadata {
                    data_type,
                    key,
                    virtual_: self.eat_word(Word::VIRTUAL)?,
                }
            } else {
                ColumnDefKind::Physical(data_type)
            }
        };
        self.comment()?;
        Ok(kind)
    }

    fn constraint_name(&mut self) -> Parsed<()> {
        if self.eat_word(Word::CONSTRAINT)? {
            self.identifier()?;
        }
        Ok(())
    }

    /// `PRIMARY KEY` (true) or `UNIQUE`.
    fn key_words(&mut self) -> Parsed<bool> {
        if self.eat_words(&[Word::PRIMARY, Word::KEY])? {
            return Ok(true);
        }
        self.expect_word(Word::UNIQUE)?;
        Ok(false)
    }

    fn enforcement(&mut self) -> Parsed<()> {
        if self.eat_words(&[Word::NOT, Word::ENFORCED])? || self.eat_word(Word::ENFORCED)? {
            return Ok(());
        }
        Ok(())
    }

    /// `BY [HASH | RANGE] (a) [INTO n BUCKETS]`, `INTO n BUCKETS`.
    pub(super) fn distribution(&mut self) -> Parsed<()> {
        let by = self.eat_word(Word::BY)?;
        if by {
            if self.is_word(Word::HASH) || self.is_word(Word::RANGE) {
                self.bump()?;
            }
            self.identifier_list()?;
        }
        if !by || self.is_word(Word::INTO) {
            self.expect_word(Word::INTO)?;
            self.integer()?;
            self.expect_word(Word::BUCKETS)?;
        }
        Ok(())
    }

    /// `LIKE source [(INCLUDING | EXCLUDING | OVERWRITING feature …)]`.
    fn like(&mut self) -> Parsed<Like> {
        self.expect_word(Word::LIKE)?;
        let source = self.name()?;
        let mut features = Vec::new();
        if self.eat(TokenKind::LeftParen)? {
            while features.is_empty() || !self.eat(TokenKind::RightParen)? {
                let how = self.peek();
                if !matches!(
                    how.word,
                    Word::INCLUDING | Word::EXCLUDING | Word::OVERWRITING
                ) {
                    return Err(self.expected("INCLUDING, EXCLUDING or OVERWRITING"));
                }
                self.bump()?;
                let what = self.peek();
                if !matches!(
                    what.word,
                    Word::ALL
                        | Word::CONSTRAINTS
                        | Word::DISTRIBUTION
                        | Word::PARTITIONS
                        | Word::OPTIONS
                        | Word::WATERMARKS
                        | Word::GENERATED
                        | Word::METADATA
                ) {
                    return Err(self.expected("a feature of a table"));
                }
                self.bump()?;
                features.push((how.word.text().to_owned(), what.word.text().to_owned()));
            }
        }
        Ok(Like { source, features })
    }
}
