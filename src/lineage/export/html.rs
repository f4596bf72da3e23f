//! The picture: one HTML file with everything in it (LINEAGE.md §3; its sources are in `assets/lineage`).
//!
//! In: a graph. Out: a page that asks for nothing over the network; its content policy allows its own script and style by their hashes and nothing
//! else. The same data stands in it as tables, which need no script.
//! Invariant: names and texts enter as JSON without `<`, or as escaped text; nothing of them is ever markup, script or style.

mod data;
mod tables;

use sha2::{Digest, Sha256};

use crate::lineage::graph::Graph;

const PAGE: &str = include_str!("../../../assets/lineage/page.html");
const STYLE: &str = include_str!("../../../assets/lineage/style.css");
/// In this order: a later one uses what an earlier one says.
const SCRIPTS: [&str; 5] = [
    include_str!("../../../assets/lineage/model.js"),
    include_str!("../../../assets/lineage/layout.js"),
    include_str!("../../../assets/lineage/draw.js"),
    include_str!("../../../assets/lineage/panel.js"),
    include_str!("../../../assets/lineage/app.js"),
];

/// The page.
#[must_use]
pub fn page(graph: &Graph) -> String {
    render(graph, &heading(graph), Unsaid::Unknown)
}

/// The same as a part of another page, with a heading of its own. A column of which a viewpoint says nothing has no sign: nobody was asked about it.
/// The page around it must allow what [`hashes`] says.
#[must_use]
pub fn framed(graph: &Graph, heading: &str) -> String {
    render(graph, heading, Unsaid::NotAsked)
}

/// The SHA-256 hashes of the script and of the style, as content policies have them.
#[must_use]
pub fn hashes() -> [String; 2] {
    [script().as_str(), STYLE].map(|text| format!("'sha256-{}'", base64(&Sha256::digest(text))))
}

/// What it means that a viewpoint says nothing of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsaid {
    Unknown,
    NotAsked,
}

fn render(graph: &Graph, heading: &str, unsaid: Unsaid) -> String {
    let [script_hash, style_hash] = hashes();
    let policy = format!(
        "default-src 'none'; script-src {script_hash}; style-src {style_hash}; img-src data:; base-uri 'none'; form-action 'none'",
    );
    fill(PAGE, |name| match name {
        "policy" => escape(&policy),
        "title" | "heading" => escape(heading),
        "style" => STYLE.to_owned(),
        "tables" => tables::tables(graph, unsaid),
        "data" => data::json(graph, unsaid),
        "script" => script(),
        other => escape(other),
    })
}

/// All scripts as one, in a scope of their own.
fn script() -> String {
    format!("(() => {{\n'use strict';\n{}}})();", SCRIPTS.join("\n"))
}

fn heading(graph: &Graph) -> String {
    let mut names: Vec<&str> = graph.jobs.iter().map(|j| j.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [] => "Lineage".to_owned(),
        [one] => format!("Lineage of {one}"),
        [one, two] => format!("Lineage of {one} and {two}"),
        [one, rest @ ..] => format!("Lineage of {one} and {} more jobs", rest.len()),
    }
}

/// Puts values where the page has `{{name}}`. What a value holds is not looked at again.
fn fill(page: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, then)) = after.split_once("}}") else {
            break;
        };
        out.push_str(before);
        out.push_str(&value(name));
        rest = then;
    }
    out.push_str(rest);
    out
}

/// Text as HTML, in elements and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // A parser drops NUL, and refuses what is not a character.
            '\0' => out.push('\u{FFFD}'),
            _ => out.push(c),
        }
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| {
        let at = (bits & 63) as usize;
        LETTERS.get(at).map_or('A', |l| char::from(*l))
    };
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let three = [0, 1, 2].map(|i| u32::from(chunk.get(i).copied().unwrap_or_default()));
        let [a, b, c] = three;
        let bits = a << 16 | b << 8 | c;
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            out.push(if at <= chunk.len() {
                letter(bits >> shift)
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (text, coded) in cases {
            assert_eq!(base64(text.as_bytes()), coded, "{text}");
        }
    }

    #[test]
    fn a_value_that_looks_like_a_place_is_not_filled() {
        assert_eq!(
            fill("<{{a}}{{b}}>", |name| format!("{{{{{name}{name}}}}}")),
            "<{{aa}}{{bb}}>"
        );
    }

    #[test]
    fn the_script_ends_where_it_should_and_is_small() {
        assert!(!script().contains("</script"), "it would end early");
        assert!(!STYLE.contains("</style"), "it would end early");
        assert!(script().len() < 300_000);
    }
}
