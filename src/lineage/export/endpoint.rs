//! Sends OpenLineage events to an endpoint, such as Marquez: `POST …/api/v1/lineage`. Feature `service`.
//!
//! In: events and settings (address, credentials, TLS, time-outs). Out: how many were taken, or which was the first that was not, and why.
//! Each event is one bounded request and is sent once; after the first failure nothing more is sent.

use std::sync::Arc;

use serde_json::Value;

use crate::source::remote::{Delivery, Settings};
use crate::source::{Clock, SourceProblem, SystemClock};

const PATH: &str = "/api/v1/lineage";

/// An endpoint for OpenLineage events.
#[derive(Debug)]
pub struct Endpoint {
    delivery: Delivery,
    clock: Arc<SystemClock>,
}

/// An event that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lineage endpoint {endpoint} {problem} (event {} of {of} was not taken, {sent} were)", sent + 1)]
pub struct EndpointError {
    /// Its address, without credentials.
    pub endpoint: String,
    /// What went wrong.
    pub problem: SourceProblem,
    /// How many events were taken before.
    pub sent: usize,
    /// How many there were.
    pub of: usize,
}

impl Endpoint {
    /// The endpoint at the settings' address: its base, or the whole path.
    ///
    /// # Errors
    /// Settings that cannot work, such as plain HTTP to another machine.
    pub fn new(settings: &Settings) -> Result<Self, SourceProblem> {
        let url = settings.url.trim_end_matches('/');
        let settings = Settings {
            url: url.strip_suffix(PATH).unwrap_or(url).to_owned(),
            ..settings.clone()
        };
        Ok(Self {
            delivery: Delivery::new(&settings)?,
            clock: Arc::default(),
        })
    }

    /// Sends events in order.
    ///
    /// # Errors
    /// The first that was not taken.
    pub fn send(&self, events: &[Value]) -> Result<usize, EndpointError> {
        let clock: Arc<dyn Clock> = self.clock.clone();
        for (sent, event) in events.iter().enumerate() {
            let posted = self.delivery.post(PATH, event.to_string(), &clock);
            if let Err(problem) = posted.and_then(taken) {
                return Err(EndpointError {
                    endpoint: self.delivery.shown(),
                    problem,
                    sent,
                    of: events.len(),
                });
            }
        }
        Ok(events.len())
    }
}

fn taken(status: u16) -> Result<(), SourceProblem> {
    let hint = match status {
        200..=299 => return Ok(()),
        401 | 403 => return Err(SourceProblem::Unauthorized(status)),
        400 | 422 => "it does not take the event: does it know OpenLineage 2?",
        404 | 405 => {
            "no OpenLineage endpoint is there: give its base address, below which `/api/v1/lineage` is"
        }
        413 => "the event is larger than it takes",
        429 => "it has too much to do: send later",
        500..=599 => "it has a problem of its own: look at its log",
        _ => "that is no answer to an event",
    };
    Err(SourceProblem::Status { status, hint })
}
