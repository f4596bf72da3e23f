//! The addresses of the service, who may ask there, and how much at once.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Bytes, HttpBody};
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Bounds;
use super::force::Force;
use super::makers::Makers;
use super::metrics::Metrics;
use crate::host::{HostCode, HostError, Settle};
use crate::http::{Client, Clients, Stopping, challenge};
use crate::lineage::store::RecordId;

/// What each request needs.
struct Shared {
    force: Arc<Force>,
    clients: Clients,
    makers: Makers,
    bounds: Bounds,
    stopping: Stopping,
    tell: Arc<dyn Fn(&str) + Send + Sync>,
    metrics: Metrics,
    /// Whoever is read, waits or runs holds one of these: what all of them hold in memory is bounded.
    places: Arc<Semaphore>,
    /// Whoever runs holds one of these.
    cores: Arc<Semaphore>,
}

pub(super) fn router(
    force: Arc<Force>,
    clients: Clients,
    makers: Makers,
    bounds: Bounds,
    stopping: &Stopping,
    tell: Arc<dyn Fn(&str) + Send + Sync>,
) -> Router {
    let semaphore =
        |permits: usize| Arc::new(Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)));
    let shared = Shared {
        force,
        clients,
        makers,
        bounds,
        stopping: stopping.clone(),
        tell,
        metrics: Metrics::new(),
        places: semaphore(bounds.requests),
        cores: semaphore(bounds.checks),
    };
    let router = routes()
        .into_iter()
        .fold(Router::new(), |router, (path, route)| {
            router.route(path, route)
        });
    router
        .fallback(|| async {
            refused(
                StatusCode::NOT_FOUND,
                "not-found",
                "there is nothing here but /v1/check, /v1/lineage/NUMBER/commit, abort and ended, /healthz, /readyz and /metrics",
            )
        })
        .method_not_allowed_fallback(|| async {
            let message = "not by this method: what begins with /v1 takes POST, the others GET";
            refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                message,
            )
        })
        .layer(DefaultBodyLimit::max(bounds.body))
        .with_state(Arc::new(shared))
}

/// Every address, and what answers there.
fn routes() -> [(&'static str, MethodRouter<Arc<Shared>>); 7] {
    [
        ("/healthz", get(|| async { "ok\n" })),
        ("/metrics", get(metrics)),
        ("/readyz", get(ready)),
        ("/v1/check", post(check)),
        ("/v1/lineage/{id}/abort", settle(Settle::Abort)),
        ("/v1/lineage/{id}/commit", settle(Settle::Commit)),
        ("/v1/lineage/{id}/ended", settle(Settle::Ended)),
    ]
}

/// The addresses that are answered, sorted, as `schema/check.openapi.yaml` writes them.
pub fn paths() -> impl Iterator<Item = &'static str> {
    routes().into_iter().map(|(path, _)| path)
}

async fn check(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let refuse = |status, code: &'static str, message: &str| shared.refuse(status, code, message);
    let (client, place) = match shared.place(request.headers()) {
        Ok(admitted) => admitted,
        Err(refusal) => return *refusal,
    };
    let too_long = || {
        let message = format!("a request may have {} bytes", shared.bounds.body);
        refuse(StatusCode::PAYLOAD_TOO_LARGE, "too-long", &message)
    };
    // Nothing is read of what says itself that it is too much.
    if request.body().size_hint().lower() > shared.bounds.body as u64 {
        return too_long();
    }
    let reading = tokio::time::timeout(shared.bounds.body_time, Bytes::from_request(request, &()));
    let request = match reading.await {
        Ok(Ok(request)) => request,
        Ok(Err(BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)))) => {
            return too_long();
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
    run(shared, place, move |shared| {
        shared.decided(&client, &request, came)
    })
    .await
}

/// What became of a submission: nothing is read of the request but its address.
fn settle(settle: Settle) -> MethodRouter<Arc<Shared>> {
    let handle = move |State(shared): State<Arc<Shared>>,
                       Path(id): Path<String>,
                       headers: HeaderMap| async move {
        let (client, place) = match shared.place(&headers) {
            Ok(admitted) => admitted,
            Err(refusal) => return *refusal,
        };
        let Ok(id) = id.parse().map(RecordId) else {
            let code = HostCode::RecordUnknown.as_str();
            return shared.refuse(StatusCode::NOT_FOUND, code, "records have numbers");
        };
        run(shared, place, move |shared| {
            shared.settled(&client, id, settle)
        })
        .await
    };
    post(handle)
}

/// Does what takes a core, where it may wait for a disk.
async fn run(
    shared: Arc<Shared>,
    place: OwnedSemaphorePermit,
    work: impl FnOnce(&Shared) -> Response + Send + 'static,
) -> Response {
    let Ok(core) = Arc::clone(&shared.cores).acquire_owned().await else {
        return shared.refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "the service stops",
        );
    };
    let done = {
        let shared = Arc::clone(&shared);
        // The permits go with the work: a client that hangs up frees its place when that is done, not before.
        tokio::task::spawn_blocking(move || {
            let answer = work(&shared);
            drop((place, core));
            answer
        })
        .await
    };
    done.unwrap_or_else(|_| shared.unfinished())
}

impl Shared {
    fn refuse(&self, status: StatusCode, code: &'static str, message: &str) -> Response {
        self.metrics.refused(code);
        refused(status, code, message)
    }

    fn unfinished(&self) -> Response {
        let code = HostCode::Internal.as_str();
        let message = "the work did not finish";
        self.refuse(StatusCode::INTERNAL_SERVER_ERROR, code, message)
    }

    /// Who asks, and a place for the request; a refusal where they may not, or there is none.
    fn place(&self, headers: &HeaderMap) -> Result<(Client, OwnedSemaphorePermit), Box<Response>> {
        let Some(client) = self.clients.who(headers) else {
            let message = "a bearer token is needed";
            let mut reply = self.refuse(StatusCode::UNAUTHORIZED, "unauthorized", message);
            challenge(&mut reply);
            return Err(Box::new(reply));
        };
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map(|place| (client, place)).map_err(|_| {
            let message = "too many requests at once: try again";
            let mut reply = self.refuse(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message);
            let soon = header::HeaderValue::from_static("1");
            reply.headers_mut().insert(header::RETRY_AFTER, soon);
            Box::new(reply)
        })
    }

    /// Requests that are read, wait or run.
    fn in_flight(&self) -> usize {
        let all = self.bounds.requests.max(1);
        all.saturating_sub(self.places.available_permits())
    }

    fn settled(&self, client: &Client, id: RecordId, settle: Settle) -> Response {
        if !self.makers.may_tell(client, id) {
            let message = "this submitter has made no record of this number: who made it says what became of it";
            return self.refuse(StatusCode::FORBIDDEN, "record-foreign", message);
        }
        match self.force.now().engine.settle(id, settle) {
            Ok(()) => {
                self.metrics.records(settle.word());
                StatusCode::NO_CONTENT.into_response()
            }
            Err(error) => {
                self.metrics.refused(error.code.as_str());
                failed(&error)
            }
        }
    }

    fn decided(&self, client: &Client, request: &Bytes, came: Instant) -> Response {
        match self.force.now().check(request) {
            Ok((reply, json)) => {
                // Before the reply is out: nobody else can have told of it.
                if let Some(id) = reply.lineage_id
                    && let Err(error) = self.makers.made(client, id)
                {
                    (self.tell)(&error.to_string());
                }
                self.metrics.decided(&reply, came.elapsed());
                ([(header::CACHE_CONTROL, "no-store")], JSON, json).into_response()
            }
            Err(error) => {
                self.metrics.refused(error.code.as_str());
                failed(&error)
            }
        }
    }
}

/// What is wrong with a request, with its place in it; or why nothing could be told of a record.
fn failed(error: &HostError) -> Response {
    let status = match error.code {
        HostCode::Request | HostCode::NotUtf8 => StatusCode::BAD_REQUEST,
        HostCode::RecordUnknown => StatusCode::NOT_FOUND,
        HostCode::RecordUnfit => StatusCode::CONFLICT,
        HostCode::Lineage => StatusCode::SERVICE_UNAVAILABLE,
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
    if shared.force.is_ready(&shared.stopping) {
        return "ready\n".into_response();
    }
    let message = "the service stops, or its engine has failed: restart it";
    refused(StatusCode::SERVICE_UNAVAILABLE, "not-ready", message)
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let Ok(text) = shared.metrics.text(
        shared.in_flight(),
        shared.force.is_ready(&shared.stopping),
        shared.force.is_behind(),
        shared.force.now().since.elapsed(),
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
