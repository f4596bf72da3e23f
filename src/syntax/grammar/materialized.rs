//! Materialized tables: how they are made and what ALTER does to them.

use sqlparser::ast::{Expr, Value};

use super::{Grammar, Parsed};
use crate::syntax::ast::{
    CreateMaterializedTable, CreateTable, Ident, Literal, QueryRole, Scalar, Setting,
    StatementKind, TableChange,
};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, Span, SyntaxError, SyntaxErrorKind, Word};

impl Grammar<'_, '_> {
    /// `… MATERIALIZED TABLE name [(…)] … AS query`; the cursor stands behind MATERIALIZED.
    pub(super) fn create_materialized_table(&mut self, or_alter: bool) -> Parsed<StatementKind> {
        if or_alter && !self.is_2x() {
            return Err(self.expected("MATERIALIZED TABLE without OR ALTER"));
        }
        self.expect_word(Word::TABLE)?;
        let mut table = CreateTable::named(self.name()?);
        self.materialized_columns(&mut table)?;
        self.comment()?;
        if self.is_2x() && self.eat_word(Word::DISTRIBUTED)? {
            self.distribution()?;
        }
        if self.eat_words(&[Word::PARTITIONED, Word::BY])? {
            table.partitioned_by = self.identifier_list()?;
        }
        table.options = self.with_options()?;
        if self.is_2x() && self.eat_word(Word::START_MODE)? {
            self.start_mode()?;
        }
        if self.is_word(Word::FRESHNESS) {
            self.freshness()?;
        } else if !self.is_2x() {
            return Err(self.expected("FRESHNESS"));
        }
        if self.is_word(Word::REFRESH_MODE) {
            self.refresh_mode()?;
        }
        self.expect_word(Word::AS)?;
        table.query = Some(self.query(QueryRole::Statement)?);
        Ok(StatementKind::CreateMaterializedTable(Box::new(
            CreateMaterializedTable { or_alter, table },
        )))
    }

    /// Flink 1 takes keys only.
    fn materialized_columns(&mut self, table: &mut CreateTable) -> Parsed<()> {
        if self.is_2x() {
            self.table_columns(table)?;
        } else if self.eat(TokenKind::LeftParen)? {
            self.comma_list(|grammar| grammar.table_key(&mut table.primary_key))?;
            self.right_paren()?;
        }
        Ok(())
    }

    /// `= FROM_BEGINNING | FROM_NOW [(interval)] | FROM_TIMESTAMP (timestamp) | RESUME_OR_…`.
    fn start_mode(&mut self) -> Parsed<()> {
        self.expect(TokenKind::Equal, "`=`")?;
        let mode = self.peek().word;
        match mode {
            Word::FROM_BEGINNING | Word::RESUME_OR_FROM_BEGINNING => {
                self.bump()?;
            }
            Word::FROM_NOW | Word::RESUME_OR_FROM_NOW => {
                self.bump()?;
                if self.eat(TokenKind::LeftParen)? {
                    self.constant_interval()?;
                    self.right_paren()?;
                }
            }
            Word::FROM_TIMESTAMP | Word::RESUME_OR_FROM_TIMESTAMP => {
                self.bump()?;
                self.left_paren()?;
                if !self.is_word(Word::TIMESTAMP) {
                    return Err(self.expected("TIMESTAMP"));
                }
                self.scalar()?;
                self.right_paren()?;
            }
            _ => return Err(self.expected("a start mode")),
        }
        Ok(())
    }

    fn freshness(&mut self) -> Parsed<()> {
        self.expect_word(Word::FRESHNESS)?;
        self.expect(TokenKind::Equal, "`=`")?;
        self.constant_interval()
    }

    /// `INTERVAL [-]'…' unit` and nothing else.
    fn constant_interval(&mut self) -> Parsed<()> {
        let value = 1 + usize::from(self.peek_at(1).kind == TokenKind::Minus);
        if !self.is_word(Word::INTERVAL) || self.peek_at(value).kind != TokenKind::String {
            return Err(self.expected("an interval"));
        }
        self.interval()?;
        Ok(())
    }

    fn refresh_mode(&mut self) -> Parsed<()> {
        self.expect_word(Word::REFRESH_MODE)?;
        self.expect(TokenKind::Equal, "`=`")?;
        if !self.eat_word(Word::FULL)? {
            self.expect_word(Word::CONTINUOUS)?;
        }
        Ok(())
    }

    /// What stands behind the name in `ALTER MATERIALIZED TABLE`.
    pub(super) fn materialized_change(&mut self) -> Parsed<TableChange> {
        match self.peek().word {
            Word::SUSPEND => {
                self.bump()?;
                Ok(TableChange::Suspend)
            }
            Word::RESUME => {
                self.bump()?;
                let options = self.with_options()?;
                for option in &options {
                    Self::no_quote(&option.key)?;
                    Self::no_quote(&option.value)?;
                }
                Ok(TableChange::Resume(options))
            }
            Word::REFRESH => {
                self.bump()?;
                if self.is_word(Word::PARTITION) {
                    let start = self.start();
                    for (name, value) in self.partition_spec()? {
                        Self::partition_is_plain(&name, value.as_ref(), self.since(start))?;
                    }
                }
                Ok(TableChange::Refresh)
            }
            Word::SET => {
                self.bump()?;
                match self.peek().word {
                    Word::FRESHNESS => self.freshness()?,
                    Word::REFRESH_MODE => self.refresh_mode()?,
                    _ => return self.options().map(TableChange::Set),
                }
                Ok(TableChange::Schedule)
            }
            Word::RESET => self.reset_keys().map(TableChange::Reset),
            Word::AS if self.is_2x() => {
                self.bump()?;
                self.query(QueryRole::Statement).map(TableChange::As)
            }
            Word::ADD if self.is_2x() => {
                self.bump()?;
                self.add_part()
            }
            Word::MODIFY if self.is_2x() => self.modify(),
            Word::DROP if self.is_2x() => {
                self.bump()?;
                self.drop_part()
            }
            _ => Err(self.expected("a change of a materialized table")),
        }
    }

    /// Flink makes statements of its own for a refresh and for RESUME (`MaterializedTableManager`), and writes names, values and options into them unescaped.
    fn no_quote(literal: &Literal) -> Parsed<()> {
        if literal.value.contains('\'') {
            return Err(written_on(literal.span));
        }
        Ok(())
    }

    /// The formats by which a periodic refresh makes the value of a partition. Flink looks for keys by `partition.fields`, cuts one more sign, whatever it
    /// is, and writes what stands before `.date-formatter` on as a name: so a key that begins so has exactly the documented form.
    pub(super) fn no_quote_in_formats(options: &[Setting]) -> Parsed<()> {
        let formats = |option: &&Setting| option.key.value.starts_with("partition.fields");
        options.iter().filter(formats).try_for_each(|option| {
            let key = option.key.value.strip_prefix("partition.fields.");
            let field = key.and_then(|key| key.strip_suffix(".date-formatter"));
            if !field.is_some_and(is_plain) {
                return Err(written_on(option.key.span));
            }
            Self::no_quote(&option.value)
        })
    }

    /// A name that means the same without quotes, and a literal in which nothing can end early.
    fn partition_is_plain(name: &Ident, value: Option<&Scalar>, at: Span) -> Parsed<()> {
        let value = value.is_some_and(|value| match &value.expr {
            Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text) => !text.contains('\''),
                Value::Number(..) | Value::Boolean(_) => true,
                _ => false,
            },
            _ => false,
        });
        if is_plain(&name.value) && value {
            Ok(())
        } else {
            Err(written_on(at))
        }
    }
}

/// Whether a name means the same with quotes and without.
fn is_plain(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_')
        && letters.all(|c| c.is_alphanumeric() || "_$".contains(c))
}

const fn written_on(span: Span) -> SyntaxError {
    SyntaxError {
        kind: SyntaxErrorKind::Unsupported(Construct::WrittenOn),
        span,
    }
}
