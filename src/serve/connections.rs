//! Connections: who says nothing, or says it a byte at a time, does not keep one.
//!
//! In: connections as they come. Out: requests for the router. Stays out: what is answered.
//! Invariant: every wait for a client ends; the number of clients that are waited for is bounded.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::routes::refused;

/// At one time; the next ones wait until one of these has ended.
const MOST: usize = 512;

/// For the head of a request, from when the connection was made or the last answer given.
const HEAD: Duration = Duration::from_secs(5);

/// From the head to the answer: the body of a request is read within it.
const ANSWER: Duration = Duration::from_secs(10);

/// For all requests of a connection. Who does not read its answer is not waited for any longer.
const LIFE: Duration = Duration::from_secs(300);

/// Answers for ever.
pub(super) async fn serve(listener: TcpListener, app: Router) {
    let places = Arc::new(Semaphore::new(MOST));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let app = app.clone();
                tokio::spawn(async move {
                    one(stream, app).await;
                    drop(place);
                });
            }
            // It was gone before it was taken, or there are too many open files: that passes.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn one(stream: TcpStream, app: Router) {
    let app = TowerToHyperService::new(app);
    let answer = service_fn(move |request: Request<Incoming>| {
        let reply = app.call(request);
        async move {
            let late = || {
                let mut reply = refused(StatusCode::REQUEST_TIMEOUT, "the request took too long");
                let close = axum::http::HeaderValue::from_static("close");
                reply
                    .headers_mut()
                    .insert(axum::http::header::CONNECTION, close);
                Ok(reply)
            };
            timeout(ANSWER, reply).await.unwrap_or_else(|_| late())
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = std::pin::pin!(connection);
    // How it ends is of no interest: the client has its answer, or has gone.
    if timeout(LIFE, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        drop(timeout(ANSWER, connection).await);
    }
}
