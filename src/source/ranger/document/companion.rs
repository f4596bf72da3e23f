//! What is downloaded beside policies: roles, tags, attributes of users and groups.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lenient;
use super::policy::{Resources, Schedule};

/// The answer of `/service/roles/download`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Roles {
    /// Only grows.
    #[serde(deserialize_with = "lenient::number")]
    pub role_version: Option<i64>,
    /// The roles.
    #[serde(deserialize_with = "lenient::null")]
    pub ranger_roles: Vec<Role>,
}

/// A role and its members.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Role {
    /// Its name.
    #[serde(deserialize_with = "lenient::null")]
    pub name: String,
    /// Users who have it.
    #[serde(deserialize_with = "lenient::null")]
    pub users: Vec<Member>,
    /// Groups whose users have it.
    #[serde(deserialize_with = "lenient::null")]
    pub groups: Vec<Member>,
    /// Roles whose holders have it.
    #[serde(deserialize_with = "lenient::null")]
    pub roles: Vec<Member>,
}

/// A member of a role.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Member {
    /// Its name.
    #[serde(deserialize_with = "lenient::null")]
    pub name: String,
}

/// The answer of `/service/xusers/download`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserStore {
    /// Only grows.
    #[serde(deserialize_with = "lenient::number")]
    pub user_store_version: Option<i64>,
    /// Attributes of users.
    #[serde(deserialize_with = "lenient::null")]
    pub user_attr_mapping: BTreeMap<String, BTreeMap<String, String>>,
    /// Attributes of groups.
    #[serde(deserialize_with = "lenient::null")]
    pub group_attr_mapping: BTreeMap<String, BTreeMap<String, String>>,
    /// Groups of users.
    #[serde(deserialize_with = "lenient::null")]
    pub user_group_mapping: BTreeMap<String, Vec<String>>,
}

/// The answer of `/service/tags/download`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceTags {
    /// The service that the tags belong to.
    #[serde(deserialize_with = "lenient::null")]
    pub service_name: String,
    /// Only grows.
    #[serde(deserialize_with = "lenient::number")]
    pub tag_version: Option<i64>,
    /// `add_or_update` or `replace` for what is there; `delete` for what is there no longer.
    #[serde(deserialize_with = "lenient::null")]
    pub op: String,
    /// Whether the document holds changes only.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_delta: Option<bool>,
    /// Tags by their number.
    #[serde(deserialize_with = "lenient::null")]
    pub tags: BTreeMap<i64, Tag>,
    /// What is tagged.
    #[serde(deserialize_with = "lenient::null")]
    pub service_resources: Vec<TaggedResource>,
    /// The tags of each resource.
    #[serde(deserialize_with = "lenient::numbers")]
    pub resource_to_tag_ids: BTreeMap<i64, Vec<i64>>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tag {
    /// Its name; tag policies are about it.
    #[serde(rename = "type", deserialize_with = "lenient::null")]
    pub kind: String,
    /// What conditions read.
    #[serde(deserialize_with = "lenient::options")]
    pub attributes: BTreeMap<String, String>,
    /// Counts only then.
    #[serde(deserialize_with = "lenient::null")]
    pub validity_periods: Vec<Schedule>,
    /// How the tagged resource covers the one asked for, where somebody else found out: `SELF`, `ANCESTOR`, …
    #[serde(deserialize_with = "lenient::null")]
    pub match_type: String,
}

/// A resource with tags.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaggedResource {
    /// Its number.
    #[serde(deserialize_with = "lenient::number")]
    pub id: Option<i64>,
    /// By level.
    #[serde(deserialize_with = "lenient::null")]
    pub resource_elements: Resources,
}
