//! A circuit breaker: a service that fails again and again is left alone for a while, so that checks fail at once instead of waiting each in its turn.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::source::{Clock, SourceProblem};

/// Counts failures in a row.
#[derive(Debug)]
pub(super) struct Breaker {
    failures: u32,
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failed: u32,
    last: String,
    /// When the circuit opened, or a trial was last let through.
    since: Duration,
}

impl Breaker {
    pub fn new(failures: u32, rest: Duration) -> Self {
        Self {
            failures: failures.max(1),
            rest,
            state: Mutex::default(),
        }
    }

    /// Whether the service may be asked. When it has had its rest, one request is let through to try it.
    ///
    /// # Errors
    /// Not yet.
    pub fn admit(&self, clock: &dyn Clock) -> Result<(), SourceProblem> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.failed < self.failures {
            return Ok(());
        }
        let now = clock.now();
        // A clock that was set back would leave the circuit open for as long.
        let rested = now
            .checked_sub(state.since)
            .is_none_or(|time| time >= self.rest);
        if rested {
            state.since = now;
            return Ok(());
        }
        Err(SourceProblem::Open {
            failures: state.failed,
            wait: (state.since + self.rest).saturating_sub(now),
            last: state.last.clone(),
        })
    }

    /// The service has answered, whatever it said.
    pub fn well(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// It has not.
    pub fn failed(&self, clock: &dyn Clock, why: &SourceProblem) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failed = state.failed.saturating_add(1);
        state.last = why.to_string();
        state.since = clock.now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ManualClock;

    #[test]
    fn after_so_many_failures_it_rests_and_then_one_request_tries() {
        let clock = ManualClock::default();
        let breaker = Breaker::new(3, Duration::from_secs(5));
        let why = SourceProblem::Unreachable("refused".to_owned());
        for _ in 0..3 {
            assert!(breaker.admit(&clock).is_ok());
            breaker.failed(&clock, &why);
        }
        let Err(SourceProblem::Open {
            failures: 3,
            wait,
            last,
        }) = breaker.admit(&clock)
        else {
            panic!("it rests")
        };
        assert_eq!(wait, Duration::from_secs(5));
        assert!(last.contains("refused"));
        clock.set(Duration::from_secs(5));
        assert!(breaker.admit(&clock).is_ok(), "one tries");
        assert!(breaker.admit(&clock).is_err(), "the others wait for it");
        breaker.failed(&clock, &why);
        assert!(breaker.admit(&clock).is_err());
        clock.set(Duration::from_secs(10));
        assert!(breaker.admit(&clock).is_ok());
        breaker.well();
        assert!(breaker.admit(&clock).is_ok() && breaker.admit(&clock).is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_does_not_keep_it_open() {
        let clock = ManualClock::default();
        clock.set(Duration::from_secs(1000));
        let breaker = Breaker::new(1, Duration::from_secs(5));
        breaker.failed(&clock, &SourceProblem::Unauthorized(401));
        assert!(breaker.admit(&clock).is_err());
        clock.set(Duration::ZERO);
        assert!(breaker.admit(&clock).is_ok());
    }
}
