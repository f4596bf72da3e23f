//! The command line as a process: what goes where, with which status.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::case::root;

const BINARY: &str = env!("CARGO_BIN_EXE_sqlsec");
const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 7
defaults: { access: allow, unknown_connector: allow, no_matching_filter: deny, unknown_lineage: allow }
masks:
  encrypt: { expression: \"Encryption_function({col})\" }
rules:
  - { id: north, type: row_filter, to: { users: [ann] }, on: { table: '*.*.orders' }, filter: \"region = 'north'\" }
  - { id: dept,  type: row_filter, to: { groups: [public] }, on: { table: '*.*.staff' }, filter: \"dept = ${user.dept}\" }
  - { id: name,  type: column_mask, to: { users: [ann] }, on: { table: '*.*.people', columns: [name] }, mask: encrypt }
";
const TABLES: &str = "\
CREATE TABLE orders (id INT, region STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k:9092');
CREATE TABLE staff (id INT, dept STRING) WITH ('connector' = 'datagen');
CREATE TABLE people (id INT, name STRING) WITH ('connector' = 'datagen');
";

/// A folder of one test, with a policy and a catalog.
pub(crate) struct Desk(PathBuf);

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let desk = Self(folder);
        desk.write("policy.yaml", POLICY);
        desk.write("tables.sql", TABLES);
        desk
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(file), content).unwrap();
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(&self.0)
            .env_remove("NO_COLOR")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// `rewrite` for ann, under the policy and the catalog of this desk, with the script on standard input.
    pub(crate) fn rewrite(&self, sql: impl AsRef<[u8]>, more: &[&str]) -> Ran {
        let basics = [
            "rewrite",
            "--user",
            "ann",
            "--policy",
            "policy.yaml",
            "--catalog",
            "tables.sql",
        ];
        self.pipe(sql, &[&basics, more].concat())
    }

    fn pipe(&self, sql: impl AsRef<[u8]>, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that fails early does not read its input to the end.
        let _ = child.stdin.take().unwrap().write_all(sql.as_ref());
        child.wait_with_output().unwrap().into()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            status: output.status.code().expect("an exit status, not a signal"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

impl Ran {
    /// Failed with this status; nothing on standard output; the first line of standard error is this one; its place follows.
    #[track_caller]
    pub(crate) fn failed(&self, status: i32, first: &str, place: &str) {
        assert_eq!(
            (self.status, self.out.as_str()),
            (status, ""),
            "{}",
            self.err
        );
        let mut lines = self.err.lines();
        assert_eq!(lines.next(), Some(first), "{}", self.err);
        if !place.is_empty() {
            assert_eq!(
                lines
                    .next()
                    .and_then(|l| l.trim_start().strip_prefix("--> ")),
                Some(place),
                "{}",
                self.err
            );
        }
        assert!(
            !self.err.contains('\x1b'),
            "colours belong on a terminal: {}",
            self.err
        );
    }

    #[track_caller]
    fn printed(&self, out: &str) {
        assert_eq!(
            (self.status, self.err.as_str(), self.out.as_str()),
            (0, "", out)
        );
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }
}

#[test]
fn the_seeds_row_permission_is_printed_as_the_seed_has_it() {
    let policy = root().join("fixtures/worlds/seed/policies/filter.yaml");
    let desk = Desk::new("seed-rows");
    for (user, region) in [("userA", "beijing"), ("userB", "hangzhou")] {
        let arguments = [
            "rewrite",
            "--user",
            user,
            "--policy",
            policy.to_str().unwrap(),
            "--style",
            "inline",
        ];
        let expected = format!("SELECT * FROM orders WHERE region = '{region}'\n");
        desk.pipe("SELECT * FROM orders", &arguments)
            .printed(&expected);
    }
}

#[test]
fn the_seeds_masks_are_printed_for_both_users() {
    let world = root().join("fixtures/worlds/seed");
    let (policy, tables) = (world.join("policies/mask.yaml"), world.join("tables.sql"));
    let desk = Desk::new("seed-masks");
    for (user, hidden, open) in [("userA", "name", "age"), ("userB", "age", "name")] {
        let arguments = [
            "rewrite",
            "--user",
            user,
            "--style",
            "inline",
            "--policy",
            policy.to_str().unwrap(),
            "--catalog",
            tables.to_str().unwrap(),
        ];
        let ran = desk.pipe("SELECT name, age, price, phone FROM `user`", &arguments);
        assert_eq!(ran.status, 0, "{}", ran.err);
        for call in [
            format!("Encryption_function({hidden})"),
            "Sensitive_field_functions(phone)".to_owned(),
        ] {
            let quoted = call.replace('(', "(`").replace(')', "`)");
            assert!(
                ran.out.contains(&call) || ran.out.contains(&quoted),
                "{call} is not in {}",
                ran.out
            );
        }
        assert!(
            !ran.out.contains(&format!("function({open})")),
            "{}",
            ran.out
        );
    }
}

#[test]
fn the_quickstart_is_protected() {
    let quickstart = root().join("fixtures/quickstart");
    let file = |name: &str| quickstart.join(name).to_str().unwrap().to_owned();
    let ran = Desk::new("quickstart").run(&[
        "rewrite",
        "--user",
        "userA",
        "--policy",
        &file("policy.yaml"),
        &file("shop.sql"),
    ]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(
        ran.out.contains("region = 'beijing'") && ran.out.contains("Encryption_function("),
        "{}",
        ran.out
    );
}

#[test]
fn bytes_outside_edits_come_out_as_they_went_in() {
    let desk = Desk::new("bytes");
    desk.rewrite("-- 说明\r\n\tSELECT  1 ;\r\n-- end", &[])
        .printed("-- 说明\r\n\tSELECT  1 ;\r\n-- end\n");
}

#[test]
fn broken_sql_is_denied_with_its_place_underlined() {
    let ran = Desk::new("broken").rewrite("SELECT 1;\nSELECT * FROM orders WHER order_id = 1", &[]);
    ran.failed(
        1,
        "error[syntax-error]: expected end of statement, found `order_id`",
        "<stdin>:2:27",
    );
    assert!(
        ran.err.contains(
            "2 | SELECT * FROM orders WHER order_id = 1\n  |                           ^^^^^^^^"
        ),
        "{}",
        ran.err
    );
}

#[test]
fn an_unknown_table_is_denied() {
    let ran = Desk::new("table").rewrite("SELECT * FROM ordrs", &[]);
    ran.failed(1, "error[table-unknown]: table or view `default_catalog.default_database.ordrs` does not exist", "<stdin>:1:15");
}

#[test]
fn an_unknown_column_is_denied_and_wide_characters_are_underlined() {
    let ran = Desk::new("column").rewrite("SELECT '表', `区域` FROM orders", &[]);
    ran.failed(
        1,
        "error[column-unknown]: column `区域` is not found in any table of this query",
        "<stdin>:1:13",
    );
    assert!(ran.err.contains("  |              ^^^^^^"), "{}", ran.err);
}

#[test]
fn a_missing_attribute_is_denied_and_a_given_one_is_a_literal() {
    let desk = Desk::new("attribute");
    let sql = "SELECT id FROM staff";
    let message = "error[attribute-missing]: `default_catalog.default_database.staff`: the policy of this table needs a user attribute that you do not have";
    desk.rewrite(sql, &[]).failed(1, message, "<stdin>:1:16");
    let ran = desk.rewrite(sql, &["--attr", "dept=x' OR '1'='1"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out.contains("dept = 'x'' OR ''1''=''1'"), "{}", ran.out);
}

#[test]
fn every_reason_is_printed_and_nothing_of_a_script_that_is_partly_allowed() {
    let desk = Desk::new("partly");
    let sql = "SELECT * FROM orders;\nSELECT * FROM a1;\nSELECT * FROM a2";
    let ran = desk.rewrite(sql, &[]);
    assert_eq!(
        (
            ran.status,
            ran.out.as_str(),
            ran.err.matches("error[table-unknown]").count()
        ),
        (1, "", 2),
        "{}",
        ran.err
    );
    let json = desk.rewrite(sql, &["--format", "json"]);
    assert_eq!(json.json()["decision"], "deny");
    assert!(
        !json.out.contains("'north'"),
        "a filter of a statement that was allowed: {}",
        json.out
    );
}

#[test]
fn a_policy_that_cannot_be_used_ends_with_3_and_every_place() {
    let desk = Desk::new("policy");
    for (from, to, code, place) in [
        (
            "id: north,",
            "id: north, colour: red,",
            "document-shape",
            "policy.yaml:7:",
        ),
        (
            "version: 7",
            "version: seven",
            "document-shape",
            "policy.yaml:2:",
        ),
        (
            "{ users: [ann] }, on: { table: '*.*.orders' }",
            "{ roles: [gone] }, on: { table: '*.*.orders' }",
            "unknown-role",
            "policy.yaml:7:",
        ),
        (
            "mask: encrypt }",
            "mask: encrpt }",
            "unknown-mask",
            "policy.yaml:9:",
        ),
        (
            "region = 'north'",
            "region = = 'north'",
            "filter-syntax",
            "policy.yaml:7:",
        ),
        ("rules:", "rules: [", "document-syntax", "policy.yaml:"),
    ] {
        assert!(POLICY.contains(from), "{from}");
        desk.write("policy.yaml", POLICY.replace(from, to));
        let ran = desk.rewrite("SELECT 1", &[]);
        assert_eq!((ran.status, ran.out.as_str()), (3, ""), "{to}: {}", ran.err);
        let mut lines = ran.err.lines();
        let first = lines.next().unwrap_or_default();
        assert!(
            first.starts_with(&format!("error[{code}]: ")),
            "{to}: {}",
            ran.err
        );
        assert!(
            lines
                .next()
                .is_some_and(|l| l.contains(&format!("--> {place}"))),
            "{to}: {}",
            ran.err
        );
    }
}

#[test]
fn what_cannot_be_read_ends_with_2_or_3_and_names_the_file() {
    let desk = Desk::new("unreadable");
    let who = ["--user", "ann", "--policy", "policy.yaml"];
    let missing = desk.run(&[&["rewrite", "gone.sql"], who.as_slice()].concat());
    missing.failed(
        2,
        "error[input-unreadable]: cannot read `gone.sql`: No such file or directory (os error 2)",
        "",
    );
    let folder = desk.run(&[&["rewrite", "."], who.as_slice()].concat());
    folder.failed(
        2,
        "error[input-unreadable]: cannot read `.`: Is a directory (os error 21)",
        "",
    );
    let policy = desk.run(&[
        "rewrite",
        "tables.sql",
        "--user",
        "ann",
        "--policy",
        "gone.yaml",
    ]);
    policy.failed(
        3,
        "error[input-unreadable]: cannot read `gone.yaml`: No such file or directory (os error 2)",
        "",
    );
    desk.rewrite(b"SELECT 1;\nSELECT '\xe8\xa1\xa8\xff'", &[])
        .failed(
            2,
            "error[input-not-utf8]: byte 21 is not UTF-8",
            "<stdin>:2:10",
        );
    desk.write("bad.yaml", b"rules: \xff");
    desk.run(&[
        "rewrite",
        "tables.sql",
        "--user",
        "ann",
        "--policy",
        "bad.yaml",
    ])
    .failed(
        3,
        "error[input-not-utf8]: byte 7 is not UTF-8",
        "bad.yaml:1:8",
    );
}

#[test]
fn usage_errors_end_with_2() {
    let desk = Desk::new("usage");
    desk.run(&["rewrite", "tables.sql", "--policy", "policy.yaml"])
        .failed(2, "error[usage]: no user: give --user NAME", "");
    desk.run(&["rewrite", "tables.sql", "--user", "ann"])
        .failed(2, "error[usage]: no rules: give --policy FILE, --ranger FILE or (built with feature `service`) --service URL", "");
    desk.rewrite("SELECT 1", &["--diff", "--format", "json"])
        .failed(
            2,
            "error[usage]: --diff prints text: leave out --format json",
            "",
        );
    desk.rewrite("SELECT 1", &["--attr", "a=1", "--attr", "a=2"])
        .failed(2, "error[usage]: attribute `a` is given twice", "");
    for arguments in [
        &["rewrite", "--attr", "dept"] as &[_],
        &["rewrite", "--style", "odd"],
        &["rewrite", "--flink", "1.0"],
        &["rewrites"],
        &[],
    ] {
        let ran = desk.run(arguments);
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn a_script_of_ten_megabytes_is_answered() {
    let desk = Desk::new("ten-megabytes");
    let one_statement = format!("SELECT '{}' FROM orders", "表".repeat(3_500_000));
    let ran = desk.rewrite(&one_statement, &[]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(ran.out.len() > one_statement.len());
    // A place in a line of ten megabytes.
    let ran = desk.rewrite(
        format!(
            "SELECT /* {} */ nothing FROM orders",
            "x".repeat(10_000_000)
        ),
        &[],
    );
    ran.failed(
        1,
        "error[column-unknown]: column `nothing` is not found in any table of this query",
        "<stdin>:1:10000015",
    );
    assert!(ran.err.len() < 1000, "{} bytes", ran.err.len());
    // Longer than any script may be.
    desk.rewrite(vec![b' '; 17 << 20], &[]).failed(
        1,
        "error[limit-exceeded]: the script has more than 16777216 bytes",
        "<stdin>:1:1",
    );
}

#[test]
fn a_script_that_its_splitter_cuts_elsewhere_is_refused() {
    let desk = Desk::new("splitter");
    let script = "SELECT 1;\nSELECT id AS `a;b` FROM orders;\n";
    for (splitter, status) in [("flink", 0), ("line", 0), ("dinky", 0), ("streampark", 1)] {
        let ran = desk.rewrite(script, &["--splitter", splitter]);
        assert_eq!(ran.status, status, "{splitter}: {}", ran.err);
    }
    desk.write("sqlsec.toml", "splitter = 'streampark'\n");
    let ran = desk.rewrite(script, &["--config", "sqlsec.toml"]);
    assert!(
        ran.out.is_empty() && ran.err.contains("splitter-mismatch"),
        "{}",
        ran.err
    );
}

#[test]
fn ten_thousand_brackets_are_refused() {
    let ran = Desk::new("brackets").rewrite(
        format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        &[],
    );
    ran.failed(
        1,
        "error[limit-exceeded]: brackets are nested deeper than 200",
        "<stdin>:1:208",
    );
}

#[test]
fn the_difference_is_that_of_the_submitted_text() {
    let ran = Desk::new("diff").rewrite("SELECT 1;\nSELECT * FROM orders\n", &["--diff"]);
    let expected = "--- <stdin>\n+++ protected\n@@ -1,2 +1,2 @@\n SELECT 1;\n-SELECT * FROM orders\n+SELECT * FROM (SELECT * FROM orders WHERE region = 'north') AS `orders`\n";
    ran.printed(expected);
    Desk::new("no-diff")
        .rewrite("SELECT 1", &["--diff"])
        .printed("");
}

#[test]
fn check_says_what_applies_and_prints_no_sql() {
    let desk = Desk::new("check");
    let sql = "SELECT * FROM orders;\nSELECT p.name FROM people AS p JOIN (VALUES (1)) AS v (id) ON p.id = v.id";
    let arguments = [
        "check",
        "--user",
        "ann",
        "--policy",
        "policy.yaml",
        "--catalog",
        "tables.sql",
    ];
    desk.pipe(sql, &arguments).printed(
        "allowed (policy version 7)\n\
         line 1: SELECT\n  reads default_catalog.default_database.orders: rows by rule north\n\
         line 2: SELECT\n  reads default_catalog.default_database.people: name by mask encrypt (rule name)\n",
    );
    let json = desk.pipe(sql, &[&arguments as &[_], &["--format", "json"]].concat());
    assert_eq!(json.json()["decision"], "allow");
    assert_eq!(
        json.json()["statements"][0]["applied"][0]["row_filter"][0],
        "north"
    );
    assert!(
        !json.out.contains("SELECT *") && !json.out.contains("'north'"),
        "{}",
        json.out
    );
    desk.pipe("SELECT * FROM gone", &arguments)
        .failed(1, "error[table-unknown]: table or view `default_catalog.default_database.gone` does not exist", "<stdin>:1:15");
}

#[test]
fn tables_are_listed_without_a_policy_also_of_a_script_that_is_refused_in_part() {
    let desk = Desk::new("tables");
    desk.pipe("INSERT INTO sink SELECT id FROM orders", &["tables", "--catalog", "tables.sql"])
        .failed(1, "error[table-unknown]: table or view `default_catalog.default_database.sink` does not exist", "<stdin>:1:13");
    desk.pipe(
        "INSERT INTO other.sink SELECT id FROM orders",
        &["tables", "--catalog", "tables.sql"],
    )
    .printed(
        "\
LINE  STATEMENT            TABLE                                    PHYSICAL
1     INSERT INTO  reads   default_catalog.default_database.orders  kafka://k:9092/o
1     INSERT INTO  writes  default_catalog.other.sink
",
    );
    let ran = desk.pipe(
        "EXECUTE PLAN 'x'; SELECT id FROM orders",
        &["tables", "--catalog", "tables.sql"],
    );
    assert!(
        ran.status == 1
            && ran.out.contains("default_database.orders")
            && ran.err.contains("unsupported-statement"),
        "{}{}",
        ran.out,
        ran.err
    );
    let json = desk
        .pipe(
            "SELECT id FROM orders",
            &["tables", "--catalog", "tables.sql", "--format", "json"],
        )
        .json();
    assert_eq!(
        json["statements"][0]["inputs"][0]["name"],
        serde_json::json!(["default_catalog", "default_database", "orders"])
    );
    assert_eq!(json["errors"], serde_json::json!([]));
}

#[test]
fn lint_prints_every_finding_with_its_place() {
    let desk = Desk::new("lint");
    desk.run(&["policy", "lint", "policy.yaml", "--catalog", "tables.sql"])
        .printed("");
    desk.write(
        "policy.yaml",
        POLICY.replace("columns: [name]", "columns: [nam]"),
    );
    let ran = desk.run(&["policy", "lint", "policy.yaml", "--catalog", "tables.sql"]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.out.starts_with("policy.yaml:9:")
            && ran.out.contains("error[column-unknown]: rule `name`: "),
        "{}",
        ran.out
    );
    let json = desk.run(&[
        "policy",
        "lint",
        "policy.yaml",
        "--catalog",
        "tables.sql",
        "--format",
        "json",
    ]);
    assert_eq!(
        (
            json.status,
            &json.json()[0]["code"],
            &json.json()[0]["line"]
        ),
        (3, &"column-unknown".into(), &9.into())
    );
    desk.run(&["policy", "lint", "gone.yaml"]).failed(
        2,
        "error[input-unreadable]: cannot read `gone.yaml`: No such file or directory (os error 2)",
        "",
    );
}

#[test]
fn a_session_goes_out_and_comes_in() {
    let desk = Desk::new("session");
    let made = desk.rewrite(
        "CREATE TEMPORARY VIEW mine AS SELECT * FROM orders",
        &["--session-out", "s.json"],
    );
    assert_eq!(made.status, 0, "{}", made.err);
    let text = "SELECT region FROM mine";
    desk.rewrite(text, &["--session", "s.json"])
        .printed(&format!("{text}\n"));
    desk.rewrite(text, &[]).failed(1, "error[table-unknown]: table or view `default_catalog.default_database.mine` does not exist", "<stdin>:1:20");
    // A denied script leaves no state, and a state that cannot be kept leaves no SQL.
    let before = desk.read("s.json");
    assert_eq!(
        desk.rewrite(
            "USE elsewhere; SELECT * FROM",
            &["--session", "s.json", "--session-out", "s.json"]
        )
        .status,
        1
    );
    assert_eq!(desk.read("s.json"), before);
    let kept = desk.rewrite("SELECT 1", &["--session-out", "no/such/folder.json"]);
    kept.failed(2, "error[output-unwritable]: cannot write `no/such/folder.json`: No such file or directory (os error 2)", "");
    desk.write("s.json", "{\n  \"catalog\": 1\n}");
    let ran = desk.rewrite(text, &["--session", "s.json"]);
    assert!(
        ran.status == 2
            && ran.err.starts_with("error[session-invalid]: ")
            && ran.err.contains("--> s.json:2:"),
        "{}",
        ran.err
    );
}

#[test]
fn a_configuration_gives_defaults_and_refuses_what_it_does_not_know() {
    let desk = Desk::new("config");
    fs::create_dir(desk.0.join("conf")).unwrap();
    desk.write(
        "conf/sqlsec.toml",
        "user = 'bob'\npolicy = '../policy.yaml'\ncatalog = ['../tables.sql']\nstyle = 'inline'\nattr = { dept = 'HR' }\n",
    );
    let config = ["rewrite", "--config", "conf/sqlsec.toml"];
    desk.pipe("SELECT id FROM staff", &config)
        .printed("SELECT id FROM staff WHERE dept = 'HR'\n");
    let ann = [&config as &[_], &["--user", "ann"]].concat();
    desk.pipe("SELECT * FROM orders", &ann)
        .printed("SELECT * FROM orders WHERE region = 'north'\n");
    desk.write("conf/sqlsec.toml", "user = 'bob'\npolicies = 'x'\n");
    let ran = desk.pipe("SELECT 1", &config);
    assert!(
        ran.status == 2
            && ran
                .err
                .starts_with("error[config-invalid]: unknown field `policies`"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("--> conf/sqlsec.toml:2:1"), "{}", ran.err);
}

#[test]
fn a_catalog_that_cannot_be_used_is_named_with_its_place() {
    let desk = Desk::new("catalog");
    desk.write("bad.sql", "CREATE TABLE t (a INT);\nSELECT 1;");
    let ran = desk.pipe("SELECT 1", &["tables", "--catalog", "bad.sql"]);
    assert!(
        ran.status == 2
            && ran.err.starts_with("error[catalog-invalid]: ")
            && ran.err.contains("--> bad.sql:2:1"),
        "{}",
        ran.err
    );
    desk.write("bad.json", "{ \"tables\": [],\n  \"view\": [] }");
    let ran = desk.pipe("SELECT 1", &["tables", "--catalog", "bad.json"]);
    assert!(
        ran.status == 2
            && ran
                .err
                .starts_with("error[catalog-invalid]: unknown field `view`")
            && ran.err.contains("--> bad.json:2:"),
        "{}",
        ran.err
    );
    desk.write("bad.txt", "");
    desk.pipe("SELECT 1", &["tables", "--catalog", "bad.txt"])
        .failed(
            2,
            "error[usage]: `bad.txt`: a catalog file ends in .sql or .json",
            "",
        );
}

#[test]
fn completions_and_help_are_there_for_every_command() {
    let desk = Desk::new("completions");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = desk.run(&["completions", shell]);
        assert!(
            ran.status == 0 && ran.out.contains("rewrite"),
            "{shell}: {}",
            ran.err
        );
    }
    for command in [
        &["rewrite"] as &[_],
        &["check"],
        &["tables"],
        &["policy", "lint"],
        &["completions"],
    ] {
        let ran = desk.run(&[command, &["--help"]].concat());
        assert!(
            ran.status == 0
                && ran.out.contains("Example")
                && ran.out.contains(&format!("sqlsec {}", command.join(" "))),
            "{}",
            ran.out
        );
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let desk = Desk::new("pipe");
    desk.write(
        "long.sql",
        format!("SELECT '{}' FROM orders", "x".repeat(1 << 20)),
    );
    let arguments = [
        "rewrite",
        "--user",
        "ann",
        "--policy",
        "policy.yaml",
        "--catalog",
        "tables.sql",
        "long.sql",
    ];
    let mut child = desk
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
}

#[test]
fn every_command_has_a_manual_page() {
    let desk = Desk::new("man");
    let ran = desk.run(&["man", "pages"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    // What the help lists is what there has to be a page for.
    let mut waiting = vec![Vec::<String>::new()];
    let mut pages = 0;
    while let Some(command) = waiting.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = desk.run(&arguments).out;
        let page = ["sqlsec".to_owned()]
            .iter()
            .chain(&command)
            .cloned()
            .collect::<Vec<_>>()
            .join("-");
        let text = desk.read(&format!("pages/{page}.1"));
        pages += 1;
        let about = help.lines().next().unwrap().trim_end_matches('.');
        let plain = text.replace("\\-", "-").replace("\\*(Aq", "'");
        assert!(plain.contains(about), "{page}: {about}");
        assert!(plain.contains(".SH SYNOPSIS"), "{page}");
        let (_, listed) = help.split_once("Commands:\n").unwrap_or_default();
        let listed = listed.lines().take_while(|l| l.starts_with("  "));
        let names = listed.filter(|l| !l.starts_with("   "));
        for name in names.filter_map(|l| l.split_whitespace().next()) {
            if name != "help" {
                waiting.push([command.clone(), vec![name.to_owned()]].concat());
            }
        }
    }
    assert_eq!(ran.out, format!("{pages} pages in pages\n"));
    assert!(pages > 15, "only {pages} pages");
    desk.write("file", "");
    assert_eq!(desk.run(&["man", "file/pages"]).status, 2);
}
