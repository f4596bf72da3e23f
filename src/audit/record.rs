//! The record itself.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::TableName;
use crate::check::{Applied, Code, Decision, PolicyStamp, Reply, Request, StatementReport};
use crate::lineage::store::RecordId;
use crate::policy::Principal;
use crate::syntax::{FlinkVersion, sha256};

/// What is kept of one check (`schema/audit.json`). Fields are added in later versions, and none is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditRecord {
    /// When it was decided: RFC 3339, UTC, milliseconds.
    pub time: String,
    /// For whom.
    pub principal: AuditPrincipal,
    /// The job, as the submitter named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The Flink that the text is for.
    pub flink: FlinkVersion,
    /// SHA-256 of the submitted text, in hexadecimal.
    pub sql_sha256: String,
    /// The length of that text in bytes.
    pub sql_bytes: usize,
    /// What was decided.
    #[serde(flatten)]
    pub decision: AuditDecision,
    /// What each statement reads and writes, as far as it could be read.
    pub statements: Vec<AuditStatement>,
    /// The policy that decided.
    pub policy: PolicyStamp,
    /// What is known of where the written data came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<AuditLineage>,
    /// How long the check took, in microseconds.
    pub micros: u64,
}

/// Who asked. Values of attributes may be personal: their names are enough to say which were there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditPrincipal {
    /// The user.
    pub user: String,
    /// Their groups.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// The roles that the submitter vouched for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
    /// The names of their attributes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attributes: BTreeSet<String>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum AuditDecision {
    /// It may be submitted in its protected form.
    Allow {
        /// SHA-256 of the protected text, in hexadecimal: another one under another policy says that the job is protected otherwise now.
        protected_sha256: String,
    },
    /// It may not.
    Deny {
        /// Why.
        errors: Vec<AuditDenial>,
    },
}

/// One reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditDenial {
    /// The stable code.
    pub code: Code,
    /// Which statement, from 0.
    pub statement: usize,
    /// 1-based line in the submitted text.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditStatement {
    /// Its kind.
    pub kind: String,
    /// The 1-based line of its first token.
    pub line: u32,
    /// What it reads, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<AuditTable>,
    /// What it writes or makes, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<AuditTable>,
    /// The rules that applied, by table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applied: Vec<Applied>,
}

/// A table or view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct AuditTable {
    /// `[catalog, database, table]`.
    pub name: TableName,
    /// Its physical names, where its connector options say them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub physical: Vec<String>,
    /// The columns that are read by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

/// The record of lineage that a check made, and what it was judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditLineage {
    /// The job's name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// SHA-256 of what its statements write and of what, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The number of that record in the store, where a host has left it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// The version of the store that it was judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

impl AuditRecord {
    /// The record of a check.
    #[must_use]
    pub fn new(request: &Request, reply: &Reply, at: SystemTime, took: Duration) -> Self {
        Self {
            time: time(at),
            principal: AuditPrincipal::from(&request.principal),
            job: request.job.clone(),
            flink: request.flink,
            sql_sha256: sha256(&request.sql),
            sql_bytes: request.sql.len(),
            decision: AuditDecision::from(&reply.decision),
            statements: reply.statements.iter().map(AuditStatement::from).collect(),
            policy: reply.policy.clone(),
            lineage: AuditLineage::of(reply),
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

/// Before 1970 the clock is wrong; the record is written all the same.
fn time(at: SystemTime) -> String {
    let at = Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}

impl From<&Principal> for AuditPrincipal {
    fn from(principal: &Principal) -> Self {
        Self {
            user: principal.user.clone(),
            groups: principal.groups.clone(),
            roles: principal.roles.clone(),
            attributes: principal.attributes.keys().cloned().collect(),
        }
    }
}

impl From<&Decision> for AuditDecision {
    fn from(decision: &Decision) -> Self {
        match decision {
            Decision::Allow { sql, .. } => Self::Allow {
                protected_sha256: sha256(sql.as_str()),
            },
            Decision::Deny { errors } => Self::Deny {
                errors: errors
                    .as_slice()
                    .iter()
                    .map(|error| AuditDenial {
                        code: error.code,
                        statement: error.statement,
                        line: error.line,
                        column: error.column,
                    })
                    .collect(),
            },
        }
    }
}

impl From<&StatementReport> for AuditStatement {
    fn from(report: &StatementReport) -> Self {
        let inputs = report.inputs.iter().map(|input| AuditTable {
            name: input.name.clone(),
            physical: input.physical.clone(),
            columns: input.columns.clone(),
        });
        let outputs = report.outputs.iter().map(|output| AuditTable {
            name: output.name.clone(),
            physical: output.physical.clone(),
            columns: Vec::new(),
        });
        Self {
            kind: report.kind.clone(),
            line: report.line,
            inputs: inputs.collect::<BTreeSet<_>>().into_iter().collect(),
            outputs: outputs.collect::<BTreeSet<_>>().into_iter().collect(),
            applied: report.applied.clone(),
        }
    }
}

impl AuditLineage {
    /// Nothing where nothing was written, and no store asked.
    fn of(reply: &Reply) -> Option<Self> {
        let record = reply.lineage.as_ref();
        if record.is_none() && reply.lineage_version.is_none() {
            return None;
        }
        Some(Self {
            job: record.map(|record| record.job.clone()),
            // Not of the whole record: who submitted it when changes nothing in what it is.
            sha256: record
                .and_then(|record| serde_json::to_string(&record.statements).ok())
                .map(|text| sha256(&text)),
            record: reply.lineage_id,
            version: reply.lineage_version,
        })
    }
}
