//! The report as one HTML file with everything in it (its sources are in `assets/report`): it asks for nothing over the network.
//!
//! Its content policy allows its own script and style by their hashes and nothing else.
//! Invariant: what comes from jobs enters as JSON without `<`; the script of the page puts it into text nodes alone.
//! The lineage picture is a document of its own in a frame (`picture`), made when somebody looks at it.
//! Invariant: this is the only form that shows SQL, and of that no more than [`SHOWN`].

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::json::Tail;
use super::picture::Picture;
use super::{Form, Head};
use crate::lineage::export::html;
use crate::report::entry::Entry;
use crate::report::reason::ReasonCode;
use crate::report::script::Script;
use crate::report::survey::Survey;

/// So many bytes of scripts stand in a page: a browser should still open it.
pub const SHOWN: usize = 64 << 20;

const PAGE: &str = include_str!("../../../assets/report/page.html");
const STYLE: &str = include_str!("../../../assets/report/style.css");
/// In this order: a later one uses what an earlier one says.
const SCRIPTS: [&str; 4] = [
    include_str!("../../../assets/report/model.js"),
    include_str!("../../../assets/report/diff.js"),
    include_str!("../../../assets/report/views.js"),
    include_str!("../../../assets/report/app.js"),
];

/// Writes the page.
#[derive(Debug, Default)]
pub struct Html {
    begun: bool,
    shown: usize,
    picture: Picture,
}

#[derive(Serialize)]
struct Shown<'e> {
    #[serde(flatten)]
    entry: &'e Entry,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<&'e Script>,
}

impl Form for Html {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        let script = script();
        let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
        // The frame of the picture has this policy too, besides its own.
        let [drawing, drawn] = html::hashes();
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{}' {drawing}; style-src 'sha256-{}' {drawn}; img-src data:; base-uri 'none'; form-action 'none'",
            hash(&script),
            hash(STYLE)
        );
        let mut before = PAGE.split("{{entries}}").next().unwrap_or_default();
        while let Some((text, rest)) = before.split_once("{{") {
            let (name, rest) = rest.split_once("}}").unwrap_or_default();
            out.write_all(text.as_bytes())?;
            match name {
                "policy" => out.write_all(policy.replace('\'', "&#39;").as_bytes())?,
                "style" => out.write_all(STYLE.as_bytes())?,
                "head" => out.write_all(json(head)?.as_bytes())?,
                _ => {}
            }
            before = rest;
        }
        out.write_all(before.as_bytes())
    }

    fn entry(
        &mut self,
        entry: &Entry,
        script: Option<&Script>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if let Some(record) = script.and_then(|script| script.lineage.as_ref()) {
            self.picture.add(entry, record);
        }
        out.write_all(if self.begun { b",\n" } else { b"\n" })?;
        self.begun = true;
        let script = script.filter(|_| self.shown < SHOWN);
        let text = json(&Shown { entry, script })?;
        if script.is_some() {
            self.shown = self.shown.saturating_add(text.len());
        }
        out.write_all(text.as_bytes())
    }

    fn end(&mut self, survey: &Survey, out: &mut dyn Write) -> io::Result<()> {
        let mut after = PAGE.split("{{entries}}").nth(1).unwrap_or_default();
        while let Some((text, rest)) = after.split_once("{{") {
            let (name, rest) = rest.split_once("}}").unwrap_or_default();
            out.write_all(text.as_bytes())?;
            match name {
                "tail" => out.write_all(json(&Tail::of(survey))?.as_bytes())?,
                "picture" => out.write_all(json(&self.picture.drawn(survey))?.as_bytes())?,
                "meanings" => out.write_all(json(&meanings())?.as_bytes())?,
                "script" => out.write_all(script().as_bytes())?,
                _ => {}
            }
            after = rest;
        }
        out.write_all(after.as_bytes())
    }
}

/// All scripts as one, in a scope of their own.
fn script() -> String {
    format!("(() => {{\n'use strict';\n{}}})();", SCRIPTS.join("\n"))
}

fn meanings() -> std::collections::BTreeMap<&'static str, &'static str> {
    ReasonCode::all()
        .map(|code| (code.as_str(), code.meaning()))
        .collect()
}

/// JSON that no HTML parser finds an end or a beginning in: of JSON's own signs `<` is none.
fn json(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_and_the_style_end_where_they_should_and_are_small() {
        assert!(!script().contains("</script"), "it would end early");
        assert!(!STYLE.contains("</style"), "it would end early");
        assert!(script().len() + STYLE.len() < 100_000);
        assert!(!script().contains("innerHTML") && !script().contains("insertAdjacentHTML"));
    }

    #[test]
    fn every_place_of_the_page_is_one_that_is_filled() {
        let known = [
            "policy", "style", "head", "entries", "tail", "meanings", "picture", "script",
        ];
        let places: Vec<&str> = PAGE
            .split("{{")
            .skip(1)
            .filter_map(|p| p.split("}}").next())
            .collect();
        assert_eq!(places, known);
    }
}
