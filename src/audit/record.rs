//! The record itself.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::TableName;
use crate::check::{Applied, Code, Decision, PolicyStamp, Reply, Request, StatementReport};
use crate::lineage::store::RecordId;
use crate::policy::{Principal, PrincipalDecl};
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

/// For whom it was decided: what a permission service has stated of the user, and the submitter's claims where it has stated nothing. Values of attributes
/// may be personal: their names are enough to say which were there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditPrincipal {
    /// The user, as the submitter has authenticated them.
    pub user: String,
    /// The groups that held.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// The roles that held, beside those that the policy itself gives.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
    /// The names of the attributes that held.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attributes: BTreeSet<String>,
    /// Which of these a permission service has stated. Absent where the submitter's word held for all of them, and in records of earlier versions, which hold
    /// the claims whatever was stated.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stated: BTreeSet<AuditTrait>,
    /// What the submitter claimed, where the service has stated something else.
    #[serde(default, skip_serializing_if = "AuditClaims::is_empty")]
    pub claimed: AuditClaims,
}

/// What may be stated of a user.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AuditTrait {
    /// Their groups.
    Groups,
    /// Their roles.
    Roles,
    /// Their attributes.
    Attributes,
}

/// Claims that did not hold. A field is there where what was claimed is not what was stated, also when nothing was claimed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct AuditClaims {
    /// The groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<BTreeSet<String>>,
    /// The roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<BTreeSet<String>>,
    /// The names of the attributes; the same names as those that held, where only a value is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeSet<String>>,
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
            principal: AuditPrincipal::of(&request.principal, reply.stated.as_deref()),
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

impl AuditPrincipal {
    /// Somebody by what is claimed, and by what is stated in its place.
    fn of(claimed: &Principal, stated: Option<&PrincipalDecl>) -> Self {
        let Some(stated) = stated else {
            return Self::from(claimed);
        };
        let held = stated.over(claimed);
        let fields = [
            (AuditTrait::Groups, stated.groups.is_some()),
            (AuditTrait::Roles, stated.roles.is_some()),
            (AuditTrait::Attributes, stated.attributes.is_some()),
        ];
        let fields = fields.into_iter().filter(|(_, is_stated)| *is_stated);
        Self {
            stated: fields.map(|(field, _)| field).collect(),
            claimed: AuditClaims {
                groups: (held.groups != claimed.groups).then(|| claimed.groups.clone()),
                roles: (held.roles != claimed.roles).then(|| claimed.roles.clone()),
                // By their values too: those of one name may differ.
                attributes: (held.attributes != claimed.attributes).then(|| names(claimed)),
            },
            ..Self::from(&held)
        }
    }
}

impl From<&Principal> for AuditPrincipal {
    fn from(principal: &Principal) -> Self {
        Self {
            user: principal.user.clone(),
            groups: principal.groups.clone(),
            roles: principal.roles.clone(),
            attributes: names(principal),
            stated: BTreeSet::new(),
            claimed: AuditClaims::default(),
        }
    }
}

/// The names of somebody's attributes.
fn names(principal: &Principal) -> BTreeSet<String> {
    principal.attributes.keys().cloned().collect()
}

impl AuditClaims {
    /// Whether every claim held.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.groups.is_none() && self.roles.is_none() && self.attributes.is_none()
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
