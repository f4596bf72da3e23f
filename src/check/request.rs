//! What is asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::{CatalogDocument, Session};
use crate::policy::Principal;
use crate::rewrite::Style;
use crate::splitter::Splitter;
use crate::syntax::FlinkVersion;

/// A script that somebody submits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Who submits.
    pub principal: Principal,
    /// What: one statement or a script.
    pub sql: String,
    /// The state of their session before it; a fresh one when absent.
    #[serde(default)]
    pub session: Session,
    /// Tables and views as of now, in place of those of the same names in the catalog of the engine, for this one request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<CatalogDocument>,
    /// Where filters and masks are put.
    #[serde(default)]
    pub style: Style,
    /// The Flink that will run it.
    #[serde(default)]
    pub flink: FlinkVersion,
    /// The program that cuts the script into statements afterwards: where it would cut or clean it otherwise than Flink reads it, the script is
    /// refused. Absent when the statements are submitted one by one.
    #[serde(default)]
    pub splitter: Option<Splitter>,
    /// The name of the job in records of lineage; absent, it is named after the submitter and the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The time of the decision in seconds since 1970, for rules that are valid for a time; the host's clock when absent.
    #[serde(default)]
    pub at: Option<i64>,
    /// Refuses expressions that may fail or act above a filtered table. The policy can ask for it too; a request cannot undo that.
    #[serde(default)]
    pub strict: bool,
}

impl Request {
    /// A script of a principal, in a fresh session on the newest Flink.
    #[must_use]
    pub fn new(principal: Principal, sql: impl Into<String>) -> Self {
        Self {
            principal,
            sql: sql.into(),
            session: Session::default(),
            catalog: None,
            style: Style::default(),
            flink: FlinkVersion::default(),
            splitter: None,
            job: None,
            at: None,
            strict: false,
        }
    }
}
