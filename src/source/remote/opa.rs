//! Open Policy Agent over HTTP: the requests of [`crate::source::opa`], and the document that the replies make.

use reqwest::Method;
use serde_json::Value;

use super::cache::Leave;
use super::contract::{Given, json, rules};
use super::http::Ask;
use super::retry::Line;
use crate::source::opa::{Asks, Paths, asks, document};
use crate::source::{Clock, Question, SourceProblem};

/// How often the policy may change under a question.
const ROUNDS: usize = 3;

/// Asks. OPA says nothing of how long its answers hold, and names no state of its rules: the settings of the cache count.
///
/// Several requests could be answered from two states of the policy, such as an access that was just granted, and the filters of before, when there
/// were none. So all are asked until two rounds in a row agree.
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
    let mut replies = round(line, &asks, clock).await?;
    if asks.len() > 1 {
        let mut agree = false;
        for _ in 0..ROUNDS {
            let again = round(line, &asks, clock).await?;
            agree = again == replies;
            replies = again;
            if agree {
                break;
            }
        }
        if !agree {
            let why = "its policy changes with every request";
            return Err(SourceProblem::Unusable(why.to_owned()));
        }
    }
    let document =
        document(&asks, &replies).map_err(|error| SourceProblem::Unusable(error.to_string()))?;
    let text = serde_json::to_string(&document)
        .map_err(|_| SourceProblem::Unusable("it cannot be written as a policy".to_owned()))?;
    Ok((rules(&text, None)?, Leave::default()))
}

/// All replies, in the order of the requests. What OPA says of a decision beside its result, such as its number, is left out.
async fn round(line: &Line, asks: &Asks, clock: &dyn Clock) -> Result<Vec<Value>, SourceProblem> {
    let mut replies = Vec::with_capacity(asks.len());
    for one in asks {
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
        let mut reply: Value = serde_json::from_str(json(&fetched)?).map_err(unreadable)?;
        if let Some(fields) = reply.as_object_mut() {
            fields.remove("decision_id");
        }
        replies.push(reply);
    }
    Ok(replies)
}
