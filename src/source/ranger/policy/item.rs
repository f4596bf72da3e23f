//! An item of a policy: who may do what, or sees it how (RANGER.md §2.7).

use crate::mask::MaskSpec;
use crate::source::ranger::condition::Conditions;
use crate::source::ranger::definition::Definition;
use crate::source::ranger::facts::Facts;
use crate::source::ranger::names::meet;
use crate::source::ranger::template::Template;

/// A principal in a service's numbers.
#[derive(Debug)]
pub(in crate::source::ranger) struct Who {
    pub user: Option<u32>,
    /// Sorted.
    pub groups: Vec<u32>,
    /// Sorted.
    pub roles: Vec<u32>,
    /// There is a user at all.
    pub named: bool,
}

/// What is asked for, in a service's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::ranger) enum Wanted {
    /// An access type; `None` is one that no policy has.
    Type(Option<u16>),
    Admin,
}

/// An item.
#[derive(Debug)]
pub(in crate::source::ranger) struct Item {
    pub users: Box<[u32]>,
    pub groups: Box<[u32]>,
    pub roles: Box<[u32]>,
    /// `public` is among the groups.
    pub everybody: bool,
    /// `{USER}` is among the users.
    pub any_user: bool,
    /// `{OWNER}` is among the users.
    pub owner: bool,
    /// With what they imply.
    pub types: Box<[u16]>,
    pub delegate_admin: bool,
    pub conditions: Conditions,
    pub payload: Payload,
}

/// What an item gives besides yes or no.
#[derive(Debug)]
pub(in crate::source::ranger) enum Payload {
    Nothing,
    Mask {
        kind: String,
        value: Template,
        condition: Template,
    },
    Filter(Template),
}

impl Payload {
    /// Whether all is shown.
    pub fn exempts(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Mask { kind, .. } => {
                matches!(MaskSpec::from_ranger(kind), Some(MaskSpec::None))
            }
            Self::Filter(filter) => filter.is_empty(),
        }
    }
}

impl Item {
    /// Whether the item is for this principal and access; `None` where a condition cannot be decided.
    pub fn matches(
        &self,
        who: &Who,
        wanted: Wanted,
        facts: &Facts<'_>,
        definition: &Definition,
    ) -> Option<bool> {
        if !self.is_for(who, facts) {
            return Some(false);
        }
        match wanted {
            Wanted::Admin => Some(self.delegate_admin),
            Wanted::Type(Some(number)) if self.types.contains(&number) => {
                self.conditions.hold(facts, definition)
            }
            Wanted::Type(_) => Some(false),
        }
    }

    fn is_for(&self, who: &Who, facts: &Facts<'_>) -> bool {
        self.everybody
            || (self.any_user && who.named)
            || who
                .user
                .is_some_and(|user| self.users.binary_search(&user).is_ok())
            || meet(&self.groups, &who.groups)
            || meet(&self.roles, &who.roles)
            || (self.owner && who.named && facts.resource.owner.as_deref() == Some(facts.user))
    }
}
