//! Hands documents over to a service: one bounded request each, with the settings' credentials, and never twice.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use reqwest::Method;

use super::http::{Ask, Http};
use super::token::Tokens;
use super::{Settings, fetcher};
use crate::source::{Clock, SourceProblem};

/// How much longer than the request itself its caller waits, for a thread to become free.
const SLACK: Duration = Duration::from_secs(1);

/// A service that takes documents.
#[derive(Debug)]
pub(crate) struct Delivery {
    to: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: Http,
    tokens: Tokens,
}

impl Delivery {
    /// # Errors
    /// Settings that cannot work.
    pub fn new(settings: &Settings) -> Result<Self, SourceProblem> {
        let inner = Inner {
            http: Http::new(settings)?,
            tokens: Tokens::default(),
        };
        Ok(Self {
            to: Arc::new(inner),
        })
    }

    /// Its address as it may be shown.
    pub fn shown(&self) -> String {
        self.to.http.settings().shown()
    }

    /// Posts JSON to a path below the service's address, and says the status of the reply. Callable from any thread.
    ///
    /// # Errors
    /// No reply in time, or one beyond the bounds. Any status is a reply.
    pub fn post(
        &self,
        path: &'static str,
        body: String,
        clock: &Arc<dyn Clock>,
    ) -> Result<u16, SourceProblem> {
        let total = self.to.http.settings().patience.total;
        let (done, wait) = mpsc::sync_channel(1);
        let (inner, clock) = (Arc::clone(&self.to), Arc::clone(clock));
        fetcher()?.spawn(async move {
            let posted = inner.post(path, body, &*clock);
            let posted = tokio::time::timeout(total, posted).await;
            // Nobody waits any more where this fails.
            let _ = done.send(posted.unwrap_or(Err(SourceProblem::Slow(total))));
        });
        let slow = |_| SourceProblem::Slow(total);
        wait.recv_timeout(total.saturating_add(SLACK))
            .map_err(slow)?
    }
}

impl Inner {
    async fn post(
        &self,
        path: &str,
        body: String,
        clock: &dyn Clock,
    ) -> Result<u16, SourceProblem> {
        let who = self.tokens.credentials(&self.http, clock).await?;
        let ask = Ask {
            method: Method::POST,
            url: self.http.below(path),
            headers: Vec::new(),
            body: Some(("application/json", body)),
        };
        Ok(self.http.send(&ask, &who).await?.status)
    }
}
