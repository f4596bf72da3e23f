//! `sqlsec serve` and `--audit` as commands.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use super::{Desk, PROTECTED, ask};

/// The command as a child process.
pub(super) struct Served {
    pub child: Child,
    pub address: SocketAddr,
}

impl Served {
    pub fn start(desk: &Desk, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sqlsec"))
            .arg("serve")
            .args(["--config", desk.file("engine.json").to_str().unwrap()])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().unwrap().parse();
        let Ok(address) = address else {
            let mut said = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            panic!("{line}: {said}");
        };
        Self { child, address }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_serves_until_it_is_told_to_end() {
    let desk = Desk::new("command");
    desk.write("token", "s3cret\n");
    let token = desk.file("token");
    let mut served = Served::start(
        &desk,
        &[
            "--listen",
            "127.0.0.1:0",
            "--token-file",
            token.to_str().unwrap(),
        ],
    );
    let said = ask(
        served.address,
        "POST",
        "/v1/check",
        "authorization: Bearer s3cret\r\n",
        &super::request("ann", "SELECT id FROM orders"),
    );
    assert_eq!(said.sql().as_deref(), Some(PROTECTED));
    let killed = Command::new("kill")
        .args(["-TERM", &served.child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

#[test]
fn submitters_have_tokens_of_their_own() {
    let desk = Desk::new("command-submitters");
    let submitter = |name: &str| {
        desk.write(name, &format!("token-of-{name}\n"));
        format!("{name}={}", desk.file(name).display())
    };
    let (a, b) = (submitter("a"), submitter("b"));
    let more = [
        "--listen",
        "127.0.0.1:0",
        "--submitter",
        &a,
        "--submitter",
        &b,
    ];
    let served = Served::start(&desk, &more);
    for (shown, status) in [
        ("token-of-a", 200),
        ("token-of-b", 200),
        ("a", 401),
        ("", 401),
    ] {
        let header = format!("authorization: Bearer {shown}\r\n");
        let body = super::request("ann", "SELECT id FROM orders");
        let said = ask(served.address, "POST", "/v1/check", &header, &body);
        assert_eq!(said.status, status, "{shown}");
    }
}

#[test]
fn a_mistake_at_the_start_has_a_place() {
    let desk = Desk::new("command-wrong");
    let run = |more: &[&str]| {
        let config = desk.file("engine.json");
        let out = Command::new(env!("CARGO_BIN_EXE_sqlsec"))
            .args(["serve", "--config", config.to_str().unwrap()])
            .args(more)
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let (status, said) = run(&["--listen", "0.0.0.0:0"]);
    assert_eq!(status, Some(2));
    assert!(said.contains("--token-file"), "{said}");
    desk.write(
        "policy.yaml",
        "apiVersion: sqlsec/v1\nversion: 1\nrulez: []",
    );
    let (status, said) = run(&[]);
    assert_eq!(status, Some(3));
    assert!(
        said.contains("policy-invalid") && said.contains("policy.yaml:3:"),
        "{said}"
    );
    desk.write("engine.json", "{\"polizy\": 1}");
    let (status, said) = run(&[]);
    assert_eq!(status, Some(2));
    assert!(
        said.contains("config-invalid") && said.contains("polizy"),
        "{said}"
    );
}

#[test]
fn the_command_line_keeps_records_too() {
    let desk = Desk::new("command-audit");
    desk.write("job.sql", "SELECT id FROM orders");
    let run = |audit: &str| {
        Command::new(env!("CARGO_BIN_EXE_sqlsec"))
            .current_dir(&desk.0)
            .args([
                "rewrite",
                "--user",
                "ann",
                "--policy",
                "policy.yaml",
                "--catalog",
                "tables.sql",
                "--audit",
                audit,
                "job.sql",
            ])
            .output()
            .unwrap()
    };
    let out = run("cli.jsonl");
    assert_eq!(String::from_utf8(out.stdout).unwrap().trim(), PROTECTED);
    let records = std::fs::read_to_string(desk.file("cli.jsonl")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&records).unwrap();
    assert_eq!(
        (&record["decision"], &record["principal"]["user"]),
        (&"allow".into(), &"ann".into())
    );
    let out = run("no/folder/cli.jsonl");
    assert_eq!(
        (out.status.code(), out.stdout.as_slice()),
        (Some(2), b"".as_slice())
    );
    if cfg!(target_os = "linux") {
        // A disk that is full: what cannot be recorded is not printed.
        std::os::unix::fs::symlink("/dev/full", desk.file("full.jsonl")).unwrap();
        let out = run("full.jsonl");
        let said = String::from_utf8(out.stderr).unwrap();
        assert_eq!(
            (out.status.code(), out.stdout.as_slice()),
            (Some(3), b"".as_slice()),
            "{said}"
        );
        assert!(said.contains("audit-unavailable"), "{said}");
    }
}
