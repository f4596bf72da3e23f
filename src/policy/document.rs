//! The native policy document `sqlsec/v1`, as written: its shape, and nothing decided yet.
//!
//! The JSON Schema in `schema/policy.json` is made from these types. What a field means for a decision is said where it is decided.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stated::PrincipalDecl;
use crate::mask::{Hides, Nulls, Numbers};

/// The only `apiVersion` that is read.
pub const API_VERSION: &str = "sqlsec/v1";

/// A policy document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// `sqlsec/v1`.
    #[schemars(extend("const" = API_VERSION))]
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// The version of this document. It may only grow.
    #[serde(default)]
    pub version: u64,
    /// What holds where no rule speaks.
    #[serde(default)]
    pub defaults: Defaults,
    /// The site's servers and clusters: a list each of all names that reach it, `host` for all ports or `host:port`. A rule on one of these names
    /// holds for all of them. Where servers are listed, `defaults.unknown_server` says what holds for others.
    #[serde(default)]
    pub servers: Vec<Vec<String>>,
    /// The roles and who has them.
    #[serde(default)]
    pub roles: Vec<RoleDecl>,
    /// The site's named masks.
    #[serde(default)]
    pub masks: BTreeMap<String, MaskDecl>,
    /// Tags and what carries them: a rule `on: { tags: [pii] }` holds for each of these.
    #[serde(default)]
    pub tags: BTreeMap<String, Vec<TaggedDecl>>,
    /// How masks follow data into derived columns.
    #[serde(default)]
    pub inheritance: Inheritance,
    /// Functions of the site that never fail and have no effects, by the last part of their names: strict mode lets them pass.
    #[serde(default)]
    pub strict_functions: Vec<String>,
    /// Written by a permission service: this document answers one question, and is a part of a larger policy. Not for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<ExcerptDecl>,
    /// Written by a permission service: the user whom this answer is about, as the service knows them. Not for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<PrincipalDecl>,
    /// The rules.
    #[serde(default)]
    pub rules: Vec<RuleDecl>,
}

/// What an excerpt must say of the whole policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExcerptDecl {
    /// The last parts of the names of all functions that masks and filters of the whole call: nobody may make one of such a name.
    pub functions: Vec<String>,
    /// Whether some rule of the whole is about physical names: then a table whose address is not understood could be one of those.
    pub physical: bool,
}

/// What holds where no rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// Access to a table that no access rule speaks of. Never holds for code (`function`, `jar`, `module`, `catalog`, `config`, `execute`),
    /// which only a rule can allow.
    pub access: Effect,
    /// A table whose connector has no known physical identity.
    pub unknown_connector: DefaultDeny,
    /// A table that a script declares on a server that `servers` does not list: it could be one of those under another name. Counts only where
    /// `servers` lists any.
    pub unknown_server: DefaultDeny,
    /// A table that some row filter speaks of, and none for this principal.
    pub no_matching_filter: NoMatchingFilter,
    /// A column that is read from a table whose lineage is unknown.
    pub unknown_lineage: Effect,
    /// Refuses a submitter's expressions that may fail or act above a table whose rows are filtered for them, and filters with subqueries.
    pub strict: bool,
}

/// How masks follow data into derived columns (LINEAGE.md §1). What a single rule says of it is `inherit` and `aggregate`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Inheritance {
    /// A column that inherits different masks.
    pub on_conflict: OnConflict,
    /// A column of which some rows were written masked and others not.
    pub mixed: Mixed,
    /// A column whose source the reader may not read at all.
    pub closed_sources: ClosedSources,
    /// What full redaction makes of a number.
    pub redact_numbers: Numbers,
    /// Functions whose result needs no mask any more, by their names as statements write them (`TOKENIZE`, `lib.core.TOKENIZE`).
    pub declassifying: Vec<String>,
}

/// What is done with a column that inherits different masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// The strictest holds: NULL, constant, hash and cipher, part. Two of one rank: redacted.
    #[default]
    Strictest,
    /// Redacted.
    Redact,
    /// The table is closed.
    Deny,
}

/// What is done with a column of which some rows were written masked and others not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mixed {
    /// Redacted: no row tells which it is.
    #[default]
    Redact,
    /// The table is closed.
    Deny,
}

/// What is done with a column whose source the reader may not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClosedSources {
    /// Redacted.
    #[default]
    Redact,
    /// Shown: whoever may read the derived table may read all of it that no mask is on.
    Show,
}

/// Allow or deny; allow when nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Yes.
    #[default]
    Allow,
    /// No.
    Deny,
}

/// Deny or allow; deny when nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DefaultDeny {
    /// No.
    #[default]
    Deny,
    /// Yes.
    Allow,
}

/// The rows of a table that is filtered, for someone whom no filter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoMatchingFilter {
    /// The statement is denied.
    #[default]
    Deny,
    /// No rows.
    Empty,
    /// All rows that restrictive filters leave.
    All,
}

/// A role and who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleDecl {
    /// Its name.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Users who have it.
    #[serde(default)]
    pub users: Vec<String>,
    /// Groups whose users have it.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Roles whose holders have this one too.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// A named mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaskDecl {
    /// A Flink SQL expression over `{col}`, the raw value, and `{type}`, the column's type.
    pub expression: String,
    /// What it does with NULL.
    #[serde(default)]
    pub nulls: NullsDecl,
    /// How much of a value it hides: whether it fits what was derived from the column that it is written for.
    #[serde(default)]
    pub hides: HidesDecl,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What a named mask does with NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NullsDecl {
    /// NULL stays NULL; a single call of a function of the site's is trusted to see to that.
    #[default]
    Auto,
    /// NULL stays NULL, always tested.
    Keep,
    /// The expression gets NULLs.
    Pass,
}

/// How much of a value a named mask hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HidesDecl {
    /// By its expression: without `{col}` a constant; with `{col}` inside calls of functions that are called like hashes and ciphers alone, a
    /// sign for the value; else a part of it shows.
    #[default]
    Auto,
    /// A sign for the value is left, as of a hash or a cipher: it fits derived values.
    Value,
    /// A part of the value shows: derived values are redacted.
    Part,
}

impl HidesDecl {
    /// What it says; `None`: see the expression.
    #[must_use]
    pub const fn said(self) -> Option<Hides> {
        match self {
            Self::Auto => None,
            Self::Value => Some(Hides::Value),
            Self::Part => Some(Hides::Some),
        }
    }
}

impl From<NullsDecl> for Nulls {
    fn from(nulls: NullsDecl) -> Self {
        match nulls {
            NullsDecl::Auto => Self::Auto,
            NullsDecl::Keep => Self::Keep,
            NullsDecl::Pass => Self::Pass,
        }
    }
}

/// What carries a tag: `table` or `physical`, and columns where the tag is about columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaggedDecl {
    /// A table by name: three parts, `*` and `?` within a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// A dataset by its physical name, `**` across `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical: Option<String>,
    /// Columns and nested fields.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// Users, groups and roles.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Subjects {
    /// Users by name.
    pub users: Vec<String>,
    /// Groups by name; `public` is everyone.
    pub groups: Vec<String>,
    /// Roles by name.
    pub roles: Vec<String>,
}

/// What a rule is about: exactly one of `table`, `physical`, `tags`, `object`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// A table by name: `catalog.database.table`, `*` and `?` within a part, a part in back-ticks as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// A dataset by its physical name, such as `kafka://*/orders`; `*` and `?` stop at `/`, `**` does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Something that is no table: a database, function, jar, module, catalog, configuration key. `*` and `?` stop at dots and `/`, in an
    /// address (`https://…`) at `/` only; `**` does not stop. Only in access rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Patterns of the same form that are left out.
    pub exclude: Vec<String>,
    /// Columns and nested fields (`address.zip`), `*` and `?` within a part. In column masks; and whole columns in access rules, which are then about
    /// reading these and open no table.
    pub columns: Vec<String>,
}

/// When a rule holds: `from <= now < until`. A date alone is its whole day, for `until` too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Valid {
    /// `2026-01-31`, `2026-01-31T08:00:00`, with or without an offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The time zone of times without an offset, such as `Asia/Shanghai`; UTC when nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tz: Option<String>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RuleDecl {
    /// Which rows.
    RowFilter(RowFilterDecl),
    /// Which columns are hidden, and how.
    ColumnMask(ColumnMaskDecl),
    /// Who may do what.
    Access(AccessDecl),
}

/// A row filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowFilterDecl {
    /// Its name, once in a document.
    pub id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whom it is for.
    pub to: Subjects,
    /// Who of them is exempt: sees the table as if this filter were true.
    #[serde(default)]
    pub except: Subjects,
    /// Which tables.
    pub on: Target,
    /// The condition, with `${user.attribute}` for the principal's attributes.
    pub filter: String,
    /// How it combines with others.
    #[serde(default)]
    pub mode: Mode,
    /// When it holds.
    #[serde(default)]
    pub valid: Valid,
}

/// How filters combine: `(P1 OR … OR Pn) AND R1 AND …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Shows its rows besides those of others.
    #[default]
    Permissive,
    /// Must be true in any case.
    Restrictive,
}

/// A column mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMaskDecl {
    /// Its name, once in a document.
    pub id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whom it is for.
    pub to: Subjects,
    /// For whom of them it does not hold.
    #[serde(default)]
    pub except: Subjects,
    /// Which columns.
    pub on: Target,
    /// The mask.
    pub mask: MaskRef,
    /// The highest wins.
    #[serde(default)]
    pub priority: i32,
    /// Masked only in rows for which this is true or NULL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Which derived columns inherit it.
    #[serde(default)]
    pub inherit: Inherit,
    /// What aggregates of it inherit.
    #[serde(default)]
    pub aggregate: Aggregate,
    /// When it holds.
    #[serde(default)]
    pub valid: Valid,
}

/// A mask by name (`MASK_HASH`, or one of `masks`), or an expression of its own (Ranger's `CUSTOM`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(deny_unknown_fields)]
pub enum MaskRef {
    /// By name.
    Name(String),
    /// By expression.
    Custom {
        /// A Flink SQL expression over `{col}` and `{type}`.
        expression: String,
    },
}

/// By hand, because serde's untagged enums lose the place and the reason of an error.
impl<'de> Deserialize<'de> for MaskRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Custom {
            expression: String,
        }
        struct Reader;
        impl<'de> serde::de::Visitor<'de> for Reader {
            type Value = MaskRef;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a mask, or { expression: … }")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<MaskRef, E> {
                Ok(MaskRef::Name(name.to_owned()))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<MaskRef, A::Error> {
                let map = serde::de::value::MapAccessDeserializer::new(map);
                Custom::deserialize(map).map(|custom| MaskRef::Custom {
                    expression: custom.expression,
                })
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Which derived columns inherit a mask (LINEAGE.md §1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
pub enum Inherit {
    /// None.
    #[serde(rename = "none")]
    None,
    /// Those that hold its value or something made of it.
    #[serde(rename = "direct")]
    Direct,
    /// Those, and those whose value was chosen by it.
    #[default]
    #[serde(rename = "direct+conditional")]
    DirectConditional,
    /// All that it had any influence on.
    #[serde(rename = "all")]
    All,
}

/// What SUM, AVG and the like of a masked column inherit (LINEAGE.md §1, E).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// Nothing.
    Release,
    /// The mask.
    #[default]
    Inherit,
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessDecl {
    /// Its name, once in a document.
    pub id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Yes or no.
    pub effect: Effect,
    /// Whom it is for.
    pub to: Subjects,
    /// For whom of them it does not hold.
    #[serde(default)]
    pub except: Subjects,
    /// Which tables or objects.
    pub on: Target,
    /// Which privileges, at least one.
    pub privileges: Vec<Privilege>,
    /// Deny wins at equal or higher priority.
    #[serde(default)]
    pub priority: i32,
    /// When it holds.
    #[serde(default)]
    pub valid: Valid,
}

/// What somebody may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Privilege {
    /// Read a table.
    Select,
    /// Write rows.
    Insert,
    /// Change rows.
    Update,
    /// Remove rows.
    Delete,
    /// Create a table, view or database.
    Create,
    /// Change one.
    Alter,
    /// Drop one.
    Drop,
    /// Empty a table.
    Truncate,
    /// Call a procedure.
    Execute,
    /// Make a catalog or database the current one.
    Use,
    /// See what a table is made of.
    Describe,
    /// Register or drop a function.
    Function,
    /// Load code.
    Jar,
    /// Load a module.
    Module,
    /// Create or drop a catalog.
    Catalog,
    /// Set a configuration key.
    Config,
}

impl Privilege {
    /// Whether nothing but a rule can allow it: code, and settings that decide which code runs.
    #[must_use]
    pub const fn is_code(self) -> bool {
        match self {
            Self::Execute
            | Self::Function
            | Self::Jar
            | Self::Module
            | Self::Catalog
            | Self::Config => true,
            Self::Select
            | Self::Insert
            | Self::Update
            | Self::Delete
            | Self::Create
            | Self::Alter
            | Self::Drop
            | Self::Truncate
            | Self::Use
            | Self::Describe => false,
        }
    }
}
