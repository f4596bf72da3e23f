//! Statements: which one begins, and EXECUTE, EXPLAIN and statement sets around others.

use super::{Grammar, Parsed};
use crate::syntax::ast::{Insert, Queries, Query, QueryRole, Scalar, Statement, StatementKind};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, DataType, Word};

impl Grammar<'_, '_> {
    /// A whole statement: all its tokens, and all its query words accounted for.
    pub fn statement(&mut self) -> Parsed<Statement> {
        let start = self.start();
        let kind = self.statement_kind()?;
        if self.is_word(Word::ESCAPE) {
            return self.unsupported(Construct::ChainedEscape);
        }
        if !self.is(TokenKind::End) {
            return Err(self.expected("end of statement"));
        }
        if let Some(error) = self.context.kept() {
            return Err(error);
        }
        if !matches!(kind, StatementKind::Refused(_)) {
            self.context.check_cover()?;
        }
        if self.context.marker_count() > 0 {
            return Err(self
                .context
                .unexpected(0, "a nested query stands in no expression"));
        }
        Ok(Statement {
            span: self.since(start),
            kind,
            queries: Queries(self.context.take_queries()),
        })
    }

    /// A text that is one expression, with the queries nested in it.
    pub fn lone_expression(&mut self) -> Parsed<(Scalar, Vec<Query>)> {
        let scalar = self.scalar()?;
        if !self.is(TokenKind::End) {
            return Err(self.expected("end of expression"));
        }
        if let Some(error) = self.context.kept() {
            return Err(error);
        }
        self.context.check_cover()?;
        Ok((scalar, self.context.take_queries()))
    }

    /// A text that is one data type.
    pub fn lone_data_type(&mut self) -> Parsed<DataType> {
        let data_type = if self.is_word(Word::INTERVAL) {
            DataType::nullable(self.interval_type()?)
        } else {
            self.data_type()?
        };
        if !self.is(TokenKind::End) {
            return Err(self.expected("end of type"));
        }
        Ok(data_type)
    }

    fn statement_kind(&mut self) -> Parsed<StatementKind> {
        let ahead = |n| self.peek_at(n).word;
        match ahead(0) {
            Word::SELECT | Word::WITH | Word::VALUES | Word::VALUE | Word::TABLE => {
                self.query_statement()
            }
            Word::INSERT | Word::UPSERT => self.insert().map(StatementKind::Insert),
            Word::EXECUTE if ahead(1) == Word::PLAN => self.refused(Construct::ExecutePlan),
            Word::EXECUTE => {
                self.bump()?;
                self.executed()
            }
            Word::EXPLAIN => self.explain(),
            Word::BEGIN => {
                self.expect_words(&[Word::BEGIN, Word::STATEMENT, Word::SET])?;
                Ok(StatementKind::BeginStatementSet)
            }
            Word::END => {
                self.bump()?;
                Ok(StatementKind::EndStatementSet)
            }
            Word::CREATE | Word::REPLACE => self.create(),
            Word::ALTER => self.alter(),
            Word::DROP => self.drop_object(),
            Word::UPDATE => self.update(),
            Word::DELETE => self.delete(),
            Word::TRUNCATE => self.truncate(),
            Word::ANALYZE => self.analyze(),
            Word::DESCRIBE | Word::DESC => self.describe(),
            Word::SHOW => self.show(),
            Word::USE if ahead(1) == Word::MODULES => self.use_modules(),
            Word::USE => self.use_object(),
            Word::SET => self.set(),
            Word::RESET => self.reset(),
            Word::CALL => self.call_procedure(),
            Word::LOAD => self.load_module(),
            Word::UNLOAD => self.unload_module(),
            Word::ADD | Word::REMOVE => self.jar(),
            Word::COMPILE => self.compile_plan(),
            Word::MERGE => self.refused(Construct::Merge),
            Word::STOP if ahead(1) == Word::JOB => self.refused(Construct::StopJob),
            _ if self.is_query_paren(self.index()) => self.query_statement(),
            _ => Err(self.not_a_statement(0)),
        }
    }

    fn query_statement(&mut self) -> Parsed<StatementKind> {
        self.query(QueryRole::Statement).map(StatementKind::Query)
    }

    /// What may follow EXECUTE, and EXPLAIN: a query, an INSERT, a statement set.
    fn executed(&mut self) -> Parsed<StatementKind> {
        match self.peek().word {
            Word::INSERT | Word::UPSERT => self.insert().map(StatementKind::Insert),
            Word::STATEMENT => self.statement_set().map(StatementKind::StatementSet),
            Word::SELECT | Word::WITH | Word::VALUES | Word::VALUE | Word::TABLE => {
                self.query_statement()
            }
            _ if self.is_query_paren(self.index()) => self.query_statement(),
            _ => Err(self.expected("a query, INSERT or STATEMENT SET")),
        }
    }

    /// `STATEMENT SET BEGIN insert; insert; … END`.
    pub(super) fn statement_set(&mut self) -> Parsed<Vec<Insert>> {
        self.expect_words(&[Word::STATEMENT, Word::SET, Word::BEGIN])?;
        let mut inserts: Vec<Insert> = Vec::new();
        loop {
            inserts.push(self.insert()?);
            self.expect(TokenKind::Semicolon, "`;`")?;
            if self.eat_word(Word::END)? {
                return Ok(inserts);
            }
        }
    }

    /// `EXPLAIN [PLAN FOR | detail, …] statement`.
    fn explain(&mut self) -> Parsed<StatementKind> {
        self.expect_word(Word::EXPLAIN)?;
        if self.eat_word(Word::PLAN)? {
            self.expect_word(Word::FOR)?;
        } else if is_explain_detail(self.peek().word) {
            self.comma_list(|grammar| {
                if is_explain_detail(grammar.peek().word) {
                    grammar.bump()
                } else {
                    Err(grammar.expected("a detail of EXPLAIN"))
                }
            })?;
        }
        let explained = match self.peek().word {
            Word::EXECUTE if self.is_2x() => {
                self.bump()?;
                self.executed()?
            }
            Word::CREATE | Word::REPLACE => self.explained_creation()?,
            _ => self.executed()?,
        };
        Ok(StatementKind::Explain(Box::new(explained)))
    }

    /// A CREATE that has a query to explain.
    fn explained_creation(&mut self) -> Parsed<StatementKind> {
        let index = self.index();
        let created = self.create()?;
        match &created {
            StatementKind::CreateTable(table) if table.query.is_some() => Ok(created),
            _ => Err(self
                .context
                .unexpected(index, "only a CREATE TABLE with AS can be explained")),
        }
    }
}

fn is_explain_detail(word: Word) -> bool {
    matches!(
        word,
        Word::ESTIMATED_COST | Word::CHANGELOG_MODE | Word::JSON_EXECUTION_PLAN | Word::PLAN_ADVICE
    )
}
