//! Open Policy Agent over HTTP: the requests of [`crate::source::opa`], one after the other, and the document that the replies make.

use reqwest::Method;

use super::cache::Leave;
use super::contract::{Given, json, rules};
use super::http::Ask;
use super::retry::Line;
use crate::source::opa::{Paths, asks, document};
use crate::source::{Clock, Question, SourceProblem};

/// Asks. OPA says nothing of how long its answers hold, and names no state of its rules: the settings of the cache count.
///
/// # Errors
/// No rules that can be used.
pub(super) async fn ask(
    line: &Line,
    question: &Question,
    paths: &Paths,
    clock: &dyn Clock,
) -> Result<(Given, Leave), SourceProblem> {
    let asks = asks(question, paths);
    let mut replies = Vec::with_capacity(asks.len());
    for one in &asks {
        let ask = Ask {
            method: Method::POST,
            url: line.http().below(&one.path),
            headers: Vec::new(),
            body: Some(("application/json", one.body.to_string())),
        };
        let fetched = line.ask(&ask, clock).await?;
        if fetched.status != 200 {
            return Err(SourceProblem::Status {
                status: fetched.status,
                hint: "its data API has no such path: is the address that of an OPA server?",
            });
        }
        let unreadable = |_| SourceProblem::Unusable("its JSON cannot be read".to_owned());
        replies.push(serde_json::from_str(json(&fetched)?).map_err(unreadable)?);
    }
    let document =
        document(&asks, &replies).map_err(|error| SourceProblem::Unusable(error.to_string()))?;
    let text = serde_json::to_string(&document)
        .map_err(|_| SourceProblem::Unusable("it cannot be written as a policy".to_owned()))?;
    Ok((rules(&text, None)?, Leave::default()))
}
