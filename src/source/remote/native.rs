//! Our own contract: `GET …/v1/policies?user=…&table=…`, or the same as a form by `POST` (`schema/policies.openapi.yaml`).

use reqwest::Method;

use super::cache::Leave;
use super::contract::{Given, json, leave, rules};
use super::http::Ask;
use super::retry::Line;
use crate::source::{Clock, Question, SourceProblem, wire};

/// The longest address that servers and proxies are sure to take; a longer question goes as a form.
const LONGEST: usize = 6 * 1024;

/// Asks, with the tag of the answer that is held.
///
/// # Errors
/// No rules that can be used.
pub(super) async fn ask(
    line: &Line,
    question: &Question,
    held: Option<&str>,
    clock: &dyn Clock,
) -> Result<(Given, Leave), SourceProblem> {
    let mut url = line.http().below("v1/policies");
    let pairs = wire::query(&question.principal, question.scope());
    let mut query = url.clone();
    query.query_pairs_mut().extend_pairs(pairs);
    let headers = held.map(|etag| ("if-none-match", etag.to_owned()));
    let mut ask = Ask {
        method: Method::GET,
        url: query,
        headers: headers.into_iter().collect(),
        body: None,
    };
    if ask.url.as_str().len() > LONGEST {
        let body = ask.url.query().unwrap_or_default().to_owned();
        url.set_query(None);
        ask = Ask {
            method: Method::POST,
            url,
            body: Some(("application/x-www-form-urlencoded", body)),
            ..ask
        };
    }
    let fetched = line.ask(&ask, clock).await?;
    let leave = leave(&fetched.list("cache-control"), fetched.header("age"));
    match fetched.status {
        200 => {
            let etag = fetched.header("etag").map(str::to_owned);
            rules(json(&fetched)?, etag).map(|given| (given, leave))
        }
        304 => Ok((Given::Unchanged, leave)),
        status => Err(SourceProblem::Status {
            status,
            hint: "there is no `/v1/policies` below this address; no rules never means no restriction",
        }),
    }
}
