//! `rewrite --watch`: a folder of scripts and the folder of their protected forms, with real files; nothing stays that should not be there.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::cli::Desk;

const BASICS: [&str; 9] = [
    "rewrite",
    "--user",
    "ann",
    "--catalog",
    "tables.sql",
    "--watch",
    "in",
    "--output",
    "out",
];
const BY_FILE: [&str; 2] = ["--policy", "policy.yaml"];
const PLAIN: &str = "SELECT id FROM orders\n";
const NORTH: &str = "region = 'north'";

fn desk(test: &str) -> Desk {
    let desk = Desk::new(&format!("watch-{test}"));
    fs::create_dir(desk.path("in")).unwrap();
    desk
}

fn once(desk: &Desk) -> (i32, String, String) {
    let ran = desk.run(&[&BASICS[..], &BY_FILE, &["--once"]].concat());
    (ran.status, ran.out, ran.err)
}

/// The protected script of this name, where there is one.
fn output(desk: &Desk, name: &str) -> Option<String> {
    fs::read_to_string(desk.path("out").join(name)).ok()
}

/// A process that watches. It ends with its test.
struct Running {
    child: Child,
    err: PathBuf,
}

impl Running {
    fn start(desk: &Desk, more: &[&str]) -> Self {
        let (out, err) = (desk.path("stdout"), desk.path("stderr"));
        let child = desk
            .command(&[&BASICS[..], more].concat())
            .stdout(Stdio::from(File::create(out).unwrap()))
            .stderr(Stdio::from(File::create(&err).unwrap()))
            .spawn()
            .unwrap();
        Self { child, err }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.err).unwrap()
    }

    /// Waits until something holds.
    #[track_caller]
    fn until(&mut self, what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{what}: it ended\n{}", self.said());
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{what}\n{}",
                self.said()
            );
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn once_writes_what_is_allowed_and_says_what_is_not() {
    let desk = desk("once");
    fs::create_dir_all(desk.path("in/team/deep")).unwrap();
    desk.write("in/a.sql", PLAIN);
    desk.write("in/team/deep/b.SQL", "SELECT name FROM people");
    desk.write("in/denied.sql", "SELECT dept FROM staff\n");
    desk.write("in/broken.sql", "SELEC 1");
    desk.write("in/bytes.sql", b"SELECT '\xff'");
    desk.write("in/.hidden.sql", PLAIN);
    desk.write("in/readme.md", PLAIN);
    let (status, out, err) = once(&desk);
    assert_eq!(status, 2, "{err}");
    assert_eq!(out, "wrote a.sql\nwrote team/deep/b.SQL\n");
    assert!(output(&desk, "a.sql").unwrap().contains(NORTH));
    assert!(
        output(&desk, "team/deep/b.SQL")
            .unwrap()
            .contains("Encryption_function")
    );
    for name in [
        "denied.sql",
        "broken.sql",
        "bytes.sql",
        ".hidden.sql",
        "readme.md",
    ] {
        assert_eq!(output(&desk, name), None, "{name}");
    }
    for word in ["denied.sql", "broken.sql", "input-not-utf8"] {
        assert!(err.contains(word), "{word}: {err}");
    }
    // What has not changed is not written again.
    assert_eq!(once(&desk).1, "");
    fs::remove_file(desk.path("in/bytes.sql")).unwrap();
    assert_eq!(once(&desk).0, 1);
}

#[test]
fn what_changed_while_nobody_watched_is_found() {
    let desk = desk("missed");
    desk.write("in/a.sql", PLAIN);
    desk.write("in/b.sql", PLAIN);
    desk.write("in/c.sql", PLAIN);
    assert_eq!(once(&desk).0, 0);
    fs::remove_file(desk.path("in/a.sql")).unwrap();
    desk.write("in/b.sql", "SELECT dept FROM staff");
    // Somebody wrote what nobody has protected, and a process was killed while it wrote.
    desk.write("out/c.sql", PLAIN);
    desk.write("out/d.sql", PLAIN);
    desk.write("out/.c.sql.77.part", "SELECT id FR");
    let (status, out, _) = once(&desk);
    assert_eq!(status, 1);
    assert_eq!(
        out.lines().collect::<std::collections::BTreeSet<_>>(),
        [
            "removed .c.sql.77.part",
            "removed a.sql",
            "removed b.sql",
            "removed d.sql",
            "wrote c.sql"
        ]
        .into()
    );
    assert!(output(&desk, "c.sql").unwrap().contains(NORTH));
    let left: Vec<_> = fs::read_dir(desk.path("out"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "c.sql and the mark: {left:?}");
}

#[test]
fn rules_that_cannot_be_used_leave_no_output() {
    let desk = desk("unusable");
    desk.write("in/a.sql", PLAIN);
    for (file, broken, status) in [
        (
            "policy.yaml",
            "apiVersion: sqlsec/v1\nversion: 8\nrules: [ {",
            3,
        ),
        ("tables.sql", "CREATE TABLE orders (id", 2),
    ] {
        assert_eq!(once(&desk).0, 0);
        assert!(output(&desk, "a.sql").is_some());
        let good = desk.read(file);
        desk.write(file, broken);
        let (said, _, err) = once(&desk);
        assert_eq!(said, status, "{err}");
        assert!(err.contains("watch-closed"), "{err}");
        assert_eq!(output(&desk, "a.sql"), None, "{file}");
        desk.write(file, good);
    }
}

#[test]
fn a_folder_of_somebody_else_is_not_touched() {
    let desk = desk("theirs");
    desk.write("in/a.sql", PLAIN);
    fs::create_dir(desk.path("out")).unwrap();
    desk.write("out/theirs.sql", "SELECT 1");
    let (status, _, err) = once(&desk);
    assert_eq!(status, 2, "{err}");
    assert_eq!(output(&desk, "theirs.sql").as_deref(), Some("SELECT 1"));
    assert_eq!(output(&desk, "a.sql"), None);
    for (scripts, out) in [("in", "in/out"), ("in", "in"), ("in", ".")] {
        let ran = desk.run(&[
            "rewrite",
            "--user",
            "ann",
            "--policy",
            "policy.yaml",
            "--once",
            "--watch",
            scripts,
            "--output",
            out,
        ]);
        assert_eq!(ran.status, 2, "{}", ran.err);
    }
    for more in [
        &["--diff"][..],
        &["--format", "json"],
        &["--session-out", "s"],
        &["a.sql"],
    ] {
        let ran = desk.run(&[&BASICS[..], &BY_FILE, more].concat());
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{more:?}");
    }
}

#[test]
fn a_folder_that_becomes_a_script_and_back_has_its_output_each_time() {
    let desk = desk("collision");
    fs::create_dir(desk.path("in/a.sql")).unwrap();
    desk.write("in/a.sql/b.sql", PLAIN);
    assert_eq!(once(&desk).0, 0);
    assert!(output(&desk, "a.sql/b.sql").is_some());
    fs::remove_dir_all(desk.path("in/a.sql")).unwrap();
    desk.write("in/a.sql", PLAIN);
    assert_eq!(once(&desk).0, 0);
    assert!(output(&desk, "a.sql").unwrap().contains(NORTH));
    fs::remove_file(desk.path("in/a.sql")).unwrap();
    fs::create_dir(desk.path("in/a.sql")).unwrap();
    desk.write("in/a.sql/b.sql", PLAIN);
    assert_eq!(once(&desk).0, 0);
    assert!(output(&desk, "a.sql/b.sql").unwrap().contains(NORTH));
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_folder_and_not_out_of_it() {
    use std::os::unix::fs::symlink;
    let desk = desk("links");
    // As a ConfigMap is mounted.
    fs::create_dir(desk.path("in/..data-1")).unwrap();
    desk.write("in/..data-1/a.sql", PLAIN);
    symlink("..data-1", desk.path("in/..data")).unwrap();
    symlink("..data/a.sql", desk.path("in/a.sql")).unwrap();
    desk.write("secret.sql", "SELECT 'secret of somebody'");
    fs::create_dir(desk.path("else")).unwrap();
    desk.write("else/b.sql", PLAIN);
    symlink("../secret.sql", desk.path("in/c.sql")).unwrap();
    symlink("../else", desk.path("in/else")).unwrap();
    symlink(".", desk.path("in/loop")).unwrap();
    symlink("nothing.sql", desk.path("in/dangling.sql")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(desk.path("in/pipe.sql"))
        .status();
    assert!(made.unwrap().success());
    let (status, out, err) = once(&desk);
    assert_eq!((status, out.as_str()), (2, "wrote a.sql\n"), "{err}");
    assert_eq!(
        err.matches("a link leads out of the folder").count(),
        2,
        "{err}"
    );
    assert!(
        err.contains("dangling.sql") && err.contains("pipe.sql"),
        "{err}"
    );
    assert!(!err.contains("secret of somebody"), "{err}");
}

#[test]
fn outputs_follow_scripts_and_rules() {
    let desk = desk("follows");
    desk.write("in/a.sql", PLAIN);
    desk.write("in/b.sql", PLAIN);
    let mut running = Running::start(&desk, &BY_FILE);
    running.until("the first pass", || {
        output(&desk, "a.sql").is_some() && output(&desk, "b.sql").is_some()
    });
    // A script that is new, one that changes, one that may no longer be, one that goes.
    fs::create_dir(desk.path("in/team")).unwrap();
    desk.write("in/team/c.sql", "SELECT name FROM people");
    running.until("a new script", || output(&desk, "team/c.sql").is_some());
    desk.write("in/a.sql", "SELECT id, region FROM orders\n");
    running.until("a changed script", || {
        output(&desk, "a.sql").is_some_and(|t| t.starts_with("SELECT id, region"))
    });
    desk.write("in/a.sql", "SELECT dept FROM staff\n");
    running.until("a denied script", || output(&desk, "a.sql").is_none());
    running.until("why", || {
        fs::read_to_string(desk.path("stderr"))
            .unwrap()
            .contains("a.sql:1:18")
    });
    fs::remove_dir_all(desk.path("in/team")).unwrap();
    running.until("a script that is gone", || !desk.path("out/team").exists());
    // The rules change, break, and are mended; the catalog too.
    let policy = desk.read("policy.yaml");
    desk.write(
        "policy.yaml",
        policy
            .replace("'north'", "'south'")
            .replace("version: 7", "version: 8"),
    );
    running.until("changed rules", || {
        output(&desk, "b.sql").is_some_and(|t| t.contains("'south'"))
    });
    desk.write(
        "policy.yaml",
        "apiVersion: sqlsec/v1\nversion: 9\nrules: [ { id: ",
    );
    running.until("broken rules", || output(&desk, "b.sql").is_none());
    desk.write("in/b.sql", "SELECT region FROM orders\n");
    sleep(Duration::from_millis(1500));
    assert_eq!(output(&desk, "b.sql"), None, "there are no rules");
    assert_eq!(
        running.said().matches("watch-closed").count(),
        1,
        "{}",
        running.said()
    );
    desk.write("policy.yaml", &policy);
    running.until("mended rules", || {
        output(&desk, "b.sql").is_some_and(|t| t.contains(NORTH) && t.starts_with("SELECT region"))
    });
    let tables = desk.read("tables.sql");
    desk.write("tables.sql", tables.replace("region STRING", "area STRING"));
    running.until("a catalog by which the script is wrong", || {
        output(&desk, "b.sql").is_none()
    });
}

#[test]
fn all_is_done_again_from_time_to_time_and_a_killed_process_leaves_whole_scripts() {
    let desk = desk("again");
    for number in 0..200 {
        desk.write(&format!("in/{number}.sql"), PLAIN);
    }
    let mut running = Running::start(&desk, &[&BY_FILE[..], &["--every", "1"]].concat());
    running.until("some scripts", || output(&desk, "3.sql").is_some());
    drop(running);
    for number in 0..200 {
        let text = output(&desk, &format!("{number}.sql"));
        assert!(
            text.is_none_or(|t| t.contains(NORTH) && t.ends_with('\n')),
            "{number}"
        );
    }
    let mut running = Running::start(&desk, &[&BY_FILE[..], &["--every", "1"]].concat());
    running.until("the rest", || {
        (0..200).all(|n| output(&desk, &format!("{n}.sql")).is_some())
    });
    // What somebody changed in the folder of outputs does not stay.
    desk.write("out/7.sql", PLAIN);
    desk.write("out/more.sql", PLAIN);
    running.until("what is not ours goes", || {
        output(&desk, "7.sql").is_some_and(|t| t.contains(NORTH))
            && output(&desk, "more.sql").is_none()
    });
    // A second process for the same folder is refused.
    assert_eq!(once(&desk).0, 2);
}

#[test]
fn notes_audit_records_and_a_splitter_go_with_it() {
    let desk = desk("options");
    desk.write("in/team.sql", "SELECT 1; SELECT id FROM orders;\n");
    let more = [
        "--once",
        "--explain",
        "--audit",
        "audit.jsonl",
        "--splitter",
        "dinky",
    ];
    let ran = desk.run(&[&BASICS[..], &BY_FILE, &more].concat());
    assert_eq!(ran.status, 1, "two statements on a line: {}", ran.err);
    desk.write("in/team.sql", "SELECT id FROM orders;\n");
    let ran = desk.run(&[&BASICS[..], &BY_FILE, &more].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    let text = output(&desk, "team.sql").unwrap();
    assert!(
        text.starts_with("-- sqlsec: orders filtered by north v7\nSELECT id"),
        "{text}"
    );
    let records = desk.read("audit.jsonl");
    assert_eq!(records.lines().count(), 2);
    assert!(records.contains("\"job\":\"team\""), "{records}");
}
