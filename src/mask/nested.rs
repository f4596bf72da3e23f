//! Masks inside `ROW`: the row is built again field by field, with each field's mask. NULL stays NULL at every level.

use std::collections::BTreeMap;

use super::spec::Native;
use super::value::Value;
use super::{FieldMask, MaskError, MaskedColumn};
use crate::syntax::{DataType, RowField, TypeKind, quote};

/// The masks of one value, as a tree over its fields.
pub(super) enum Plan<'a> {
    /// The value is masked as a whole.
    Whole(&'a FieldMask<'a>),
    /// Some of its fields are masked.
    Fields {
        /// One of the masks below: who a message names.
        first: &'a FieldMask<'a>,
        /// By name.
        fields: BTreeMap<&'a str, Plan<'a>>,
    },
}

impl<'a> Plan<'a> {
    /// The tree of all `masks`; nothing where there is none.
    pub(super) fn of(masks: &'a [FieldMask<'a>]) -> Result<Option<Self>, MaskError> {
        let mut plan: Option<Self> = None;
        for mask in masks {
            plan = Some(match plan {
                None => Self::path(mask, mask.path),
                Some(plan) => plan.and(mask, mask.path)?,
            });
        }
        Ok(plan)
    }

    fn path(mask: &'a FieldMask<'a>, path: &'a [String]) -> Self {
        match path.split_first() {
            None => Self::Whole(mask),
            Some((field, rest)) => Self::Fields {
                first: mask,
                fields: BTreeMap::from([(field.as_str(), Self::path(mask, rest))]),
            },
        }
    }

    fn and(self, mask: &'a FieldMask<'a>, path: &'a [String]) -> Result<Self, MaskError> {
        match (self, path.split_first()) {
            (Self::Fields { first, mut fields }, Some((field, rest))) => {
                let plan = match fields.remove(field.as_str()) {
                    None => Self::path(mask, rest),
                    Some(plan) => plan.and(mask, rest)?,
                };
                fields.insert(field, plan);
                Ok(Self::Fields { first, fields })
            }
            (plan @ (Self::Whole(_) | Self::Fields { .. }), _) => Err(MaskError::Overlap {
                first: plan.first().spec.name().to_owned(),
                second: mask.spec.name().to_owned(),
            }),
        }
    }

    fn first(&self) -> &'a FieldMask<'a> {
        match self {
            Self::Whole(mask) | Self::Fields { first: mask, .. } => mask,
        }
    }

    /// The value under the masks of this tree.
    pub(super) fn apply(&self, value: Value<'_>) -> Result<MaskedColumn, MaskError> {
        let fields = match self {
            Self::Whole(mask) => return mask.apply(value),
            Self::Fields { fields, .. } => fields,
        };
        let TypeKind::Row(declared) = &value.data_type.kind else {
            return Err(MaskError::unfit(
                self.first().spec.name(),
                value.data_type,
                "only fields of a ROW can be masked one by one",
            ));
        };
        for (name, plan) in fields {
            if !declared.iter().any(|field| field.name == *name) {
                return Err(MaskError::UnknownField {
                    mask: plan.first().spec.name().to_owned(),
                    field: (*name).to_owned(),
                    data_type: value.data_type.kind.clone(),
                });
            }
        }
        rebuilt(value, declared, |name, field| {
            fields
                .get(name)
                .map_or_else(|| Ok(field.raw()), |plan| plan.apply(field))
        })
    }
}

/// `MASK` on a whole `ROW`: on each of its fields.
pub(super) fn all_fields(
    value: Value<'_>,
    fields: &[RowField],
) -> Result<MaskedColumn, &'static str> {
    rebuilt(value, fields, |_, field| field.native(Native::Mask))
}

/// The row with each field as `mask` gives it; the row itself where no field changes.
fn rebuilt<E>(
    value: Value<'_>,
    fields: &[RowField],
    mut mask: impl FnMut(&str, Value<'_>) -> Result<MaskedColumn, E>,
) -> Result<MaskedColumn, E> {
    let mut values = Vec::with_capacity(fields.len());
    let mut types = Vec::with_capacity(fields.len());
    let mut changed = false;
    for field in fields {
        let operand = format!("{}.{}", value.sql, quote(&field.name));
        let masked = mask(
            &field.name,
            Value {
                sql: &operand,
                data_type: &field.data_type,
            },
        )?;
        changed |= masked.sql != operand;
        values.push(masked.sql);
        types.push(RowField {
            name: field.name.clone(),
            data_type: masked.data_type,
        });
    }
    if !changed {
        return Ok(value.raw());
    }
    let data_type = DataType {
        kind: TypeKind::Row(types),
        nullable: value.data_type.nullable,
    };
    let row = Value {
        sql: value.sql,
        data_type: &data_type,
    };
    // `constant` in its sense of "never NULL": the row constructor is NOT NULL, also for a row of NULLs.
    Ok(row.constant(&format!("ROW({})", values.join(", "))))
}
