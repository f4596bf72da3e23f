//! The store at the command line: what a submission leaves, and what an operator does with it.

use crate::cli::Desk;

const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: allow, no_matching_filter: deny, unknown_lineage: allow }
masks: { encrypt: { expression: 'encrypt({col})' } }
rules:
  - { id: ages, type: column_mask, to: { users: [ann] }, on: { table: lake.d.a, columns: [age] }, mask: encrypt }
";

const TABLES: &str = "\
CREATE TABLE lake.d.a (id BIGINT, age INT) WITH ('connector' = 'filesystem', 'path' = 's3://lake/a', 'format' = 'json');
CREATE TABLE lake.d.c (id BIGINT, age INT) WITH ('connector' = 'filesystem', 'path' = 's3://lake/c', 'format' = 'json');
";

pub const BASICS: [&str; 6] = [
    "--policy",
    "policy.yaml",
    "--catalog",
    "tables.sql",
    "--lineage",
    "lineage.db",
];

pub fn desk(test: &str) -> Desk {
    let desk = Desk::new(&format!("lineage-{test}"));
    desk.write("policy.yaml", POLICY);
    desk.write("tables.sql", TABLES);
    desk.write(
        "copy.sql",
        "INSERT INTO lake.d.c SELECT id, age FROM lake.d.a\n",
    );
    desk.write("read.sql", "SELECT age FROM lake.d.c\n");
    desk
}

pub fn store<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["lineage"];
    all.extend(&more[..1]);
    all.extend(["--lineage", "lineage.db"]);
    all.extend(&more[1..]);
    all
}

#[test]
fn a_submission_is_pending_until_it_is_committed_and_protects_all_the_while() {
    let desk = desk("commit");
    let submit = |user: &str, file: &str| {
        let own = ["rewrite", "--user", user, file, "--job", "nightly"];
        desk.run(&[&own[..], &BASICS].concat())
    };
    let ran = submit("bob", "copy.sql");
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(
        ran.out,
        "INSERT INTO lake.d.c SELECT id, age FROM lake.d.a\n"
    );
    assert!(
        ran.err.contains("lineage record 1 is pending"),
        "{}",
        ran.err
    );
    let encrypted = "SELECT age FROM (SELECT `id`, CAST(encrypt(`age`) AS INT) AS `age` FROM lake.d.c) AS `c`\n";
    assert_eq!(submit("ann", "read.sql").out, encrypted);
    assert_eq!(desk.run(&store(&["commit", "1"])).status, 0);
    assert_eq!(submit("ann", "read.sql").out, encrypted);
    assert_eq!(
        desk.run(&store(&["commit", "1"])).status,
        2,
        "it is not pending any more"
    );
    assert_eq!(desk.run(&store(&["ended", "1"])).status, 0);
    assert_eq!(
        desk.run(&store(&["ended", "1"])).status,
        2,
        "it has ended already"
    );
    let check = ["check", "--user", "ann", "read.sql"];
    let ran = desk.run(&[&check[..], &BASICS].concat());
    let said = "age by mask encrypt (rule ages, inherited from lake.d.a.age by nightly)";
    assert!(ran.out.contains(said), "{}", ran.out);
    let shown = desk.run(&store(&["show"])).out;
    assert!(
        shown.contains("nightly by bob (record 1, ended)"),
        "{shown}"
    );
    assert!(shown.contains("age from lake.d.a.age: IDENTITY"), "{shown}");
    let json = desk
        .run(&store(&["show", "--format", "json", "lake.d.c"]))
        .out;
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["datasets"][0]["entries"][0]["job"], "nightly");
}

#[test]
fn an_aborted_submission_leaves_nothing() {
    let desk = desk("abort");
    let own = ["rewrite", "--user", "bob", "copy.sql", "--format", "json"];
    let ran = desk.run(&[&own[..], &BASICS].concat());
    let value: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(value["lineage_id"], 1);
    assert_eq!(desk.run(&store(&["abort", "1"])).status, 0);
    let read = ["rewrite", "--user", "ann", "read.sql"];
    assert_eq!(
        desk.run(&[&read[..], &BASICS].concat()).out,
        "SELECT age FROM lake.d.c\n"
    );
}

#[test]
fn an_operator_declassifies_forgets_and_is_remembered() {
    let desk = desk("operator");
    let submit = ["rewrite", "--user", "bob", "copy.sql", "--job", "nightly"];
    assert_eq!(desk.run(&[&submit[..], &BASICS].concat()).status, 0);
    let reads_raw = || {
        let read = ["rewrite", "--user", "ann", "read.sql"];
        desk.run(&[&read[..], &BASICS].concat()).out == "SELECT age FROM lake.d.c\n"
    };
    let reason = ["--who", "officer", "--why", "reviewed"];
    let change = |more: &[&str]| desk.run(&store(&[more, &reason].concat()));
    assert!(!reads_raw());
    let ran = change(&["declassify", "lake.d.c", "--column", "age"]);
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (0, "cut 2\n"),
        "{}",
        ran.err
    );
    assert!(reads_raw());
    assert_eq!(change(&["declassify", "--undo", "2"]).status, 0);
    assert!(!reads_raw());
    let edge = [
        "declassify",
        "s3://lake/c",
        "--column",
        "age",
        "--job",
        "nightly",
        "--from",
        "lake.d.a",
        "--from-column",
        "age",
    ];
    assert_eq!(
        change(&[&edge[..], &["--until", "2020-01-01"]].concat()).status,
        0
    );
    assert!(!reads_raw(), "its time is over");
    assert_eq!(change(&edge).status, 0);
    assert!(reads_raw());
    assert_eq!(change(&["declassify", "--undo", "5"]).status, 0);
    assert_eq!(
        change(&["forget", "s3://lake/c", "--before", "2020-01-01"]).status,
        0
    );
    assert!(!reads_raw());
    assert_eq!(change(&["forget", "lake.d.c"]).status, 0);
    assert!(reads_raw());
    let audit = desk.run(&store(&["show", "--history"])).out;
    assert_eq!(audit.matches("officer").count(), 7, "{audit}");
    assert_eq!(
        desk.run(&store(&["forget", "lake.d.c"])).status,
        2,
        "nobody says who and why"
    );
}

#[test]
fn events_of_other_systems_are_taken_in() {
    let desk = desk("import");
    let event = r#"{ "eventTime": "2026-01-31T08:00:00Z", "job": { "namespace": "spark", "name": "daily" }, "outputs": [{ "namespace": "s3://lake", "name": "c",
        "facets": { "columnLineage": { "fields": { "age": { "inputFields": [{ "namespace": "s3://lake", "name": "a", "field": "age",
        "transformations": [{ "type": "DIRECT", "subtype": "IDENTITY" }] }] } } } } }] }"#;
    desk.write("event.json", event);
    let ran = desk.run(&store(&["import", "event.json"]));
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (0, "1 jobs imported\n"),
        "{}",
        ran.err
    );
    let read = ["rewrite", "--user", "ann", "read.sql"];
    let ran = desk.run(&[&read[..], &BASICS].concat());
    assert!(ran.out.contains("encrypt(`age`)"), "{}{}", ran.out, ran.err);
    desk.write("broken.json", "{}");
    assert_eq!(desk.run(&store(&["import", "broken.json"])).status, 2);
}

#[test]
fn a_store_that_cannot_be_read_ends_the_command() {
    let desk = desk("broken");
    desk.write("lineage.db", "this is a text, and no database, however long it may be: it has more than a hundred bytes, so that nobody takes it for an empty one");
    let read = ["rewrite", "--user", "ann", "read.sql"];
    let ran = desk.run(&[&read[..], &BASICS].concat());
    assert_eq!((ran.status, ran.out.as_str()), (3, ""), "{}", ran.err);
    assert!(ran.err.contains("lineage-unavailable"), "{}", ran.err);
}

#[test]
fn the_picture_shows_what_each_principal_sees_of_what_the_scripts_write() {
    let desk = desk("view");
    let common = [
        "lineage",
        "copy.sql",
        "--catalog",
        "tables.sql",
        "--format",
        "mermaid",
    ];
    let seen = |who: &str| {
        let view = ["--policy", "policy.yaml", "--as", who];
        let ran = desk.run(&[&common[..], &view].concat());
        assert_eq!(ran.status, 0, "{}", ran.err);
        ran.out
    };
    let ann = seen("ann");
    assert!(
        ann.contains("age INT<br>masked#58; encrypt by rule ages"),
        "{ann}"
    );
    assert!(
        ann.contains("age INT<br>inherited#58; encrypt by rule ages from lake#46;d#46;a#46;age"),
        "{ann}"
    );
    let bob = seen("bob,analysts");
    assert_eq!(bob.matches("age INT<br>raw").count(), 2, "{bob}");
    let nobody = desk.run(&common);
    assert!(nobody.out.contains("age INT"), "{}", nobody.out);
    assert!(!nobody.out.contains("encrypt"), "{}", nobody.out);
    // A principal without rules, and rules without a principal, are half a question.
    let half = desk.run(&[&common[..], &["--as", "ann"]].concat());
    assert_eq!(half.status, 2, "{}", half.err);
}
