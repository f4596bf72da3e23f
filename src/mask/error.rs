//! Why a mask cannot be written.

use crate::syntax::{DataType, TypeKind};

/// Why a mask cannot be written for a column. Fields hold names and types: no expression of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    /// The mask's expression depends on the column's type, and nobody said what it is. Cure: DDL in the script, or a catalog.
    #[error("mask `{mask}` needs the type of its column, which is unknown")]
    TypeUnknown {
        /// The mask's name.
        mask: String,
    },
    /// The mask has no expression that is safe and has the column's type.
    #[error("mask `{mask}` does not fit type `{data_type}`: {reason}")]
    Unfit {
        /// The mask's name.
        mask: String,
        /// The type it met, without `NOT NULL`.
        data_type: TypeKind,
        /// Why, in a few words.
        reason: &'static str,
    },
    /// The path of a nested field names a field that the `ROW` lacks.
    #[error("mask `{mask}` is on field `{field}`, which type `{data_type}` does not have")]
    UnknownField {
        /// The mask's name.
        mask: String,
        /// The field, case-sensitive.
        field: String,
        /// The type in which it was looked for, without `NOT NULL`.
        data_type: TypeKind,
    },
    /// Two masks reach the same value: one field twice, or a `ROW` and a field of it. Whoever decides picks one; here neither wins.
    #[error("masks `{first}` and `{second}` both reach one value")]
    Overlap {
        /// A mask's name.
        first: String,
        /// Another's.
        second: String,
    },
}

impl MaskError {
    /// The stable code of the reply: `schema-unknown` or `mask-unfit`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TypeUnknown { .. } => "schema-unknown",
            Self::Unfit { .. } | Self::UnknownField { .. } | Self::Overlap { .. } => "mask-unfit",
        }
    }

    pub(super) fn unfit(mask: &str, data_type: &DataType, reason: &'static str) -> Self {
        Self::Unfit {
            mask: mask.to_owned(),
            data_type: data_type.kind.clone(),
            reason,
        }
    }
}
