//! Our own contract: `GET …/v1/policies?user=…&table=…` (`schema/policies.openapi.yaml`).

use std::time::Duration;

use reqwest::Method;

use super::cache::Leave;
use super::http::{Ask, Fetched};
use super::retry::Line;
use crate::policy::Policy;
use crate::source::{Clock, Question, SourceProblem, wire};

/// What a service has given.
pub(super) enum Given {
    /// Rules, what the service calls them, and the length of their text.
    Rules(Box<Policy>, Option<String>, usize),
    /// What is held is what it would give.
    Unchanged,
}

/// Asks.
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
    url.query_pairs_mut()
        .extend_pairs(wire::query(&question.principal, question.scope()));
    let headers = held.map(|etag| ("if-none-match", etag.to_owned()));
    let ask = Ask {
        method: Method::GET,
        url,
        headers: headers.into_iter().collect(),
        body: None,
    };
    let fetched = line.ask(&ask, clock).await?;
    let leave = leave(fetched.header("cache-control"), fetched.header("age"));
    match fetched.status {
        200 => rules(&fetched).map(|given| (given, leave)),
        304 => Ok((Given::Unchanged, leave)),
        status => Err(SourceProblem::Status {
            status,
            hint: "there is no `/v1/policies` below this address; no rules never means no restriction",
        }),
    }
}

fn rules(fetched: &Fetched) -> Result<Given, SourceProblem> {
    let text = json(fetched)?;
    let policy = Policy::load_answer(text, "its policy").map_err(|error| {
        // Only the places: the text is the operator's of the service, and may be long.
        let first = error.findings.iter().find(|f| f.severity == crate::policy::Severity::Error);
        let first = first.map(|f| format!("{}:{}: {}", f.line, f.column, f.code));
        let first = first.unwrap_or_default();
        SourceProblem::Unusable(format!("its policy does not compile ({first}); `sqlsec policy lint` on the service's file says more"))
    })?;
    let etag = fetched.header("etag").map(str::to_owned);
    Ok(Given::Rules(Box::new(policy), etag, text.len()))
}

/// The text of a JSON body.
///
/// # Errors
/// Another media type, such as the HTML of a login page.
pub(super) fn json(fetched: &Fetched) -> Result<&str, SourceProblem> {
    let media = fetched.header("content-type").unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        let media: String = media
            .chars()
            .filter(|c| c.is_ascii_graphic())
            .take(60)
            .collect();
        return Err(SourceProblem::Unusable(format!(
            "it is `{media}` and not JSON: a login page, or a proxy's?"
        )));
    }
    let text = std::str::from_utf8(&fetched.body)
        .map_err(|_| SourceProblem::Unusable("it is not UTF-8".to_owned()))?;
    // A policy may be YAML elsewhere, but YAML that breaks off between two rules is YAML still.
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|_| SourceProblem::Unusable("it is not whole JSON".to_owned()))?;
    Ok(text)
}

/// `Cache-Control`, as far as it concerns us: `max-age`, `stale-if-error`, `no-store`, `no-cache`; less the time that the answer has spent in a proxy.
/// What is not understood shortens nothing and lengthens nothing.
pub(super) fn leave(control: Option<&str>, age: Option<&str>) -> Leave {
    let mut leave = Leave::default();
    for directive in control.unwrap_or_default().split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let seconds = || value.trim().trim_matches('"').parse::<u64>().ok();
        match name.trim().to_ascii_lowercase().as_str() {
            // A number that cannot be read is none: nothing is kept.
            "max-age" => {
                let kept = Duration::from_secs(seconds().unwrap_or_default());
                leave.fresh = Some(leave.fresh.map_or(kept, |other| other.min(kept)));
            }
            "stale-if-error" => leave.stale = Duration::from_secs(seconds().unwrap_or_default()),
            "no-store" | "no-cache" => {
                return Leave {
                    fresh: Some(Duration::ZERO),
                    ..Leave::default()
                };
            }
            _ => {}
        }
    }
    let spent = age
        .and_then(|age| age.trim().parse().ok())
        .unwrap_or_default();
    leave.fresh = leave
        .fresh
        .map(|fresh| fresh.saturating_sub(Duration::from_secs(spent)));
    leave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_says_how_long_its_answer_holds() {
        let says = |control: &str, age: Option<&str>| {
            let leave = leave(Some(control), age);
            (leave.fresh.map(|d| d.as_secs()), leave.stale.as_secs())
        };
        for (control, age, expected) in [
            ("max-age=30, stale-if-error=600", None, (Some(30), 600)),
            ("MAX-AGE=\"30\"", Some("10"), (Some(20), 0)),
            ("max-age=30", Some("100"), (Some(0), 0)),
            ("private", None, (None, 0)),
            ("max-age=soon", None, (Some(0), 0)),
            ("max-age=-1", None, (Some(0), 0)),
            ("max-age=60, max-age=5", None, (Some(5), 0)),
            (
                "max-age=60, stale-if-error=60, no-store",
                None,
                (Some(0), 0),
            ),
            ("no-cache", None, (Some(0), 0)),
        ] {
            assert_eq!(says(control, age), expected, "{control}");
        }
        assert_eq!(leave(None, None).fresh, None);
    }
}
