//! Columns that somebody may not read, of a table that they may read: access rules with `columns`.
//!
//! In: the faces of a table and a principal. Out: its denied columns with the rules that say so, and the masks of the table with NULL in their place. Stays
//! out: whether a statement reads one of them (`check::datasets`), which is refused there with the place in the text.
//! Invariant: a rule on columns opens no table. One that allows gives back what one of lower priority denies, and nothing else.
//! Invariant: a denied column is masked with NULL as well: a place that is overlooked shows nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Faces, Hit};
use super::document::{Aggregate, Effect, Inherit};
use super::masks::Decided;
use super::obligation::DeniedColumn;
use super::refusal::{Kind, Refusal};
use super::rule::{RuleKind, Standing};
use super::subject::Who;
use super::{ColumnMask, Resource, RuleId};
use crate::mask::MaskSpec;

/// What the rules of one face say of a column: those of the highest priority, deny before allow.
#[derive(Debug)]
pub(super) struct Said {
    pub priority: i32,
    pub effect: Effect,
    pub rules: Vec<RuleId>,
}

/// The columns that the rules of a table deny. Each face by itself: what one of them allows gives back nothing that another denies.
///
/// # Errors
/// `schema-unknown` where a column is denied and nobody knows the columns; `column-unknown`: one that is not there may be there under another name.
pub(super) fn denied(
    faces: &Faces<'_>,
    who: &Who<'_>,
    resource: &Resource<'_>,
) -> Result<Vec<DeniedColumn>, Refusal> {
    let mut all: BTreeMap<String, BTreeSet<RuleId>> = BTreeMap::new();
    for face in faces.full.iter().chain(&faces.adding) {
        for (column, said) in said(face, who, resource)? {
            match said.effect {
                Effect::Deny => all.entry(column).or_default().extend(said.rules),
                Effect::Allow => {}
            }
        }
    }
    let denied = all.into_iter().map(|(column, rules)| DeniedColumn {
        column,
        rules: rules.into_iter().collect(),
    });
    Ok(denied.collect())
}

/// What the rules of one face say of each column that they speak of.
///
/// # Errors
/// As [`denied`].
pub(super) fn said(
    face: &[Hit<'_>],
    who: &Who<'_>,
    resource: &Resource<'_>,
) -> Result<BTreeMap<String, Said>, Refusal> {
    let mut all: BTreeMap<String, Said> = BTreeMap::new();
    for hit in face {
        let RuleKind::Columns(effect) = hit.rule.kind else {
            continue;
        };
        if hit.rule.standing(who) != Standing::Speaks {
            continue;
        }
        let id = &hit.rule.id;
        let rank = |priority: i32, effect: Effect| (priority, effect == Effect::Deny);
        let mine = rank(hit.rule.priority, effect);
        for column in columns(hit, effect, resource)? {
            let said = all.entry(column).or_insert_with(|| Said {
                priority: hit.rule.priority,
                effect,
                rules: Vec::new(),
            });
            let theirs = rank(said.priority, said.effect);
            if mine > theirs {
                (said.priority, said.effect) = (hit.rule.priority, effect);
                said.rules.clear();
            }
            if mine >= theirs && !said.rules.contains(id) {
                said.rules.push(id.clone());
            }
        }
    }
    Ok(all)
}

/// The columns that a rule is about.
fn columns(
    hit: &Hit<'_>,
    effect: Effect,
    resource: &Resource<'_>,
) -> Result<BTreeSet<String>, Refusal> {
    let refuse = |kind, detail| Err(Refusal::new(kind, [hit.rule.id.clone()], detail));
    let mut found = BTreeSet::new();
    for pattern in hit.targets.iter().flat_map(|target| &target.columns) {
        let paths = match (resource.columns, pattern.literal(), effect) {
            (None, _, Effect::Deny) => return refuse(Kind::SchemaUnknown, String::new()),
            // Where the columns are not known, none is denied.
            (None, _, Effect::Allow) => continue,
            (Some(_), None, _) => pattern.expand(resource),
            (Some(columns), Some(path), _) => match (resource.find(columns, &path), effect) {
                (Ok((path, _)), _) => vec![path],
                (Err(_), Effect::Allow) => continue,
                (Err(_), Effect::Deny) => {
                    let detail = format!("column `{}`", path.join("."));
                    return refuse(Kind::ColumnUnknown, detail);
                }
            },
        };
        found.extend(paths.into_iter().filter_map(|path| path.into_iter().next()));
    }
    Ok(found)
}

/// The masks with NULL in the place of denied columns, whatever masks they or their fields have.
pub(super) fn hide(decided: &mut Decided, denied: &[DeniedColumn]) {
    for column in denied {
        let other = |path: &[String]| path.first() != Some(&column.column);
        decided.masks.retain(|mask| other(&mask.path));
        decided.shown.retain(|shown| other(&shown.path));
        let rule = column.rules.first().cloned().unwrap_or_else(|| "".into());
        decided.masks.push(ColumnMask {
            path: vec![column.column.clone()],
            mask: MaskSpec::Null,
            when: None,
            rule,
            inherit: Inherit::default(),
            aggregate: Aggregate::default(),
            inherited: None,
        });
    }
    decided.masks.sort_by(|a, b| a.path.cmp(&b.path));
}
