//! The order in which policies are asked (RANGER.md §2.6): of two of one priority the broader one comes first.

use super::Compiled;
use crate::source::ranger::document::{Item, Policy, Resource};
use std::cmp::{Ordering, Reverse};

const FIRST: i64 = 10_000;
const MOST: i64 = 25;

/// Priority, then those that deny, then the number, then the name.
pub(in crate::source::ranger) fn compare(one: &Compiled, other: &Compiled) -> Ordering {
    key(one).cmp(&key(other))
}

/// What [`compare`] compares.
pub(super) type Key<'a> = ((Reverse<i32>, bool), i64, &'a str);

/// Of one policy: a list of keys is sorted without going to the policies.
pub(super) fn key(policy: &Compiled) -> Key<'_> {
    (by_name_key(policy), policy.order, &policy.name)
}

/// The same without the number: of tags' filters, and of tags' masks after the way they lie.
pub(in crate::source::ranger) fn compare_by_name(one: &Compiled, other: &Compiled) -> Ordering {
    by_name_key(one)
        .cmp(&by_name_key(other))
        .then_with(|| one.name.cmp(&other.name))
}

fn by_name_key(policy: &Compiled) -> (Reverse<i32>, bool) {
    (Reverse(policy.priority), !policy.has_deny)
}

/// The number: smaller for policies about more resources, more people and more access types.
pub(super) fn number(policy: &Policy, types: usize, conditions: usize, moving: bool) -> i64 {
    let resources: i64 = policy.resources.values().map(breadth).sum();
    let conditions = i64::try_from(conditions).unwrap_or(MOST);
    FIRST
        - resources.min(100)
        - people(policy)
        - accesses(policy, types)
        - (MOST - conditions.saturating_mul(5)).max(0)
        + if moving { 20 } else { 0 }
}

fn breadth(resource: &Resource) -> i64 {
    if resource.values.is_empty() {
        return 0;
    }
    if resource
        .values
        .iter()
        .any(|value| value.is_empty() || value == "*")
    {
        return MOST;
    }
    let with = |c: char| resource.values.iter().any(|value| value.contains(c));
    let wild = match (
        with('*'),
        resource
            .values
            .iter()
            .any(|v| v.contains('?') && !v.contains('*')),
    ) {
        (true, _) => 10,
        (false, true) => 5,
        (false, false) => 0,
    };
    let flag = |set: Option<bool>| if set == Some(true) { 5 } else { 0 };
    wild + flag(resource.is_excludes) + flag(resource.is_recursive)
}

fn people(policy: &Policy) -> i64 {
    let everybody = policy.is_deny_all_else == Some(true)
        || items(policy).any(|item| {
            item.groups
                .iter()
                .any(|group| group.eq_ignore_ascii_case("public"))
                || item
                    .users
                    .iter()
                    .any(|user| user.eq_ignore_ascii_case("{USER}"))
        });
    if everybody {
        return MOST;
    }
    let users = distinct(items(policy).flat_map(|item| &item.users));
    let groups = distinct(items(policy).flat_map(|item| &item.groups));
    users.saturating_add(groups).min(MOST)
}

fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> i64 {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.dedup();
    i64::try_from(names.len()).unwrap_or(MOST)
}

/// Of the access types as listed, before what they imply.
fn accesses(policy: &Policy, types: usize) -> i64 {
    let listed = items(policy)
        .flat_map(|item| &item.accesses)
        .filter(|access| access.is_allowed != Some(false))
        .map(|access| &access.kind);
    let (listed, Ok(types)) = (distinct(listed), i64::try_from(types)) else {
        return MOST;
    };
    if types == 0 {
        return 0;
    }
    // Rounded half up.
    (2 * MOST * listed + types).div_euclid(2 * types)
}

/// All items, whatever they do.
pub(super) fn items(policy: &Policy) -> impl Iterator<Item = &Item> {
    policy
        .policy_items
        .iter()
        .chain(&policy.deny_policy_items)
        .chain(&policy.allow_exceptions)
        .chain(&policy.deny_exceptions)
        .chain(&policy.data_mask_policy_items)
        .chain(&policy.row_filter_policy_items)
}
