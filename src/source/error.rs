//! Why a permission service gave no answer that may be used.

/// No answer. Its text is for the operator: it names the service and what to do, and holds no secret and no text of the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("permission service {service}: {problem}")]
pub struct SourceError {
    /// Its address or file name, without credentials.
    pub service: String,
    /// What went wrong.
    pub problem: SourceProblem,
}

/// What went wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceProblem {
    /// No connection.
    #[error("cannot be reached ({0}): is it running, and is the address right?")]
    Unreachable(String),
    /// No answer in time.
    #[error("did not answer within {0:?}: raise the time-out or look at the service")]
    Slow(std::time::Duration),
    /// Not asked: it failed too often of late.
    #[error(
        "failed {failures} times in a row; it is asked again in {wait:?}. The last time: {last}"
    )]
    Open {
        /// Failures in a row.
        failures: u32,
        /// How long it is left alone still.
        wait: std::time::Duration,
        /// What went wrong the last time.
        last: String,
    },
    /// It does not let sqlsec in.
    #[error("refuses sqlsec's own credentials (status {0}): check token, user or certificate")]
    Unauthorized(u16),
    /// A status that is no answer.
    #[error("answered status {status}: {hint}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// What it usually means.
        hint: &'static str,
    },
    /// An answer that cannot be read.
    #[error("its answer is not usable: {0}")]
    Unusable(String),
    /// Rules that are older than those seen before.
    #[error(
        "its rules went back from version {seen} to {got}: an old replica or a restored backup"
    )]
    WentBack {
        /// The highest version seen.
        seen: u64,
        /// The version of this answer.
        got: u64,
    },
    /// A setting of ours that cannot work.
    #[error("{0}")]
    Configuration(String),
}

impl SourceError {
    /// An error of this service.
    #[must_use]
    pub fn new(service: impl Into<String>, problem: SourceProblem) -> Self {
        Self {
            service: service.into(),
            problem,
        }
    }
}
