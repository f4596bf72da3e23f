//! The report as SARIF 2.1.0, which code hosts show at the line: a rule a code, a result a reason, or a drift.
//!
//! Messages are those of the codes alone: names and literals of a script stay in the script.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Form, Head};
use crate::report::drift::DriftState;
use crate::report::entry::{Entry, Verdict};
use crate::report::reason::{Reason, ReasonCode};
use crate::report::script::Script;
use crate::report::survey::Survey;

/// Writes SARIF.
#[derive(Debug, Default)]
pub struct Sarif {
    begun: bool,
}

impl Form for Sarif {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        let driver = json!({ "name": "sqlsec", "version": head.sqlsec, "rules": rules() });
        write!(
            out,
            "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{driver}}},\
             \"columnKind\":\"unicodeCodePoints\",\"results\":["
        )
    }

    fn entry(&mut self, entry: &Entry, _: Option<&Script>, out: &mut dyn Write) -> io::Result<()> {
        let reasons = entry.reasons.iter().map(|reason| of_reason(entry, reason));
        for result in reasons.chain(of_drift(entry)) {
            out.write_all(if self.begun { b",\n" } else { b"\n" })?;
            self.begun = true;
            serde_json::to_writer(&mut *out, &result)?;
        }
        Ok(())
    }

    fn end(&mut self, _: &Survey, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n]}}]}}")
    }
}

fn rules() -> Vec<Value> {
    let codes = ReasonCode::all().map(|code| (code.as_str().to_owned(), code.meaning()));
    let drifts = DriftState::ALL.into_iter().filter(|state| state.is_drift());
    let drifts = drifts.map(|state| (drift_rule(state), drift_meaning(state)));
    let rule = |(id, meaning): (String, &str)| json!({ "id": id, "shortDescription": { "text": meaning } });
    codes.chain(drifts).map(rule).collect()
}

fn drift_rule(state: DriftState) -> String {
    format!("drift-{}", state.as_str())
}

const fn drift_meaning(state: DriftState) -> &'static str {
    match state {
        DriftState::Same => "The job is protected as it was.",
        DriftState::Tighter => {
            "Under the current policy less would show than the job was submitted with."
        }
        DriftState::Looser => {
            "Under the current policy more would show than the job was submitted with."
        }
        DriftState::Unclear => {
            "Under the current policy the job would be protected otherwise than it was submitted."
        }
        DriftState::Changed => "The script or its principal is another one than was submitted.",
        DriftState::New => "There is no former check of this job.",
    }
}

fn of_reason(entry: &Entry, reason: &Reason) -> Value {
    let level = match entry.verdict {
        Verdict::Allowed => "note",
        Verdict::Denied => "error",
        Verdict::Unjudged => "warning",
    };
    result(
        entry,
        reason.code.as_str(),
        level,
        reason.code.meaning(),
        Some(reason),
    )
}

fn of_drift(entry: &Entry) -> Option<Value> {
    let state = entry.drift.as_ref()?.state;
    let id = drift_rule(state);
    state
        .is_drift()
        .then(|| result(entry, &id, "warning", drift_meaning(state), None))
}

fn result(entry: &Entry, rule: &str, level: &str, meaning: &str, reason: Option<&Reason>) -> Value {
    let who = entry
        .principal
        .as_ref()
        .map_or_else(String::new, |p| format!(" for {}", p.user));
    let text = format!("{}{who}: {meaning}", entry.job);
    let mut physical = json!({ "artifactLocation": { "uri": uri(&entry.place.file) } });
    // A line of a script that lies in an archive or in a row is no line of that file.
    if entry.place.part.is_none()
        && let Some(Reason {
            line: Some(line),
            column,
            ..
        }) = reason
        && let Some(object) = physical.as_object_mut()
    {
        let region = json!({ "startLine": line, "startColumn": column.unwrap_or(1) });
        object.insert("region".to_owned(), region);
    }
    json!({
        "ruleId": rule,
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": physical, "logicalLocations": [{ "fullyQualifiedName": entry.job }] }],
        "partialFingerprints": { "sqlsec/v1": format!("{rule}:{}:{}", entry.job, entry.principal.as_ref().map_or("", |p| &p.user)) },
    })
}

/// A path as a URI reference (RFC 3986): what is not unreserved is coded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
