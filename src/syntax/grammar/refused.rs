//! Statements that Flink has and sqlsec refuses by name: known by their first words, the rest is not read.

use super::{Grammar, Parsed};
use crate::syntax::Word;
use crate::syntax::ast::{Refusal, StatementKind};
use crate::syntax::token::TokenKind;

impl Grammar<'_, '_> {
    pub(super) fn refused(&mut self) -> Parsed<StatementKind> {
        let start = self.start();
        let verb = self.peek().word;
        let object = self.object_word();
        let Some(construct) = construct(verb, object, self.peek_at(1).word) else {
            return Err(self.not_a_statement(verb));
        };
        while !self.is(TokenKind::End) {
            self.parser.advance_token();
        }
        Ok(StatementKind::Refused(Refusal {
            construct,
            span: self.since(start),
        }))
    }

    /// The word behind the verb and its modifiers.
    fn object_word(&self) -> Word {
        let ahead = |n| self.peek_at(n).word;
        let mut at = 1;
        if ahead(at) == Word::OR && matches!(ahead(at + 1), Word::REPLACE | Word::ALTER) {
            at += 2;
        }
        while ahead(at) == Word::TEMPORARY
            || ahead(at) == Word::SYSTEM && ahead(at + 1) == Word::FUNCTION
        {
            at += 1;
        }
        ahead(at)
    }

    fn not_a_statement(&self, verb: Word) -> crate::syntax::SyntaxError {
        let index = self.index();
        let known = matches!(
            verb,
            Word::ALTER
                | Word::CREATE
                | Word::REPLACE
                | Word::DROP
                | Word::SHOW
                | Word::TRUNCATE
                | Word::COMPILE
        );
        // A known verb means that the word behind it is the wrong one.
        let index = index + usize::from(known);
        let found = self.context.found(index);
        let found = found.strip_prefix("unexpected ").unwrap_or(&found);
        let message = format!("expected a statement of Flink SQL, found {found}");
        self.context.unexpected(index, &message)
    }
}

/// The construct's name in the words of Flink's documentation.
fn construct(verb: Word, object: Word, second: Word) -> Option<&'static str> {
    Some(match (verb, object) {
        (Word::ALTER, Word::TABLE) => "ALTER TABLE",
        (Word::ALTER, Word::VIEW) => "ALTER VIEW",
        (Word::ALTER, Word::DATABASE) => "ALTER DATABASE",
        (Word::ALTER, Word::CATALOG) => "ALTER CATALOG",
        (Word::ALTER, Word::FUNCTION) => "ALTER FUNCTION",
        (Word::ALTER, Word::MODEL) => "ALTER MODEL",
        (Word::ALTER, Word::MATERIALIZED) => "ALTER MATERIALIZED TABLE",
        (Word::ALTER, Word::CONNECTION) => "ALTER CONNECTION",
        (Word::ALTER, Word::SYSTEM) => "ALTER SYSTEM",
        (Word::CREATE, Word::DATABASE) => "CREATE DATABASE",
        (Word::CREATE, Word::CATALOG) => "CREATE CATALOG",
        (Word::CREATE, Word::FUNCTION) => "CREATE FUNCTION",
        (Word::CREATE, Word::MODEL) => "CREATE MODEL",
        (Word::CREATE, Word::MATERIALIZED) => "CREATE MATERIALIZED TABLE",
        (Word::CREATE, Word::CONNECTION) => "CREATE CONNECTION",
        (Word::DROP, Word::MODEL) => "DROP MODEL",
        (Word::DROP, Word::MATERIALIZED) => "DROP MATERIALIZED TABLE",
        (Word::DROP, Word::CONNECTION) => "DROP CONNECTION",
        (Word::SHOW, _) => show(second)?,
        (Word::DESCRIBE | Word::DESC, _) => "DESCRIBE",
        (Word::ANALYZE, Word::TABLE) => "ANALYZE TABLE",
        (Word::TRUNCATE, Word::TABLE) => "TRUNCATE TABLE",
        (Word::CALL, _) => "CALL",
        (Word::UPDATE, _) => "UPDATE",
        (Word::DELETE, _) => "DELETE",
        (Word::MERGE, _) => "MERGE",
        (Word::COMPILE, Word::PLAN) => "COMPILE PLAN",
        (Word::COMPILE, Word::AND) => "COMPILE AND EXECUTE PLAN",
        (Word::EXECUTE, Word::PLAN) => "EXECUTE PLAN",
        (Word::ADD, Word::JAR) => "ADD JAR",
        (Word::REMOVE, Word::JAR) => "REMOVE JAR",
        (Word::LOAD, Word::MODULE) => "LOAD MODULE",
        (Word::UNLOAD, Word::MODULE) => "UNLOAD MODULE",
        (Word::USE, Word::MODULES) => "USE MODULES",
        (Word::STOP, Word::JOB) => "STOP JOB",
        _ => return None,
    })
}

fn show(object: Word) -> Option<&'static str> {
    Some(match object {
        Word::CATALOGS => "SHOW CATALOGS",
        Word::DATABASES => "SHOW DATABASES",
        Word::TABLES | Word::MATERIALIZED => "SHOW TABLES",
        Word::VIEWS => "SHOW VIEWS",
        Word::COLUMNS => "SHOW COLUMNS",
        Word::CREATE => "SHOW CREATE",
        Word::CURRENT => "SHOW CURRENT",
        Word::FUNCTIONS | Word::USER => "SHOW FUNCTIONS",
        Word::PROCEDURES => "SHOW PROCEDURES",
        Word::PARTITIONS => "SHOW PARTITIONS",
        Word::MODULES | Word::FULL => "SHOW MODULES",
        Word::MODELS => "SHOW MODELS",
        Word::CONNECTIONS => "SHOW CONNECTIONS",
        Word::JARS => "SHOW JARS",
        Word::JOBS => "SHOW JOBS",
        _ => return None,
    })
}
