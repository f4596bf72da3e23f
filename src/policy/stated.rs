//! Who somebody is by the word of the service that answered: `principal` of an answer.
//!
//! In: what an answer states, and what the submitter claims. Out: the one of the two that holds, field by field: what is stated takes the place of
//! what is claimed, and is not mixed with it. A right that a directory has taken from somebody is not given back by a claim.
//! Invariant: every decision of a policy sees its principal through [`Policy::who`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::subject::Who;
use super::{Attribute, Policy, Principal};

/// The user whom an answer is about, as the service knows them. A field that is written is complete, also when it is empty: what the submitter claims of it
/// does not count. For a field that is not written the claims hold.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrincipalDecl {
    /// The user who was asked about, letter for letter.
    #[schemars(length(min = 1))]
    pub user: String,
    /// All groups of the user.
    #[serde(
        default,
        deserialize_with = "written",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "BTreeSet<String>")]
    pub groups: Option<BTreeSet<String>>,
    /// All roles of the user, besides those that `roles` of the document gives.
    #[serde(
        default,
        deserialize_with = "written",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "BTreeSet<String>")]
    pub roles: Option<BTreeSet<String>>,
    /// All attributes: what `${user.name}` in a filter stands for.
    #[serde(
        default,
        deserialize_with = "written",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "BTreeMap<String, Attribute>")]
    pub attributes: Option<BTreeMap<String, Attribute>>,
}

/// Of the attributes the names alone: replies and policies are printed where people look for mistakes, and values may be personal.
impl fmt::Debug for PrincipalDecl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.attributes.as_ref();
        let names = names.map(|attributes| attributes.keys().collect::<Vec<_>>());
        f.debug_struct("PrincipalDecl")
            .field("user", &self.user)
            .field("groups", &self.groups)
            .field("roles", &self.roles)
            .field("attributes", &names)
            .finish()
    }
}

/// A field that is there has a value: `null` is no way to leave the submitter's claims in force.
fn written<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl PrincipalDecl {
    /// Whoever it is for a claim of nothing else.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            user: self.user.clone(),
            groups: self.groups.clone().unwrap_or_default(),
            roles: self.roles.clone().unwrap_or_default(),
            attributes: self.attributes.clone().unwrap_or_default(),
        }
    }
}

impl PrincipalDecl {
    /// The claims, with what is stated in their place, field by field. The name is the one that the submitter has authenticated.
    #[must_use]
    pub fn over(&self, claimed: &Principal) -> Principal {
        Principal {
            user: claimed.user.clone(),
            groups: self.groups.as_ref().unwrap_or(&claimed.groups).clone(),
            roles: self.roles.as_ref().unwrap_or(&claimed.roles).clone(),
            attributes: self
                .attributes
                .as_ref()
                .unwrap_or(&claimed.attributes)
                .clone(),
        }
    }
}

impl Policy {
    /// Somebody, roles resolved, by what is stated of them.
    pub(super) fn who<'a>(&'a self, claimed: &'a Principal) -> Who<'a> {
        let stated = self.compiled.principal.as_ref();
        let groups = stated.and_then(|stated| stated.groups.as_ref());
        let roles = stated.and_then(|stated| stated.roles.as_ref());
        let attributes = stated.and_then(|stated| stated.attributes.as_ref());
        let groups = groups.unwrap_or(&claimed.groups);
        let roles = roles.unwrap_or(&claimed.roles);
        Who {
            user: &claimed.user,
            groups,
            attributes: attributes.unwrap_or(&claimed.attributes),
            as_written: false,
            roles: self.compiled.roles.resolve(&claimed.user, groups, roles),
        }
    }

    /// Whether the document may decide about this user: one that states a principal is about nobody else.
    #[must_use]
    pub fn is_about(&self, user: &str) -> bool {
        let stated = self.compiled.principal.as_ref();
        stated.is_none_or(|stated| stated.user == user)
    }

    /// The principal as decisions see them: what is stated in place of what is claimed. Roles are those that were handed over, not those that follow.
    #[must_use]
    pub fn principal(&self, claimed: &Principal) -> Principal {
        match &self.compiled.principal {
            None => claimed.clone(),
            Some(stated) => stated.over(claimed),
        }
    }

    /// What the document states of the user whom it is about.
    #[must_use]
    pub fn stated(&self) -> Option<&Arc<PrincipalDecl>> {
        self.compiled.principal.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_of_an_attribute_is_printed() {
        let value = Attribute::Text("personal".to_owned());
        let stated = PrincipalDecl {
            user: "ann".to_owned(),
            attributes: Some(BTreeMap::from([("dept".to_owned(), value)])),
            ..PrincipalDecl::default()
        };
        let said = format!("{stated:?}");
        assert!(
            said.contains("dept") && !said.contains("personal"),
            "{said}"
        );
    }
}
