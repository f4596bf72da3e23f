//! Results of cases as JUnit XML, as CI servers read it: a suite a file, a test case a case, a failure with its differences.
//!
//! Source of the shape: the XSD of the Jenkins xUnit plugin. `quick-xml` escapes; what XML 1.0 cannot hold at all is left out here.

use std::io;
use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::cases::lines;
use crate::author::{Ran, Verdict};

/// The report of all files.
///
/// # Errors
/// None in practice: it is written into memory.
pub(super) fn report(all: &[Ran]) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let cases = || all.iter().flat_map(|ran| &ran.cases);
    let suites = writer
        .create_element("testsuites")
        .with_attribute(("name", "sqlsec policy test"))
        .with_attribute(("tests", cases().count().to_string().as_str()))
        .with_attribute(("failures", failed(cases()).as_str()))
        .with_attribute(("time", time(cases()).as_str()));
    suites.write_inner_content(|writer| {
        for ran in all {
            suite(writer, ran)?;
        }
        Ok(())
    })?;
    let mut xml = writer.into_inner();
    xml.push(b'\n');
    Ok(xml)
}

fn suite(writer: &mut Writer<Vec<u8>>, ran: &Ran) -> io::Result<()> {
    let file = holdable(&ran.file);
    let suite = writer
        .create_element("testsuite")
        .with_attribute(("name", file.as_str()))
        .with_attribute(("tests", ran.cases.len().to_string().as_str()))
        .with_attribute(("failures", failed(ran.cases.iter()).as_str()))
        .with_attribute(("time", time(ran.cases.iter()).as_str()));
    suite.write_inner_content(|writer| {
        for case in &ran.cases {
            write_case(writer, &file, case)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn write_case(writer: &mut Writer<Vec<u8>>, file: &str, case: &Verdict) -> io::Result<()> {
    let element = writer
        .create_element("testcase")
        .with_attribute(("name", holdable(&case.name).as_str()))
        .with_attribute(("classname", file))
        .with_attribute(("file", file))
        .with_attribute(("line", case.line.to_string().as_str()))
        .with_attribute(("time", seconds(case.time).as_str()));
    if case.passed {
        element.write_empty()?;
        return Ok(());
    }
    let fields: Vec<&str> = case.mismatches.iter().map(|m| m.field.as_str()).collect();
    let message = format!("not as expected: {}", fields.join(", "));
    let text: String = case
        .mismatches
        .iter()
        .map(|m| {
            let place = format!("{file}:{}:{}: {}", m.line, m.column, m.field);
            format!("{place}\n{}", lines(&m.expected, &m.got))
        })
        .collect();
    element.write_inner_content(|writer| {
        let failure = writer
            .create_element("failure")
            .with_attribute(("type", "mismatch"))
            .with_attribute(("message", holdable(&message).as_str()));
        failure.write_text_content(BytesText::new(&holdable(&text)))?;
        Ok(())
    })?;
    Ok(())
}

fn failed<'c>(cases: impl Iterator<Item = &'c Verdict>) -> String {
    cases.filter(|case| !case.passed).count().to_string()
}

fn time<'c>(cases: impl Iterator<Item = &'c Verdict>) -> String {
    seconds(cases.map(|case| case.time).sum())
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

/// The characters that XML 1.0 can hold (its production `Char`).
fn holdable(text: &str) -> String {
    let can = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars().filter(can).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::Mismatch;

    #[test]
    fn results_are_xml_whatever_is_in_them() {
        let mismatch = Mismatch {
            field: "filter".into(),
            line: 7,
            column: 9,
            expected: "a < 1 AND b = ']]>'".into(),
            got: "a & \u{1}b".into(),
        };
        let case = |name: &str, mismatches: Vec<Mismatch>| Verdict {
            name: name.into(),
            line: 3,
            column: 5,
            passed: mismatches.is_empty(),
            mismatches,
            time: Duration::from_millis(2),
        };
        let ran = Ran {
            file: "a\"b.yaml".into(),
            cases: vec![
                case("fine", vec![]),
                case("<wrong> & \"quoted\"", vec![mismatch]),
            ],
        };
        let xml = String::from_utf8(report(&[ran]).unwrap()).unwrap();
        let wanted = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="sqlsec policy test" tests="2" failures="1" time="0.004000">
  <testsuite name="a&quot;b.yaml" tests="2" failures="1" time="0.004000">
    <testcase name="fine" classname="a&quot;b.yaml" file="a&quot;b.yaml" line="3" time="0.002000"/>
    <testcase name="&lt;wrong&gt; &amp; &quot;quoted&quot;" classname="a&quot;b.yaml" file="a&quot;b.yaml" line="3" time="0.002000">
      <failure type="mismatch" message="not as expected: filter">a&quot;b.yaml:7:9: filter
  - a &lt; 1 AND b = &apos;]]&gt;&apos;
  + a &amp; \u{1}b
</failure>
    </testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(xml, wanted);
        let mut reader = quick_xml::Reader::from_str(&xml);
        while reader.read_event().unwrap() != Event::Eof {}
    }
}
