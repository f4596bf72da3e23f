//! The addresses of the service, and who may ask there.

use std::sync::Arc;

use axum::Form;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Options;
use super::document::Served;
use crate::http::{Clients, challenge};
use crate::source::wire;
use crate::syntax::sha256;

/// What each request needs.
struct Shared {
    served: Arc<Served>,
    clients: Clients,
    cache_control: String,
}

pub(super) fn router(served: Arc<Served>, options: &Options) -> Router {
    let shared = Shared {
        served,
        clients: Clients::with(options.token.as_deref()),
        cache_control: format!(
            "private, max-age={}, stale-if-error={}",
            options.max_age.as_secs(),
            options.stale_if_error.as_secs()
        ),
    };
    Router::new()
        .route("/v1/policies", get(by_address).post(by_form))
        .route("/healthz", get(health))
        .fallback(|| async {
            refused(
                StatusCode::NOT_FOUND,
                "there is nothing here but /v1/policies and /healthz",
            )
        })
        .with_state(Arc::new(shared))
}

type Pairs = Vec<(String, String)>;

async fn by_address(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    pairs: Result<Query<Pairs>, QueryRejection>,
) -> Response {
    if let Err(refusal) = shared.admit(&headers) {
        return *refusal;
    }
    let pairs = pairs.map(|Query(pairs)| pairs);
    shared.policies(&headers, pairs.map_err(|error| error.body_text()))
}

async fn by_form(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    // Nothing is read of whoever may not ask.
    if let Err(refusal) = shared.admit(request.headers()) {
        return *refusal;
    }
    let headers = request.headers().clone();
    let pairs = Form::<Pairs>::from_request(request, &()).await;
    let pairs = pairs.map(|Form(pairs)| pairs);
    shared.policies(&headers, pairs.map_err(|error| error.body_text()))
}

impl Shared {
    /// A refusal for whoever may not ask.
    fn admit(&self, headers: &HeaderMap) -> Result<(), Box<Response>> {
        if self.clients.who(headers).is_some() {
            return Ok(());
        }
        let mut reply = refused(StatusCode::UNAUTHORIZED, "a bearer token is needed");
        challenge(&mut reply);
        Err(Box::new(reply))
    }

    fn policies(&self, headers: &HeaderMap, pairs: Result<Pairs, String>) -> Response {
        let asked = pairs.and_then(wire::question);
        let (principal, scope) = match asked {
            Ok(asked) => asked,
            Err(why) => return refused(StatusCode::BAD_REQUEST, &why),
        };
        let state = self.served.state();
        let excerpt = state
            .whole
            .answer(&principal, &scope, state.users.as_deref());
        let Ok(body) = serde_json::to_string(&excerpt) else {
            return refused(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the policy cannot be written",
            );
        };
        let digest = sha256(&body);
        let etag = format!("\"{digest}\"");
        let about = [
            (header::ETAG, etag.clone()),
            (header::CACHE_CONTROL, self.cache_control.clone()),
            (header::VARY, "authorization".to_owned()),
        ];
        if holds(headers, &etag) {
            return (StatusCode::NOT_MODIFIED, about).into_response();
        }
        let json = [(header::CONTENT_TYPE, "application/json")];
        (about, json, body).into_response()
    }
}

async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let version = shared.served.state().whole.policy().version();
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, format!("{{\"version\":{version}}}")).into_response()
}

/// Whether the client holds this already (`If-None-Match`).
fn holds(headers: &HeaderMap, etag: &str) -> bool {
    let held = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut held = held.filter_map(|value| value.to_str().ok());
    held.any(|list| {
        list.split(',')
            .any(|one| one.trim().trim_start_matches("W/") == etag)
    })
}

pub(super) fn refused(status: StatusCode, why: &str) -> Response {
    let body = serde_json::json!({ "error": why }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
