//! The contracts that a service may speak, and what each of them gives.

use std::time::Duration;

use super::cache::Leave;
use super::http::Fetched;
use super::ranger::Ranger;
use super::retry::Line;
use super::{native, opa};
use crate::policy::{Policy, Severity};
use crate::source::opa::Paths;
use crate::source::{Clock, Question, SourceProblem};

/// How a service is asked.
#[derive(Debug)]
pub(super) enum Contract {
    /// Our own.
    Native,
    /// The data API of Open Policy Agent.
    Opa(Paths),
    /// The download API of Apache Ranger.
    Ranger(Box<Ranger>),
}

/// What a service has given.
pub(super) enum Given {
    /// Rules, what the service calls them, and the length of their text.
    Rules(Box<Policy>, Option<String>, usize),
    /// What is held is what it would give.
    Unchanged,
}

impl Contract {
    /// Asks. `held` is what the service has called the answer that is held.
    ///
    /// # Errors
    /// No rules that can be used.
    pub async fn ask(
        &self,
        line: &Line,
        question: &Question,
        held: Option<&str>,
        clock: &dyn Clock,
    ) -> Result<(Given, Leave), SourceProblem> {
        // Repetitions and several requests included: who waits has waited long enough then.
        let total = line.http().settings().patience.total;
        let asked = async {
            match self {
                Self::Native => native::ask(line, question, held, clock).await,
                Self::Ranger(ranger) => ranger.ask(line, question, clock).await,
                Self::Opa(paths) => opa::ask(line, question, paths, clock).await,
            }
        };
        let answer = tokio::time::timeout(total, asked).await;
        answer.unwrap_or_else(|_| {
            let problem = SourceProblem::Slow(total);
            line.overdue(clock, &problem);
            Err(problem)
        })
    }
}

/// The rules of a document.
///
/// # Errors
/// One that does not compile. Only the place is said: the text is the service's, and its operator's to look at.
pub(super) fn rules(text: &str, etag: Option<String>) -> Result<Given, SourceProblem> {
    // A large policy takes its time: other requests go on meanwhile.
    let loaded = tokio::task::block_in_place(|| Policy::load_answer(text, "its policy"));
    let policy = loaded.map_err(|error| {
        let mut findings = error.findings.iter();
        let first = findings.find(|finding| finding.severity == Severity::Error);
        let place = first.map(|f| format!("{}:{}: {}", f.line, f.column, f.code));
        SourceProblem::Unusable(format!(
            "its policy does not compile ({}); `sqlsec policy lint` on the service's file says more",
            place.unwrap_or_default()
        ))
    })?;
    Ok(Given::Rules(Box::new(policy), etag, text.len()))
}

/// The text of a JSON body.
///
/// # Errors
/// Another media type, such as the HTML of a login page; what is not whole.
pub(super) fn json(fetched: &Fetched) -> Result<&str, SourceProblem> {
    let media = fetched.header("content-type").unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        let shown = media.chars().filter(char::is_ascii_graphic).take(60);
        return Err(SourceProblem::Unusable(format!(
            "it is `{}` and not JSON: a login page, or a proxy's?",
            shown.collect::<String>()
        )));
    }
    let text = std::str::from_utf8(&fetched.body)
        .map_err(|_| SourceProblem::Unusable("it is not UTF-8".to_owned()))?;
    // A policy may be YAML elsewhere, but YAML that breaks off between two rules is YAML still.
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|_| SourceProblem::Unusable("it is not whole JSON".to_owned()))?;
    Ok(text)
}

/// `Cache-Control` and `Age`, as far as they concern us: `max-age`, `stale-if-error`, `no-store`, `no-cache`, `must-revalidate`, and the time that the
/// answer has spent in a proxy. What is not understood lengthens nothing.
pub(super) fn leave(control: &str, age: Option<&str>) -> Leave {
    let mut leave = Leave::default();
    let mut keeps = true;
    for directive in control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        // A number that cannot be read is none: nothing is kept.
        let seconds = value.trim().trim_matches('"').parse().unwrap_or_default();
        let time = Duration::from_secs(seconds);
        match name.trim().to_ascii_lowercase().as_str() {
            "max-age" => leave.fresh = Some(leave.fresh.map_or(time, |other| other.min(time))),
            "stale-if-error" if keeps => leave.stale = time,
            "must-revalidate" => (keeps, leave.stale) = (false, Duration::ZERO),
            "no-store" | "no-cache" => {
                return Leave {
                    fresh: Some(Duration::ZERO),
                    ..Leave::default()
                };
            }
            _ => {}
        }
    }
    let spent = age.and_then(|age| age.trim().parse().ok());
    leave.spent = Duration::from_secs(spent.unwrap_or_default());
    leave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_says_how_long_its_answer_holds() {
        let says = |control: &str, age: Option<&str>| {
            let leave = leave(control, age);
            let fresh = leave.fresh.map(|d| d.as_secs());
            (fresh, leave.stale.as_secs(), leave.spent.as_secs())
        };
        for (control, age, expected) in [
            ("max-age=30, stale-if-error=600", None, (Some(30), 600, 0)),
            ("MAX-AGE=\"30\"", Some("10"), (Some(30), 0, 10)),
            ("max-age=30", Some("100"), (Some(30), 0, 100)),
            ("private", None, (None, 0, 0)),
            ("max-age=soon", None, (Some(0), 0, 0)),
            ("max-age=-1", None, (Some(0), 0, 0)),
            ("max-age=60, max-age=5", None, (Some(5), 0, 0)),
            (
                "max-age=60, stale-if-error=60, no-store",
                None,
                (Some(0), 0, 0),
            ),
            (
                "max-age=9, stale-if-error=60, must-revalidate",
                None,
                (Some(9), 0, 0),
            ),
            (
                "must-revalidate, stale-if-error=60,max-age=9",
                None,
                (Some(9), 0, 0),
            ),
            ("no-cache", None, (Some(0), 0, 0)),
        ] {
            assert_eq!(says(control, age), expected, "{control}");
        }
        assert_eq!(leave("", None).fresh, None);
    }
}
