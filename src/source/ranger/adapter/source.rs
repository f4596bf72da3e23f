//! A Ranger service as a source of rules, from documents that are here already.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;

use super::{Mapping, answer};
use crate::policy::{Policy, Severity};
use crate::source::ranger::Service;
use crate::source::{Answer, PolicySource, Question, SourceError, SourceProblem};

/// The time of day; schedules hold by it.
type Now = dyn Fn() -> SystemTime + Send + Sync;

/// Answers questions from a service that was loaded.
pub struct RangerSource {
    service: Arc<Service>,
    mapping: Mapping,
    now: Box<Now>,
}

impl RangerSource {
    /// A source over a service. `now` tells the time.
    #[must_use]
    pub fn new(
        service: Arc<Service>,
        mapping: Mapping,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        Self {
            service,
            mapping,
            now: Box::new(now),
        }
    }

    /// The service.
    #[must_use]
    pub const fn service(&self) -> &Arc<Service> {
        &self.service
    }

    fn unusable(&self, why: impl Into<String>) -> SourceError {
        SourceError::new(
            format!("Ranger `{}`", self.service.name()),
            SourceProblem::Unusable(why.into()),
        )
    }
}

impl PolicySource for RangerSource {
    fn answer(&self, question: &Question) -> Result<Answer, SourceError> {
        let at = Timestamp::try_from((self.now)());
        let at = at.map_err(|_| self.unusable("the clock is out of range"))?;
        let (document, _) = answer(&self.service, &self.mapping, question, at);
        let text =
            serde_json::to_string(&document).map_err(|error| self.unusable(error.to_string()))?;
        let policy = Policy::load_answer(&text, self.service.name());
        let policy = policy.map_err(|error| {
            let errors = error
                .findings
                .iter()
                .filter(|one| one.severity == Severity::Error);
            let codes: Vec<_> = errors.map(|one| one.code).collect();
            self.unusable(format!("its rules do not compile ({})", codes.join(", ")))
        })?;
        Ok(Answer::to(Arc::new(question.clone()), Arc::new(policy)))
    }
}
