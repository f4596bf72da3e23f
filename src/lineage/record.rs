//! What a submission leaves behind: the lineage of its statements, and which sources were masked when they were read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SourceColumn, StatementLineage};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
