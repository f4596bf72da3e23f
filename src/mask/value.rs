//! One value under one mask, and the shapes that all masks are made of.
//!
//! INVARIANT (primary): every expression made here is a column reference, a call, a `CAST(…)`, a `CASE … END` or stands in parentheses:
//! it can stand wherever an operand can, without more parentheses.

use super::spec::Native;
use super::{MaskError, MaskSpec, MaskedColumn, Numbers, date, nested, number, text};
use crate::syntax::{DataType, TypeKind};

/// A raw value: how to write it, and its type.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) sql: &'a str,
    pub(super) data_type: &'a DataType,
}

impl Value<'_> {
    /// The value as it is.
    pub(super) fn raw(self) -> MaskedColumn {
        MaskedColumn {
            sql: self.sql.to_owned(),
            data_type: self.data_type.clone(),
        }
    }

    /// `expression` in the value's exact type: lengths and precisions come back, which functions drop.
    pub(super) fn cast(self, expression: &str) -> String {
        format!("CAST({expression} AS {})", self.data_type.kind)
    }

    /// NULL in the value's type. It is nullable even where the value is not.
    pub(super) fn null(self) -> MaskedColumn {
        MaskedColumn {
            sql: self.cast("NULL"),
            data_type: self.data_type.as_nullable(),
        }
    }

    /// `expression`, which is NULL for NULL by itself and is NOT NULL for a value that is NOT NULL.
    pub(super) fn strict(self, expression: &str) -> MaskedColumn {
        MaskedColumn {
            sql: self.cast(expression),
            data_type: self.data_type.clone(),
        }
    }

    /// `expression`, which is never NULL, for every value but NULL.
    ///
    /// Without the NULL branch a column that is a constant would become NOT NULL and fill the padding rows of an outer join (FLINK.md §0.4).
    pub(super) fn constant(self, expression: &str) -> MaskedColumn {
        let shown = self.cast(expression);
        MaskedColumn {
            sql: if self.data_type.nullable {
                self.null_or(&shown)
            } else {
                shown
            },
            data_type: self.data_type.clone(),
        }
    }

    /// NULL for NULL, `shown` for everything else. `shown` has the value's type already.
    pub(super) fn null_or(self, shown: &str) -> String {
        format!(
            "CASE WHEN {} IS NULL THEN {} ELSE {shown} END",
            self.sql,
            self.cast("NULL")
        )
    }

    /// The value under `mask`.
    pub(super) fn masked(self, mask: &MaskSpec) -> Result<MaskedColumn, MaskError> {
        let native = match mask {
            MaskSpec::None => return Ok(self.raw()),
            // Flink has the type, but no syntax for it (measured: `Encountered "TIME"`), so nothing can be cast to it.
            _ if matches!(self.data_type.kind, TypeKind::TimestampTz(_)) => {
                return Err(MaskError::unfit(
                    mask.name(),
                    self.data_type,
                    "Flink SQL cannot write this type",
                ));
            }
            MaskSpec::Null => return Ok(self.null()),
            MaskSpec::Template(template) => return Ok(template.masked(self)),
            MaskSpec::Redact(numbers) => return Ok(self.redacted(*numbers)),
            MaskSpec::Mask => Native::Mask,
            MaskSpec::ShowLast4 => Native::ShowLast4,
            MaskSpec::ShowFirst4 => Native::ShowFirst4,
            MaskSpec::Hash => Native::Hash,
            MaskSpec::DateShowYear => Native::DateShowYear,
        };
        self.native(native)
            .map_err(|reason| MaskError::unfit(mask.name(), self.data_type, reason))
    }

    /// The value under a mask that depends on the type (FLINK.md §5). An error says why there is none.
    pub(super) fn native(self, mask: Native) -> Result<MaskedColumn, &'static str> {
        use TypeKind as T;
        match &self.data_type.kind {
            T::Char(length) | T::Varchar(length) => text::masked(self, *length, mask),
            T::TinyInt | T::SmallInt | T::Int | T::BigInt | T::Float | T::Double => {
                number::number(self, mask)
            }
            T::Decimal(precision, scale) => number::decimal(self, *precision, *scale, mask),
            T::Date => date::date(self, mask),
            T::Time(_) => date::time(self, mask),
            T::Timestamp(_) => Ok(date::timestamp(self, mask)),
            T::TimestampLtz(_) => Ok(date::instant(self, mask)),
            T::Boolean => self.opaque(mask, Some("FALSE")),
            T::Binary(_) | T::Varbinary(_) => self.opaque(mask, Some("X''")),
            T::Row(fields) if mask == Native::Mask => nested::all_fields(self, fields),
            T::Row(_)
            | T::Array(_)
            | T::Map(..)
            | T::Multiset(_)
            | T::Interval(_)
            | T::TimestampTz(_)
            | T::Other(_) => self.opaque(mask, None),
        }
    }

    /// Nothing of the value, in its type.
    fn redacted(self, numbers: Numbers) -> MaskedColumn {
        use TypeKind as T;
        match (&self.data_type.kind, numbers) {
            (T::Char(_) | T::Varchar(_), _) => self.constant("'***'"),
            (
                T::TinyInt
                | T::SmallInt
                | T::Int
                | T::BigInt
                | T::Float
                | T::Double
                | T::Decimal(..),
                Numbers::Zero,
            ) => self.constant("0"),
            (
                T::TinyInt
                | T::SmallInt
                | T::Int
                | T::BigInt
                | T::Float
                | T::Double
                | T::Decimal(..),
                Numbers::Null,
            )
            | (
                T::Boolean
                | T::Binary(_)
                | T::Varbinary(_)
                | T::Date
                | T::Time(_)
                | T::Timestamp(_)
                | T::TimestampTz(_)
                | T::TimestampLtz(_)
                | T::Interval(_)
                | T::Array(_)
                | T::Multiset(_)
                | T::Map(..)
                | T::Row(_)
                | T::Other(_),
                _,
            ) => self.null(),
        }
    }

    /// A type of which no part can be shown: `MASK` is `constant` where there is one, the rest is NULL.
    fn opaque(self, mask: Native, constant: Option<&str>) -> Result<MaskedColumn, &'static str> {
        match (mask, constant) {
            (Native::DateShowYear, _) => Err(NO_YEAR),
            (Native::Mask, Some(constant)) => Ok(self.constant(constant)),
            (Native::Mask | Native::ShowLast4 | Native::ShowFirst4 | Native::Hash, _) => {
                Ok(self.null())
            }
        }
    }
}

/// Why `MASK_DATE_SHOW_YEAR` fits dates and timestamps only.
pub(super) const NO_YEAR: &str = "it has no year";
