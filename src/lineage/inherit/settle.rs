//! One mask of many (LINEAGE.md §1, conflicts).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Mask, Want, fingerprint};
use crate::lineage::{Fingerprint, SourceColumn};
use crate::mask::{Hides, MaskSpec, Numbers};
use crate::policy::{ClosedSources, ColumnMask, Inheritance, Inherited, Mixed, OnConflict, RuleId};

/// What a policy says of inheritance.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    /// Different masks of one column.
    pub on_conflict: OnConflict,
    /// Masked and raw rows in one column.
    pub mixed: Mixed,
    /// What full redaction makes of a number.
    pub numbers: Numbers,
    /// Whether sources that are closed to the reader show in what is derived from them.
    pub show_closed: bool,
    /// The functions whose result needs no mask.
    pub declassifying: &'a [String],
}

impl<'a> From<&'a Inheritance> for Settings<'a> {
    fn from(said: &'a Inheritance) -> Self {
        Self {
            on_conflict: said.on_conflict,
            mixed: said.mixed,
            numbers: said.redact_numbers,
            show_closed: said.closed_sources == ClosedSources::Show,
            declassifying: &said.declassifying,
        }
    }
}

/// What a column inherits.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Its mask: one on the whole, whose path is empty, or several on fields, by their paths below the column.
    pub masks: Vec<ColumnMask>,
    /// Different masks meet, and the policy closes the table then.
    pub conflict: bool,
    /// Masked and raw rows meet, and the policy closes the table then.
    pub mixed: bool,
    /// Of some of its data nobody knows where they came from.
    pub unknown: bool,
}

pub(super) fn settle(
    wants: &BTreeMap<(Option<SourceColumn>, RuleId), Want>,
    mixed: bool,
    unknown: bool,
    settings: &Settings<'_>,
) -> Found {
    let mut distinct: Vec<(Fingerprint, &Want)> = Vec::new();
    for want in wants.values() {
        let print = print(want);
        if !distinct.iter().any(|(kept, _)| kept.is_same(&print)) {
            distinct.push((print, want));
        }
    }
    let Some(strictest) = distinct.iter().map(|(_, want)| want.hides()).max() else {
        return Found {
            unknown,
            ..Found::default()
        };
    };
    let mut highest = distinct
        .iter()
        .filter(|(_, want)| want.hides() == strictest);
    let (first, second) = (highest.next(), highest.next());
    let conflict = distinct.len() > 1;
    let redact = match settings.on_conflict {
        OnConflict::Strictest | OnConflict::Deny => second.is_some(),
        // Nothing is weakened by it: NULL stays NULL.
        OnConflict::Redact => conflict && strictest < Hides::Redacted,
    };
    let Some((_, first)) = first else {
        return Found::default();
    };
    Found {
        masks: masks(first, redact, wants, settings.numbers),
        conflict: conflict && settings.on_conflict == OnConflict::Deny,
        mixed: mixed && settings.mixed == Mixed::Deny,
        unknown,
    }
}

fn print(want: &Want) -> Fingerprint {
    match &want.mask {
        Mask::Whole(spec) => fingerprint(spec, want.data_type.as_ref()),
        Mask::Fields(masks) => {
            let fields = masks.iter().map(|mask| {
                let spec = fingerprint(&mask.mask, None);
                format!("{:?}{}", mask.path.get(1..).unwrap_or_default(), spec.0)
            });
            let fields = crate::syntax::sha256(&fields.collect::<String>());
            Fingerprint(format!("{}:{fields}:row", Hides::Some.word()))
        }
    }
}

fn masks(
    first: &Want,
    redact: bool,
    wants: &BTreeMap<(Option<SourceColumn>, RuleId), Want>,
    numbers: Numbers,
) -> Vec<ColumnMask> {
    let inherit = wants.values().map(|w| w.inherit).max().unwrap_or_default();
    let aggregate = wants.values().map(|w| w.aggregate).max();
    let inherited = Some(Arc::new(Inherited {
        from: first.origin.clone(),
        jobs: first.jobs.iter().map(ToString::to_string).collect(),
    }));
    let whole = |spec: MaskSpec| ColumnMask {
        path: Vec::new(),
        mask: spec,
        when: None,
        rule: Arc::clone(&first.rule),
        inherit,
        aggregate: aggregate.unwrap_or_default(),
        inherited: inherited.clone(),
    };
    match &first.mask {
        _ if redact => vec![whole(MaskSpec::Redact(numbers))],
        Mask::Whole(spec) => vec![whole(spec.clone())],
        Mask::Fields(fields) => {
            let one = |field: &ColumnMask| ColumnMask {
                path: field.path.get(1..).unwrap_or_default().to_vec(),
                ..whole(field.mask.clone())
            };
            fields.iter().map(one).collect()
        }
    }
}
