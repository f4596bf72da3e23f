//! `audit`: one record for each check: who asked, when, about which text, what it reads and writes, which rules applied, what was decided and why.
//!
//! In: a request with its reply. Out: an [`AuditRecord`] to an [`AuditSink`]: a file with rotation ([`AuditFile`]), or a function of the host
//! ([`AuditCallback`]). Stays out: the decision.
//! Invariant (no secrets): a record holds no SQL, no literal, no message, no text of a rule, and of attributes the names alone. Texts are known by their hashes.
//! Invariant (nothing unrecorded): where the site asks for it, which is the default, what cannot be recorded is not allowed (`audit-unavailable`).

mod file;
mod keep;
mod record;

pub use file::{AuditFile, Rotation};
pub use keep::{Audit, Audited, OnFailure};
pub use record::{
    AuditClaims, AuditDecision, AuditDenial, AuditLineage, AuditPrincipal, AuditRecord,
    AuditStatement, AuditTable, AuditTrait,
};

/// Where records go.
pub trait AuditSink: Send + Sync {
    /// Keeps a record. It counts as kept when this returns.
    ///
    /// # Errors
    /// It was not kept, or nobody can say.
    fn write(&self, record: &AuditRecord) -> Result<(), AuditError>;
}

/// Why a record was not kept: for the operator.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file system says no.
    #[error("cannot write the audit record to `{0}`: {1}")]
    File(std::path::PathBuf, std::io::Error),
    /// It cannot be written as JSON.
    #[error("cannot write the audit record: {0}")]
    Json(#[from] serde_json::Error),
    /// The host's own function says no.
    #[error("{0}")]
    Host(String),
}

/// A function of the host that takes each record as one line of JSON, without the line end.
pub struct AuditCallback(Box<Callback>);

type Callback = dyn Fn(&str) -> Result<(), String> + Send + Sync;

impl AuditCallback {
    /// A function that keeps records.
    pub fn new(keep: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Box::new(keep))
    }
}

impl AuditSink for AuditCallback {
    fn write(&self, record: &AuditRecord) -> Result<(), AuditError> {
        (self.0)(&serde_json::to_string(record)?).map_err(AuditError::Host)
    }
}

#[cfg(test)]
mod tests;
