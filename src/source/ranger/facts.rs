//! What a decision may look at besides policies: who asks, for what, when, with which tags.
//!
//! Borrowed from the principal, the request and the documents; nothing here is made for a decision.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::document::Tag;
use super::options::Mode;
use super::request::{Context, Resource};

/// Attributes by name.
pub(super) type Attributes = BTreeMap<String, String>;

/// What expressions, conditions and tokens read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub user: &'a str,
    /// Sorted.
    pub groups: &'a [String],
    /// Sorted; all of them, also those that come through other roles.
    pub roles: &'a [String],
    pub user_attributes: Option<&'a Attributes>,
    pub group_attributes: &'a BTreeMap<String, Attributes>,
    pub resource: &'a Resource,
    /// As the service definition writes it.
    pub access_type: &'a str,
    pub at: Timestamp,
    /// All tags of the resource.
    pub tags: &'a [&'a Tag],
    /// The tag that the policy at hand is about.
    pub tag: Option<&'a Tag>,
    pub context: &'a Context,
    pub mode: Mode,
    /// The zone of times that name none.
    pub zone: &'a TimeZone,
}

impl<'a> Facts<'a> {
    /// `{USER}`, `{OWNER}`, and the tokens of the request.
    pub fn token(&self, name: &str) -> Option<&'a str> {
        match self.context.tokens.get(name) {
            Some(value) => Some(value),
            None if name == "USER" && !self.user.is_empty() => Some(self.user),
            None if name == "OWNER" => self.resource.owner.as_deref(),
            None => None,
        }
    }

    /// An attribute of the user; `_name` is the user.
    pub fn user_attribute(&self, name: &str) -> Option<&'a str> {
        if name == "_name" {
            return Some(self.user);
        }
        self.user_attributes?.get(name).map(String::as_str)
    }

    /// An attribute of one of the user's groups.
    pub fn group_attribute(&self, group: &str, name: &str) -> Option<&'a str> {
        let group = self.groups.iter().find(|own| *own == group)?;
        if name == "_name" {
            return Some(group);
        }
        self.group_attributes
            .get(group)?
            .get(name)
            .map(String::as_str)
    }
}
