//! The command as a process: its forms, its status, what has changed since.

use std::fs;

use serde_json::Value;

use crate::cli::{Desk, Ran};

pub const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 7
defaults: { access: allow, unknown_connector: allow, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: north, type: row_filter, to: { users: [ann] }, on: { table: '*.*.orders' }, filter: \"region = 'north'\" }
  - { id: rest, type: row_filter, to: { users: [bob] }, on: { table: '*.*.orders' }, filter: \"region <> 'west'\" }
  - { id: phone, type: column_mask, to: { users: [bob] }, on: { table: '*.*.people', columns: [phone] }, mask: MASK_HASH }
  - { id: closed, type: access, effect: deny, to: { users: [ann] }, on: { table: '*.*.salaries' }, privileges: [select] }
";
const TABLES: &str = "\
CREATE TABLE orders (id INT, region STRING, person INT) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k:9092');
CREATE TABLE people (id INT, name STRING, phone STRING) WITH ('connector' = 'kafka', 'topic' = 'p', 'properties.bootstrap.servers' = 'k:9092');
CREATE TABLE salaries (id INT, amount INT) WITH ('connector' = 'kafka', 'topic' = 's', 'properties.bootstrap.servers' = 'k:9092');
CREATE TABLE wide (id INT, region STRING, contact STRING) WITH ('connector' = 'kafka', 'topic' = 'w', 'properties.bootstrap.servers' = 'k:9092');
CREATE TABLE calls (contact STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'c', 'properties.bootstrap.servers' = 'k:9092');
";
/// What ann and bob run: one job that feeds the other, one that is closed, one that is broken, one with a variable.
pub const JOBS: [(&str, &str); 5] = [
    (
        "ann/peek",
        "INSERT INTO calls\nSELECT 'x', amount FROM salaries;\n",
    ),
    (
        "ann/widen",
        "-- owner: ann\nINSERT INTO wide\nSELECT o.id, o.region, p.phone\nFROM orders AS o\nJOIN people AS p ON o.person = p.id;\n",
    ),
    ("bob/broken", "INSERT INTO calls SELEC 1;\n"),
    (
        "bob/count",
        "INSERT INTO calls\nSELECT contact, COUNT(*) FROM wide GROUP BY contact;\n",
    ),
    ("bob/prod", "SELECT id FROM ${env};\n"),
];

/// A desk with an estate in the folder `jobs`.
pub fn desk(test: &str) -> Desk {
    let desk = Desk::new(&format!("audit-{test}"));
    desk.write("policy.yaml", POLICY);
    desk.write("tables.sql", TABLES);
    for owner in ["ann", "bob"] {
        fs::create_dir_all(desk.path(&format!("jobs/{owner}"))).unwrap();
    }
    for (name, text) in JOBS {
        desk.write(&format!("jobs/{name}.sql"), text);
    }
    desk
}

pub fn audit(desk: &Desk, paths: &[&str], more: &[&str]) -> Ran {
    let rules = ["--policy", "policy.yaml", "--catalog", "tables.sql"];
    desk.run(&[&["audit"], paths, &rules, more].concat())
}

/// The report as JSON.
pub fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}{}", ran.out, ran.err))
}

/// Job, user, verdict and codes of every entry.
pub fn said(report: &Value) -> Vec<String> {
    let entries = report["jobs"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let codes = entry["reasons"].as_array().into_iter().flatten();
            let codes: Vec<&str> = codes.map(|r| r["code"].as_str().unwrap()).collect();
            let user = entry["principal"]["user"].as_str().unwrap_or("?");
            let said = format!(
                "{} {user} {} {}",
                entry["job"].as_str().unwrap(),
                entry["verdict"].as_str().unwrap(),
                codes.join(",")
            );
            said.trim_end().to_owned()
        })
        .collect()
}

#[test]
fn every_job_is_in_the_report_whatever_becomes_of_it() {
    let desk = desk("every");
    let ran = audit(
        &desk,
        &["jobs"],
        &["--owner-from", "path", "--format", "json"],
    );
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let report = report(&ran);
    assert_eq!(
        said(&report),
        [
            "ann/peek ann denied access-denied",
            "ann/widen ann allowed",
            "bob/broken bob unjudged syntax-error",
            "bob/count bob allowed",
            "bob/prod bob unjudged unexpanded-variable",
        ]
    );
    // What bob counts was written by ann's job from a table that is masked for him.
    let masks = &report["jobs"][3]["record"]["statements"][0]["applied"][0]["masks"];
    assert_eq!(masks[0]["mask"], "MASK_HASH");
    assert_eq!(masks[0]["inherited"]["jobs"][0], "ann/widen");
    assert_eq!(report["summary"]["inheriting"], 1);
    let wide = report["tables"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["names"][0][2] == "wide")
        .unwrap();
    assert_eq!(
        (&wide["read_by"], &wide["written_by"]),
        (&serde_json::json!([3]), &serde_json::json!([1]))
    );
    let alone = audit(
        &desk,
        &["jobs"],
        &[
            "--owner-from",
            "path",
            "--format",
            "json",
            "--without-lineage",
        ],
    );
    assert!(!alone.out.contains("MASK_HASH"));
}

#[test]
fn the_table_for_people_has_a_row_a_job_and_the_sums() {
    let desk = desk("text");
    let ran = audit(&desk, &["jobs"], &["--owner-from", "path"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(
        lines[1],
        "denied    ann/peek    ann  salaries        calls   access-denied (line 2)"
    );
    assert_eq!(
        lines[4],
        "allowed   bob/count   bob  wide            calls   contact MASK_HASH, inherited from people.phone"
    );
    assert!(
        ran.out.contains(
            "5 judged: 2 allowed (2 protected, 1 with inherited masks), 1 denied, 2 unjudged"
        ),
        "{}",
        ran.out
    );
}

#[test]
fn principals_of_the_command_line_come_instead_of_the_owner_or_as_well() {
    let desk = desk("as");
    let ask = |more: &[&str]| {
        said(&report(&audit(
            &desk,
            &["jobs/ann"],
            &[&["--format", "json"], more].concat(),
        )))
    };
    assert_eq!(
        ask(&["--as", "bob,ops"]),
        ["peek bob allowed", "widen bob allowed"]
    );
    assert_eq!(
        ask(&["--as", "bob", "--owner-from", "header-comment"]),
        [
            "peek ? unjudged owner-unknown",
            "peek bob allowed",
            "widen ann allowed",
            "widen bob allowed"
        ]
    );
    let ran = audit(&desk, &["jobs"], &[]);
    ran.failed(2, "error[usage]: for whom? give --owner-from path, header-comment, column or a .csv file, or --as USER", "");
}

#[test]
fn the_status_is_that_which_was_asked_for() {
    let desk = desk("status");
    let status = |paths: &[&str], fail_on: &str| {
        let ran = audit(
            &desk,
            paths,
            &["--as", "ann", "--variables", "vars", "--fail-on", fail_on],
        );
        ran.status
    };
    desk.write("vars", "env=orders\n");
    desk.write("fine.sql", "SELECT id FROM ${env}");
    assert_eq!(status(&["fine.sql"], "denied,unjudged,drift"), 0);
    assert_eq!(status(&["jobs"], "denied"), 1);
    assert_eq!(status(&["jobs"], "drift"), 0);
    assert_eq!(status(&["jobs/bob"], "unjudged"), 1);
    assert_eq!(audit(&desk, &["nowhere"], &["--as", "ann"]).status, 2);
    assert_eq!(
        audit(
            &desk,
            &["fine.sql"],
            &["--as", "ann", "--policy", "tables.sql"]
        )
        .status,
        2,
        "an option twice"
    );
}

#[test]
fn drift_is_told_against_a_former_report_and_against_audit_records() {
    let desk = desk("drift");
    let owned = ["--owner-from", "path", "--format", "json"];
    let before = audit(
        &desk,
        &["jobs"],
        &[&owned[..], &["-o", "former.json"]].concat(),
    );
    assert_eq!(before.status, 0, "{}", before.err);
    let states = |ran: &Ran| -> Vec<String> {
        let report = report(ran);
        let jobs = report["jobs"].as_array().unwrap().iter();
        jobs.map(|j| {
            format!(
                "{} {}",
                j["job"].as_str().unwrap(),
                j["drift"]["state"].as_str().unwrap()
            )
        })
        .collect()
    };
    let same = audit(
        &desk,
        &["jobs"],
        &[
            &owned[..],
            &["--against", "former.json", "--fail-on", "drift"],
        ]
        .concat(),
    );
    assert_eq!(same.status, 0);
    assert!(
        states(&same).iter().all(|s| s.ends_with(" same")),
        "{:?}",
        states(&same)
    );
    // Ann's filter is gone, and bob's mask; a job is another one, one is new, one is gone.
    let rules = POLICY.lines().filter(|line| {
        !line.contains("id: north") && !line.contains("id: rest") && !line.contains("id: phone")
    });
    desk.write("policy.yaml", rules.collect::<Vec<_>>().join("\n"));
    desk.write("jobs/ann/peek.sql", "SELECT id FROM people");
    desk.write("jobs/bob/new.sql", "SELECT id FROM people");
    fs::remove_file(desk.path("jobs/bob/broken.sql")).unwrap();
    let now = audit(
        &desk,
        &["jobs"],
        &[
            &owned[..],
            &["--against", "former.json", "--fail-on", "drift"],
        ]
        .concat(),
    );
    assert_eq!(now.status, 1);
    assert_eq!(
        states(&now),
        [
            "ann/peek changed",
            "ann/widen looser",
            "bob/count looser",
            "bob/new new",
            "bob/prod same"
        ]
    );
    assert_eq!(report(&now)["gone"][0]["job"], "bob/broken");
    // The submitter's own records name jobs otherwise: they are met by their texts.
    let rewritten = desk.run(&[
        "rewrite",
        "--user",
        "bob",
        "--policy",
        "policy.yaml",
        "--catalog",
        "tables.sql",
        "--audit",
        "audit.jsonl",
        "jobs/bob/count.sql",
    ]);
    assert_eq!(rewritten.status, 0, "{}", rewritten.err);
    let against = audit(
        &desk,
        &["jobs/bob/count.sql"],
        &[
            "--as",
            "bob",
            "--format",
            "json",
            "--against",
            "audit.jsonl",
        ],
    );
    assert_eq!(states(&against), ["count same"]);
}

#[test]
fn sarif_names_the_line_and_junit_the_reason() {
    let desk = desk("ci");
    let sarif = audit(
        &desk,
        &["jobs"],
        &["--owner-from", "path", "--format", "sarif"],
    );
    let run = report(&sarif)["runs"][0].clone();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["ruleId"], "access-denied");
    assert_eq!(results[0]["level"], "error");
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "jobs/ann/peek.sql");
    assert_eq!(
        place["region"],
        serde_json::json!({ "startLine": 2, "startColumn": 25 })
    );
    let rules: Vec<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_str().unwrap())
        .collect();
    assert!(
        results
            .iter()
            .all(|r| rules.contains(&r["ruleId"].as_str().unwrap()))
    );
    let junit = audit(
        &desk,
        &["jobs"],
        &["--owner-from", "path", "--format", "junit"],
    );
    assert!(
        junit
            .out
            .contains("<testsuite name=\"sqlsec audit\" tests=\"5\" failures=\"1\" errors=\"2\">"),
        "{}",
        junit.out
    );
    assert!(
        junit
            .out
            .contains("message=\"access-denied (line 2): The policy says no.\""),
        "{}",
        junit.out
    );
    let mut reader = quick_xml::Reader::from_str(&junit.out);
    while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
}

#[test]
fn a_report_in_a_file_is_whole_and_its_owners_alone() {
    let desk = desk("file");
    let ran = audit(
        &desk,
        &["jobs"],
        &[
            "--owner-from",
            "path",
            "--format",
            "csv",
            "-o",
            "report.csv",
        ],
    );
    assert_eq!((ran.status, ran.out.as_str()), (0, ""));
    assert!(ran.err.contains("5 judged"), "{}", ran.err);
    let text = fs::read_to_string(desk.path("report.csv")).unwrap();
    assert_eq!(text.lines().count(), 6);
    let left = fs::read_dir(desk.path(".")).unwrap().filter(|e| {
        e.as_ref()
            .unwrap()
            .path()
            .extension()
            .is_some_and(|e| e == "part")
    });
    assert_eq!(left.count(), 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(desk.path("report.csv"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
