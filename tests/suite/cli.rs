//! The command line as a person meets it: what it prints where, and with which status it ends.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::case::root;

const ORDERS: &str = "CREATE TABLE orders (id INT, region STRING, phone STRING) WITH ('connector' = 'kafka', 'topic' = 'orders', 'properties.bootstrap.servers' = 'kafka');";
const POLICY: &str = r#"
apiVersion: sqlsec/v1
version: 7
defaults: { access: allow }
rules:
  - { id: north, type: row_filter, to: { users: [alice] }, on: { table: "*.*.orders" }, filter: "region = 'north'" }
  - { id: phones, type: column_mask, to: { users: [alice] }, on: { table: "*.*.orders", columns: [phone] }, mask: MASK_NULL }
  - { id: own, type: row_filter, to: { users: [bob] }, on: { table: "*.*.orders" }, filter: "region = ${user.region}" }
  - { id: closed, type: access, effect: deny, to: { users: [mallory] }, on: { table: "*.*.orders" }, privileges: [select] }
"#;

/// A folder of one test, with the policy and the catalog above in it.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder for the test");
        let folder = Self(path);
        folder.write("policy.yaml", POLICY);
        folder.write("tables.sql", ORDERS);
        folder
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(file), content).expect("a writable file");
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).expect("a file that was written")
    }

    /// Runs the command with these words and this standard input.
    fn run(&self, words: &str, stdin: &str) -> Ended {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sqlsec"))
            .args(words.split_whitespace())
            .current_dir(&self.0)
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        // Who ends before reading closes the pipe: that is no failure of the test.
        let _ = pipe.write_all(stdin.as_bytes());
        drop(pipe);
        let output = child.wait_with_output().expect("the command ends");
        Ended {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }

    /// `rewrite` of a script of `alice` with the catalog.
    fn rewrite(&self, sql: &str) -> Ended {
        self.run("rewrite --user alice --policy policy.yaml --catalog tables.sql", sql)
    }
}

#[derive(Debug)]
struct Ended {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// Status, nothing on standard output, and a first line on standard error that is the whole message.
    #[track_caller]
    fn refused(&self, status: i32, first_line: &str) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert_eq!(self.err.lines().next(), Some(first_line), "{self:?}");
    }

    #[track_caller]
    fn at(&self, place: &str) {
        let arrow = format!(" --> {place}");
        assert!(self.err.lines().any(|line| line.trim_end().ends_with(&arrow)), "no {arrow} in {self:?}");
    }

    #[track_caller]
    fn allowed(&self) {
        assert_eq!(self.status, Some(0), "{self:?}");
        assert_eq!(self.err, "", "{self:?}");
    }
}

#[test]
fn an_allowed_script_goes_to_standard_output() {
    let folder = Folder::new("allowed");
    let ended = folder.rewrite("SELECT id, phone FROM orders");
    ended.allowed();
    assert_eq!(
        ended.out,
        "SELECT id, phone FROM (SELECT `id`, `region`, CAST(NULL AS STRING) AS `phone` FROM orders WHERE region = 'north') AS `orders`\n"
    );
    let inline = folder.run("rewrite --user alice --policy policy.yaml --catalog tables.sql --style inline", "SELECT id FROM orders");
    inline.allowed();
    assert_eq!(inline.out, "SELECT id FROM orders WHERE region = 'north'\n");
}

#[test]
fn the_first_command_of_the_readme_prints_the_protected_quickstart() {
    let folder = Folder::new("quickstart");
    let quickstart = root().join("fixtures/quickstart");
    for file in ["policy.yaml", "shop.sql"] {
        folder.write(file, fs::read(quickstart.join(file)).expect("the quickstart"));
    }
    for (user, seen) in [("userA", "region = 'beijing'"), ("userB", "region = 'hangzhou'")] {
        let ended = folder.run(&format!("rewrite --user {user} --policy policy.yaml shop.sql"), "");
        ended.allowed();
        assert!(ended.out.contains(seen), "{ended:?}");
    }
}

#[test]
fn broken_sql_is_refused_at_its_place() {
    let folder = Folder::new("broken-sql");
    let ended = folder.rewrite("SELECT id\nFROM FROM orders");
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert_eq!(ended.out, "");
    assert!(ended.err.starts_with("error[syntax-error]: "), "{ended:?}");
    ended.at("<stdin>:2:6");
    assert!(ended.err.contains("2 | FROM FROM orders\n  |      ^^^^"), "{ended:?}");
}

#[test]
fn an_unknown_table_and_an_unknown_column_are_refused_at_their_place() {
    let folder = Folder::new("unknown-names");
    folder.write("job.sql", "SELECT id\n  FROM order_s");
    let table = folder.run("rewrite --user alice --policy policy.yaml --catalog tables.sql job.sql", "");
    table.refused(1, "error[table-unknown]: table or view `default_catalog.default_database.order_s` does not exist");
    table.at("job.sql:2:8");
    let column = folder.rewrite("SELECT id, fone FROM orders");
    column.refused(1, "error[column-unknown]: column `fone` is not found in any table of this query");
    column.at("<stdin>:1:12");
    let unlisted = folder.run("rewrite --user alice --policy policy.yaml", "SELECT * FROM elsewhere");
    assert!(unlisted.err.starts_with("error[table-unlisted]: "), "{unlisted:?}");
    assert_eq!(unlisted.status, Some(1));
}

#[test]
fn every_refusal_of_a_script_is_printed() {
    let folder = Folder::new("several");
    let ended = folder.rewrite("SELECT a FROM orders;\nSELECT b FROM orders;");
    assert_eq!(ended.status, Some(1));
    ended.at("<stdin>:1:8");
    ended.at("<stdin>:2:8");
}

#[test]
fn what_the_policy_refuses_is_a_denial() {
    let folder = Folder::new("denied");
    let run = |user: &str| folder.run(&format!("rewrite --user {user} --policy policy.yaml --catalog tables.sql"), "SELECT id FROM orders");
    run("mallory").refused(1, "error[access-denied]: `default_catalog.default_database.orders`: access is denied");
    let missing = run("bob");
    missing.refused(
        1,
        "error[attribute-missing]: `default_catalog.default_database.orders`: the policy of this table needs a user attribute that you do not have",
    );
    missing.at("<stdin>:1:16");
    assert!(run("nobody").err.starts_with("error[no-matching-filter]: "));
    let given = folder.run("rewrite --user bob --attr region=it's --policy policy.yaml --catalog tables.sql", "SELECT id FROM orders");
    given.allowed();
    assert!(given.out.contains("region = 'it''s'"), "{given:?}");
}

#[test]
fn a_policy_that_cannot_be_used_ends_with_three() {
    let folder = Folder::new("policy");
    let rule = |rule: &str| format!("apiVersion: sqlsec/v1\nversion: 1\ndefaults: {{ access: allow }}\nrules:\n  - {rule}\n");
    let on = r#"on: { table: "*.*.orders" }"#;
    let cases = [
        ("unknown field", rule(&format!("{{ id: r, type: row_filter, to: {{ users: [a] }}, {on}, filtre: \"TRUE\" }}")), 5, "filtre"),
        ("wrong type", rule(&format!("{{ id: r, type: row_filter, to: {{ users: 7 }}, {on}, filter: \"TRUE\" }}")), 5, ""),
        ("missing role", rule(&format!("{{ id: r, type: row_filter, to: {{ roles: [ghost] }}, {on}, filter: \"TRUE\" }}")), 5, "ghost"),
        (
            "unknown mask",
            rule(r#"{ id: r, type: column_mask, to: { users: [a] }, on: { table: "*.*.orders", columns: [phone] }, mask: blurr }"#),
            5,
            "blurr",
        ),
        ("no YAML", "rules: [".to_owned(), 1, ""),
    ];
    for (what, text, line, word) in cases {
        folder.write("bad.yaml", &text);
        let ended = folder.run("rewrite --user a --policy bad.yaml --catalog tables.sql", "SELECT id FROM orders");
        assert_eq!(ended.status, Some(3), "{what}: {ended:?}");
        assert_eq!(ended.out, "", "{what}");
        let place = format!("error: bad.yaml:{line}:");
        assert!(ended.err.starts_with(&place) && ended.err.contains(word), "{what}: {ended:?}");
        let lint = folder.run("policy lint bad.yaml", "");
        assert_eq!(lint.status, Some(3), "{what}: {lint:?}");
        assert!(lint.out.starts_with(&format!("bad.yaml:{line}:")) && lint.out.contains("error["), "{what}: {lint:?}");
    }
    let clean = folder.run("policy lint policy.yaml --catalog tables.sql", "");
    assert_eq!(clean.status, Some(0), "{clean:?}");
    let json = folder.run("policy lint bad.yaml --format json", "");
    let findings: Value = serde_json::from_str(&json.out).expect("findings are JSON");
    assert_eq!(findings[0]["severity"], "error");
}

#[test]
fn texts_beyond_the_limits_are_refused() {
    let folder = Folder::new("limits");
    let nested = folder.rewrite(&format!("SELECT {}1{} FROM orders", "(".repeat(10_000), ")".repeat(10_000)));
    nested.refused(1, "error[limit-exceeded]: brackets are nested deeper than 200");
    let queries = folder.rewrite(&format!("{}SELECT 1{}", "(".repeat(10_000), ")".repeat(10_000)));
    assert!(queries.err.starts_with("error[limit-exceeded]: "), "{}", &queries.err[..200.min(queries.err.len())]);
    let long = folder.rewrite(&format!("SELECT 1 -- {}", "x".repeat(17 << 20)));
    long.refused(1, "error[limit-exceeded]: text is longer than 16777216 bytes");
}

#[test]
fn a_script_of_ten_megabytes_is_read() {
    let folder = Folder::new("ten-megabytes");
    let text = format!("SELECT id, '{}'\nFROM orders", "x".repeat(10 << 20));
    let ended = folder.rewrite(&text);
    ended.allowed();
    assert!(ended.out.ends_with("WHERE region = 'north') AS `orders`\n"));
    let broken = folder.rewrite(&format!("{text} )"));
    assert_eq!(broken.status, Some(1));
    assert_eq!(broken.out, "");
    assert!(broken.err.len() < 1_000, "the script is not shown with its error");
    broken.at("<stdin>:2:13");
}

#[test]
fn unreadable_input_ends_with_two() {
    let folder = Folder::new("unreadable");
    let rewrite = "rewrite --user alice --policy policy.yaml";
    folder.write("latin.sql", b"SELECT 1;\nSELECT '\xe9'");
    folder.run(&format!("{rewrite} latin.sql"), "").refused(2, "error: latin.sql:2:9: invalid UTF-8 at byte 18");
    for file in ["missing.sql", "."] {
        let ended = folder.run(&format!("{rewrite} {file}"), "");
        assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.err.starts_with(&format!("error: cannot read {file}: ")), "{ended:?}");
        assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
    }
    folder.write("bad.sql", "CREATE TABLE t (id INT);\nSELECT 1;");
    let catalog = folder.run(&format!("{rewrite} --catalog bad.sql"), "SELECT 1");
    assert_eq!(catalog.status, Some(2));
    assert!(catalog.err.starts_with("error: bad.sql:2:1: "), "{catalog:?}");
    folder.write("bad.json", "{ \"tables\": [], \"tabels\": [] }");
    let json = folder.run(&format!("{rewrite} --catalog bad.json"), "SELECT 1");
    assert_eq!(json.status, Some(2));
    assert!(json.err.starts_with("error: bad.json:1:"), "{json:?}");
}

#[test]
fn wrong_arguments_end_with_two() {
    let folder = Folder::new("usage");
    folder.run("rewrite --user alice", "SELECT 1").refused(2, "error: no policy: give --policy FILE");
    folder.run("rewrite --policy policy.yaml", "SELECT 1").refused(2, "error: no user: give --user NAME");
    for words in ["", "rewrote", "rewrite --stile inline"] {
        let ended = folder.run(words, "");
        assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    }
    let attribute = folder.run("rewrite --user alice --policy policy.yaml --attr dept", "SELECT 1");
    attribute.refused(2, "error: --attr dept: write NAME=VALUE");
    let help = folder.run("rewrite --help", "");
    assert_eq!(help.status, Some(0));
    assert!(help.out.contains("Examples:"), "{help:?}");
}

#[test]
fn json_holds_the_whole_reply_and_no_sql_when_denied() {
    let folder = Folder::new("json");
    let words = "rewrite --user alice --policy policy.yaml --catalog tables.sql --format json";
    let allowed = folder.run(words, "SELECT phone FROM orders");
    allowed.allowed();
    let reply: Value = serde_json::from_str(&allowed.out).expect("a reply is JSON");
    assert_eq!(reply["decision"], "allow");
    assert!(reply["sql"].as_str().is_some_and(|sql| sql.contains("CAST(NULL AS STRING)")));
    assert_eq!(reply["policy"]["version"], 7);
    let statement = &reply["statements"][0];
    assert_eq!(statement["kind"], "SELECT");
    assert_eq!(statement["inputs"][0]["name"], serde_json::json!(["default_catalog", "default_database", "orders"]));
    assert_eq!(statement["inputs"][0]["physical"], serde_json::json!(["kafka://kafka:9092/orders"]));
    assert_eq!(statement["inputs"][0]["columns"], serde_json::json!(["phone"]));
    assert_eq!(statement["applied"][0]["row_filter"], serde_json::json!(["north"]));
    assert_eq!(statement["applied"][0]["masks"][0]["rule"], "phones");

    let denied = folder.run(words, "SELECT fone FROM orders");
    assert_eq!(denied.status, Some(1));
    let reply: Value = serde_json::from_str(&denied.out).expect("a reply is JSON");
    assert_eq!(reply["decision"], "deny");
    assert!(reply.get("sql").is_none());
    let error = &reply["errors"][0];
    assert_eq!((&error["code"], &error["line"], &error["column"]), (&"column-unknown".into(), &1.into(), &8.into()));
}

#[test]
fn a_diff_shows_only_what_changed() {
    let folder = Folder::new("diff");
    folder.write("job.sql", "SELECT 1;\nSELECT id FROM orders;\n");
    let ended = folder.run("rewrite --user alice --policy policy.yaml --catalog tables.sql --style inline --diff job.sql", "");
    ended.allowed();
    assert_eq!(
        ended.out,
        "--- job.sql\n+++ protected\n@@ -1,2 +1,2 @@\n SELECT 1;\n-SELECT id FROM orders;\n+SELECT id FROM orders WHERE region = 'north';\n"
    );
}

#[test]
fn a_session_goes_out_and_comes_in_again() {
    let folder = Folder::new("session");
    let words = "rewrite --user alice --policy policy.yaml --session-out state.json";
    folder.run(words, &format!("{ORDERS} CREATE TEMPORARY VIEW v AS SELECT id FROM orders;")).allowed();
    let state = folder.read("state.json");
    let next = folder.run("rewrite --user alice --policy policy.yaml --session state.json --session-out again.json", "SELECT * FROM v");
    next.allowed();
    assert_eq!(next.out, "SELECT * FROM v\n");
    assert_eq!(folder.read("again.json"), state, "a query changes nothing");
    let other = folder.run("rewrite --user carol --policy policy.yaml --session state.json", "SELECT * FROM v");
    assert_eq!(other.status, Some(1), "a view protected for alice is not one for carol: {other:?}");
    let refused = folder.run("rewrite --user alice --policy policy.yaml --session-out none.json", "SELECT * FROM");
    assert_eq!(refused.status, Some(1));
    assert!(!folder.0.join("none.json").exists(), "a refusal leaves no state");
    folder.write("broken.json", "{ \"catalog\": 1 }");
    let broken = folder.run("rewrite --user alice --policy policy.yaml --session broken.json", "SELECT 1");
    assert_eq!(broken.status, Some(2));
    assert!(broken.err.starts_with("error: broken.json: "), "{broken:?}");
}

#[test]
fn check_says_what_applies_and_prints_no_sql() {
    let folder = Folder::new("check");
    let words = "check --user alice --policy policy.yaml --catalog tables.sql";
    let ended = folder.run(words, "SELECT id FROM orders");
    ended.allowed();
    assert_eq!(
        ended.out,
        "allowed\nline 1: SELECT default_catalog.default_database.orders: rows by north; phone by MASK_NULL (phones)\n"
    );
    let json = folder.run(&format!("{words} --format json"), "SELECT id FROM orders");
    let reply: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(reply["decision"], "allow");
    assert!(reply.get("sql").is_none());
    assert_eq!(folder.run(words, "SELECT x FROM orders").status, Some(1));
}

#[test]
fn tables_lists_what_is_read_and_written_without_a_policy() {
    let folder = Folder::new("tables");
    let script = "CREATE TABLE report (id INT) WITH ('connector' = 'blackhole');\nINSERT INTO report SELECT id FROM orders;";
    let ended = folder.run("tables --catalog tables.sql", script);
    ended.allowed();
    let lines: Vec<&str> = ended.out.lines().collect();
    assert!(lines.contains(&"2\tINSERT INTO\treads\tdefault_catalog.default_database.orders  (kafka://kafka:9092/orders)"), "{ended:?}");
    assert!(lines.contains(&"2\tINSERT INTO\twrites\tdefault_catalog.default_database.report"), "{ended:?}");
    let json = folder.run("tables --catalog tables.sql --format json", script);
    let statements: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(statements[1]["outputs"][0]["as_written"], "report");
}

#[test]
fn a_configuration_gives_what_the_command_line_leaves_out() {
    let folder = Folder::new("config");
    fs::create_dir(folder.0.join("etc")).expect("a folder");
    folder.write("etc/sqlsec.toml", "user = \"alice\"\npolicy = \"../policy.yaml\"\ncatalog = [\"../tables.sql\"]\nstyle = \"inline\"\n");
    let ended = folder.run("rewrite --config etc/sqlsec.toml", "SELECT id FROM orders");
    ended.allowed();
    assert_eq!(ended.out, "SELECT id FROM orders WHERE region = 'north'\n");
    let other = folder.run("rewrite --config etc/sqlsec.toml --user mallory", "SELECT id FROM orders");
    assert_eq!(other.status, Some(1), "the command line wins: {other:?}");
    folder.write("bad.toml", "usr = \"alice\"\n");
    let bad = folder.run("rewrite --config bad.toml", "SELECT 1");
    assert_eq!(bad.status, Some(2));
    assert!(bad.err.starts_with("error: bad.toml: unknown field `usr`"), "{bad:?}");
}

#[test]
fn completions_are_printed_for_each_shell() {
    let folder = Folder::new("completions");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = folder.run(&format!("completions {shell}"), "");
        ended.allowed();
        assert!(ended.out.contains("sqlsec") && ended.out.contains("policy"), "{shell}");
    }
}
