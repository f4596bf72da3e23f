//! A service on threads of its own, from its start to its end.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use tokio::sync::watch;

use super::connections::{self, Terms};
use super::tls::Certificates;

/// How it is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    No,
    /// Those that are there come to their end.
    Asked,
    Now,
}

/// A service that runs on threads of its own, until it is stopped or dropped, or its process is told to end.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    end: watch::Sender<End>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Waits until it ends: after a signal, or a stop by another thread.
    pub fn wait(mut self) {
        self.join();
    }

    /// Takes no new request, lets those that are there come to their end, and waits for that.
    pub fn stop(mut self) {
        ask(&self.end, End::Asked);
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
        ask(&self.end, End::Now);
        self.join();
    }
}

/// An end that is asked for is not taken back.
fn ask(end: &watch::Sender<End>, how: End) {
    end.send_if_modified(|asked| {
        let more = how > *asked;
        if more {
            *asked = how;
        }
        more
    });
}

/// Whether a service is to end: for whoever serves in it.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(watch::Receiver<End>);

impl Stopping {
    /// Whether it takes nothing new.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow() >= End::Asked
    }

    /// Until it takes nothing new.
    pub(super) async fn asked(&self) {
        self.until(End::Asked).await;
    }

    /// Until it waits for nobody any more.
    pub(super) async fn now(&self) {
        self.until(End::Now).await;
    }

    async fn until(&self, end: End) {
        // Where nobody can ask any more, the service has been dropped: that is an end.
        drop(self.0.clone().wait_for(|asked| *asked >= end).await);
    }
}

/// What is to be served.
pub(crate) struct Service {
    pub listen: SocketAddr,
    pub tls: Option<Certificates>,
    pub terms: Terms,
    /// Threads that answer; as many as there are cores where nothing is said.
    pub threads: Option<usize>,
}

impl Service {
    /// Starts it: `app` is made, and `beside` runs as long as the service does.
    ///
    /// # Errors
    /// An address that cannot be listened on; threads that cannot be had.
    pub fn start(
        self,
        app: impl FnOnce(&Stopping) -> Router,
        beside: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Running> {
        let socket = std::net::TcpListener::bind(self.listen)?;
        let address = socket.local_addr()?;
        let (end, stopping) = watch::channel(End::No);
        let stopping = Stopping(stopping);
        let app = app(&stopping);
        let asked = end.clone();
        // Made where no other runtime is: the caller's thread may be one of an async program.
        let (ready, started) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = match runtime(self.threads) {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            runtime.block_on(async move {
                let listener = match connections::listener(socket) {
                    Ok(listener) => listener,
                    Err(error) => return drop(ready.send(Err(error))),
                };
                drop(ready.send(Ok(())));
                tokio::spawn(beside);
                tokio::spawn(on_signal(asked));
                connections::serve(listener, self.tls, self.terms, app, stopping).await;
            });
            // Neither slow clients nor work that has not ended within the grace keep the process.
            runtime.shutdown_background();
        });
        match started.recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(io::Error::other("the service did not start")),
        }
        Ok(Running {
            address,
            end,
            thread: Some(thread),
        })
    }
}

fn runtime(threads: Option<usize>) -> io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    builder.thread_name("sqlsec-serve").enable_all().build()
}

/// Ends the service when the process is told to end.
async fn on_signal(end: watch::Sender<End>) {
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
    ask(&end, End::Asked);
}
