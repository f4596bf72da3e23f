//! `CREATE TABLE`, `CREATE OR REPLACE TABLE`, `REPLACE TABLE`; with LIKE and AS.

use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::ast::{
    ColumnDef, ColumnDefKind, CreateTable, Like, Name, QueryRole, StatementKind,
};
use crate::syntax::token::TokenKind;

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
            name: creation.name,
            columns: Vec::new(),
            watermark: None,
            primary_key: Vec::new(),
            partitioned_by: Vec::new(),
            options: Vec::new(),
            like: None,
            query: None,
        };
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
            self.comma_list(|grammar| grammar.table_element(&mut table))?;
            self.right_paren()?;
        }
        self.comment()?;
        self.distribution()?;
        if self.eat_words(&[Word::PARTITIONED, Word::BY])? {
            table.partitioned_by = self.identifier_list()?;
        }
        if self.eat_word(Word::WITH)? {
            self.left_paren()?;
            if !self.is(TokenKind::RightParen) {
                table.options = self.comma_list(Self::setting)?;
            }
            self.right_paren()?;
        }
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

    fn table_element(&mut self, table: &mut CreateTable) -> Parsed<()> {
        match self.peek().word {
            Word::WATERMARK => {
                if table.watermark.is_some() {
                    return Err(self.expected("one WATERMARK only"));
                }
                self.bump()?;
                self.expect_word(Word::FOR)?;
                let column = self.name()?;
                self.expect_word(Word::AS)?;
                table.watermark = Some((column, self.scalar()?));
                Ok(())
            }
            Word::CONSTRAINT | Word::PRIMARY | Word::UNIQUE => {
                self.constraint_name()?;
                let primary = self.key_words()?;
                let columns = self.identifier_list()?;
                self.enforcement()?;
                if primary {
                    table.primary_key = columns;
                }
                Ok(())
            }
            _ => self.column(table),
        }
    }

    fn column(&mut self, table: &mut CreateTable) -> Parsed<()> {
        let name = self.identifier()?;
        let kind = if self.eat_word(Word::AS)? {
            ColumnDefKind::Computed(self.scalar()?)
        } else if matches!(self.peek().kind, TokenKind::Comma | TokenKind::RightParen) {
            return Err(self.expected("a data type"));
        } else {
            let data_type = self.data_type()?;
            if self.key_constraint()? {
                table.primary_key = vec![name.clone()];
            }
            if self.eat_word(Word::METADATA)? {
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
        table.columns.push(ColumnDef { name, kind });
        Ok(())
    }

    /// A key of one column: whether it is the primary one.
    fn key_constraint(&mut self) -> Parsed<bool> {
        if !matches!(
            self.peek().word,
            Word::CONSTRAINT | Word::PRIMARY | Word::UNIQUE
        ) {
            return Ok(false);
        }
        self.constraint_name()?;
        let primary = self.key_words()?;
        self.enforcement()?;
        Ok(primary)
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

    /// `DISTRIBUTED BY [HASH | RANGE] (a) [INTO n BUCKETS]`, `DISTRIBUTED INTO n BUCKETS`.
    fn distribution(&mut self) -> Parsed<()> {
        if !self.eat_word(Word::DISTRIBUTED)? {
            return Ok(());
        }
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
