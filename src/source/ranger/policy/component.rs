//! Tag policies hold for several components: what is meant for others is left out.

use crate::source::ranger::definition::stripped;
use crate::source::ranger::document::{self, Policy};

/// A tag policy without what is meant for other components: their access types and masks, and items that had nothing else.
pub(super) fn own(policy: &Policy, component: &str) -> Policy {
    let mut own = policy.clone();
    let Policy {
        policy_items,
        deny_policy_items,
        allow_exceptions,
        deny_exceptions,
        data_mask_policy_items,
        row_filter_policy_items,
        ..
    } = &mut own;
    for items in [
        policy_items,
        deny_policy_items,
        allow_exceptions,
        deny_exceptions,
        data_mask_policy_items,
        row_filter_policy_items,
    ] {
        items.retain_mut(|item| keep(item, component));
    }
    own
}

fn keep(item: &mut document::Item, component: &str) -> bool {
    let had = !item.accesses.is_empty();
    item.accesses
        .retain_mut(|access| match stripped(&access.kind, component) {
            Some(name) => {
                access.kind = name;
                true
            }
            None => false,
        });
    if had && item.accesses.is_empty() && item.delegate_admin != Some(true) {
        return false;
    }
    let Some(mask) = &mut item.data_mask_info else {
        return true;
    };
    match stripped(&mask.data_mask_type, component) {
        Some(name) => {
            mask.data_mask_type = name;
            true
        }
        None => false,
    }
}
