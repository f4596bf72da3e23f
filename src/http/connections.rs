//! Connections: who says nothing, or says it a byte at a time, does not keep one.
//!
//! In: connections as they come. Out: requests for the router. Stays out: what is answered.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::{Certificates, Stopping};

/// A head may have so many bytes, and what is read with them: anybody may send one, and one for each connection is in memory.
const HEAD_BYTES: usize = 64 << 10;

/// What a service takes at once, and how long it waits for whom.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// Open connections.
    pub connections: usize,
    /// What becomes of the next one.
    pub when_full: WhenFull,
    /// For the head of a request, from when the connection was made or the last answer given; for a TLS handshake too.
    pub head: Duration,
    /// From the head to the answer, and what is said when it has passed; nothing where the handlers have times of their own.
    pub answer: Option<(Duration, fn() -> Response)>,
    /// For all requests of a connection: who does not read its answers is not waited for any longer.
    pub life: Duration,
    /// For the request that is in work when that has passed.
    pub last: Duration,
    /// For those that are in work at a stop.
    pub grace: Duration,
}

/// What becomes of a connection too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// It waits until another one ends, which the times see to: for a service without a second one beside it.
    Wait,
    /// It is closed at once: whoever has sent it may ask elsewhere.
    Close,
}

/// Answers until it is told to stop; then lets those end whom it has taken.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<Certificates>,
    terms: Terms,
    app: Router,
    stopping: Stopping,
) {
    // Each connection has the other end of it: when all have gone, nobody has.
    let (here, mut gone) = tokio::sync::mpsc::channel::<()>(1);
    let accepting = async {
        let places = Arc::new(Semaphore::new(
            terms.connections.min(Semaphore::MAX_PERMITS),
        ));
        while let Some((stream, place)) = next(&listener, &places, terms.when_full).await {
            // It may have come with the stop.
            if stopping.is_asked() {
                break;
            }
            let connection = Connection {
                terms,
                app: app.clone(),
                stopping: stopping.clone(),
            };
            let (tls, here) = (tls.clone(), here.clone());
            tokio::spawn(async move {
                connection.run(stream, tls).await;
                drop((place, here));
            });
        }
    };
    tokio::select! {
        biased;
        () = stopping.asked() => {}
        () = accepting => {}
    }
    drop((listener, here));
    tokio::select! {
        // Nothing is ever sent: it ends when the last one has gone.
        _ = timeout(terms.grace, gone.recv()) => {}
        () = stopping.now() => {}
    }
}

/// The next connection with its place; nothing when there will be none.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    when_full: WhenFull,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    loop {
        let waited = match when_full {
            WhenFull::Wait => Some(Arc::clone(places).acquire_owned().await.ok()?),
            WhenFull::Close => None,
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let place = match waited {
                    Some(place) => Ok(place),
                    None => Arc::clone(places).try_acquire_owned(),
                };
                // Dropped, it is closed.
                let Ok(place) = place else { continue };
                // An answer is one write: it has nothing to wait for.
                if stream.set_nodelay(true).is_ok() {
                    return Some((stream, place));
                }
            }
            // It was gone before it was taken, or there are too many open files: that passes.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

struct Connection {
    terms: Terms,
    app: Router,
    stopping: Stopping,
}

impl Connection {
    /// How it ends is of no interest: the client has its answer, or has gone.
    async fn run(self, stream: TcpStream, tls: Option<Certificates>) {
        match tls {
            None => self.http(stream).await,
            Some(certificates) => {
                let taken = TlsAcceptor::from(certificates.config()).accept(stream);
                let shaken = tokio::select! {
                    shaken = timeout(self.terms.head, taken) => shaken,
                    // Nothing has been asked yet.
                    () = self.stopping.asked() => return,
                };
                if let Ok(Ok(stream)) = shaken {
                    self.http(stream).await;
                }
            }
        }
    }

    async fn http(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let (terms, app) = (self.terms, TowerToHyperService::new(self.app));
        let answer = service_fn(move |request: Request<Incoming>| {
            let reply = app.call(request);
            async move {
                match terms.answer {
                    None => reply.await,
                    Some((time, late)) => timeout(time, reply)
                        .await
                        .unwrap_or_else(|_| Ok(closing(late()))),
                }
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(terms.head)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), answer);
        let mut connection = std::pin::pin!(connection);
        let last = tokio::select! {
            _ = connection.as_mut() => return,
            () = sleep(terms.life) => terms.last,
            () = self.stopping.asked() => terms.grace,
        };
        connection.as_mut().graceful_shutdown();
        drop(timeout(last, connection).await);
    }
}

/// The rest of such a request is not read.
fn closing(mut reply: Response) -> Response {
    let close = HeaderValue::from_static("close");
    reply.headers_mut().insert(header::CONNECTION, close);
    reply
}

/// A socket of the operating system as the runtime takes it.
pub(super) fn listener(from: std::net::TcpListener) -> io::Result<TcpListener> {
    from.set_nonblocking(true)?;
    TcpListener::from_std(from)
}
