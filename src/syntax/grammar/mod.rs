//! The grammar: recursive descent over our own tokens, one subject a file.
//!
//! There is no trial parsing: each rule decides by the tokens ahead, so every token is read once. What a rule does not know is an error at
//! that token. Scalar expressions run through `sqlparser`'s Pratt loop (see [`super::dialect`]); its cursor is the only cursor.

mod alter;
mod builtin;
mod call;
mod command;
mod create;
mod create_table;
mod cursor;
mod data_type;
mod describe;
mod expression;
mod from;
mod group_by;
mod hint;
mod insert;
mod json;
mod literal;
mod match_recognize;
mod materialized;
mod name;
mod operand;
mod operator;
mod over;
mod pattern;
pub(super) mod precedence;
mod query;
mod refused;
mod row_change;
mod schema_change;
mod select;
mod session;
mod statement;
mod table_function;
mod unpivot;

use sqlparser::parser::Parser;

use super::SyntaxError;
use super::context::Context;

/// The result of a rule.
pub(super) type Parsed<T> = Result<T, SyntaxError>;

/// The rules, at one place of one statement.
pub(super) struct Grammar<'a, 'd> {
    context: &'a Context,
    parser: &'a mut Parser<'d>,
    /// How many types are open around this one.
    type_depth: usize,
}

impl<'a, 'd> Grammar<'a, 'd> {
    pub fn new(context: &'a Context, parser: &'a mut Parser<'d>) -> Self {
        Self {
            context,
            parser,
            type_depth: 0,
        }
    }
}
