//! Which mask a rule asks for.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Template;

/// A column mask by name. The eight are Apache Ranger's; a site's named masks are templates.
#[derive(Debug, Clone)]
pub enum MaskSpec {
    /// `MASK`: capital letters become X, digits and other numbers n, all else but ASCII marks x; in numbers every digit becomes 1.
    Mask,
    /// `MASK_SHOW_LAST_4`.
    ShowLast4,
    /// `MASK_SHOW_FIRST_4`.
    ShowFirst4,
    /// `MASK_HASH`.
    Hash,
    /// `MASK_NULL`.
    Null,
    /// `MASK_NONE`: shown as it is, on purpose.
    None,
    /// `MASK_DATE_SHOW_YEAR`.
    DateShowYear,
    /// `CUSTOM`, or a mask the site has named.
    Template(Arc<Template>),
    /// The type's full redaction: a constant for text, 0 or NULL for numbers, NULL for the rest. No rule asks for it by name: it stands where an
    /// inherited mask does not fit (LINEAGE.md §1).
    Redact(Numbers),
}

/// What full redaction makes of a number.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Numbers {
    /// NULL: no sum counts it.
    #[default]
    Null,
    /// 0: a column that is NOT NULL stays so.
    Zero,
}

impl MaskSpec {
    /// The name that policies, audit records and messages use: Ranger's, or the site's.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Mask => "MASK",
            Self::ShowLast4 => "MASK_SHOW_LAST_4",
            Self::ShowFirst4 => "MASK_SHOW_FIRST_4",
            Self::Hash => "MASK_HASH",
            Self::Null => "MASK_NULL",
            Self::None => "MASK_NONE",
            Self::DateShowYear => "MASK_DATE_SHOW_YEAR",
            Self::Template(template) => &template.name,
            Self::Redact(_) => "REDACT",
        }
    }

    /// The names of the masks that are built in, for messages: those that [`from_ranger`](Self::from_ranger) takes, each once.
    pub const BUILT_IN: [&'static str; 7] = [
        "MASK",
        "MASK_SHOW_LAST_4",
        "MASK_SHOW_FIRST_4",
        "MASK_HASH",
        "MASK_NULL",
        "MASK_NONE",
        "MASK_DATE_SHOW_YEAR",
    ];

    /// The mask of one of Ranger's names that stand for themselves; `None` for `CUSTOM`, which is a template, and for every other name.
    /// Names are upper case, as Ranger writes them; `NONE` is another spelling of `MASK_NONE` (RANGER.md 2.10).
    #[must_use]
    pub fn from_ranger(name: &str) -> Option<Self> {
        match name {
            "MASK" => Some(Self::Mask),
            "MASK_SHOW_LAST_4" => Some(Self::ShowLast4),
            "MASK_SHOW_FIRST_4" => Some(Self::ShowFirst4),
            "MASK_HASH" => Some(Self::Hash),
            "MASK_NULL" => Some(Self::Null),
            "MASK_NONE" | "NONE" => Some(Self::None),
            "MASK_DATE_SHOW_YEAR" => Some(Self::DateShowYear),
            _ => None,
        }
    }
}

/// The masks whose expression depends on the type they meet. The others are the same for every type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Native {
    Mask,
    ShowLast4,
    ShowFirst4,
    Hash,
    DateShowYear,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ranger_name_is_the_name_of_its_mask() {
        for name in MaskSpec::BUILT_IN {
            assert_eq!(MaskSpec::from_ranger(name).unwrap().name(), name);
        }
        assert!(MaskSpec::from_ranger("CUSTOM").is_none());
        assert!(
            MaskSpec::from_ranger("mask").is_none(),
            "unknown names close the table: no guess"
        );
    }
}
