//! One step: a mask that somebody has on a source, and what of it a column inherits that was made of this source (LINEAGE.md §1, rows A to L).
//!
//! In: the mask with its rule's settings, the relationship, the target's type. Out: the mask on the target, or nothing.
//! Invariant: what does not fit becomes full redaction; only `inherit`, `aggregate` and COUNT let a mask end.

use super::{Mask, Want};
use crate::lineage::{Direct, Form, Indirect, Reduction, Relationship};
use crate::mask::{FieldMask, Hides, MaskSpec, Numbers, mask_column};
use crate::policy::{Aggregate, Inherit};
use crate::syntax::{DataType, MAX_LENGTH, TypeKind};

/// How far a rule must reach to go over an edge.
pub(super) const fn due(relationship: Relationship) -> Inherit {
    match relationship {
        Relationship::Direct(_) | Relationship::Indirect(Indirect::Twin) => Inherit::Direct,
        Relationship::Indirect(Indirect::Conditional | Indirect::Count) => {
            Inherit::DirectConditional
        }
        Relationship::Indirect(
            Indirect::Window
            | Indirect::Join
            | Indirect::Filter
            | Indirect::GroupBy
            | Indirect::Sort
            | Indirect::Rows,
        ) => Inherit::All,
    }
}

/// What the target of an edge inherits.
pub(super) fn carry(
    want: &Want,
    relationship: Relationship,
    target: Option<&DataType>,
    numbers: Numbers,
) -> Option<Want> {
    if want.inherit < due(relationship) {
        return None;
    }
    let mask = match relationship {
        Relationship::Indirect(_) => Mask::Whole(MaskSpec::Redact(numbers)),
        Relationship::Direct(direct) => {
            let released =
                direct.reduction == Reduction::Combined && want.aggregate == Aggregate::Release;
            if direct.reduction == Reduction::Counted || released {
                return None;
            }
            if fits(want, direct, target) {
                want.mask.clone()
            } else {
                Mask::Whole(MaskSpec::Redact(numbers))
            }
        }
    };
    Some(Want {
        mask: constant_or(mask, &want.mask),
        data_type: target.cloned(),
        ..want.clone()
    })
}

/// NULL is NULL wherever it stands: it is not weakened to a redaction.
fn constant_or(mask: Mask, source: &Mask) -> Mask {
    match source {
        Mask::Whole(spec @ MaskSpec::Null) => Mask::Whole(spec.clone()),
        Mask::Whole(_) | Mask::Fields(_) => mask,
    }
}

/// Whether the source's mask says of the derived value what it says of the source.
fn fits(want: &Want, direct: Direct, target: Option<&DataType>) -> bool {
    let spec = match &want.mask {
        // Its fields are found again only in the very same value.
        Mask::Fields(_) => {
            return direct == Direct::SAME && target.is_some() && want.data_type.as_ref() == target;
        }
        Mask::Whole(spec) => spec,
    };
    let source = want.data_type.as_ref();
    let hides = spec.hides();
    // A sink casts in silence.
    let form = match direct.form {
        Form::Same | Form::Picked if !alike(source, target) => Form::Cast,
        form => form,
    };
    let same_value = match (form, direct.reduction) {
        (Form::Same | Form::Picked, Reduction::None) => true,
        // A list of values (LISTAGG) may have the type of one: Ranger's masks show no more of it, an expression could show all but its beginning.
        (Form::Same | Form::Picked, Reduction::Picked) => {
            hides > Hides::Some || !matches!(spec, MaskSpec::Template(_))
        }
        (Form::Cast, Reduction::None | Reduction::Picked) => {
            hides > Hides::Some || keeps_parts(spec, source, target)
        }
        (Form::Same | Form::Picked | Form::Cast, Reduction::Combined | Reduction::Counted)
        | (Form::Hashed | Form::Derived, _) => false,
    };
    (same_value || hides > Hides::Some) && is_writable(spec, source, target, same_value)
}

/// Whether two types are the same but for NOT NULL; where one is not known, nothing speaks against it.
fn alike(source: Option<&DataType>, target: Option<&DataType>) -> bool {
    match (source, target) {
        (Some(source), Some(target)) => source.kind == target.kind,
        _ => true,
    }
}

/// Whether a mask that shows a part of a value shows the same part of it under another type.
fn keeps_parts(spec: &MaskSpec, source: Option<&DataType>, target: Option<&DataType>) -> bool {
    use TypeKind as T;
    let (Some(source), Some(target)) = (source, target) else {
        return false;
    };
    let whole = |bits: &T| match bits {
        T::TinyInt => Some(1),
        T::SmallInt => Some(2),
        T::Int => Some(3),
        T::BigInt => Some(4),
        _ => None,
    };
    let length = |kind: &T| match kind {
        T::Char(n) | T::Varchar(n) => Some(*n),
        _ => None,
    };
    let (from, to) = (&source.kind, &target.kind);
    match spec {
        MaskSpec::Mask | MaskSpec::ShowLast4 | MaskSpec::ShowFirst4 => {
            // CHAR pads with blanks, which would be the last four.
            let text = matches!(to, T::Varchar(_)) && length(from) <= length(to);
            match (length(from), whole(from), whole(to)) {
                (Some(_), ..) => text,
                (None, Some(from), Some(to)) => from <= to,
                (None, Some(_), None) => matches!(to, T::Varchar(n) if *n >= 20),
                (None, None, _) => false,
            }
        }
        MaskSpec::DateShowYear => {
            matches!(from, T::Date | T::Timestamp(_)) && matches!(to, T::Date | T::Timestamp(_))
        }
        MaskSpec::Hash
        | MaskSpec::Null
        | MaskSpec::None
        | MaskSpec::Template(_)
        | MaskSpec::Redact(_) => false,
    }
}

/// Whether the mask has an expression of the target's type that means there what it means at its source.
fn is_writable(
    spec: &MaskSpec,
    source: Option<&DataType>,
    target: Option<&DataType>,
    same_value: bool,
) -> bool {
    let Some(target) = target else {
        // Nobody knows the type: what cannot be written then is refused by who writes it.
        return true;
    };
    if let MaskSpec::Template(template) = spec
        && template.hides() != Hides::Null
    {
        // Its expression was written for the type of the source: of other types it is known for text alone that everything can be cast to it.
        let same_kind = source.is_some_and(|source| similar(&source.kind, &target.kind));
        let unknown = source.is_none() && same_value;
        if !same_kind && !unknown && target.kind != TypeKind::Varchar(MAX_LENGTH) {
            return false;
        }
    }
    let mask = FieldMask {
        path: &[],
        spec,
        when: None,
    };
    mask_column("`c`", target, &[mask]).is_ok()
}

/// Whether what fits the one type fits the other: a shorter text would be cut.
fn similar(source: &TypeKind, target: &TypeKind) -> bool {
    use TypeKind as T;
    match (source, target) {
        (T::Char(from) | T::Varchar(from), T::Char(to) | T::Varchar(to)) => from <= to,
        _ => source == target,
    }
}
