//! `serve`: a small permission service over a policy file, for trying the remote path and for sites that have no other. Feature `server`.
//!
//! In: a policy document and a file of users, read again when they change. Out: our own contract over HTTP (`schema/policies.openapi.yaml`): excerpts of the document for
//! whoever shows the token. Stays out: TLS, which a proxy in front does; the decisions, which the client's own library makes.
//! Invariant: a document that does not compile, or has a lower version, does not take the place of one that does.

mod document;
mod routes;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;

pub use crate::http::{Fallen, Running};
use crate::http::{Service, Terms, WhenFull};
use document::Served;

/// What is served, and how.
#[derive(Clone)]
pub struct Options {
    /// The policy document.
    pub policy: PathBuf,
    /// The file of users; where there is one, what it says of a user holds, and not what the submitter claims.
    pub users: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The bearer token that clients must show; `None` for everybody who can reach the port.
    pub token: Option<String>,
    /// For how long an answer holds.
    pub max_age: Duration,
    /// For how long past that it may be used while this service is down.
    pub stale_if_error: Duration,
    /// Is told what an operator wants to know.
    pub tell: Arc<dyn Fn(&str) + Send + Sync>,
}

/// Without the token.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("policy", &self.policy)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// Why there is no service.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The file cannot be read.
    #[error("cannot read `{0}`: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// Its document cannot be used.
    #[error("{0}")]
    Policy(#[from] crate::policy::PolicyError),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
}

/// Starts a service.
///
/// # Errors
/// A document that cannot be used; an address that cannot be listened on.
pub fn start(options: Options) -> Result<Running, ServeError> {
    let (served, files) = Served::open(&options)?;
    let served = Arc::new(served);
    let service = Service {
        listen: options.listen,
        tls: None,
        terms: TERMS,
        threads: Some(2),
    };
    let app = routes::router(Arc::clone(&served), &options);
    service
        .start(|_| app, document::watch(served, files, options.tell))
        .map_err(|error| ServeError::Listen(options.listen, error))
}

/// A client waits rather than to be denied: there is no second service beside a small one.
const TERMS: Terms = Terms {
    connections: 512,
    when_full: WhenFull::Wait,
    head: Duration::from_secs(5),
    answer: Some((ANSWER, || {
        routes::refused(StatusCode::REQUEST_TIMEOUT, "the request took too long")
    })),
    life: Duration::from_secs(300),
    last: ANSWER,
    grace: ANSWER,
};

/// From the head of a request to its answer: the body is read within it.
const ANSWER: Duration = Duration::from_secs(10);
