//! `syntax`: Flink SQL text becomes a tree with byte spans.
//!
//! In: text. Out: [`Script`], or a [`SyntaxError`] with its place.
//! Stays out: catalogs, principals, policies. What this grammar does not know it refuses: there is no second reading.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod ast;
mod construct;
mod context;
mod data_type;
mod dialect;
mod digest;
mod grammar;
mod lexer;
mod operands;
mod parse;
mod span;
mod stack;
pub mod tables;
mod token;
mod word;

pub use construct::Construct;
pub use data_type::{DataType, MAX_LENGTH, RowField, TypeKind};
pub(crate) use digest::{normal, sha256};
pub use operands::{
    CallPart, Operand, call_parts, cast_type, ident_span, last_part, operands, parts, sql_span,
    step,
};
pub use parse::{Names, parse_data_type, tokens};
pub use span::{Lines, Position, Span};
pub use stack::with_stack;
pub use token::{Token, TokenKind};
pub use word::Word;

/// Which Flink the text is for: rules that differ hang on it (FLINK.md §8).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub enum FlinkVersion {
    /// Flink 1.20.
    #[serde(rename = "1.20")]
    V1_20,
    /// Flink 2.3, the newest.
    #[default]
    #[serde(rename = "2.3")]
    V2_3,
}

/// Text that this grammar cannot read, or refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// Where.
    pub span: Span,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxErrorKind {
    /// The text is not Flink SQL. Code `syntax-error`.
    #[error("{0}")]
    Unexpected(String),
    /// A construct that Flink has and sqlsec refuses on purpose. Code `unsupported-construct`.
    #[error("`{0}` is not supported")]
    Unsupported(Construct),
    /// A character that Flink reads otherwise than people do. Code `invalid-character`.
    #[error("character U+{:04X} is not allowed here", *.0 as u32)]
    Character(char),
    /// Too deep, too long, too many. Code `limit-exceeded`.
    #[error("{0}")]
    Limit(String),
    /// `${name}` that nobody has expanded. Code `unexpanded-variable`.
    #[error("variable `{0}` is not expanded: submit the text after expansion")]
    Variable(String),
}

/// Limits on a text: all are refused with `limit-exceeded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a script.
    pub script_bytes: usize,
    /// Open brackets at one place.
    pub nesting: usize,
    /// Operators in one statement.
    pub operators: usize,
    /// Set operators in one statement.
    pub set_operations: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            script_bytes: 16 << 20,
            nesting: 200,
            operators: 20_000,
            set_operations: 1_000,
        }
    }
}

/// A parsed script.
#[derive(Debug)]
pub struct Script {
    /// The statements in order, empty ones left out.
    pub statements: Vec<ast::Statement>,
}

/// A scalar expression that stands alone: a row filter or a mask of a policy.
#[derive(Debug)]
pub struct Expression {
    /// The text, as given.
    pub text: String,
    /// Its tree.
    pub scalar: ast::Scalar,
    /// Queries nested in it.
    pub queries: ast::Queries,
    /// The places of all markers, those in nested queries and in types too, in order.
    pub markers: Vec<Span>,
}

/// An identifier as Flink reads it back: in back-ticks, back-ticks doubled.
#[must_use]
pub fn quote(name: &str) -> String {
    quoted(name, '`')
}

/// A string literal as Flink reads it back: in quotes, quotes doubled.
#[must_use]
pub fn quote_literal(text: &str) -> String {
    quoted(text, '\'')
}

/// `text` between two of `mark`, with every `mark` inside doubled. The rewriter quotes every name it writes: no detour over `format!`.
fn quoted(text: &str, mark: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(mark);
    for (index, part) in text.split(mark).enumerate() {
        if index > 0 {
            quoted.push(mark);
            quoted.push(mark);
        }
        quoted.push_str(part);
    }
    quoted.push(mark);
    quoted
}

#[cfg(test)]
mod tests;
