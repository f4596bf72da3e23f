//! Masks that a site writes itself: an expression over `{col}` and `{type}`.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, Value as Literal,
};

use super::builtin::is_built_in;
use super::value::Value;
use super::{Hides, MaskError, MaskedColumn};
use crate::syntax::{
    Construct, Expression, Operand, Span, SyntaxError, SyntaxErrorKind, normal, operands, sha256,
};

/// A mask written as an expression over `{col}` (the raw value) and `{type}` (the column's type as text, without `NOT NULL`).
#[derive(Debug)]
pub struct Template {
    /// The site's name for it, or `CUSTOM`.
    pub name: String,
    expression: Expression,
    nulls: Nulls,
    hides: Hides,
    pieces: Vec<Piece>,
    digest: String,
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
        check(&expression)?;
        let pieces = cut(&expression)?;
        Ok(Self {
            name: name.into(),
            nulls,
            hides: super::hides::of_expression(&expression),
            pieces,
            digest: sha256(&format!("{nulls:?} {}", normal(&expression.text))),
            expression,
        })
    }

    /// The same template, of which its site says how much it hides.
    #[must_use]
    pub const fn hiding(mut self, hides: Hides) -> Self {
        self.hides = hides;
        self
    }

    /// How much it hides: what its site says, else what its expression looks like.
    #[must_use]
    pub const fn hides(&self) -> Hides {
        self.hides
    }

    /// SHA-256 of what it does, in hexadecimal: the tokens of its expression and its way with NULL. Not of its name.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
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

/// Refuses what a mask cannot hold.
fn check(expression: &Expression) -> Result<(), SyntaxError> {
    let mut refused = None;
    operands(&expression.scalar.expr, &mut |operand| match operand {
        Operand::Query(_) | Operand::Wildcard(_) => {
            refused = Some(SyntaxError {
                kind: SyntaxErrorKind::Unsupported(Construct::QueryInMask),
                span: expression.scalar.span,
            });
        }
        Operand::Variable("?", span) => refused = Some(unknown_marker("?", span)),
        // Every other variable is a marker, which the cut has judged; columns and functions are judged where the policy is loaded.
        Operand::Variable(..) | Operand::Column(_) | Operand::Call(_) => {}
    })?;
    refused.map_or(Ok(()), Err)
}

fn unknown_marker(marker: &str, span: Span) -> SyntaxError {
    SyntaxError {
        kind: SyntaxErrorKind::Unexpected(format!(
            "`{marker}` cannot stand here: a mask has `{{col}}` and `{{type}}`"
        )),
        span,
    }
}

/// The text of an expression, cut at its markers.
fn cut(expression: &Expression) -> Result<Vec<Piece>, SyntaxError> {
    let text = |start, end| Piece::Text(Span::new(start, end).text(&expression.text).to_owned());
    let mut pieces = Vec::new();
    let mut end = 0;
    for marker in &expression.markers {
        pieces.push(text(end, marker.start));
        pieces.push(match marker.text(&expression.text) {
            "{col}" => Piece::Column,
            "{type}" | "{colType}" => Piece::Type,
            other => return Err(unknown_marker(other, *marker)),
        });
        end = marker.end;
    }
    let length = u32::try_from(expression.text.len()).unwrap_or(u32::MAX);
    pieces.push(text(end, length));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::mask::{FieldMask, MaskSpec, mask_column, mask_untyped};
    use crate::syntax::{DataType, MAX_LENGTH, TypeKind};

    fn spec(text: &str, nulls: Nulls) -> MaskSpec {
        MaskSpec::Template(Arc::new(Template::new("site", text, nulls).unwrap()))
    }

    fn on(data_type: &DataType, text: &str, nulls: Nulls) -> String {
        let spec = spec(text, nulls);
        let mask = FieldMask {
            path: &[],
            spec: &spec,
            when: None,
        };
        mask_column("`v`.`c`", data_type, &[mask]).unwrap().sql
    }

    fn on_phone(text: &str, nulls: Nulls) -> String {
        on(&DataType::nullable(TypeKind::Varchar(20)), text, nulls)
    }

    #[test]
    fn the_markers_of_the_text_are_replaced_and_nothing_else() {
        assert_eq!(
            on_phone(
                "f('{col}', {col}) /* {col} */ || CAST({col} AS {type})",
                Nulls::Pass
            ),
            "CAST(f('{col}', `v`.`c`) /* {col} */ || CAST(`v`.`c` AS VARCHAR(20)) AS VARCHAR(20))"
        );
        assert_eq!(
            on_phone(
                "`{col}`(E'a\\'{col}', {col}) -- {col}\n || {col}",
                Nulls::Pass
            ),
            "CAST(`{col}`(E'a\\'{col}', `v`.`c`) -- {col}\n || `v`.`c` AS VARCHAR(20))"
        );
    }

    #[test]
    fn a_call_of_the_sites_own_stays_as_it_is_written() {
        for text in [
            "Encryption_function({col})",
            "lib.db.f('key', {col})",
            "sec.SHA256({col})",
        ] {
            let plain = text.replace("{col}", "`v`.`c`");
            assert_eq!(
                on_phone(text, Nulls::Auto),
                format!("CAST({plain} AS VARCHAR(20))")
            );
            assert_eq!(
                mask_untyped("`v`.`c`", &spec(text, Nulls::Auto), None).unwrap(),
                plain
            );
        }
    }

    #[test]
    fn everything_else_is_written_behind_a_test_for_null() {
        for text in [
            "'***'",
            "Coalesce({col}, 'x')",
            "f(g({col}))",
            "f('x')",
            "f({col}) || 'x'",
            "(f({col}))",
            "{col}",
        ] {
            let shown = on_phone(text, Nulls::Auto);
            let plain = text.replace("{col}", "`v`.`c`");
            assert_eq!(
                shown,
                format!(
                    "CASE WHEN `v`.`c` IS NULL THEN CAST(NULL AS VARCHAR(20)) ELSE CAST({plain} AS VARCHAR(20)) END"
                )
            );
            assert_eq!(
                mask_untyped("`v`.`c`", &spec(text, Nulls::Auto), None).unwrap(),
                format!("CASE WHEN `v`.`c` IS NULL THEN NULL ELSE {plain} END")
            );
        }
    }

    #[test]
    fn a_site_may_say_what_happens_to_null() {
        assert!(on_phone("f({col})", Nulls::Keep).starts_with("CASE WHEN `v`.`c` IS NULL"));
        assert_eq!(
            on_phone("COALESCE({col}, '-')", Nulls::Pass),
            "CAST(COALESCE(`v`.`c`, '-') AS VARCHAR(20))"
        );
        assert_eq!(
            mask_untyped("c", &spec("{col} || 'x'", Nulls::Pass), None).unwrap(),
            "(c || 'x')"
        );
    }

    #[test]
    fn a_column_that_is_not_null_needs_no_test() {
        let not_null = DataType {
            kind: TypeKind::Varchar(MAX_LENGTH),
            nullable: false,
        };
        assert_eq!(on(&not_null, "'***'", Nulls::Auto), "CAST('***' AS STRING)");
    }

    #[test]
    fn a_type_that_is_asked_for_must_be_known() {
        let spec = spec("CAST({col} AS {type})", Nulls::Auto);
        let error = mask_untyped("c", &spec, None).unwrap_err();
        assert_eq!(error.code(), "schema-unknown");
        assert_eq!(
            error.to_string(),
            "mask `site` needs the type of its column, which is unknown"
        );
    }

    #[test]
    fn what_a_mask_cannot_hold_is_refused_with_its_place() {
        let place = |text: &str| Template::new("m", text, Nulls::Auto).unwrap_err().span;
        assert_eq!(place("f({column})"), Span::new(2, 10));
        assert_eq!(place("f(${user.dept})"), Span::new(2, 14));
        assert_eq!(place("f(?)"), Span::new(2, 3));
        for text in [
            "",
            "f({col}",
            "f({col}); g({col})",
            "{col} -- end",
            "(SELECT k FROM keys WHERE v = {col})",
            "f(*)",
        ] {
            assert!(Template::new("m", text, Nulls::Auto).is_err(), "{text}");
        }
    }
}
