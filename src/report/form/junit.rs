//! The report as JUnit XML: a test case an entry, a failure where the policy says no or the job has drifted, an error where it cannot be judged.
//!
//! The shape is that of the Jenkins xUnit plugin's XSD. The cases are held until they are counted, for their sum stands before them.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

use super::{Form, Head};
use crate::report::entry::{Entry, Verdict};
use crate::report::script::Script;
use crate::report::survey::Survey;

/// Writes JUnit XML.
#[derive(Debug, Default)]
pub struct JUnit {
    cases: Vec<u8>,
    failures: u64,
    errors: u64,
}

impl Form for JUnit {
    fn begin(&mut self, _: &Head, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, _: Option<&Script>, _: &mut dyn Write) -> io::Result<()> {
        let codes: Vec<String> = entry
            .reasons
            .iter()
            .map(|r| match r.line {
                Some(line) => format!("{} (line {line}): {}", r.code, r.code.meaning()),
                None => format!("{}: {}", r.code, r.code.meaning()),
            })
            .collect();
        let drift = entry
            .drift
            .as_ref()
            .map(|d| d.state)
            .filter(|s| s.is_drift());
        let outcome = match (entry.verdict, drift) {
            (Verdict::Unjudged, _) => {
                self.errors = self.errors.saturating_add(1);
                Some(("error", "unjudged".to_owned(), codes.join("; ")))
            }
            (Verdict::Denied, _) => {
                self.failures = self.failures.saturating_add(1);
                Some(("failure", "denied".to_owned(), codes.join("; ")))
            }
            (Verdict::Allowed, Some(state)) => {
                self.failures = self.failures.saturating_add(1);
                let changes = entry.drift.as_ref().map(|d| d.changes.join("; "));
                Some((
                    "failure",
                    format!("drift-{}", state.as_str()),
                    changes.unwrap_or_default(),
                ))
            }
            (Verdict::Allowed, None) => None,
        };
        let mut writer = Writer::new(&mut self.cases);
        let user = entry.principal.as_ref().map_or("", |p| p.user.as_str());
        let mut case = writer
            .create_element("testcase")
            .with_attribute(("name", holdable(&entry.job).as_str()))
            .with_attribute(("classname", holdable(user).as_str()))
            .with_attribute(("file", holdable(&entry.place.title()).as_str()));
        if let Some(line) = entry.reasons.iter().find_map(|r| r.line) {
            case = case.with_attribute(("line", line.to_string().as_str()));
        }
        let micros = entry.record.as_ref().map_or(0, |r| r.micros);
        case = case.with_attribute((
            "time",
            format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000).as_str(),
        ));
        match outcome {
            None => {
                case.write_empty()?;
            }
            Some((element, kind, message)) => {
                case.write_inner_content(|writer| {
                    writer
                        .create_element(element)
                        .with_attribute(("type", kind.as_str()))
                        .with_attribute(("message", holdable(&message).as_str()))
                        .write_empty()?;
                    Ok(())
                })?;
            }
        }
        self.cases.push(b'\n');
        Ok(())
    }

    fn end(&mut self, survey: &Survey, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = Writer::new(&mut *out);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        writeln!(
            out,
            "\n<testsuites name=\"sqlsec audit\" tests=\"{0}\" failures=\"{1}\" errors=\"{2}\">\n\
             <testsuite name=\"sqlsec audit\" tests=\"{0}\" failures=\"{1}\" errors=\"{2}\">",
            survey.sums.entries, self.failures, self.errors
        )?;
        out.write_all(&self.cases)?;
        writeln!(out, "</testsuite>\n</testsuites>")
    }
}

/// The characters that XML 1.0 can hold (its production `Char`).
fn holdable(text: &str) -> String {
    let can = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars().filter(can).collect()
}
