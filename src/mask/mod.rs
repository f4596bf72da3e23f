//! `mask`: a mask and a column become a Flink SQL expression of exactly that column's type.
//!
//! In: how to write the raw value, its type, the masks on it. Out: [`MaskedColumn`], or a [`MaskError`] that names the mask and the type.
//! Stays out: which mask applies, where the expression is put, and whether the column may lose its time attribute or key.
//! Invariant: NULL stays NULL (but for a template that says [`Nulls::Pass`]), and a value is never shown because a mask did not fit.

mod builtin;
mod date;
mod error;
mod hides;
mod nested;
mod number;
mod spec;
mod template;
mod text;
mod value;

#[cfg(test)]
mod tests;

pub use error::MaskError;
pub use hides::Hides;
pub use spec::{MaskSpec, Numbers};
pub use template::{Nulls, Template};

use crate::syntax::DataType;
use nested::Plan;
use value::Value;

/// The functions of Flink's that the expressions of Ranger's masks call and that a `CREATE TEMPORARY SYSTEM FUNCTION` could replace (FLINK.md
/// §0.6; `CAST`, `FLOOR` and the other operators resist). Whoever may register one of these can undo a mask. A template's own functions stand in
/// its expression.
pub const FUNCTIONS: [&str; 8] = [
    "CHAR_LENGTH",
    "COALESCE",
    "CONCAT",
    "GREATEST",
    "LEFT",
    "REGEXP_REPLACE",
    "REPEAT",
    "SHA256",
];

/// A mask on a column or on a field inside it.
#[derive(Debug, Clone)]
pub struct FieldMask<'a> {
    /// The names of nested fields below the column, outermost first, case-sensitive; empty for the column itself.
    pub path: &'a [String],
    /// The mask.
    pub spec: &'a MaskSpec,
    /// A SQL condition: where it is FALSE the value is shown raw; where it is TRUE or NULL the mask applies.
    pub when: Option<String>,
}

/// What stands in place of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedColumn {
    /// A Flink SQL expression that can stand wherever an operand can: a reference, a call, `CAST(…)`, `CASE … END`.
    pub sql: String,
    /// Its type: the column's, but nullable where the mask cannot do without NULL, at the top or in a field of a `ROW`.
    /// A column that is `NOT NULL` stays so under all masks but `MASK_NULL`, those that are NULL for its type, and templates (of a template
    /// nullable means: not known).
    pub data_type: DataType,
}

/// The expression that stands in place of a column.
///
/// `operand` is the raw value as SQL: a column reference, qualified by its table where the type is a `ROW` (masks reach into its fields, and
/// `` `r`.`x` `` could be read as column x of a table r). Without a mask, or with none but `MASK_NONE`, the answer is the operand itself: a time attribute stays one.
///
/// # Errors
/// `mask-unfit`: a mask has no safe expression of the type; a path goes through something other than a `ROW` or names a field that is not
/// there; two masks reach one value.
pub fn mask_column(
    operand: &str,
    data_type: &DataType,
    masks: &[FieldMask<'_>],
) -> Result<MaskedColumn, MaskError> {
    let value = Value {
        sql: operand,
        data_type,
    };
    match Plan::of(masks)? {
        None => Ok(value.raw()),
        Some(plan) => plan.apply(value),
    }
}

/// The expression that stands in place of a column whose type nobody knows: only for templates without `{type}`, whose result then has the type
/// that the expression has, and `MASK_NONE`. Nested fields need a type.
///
/// # Errors
/// `schema-unknown`: every other mask.
pub fn mask_untyped(
    operand: &str,
    spec: &MaskSpec,
    when: Option<&str>,
) -> Result<String, MaskError> {
    let masked = match spec {
        MaskSpec::None => return Ok(operand.to_owned()),
        MaskSpec::Template(template) => template.masked_untyped(operand)?,
        MaskSpec::Mask
        | MaskSpec::ShowLast4
        | MaskSpec::ShowFirst4
        | MaskSpec::Hash
        | MaskSpec::Null
        | MaskSpec::DateShowYear
        | MaskSpec::Redact(_) => {
            return Err(MaskError::TypeUnknown {
                mask: spec.name().to_owned(),
            });
        }
    };
    Ok(match when {
        None => masked,
        Some(when) => unless_false(when, operand, &masked),
    })
}

impl FieldMask<'_> {
    fn apply(&self, value: Value<'_>) -> Result<MaskedColumn, MaskError> {
        let masked = value.masked(self.spec)?;
        let Some(when) = &self.when else {
            return Ok(masked);
        };
        if masked.sql == value.sql {
            return Ok(masked);
        }
        // A ROW whose fields became nullable is another type: both branches of a CASE must have one.
        let raw = if masked.data_type.kind == value.data_type.kind {
            value.sql.to_owned()
        } else {
            format!("CAST({} AS {})", value.sql, masked.data_type.kind)
        };
        Ok(MaskedColumn {
            sql: unless_false(when, &raw, &masked.sql),
            data_type: masked.data_type,
        })
    }
}

/// `masked` but for rows where `when` is FALSE. `IS FALSE` is the test that NULL does not pass.
fn unless_false(when: &str, raw: &str, masked: &str) -> String {
    format!("CASE WHEN ({when}) IS FALSE THEN {raw} ELSE {masked} END")
}
