//! Questions about objects: `DESCRIBE`, `SHOW …`.

use super::{Grammar, Parsed};
use crate::syntax::ast::{Describe, DescribeForm, Show, ShowList, StatementKind};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Word};

impl Grammar<'_, '_> {
    pub(super) fn describe(&mut self) -> Parsed<StatementKind> {
        let verb = self.bump()?.word;
        let word = self.peek().word;
        let newer = self.is_2x();
        let form = match word {
            Word::CATALOG => DescribeForm::Catalog,
            Word::DATABASE => DescribeForm::Database,
            Word::MODEL => DescribeForm::Model,
            Word::FUNCTION if newer => DescribeForm::Function,
            Word::CONNECTION if newer => DescribeForm::Connection,
            Word::JOB => {
                self.bump()?;
                self.plain_string("the id of a job in quotes")?;
                return Ok(list(ShowList::Jobs));
            }
            Word::TABLE if verb == Word::DESCRIBE => {
                return self.refused(Construct::DescribeTableKeyword);
            }
            Word::STATEMENT
            | Word::SELECT
            | Word::WITH
            | Word::VALUES
            | Word::VALUE
            | Word::INSERT
            | Word::UPSERT
            | Word::UPDATE
            | Word::DELETE
            | Word::MERGE
                if verb == Word::DESCRIBE =>
            {
                return self.refused(Construct::DescribeStatement);
            }
            _ if verb == Word::DESCRIBE && self.is(TokenKind::LeftParen) => {
                return self.refused(Construct::DescribeStatement);
            }
            _ => DescribeForm::Table,
        };
        if form != DescribeForm::Table {
            self.bump()?;
        }
        self.eat_word(Word::EXTENDED)?;
        let name = if form == DescribeForm::Catalog {
            self.simple_name()?
        } else {
            self.name()?
        };
        Ok(StatementKind::Describe(Describe {
            form,
            name,
            partition: Vec::new(),
        }))
    }

    pub(super) fn show(&mut self) -> Parsed<StatementKind> {
        let ahead = |n| self.peek_at(n).word;
        let newer = self.is_2x();
        let (listed, words) = match (ahead(1), ahead(2)) {
            (Word::CATALOGS, _) => (ShowList::Catalogs, 2),
            (Word::CURRENT, Word::CATALOG) => (ShowList::CurrentCatalog, 3),
            (Word::CURRENT, Word::DATABASE) => (ShowList::CurrentDatabase, 3),
            (Word::DATABASES, _) => (ShowList::Databases, 2),
            (Word::TABLES, _) => (ShowList::Tables, 2),
            (Word::MATERIALIZED, Word::TABLES) if newer => (ShowList::MaterializedTables, 3),
            (Word::VIEWS, _) => (ShowList::Views, 2),
            (Word::FUNCTIONS, _) => (ShowList::Functions, 2),
            (Word::USER, Word::FUNCTIONS) => (ShowList::Functions, 3),
            (Word::PROCEDURES, _) => (ShowList::Procedures, 2),
            (Word::MODULES, _) => (ShowList::Modules, 2),
            (Word::FULL, Word::MODULES) => (ShowList::Modules, 3),
            (Word::MODELS, _) => (ShowList::Models, 2),
            (Word::CONNECTIONS, _) if newer => (ShowList::Connections, 2),
            (Word::JARS, _) => (ShowList::Jars, 2),
            (Word::JOBS, _) => (ShowList::Jobs, 2),
            _ => return self.show_object(),
        };
        for _ in 0..words {
            self.bump()?;
        }
        let filters = Filters::of(listed, newer);
        let place = if filters.place && matches!(self.peek().word, Word::FROM | Word::IN) {
            self.bump()?;
            Some(if listed == ShowList::Databases {
                self.simple_name()?
            } else {
                self.name()?
            })
        } else {
            None
        };
        if filters.like {
            self.name_pattern(filters.ilike)?;
        }
        Ok(StatementKind::Show(Show {
            list: listed,
            place,
        }))
    }

    /// `[NOT] LIKE | ILIKE '…'`.
    fn name_pattern(&mut self, ilike: bool) -> Parsed<()> {
        let not = self.eat_word(Word::NOT)?;
        if self.eat_word(Word::LIKE)? || ilike && self.eat_word(Word::ILIKE)? {
            self.plain_string("a pattern in quotes")?;
        } else if not {
            return Err(self.expected("LIKE"));
        }
        Ok(())
    }

    /// SHOW of one object.
    fn show_object(&mut self) -> Parsed<StatementKind> {
        let ahead = |n| self.peek_at(n).word;
        let newer = self.is_2x();
        let (form, words) = match (ahead(1), ahead(2)) {
            (Word::COLUMNS, Word::FROM | Word::IN) => (DescribeForm::Columns, 3),
            (Word::PARTITIONS, _) => (DescribeForm::Partitions, 2),
            (Word::CREATE, Word::TABLE) => (DescribeForm::CreateTable, 3),
            (Word::CREATE, Word::VIEW) => (DescribeForm::CreateView, 3),
            (Word::CREATE, Word::CATALOG) => (DescribeForm::CreateCatalog, 3),
            (Word::CREATE, Word::MODEL) => (DescribeForm::CreateModel, 3),
            (Word::CREATE, Word::CONNECTION) if newer => (DescribeForm::CreateConnection, 3),
            (Word::CREATE, Word::MATERIALIZED) if newer && ahead(3) == Word::TABLE => {
                (DescribeForm::CreateMaterializedTable, 4)
            }
            _ => return Err(self.not_a_statement(1)),
        };
        for _ in 0..words {
            self.bump()?;
        }
        let name = if form == DescribeForm::CreateCatalog {
            self.simple_name()?
        } else {
            self.name()?
        };
        let mut partition = Vec::new();
        if form == DescribeForm::Columns {
            self.name_pattern(false)?;
        } else if form == DescribeForm::Partitions && self.is_word(Word::PARTITION) {
            partition = self.partition_spec()?;
        }
        Ok(StatementKind::Describe(Describe {
            form,
            name,
            partition,
        }))
    }
}

fn list(list: ShowList) -> StatementKind {
    StatementKind::Show(Show { list, place: None })
}

/// What may follow the words of a list.
struct Filters {
    /// `FROM`, `IN`.
    place: bool,
    /// `LIKE`.
    like: bool,
    /// `ILIKE`.
    ilike: bool,
}

impl Filters {
    fn of(list: ShowList, newer: bool) -> Self {
        let (place, like, ilike) = match list {
            ShowList::Catalogs => (false, newer, newer),
            ShowList::Databases | ShowList::Functions | ShowList::Procedures => (true, true, true),
            ShowList::Tables
            | ShowList::MaterializedTables
            | ShowList::Models
            | ShowList::Connections => (true, true, false),
            ShowList::Views => (newer, newer, false),
            ShowList::CurrentCatalog
            | ShowList::CurrentDatabase
            | ShowList::Modules
            | ShowList::Jars
            | ShowList::Jobs => (false, false, false),
        };
        Self { place, like, ilike }
    }
}
