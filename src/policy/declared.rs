//! Rules that name columns by pattern, and a table whose columns the submitter has declared.
//!
//! In: a principal and a table over known bytes; what the site says of tables over the same bytes. Out: whether such a rule speaks of data that the
//! declared columns may show under no name that it knows. Stays out: what follows (`check::trust`).
//! A rule on `phone` refuses a table without a column `phone`. One on `*phone*` finds nothing to mask in a table of one column `line`, which may hold the
//! whole row.

use std::sync::Arc;
use std::time::SystemTime;

use super::decide::{Hit, clock};
use super::document::Effect;
use super::pattern::Wildcards;
use super::rule::{ColumnPattern, MaskRule, RuleKind, Standing};
use super::{Policy, Principal, Refusal, Resource};
use crate::catalog::{Column, Table};
use crate::mask::MaskSpec;

/// What rules with patterns say of a table that the submitter has declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patterns {
    /// Nothing that its columns could get around.
    Silent,
    /// They speak of the data: each declared column must be the field of its name.
    Speak,
    /// A declared column is perhaps one that they speak of, under another letter case, or with its fields in one value.
    Doubtful,
}

impl Policy {
    /// What they say. `site`: what the site says of tables over the same bytes.
    ///
    /// # Errors
    /// A clock out of range.
    pub fn patterns(
        &self,
        who: &Principal,
        resource: &Resource<'_>,
        now: SystemTime,
        site: &[Arc<Table>],
    ) -> Result<Patterns, Refusal> {
        let who = self.who(who);
        let faces = self.faces(resource, Some(clock(now)?));
        let mut adding = faces.adding.as_slice();
        // Rules on the name that the submitter chose say nothing of the bytes.
        if resource.user_named
            && !resource.physical.is_empty()
            && let Some((_, others)) = adding.split_last()
        {
            adding = others;
        }
        let speaks = |hit: &&Hit<'_>| match &hit.rule.kind {
            RuleKind::Mask(MaskRule { mask, .. }) => {
                !matches!(mask, MaskSpec::None) && hit.rule.standing(&who) == Standing::Speaks
            }
            RuleKind::Columns(Effect::Deny) => hit.rule.standing(&who) == Standing::Speaks,
            RuleKind::Columns(Effect::Allow) | RuleKind::Filter(..) | RuleKind::Access(..) => false,
        };
        // What the site says of its own table decides what a rule on that table's name protects. Of a rule on bytes it does not: a topic may hold fields
        // that no table of the site lists.
        let others = adding.len().saturating_sub(resource.also.len());
        let (perhaps, also) = adding.split_at(others);
        let bytes = faces.full.iter().chain(perhaps).map(|face| (face, &[][..]));
        let names = also.iter().map(|face| (face, site));
        let said = bytes.chain(names).flat_map(|(face, site)| {
            let hits = face.iter().filter(speaks);
            let patterns = hits.flat_map(|hit| hit.targets.iter().flat_map(|t| &t.columns));
            let patterns = patterns.filter(|pattern| pattern.literal().is_none());
            patterns.map(move |pattern| said(pattern, resource, site))
        });
        Ok(said.max().unwrap_or(Patterns::Silent))
    }
}

fn said(pattern: &ColumnPattern, resource: &Resource<'_>, site: &[Arc<Table>]) -> Patterns {
    let mut declared = resource.columns.into_iter().flatten();
    let doubtful = declared.any(|column| {
        let alone = Resource {
            columns: Some(std::slice::from_ref(column)),
            ..*resource
        };
        names(pattern, column) && pattern.expand(&alone).is_empty()
    });
    let mut known = site.iter().flat_map(|table| table.columns.iter().flatten());
    let described = !site.is_empty() && site.iter().all(|table| table.columns.is_some());
    if doubtful {
        Patterns::Doubtful
    } else if described && !known.any(|column| names(pattern, column)) {
        Patterns::Silent
    } else {
        Patterns::Speak
    }
}

/// Whether the pattern is about this column or fields of it, in any letter case.
fn names(pattern: &ColumnPattern, column: &Column) -> bool {
    let first = pattern.0.first();
    first.is_some_and(|first| first.matches(&column.name, Wildcards::Part, true))
}
