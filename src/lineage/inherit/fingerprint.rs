//! What a mask does to a value, as a short text: equal texts are the same mask (LINEAGE.md §1, state of written data).
//!
//! `<how much it hides>:<SHA-256 of name or expression>:<kind of type>`. The name of a site's mask is not in it: the same expression under another
//! name is the same mask; a key is a part of the expression. Lengths and precisions are not in it either: they do not change what is hidden.

use crate::lineage::Fingerprint;
use crate::mask::{Hides, MaskSpec};
use crate::syntax::{DataType, TypeKind, sha256};

/// Of a type that nobody knows.
const UNKNOWN: &str = "?";

/// The fingerprint of a mask on a column of this type.
#[must_use]
pub fn fingerprint(mask: &MaskSpec, data_type: Option<&DataType>) -> Fingerprint {
    let made;
    let what = match mask {
        MaskSpec::Template(template) => template.digest(),
        MaskSpec::Redact(numbers) => {
            made = sha256(&format!("REDACT {numbers:?}"));
            &made
        }
        MaskSpec::Mask
        | MaskSpec::ShowLast4
        | MaskSpec::ShowFirst4
        | MaskSpec::Hash
        | MaskSpec::Null
        | MaskSpec::None
        | MaskSpec::DateShowYear => {
            made = sha256(mask.name());
            &made
        }
    };
    let family = data_type.map_or(UNKNOWN, |t| family(&t.kind));
    Fingerprint(format!("{}:{what}:{family}", mask.hides().word()))
}

impl Fingerprint {
    /// How much the mask hides; nothing where the text is none of ours.
    #[must_use]
    pub fn hides(&self) -> Hides {
        Hides::of_word(self.0.split(':').next().unwrap_or_default())
    }

    /// Whether two are the same mask: a type that is not known is any.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let (Some((ours, our_type)), Some((theirs, their_type))) =
            (self.0.rsplit_once(':'), other.0.rsplit_once(':'))
        else {
            return false;
        };
        ours == theirs && (our_type == their_type || our_type == UNKNOWN || their_type == UNKNOWN)
    }

    /// Whether what is left under this mask tells no more than what is left under `wanted`. A hash and a cipher are alike; two parts are not: they
    /// may be different parts.
    #[must_use]
    pub fn is_as_strict_as(&self, wanted: &Self) -> bool {
        let (ours, theirs) = (self.hides(), wanted.hides());
        self.is_same(wanted) || ours > theirs || (ours == theirs && ours > Hides::Some)
    }
}

/// The kind of a type, without length and precision.
fn family(kind: &TypeKind) -> &'static str {
    use TypeKind as T;
    match kind {
        T::Char(_) | T::Varchar(_) => "text",
        T::Boolean => "boolean",
        T::Binary(_) | T::Varbinary(_) => "bytes",
        T::Decimal(..) => "decimal",
        T::TinyInt | T::SmallInt | T::Int | T::BigInt => "integer",
        T::Float | T::Double => "float",
        T::Date => "date",
        T::Time(_) => "time",
        T::Timestamp(_) | T::TimestampTz(_) | T::TimestampLtz(_) => "timestamp",
        T::Interval(_) => "interval",
        T::Array(_) => "array",
        T::Multiset(_) => "multiset",
        T::Map(..) => "map",
        T::Row(_) => "row",
        T::Other(_) => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::mask::{Nulls, Template};

    fn template(name: &str, text: &str) -> MaskSpec {
        MaskSpec::Template(Arc::new(Template::new(name, text, Nulls::Auto).unwrap()))
    }

    fn of(mask: &MaskSpec) -> Fingerprint {
        fingerprint(mask, Some(&DataType::nullable(TypeKind::Int)))
    }

    #[test]
    fn blanks_and_names_change_no_mask_and_keys_do() {
        let one = of(&template("a", "encrypt({col}, 'k1')"));
        assert!(one.is_same(&of(&template("b", "encrypt( {col} /* c */ ,'k1' )"))));
        assert!(!one.is_same(&of(&template("a", "encrypt({col}, 'k2')"))));
        assert!(!one.is_same(&of(&template("a", "encrypt({col}, 'k1 ')"))));
    }

    #[test]
    fn a_type_that_is_not_known_is_any() {
        let known = of(&MaskSpec::Hash);
        assert!(known.is_same(&fingerprint(&MaskSpec::Hash, None)));
        let text = DataType::nullable(TypeKind::Varchar(9));
        assert!(!known.is_same(&fingerprint(&MaskSpec::Hash, Some(&text))));
    }

    #[test]
    fn two_parts_are_not_as_strict_as_each_other_and_two_signs_are() {
        let (first, last) = (of(&MaskSpec::ShowFirst4), of(&MaskSpec::ShowLast4));
        assert!(!first.is_as_strict_as(&last) && first.is_as_strict_as(&first));
        let (hash, cipher) = (of(&MaskSpec::Hash), of(&template("e", "encrypt({col})")));
        assert!(hash.is_as_strict_as(&cipher) && cipher.is_as_strict_as(&hash));
        assert!(hash.is_as_strict_as(&last) && !last.is_as_strict_as(&hash));
        assert!(of(&MaskSpec::Null).is_as_strict_as(&hash));
        assert!(!Fingerprint("x".into()).is_as_strict_as(&last));
    }
}
