//! A request with its credentials, repeated where that is safe and may help, and the breaker around it.

use std::time::Duration;

use super::breaker::Breaker;
use super::http::{Ask, Fetched, Http};
use super::token::Tokens;
use super::{Patience, Settings};
use crate::source::{Clock, SourceProblem};

/// The first pause between two attempts at the most; each later one may be twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// A service as contracts see it: they ask, and get a reply with a status that means something to them.
#[derive(Debug)]
pub(super) struct Line {
    http: Http,
    tokens: Tokens,
    breaker: Breaker,
}

impl Line {
    /// # Errors
    /// Settings that cannot work.
    pub fn new(settings: &Settings) -> Result<Self, SourceProblem> {
        let Patience { failures, rest, .. } = settings.patience;
        Ok(Self {
            http: Http::new(settings)?,
            tokens: Tokens::default(),
            breaker: Breaker::new(failures, rest),
        })
    }

    pub const fn http(&self) -> &Http {
        &self.http
    }

    /// Asks. Only questions pass here, and a question may be asked twice. The time for all of it is the caller's to bound ([`Self::overdue`]).
    ///
    /// # Errors
    /// No reply; or a status that no contract has a use for: those of refused credentials, of a server's own failure, and all others but 200,
    /// 304 and 404.
    pub async fn ask(&self, ask: &Ask, clock: &dyn Clock) -> Result<Fetched, SourceProblem> {
        self.breaker.admit(clock)?;
        let result = self.attempts(ask, clock).await;
        match &result {
            Ok(_) => self.breaker.well(),
            Err(problem) if is_answer(problem) => self.breaker.well(),
            Err(problem) => self.breaker.failed(clock, problem),
        }
        result
    }

    /// A request was given up, since its time was over.
    pub fn overdue(&self, clock: &dyn Clock, problem: &SourceProblem) {
        self.breaker.failed(clock, problem);
    }

    async fn attempts(&self, ask: &Ask, clock: &dyn Clock) -> Result<Fetched, SourceProblem> {
        let settings = self.http.settings();
        let mut pause = PAUSE;
        let mut renewed = false;
        let mut left = settings.patience.retries;
        loop {
            let problem = match self.once(ask, clock).await {
                Ok(fetched) => return Ok(fetched),
                Err(problem) => problem,
            };
            if matches!(problem, SourceProblem::Unauthorized(401)) {
                if renewed || !self.tokens.refused(&settings.auth) {
                    return Err(problem);
                }
                renewed = true;
                continue;
            }
            if left == 0 || !may_pass(&problem) {
                return Err(problem);
            }
            left -= 1;
            // Many gateways that failed together must not come back together.
            tokio::time::sleep(pause.mul_f64(fastrand::f64())).await;
            pause *= 2;
        }
    }

    async fn once(&self, ask: &Ask, clock: &dyn Clock) -> Result<Fetched, SourceProblem> {
        let credentials = self.tokens.credentials(&self.http, clock).await?;
        let fetched = self.http.send(ask, &credentials).await?;
        let status = fetched.status;
        let failed = |hint| Err(SourceProblem::Status { status, hint });
        match status {
            200 | 304 | 404 => Ok(fetched),
            401 | 403 => Err(SourceProblem::Unauthorized(status)),
            300..=399 => failed("a redirect without a target"),
            400 | 405..=422 => failed(
                "it does not understand the question: is it another service, or another version?",
            ),
            429 => failed("it is asked too often"),
            500..=599 => failed("it has failed: look at its log"),
            _ => failed("no status of this contract"),
        }
    }
}

/// Whether the next attempt could fare better.
const fn may_pass(problem: &SourceProblem) -> bool {
    match problem {
        SourceProblem::Unreachable(_) => true,
        SourceProblem::Status { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
        SourceProblem::Slow(_)
        | SourceProblem::Open { .. }
        | SourceProblem::Unauthorized(_)
        | SourceProblem::Unusable(_)
        | SourceProblem::WentBack { .. }
        | SourceProblem::Configuration(_) => false,
    }
}

/// Whether the service is there, and what is wrong is what it said: the breaker does not count it, and no old answer takes its place.
pub(super) const fn is_answer(problem: &SourceProblem) -> bool {
    match problem {
        SourceProblem::Unauthorized(_)
        | SourceProblem::Unusable(_)
        | SourceProblem::WentBack { .. }
        | SourceProblem::Configuration(_) => true,
        SourceProblem::Status { status, .. } => *status < 500 && *status != 429,
        SourceProblem::Unreachable(_) | SourceProblem::Slow(_) | SourceProblem::Open { .. } => {
            false
        }
    }
}
