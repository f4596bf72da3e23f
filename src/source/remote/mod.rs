//! `remote`: permission services over HTTP. Feature `service`.
//!
//! In: a `Question`. Out: an `Answer` from the cache, or from the service within a bound of time. From the inside out: `settings` says where the
//! service is and how to get in, `http` makes one bounded request, `retry` and `breaker` say when to ask at all, `contract`
//! makes questions into requests and replies into rules, one file a kind of service, `cache` keeps the answers; `deliver` hands documents over.
//! Fetching runs on a thread of its own, so that the check can be called from any kind of thread; its callers wait with a bound.
//! Stays out: what a rule means.
//! Invariant: an error is never an answer, and never kept; what is used past its time says so (`Age::stale`), and only where the operator allowed it.

mod breaker;
mod cache;
mod contract;
mod deliver;
mod flight;
mod http;
mod native;
mod opa;
mod ranger;
mod retry;
mod secret;
mod service;
mod settings;
mod tls;
mod token;

pub use cache::Bounds;
pub(crate) use deliver::Delivery;
pub use ranger::RangerService;
pub use secret::Secret;
pub use service::Remote;
pub use settings::{Auth, Patience, Settings, Speaks, Tls};

use std::sync::LazyLock;

use super::SourceProblem;

/// The threads that fetch, the same for all services of a process.
static FETCHER: LazyLock<Result<tokio::runtime::Runtime, String>> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("sqlsec-fetch")
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
});

fn fetcher() -> Result<&'static tokio::runtime::Runtime, SourceProblem> {
    let started = FETCHER.as_ref();
    started.map_err(|why| SourceProblem::Configuration(format!("no thread to fetch on: {why}")))
}
