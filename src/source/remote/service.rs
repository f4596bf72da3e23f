//! A permission service with its cache: what a gate asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::cache::{Bounds, Cache, Ripeness, Snapshot};
use super::contract::{Contract, Given};
use super::flight::{Boarding, Flight, Flights, Pilot};
use super::ranger::Ranger;
use super::retry::{Line, is_answer};
use super::{Settings, Speaks, fetcher};
use crate::source::{
    Answer, Clock, PolicySource, Question, SourceError, SourceProblem, SystemClock,
};
use tokio::sync::Semaphore;

/// More at once help no service.
const TURNS: usize = 32;

/// Longer than a request may take: who waits for it is told why it failed, and not only that it did.
const GRACE: Duration = Duration::from_secs(1);

/// A remote permission service. Cheap to clone; all clones share one cache.
#[derive(Clone)]
pub struct Remote(Arc<Inner>);

struct Inner {
    contract: Contract,
    line: Line,
    bounds: Bounds,
    clock: Arc<dyn Clock>,
    cache: Cache,
    flights: Arc<Flights>,
    /// How many requests may be under way at once.
    turns: Semaphore,
    /// The highest version that was seen: rules do not go back.
    seen: AtomicU64,
}

impl Remote {
    /// The service of these settings.
    ///
    /// # Errors
    /// Settings that cannot work. Whether the service is there shows when it is asked.
    pub fn new(settings: &Settings, bounds: Bounds) -> Result<Self, SourceError> {
        Self::with_clock(settings, bounds, Arc::new(SystemClock::default()))
    }

    /// The same with another clock.
    ///
    /// # Errors
    /// As there.
    pub fn with_clock(
        settings: &Settings,
        bounds: Bounds,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SourceError> {
        let line = Line::new(settings);
        let line = line.map_err(|problem| SourceError::new(settings.shown(), problem))?;
        Ok(Self(Arc::new(Inner {
            contract: match &settings.contract {
                Speaks::Sqlsec => Contract::Native,
                Speaks::Opa { paths } => Contract::Opa(paths.clone()),
                Speaks::Ranger(service) => Contract::Ranger(Box::new(Ranger::new(service.clone()))),
            },
            line,
            cache: Cache::new(&bounds),
            bounds,
            clock,
            flights: Arc::default(),
            turns: Semaphore::new(TURNS),
            seen: AtomicU64::new(0),
        })))
    }

    /// The same, which uses no rules of a lower version: what another one like it has seen.
    #[must_use]
    pub fn at_least(self, version: u64) -> Self {
        self.0.seen.fetch_max(version, Ordering::SeqCst);
        self
    }

    /// How many answers are kept, roughly.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.0.cache.len()
    }
}

impl PolicySource for Remote {
    fn answer(&self, question: &Question) -> Result<Answer, SourceError> {
        let inner = &self.0;
        let now = inner.clock.now();
        let held = inner.cache.get(question);
        let ripeness = held.as_ref().map(|held| held.ripeness(now));
        match (&held, ripeness) {
            (Some(held), Some(Ripeness::Fresh)) => return Ok(held.answer(now, false)),
            (Some(held), Some(Ripeness::Ripe)) => {
                // Whoever comes later finds a fresh one; this one does not wait.
                drop(inner.depart(question, Some(held)));
                return Ok(held.answer(now, false));
            }
            (Some(_), Some(Ripeness::Stale | Ripeness::Gone) | None) | (None, _) => {}
        }
        let landed = match inner.depart(question, held.as_ref()) {
            Ok(Departed::Flying(flight)) => {
                flight.wait(inner.line.http().settings().patience.total + GRACE)
            }
            Ok(Departed::Arrived(snapshot)) => Ok(snapshot),
            Err(problem) => Err(problem),
        };
        // Waiting took its time.
        let now = inner.clock.now();
        match (landed, held) {
            (Ok(snapshot), _) => Ok(snapshot.answer(now, false)),
            (Err(problem), Some(held)) if inner.may_still(&held, now, &problem) => {
                Ok(held.answer(now, true))
            }
            (Err(problem), _) => {
                let service = inner.line.http().settings().shown();
                Err(SourceError::new(service, problem))
            }
        }
    }
}

enum Departed {
    Flying(Arc<Flight>),
    Arrived(Arc<Snapshot>),
}

impl Inner {
    /// Whether an answer past its time may be used: while the service does not answer, as long as both sides allow it, and nobody has seen newer rules. A
    /// service that answers, and says no or nonsense, is another thing.
    fn may_still(&self, held: &Snapshot, now: Duration, problem: &SourceProblem) -> bool {
        !is_answer(problem)
            && held.ripeness(now) == Ripeness::Stale
            && held.version() >= self.seen.load(Ordering::SeqCst)
    }

    /// Sees to it that the question is on its way.
    fn depart(
        self: &Arc<Self>,
        question: &Question,
        held: Option<&Arc<Snapshot>>,
    ) -> Result<Departed, SourceProblem> {
        let arrived = || {
            let snapshot = self.cache.get(question)?;
            (snapshot.ripeness(self.clock.now()) == Ripeness::Fresh).then_some(snapshot)
        };
        match self.flights.board(question, arrived) {
            Boarding::Waits(flight) => Ok(Departed::Flying(flight)),
            Boarding::Arrived(snapshot) => Ok(Departed::Arrived(snapshot)),
            Boarding::Leads(flight, pilot) => {
                let inner = Arc::clone(self);
                fetcher()?.spawn(inner.fly(pilot, held.cloned()));
                Ok(Departed::Flying(flight))
            }
        }
    }

    async fn fly(self: Arc<Self>, pilot: Pilot, held: Option<Arc<Snapshot>>) {
        // Closed only when the process ends.
        let _turn = self.turns.acquire().await;
        let question = Arc::clone(pilot.question());
        let mut landed = self.fetch(&question, held).await;
        // Two answers that overtake each other while the rules change are no service that goes back: that shows when it is asked once more.
        if let Err(SourceProblem::WentBack { .. }) = landed {
            landed = self.fetch(&question, None).await;
        }
        let landed = landed.map(Arc::new);
        if let Ok(snapshot) = &landed {
            self.cache.put(question, Arc::clone(snapshot));
        }
        pilot.land(landed);
    }

    async fn fetch(
        &self,
        question: &Arc<Question>,
        held: Option<Arc<Snapshot>>,
    ) -> Result<Snapshot, SourceProblem> {
        let asked = self.clock.now();
        let seen = self.seen.load(Ordering::SeqCst);
        // A server that stayed behind would confirm what is older than what others have given.
        let held = held.filter(|held| held.version() >= seen);
        let etag = held.as_ref().and_then(|held| held.etag.as_deref());
        let (given, leave) = self
            .contract
            .ask(&self.line, question, etag, &*self.clock)
            .await?;
        let told = (asked, leave);
        let snapshot = match (given, held) {
            (Given::Rules(policy, ..), _) if !policy.is_about(&question.principal.user) => {
                let why = "it has answered for another user";
                return Err(SourceProblem::Unusable(why.to_owned()));
            }
            (Given::Rules(policy, etag, length), _) => {
                Snapshot::new(*policy, question, told, &self.bounds, (etag, length))
            }
            (Given::Unchanged, Some(held)) => held.confirmed(told, &self.bounds),
            (Given::Unchanged, None) => {
                let why = "it says \"not modified\" to a first question";
                return Err(SourceProblem::Unusable(why.to_owned()));
            }
        };
        let (got, seen) = (snapshot.version(), self.seen.load(Ordering::SeqCst));
        if got < seen {
            return Err(SourceProblem::WentBack { seen, got });
        }
        self.seen.fetch_max(got, Ordering::SeqCst);
        Ok(snapshot)
    }
}
