//! A service definition as written: the levels of a resource, the access types, the conditions.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lenient;

/// What a kind of service is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceDef {
    /// `hive`, `trino`, `flink`, …
    #[serde(deserialize_with = "lenient::null")]
    pub name: String,
    /// The levels.
    #[serde(deserialize_with = "lenient::null")]
    pub resources: Vec<ResourceDef>,
    /// The access types.
    #[serde(deserialize_with = "lenient::null")]
    pub access_types: Vec<AccessTypeDef>,
    /// The conditions.
    #[serde(deserialize_with = "lenient::null")]
    pub policy_conditions: Vec<ConditionDef>,
    /// Which levels masks have.
    #[serde(deserialize_with = "lenient::null")]
    pub data_mask_def: MaskDef,
    /// Which levels row filters have.
    #[serde(deserialize_with = "lenient::null")]
    pub row_filter_def: MaskDef,
    /// Options.
    #[serde(deserialize_with = "lenient::options")]
    pub options: BTreeMap<String, String>,
}

/// A level of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceDef {
    /// Its name.
    #[serde(deserialize_with = "lenient::null")]
    pub name: String,
    /// Levels of a chain in this order.
    #[serde(deserialize_with = "lenient::number")]
    pub level: Option<i64>,
    /// The name of the level above.
    #[serde(deserialize_with = "lenient::null")]
    pub parent: String,
    /// The Java class that compares values.
    #[serde(deserialize_with = "lenient::null")]
    pub matcher: String,
    /// How it compares.
    #[serde(deserialize_with = "lenient::options")]
    pub matcher_options: BTreeMap<String, String>,
    /// A chain may end here.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_valid_leaf: Option<bool>,
    /// A path may include what lies below.
    #[serde(deserialize_with = "lenient::flag")]
    pub recursive_supported: Option<bool>,
}

/// An access type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessTypeDef {
    /// Its name.
    #[serde(deserialize_with = "lenient::null")]
    pub name: String,
    /// `CREATE`, `READ`, `UPDATE`, `DELETE`, `MANAGE`.
    #[serde(deserialize_with = "lenient::null")]
    pub category: String,
    /// Who has this one has these too.
    #[serde(deserialize_with = "lenient::null")]
    pub implied_grants: Vec<String>,
}

/// A kind of condition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConditionDef {
    /// Its name.
    #[serde(deserialize_with = "lenient::null")]
    pub name: String,
    /// The Java class that decides it.
    #[serde(deserialize_with = "lenient::null")]
    pub evaluator: String,
    /// How it decides.
    #[serde(deserialize_with = "lenient::options")]
    pub evaluator_options: BTreeMap<String, String>,
}

/// The part of a definition for masks or for row filters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MaskDef {
    /// The levels; what they say goes over what the level of the same name in `resources` says.
    #[serde(deserialize_with = "lenient::null")]
    pub resources: Vec<ResourceDef>,
    /// The kinds of masks.
    #[serde(deserialize_with = "lenient::null")]
    pub mask_types: Vec<MaskTypeDef>,
}

/// A kind of mask.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct MaskTypeDef {
    /// Its name.
    #[serde(deserialize_with = "lenient::null")]
    pub name: String,
    /// SQL of another engine.
    #[serde(deserialize_with = "lenient::null")]
    pub transformer: String,
}
