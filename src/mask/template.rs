//! Masks that a site writes itself: an expression over `{col}` and `{type}`.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, Value as Literal,
};

use super::builtin::is_built_in;
use super::value::Value;
use super::{MaskError, MaskedColumn};
use crate::syntax::{Expression, SyntaxError, SyntaxErrorKind};

/// A mask written as an expression over `{col}` (the raw value) and `{type}` (the column's type as text, without `NOT NULL`).
#[derive(Debug)]
pub struct Template {
    /// The site's name for it, or `CUSTOM`.
    pub name: String,
    expression: Expression,
    nulls: Nulls,
    pieces: Vec<Piece>,
}

/// What a template's mask does with NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nulls {
    /// NULL stays NULL. A template that is exactly one call of a function of the site's with `{col}` as an argument is trusted to see to that
    /// itself, so `encrypt({col})` stays as it is written; everything else is written behind a test.
    #[default]
    Auto,
    /// NULL stays NULL: always behind a test, also for a function of the site's.
    Keep,
    /// The expression gets NULLs, and may show something for them.
    Pass,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// `{col}`.
    Column,
    /// `{type}`; Ranger also spells it `{colType}` (RANGER.md 2.10).
    Type,
}

impl Template {
    /// A template from its text.
    ///
    /// # Errors
    /// Text that is not exactly one Flink expression, and a marker other than `{col}`, `{type}` and `{colType}`. The message is for who writes
    /// policies: it may quote the text.
    pub fn new(name: impl Into<String>, text: &str, nulls: Nulls) -> Result<Self, SyntaxError> {
        let expression = Expression::parse(text)?;
        let pieces = pieces(&expression)?;
        Ok(Self {
            name: name.into(),
            expression,
            nulls,
            pieces,
        })
    }

    /// The expression, as parsed.
    #[must_use]
    pub const fn expression(&self) -> &Expression {
        &self.expression
    }

    /// What it does with NULL.
    #[must_use]
    pub const fn nulls(&self) -> Nulls {
        self.nulls
    }

    /// The mask on a value whose type is known: in that exact type. The result is said to be nullable, because nobody knows what the
    /// expression answers.
    pub(super) fn masked(&self, value: Value<'_>) -> MaskedColumn {
        let shown = value.cast(&self.render(value.sql, &value.data_type.kind.to_string()));
        MaskedColumn {
            sql: if value.data_type.nullable && self.needs_test() {
                value.null_or(&shown)
            } else {
                shown
            },
            data_type: value.data_type.as_nullable(),
        }
    }

    /// The mask on a value of unknown type: in whatever type the expression has.
    pub(super) fn masked_untyped(&self, operand: &str) -> Result<String, MaskError> {
        if self.pieces.contains(&Piece::Type) {
            return Err(MaskError::TypeUnknown {
                mask: self.name.clone(),
            });
        }
        let shown = self.render(operand, "");
        Ok(if self.needs_test() {
            format!("CASE WHEN {operand} IS NULL THEN NULL ELSE {shown} END")
        } else if self.call().is_some() {
            shown
        } else {
            format!("({shown})")
        })
    }

    fn render(&self, operand: &str, data_type: &str) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Column => operand,
                Piece::Type => data_type,
            })
            .collect()
    }

    fn needs_test(&self) -> bool {
        match self.nulls {
            Nulls::Keep => true,
            Nulls::Pass => false,
            Nulls::Auto => !self.call().is_some_and(is_call_of_the_site),
        }
    }

    fn call(&self) -> Option<&sqlparser::ast::Function> {
        match &self.expression.scalar.expr {
            Expr::Function(call) => Some(call),
            _ => None,
        }
    }
}

/// Whether `call` is `f(…, {col}, …)`, where `f` is not Flink's: a qualified name never is.
fn is_call_of_the_site(call: &sqlparser::ast::Function) -> bool {
    let name_is_flinks = match call.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => is_built_in(&name.value),
        [_, _, ..] => false,
        _ => true,
    };
    let FunctionArguments::List(arguments) = &call.args else {
        return false;
    };
    !name_is_flinks
        && call.over.is_none()
        && call.filter.is_none()
        && arguments.args.iter().any(|argument| {
            matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))
                if matches!(&value.value, Literal::Placeholder(marker) if marker == "{col}"))
        })
}

/// The text of an expression, cut at its markers.
///
/// The expression has been parsed, so quotes and comments are closed, and a brace that stands outside of them belongs to a marker.
fn pieces(expression: &Expression) -> Result<Vec<Piece>, SyntaxError> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = expression.text.as_str();
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '{' => {
                let length = rest.find('}').map_or(rest.len(), |at| at + 1);
                let (marker, after) = rest.split_at(length);
                let piece = match marker {
                    "{col}" => Piece::Column,
                    "{type}" | "{colType}" => Piece::Type,
                    _ => return Err(unknown(marker, expression)),
                };
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(piece);
                rest = after;
                continue;
            }
            '\'' => quoted(rest, '\'', ends_in_e(&text)),
            '`' => quoted(rest, '`', false),
            '"' => quoted(rest, '"', false),
            '-' if rest.starts_with("--") => line(rest),
            '/' if rest.starts_with("//") => line(rest),
            '/' if rest.starts_with("/*") => rest
                .get(2..)
                .and_then(|inner| inner.find("*/"))
                .map_or(rest.len(), |at| at + 4),
            _ => c.len_utf8(),
        };
        let (head, after) = rest.split_at(length);
        text.push_str(head);
        rest = after;
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}
