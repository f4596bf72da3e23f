//! `audit` by rules that come from elsewhere than a policy file, and by the lineage that submitters keep: the same entries as by the file.

use std::fs;

use serde_json::Value;

use super::command::{JOBS, audit, desk, report, said};
use crate::case::root;
use crate::cli::Desk;

const JSON: [&str; 4] = ["--owner-from", "path", "--format", "json"];

fn by(desk: &Desk, rules: &[&str], more: &[&str]) -> crate::cli::Ran {
    let basics = ["audit", "jobs", "--catalog", "tables.sql"];
    desk.run(&[&basics[..], rules, &JSON, more].concat())
}

/// What is said of each job, and what applies to each statement of it.
fn entries(report: &Value) -> Vec<(String, Vec<Value>)> {
    let jobs = report["jobs"].as_array().unwrap().iter();
    let applied = jobs.map(|job| {
        let statements = job["record"]["statements"].as_array().into_iter().flatten();
        statements.map(|s| s["applied"].clone()).collect()
    });
    said(report).into_iter().zip(applied).collect()
}

#[cfg(all(feature = "service", feature = "server"))]
mod service {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Stdio};

    use super::*;

    struct Service(Child, String);

    impl Drop for Service {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn serve(desk: &Desk) -> Service {
        let mut child = desk
            .command(&[
                "serve-policies",
                "--policy",
                "policy.yaml",
                "--listen",
                "127.0.0.1:0",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        Service(child, url)
    }

    #[test]
    fn a_permission_service_says_of_an_estate_what_its_policy_says() {
        let desk = desk("by-service");
        let by_file = report(&audit(&desk, &["jobs"], &JSON));
        let service = serve(&desk);
        let ran = by(&desk, &["--service", &service.1], &[]);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""));
        let by_service = report(&ran);
        assert_eq!(entries(&by_service), entries(&by_file));
        let inherited = &by_service["jobs"][3]["record"]["statements"][0]["applied"][0]["masks"][0];
        assert_eq!(inherited["inherited"]["jobs"][0], "ann/widen");
        assert_eq!(by_service["rules"], service.1.as_str());
        let url = service.1.clone();
        drop(service);
        // Nobody answers: no job is judged, and nothing is said to be allowed.
        let ran = by(
            &desk,
            &["--service", &url, "--timeout", "2"],
            &["--fail-on", "unjudged"],
        );
        assert_eq!(ran.status, 1, "{}", ran.err);
        let nobody = report(&ran);
        let summary = &nobody["summary"];
        assert_eq!(
            (&summary["allowed"], &summary["denied"]),
            (&0.into(), &0.into()),
            "{summary}"
        );
        assert!(
            said(&nobody).contains(&"bob/count bob unjudged policy-unavailable".to_owned()),
            "{:?}",
            said(&nobody)
        );
        let both = by(&desk, &["--service", &url, "--policy", "policy.yaml"], &[]);
        assert_eq!(both.status, 2);
    }
}

#[test]
fn rangers_files_judge_an_estate() {
    let desk = Desk::new("audit-by-ranger");
    let shop = fs::read_to_string(root().join("fixtures/quickstart/shop.sql")).unwrap();
    for owner in ["alice", "nobody"] {
        fs::create_dir_all(desk.path(&format!("jobs/{owner}"))).unwrap();
        desk.write(&format!("jobs/{owner}/shop.sql"), &shop);
    }
    desk.write(
        "tables.sql",
        fs::read_to_string(root().join("fixtures/quickstart/tables.sql")).unwrap(),
    );
    for name in ["policies", "roles", "tags", "users"] {
        let text = fs::read(root().join(format!("fixtures/ranger/{name}.json"))).unwrap();
        desk.write(&format!("{name}.json"), text);
    }
    let all = [
        "--ranger",
        "policies.json",
        "--ranger-roles",
        "roles.json",
        "--ranger-tags",
        "tags.json",
        "--ranger-users",
        "users.json",
    ];
    let ran = by(&desk, &all, &[]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let judged = report(&ran);
    assert_eq!(
        said(&judged),
        [
            "alice/shop alice allowed",
            "nobody/shop nobody denied access-denied,access-denied,access-denied"
        ]
    );
    assert_eq!(judged["rules"], "policies.json");
    let filters = entries(&judged)[0]
        .1
        .iter()
        .map(Value::to_string)
        .collect::<String>();
    assert!(filters.contains("row_filter"), "{filters}");
    // Without the roles nothing is known of who is in one.
    let ran = by(&desk, &["--ranger", "policies.json"], &[]);
    let without = said(&report(&ran));
    assert!(
        without[0].starts_with("alice/shop alice denied access-denied"),
        "{without:?}"
    );
    let ran = by(&desk, &["--ranger", "nothing.json"], &[]);
    assert_eq!((ran.status, ran.out.as_str()), (3, ""), "{}", ran.err);
}

#[cfg(feature = "store")]
#[test]
fn the_submitters_store_says_what_others_wrote_and_is_only_read() {
    let desk = desk("by-store");
    let submit = [
        "rewrite",
        "--user",
        "ann",
        "--policy",
        "policy.yaml",
        "--catalog",
        "tables.sql",
        "--lineage",
        "lineage.db",
        "--job",
        "nightly",
        "jobs/ann/widen.sql",
    ];
    let ran = desk.run(&submit);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(
        desk.run(&["lineage", "commit", "--lineage", "lineage.db", "1"])
            .status,
        0
    );
    // Of the estate nothing is left but the reader.
    for (name, _) in JOBS.iter().filter(|(name, _)| *name != "bob/count") {
        fs::remove_file(desk.path(&format!("jobs/{name}.sql"))).unwrap();
    }
    let rules = ["--policy", "policy.yaml"];
    let without = report(&by(&desk, &rules, &[]));
    assert_eq!(
        entries(&without)[0].1[0],
        Value::Null,
        "nobody has written it"
    );
    let history = ["lineage", "show", "--lineage", "lineage.db", "--history"];
    let before = desk.run(&history).out;
    let ran = by(&desk, &rules, &["--lineage", "lineage.db"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let mask = report(&ran)["jobs"][0]["record"]["statements"][0]["applied"][0]["masks"][0].clone();
    assert_eq!(mask["inherited"]["jobs"][0], "nightly");
    assert_eq!(mask["mask"], "MASK_HASH");
    assert_eq!(desk.run(&history).out, before, "it is only read");
    // A name that is misspelt makes no store; what is no store judges nothing.
    let ran = by(&desk, &rules, &["--lineage", "lineag.db"]);
    assert_eq!(ran.status, 2, "{}", ran.err);
    assert!(!desk.path("lineag.db").exists());
    desk.write("broken.db", "no store at all, but long enough to be taken for one by somebody who does not look into it");
    let ran = by(&desk, &rules, &["--lineage", "broken.db"]);
    if ran.status == 0 {
        assert_eq!(
            said(&report(&ran)),
            ["bob/count bob unjudged lineage-unavailable"]
        );
    }
    assert!(!ran.out.contains("\"allowed\":1"), "{}", ran.out);
}
