//! A Ranger policy as written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lenient;

/// A policy: about which resources, and who may do what there, or sees it how.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// Its number; absent in documents written by hand.
    #[serde(deserialize_with = "lenient::number")]
    pub id: Option<i64>,
    /// Ties of the order are broken by it.
    #[serde(deserialize_with = "lenient::null")]
    pub name: String,
    /// Absent is true.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_enabled: Option<bool>,
    /// Grows with every change of this policy.
    #[serde(deserialize_with = "lenient::number")]
    pub version: Option<i64>,
    /// `tag` for policies about tags; a document of changes holds both kinds.
    #[serde(deserialize_with = "lenient::null")]
    pub service_type: String,
    /// 0 access, 1 mask, 2 row filter, 3 audit; absent is 0.
    #[serde(deserialize_with = "lenient::number")]
    pub policy_type: Option<i64>,
    /// 0 normal, 1 override; absent is 0.
    #[serde(deserialize_with = "lenient::number")]
    pub policy_priority: Option<i32>,
    /// Absent is true.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_audit_enabled: Option<bool>,
    /// Denies what no item of it allows.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_deny_all_else: Option<bool>,
    /// By level.
    #[serde(deserialize_with = "lenient::null")]
    pub resources: Resources,
    /// Alternatives to `resources`.
    #[serde(deserialize_with = "lenient::null")]
    pub additional_resources: Vec<Resources>,
    /// All must hold.
    #[serde(deserialize_with = "lenient::null")]
    pub conditions: Vec<Condition>,
    /// Allow.
    #[serde(deserialize_with = "lenient::null")]
    pub policy_items: Vec<Item>,
    /// Deny.
    #[serde(deserialize_with = "lenient::null")]
    pub deny_policy_items: Vec<Item>,
    /// Not allowed after all.
    #[serde(deserialize_with = "lenient::null")]
    pub allow_exceptions: Vec<Item>,
    /// Not denied after all.
    #[serde(deserialize_with = "lenient::null")]
    pub deny_exceptions: Vec<Item>,
    /// Masks; the first that matches wins.
    #[serde(deserialize_with = "lenient::null")]
    pub data_mask_policy_items: Vec<Item>,
    /// Row filters; the first that matches wins.
    #[serde(deserialize_with = "lenient::null")]
    pub row_filter_policy_items: Vec<Item>,
    /// Holds if one of them does, or there is none.
    #[serde(deserialize_with = "lenient::null")]
    pub validity_schedules: Vec<Schedule>,
    /// The security zone it belongs to.
    #[serde(deserialize_with = "lenient::null")]
    pub zone_name: String,
}

/// Resources by the name of their level.
pub type Resources = BTreeMap<String, Resource>;

/// The values of one level.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resource {
    /// With wildcards, where the level has them.
    #[serde(deserialize_with = "lenient::null")]
    pub values: Vec<String>,
    /// All but these.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_excludes: Option<bool>,
    /// And what lies below, for paths.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_recursive: Option<bool>,
}

/// Who may do what, or sees it how.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Item {
    /// What.
    #[serde(deserialize_with = "lenient::null")]
    pub accesses: Vec<Access>,
    /// Who; `{USER}` is anybody, `{OWNER}` the resource's owner.
    #[serde(deserialize_with = "lenient::null")]
    pub users: Vec<String>,
    /// Who; `public` is everybody.
    #[serde(deserialize_with = "lenient::null")]
    pub groups: Vec<String>,
    /// Who.
    #[serde(deserialize_with = "lenient::null")]
    pub roles: Vec<String>,
    /// All must hold.
    #[serde(deserialize_with = "lenient::null")]
    pub conditions: Vec<Condition>,
    /// May hand it on.
    #[serde(deserialize_with = "lenient::flag")]
    pub delegate_admin: Option<bool>,
    /// Of a mask item.
    pub data_mask_info: Option<MaskInfo>,
    /// Of a row filter item.
    pub row_filter_info: Option<FilterInfo>,
}

/// An access type in an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Access {
    /// Its name in the service definition.
    #[serde(rename = "type", deserialize_with = "lenient::null")]
    pub kind: String,
    /// Absent is true; one that is false says nothing.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_allowed: Option<bool>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Its name in the service definition.
    #[serde(rename = "type", deserialize_with = "lenient::null")]
    pub kind: String,
    /// Its arguments.
    #[serde(deserialize_with = "lenient::null")]
    pub values: Vec<String>,
}

/// How a column is masked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MaskInfo {
    /// `MASK_HASH`, `CUSTOM`, …
    #[serde(deserialize_with = "lenient::null")]
    pub data_mask_type: String,
    /// Masked only where this holds.
    #[serde(deserialize_with = "lenient::null")]
    pub condition_expr: String,
    /// The expression of a `CUSTOM` mask.
    #[serde(deserialize_with = "lenient::null")]
    pub value_expr: String,
}

/// Which rows are seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterInfo {
    /// SQL; empty is all rows.
    #[serde(deserialize_with = "lenient::null")]
    pub filter_expr: String,
}

/// When something holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Schedule {
    /// `yyyy/MM/dd HH:mm:ss`, included; empty is always.
    #[serde(deserialize_with = "lenient::null")]
    pub start_time: String,
    /// The same.
    #[serde(deserialize_with = "lenient::null")]
    pub end_time: String,
    /// Empty is GMT.
    #[serde(deserialize_with = "lenient::null")]
    pub time_zone: String,
    /// Holds if one of them does, or there is none.
    #[serde(deserialize_with = "lenient::null")]
    pub recurrences: Vec<Recurrence>,
}

/// A repeated stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Recurrence {
    /// When it begins.
    pub schedule: Option<Starts>,
    /// How long it lasts.
    pub interval: Option<Interval>,
}

/// When a stretch begins: lists `1,5`, ranges `1-5`, `*`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "each is what it is called")]
pub struct Starts {
    #[serde(deserialize_with = "lenient::text")]
    pub minute: String,
    #[serde(deserialize_with = "lenient::text")]
    pub hour: String,
    #[serde(deserialize_with = "lenient::text")]
    pub day_of_month: String,
    /// 1 is Sunday.
    #[serde(deserialize_with = "lenient::text")]
    pub day_of_week: String,
    /// 1 to 12.
    #[serde(deserialize_with = "lenient::text")]
    pub month: String,
    #[serde(deserialize_with = "lenient::text")]
    pub year: String,
}

/// How long a stretch lasts: the sum.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "each is what it is called")]
pub struct Interval {
    #[serde(deserialize_with = "lenient::null")]
    pub days: i64,
    #[serde(deserialize_with = "lenient::null")]
    pub hours: i64,
    #[serde(deserialize_with = "lenient::null")]
    pub minutes: i64,
}
