//! A check that is recorded, and what becomes of one that cannot be.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::{AuditError, AuditRecord, AuditSink};
use crate::check::{Code, Reply, Request, SubmitCheck};

/// What becomes of a check whose record cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// It is denied.
    #[default]
    Deny,
    /// It is answered as it was decided; the reply says so (`unrecorded`), and the operator is told.
    Continue,
}

/// A sink, and what a site wants of it.
#[derive(Clone)]
pub struct Audit {
    sink: Arc<dyn AuditSink>,
    on_failure: OnFailure,
    tell: Arc<dyn Fn(&AuditError) + Send + Sync>,
}

impl Audit {
    /// Records go to this sink; what cannot be recorded is denied.
    #[must_use]
    pub fn new(sink: Arc<dyn AuditSink>) -> Self {
        Self {
            sink,
            on_failure: OnFailure::Deny,
            tell: Arc::new(|_| {}),
        }
    }

    /// The same with another way with failures.
    #[must_use]
    pub const fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// The same, whose failures an operator is told.
    #[must_use]
    pub fn telling(mut self, tell: impl Fn(&AuditError) + Send + Sync + 'static) -> Self {
        self.tell = Arc::new(tell);
        self
    }

    /// Runs a check and records it.
    pub fn around(&self, request: &Request, check: impl FnOnce() -> Reply) -> Reply {
        let started = Instant::now();
        let mut reply = check();
        let record = AuditRecord::new(request, &reply, SystemTime::now(), started.elapsed());
        // The host's function is code that nobody here knows.
        let kept = catch_unwind(AssertUnwindSafe(|| self.sink.write(&record)));
        let kept = kept.unwrap_or_else(|_| Err(AuditError::Host("it did not finish".to_owned())));
        let Err(error) = kept else { return reply };
        let _ = catch_unwind(AssertUnwindSafe(|| (self.tell)(&error)));
        match self.on_failure {
            // Why a request was refused is worth more than that nobody wrote it down.
            OnFailure::Deny if reply.decision.sql().is_some() => Reply::denied(
                Code::AuditUnavailable,
                "the check cannot be recorded, and nothing is allowed without a record",
                reply.policy.clone(),
            )
            .in_place_of(&reply),
            OnFailure::Deny => reply,
            OnFailure::Continue => {
                reply.unrecorded = true;
                reply
            }
        }
    }
}

/// A check of which every answer is recorded.
pub struct Audited<C> {
    check: C,
    audit: Audit,
}

impl<C: SubmitCheck> Audited<C> {
    /// Records what `check` answers.
    pub const fn new(check: C, audit: Audit) -> Self {
        Self { check, audit }
    }
}

impl<C: SubmitCheck> SubmitCheck for Audited<C> {
    fn check(&self, request: &Request) -> Reply {
        self.audit.around(request, || self.check.check(request))
    }
}
