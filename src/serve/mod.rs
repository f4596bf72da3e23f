//! `serve`: a small permission service over a policy file, for trying the remote path and for sites that have no other. Feature `server`.
//!
//! In: a policy document and a file of users, read again when they change. Out: our own contract over HTTP (`schema/policies.openapi.yaml`): excerpts of the document for
//! whoever shows the token. Stays out: TLS, which a proxy in front does; the decisions, which the client's own library makes.
//! Invariant: a document that does not compile, or has a lower version, does not take the place of one that does.

mod connections;
mod document;
mod routes;
mod token;
mod watched;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use document::Served;
pub(crate) use token::Token;

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

/// A service that runs on threads of its own, until it is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Waits until it ends, which it does not by itself.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic of the server is the end of it too.
            drop(thread.join());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Starts a service.
///
/// # Errors
/// A document that cannot be used; an address that cannot be listened on.
pub fn start(options: Options) -> Result<Running, ServeError> {
    let failed = |error| ServeError::Listen(options.listen, error);
    let (served, files) = Served::open(&options)?;
    let served = Arc::new(served);
    let listener = std::net::TcpListener::bind(options.listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (stop, stopped) = oneshot::channel();
    let app = routes::router(Arc::clone(&served), &options);
    // Made where no other runtime is: the caller's thread may be one of an async program.
    let (ready, started) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("sqlsec-serve")
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Some(error))),
        };
        drop(ready.send(None));
        runtime.spawn(document::watch(served, files, options.tell));
        runtime.block_on(async {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                return;
            };
            tokio::select! {
                () = connections::serve(listener, app) => {}
                _ = stopped => {}
            }
        });
        // Clients that are slow do not keep it.
        runtime.shutdown_background();
    });
    if let Ok(Some(error)) = started.recv() {
        return Err(failed(error));
    }
    Ok(Running {
        address,
        stop: Some(stop),
        thread: Some(thread),
    })
}
