//! Statements that Flink's parser knows and sqlsec refuses by name: known by their first words, the rest is not read.

use super::{Grammar, Parsed};
use crate::syntax::ast::{Refusal, StatementKind};
use crate::syntax::token::TokenKind;
use crate::syntax::{Construct, SyntaxError};

impl Grammar<'_, '_> {
    /// The statement from its first word on.
    pub(super) fn refused(&mut self, construct: Construct) -> Parsed<StatementKind> {
        let start = self.context.token(0).span.start;
        while !self.is(TokenKind::End) {
            self.parser.advance_token();
        }
        Ok(StatementKind::Refused(Refusal {
            construct,
            span: self.since(start),
        }))
    }

    /// The word `ahead` of the cursor is the one that fits no statement.
    pub(super) fn not_a_statement(&self, ahead: usize) -> SyntaxError {
        let index = self.index() + ahead;
        let found = self.context.found(index);
        let found = found.strip_prefix("unexpected ").unwrap_or(&found);
        let message = format!("expected a statement of Flink SQL, found {found}");
        self.context.unexpected(index, &message)
    }
}
