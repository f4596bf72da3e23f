//! The book has all pages, and links that lead somewhere.

use std::collections::BTreeSet;
use std::fs;

use super::pages;
use crate::case::root;

/// The targets of the links of a text, but for those to other sites.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    // Expressions in back-ticks have brackets too: what stands in them is no link. Labels in back-ticks are.
    let is_code = |before: &str| {
        before
            .rsplit('\n')
            .next()
            .unwrap_or(before)
            .matches('`')
            .count()
            % 2
            == 1
    };
    let mut rest = text;
    while let Some(at) = rest.find("](") {
        let start = text.len() - rest.len();
        let after = &rest[at + 2..];
        if is_code(&text[..start + at]) {
            rest = after;
            continue;
        }
        let Some((target, after)) = after.split_once(')') else {
            break;
        };
        if !target.contains("://") && !target.contains(char::is_whitespace) {
            links.push(target);
        }
        rest = after;
    }
    links
}

/// A heading as the address of its place: lower case, words joined by hyphens, other signs left out.
fn anchor(heading: &str) -> String {
    let letters = heading.trim().to_lowercase();
    let kept = letters
        .chars()
        .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_page_is_in_the_book() {
    let book = fs::read_to_string(root().join("docs/SUMMARY.md")).expect("docs/SUMMARY.md");
    let listed: Vec<&str> = links(&book);
    let once: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(listed.len(), once.len(), "a page stands there twice");
    for (name, _) in pages() {
        assert!(
            name == "SUMMARY.md" || once.contains(name.as_str()),
            "docs/{name} is not in docs/SUMMARY.md"
        );
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut files = pages();
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ] {
        let text = fs::read_to_string(root().join(name)).expect("a page");
        files.push((format!("../{name}"), text));
    }
    let mut seen = 0;
    for (name, text) in &files {
        for link in links(text) {
            seen += 1;
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let folder = root().join("docs");
            let path = match (file.is_empty(), name.starts_with("../")) {
                (true, _) => folder.join(name),
                (false, true) => root().join(file),
                (false, false) => folder.join(file),
            };
            let Ok(meta) = fs::metadata(&path) else {
                wrong.push(format!("docs/{name}: {link}"));
                continue;
            };
            if place.is_empty() || meta.is_dir() {
                continue;
            }
            let target = fs::read_to_string(&path).expect("a page");
            let headings = target.lines().filter(|line| line.starts_with('#'));
            let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#')));
            if !anchors.any(|anchor| anchor == place) {
                wrong.push(format!("docs/{name}: {link}: no such heading"));
            }
        }
    }
    assert!(seen > 100, "only {seen} links");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
