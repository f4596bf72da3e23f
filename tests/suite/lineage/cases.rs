//! Cases of the shared folder: every edge with its kind, no more and no fewer. Skipped, saying so, where the folder is absent.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use sqlsec::Catalog;

use super::script;
use crate::case::root;

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().expect("a text").to_owned()
}

fn expected(case: &Value) -> BTreeSet<String> {
    let edges = ["expected", "indirect"].map(|list| case[list].as_array().expect("a list"));
    edges
        .into_iter()
        .flatten()
        .map(|edge| {
            let (table, column) = (text(edge, "source_table"), text(edge, "source_col"));
            let target = edge["target_col"].as_str().unwrap_or("*");
            format!("{table}.{column} -> {target}: {}", text(edge, "kind"))
        })
        .collect()
}

#[test]
fn every_shared_case_has_exactly_its_edges() {
    let path = root().join("../shared/lineage/cases.jsonl");
    let Ok(lines) = fs::read_to_string(path) else {
        println!("skipped: the shared lineage cases are not here");
        return;
    };
    let catalog = Catalog::default();
    let mut failed = Vec::new();
    let mut count = 0;
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let setup = case["setup"].as_array().expect("statements");
        let setup: Vec<String> = setup
            .iter()
            .map(|s| s.as_str().expect("a statement").to_owned())
            .collect();
        let session = script::session(&catalog, &setup);
        let sql = text(&case, "sql");
        let found = script::edges(&script::of(&sql, &session, &catalog), 0);
        let expected = expected(&case);
        count += 1;
        if found != expected {
            failed.push(format!(
                "{}: {sql}\n  missing {:?}\n  too many {:?}",
                case["id"],
                expected.difference(&found).collect::<Vec<_>>(),
                found.difference(&expected).collect::<Vec<_>>()
            ));
        }
    }
    println!("{} of {count} cases are exact", count - failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
