//! A service on threads of its own, from its start to its end.

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::connections::{self, Terms};
use super::tls::Certificates;
use crate::settled::LOOK;

/// How it is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    No,
    /// Those that are there come to their end.
    Asked,
    Now,
}

/// A service has ended by a mistake of its own, and not because it was told to. Whoever starts it anew has one that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service has failed: {0}")]
pub struct Fallen(&'static str);

/// A service that runs on threads of its own, until it is stopped or dropped, or fails.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    end: watch::Sender<End>,
    runtime: Handle,
    thread: Option<std::thread::JoinHandle<Result<(), Fallen>>>,
}

impl Running {
    /// Ends the service also when the process is told to end (SIGINT, SIGTERM). From then on those signals do nothing else to the process: that is for whoever
    /// owns it, and not for a service inside a program that has its own way with them.
    ///
    /// # Errors
    /// Signals that cannot be listened to.
    pub fn end_on_signals(&self) -> io::Result<()> {
        let inside = self.runtime.enter();
        let told = told()?;
        drop(inside);
        let end = self.end.clone();
        self.runtime.spawn(async move {
            told.await;
            ask(&end, End::Asked);
        });
        Ok(())
    }

    /// Waits until it ends.
    ///
    /// # Errors
    /// It was not told to end: it, or what watches its files, has panicked.
    pub fn wait(mut self) -> Result<(), Fallen> {
        self.join()
    }

    /// Takes no new request, lets those that are there come to their end, and waits for that.
    pub fn stop(mut self) {
        ask(&self.end, End::Asked);
        // It is to end, and has.
        let _ = self.join();
    }

    fn join(&mut self) -> Result<(), Fallen> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        thread.join().unwrap_or(Err(PANICKED))
    }
}

const PANICKED: Fallen = Fallen("it panicked");

const UNWATCHED: Fallen = Fallen("what watches its files panicked");

impl Drop for Running {
    fn drop(&mut self) {
        ask(&self.end, End::Now);
        let _ = self.join();
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
    /// Starts it: `app` is made, and `look` is called every [`LOOK`] as long as the service runs, where it may wait for a disk. Should it panic, the service
    /// ends: one that does not see its files any more would go by old rules for ever.
    ///
    /// # Errors
    /// An address that cannot be listened on; threads that cannot be had.
    pub fn start(
        self,
        app: impl FnOnce(&Stopping) -> Router,
        look: impl FnMut() + Send + 'static,
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
                Err(error) => {
                    drop(ready.send(Err(error)));
                    return Ok(());
                }
            };
            let serve = async {
                let listener = match connections::listener(socket) {
                    Ok(listener) => listener,
                    Err(error) => {
                        drop(ready.send(Err(error)));
                        return Ok(());
                    }
                };
                drop(ready.send(Ok(Handle::current())));
                let fell = Arc::new(AtomicBool::new(false));
                tokio::spawn(watch_on(look, asked, Arc::clone(&fell)));
                connections::serve(listener, self.tls, self.terms, app, stopping).await;
                match fell.load(Ordering::Acquire) {
                    false => Ok(()),
                    true => Err(UNWATCHED),
                }
            };
            run(runtime, serve)
        });
        match started.recv() {
            Ok(Ok(runtime)) => Ok(Running {
                address,
                end,
                runtime,
                thread: Some(thread),
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::Error::other("the service did not start")),
        }
    }
}

fn runtime(threads: Option<usize>) -> io::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    builder.thread_name("sqlsec-serve").enable_all().build()
}

/// Runs it to its end. Neither slow clients nor work that has not ended within the grace keep the process, nor does a panic wait for them.
fn run(runtime: Runtime, serve: impl Future<Output = Result<(), Fallen>>) -> Result<(), Fallen> {
    let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(serve)));
    runtime.shutdown_background();
    ended.unwrap_or(Err(PANICKED))
}

/// Looks from time to time, for ever; where that panics the service ends.
async fn watch_on(
    mut look: impl FnMut() + Send + 'static,
    end: watch::Sender<End>,
    fell: Arc<AtomicBool>,
) {
    let mut ticks = interval(LOOK);
    // A disk that has hung is not looked at the more often for it.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let looked = tokio::task::spawn_blocking(move || {
            look();
            look
        });
        match looked.await {
            Ok(back) => look = back,
            Err(error) => {
                // The runtime that is shut down ends it too.
                fell.store(error.is_panic(), Ordering::Release);
                return ask(&end, End::Asked);
            }
        }
    }
}

/// Until the process is told to end: from the call on, not from the first look at what it answers.
#[cfg(unix)]
fn told() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move { drop(interrupt.recv().await) })
}
