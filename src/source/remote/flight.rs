//! Single flight: however many wait for one answer, it is asked for once.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::cache::Snapshot;
use crate::source::{Question, SourceProblem};

type Landed = Result<Arc<Snapshot>, SourceProblem>;

/// The questions that are on their way.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<Arc<Question>, Arc<Flight>>>);

/// One of them.
#[derive(Debug, Default)]
pub(super) struct Flight {
    landed: Mutex<Option<Landed>>,
    signal: Condvar,
}

/// What a caller has to do.
pub(super) enum Boarding {
    /// Wait for the answer that is on its way.
    Waits(Arc<Flight>),
    /// Ask, and land.
    Leads(Arc<Flight>, Pilot),
    /// Nothing: it has come meanwhile.
    Arrived(Arc<Snapshot>),
}

/// The duty to land a flight. Dropped without, as when its task dies, the flight lands with an error: nobody waits for ever.
pub(super) struct Pilot {
    flights: Arc<Flights>,
    question: Arc<Question>,
    flight: Arc<Flight>,
    done: bool,
}

impl Flights {
    /// Boards the flight of a question. `arrived` looks whether the answer is there, once more, where nobody can overtake.
    pub fn board(
        self: &Arc<Self>,
        question: &Question,
        arrived: impl FnOnce() -> Option<Arc<Snapshot>>,
    ) -> Boarding {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = open.get(question) {
            return Boarding::Waits(Arc::clone(flight));
        }
        if let Some(snapshot) = arrived() {
            return Boarding::Arrived(snapshot);
        }
        let flight = Arc::new(Flight::default());
        let question = Arc::new(question.clone());
        open.insert(Arc::clone(&question), Arc::clone(&flight));
        let pilot = Pilot {
            flights: Arc::clone(self),
            question,
            flight: Arc::clone(&flight),
            done: false,
        };
        Boarding::Leads(flight, pilot)
    }
}

impl Pilot {
    /// What is asked.
    pub const fn question(&self) -> &Arc<Question> {
        &self.question
    }

    /// Tells everybody. What is to be found in a cache must be there already.
    pub fn land(mut self, landed: Landed) {
        self.end(landed);
    }

    fn end(&mut self, landed: Landed) {
        self.done = true;
        let mut open = self
            .flights
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.remove(&self.question);
        drop(open);
        let mut slot = self
            .flight
            .landed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *slot = Some(landed);
        self.flight.signal.notify_all();
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        if !self.done {
            let lost = "the request ended without a result".to_owned();
            self.end(Err(SourceProblem::Unreachable(lost)));
        }
    }
}

impl Flight {
    /// Waits, and not for ever.
    pub fn wait(&self, longest: Duration) -> Landed {
        let slot = self.landed.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .signal
            .wait_timeout_while(slot, longest, |landed| landed.is_none());
        let (slot, _) = waited.unwrap_or_else(PoisonError::into_inner);
        slot.clone().unwrap_or(Err(SourceProblem::Slow(longest)))
    }
}
