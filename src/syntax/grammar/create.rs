//! `CREATE`: which object begins, and those that are not tables or views.

use super::create_table::Creation;
use super::{Grammar, Parsed};
use crate::syntax::ast::{
    CreateObject, CreateTable, CreateView, Literal, Name, ObjectKind, QueryRole, Scalar,
    StatementKind,
};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Word};

/// The words between CREATE and the object.
#[derive(Debug, Clone, Copy)]
struct Words {
    or_replace: bool,
    or_alter: bool,
    temporary: bool,
    system: bool,
    object: Word,
    /// How many there are, the object's word included.
    count: usize,
}

impl Grammar<'_, '_> {
    /// `CREATE [OR REPLACE | OR ALTER] [TEMPORARY [SYSTEM]] object …`, `REPLACE TABLE`.
    pub(super) fn create(&mut self) -> Parsed<StatementKind> {
        let words = self.creation_words();
        let fits = match words.object {
            Word::TABLE => !words.or_alter && !words.system,
            Word::MATERIALIZED => !words.temporary && !words.or_replace,
            Word::FUNCTION => !words.or_alter && (words.temporary || !words.system),
            Word::CONNECTION => {
                self.is_2x() && !words.or_alter && (words.temporary || !words.system)
            }
            Word::VIEW | Word::CATALOG | Word::DATABASE | Word::MODEL => {
                !words.or_alter && !words.system
            }
            _ => false,
        };
        if !fits || self.is_word(Word::REPLACE) && words.object != Word::TABLE {
            return Err(self.not_a_statement(words.count - 1));
        }
        for _ in 0..words.count {
            self.bump()?;
        }
        match words.object {
            Word::TABLE | Word::VIEW => {
                let if_not_exists = self.if_not_exists()?;
                let creation = Creation {
                    temporary: words.temporary,
                    or_replace: words.or_replace,
                    if_not_exists,
                    name: self.name()?,
                };
                if words.object == Word::TABLE {
                    self.create_table(creation)
                } else {
                    self.create_view(creation)
                }
            }
            Word::MATERIALIZED => self.create_materialized_table(words.or_alter),
            Word::CATALOG => self.create_catalog(words),
            Word::DATABASE => self.create_database(words),
            Word::FUNCTION => self.create_function(words),
            Word::MODEL => self.create_model(words),
            _ => self.create_connection(words),
        }
    }

    fn creation_words(&self) -> Words {
        let ahead = |n| self.peek_at(n).word;
        let replace_verb = ahead(0) == Word::REPLACE;
        let or = |word| !replace_verb && ahead(1) == Word::OR && ahead(2) == word;
        let (or_replace, or_alter) = (or(Word::REPLACE), or(Word::ALTER));
        let mut count = if or_replace || or_alter { 3 } else { 1 };
        let temporary = ahead(count) == Word::TEMPORARY;
        count += usize::from(temporary);
        let system = ahead(count) == Word::SYSTEM;
        count += usize::from(system);
        Words {
            or_replace: or_replace || replace_verb,
            or_alter,
            temporary,
            system,
            object: ahead(count),
            count: count + 1,
        }
    }

    pub(super) fn if_not_exists(&mut self) -> Parsed<bool> {
        self.eat_words(&[Word::IF, Word::NOT, Word::EXISTS])
    }

    /// Flink takes OR REPLACE and TEMPORARY before a catalog and forgets them.
    fn create_catalog(&mut self, words: Words) -> Parsed<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.simple_name()?;
        self.comment()?;
        let mut object = made(ObjectKind::Catalog, words, if_not_exists, name);
        object.options = self.with_options()?;
        Ok(StatementKind::CreateObject(Box::new(object)))
    }

    fn create_database(&mut self, words: Words) -> Parsed<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.name()?;
        self.comment()?;
        let mut object = made(ObjectKind::Database, words, if_not_exists, name);
        object.options = self.with_options()?;
        Ok(StatementKind::CreateObject(Box::new(object)))
    }

    /// `… FUNCTION name AS 'class' [LANGUAGE …] [USING JAR '…', …] [WITH (…)]`.
    fn create_function(&mut self, words: Words) -> Parsed<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = if words.system {
            self.simple_name()?
        } else {
            self.name()?
        };
        let mut object = made(ObjectKind::Function, words, if_not_exists, name);
        object.class = Some(self.function_class()?);
        if self.eat_word(Word::USING)? {
            object.jars = self.comma_list(Self::function_file)?;
        }
        if self.is_2x() {
            object.options = self.with_options()?;
        }
        Ok(StatementKind::CreateObject(Box::new(object)))
    }

    /// `AS 'class' [LANGUAGE …]`.
    pub(super) fn function_class(&mut self) -> Parsed<Literal> {
        self.expect_word(Word::AS)?;
        let class = self.plain_string("the function's class in quotes")?;
        if self.eat_word(Word::LANGUAGE)? {
            match self.peek().word {
                Word::JAVA | Word::SCALA | Word::SQL | Word::PYTHON => self.bump()?,
                _ => return Err(self.expected("JAVA, SCALA, SQL or PYTHON")),
            };
        }
        Ok(class)
    }

    fn function_file(&mut self) -> Parsed<Literal> {
        if !(self.is_2x() && self.eat_word(Word::ARTIFACT)?) {
            self.expect_word(Word::JAR)?;
        }
        self.plain_string("an address in quotes")
    }

    /// `… MODEL name [INPUT (…)] [OUTPUT (…)] [WITH (…)] [AS query]`.
    fn create_model(&mut self, words: Words) -> Parsed<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.name()?;
        let mut object = made(ObjectKind::Model, words, if_not_exists, name);
        for side in [Word::INPUT, Word::OUTPUT] {
            if self.eat_word(side)? {
                let mut columns = CreateTable::named(object.name.clone());
                self.left_paren()?;
                self.comma_list(|grammar| grammar.table_element(&mut columns))?;
                self.right_paren()?;
                object.operands.append(&mut operands_of(columns));
            }
        }
        self.comment()?;
        object.options = self.with_options()?;
        if self.is_word(Word::AS) {
            return self.unsupported(Construct::CreateModelAs);
        }
        Ok(StatementKind::CreateObject(Box::new(object)))
    }

    fn create_connection(&mut self, words: Words) -> Parsed<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = if words.system {
            self.simple_name()?
        } else {
            self.name()?
        };
        self.comment()?;
        if !self.is_word(Word::WITH) {
            return Err(self.expected("WITH"));
        }
        let mut object = made(ObjectKind::Connection, words, if_not_exists, name);
        object.options = self.with_options()?;
        Ok(StatementKind::CreateObject(Box::new(object)))
    }

    /// A name of one part.
    pub(super) fn simple_name(&mut self) -> Parsed<Name> {
        let ident = self.identifier()?;
        let span = ident.span;
        Ok(Name {
            parts: vec![ident],
            span,
        })
    }

    /// `CREATE VIEW name [(columns)] AS query`.
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
            self.comment_text()?;
        }
        Ok(())
    }

    /// Flink 1 takes any string literal, Flink 2 plain quotes only.
    pub(super) fn comment_text(&mut self) -> Parsed<()> {
        if self.is_2x() {
            self.plain_string("a comment in quotes")?;
        } else {
            self.string_literal("a comment in quotes")?;
        }
        Ok(())
    }
}

fn made(object: ObjectKind, words: Words, if_not_exists: bool, name: Name) -> CreateObject {
    CreateObject {
        object,
        temporary: words.temporary,
        system: words.system,
        or_replace: words.or_replace,
        if_not_exists,
        name,
        class: None,
        jars: Vec::new(),
        options: Vec::new(),
        operands: Vec::new(),
    }
}

/// The expressions in a list of columns.
fn operands_of(table: CreateTable) -> Vec<Scalar> {
    use crate::syntax::ast::ColumnDefKind;
    let computed = table.columns.into_iter().filter_map(|c| match c.kind {
        ColumnDefKind::Computed(value) => Some(value),
        ColumnDefKind::Physical(_) | ColumnDefKind::Metadata { .. } | ColumnDefKind::NameOnly => {
            None
        }
    });
    computed
        .chain(table.watermark.map(|(_, value)| value))
        .collect()
}
