//! `sidecar`: the check over HTTP, for submitters that load no native code. Feature `server`.
//!
//! In: the configuration document of a host (`host::Config`), read again when one of its files changes; requests as JSON (`schema/request.json`) at
//! `POST /v1/check`. Out: replies as JSON (`schema/reply.json`), and what an operator watches: `/healthz`, `/readyz`, `/metrics`
//! (`schema/check.openapi.yaml`). Stays out: every decision; who the principal is, which whoever shows the token vouches for.
//! Invariant: a reply with SQL is sent only for a check that was made here, by one engine, from its first byte to its last: what is refused, too much, too
//! slow or interrupted is another status without a decision.
//! Invariant: a configuration that cannot be opened does not take the place of one that can.

mod bounded;
mod force;
mod metrics;
mod routes;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;

use crate::host::HostError;
use bounded::Bounded;
use force::Force;

/// How long a client may take for the head of a request, and for its TLS handshake.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// What is served, and how.
#[derive(Clone)]
pub struct Options {
    /// The configuration document of the engine (JSON).
    pub config: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The bearer token that submitters must show; `None` for everybody who can reach the port.
    pub token: Option<String>,
    /// Certificates, to speak TLS.
    pub tls: Option<TlsFiles>,
    /// What it takes at once.
    pub bounds: Bounds,
    /// Is told what an operator wants to know.
    pub tell: Arc<dyn Fn(&str) + Send + Sync>,
}

/// PEM files. They are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our own certificate, with those between it and its authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authorities of clients' certificates: who shows none of theirs is not spoken with.
    pub clients: Option<PathBuf>,
}

/// What is taken at once: the rest is refused, not kept waiting for ever.
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
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
}

/// A service that runs on threads of its own, until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    handle: Handle<SocketAddr>,
    grace: Duration,
    force: Arc<Force>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Waits until it ends: after a signal, or a stop by another thread.
    pub fn wait(mut self) {
        self.join();
    }

    /// Takes no new request, lets those that are there come to their end, and waits for that.
    pub fn stop(mut self) {
        self.force.stop();
        self.handle.graceful_shutdown(Some(self.grace));
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic of the server is the end of it too.
            drop(thread.join());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.shutdown();
        self.join();
    }
}

/// Starts a service.
///
/// # Errors
/// A configuration or certificates that cannot be used; an address that cannot be listened on.
pub fn start(options: Options) -> Result<Running, SidecarError> {
    let listen = options.listen;
    let failed = |error| SidecarError::Listen(listen, error);
    let force = Arc::new(Force::open(&options.config).map_err(SidecarError::Config)?);
    let tls = match &options.tls {
        Some(files) => Some(tls::Certificates::open(files).map_err(SidecarError::Tls)?),
        None => None,
    };
    let listener = std::net::TcpListener::bind(listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let handle = Handle::new();
    let grace = options.bounds.grace;
    // Made where no other runtime is: the caller's thread may be one of an async program.
    let (ready, started) = std::sync::mpsc::channel();
    let thread = {
        let (handle, force) = (handle.clone(), Arc::clone(&force));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .thread_name("sqlsec-serve")
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Some(error))),
            };
            drop(ready.send(None));
            runtime.spawn(force::watch(
                Arc::clone(&force),
                tls.clone(),
                Arc::clone(&options.tell),
            ));
            runtime.spawn(on_signal(handle.clone(), Arc::clone(&force), grace));
            runtime.block_on(serve(listener, handle, tls, force, &options));
            // Checks that have not ended within the grace do not keep the process.
            runtime.shutdown_background();
        })
    };
    if let Ok(Some(error)) = started.recv() {
        return Err(failed(error));
    }
    Ok(Running {
        address,
        handle,
        grace,
        force,
        thread: Some(thread),
    })
}

async fn serve(
    listener: std::net::TcpListener,
    handle: Handle<SocketAddr>,
    tls: Option<tls::Certificates>,
    force: Arc<Force>,
    options: &Options,
) {
    let app = routes::router(force, options).into_make_service();
    let server = match axum_server::from_tcp(listener) {
        Ok(server) => server,
        Err(error) => return (options.tell)(&format!("cannot listen: {error}")),
    };
    let mut server = server.handle(handle).first_request_timeout(HEAD_TIME);
    server
        .http_builder()
        .http1()
        .header_read_timeout(HEAD_TIME)
        .keep_alive(true);
    let bounded = Bounded::new(NoDelayAcceptor::new(), options.bounds.connections);
    let ended = match tls {
        None => server.acceptor(bounded).serve(app).await,
        Some(certificates) => {
            let acceptor = RustlsAcceptor::new(certificates.config())
                .handshake_timeout(HEAD_TIME)
                .acceptor(bounded);
            server.acceptor(acceptor).serve(app).await
        }
    };
    if let Err(error) = ended {
        (options.tell)(&format!("the service has ended: {error}"));
    }
}

/// Ends the service when the process is told to end.
async fn on_signal(handle: Handle<SocketAddr>, force: Arc<Force>, grace: Duration) {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let told = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let told = std::future::pending::<()>();
    tokio::select! {
        _ = interrupted => {}
        () = told => {}
    }
    force.stop();
    handle.graceful_shutdown(Some(grace));
}
