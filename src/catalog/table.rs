//! Tables, views and columns as the catalog knows them.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::syntax::DataType;

/// The full logical name of a table or view. Case-sensitive, as in Flink.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(from = "[String; 3]", into = "[String; 3]")]
pub struct TableName {
    /// The catalog.
    pub catalog: String,
    /// The database.
    pub database: String,
    /// The table or view.
    pub table: String,
}

impl TableName {
    /// The name `catalog.database.table`.
    pub fn new(
        catalog: impl Into<String>,
        database: impl Into<String>,
        table: impl Into<String>,
    ) -> Self {
        Self {
            catalog: catalog.into(),
            database: database.into(),
            table: table.into(),
        }
    }
}

impl TableName {
    /// All three parts in back-ticks, as SQL.
    pub(crate) fn quoted(&self) -> String {
        [&self.catalog, &self.database, &self.table]
            .map(|part| crate::syntax::quote(part))
            .join(".")
    }

    /// Whether the other name is of the same catalog and differs in letter case at most.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        use super::same_letters;
        self.catalog == other.catalog
            && same_letters(&self.database, &other.database)
            && same_letters(&self.table, &other.table)
    }
}

impl From<[String; 3]> for TableName {
    fn from([catalog, database, table]: [String; 3]) -> Self {
        Self {
            catalog,
            database,
            table,
        }
    }
}

impl From<TableName> for [String; 3] {
    fn from(name: TableName) -> Self {
        [name.catalog, name.database, name.table]
    }
}

/// For people: parts joined by dots, without quotes.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.catalog, self.database, self.table)
    }
}

/// A table: what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its columns in order; `None` when nobody said.
    pub columns: Option<Vec<Column>>,
    /// The columns of its primary key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// The column of its watermark: the event-time attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<String>,
    /// The columns that the watermark's expression reads; `None` when nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark_reads: Option<Vec<String>>,
    /// The columns that it is partitioned by; `None` when nobody said. Of a table with partitions INSERT OVERWRITE replaces some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitioned_by: Option<Vec<String>>,
    /// Its connector options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

impl Table {
    /// Takes over what `LIKE base (…)` takes over: stored columns always, the rest unless it is excluded (Flink documentation, CREATE
    /// TABLE, LIKE). The base's columns come first; own options win.
    pub fn inherit(&mut self, base: &Self, features: &[(String, String)]) {
        let included = |feature: &str| {
            // The last word on a feature counts; a word on ALL counts where the feature itself is not named.
            let said = |name: &str| {
                features
                    .iter()
                    .rev()
                    .find(|(_, f)| f == name)
                    .map(|(how, _)| how != "EXCLUDING")
            };
            said(feature).or_else(|| said("ALL")).unwrap_or(true)
        };
        let own = self.columns.take().unwrap_or_default();
        self.columns = base.columns.as_ref().map(|columns| {
            let kept = columns.iter().filter(|c| match c.kind {
                ColumnKind::Physical => true,
                ColumnKind::Metadata { .. } => included("METADATA"),
                ColumnKind::Computed { .. } => included("GENERATED"),
            });
            let mut all: Vec<Column> = kept
                .filter(|c| own.iter().all(|o| o.name != c.name))
                .cloned()
                .collect();
            all.extend(own);
            all
        });
        let partitioned = self
            .partitioned_by
            .as_ref()
            .is_some_and(|own| !own.is_empty());
        if !partitioned && included("PARTITIONS") {
            self.partitioned_by.clone_from(&base.partitioned_by);
        }
        if self.primary_key.is_empty() && included("CONSTRAINTS") {
            self.primary_key.clone_from(&base.primary_key);
        }
        if self.watermark.is_none() && included("WATERMARKS") {
            self.watermark.clone_from(&base.watermark);
            self.watermark_reads.clone_from(&base.watermark_reads);
        }
        if included("OPTIONS") {
            for (key, value) in &base.options {
                self.options
                    .entry(key.clone())
                    .or_insert_with(|| value.clone());
            }
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type; `None` for a computed column whose type was not worked out.
    #[serde(rename = "type")]
    pub data_type: Option<DataType>,
    /// How it comes by its value.
    #[serde(default, skip_serializing_if = "ColumnKind::is_physical")]
    pub kind: ColumnKind,
}

/// How a column comes by its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ColumnKind {
    /// Stored.
    #[default]
    Physical,
    /// Read from the connector.
    Metadata {
        /// Whether it is left out when the table is written.
        #[serde(rename = "virtual", default)]
        virtual_: bool,
        /// Which metadata, where that is not the column's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Worked out from others.
    Computed {
        /// Its expression.
        expression: String,
        /// The base columns that the expression reads.
        reads: Vec<String>,
        /// Whether it is `PROCTIME()`: a processing-time attribute.
        #[serde(default)]
        proctime: bool,
    },
}

impl ColumnKind {
    fn is_physical(&self) -> bool {
        *self == Self::Physical
    }
}

/// A view: its text and the place it was written for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its query.
    pub text: String,
    /// Its column list; empty when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The current catalog when it was made.
    pub catalog: String,
    /// The current database when it was made.
    pub database: String,
}
