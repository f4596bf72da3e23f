//! `sidecar`: the check over HTTP, for submitters that load no native code. Feature `server`.
//!
//! In: the configuration document of a host (`host::Config`), read again when one of its files changes; requests as JSON (`schema/request.json`) at
//! `POST /v1/check`. Out: replies as JSON (`schema/reply.json`), and what an operator watches: `/healthz`, `/readyz`, `/metrics`
//! (`schema/check.openapi.yaml`). Stays out: every decision; who the principal is, which whoever shows the token vouches for.
//! Invariant: a reply with SQL is sent only for a check that was made here, by one engine, from its first byte to its last: what is refused, too much, too
//! slow or interrupted is another status without a decision.
//! Invariant: a configuration that cannot be opened does not take the place of one that can.

mod force;
mod makers;
mod metrics;
mod records;
mod routes;

use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::host::HostError;
use crate::http::{Certificates, Clients, Service, Terms, WhenFull};
pub use crate::http::{Fallen, Running, TlsFiles};
use crate::lineage::store::is_address;
use force::Force;
use makers::{Each, Makers};
pub use routes::paths;

/// How long a client may take for the head of a request, and for its TLS handshake.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a connection may be used; who sends requests on it does not notice, who does not read its answers is not waited for any longer.
const LIFE: Duration = Duration::from_secs(3600);

/// For the request that is in work when that has passed.
const LAST: Duration = Duration::from_secs(60);

/// What is served, and how.
#[derive(Clone)]
pub struct Options {
    /// The configuration document of the engine (JSON).
    pub config: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The bearer token that submitters must show; `None` for everybody who can reach the port.
    pub token: Option<String>,
    /// Several submitters, each with its own token, in place of `token`: what became of a record of lineage is said by the one who got the reply, and by nobody else.
    pub submitters: Vec<Submitter>,
    /// Where it is kept which of them made which record; needed where there are submitters and a lineage store, without a meaning where there is no store, and an
    /// error without submitters. Beside it are `.lock` and, for a moment, `.new`.
    pub records: Option<PathBuf>,
    /// Certificates, to speak TLS.
    pub tls: Option<TlsFiles>,
    /// What it takes at once.
    pub bounds: Bounds,
    /// Is told what an operator wants to know.
    pub tell: Arc<dyn Fn(&str) + Send + Sync>,
}

/// A submitter with a token of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct Submitter {
    /// What it is called: letters, digits, `.`, `_` and `-`. The name stays where the token changes.
    pub name: String,
    /// Its bearer token.
    pub token: String,
}

/// Without the token.
impl fmt::Debug for Submitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Submitter").field(&self.name).finish()
    }
}

/// What is taken at once. Connections and requests beyond are refused; of the requests that were taken those wait for whom no check may run yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Open connections.
    pub connections: usize,
    /// Requests that are read, wait or are checked; each may hold a whole body in memory.
    pub requests: usize,
    /// Checks that run.
    pub checks: usize,
    /// Bytes of a request.
    pub body: usize,
    /// How long a request may take to arrive.
    pub body_time: Duration,
    /// How long requests may go on after a stop.
    pub grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            connections: 4096,
            requests: 512,
            checks: cores.max(2),
            body: 32 << 20,
            body_time: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}

/// Without the token.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("config", &self.config)
            .field("listen", &self.listen)
            .field("submitters", &self.submitters)
            .field("tls", &self.tls)
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

/// Why there is no service.
#[derive(Debug, thiserror::Error)]
pub enum SidecarError {
    /// The configuration, or what it names, cannot be used.
    #[error("{0}")]
    Config(HostError),
    /// The certificates cannot be used.
    #[error("{0}")]
    Tls(String),
    /// The submitters, or the file of their records, cannot be used.
    #[error("{0}")]
    Submitters(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
}

/// Starts a service.
///
/// # Errors
/// A configuration, certificates or submitters that cannot be used; an address that cannot be listened on.
pub fn start(options: Options) -> Result<Running, SidecarError> {
    let force = Arc::new(Force::open(&options.config).map_err(SidecarError::Config)?);
    let tls = options.tls.as_ref().map(Certificates::open);
    let tls = tls.transpose().map_err(SidecarError::Tls)?;
    let clients = clients(&options).map_err(SidecarError::Submitters)?;
    let makers = makers(&options, &force).map_err(SidecarError::Submitters)?;
    let bounds = options.bounds;
    let service = Service {
        listen: options.listen,
        tls: tls.clone(),
        terms: Terms {
            connections: bounds.connections,
            when_full: WhenFull::Close,
            head: HEAD_TIME,
            answer: None,
            life: LIFE,
            last: LAST,
            grace: bounds.grace,
        },
        threads: None,
    };
    let watch = force::watch(Arc::clone(&force), tls, Arc::clone(&options.tell));
    let tell = Arc::clone(&options.tell);
    let app = |stopping: &_| routes::router(force, clients, makers, bounds, stopping, tell);
    service
        .start(app, watch)
        .map_err(|error| SidecarError::Listen(options.listen, error))
}

/// Who may ask.
fn clients(options: &Options) -> Result<Clients, String> {
    let submitters = &options.submitters;
    if submitters.is_empty() {
        if options.records.is_some() {
            return Err("a file of records, and no submitters whose they are".to_owned());
        }
        return Ok(Clients::with(options.token.as_deref()));
    }
    if options.token.is_some() {
        return Err("a token for all, and tokens of submitters: one of the two".to_owned());
    }
    let (mut names, mut tokens) = (HashSet::new(), HashSet::new());
    for Submitter { name, token } in submitters {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if name.is_empty() || !name.chars().all(fits) {
            return Err(format!(
                "submitter `{name}`: a name has letters, digits, `.`, `_` and `-`"
            ));
        }
        if token.is_empty() {
            return Err(format!("submitter `{name}` has no token"));
        }
        if !names.insert(name) {
            return Err(format!("submitter `{name}` is there twice"));
        }
        if !tokens.insert(token) {
            return Err(format!("submitter `{name}` has the token of another one"));
        }
    }
    let submitters = submitters.iter();
    Ok(Clients::named(
        submitters.map(|one| (&*one.name, &*one.token)),
    ))
}

/// Whose the records of lineage are.
fn makers(options: &Options, force: &Force) -> Result<Makers, String> {
    let Some(store) = force.store().filter(|_| !options.submitters.is_empty()) else {
        return Ok(Makers::Anybody);
    };
    let Some(file) = &options.records else {
        let why =
            "several submitters and a lineage store: say where it is kept who made which record";
        return Err(why.to_owned());
    };
    let store = match is_address(&store.to_string_lossy()) {
        true => store,
        // However it is named where the service is started next.
        false => std::path::absolute(&store).unwrap_or(store),
    };
    let newest = || force.now().engine.newest().map_err(std::io::Error::other);
    let each = Each::open(file, &store, newest);
    each.map(Makers::Each)
        .map_err(|error| format!("`{}`: {error}", file.display()))
}
