//! Every command of the manual runs, as it stands there, in a folder that has the files it names.
//!
//! A comment behind a command may say its status (`# status 1: …`); without one it is 0. A line goes to `sh`; servers are started on a free port, and
//! what follows on the page speaks with them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::pages;
use crate::case::root;

/// Commands that are not run here, by how they begin, and why.
const ELSEWHERE: [(&str, &str); 15] = [
    ("bindings/", "the bindings' own tests, a command each"),
    (
        "SQLSEC_STREAMPARK=",
        "bindings/streampark/test, where a real console is",
    ),
    ("dist/", "the packages themselves: too long for these tests"),
    ("mvn ", "part of bindings/java/test"),
    ("mysqldump ", "needs a server: tests/suite/report/dumps.rs"),
    (
        "cargo build --release -p sqlsec-c",
        "part of bindings/c/test",
    ),
    ("cargo cinstall", "needs cargo-c"),
    ("cargo test", "these tests"),
    ("cc job.c", "an example: bindings/c/test compiles its own"),
    (
        "export FLINK_REST_CLIENT_HEADERS",
        "bindings/flink-gateway/test",
    ),
    ("sql-client.sh", "bindings/flink-gateway/test"),
    ("PGPASSWORD=…", "tests/suite/lineage/store/postgres.rs"),
    (
        "sqlsec lineage abort",
        "in place of commit: tests/suite/lineage/command.rs",
    ),
    (
        "sqlsec lineage --catalog tables.sql --format openlineage --to https://",
        "needs an endpoint: tests/suite/lineage/export.rs",
    ),
    (
        "sqlsec lineage --catalog tables.sql --format atlas --cluster prod job.sql | curl",
        "needs Atlas: tests/suite/lineage/export.rs",
    ),
];

/// A submitter's database with one job.
const DUMP: &str = "-- MySQL dump 10.13
INSERT INTO t_user (user_id, username) VALUES (7,'userA');
INSERT INTO t_flink_app (id, job_name, user_id) VALUES (1,'count',7);
INSERT INTO t_flink_sql (app_id, version, `sql`) VALUES (1,1,'SELECT 1;');
";

/// The commands of the shell blocks of a page. Lines that belong together, as those of a text that is written to a file, are one.
fn commands(page: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line.trim() == "```sh") {
        let mut open: Option<String> = None;
        for line in lines.by_ref().take_while(|line| line.trim() != "```") {
            match (&open, commands.last_mut()) {
                (Some(end), Some(command)) => {
                    command.push('\n');
                    command.push_str(line);
                    if line == end {
                        open = None;
                    }
                }
                (None, Some(command)) if command.ends_with('\\') => {
                    command.push('\n');
                    command.push_str(line);
                }
                _ if line.trim().is_empty() || line.starts_with('#') => {}
                _ => {
                    let end = line
                        .split_once("<<'")
                        .and_then(|(_, end)| end.split_once('\''));
                    open = end.map(|(end, _)| end.to_owned());
                    commands.push(line.to_owned());
                }
            }
        }
    }
    commands
}

/// The folder of a page.
struct Desk {
    folder: PathBuf,
    servers: Vec<Server>,
}

/// A server that a page has started, and the address at which the page says it is.
struct Server {
    child: Child,
    said: &'static str,
    real: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Desk {
    fn new(page: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("manual")
            .join(page);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("jobs/userA")).expect("a folder");
        fs::create_dir_all(folder.join("bin")).expect("a folder");
        let fixtures = root().join("fixtures");
        let read = |path: &str| fs::read_to_string(fixtures.join(path)).expect("a fixture");
        let shop = read("quickstart/shop.sql");
        let policy = read("quickstart/policy.yaml");
        let next = policy.replace("version: 42", "version: 43");
        let price = "  - { id: user-price, type: column_mask, to: { users: [userA] }, on: { table: '*.*.user', columns: [price] }, mask: MASK_NULL }\n";
        let next = next.trim_end().to_owned() + "\n" + price;
        let (tables, job) = match page {
            "iceberg-paimon.md" => (
                read("catalogs/tables.sql"),
                "SELECT id, phone FROM lake.sales.customers\n".to_owned(),
            ),
            _ => (read("quickstart/tables.sql"), shop.clone()),
        };
        for (file, text) in [
            ("policy.yaml", &policy),
            ("next.yaml", &next),
            ("tables.sql", &tables),
            ("job.sql", &job),
            ("first.sql", &shop),
            ("second.sql", &shop),
            ("jobs/userA/shop.sql", &shop),
            ("streampark.sql", &DUMP.to_owned()),
            ("load-table.json", &read("catalogs/iceberg-load-table.json")),
        ] {
            fs::write(folder.join(file), text).expect("a file");
        }
        let desk = Self {
            folder,
            servers: Vec::new(),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink(env!("CARGO_BIN_EXE_sqlsec"), desk.folder.join("bin/sqlsec")).expect("a link");
            symlink(&fixtures, desk.folder.join("fixtures")).expect("a link");
        }
        // What `audit --against` compares with, and what operators look at.
        let before = "sqlsec rewrite --user userA --policy policy.yaml --audit audit.jsonl jobs/userA/shop.sql";
        assert_eq!(desk.shell(before), Ok(0));
        if page == "operations.md" {
            let before =
                "sqlsec rewrite --user userA --policy policy.yaml --lineage lineage.db job.sql";
            assert_eq!(desk.shell(before), Ok(0));
        }
        desk
    }

    fn sh(&self, line: &str) -> Command {
        let paths = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .current_dir(&self.folder)
            .env(
                "PATH",
                format!("{}:{paths}", self.folder.join("bin").display()),
            )
            .stdin(Stdio::null());
        command
    }

    fn shell(&self, line: &str) -> Result<i32, String> {
        let mut line = line.to_owned();
        for server in &self.servers {
            line = line.replace(server.said, &server.real);
        }
        let ran = self.sh(&line).output().expect("a shell");
        ran.status
            .code()
            .ok_or_else(|| "a signal ended it".to_owned())
    }

    fn serve(&mut self, line: &str, said: &'static str) {
        let command = line.split('#').next().unwrap_or(line).trim_end();
        let mut child = self
            .sh(&format!("exec {command} --listen 127.0.0.1:0"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut told = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out)
            .read_line(&mut told)
            .expect("where it listens");
        let real = told
            .trim()
            .rsplit("://")
            .next()
            .expect("an address")
            .to_owned();
        self.servers.push(Server { child, said, real });
    }
}

/// The status that a command is said to have.
fn expected(command: &str) -> i32 {
    let said = command.rsplit_once("# status ").map(|(_, said)| said);
    let digits = said.map(|said| said.chars().take_while(char::is_ascii_digit));
    let digits: Option<String> = digits.map(Iterator::collect);
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(all(unix, feature = "full"))]
#[test]
fn every_command_runs() {
    let mut pages = pages();
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    pages.push(("README.md".to_owned(), readme));
    let (mut ran, mut wrong, mut met) = (0, Vec::new(), BTreeSet::new());
    for (name, text) in &pages {
        let all = commands(text);
        if all.is_empty() {
            continue;
        }
        let mut desk = Desk::new(name);
        for command in all {
            if let Some((begin, _)) = ELSEWHERE
                .iter()
                .find(|(begin, _)| command.starts_with(begin))
            {
                met.insert(*begin);
                continue;
            }
            let line = command.replace("cargo run -q --features full -- ", "sqlsec ");
            let line = line.replace("cargo run -q -- ", "sqlsec ");
            ran += 1;
            if line.starts_with("sqlsec serve-policies ") {
                desk.serve(&line, "127.0.0.1:8181");
                continue;
            }
            if line.starts_with("sqlsec serve ") {
                desk.serve(&line, "127.0.0.1:8182");
                continue;
            }
            let status = desk.shell(&line);
            if status != Ok(expected(&command)) {
                wrong.push(format!("{name}: {command}\n    status {status:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all: BTreeSet<&str> = ELSEWHERE.iter().map(|(begin, _)| *begin).collect();
    let unmet: Vec<&&str> = all.difference(&met).collect();
    assert!(unmet.is_empty(), "no page has these any more: {unmet:?}");
    println!(
        "{ran} commands of the manual ran; {} kinds are run elsewhere",
        met.len()
    );
    assert!(ran > 30, "only {ran} commands");
}
