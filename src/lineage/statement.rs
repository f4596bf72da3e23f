//! The lineage of one statement: what each of its outputs is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Edge;
use crate::catalog::TableName;
use crate::syntax::{DataType, Span};

/// A dataset: a table by its logical name, and the bytes it stands for.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Dataset {
    /// The logical name at the time.
    pub name: TableName,
    /// Canonical physical names (`kafka://host:port/topic`), sorted; empty where there are none or they are not understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub physical: Vec<String>,
}

/// A column of a base table.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct SourceColumn {
    /// The table.
    pub dataset: Dataset,
    /// The column; `None` where the schema is unknown and any column may be meant.
    pub column: Option<String>,
}

/// What one statement writes or answers, with the sources of each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct StatementLineage {
    /// One for each table written (a statement set writes several), or one without target for the rows of a query.
    pub outputs: Vec<Written>,
}

/// One output of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Written {
    /// The table or view that is written or made; `None` for the rows that a query answers.
    pub target: Option<Dataset>,
    /// Whether what was there before is gone: full `INSERT OVERWRITE`, `CREATE TABLE AS`, a view. A partition overwrite adds.
    pub replaces: bool,
    /// The columns in order of the target's schema; those that the statement does not write are not here.
    pub columns: Vec<ColumnLineage>,
    /// Edges that hold for every column (JOIN, FILTER, GROUP_BY, SORT): OpenLineage's `dataset` list. Sorted, each once.
    pub whole: Vec<Edge>,
    /// Where in the submitted text.
    pub span: Span,
}

/// One column of an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnLineage {
    /// Its name in the target.
    pub name: String,
    /// Its type where known: the target's, or that of the query.
    #[serde(rename = "type")]
    pub data_type: Option<DataType>,
    /// Direct edges, and the indirect ones that are this column's own (CONDITIONAL, WINDOW). Sorted, each once.
    pub edges: Vec<Edge>,
}
