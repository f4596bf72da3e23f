//! One policy, compiled.

use std::sync::Arc;

use super::item::{Item, Payload, Wanted, Who};
use crate::source::ranger::chain::Chain;
use crate::source::ranger::condition::Conditions;
use crate::source::ranger::definition::Definition;
use crate::source::ranger::facts::Facts;
use crate::source::ranger::schedule::Schedules;

/// A policy.
#[derive(Debug)]
pub(in crate::source::ranger) struct Compiled {
    pub id: i64,
    pub version: Option<i64>,
    pub name: String,
    pub priority: i32,
    pub has_deny: bool,
    pub order: i64,
    pub zone: String,
    /// Alternatives.
    pub chains: Vec<Chain>,
    pub schedules: Schedules,
    pub conditions: Conditions,
    pub items: Items,
    pub broken: Option<Broken>,
}

/// Why a policy as a whole is not usable: what it is about is closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::source::ranger) enum Broken {
    #[error("{0}")]
    Schedule(crate::source::ranger::schedule::BadSchedule),
    #[error("policies of type {0} are not known")]
    Type(i64),
}

/// The items of a policy.
#[derive(Debug)]
pub(in crate::source::ranger) enum Items {
    Access {
        allow: List,
        deny: List,
        allow_exceptions: List,
        deny_exceptions: List,
        deny_all_else: bool,
    },
    /// Masks or filters, in the order as written.
    Shown(List),
}

/// Items that are written alike are one.
pub(in crate::source::ranger) type List = Box<[Arc<Item>]>;

/// What an access policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::ranger) enum Says {
    Allow,
    Deny,
    Nothing,
}

impl Compiled {
    /// Whether Ranger asks it at all: an item of any kind, if only an exception, or a deny for all else.
    pub fn has_items(&self) -> bool {
        let exceptions = match &self.items {
            Items::Access {
                allow_exceptions,
                deny_exceptions,
                ..
            } => !allow_exceptions.is_empty() || !deny_exceptions.is_empty(),
            Items::Shown(_) => false,
        };
        exceptions || self.says_something()
    }

    /// Whether it has an item, denies all else, or closes.
    pub fn says_something(&self) -> bool {
        let items = match &self.items {
            Items::Access {
                allow,
                deny,
                deny_all_else,
                ..
            } => *deny_all_else || !allow.is_empty() || !deny.is_empty(),
            Items::Shown(items) => !items.is_empty(),
        };
        items || self.broken.is_some()
    }

    /// What this access policy says of one access. `certain` is whether it is known to be about the resource and its own conditions hold: where
    /// that is not known it can deny, and not allow.
    pub fn says(
        &self,
        who: &Who,
        wanted: Wanted,
        certain: bool,
        facts: &Facts<'_>,
        definition: &Definition,
    ) -> Says {
        if self.broken.is_some() {
            return Says::Deny;
        }
        let Items::Access {
            allow,
            deny,
            allow_exceptions,
            deny_exceptions,
            deny_all_else,
        } = &self.items
        else {
            return Says::Deny;
        };
        let surely = |items: &List| {
            items
                .iter()
                .any(|item| item.matches(who, wanted, facts, definition) == Some(true))
        };
        let perhaps = |items: &List| {
            items
                .iter()
                .any(|item| item.matches(who, wanted, facts, definition) != Some(false))
        };
        if perhaps(deny) && !(certain && surely(deny_exceptions)) {
            Says::Deny
        } else if certain && surely(allow) && !perhaps(allow_exceptions) {
            Says::Allow
        } else if *deny_all_else {
            Says::Deny
        } else {
            Says::Nothing
        }
    }

    /// The first mask or filter for this access, and whether it is certain that it is the one.
    pub fn shows(
        &self,
        who: &Who,
        wanted: Wanted,
        facts: &Facts<'_>,
        definition: &Definition,
    ) -> Option<(&Payload, bool)> {
        let Items::Shown(items) = &self.items else {
            return None;
        };
        items
            .iter()
            .find_map(|item| match item.matches(who, wanted, facts, definition) {
                Some(true) => Some((&item.payload, true)),
                None => Some((&item.payload, false)),
                Some(false) => None,
            })
    }
}
