//! Apache Atlas v2: type definitions, entities for `/api/atlas/v2/entity/bulk`, relationships with propagation blocked, hook messages.
//!
//! In: a graph and settings. Out: JSON values. One `flink_column_lineage` for each column a job writes, as the Hive hook does it.
//! Atlas lets a classification travel over every input of a process. So the inputs of an entity are only those over which a mask is inherited
//! (values, and conditions of one column); what was read masked, counted, cut, or only orders a window comes as a relationship of its own with
//! `propagateTags: NONE`: Atlas then shows what is enforced, and there is no moment in which a tag travels where it should not.
//! Stays out: edges that hold for a whole table, which the model of Atlas does not have.

mod entities;
mod types;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::lineage::graph::Graph;
use entities::Request;

pub use types::typedefs;

/// How entities are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The cluster: the end of each qualified name, `…@prod`.
    pub cluster: String,
    /// The namespace of jobs, such as `streampark://prod`.
    pub job_namespace: String,
    /// The namespace of tables that have no physical name.
    pub dataset_namespace: String,
    /// Entities that the site has already, by the scheme of the physical name (`kafka`, `hive`): edges lead to those.
    pub existing: BTreeMap<String, Existing>,
    /// Index in [`Graph::principals`] of the one whose masks become the classification `ENCRYPTED`.
    pub principal: Option<usize>,
    /// Whether the submitted SQL and its expressions go along. Values of table options never do.
    pub texts: bool,
}

/// What a site calls a system's tables and columns. Patterns may hold `{table}` (`{namespace}` and `{name}`), `{host}`, `{cluster}`, and `{column}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// The type of its tables, such as `kafka_topic`, and the pattern of their qualified name, such as `{name}@{cluster}`.
    pub table: (String, String),
    /// The same for columns; `None` where it has none: then edges lead to the table.
    pub column: Option<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cluster: "default".to_owned(),
            job_namespace: "flink".to_owned(),
            dataset_namespace: "flink".to_owned(),
            existing: BTreeMap::new(),
            principal: None,
            texts: true,
        }
    }
}

/// The body for `POST /api/atlas/v2/entity/bulk`, for all jobs.
#[must_use]
pub fn entities(graph: &Graph, settings: &Settings) -> Value {
    let jobs: Vec<usize> = (0..graph.jobs.len()).collect();
    Request::new(graph, settings, &jobs).body()
}

/// The bodies for `POST /api/atlas/v2/relationship`, to be sent after the entities: inputs over which no classification travels.
#[must_use]
pub fn relationships(graph: &Graph, settings: &Settings) -> Vec<Value> {
    let jobs: Vec<usize> = (0..graph.jobs.len()).collect();
    Request::new(graph, settings, &jobs).blocked()
}

/// Messages for the topic `ATLAS_HOOK`, one for each job. Blocked inputs are not in them: relationships go over REST alone.
#[must_use]
pub fn hook_messages(graph: &Graph, settings: &Settings) -> Vec<Value> {
    let jobs = graph.jobs.iter().enumerate();
    let messages = jobs.map(|(at, job)| {
        json!({
            "version": { "version": "1.0.0", "versionParts": [1] },
            "msgCompressionKind": "NONE",
            "msgSplitIdx": 1,
            "msgSplitCount": 1,
            "msgCreatedBy": job.user,
            "msgCreationTime": job.at.saturating_mul(1000),
            "message": {
                "type": "ENTITY_CREATE_V2",
                "user": job.user,
                "entities": Request::new(graph, settings, &[at]).body(),
            },
        })
    });
    messages.collect()
}
