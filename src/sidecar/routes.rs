//! The addresses of the service, who may ask there, and how much at once.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::force::Force;
use super::metrics::Metrics;
use super::{Bounds, Options};
use crate::host::{HostCode, HostError};
use crate::serve::Token;

/// What each request needs.
struct Shared {
    force: Arc<Force>,
    token: Option<Token>,
    bounds: Bounds,
    metrics: Metrics,
    /// Whoever is read, waits or runs holds one of these: what all of them hold in memory is bounded.
    places: Arc<Semaphore>,
    /// Whoever runs holds one of these.
    cores: Arc<Semaphore>,
}

pub(super) fn router(force: Arc<Force>, options: &Options) -> Router {
    let bounds = options.bounds;
    let semaphore =
        |permits: usize| Arc::new(Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)));
    let shared = Shared {
        force,
        token: options.token.as_deref().map(Token::new),
        bounds,
        metrics: Metrics::new(),
        places: semaphore(bounds.requests),
        cores: semaphore(bounds.checks),
    };
    Router::new()
        .route("/v1/check", post(check))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .fallback(|| async {
            refused(
                StatusCode::NOT_FOUND,
                "not-found",
                "there is nothing here but /v1/check, /healthz, /readyz and /metrics",
            )
        })
        .method_not_allowed_fallback(|| async {
            let message = "not by this method: /v1/check takes POST, the others GET";
            refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                message,
            )
        })
        .layer(DefaultBodyLimit::max(bounds.body))
        .with_state(Arc::new(shared))
}

async fn check(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let refuse = |status, code: &'static str, message: &str| {
        shared.metrics.refused(code);
        refused(status, code, message)
    };
    if !shared.admits(request.headers()) {
        let mut reply = refuse(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "a bearer token is needed",
        );
        let challenge = header::HeaderValue::from_static("Bearer");
        reply
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        return reply;
    }
    let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
        let mut reply = refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "overloaded",
            "too many requests at once: try again",
        );
        let soon = header::HeaderValue::from_static("1");
        reply.headers_mut().insert(header::RETRY_AFTER, soon);
        return reply;
    };
    let reading = tokio::time::timeout(shared.bounds.body_time, Bytes::from_request(request, &()));
    let request = match reading.await {
        Ok(Ok(request)) => request,
        Ok(Err(BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)))) => {
            let message = format!("a request may have {} bytes", shared.bounds.body);
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, "too-long", &message);
        }
        Ok(Err(_)) => {
            let message = "the request has not come whole";
            return refuse(StatusCode::BAD_REQUEST, "cut", message);
        }
        Err(_) => {
            let message = "the request has not come in time";
            return refuse(StatusCode::REQUEST_TIMEOUT, "slow", message);
        }
    };
    let came = Instant::now();
    let Ok(core) = Arc::clone(&shared.cores).acquire_owned().await else {
        return refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "the service stops",
        );
    };
    let decided = {
        let shared = Arc::clone(&shared);
        // The permits go with the check: a client that hangs up frees its place when the work is done, not before.
        tokio::task::spawn_blocking(move || shared.decided(&request, came, (place, core))).await
    };
    decided.unwrap_or_else(|_| {
        let message = "the check did not finish";
        refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            HostCode::Internal.as_str(),
            message,
        )
    })
}

impl Shared {
    fn admits(&self, headers: &HeaderMap) -> bool {
        self.token
            .as_ref()
            .is_none_or(|token| token.is_shown(headers))
    }

    /// Requests that are read, wait or run.
    fn in_flight(&self) -> usize {
        let all = self.bounds.requests.max(1);
        all.saturating_sub(self.places.available_permits())
    }

    fn decided(
        &self,
        request: &Bytes,
        came: Instant,
        _permits: (OwnedSemaphorePermit, OwnedSemaphorePermit),
    ) -> Response {
        let answer = self.force.engine().check_document(request);
        match answer {
            Ok((reply, json)) => {
                self.metrics.decided(&reply, came.elapsed());
                ([(header::CACHE_CONTROL, "no-store")], JSON, json).into_response()
            }
            Err(error) => {
                self.metrics.unreadable(error.code);
                failed(&error)
            }
        }
    }
}

/// What is wrong with a request, with its place in it.
fn failed(error: &HostError) -> Response {
    let status = match error.code {
        HostCode::Request | HostCode::NotUtf8 => StatusCode::BAD_REQUEST,
        HostCode::Argument
        | HostCode::Handle
        | HostCode::Config
        | HostCode::Unreadable
        | HostCode::Catalog
        | HostCode::Policy
        | HostCode::Audit
        | HostCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let body = serde_json::to_string(error).unwrap_or_default();
    (status, JSON, body).into_response()
}

async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    if shared.force.is_ready() {
        return "ready\n".into_response();
    }
    let message = "the service stops, or its engine has failed: restart it";
    refused(StatusCode::SERVICE_UNAVAILABLE, "not-ready", message)
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let Ok(text) = shared.metrics.text(
        shared.in_flight(),
        shared.force.is_ready(),
        shared.force.is_behind(),
    ) else {
        return refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the metrics cannot be written",
        );
    };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

/// Nothing was decided.
fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({ "code": code, "message": message }).to_string();
    (status, JSON, body).into_response()
}
