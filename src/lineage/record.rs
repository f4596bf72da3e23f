//! What a submission leaves behind: the lineage of its statements, and which sources were masked when they were read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dataset, SourceColumn, StatementLineage};
use crate::syntax::Span;

/// The lineage of one submission. `check` makes it, `commit` keeps it after a successful submit, `abort` takes it back; until then it protects
/// as if it were committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// The job, as its submitter names it.
    pub job: String,
    /// Who submitted.
    pub user: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// The statements that write or make something, in order of the script.
    pub statements: Vec<StatementRecord>,
}

/// One statement of a [`Record`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct StatementRecord {
    /// Its index in the script, from 0.
    pub statement: usize,
    /// Its lineage.
    pub lineage: StatementLineage,
    /// The source columns that were read masked as a whole and for every row. A column under a mask with `when`, or masked in some fields only,
    /// is not here: to be safe it counts as read raw.
    #[serde(with = "pairs", default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "Vec<(SourceColumn, Fingerprint)>")]
    pub masked: BTreeMap<SourceColumn, Fingerprint>,
    /// What stands at the places that edges name, as far as it is known.
    #[serde(with = "pairs", default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "Vec<(Span, ItemText)>")]
    pub texts: BTreeMap<Span, ItemText>,
    /// What it does to tables besides writing rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// How the tables that it writes were declared then, and those that it reads of which that matters.
    #[serde(with = "pairs", default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "Vec<(Dataset, Declared)>")]
    pub tables: BTreeMap<Dataset, Declared>,
}

/// How a table was declared when a statement read or wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct Declared {
    /// The names of its columns, where they are known: one that was not written holds nothing, one that is not here may be another one's new name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Those of them that are metadata of the connector.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<String>,
    /// Whether its names need not be those of the data: a script declared it, and its format does not find columns by name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_position: bool,
    /// Whether the submitter chose its name: another one's table of that name is another table.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_user: bool,
}

/// The expression at the place of an edge. Its text stays where it is: literals of a submitter do not belong here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemText {
    /// SHA-256 of its tokens, in hexadecimal: another one, and it is another expression.
    pub hash: String,
    /// A function's name as written, its parts joined by dots, in upper case, when the expression is one call of it and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Whether that call has one argument, which is a column.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bare: bool,
}

/// What a statement does to a table besides writing rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// What was written before is gone once the job has ended: what a host says of a table whose rows it removes.
    Emptied(Dataset),
    /// Its data have another name, and perhaps another place.
    Renamed {
        /// What it was.
        from: Dataset,
        /// What it is.
        to: Dataset,
    },
    /// A column has another name. What was written under the old one is read under both.
    RenamedColumn {
        /// The table.
        dataset: Dataset,
        /// The old name.
        from: String,
        /// The new one.
        to: String,
    },
}

/// What a mask does to a value, whoever asked for it: equal fingerprints are the same mask. Made of mask name, normalised expression, key id,
/// input and output type; not of the policy's id.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Fingerprint(pub String);

/// A map whose keys are objects, as a list of pairs: JSON has string keys only.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(input: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(input)?.into_iter().collect())
    }
}
