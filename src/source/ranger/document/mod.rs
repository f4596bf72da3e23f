//! The documents of Ranger's download API as written (RANGER.md §1.1): their shape, and nothing decided yet.
//!
//! Fields that nothing here decides by are not read; unknown fields are left alone, as Ranger's own plugins do. A field that decides and has a
//! form that nobody expects is an error, so that the document as a whole is refused.

mod companion;
mod definition;
mod lenient;
mod policy;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use companion::{Member, Role, Roles, ServiceTags, Tag, TaggedResource, UserStore};
pub use definition::{AccessTypeDef, ConditionDef, MaskDef, MaskTypeDef, ResourceDef, ServiceDef};
pub use policy::{
    Access, Condition, FilterInfo, Interval, Item, MaskInfo, Policy, Recurrence, Resource,
    Resources, Schedule, Starts,
};

/// The answer of `/service/plugins/policies/download`: a whole document, or changes to one.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePolicies {
    /// The service's name.
    #[serde(deserialize_with = "lenient::null")]
    pub service_name: String,
    /// Only grows.
    #[serde(deserialize_with = "lenient::number")]
    pub policy_version: Option<i64>,
    /// The policies outside security zones.
    #[serde(deserialize_with = "lenient::null")]
    pub policies: Vec<Policy>,
    /// Changes; then `policies` is empty.
    pub policy_deltas: Option<Vec<Delta>>,
    /// What the service is made of.
    #[serde(deserialize_with = "lenient::null")]
    pub service_def: ServiceDef,
    /// The policies about tags.
    pub tag_policies: Option<TagPolicies>,
    /// Zones with policies of their own.
    #[serde(deserialize_with = "lenient::null")]
    pub security_zones: BTreeMap<String, SecurityZone>,
    /// Configuration of the service; super users are named here.
    #[serde(deserialize_with = "lenient::options")]
    pub service_config: BTreeMap<String, String>,
}

/// The policies about tags.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TagPolicies {
    /// The tag service's name.
    #[serde(deserialize_with = "lenient::null")]
    pub service_name: String,
    /// Only grows.
    #[serde(deserialize_with = "lenient::number")]
    pub policy_version: Option<i64>,
    /// The policies.
    #[serde(deserialize_with = "lenient::null", alias = "tagPolicies")]
    pub policies: Vec<Policy>,
    /// What the tag service is made of.
    #[serde(deserialize_with = "lenient::null")]
    pub service_def: ServiceDef,
}

/// A security zone.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityZone {
    /// Values by level, of each of its resources.
    #[serde(deserialize_with = "lenient::null")]
    pub resources: Vec<BTreeMap<String, Vec<String>>>,
    /// Its policies.
    #[serde(deserialize_with = "lenient::null")]
    pub policies: Vec<Policy>,
    /// Changes of its policies.
    pub policy_deltas: Option<Vec<Delta>>,
    /// Whether tag policies of this zone count in it, and not those outside zones.
    #[serde(deserialize_with = "lenient::flag")]
    pub contains_associated_tag_service: Option<bool>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Delta {
    /// 0 create, 1 update, 2 delete; above that the document as a whole is out of date.
    #[serde(deserialize_with = "lenient::number")]
    pub change_type: Option<i64>,
    /// The version after this change.
    #[serde(deserialize_with = "lenient::number")]
    pub policies_version: Option<i64>,
    /// The policy as it is now, or was.
    pub policy: Option<Policy>,
}
