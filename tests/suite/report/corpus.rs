//! Scripts that nobody here wrote: the shared corpus as an estate. Skipped, saying so, where it is absent.

use std::fs;

use super::command::{desk, report};
use crate::corpus::corpus;

#[test]
fn scripts_of_the_corpus_are_all_in_the_report() {
    let Some(scripts) = corpus("scripts.jsonl") else {
        return;
    };
    let desk = desk("corpus");
    for (number, line) in scripts.iter().enumerate() {
        let folder = format!("all/team-{}", number % 7);
        fs::create_dir_all(desk.path(&folder)).unwrap();
        desk.write(
            &format!("{folder}/{number:03}.sql"),
            line["script"].as_str().unwrap(),
        );
    }
    let run = |format: &str| {
        desk.run(&[
            "audit",
            "all",
            "--policy",
            "policy.yaml",
            "--owner-from",
            "path",
            "--format",
            format,
        ])
    };
    let ran = run("json");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let report = report(&ran);
    let jobs = report["jobs"].as_array().unwrap();
    assert_eq!(jobs.len(), scripts.len());
    let count = |verdict: &str| jobs.iter().filter(|j| j["verdict"] == verdict).count();
    println!(
        "of {} scripts {} allowed, {} denied, {} unjudged: {}",
        jobs.len(),
        count("allowed"),
        count("denied"),
        count("unjudged"),
        report["summary"]["codes"]
    );
    assert!(count("allowed") > 0 && count("unjudged") > 0);
    assert!(
        jobs.iter()
            .all(|j| j["verdict"] == "allowed" || !j["reasons"].as_array().unwrap().is_empty())
    );
    let internal = ["internal", "verify-failed"];
    assert!(
        jobs.iter()
            .flat_map(|j| j["reasons"].as_array().into_iter().flatten())
            .all(|r| !internal.contains(&r["code"].as_str().unwrap()))
    );
    for format in ["text", "csv", "sarif", "junit", "html"] {
        assert_eq!(run(format).status, 0);
    }
}
