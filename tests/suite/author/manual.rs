//! The manual has every kind of finding, at its severity, and none that does not exist.

use std::fs;

use sqlsec::policy::{KINDS, Severity};

use crate::case::root;

#[test]
fn every_kind_of_finding_is_in_the_manual() {
    let manual =
        fs::read_to_string(root().join("docs/policy-tools.md")).expect("docs/policy-tools.md");
    let (_, after) = manual
        .split_once("### What refuses a document")
        .expect("a section");
    let (tables, _) = after.split_once("\n## ").expect("the next section");
    let rows = tables
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let rows: Vec<(&str, &str)> = rows.collect();
    for kind in KINDS {
        let row = rows.iter().find(|(code, _)| *code == kind.code);
        let (_, says) = row.unwrap_or_else(|| panic!("`{}` is not in the manual", kind.code));
        let wanted = match kind.severity {
            Severity::Error => kind.says.to_owned(),
            Severity::Warning => format!("warning | {}", kind.says),
            Severity::Note => format!("note | {}", kind.says),
        };
        assert!(says.starts_with(&wanted), "`{}`: {says}", kind.code);
    }
    assert_eq!(rows.len(), KINDS.len());
}
