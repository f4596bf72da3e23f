//! Masks that a site writes itself: an expression over `{col}` and `{type}`.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, Value as Literal,
};

use super::builtin::is_built_in;
use super::value::Value;
use super::{MaskError, MaskedColumn};
use crate::syntax::{Expression, Operand, Span, SyntaxError, SyntaxErrorKind, operands};

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
    /// Text that is not exactly one Flink expression; a marker other than `{col}`, `{type}` and `{colType}`; a nested query, whose tables would
    /// have no name here and could capture the column's. The message is for who writes policies: it may quote the text.
    pub fn new(name: impl Into<String>, text: &str, nulls: Nulls) -> Result<Self, SyntaxError> {
        let expression = Expression::parse(text)?;
        let pieces = cut(&expression.text)?;
        check(&expression, &pieces)?;
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

/// Compares what the parser found in the expression with what the cut found in its text: they must agree on every `{col}`.
fn check(expression: &Expression, pieces: &[Piece]) -> Result<(), SyntaxError> {
    let mut parsed = 0usize;
    let mut refused = None;
    operands(&expression.scalar.expr, &mut |operand| match operand {
        Operand::Variable("{col}", _) => parsed = parsed.saturating_add(1),
        Operand::Variable("{type}" | "{colType}", _) | Operand::Column(_) | Operand::Call(_) => {}
        Operand::Variable(marker, span) => refused = Some(unknown_marker(marker, span)),
        Operand::Query(_) | Operand::Wildcard(_) => {
            refused = Some(SyntaxError {
                kind: SyntaxErrorKind::Unsupported("a query in a mask"),
                span: expression.scalar.span,
            });
        }
    })?;
    if let Some(refused) = refused {
        return Err(refused);
    }
    let cut = pieces
        .iter()
        .filter(|piece| **piece == Piece::Column)
        .count();
    if cut == parsed {
        Ok(())
    } else {
        Err(unknown_marker("{col}", expression.scalar.span))
    }
}

fn unknown_marker(marker: &str, span: Span) -> SyntaxError {
    SyntaxError {
        kind: SyntaxErrorKind::Unexpected(format!(
            "`{marker}` cannot stand here: a mask has `{{col}}` and `{{type}}`"
        )),
        span,
    }
}

/// The text of an expression, cut at its markers. Quotes and comments hold none.
fn cut(source: &str) -> Result<Vec<Piece>, SyntaxError> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '{' => rest.find('}').map_or(rest.len(), |at| at.saturating_add(1)),
            _ => opaque(rest, c, &text),
        };
        let (head, after) = rest.split_at(length);
        let marker = match head {
            "{col}" => Some(Piece::Column),
            "{type}" | "{colType}" => Some(Piece::Type),
            _ if c == '{' => {
                let at = |text: &str| {
                    u32::try_from(source.len().saturating_sub(text.len())).unwrap_or(u32::MAX)
                };
                return Err(unknown_marker(head, Span::new(at(rest), at(after))));
            }
            _ => None,
        };
        match marker {
            None => text.push_str(head),
            Some(marker) => pieces.extend([Piece::Text(std::mem::take(&mut text)), marker]),
        }
        rest = after;
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

/// Bytes of the quote, comment or character that `rest` starts with, by the rules of Flink's lexer (FLINK.md §8). `before` is what precedes it.
fn opaque(rest: &str, first: char, before: &str) -> usize {
    let end = |of: Option<usize>| of.unwrap_or(rest.len());
    match first {
        '\'' if is_prefix_e(before) => end(backslashed(rest)),
        // A doubled quote is read as two literals side by side: the border is the same.
        '\'' | '`' | '"' => end(rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == first)
            .map(|(at, _)| at.saturating_add(1))),
        '-' | '/' if rest.starts_with("--") || rest.starts_with("//") => {
            end(rest.find(['\n', '\r']))
        }
        '/' if rest.starts_with("/*") => end(rest
            .match_indices("*/")
            .find(|(at, _)| *at >= 2)
            .map(|(at, close)| at.saturating_add(close.len()))),
        _ => first.len_utf8(),
    }
}

/// Whether a quote after `before` opens `E'…'`, in which a backslash escapes.
fn is_prefix_e(before: &str) -> bool {
    let mut last = before.chars().rev();
    matches!(last.next(), Some('e' | 'E'))
        && !last
            .next()
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
}

/// Bytes of an `E'…'` from its quote on; there a doubled quote must not be taken for two literals, the second of which is a plain one.
fn backslashed(rest: &str) -> Option<usize> {
    let mut inside = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = inside.next() {
        match c {
            '\\' => {
                inside.next();
            }
            '\'' if inside.next_if(|(_, next)| *next == '\'').is_none() => {
                return Some(at.saturating_add(1));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        cut(text).unwrap().iter().fold(String::new(), |sql, piece| {
            sql + match piece {
                Piece::Text(text) => text,
                Piece::Column => "<c>",
                Piece::Type => "<t>",
            }
        })
    }

    #[test]
    fn markers_in_literals_names_and_comments_are_text() {
        assert_eq!(
            written("f('{col}', {col}) /* {col} */ || `{type}`"),
            "f('{col}', <c>) /* {col} */ || `{type}`"
        );
        assert_eq!(
            written("CAST({col} AS {type}) || CAST({col} AS {colType})"),
            "CAST(<c> AS <t>) || CAST(<c> AS <t>)"
        );
        assert_eq!(written("'it''s {col}' || {col}"), "'it''s {col}' || <c>");
        assert_eq!(written("E'a\\'{col}' || {col}"), "E'a\\'{col}' || <c>");
        assert_eq!(
            written("e'a''b\\'{col}' || {col}"),
            "e'a''b\\'{col}' || <c>"
        );
        assert_eq!(
            written("some'a\\' || {col}"),
            "some'a\\' || <c>",
            "no prefix, no escape"
        );
        assert_eq!(
            written("1 -- {col}\n+ {col} // {col}\r+ {col}"),
            "1 -- {col}\n+ <c> // {col}\r+ <c>"
        );
        assert_eq!(written("/*/ {col} */{col}"), "/*/ {col} */<c>");
        assert_eq!(written("U&\"{col}\" + {col}"), "U&\"{col}\" + <c>");
    }

    #[test]
    fn an_unknown_marker_is_refused_with_its_place() {
        let error = cut("f({column})").unwrap_err();
        assert_eq!(error.span, Span::new(2, 10));
        assert!(cut("{col").is_err());
        assert!(cut("${user.dept}").is_err());
    }
}
