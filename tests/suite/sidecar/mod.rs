//! `sqlsec serve` on real sockets: what it answers, to whom, and what it does when things go wrong.

mod command;
mod faults;
mod lineage;
mod load;
mod tls;
mod versions;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlsec::host::{Config, Guarded, open};
use sqlsec::sidecar::{Bounds, Options, Running, SidecarError, start};

use crate::case::root;

const POLICY: &str = "
apiVersion: sqlsec/v1
version: 1
rules:
  - { id: region, type: row_filter, to: { users: [ann] }, on: { table: '*.*.orders' }, filter: \"region = 'north'\" }
  - { id: all, type: row_filter, to: { users: [bob] }, on: { table: '*.*.orders' }, filter: 'TRUE' }
";

const TABLES: &str = "CREATE TABLE orders (id INT, region STRING);";

/// What `SELECT id FROM orders` becomes for ann.
const PROTECTED: &str = "SELECT id FROM (SELECT * FROM orders WHERE region = 'north') AS `orders`";

/// A folder with a policy, tables, and the configuration that names them.
struct Desk(PathBuf);

impl Desk {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sidecar-{test}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let desk = Self(folder);
        desk.write("policy.yaml", POLICY);
        desk.write("tables.sql", TABLES);
        let config = json!({
            "policy": { "file": "policy.yaml" },
            "catalog": [{ "file": "tables.sql" }],
            "audit": { "file": "audit.jsonl" },
        });
        desk.write("engine.json", &config.to_string());
        desk
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    fn options(&self) -> Options {
        Options {
            config: self.file("engine.json"),
            listen: "127.0.0.1:0".parse().unwrap(),
            token: None,
            submitters: Vec::new(),
            records: None,
            tls: None,
            bounds: Bounds::default(),
            tell: Arc::new(|_| {}),
        }
    }

    fn start(&self) -> Running {
        start(self.options()).expect("it starts")
    }

    /// A service, and what it tells its operator.
    fn start_telling(&self) -> (Running, Arc<Mutex<Vec<String>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let options = Options {
            tell: Arc::new(move |line| heard.lock().unwrap().push(line.to_owned())),
            ..self.options()
        };
        (start(options).expect("it starts"), told)
    }
}

fn request(user: &str, sql: &str) -> String {
    json!({ "principal": { "user": user }, "sql": sql, "at": 1_700_000_000 }).to_string()
}

/// An answer of the service.
#[derive(Debug)]
struct Said {
    status: u16,
    head: String,
    body: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn sql(&self) -> Option<String> {
        let sql = self.json()["sql"].as_str().map(str::to_owned);
        assert!(sql.is_none() || self.status == 200, "{self:?}");
        sql
    }
}

fn read(stream: &mut impl Read) -> std::io::Result<Said> {
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text
        .split_once("\r\n\r\n")
        .ok_or_else(|| std::io::Error::other(format!("no reply: {text:?}")))?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    Ok(Said {
        status: status.ok_or_else(|| std::io::Error::other("no status"))?,
        head: head.to_lowercase(),
        body: body.to_owned(),
    })
}

fn send(
    stream: &mut impl Write,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> std::io::Result<()> {
    let length = body.len();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(text.as_bytes())
}

fn ask(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Said {
    let mut stream = TcpStream::connect(address).unwrap();
    send(&mut stream, method, path, headers, body).unwrap();
    read(&mut stream).unwrap()
}

fn check(address: SocketAddr, user: &str, sql: &str) -> Said {
    ask(address, "POST", "/v1/check", "", &request(user, sql))
}

/// Waits until something is so; a service looks at its files from time to time.
fn until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn it_answers_as_the_engine_does_byte_for_byte() {
    let desk = Desk::new("same");
    let running = desk.start();
    let config = Config::load(&desk.file("engine.json")).unwrap();
    let engine = Guarded::new(open(&config).unwrap().judge);
    for (user, sql) in [
        ("ann", "SELECT id FROM orders"),
        ("bob", "SELECT id FROM orders"),
        ("eve", "SELECT id FROM orders"),
        ("ann", "SELECT nothing FROM orders"),
        ("ann", "SELEC 1"),
        ("ann", "SET 'a' = 'b'; SELECT 'ß', '\u{1f600}' FROM orders"),
    ] {
        let said = check(running.address, user, sql);
        let own = engine.check_json(request(user, sql).as_bytes()).unwrap();
        assert_eq!(said.status, 200);
        assert_eq!(said.body.as_bytes(), own.json, "{user}: {sql}");
        assert!(said.head.contains("cache-control: no-store"));
    }
    assert_eq!(
        check(running.address, "ann", "SELECT id FROM orders")
            .sql()
            .as_deref(),
        Some(PROTECTED)
    );
    let audit = fs::read_to_string(desk.file("audit.jsonl")).unwrap();
    assert_eq!(audit.lines().count(), 7);
    assert!(!audit.contains("north"), "{audit}");
}

#[test]
fn what_is_no_request_is_told_where_it_is_wrong() {
    let desk = Desk::new("wrong");
    let running = desk.start();
    let post = |body: &str| ask(running.address, "POST", "/v1/check", "", body);
    let said = post("{\"principal\": {\"user\": \"ann\"},\n \"sqk\": 1}");
    assert_eq!(said.status, 400);
    let json = said.json();
    assert_eq!(
        (&json["code"], &json["line"]),
        (&json!("request-invalid"), &json!(2))
    );
    assert_eq!(post("").status, 400);
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream.write_all(b"POST /v1/check HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n\"\xff").unwrap();
    assert_eq!(read(&mut stream).unwrap().json()["code"], "input-not-utf8");
    assert_eq!(ask(running.address, "GET", "/v1/check", "", "").status, 405);
    assert_eq!(ask(running.address, "GET", "/", "", "").status, 404);
}

#[test]
fn it_lets_nobody_in_without_the_token() {
    let desk = Desk::new("token");
    let options = Options {
        token: Some("s3cret".to_owned()),
        ..desk.options()
    };
    assert!(!format!("{options:?}").contains("s3cret"));
    let running = start(options).unwrap();
    let body = request("ann", "SELECT id FROM orders");
    for shown in [
        "",
        "authorization: s3cret\r\n",
        "authorization: Basic s3cret\r\n",
        "authorization: Bearer s3cre\r\n",
        "authorization: Bearer\r\n",
        "authorization: Bearer s3cret2\r\n",
    ] {
        let said = ask(running.address, "POST", "/v1/check", shown, &body);
        assert_eq!(said.status, 401, "{shown}");
        assert!(said.head.contains("www-authenticate: bearer"), "{said:?}");
        assert!(said.sql().is_none());
    }
    let said = ask(
        running.address,
        "POST",
        "/v1/check",
        "authorization: bearer s3cret\r\n",
        &body,
    );
    assert_eq!(said.sql().as_deref(), Some(PROTECTED));
    // Health tells nothing that is worth a token.
    assert_eq!(ask(running.address, "GET", "/healthz", "", "").status, 200);
}

#[test]
fn new_rules_are_taken_and_broken_ones_are_not() {
    let desk = Desk::new("reload");
    let (running, told) = desk.start_telling();
    let sql = || check(running.address, "ann", "SELECT id FROM orders").sql();
    assert_eq!(sql().as_deref(), Some(PROTECTED));
    let heard = |word: &str| told.lock().unwrap().iter().any(|line| line.contains(word));

    desk.write("policy.yaml", &POLICY.replace("rules:", "rulez:"));
    until("it says that the policy is broken", || {
        heard("stays in force")
    });
    assert_eq!(sql().as_deref(), Some(PROTECTED));

    desk.write(
        "policy.yaml",
        &POLICY
            .replace("north", "south")
            .replace("version: 1", "version: 2"),
    );
    let south = PROTECTED.replace("north", "south");
    until("the new rule holds", || sql().as_deref() == Some(&south));

    // Rules do not go back.
    desk.write("policy.yaml", &POLICY.replace("north", "west"));
    until("it says that the version is lower", || {
        heard("is lower than 2")
    });
    assert_eq!(sql().as_deref(), Some(&*south));
    desk.write(
        "policy.yaml",
        &POLICY
            .replace("north", "south")
            .replace("version: 1", "version: 3"),
    );

    fs::remove_file(desk.file("tables.sql")).unwrap();
    until("it says that the tables are gone", || heard("tables.sql"));
    assert_eq!(sql().as_deref(), Some(&*south));
    assert_eq!(ask(running.address, "GET", "/readyz", "", "").status, 200);
    let behind = |number: &str| {
        let page = ask(running.address, "GET", "/metrics", "", "").body;
        page.contains(&format!("sqlsec_configuration_behind {number}\n"))
    };
    assert!(behind("1"));

    // A configuration may name other files: those are looked at from then on.
    desk.write(
        "more.sql",
        "CREATE TABLE orders (id INT, region STRING); CREATE TABLE more (id INT);",
    );
    desk.write(
        "engine.json",
        &json!({ "policy": { "file": "policy.yaml" }, "catalog": [{ "file": "more.sql" }] })
            .to_string(),
    );
    until("the new table is known", || {
        check(running.address, "bob", "SELECT id, nothing FROM more")
            .body
            .contains("column-unknown")
    });
}

#[test]
fn a_service_that_cannot_be_has_a_reason() {
    let desk = Desk::new("reasons");
    desk.write(
        "policy.yaml",
        "apiVersion: sqlsec/v1\nversion: 1\nrulez: []",
    );
    let Err(SidecarError::Config(error)) = start(desk.options()) else {
        panic!("it starts");
    };
    assert_eq!((error.code.as_str(), error.line), ("policy-invalid", 3));
    desk.write("policy.yaml", POLICY);
    let running = desk.start();
    let taken = Options {
        listen: running.address,
        ..desk.options()
    };
    assert!(matches!(start(taken), Err(SidecarError::Listen(..))));
    desk.write("engine.json", &json!({ "policy": { "file": "policy.yaml" }, "audit": { "file": "no/folder/audit.jsonl" } }).to_string());
    let Err(SidecarError::Config(error)) = start(desk.options()) else {
        panic!("it starts");
    };
    assert_eq!(error.code.as_str(), "audit-unwritable");
}

#[test]
fn an_operator_sees_what_happens() {
    let desk = Desk::new("metrics");
    let running = desk.start();
    check(running.address, "ann", "SELECT id FROM orders");
    check(running.address, "eve", "SELECT id FROM orders");
    check(running.address, "eve", "SELECT id FROM orders");
    ask(running.address, "POST", "/v1/check", "", "{}");
    let said = ask(running.address, "GET", "/metrics", "", "");
    assert!(
        said.head
            .contains("content-type: application/openmetrics-text"),
        "{said:?}"
    );
    for line in [
        "sqlsec_checks_total{decision=\"allow\"} 1",
        "sqlsec_checks_total{decision=\"deny\"} 2",
        "sqlsec_denials_total{code=\"no-matching-filter\"} 2",
        "sqlsec_requests_refused_total{why=\"request-invalid\"} 1",
        "sqlsec_check_seconds_count 3",
        "sqlsec_requests_in_flight 0",
        "sqlsec_policy_version 1",
        "sqlsec_policy_age_seconds 0",
        "sqlsec_policy_stale 0",
        "sqlsec_configuration_behind 0",
        "sqlsec_ready 1",
        "# EOF",
    ] {
        assert!(
            said.body.lines().any(|own| own == line),
            "{line} is not in {}",
            said.body
        );
    }
    assert!(said.body.contains("\nsqlsec_configuration_age_seconds "));
    assert!(said.body.contains("\nsqlsec_check_seconds_bucket{le="));
}

#[test]
fn the_contract_names_every_address_and_its_answers() {
    let text = fs::read_to_string(root().join("schema/check.openapi.yaml")).unwrap();
    let contract: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(contract["openapi"], "3.1.0");
    let running = Desk::new("contract").start();
    let paths = contract["paths"].as_object().unwrap();
    // What is answered is in the contract, and nothing else is.
    let answered: Vec<&str> = sqlsec::sidecar::paths().collect();
    assert_eq!(paths.keys().collect::<Vec<_>>(), answered);
    for (path, methods) in paths {
        for (method, about) in methods.as_object().unwrap() {
            let body = request("ann", "SELECT id FROM orders");
            let path = &path.replace("{id}", "7");
            let said = ask(running.address, &method.to_uppercase(), path, "", &body);
            let answer = &about["responses"][said.status.to_string()];
            assert!(
                answer.is_object(),
                "{method} {path}: {} is not in the contract",
                said.status
            );
        }
    }
    let own = ["400", "401", "408", "413", "503"];
    let told = contract["paths"]["/v1/check"]["post"]["responses"]
        .as_object()
        .unwrap();
    assert!(
        own.iter().all(|status| told.contains_key(*status)),
        "{told:?}"
    );
}
