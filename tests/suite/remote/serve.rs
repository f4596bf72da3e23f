//! `serve-policies` on a real socket, and the command line that asks it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{POLICY, PROTECTED, Rig, quick};
use crate::case::root;
use sqlsec::serve::{Options, Running, ServeError, start};
use sqlsec::source::remote::{Auth, Bounds, Secret};

fn desk(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("serve-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("policy.yaml"), POLICY).unwrap();
    folder
}

fn options(folder: &Path, token: Option<&str>) -> Options {
    Options {
        policy: folder.join("policy.yaml"),
        users: None,
        listen: "127.0.0.1:0".parse().unwrap(),
        token: token.map(str::to_owned),
        max_age: Duration::from_secs(30),
        stale_if_error: Duration::ZERO,
        tell: Arc::new(|_| {}),
    }
}

fn serve(folder: &Path, token: Option<&str>) -> Running {
    start(options(folder, token)).expect("it starts")
}

/// Status, head and body of a plain request.
fn get(address: SocketAddr, target: &str, headers: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("a reply");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

#[test]
fn it_answers_our_own_client() {
    let running = serve(&desk("client"), None);
    let rig = Rig::at(&format!("http://{}", running.address));
    rig.ann().expect("allowed");
    let reply = rig.check("sam", "SELECT id FROM a");
    assert_eq!(
        reply.decision.errors()[0].code.as_str(),
        "no-matching-filter"
    );
}

#[test]
fn nothing_is_read_of_whoever_may_not_ask() {
    let running = serve(&desk("unread"), Some("s3cret"));
    let mut stream = TcpStream::connect(running.address).unwrap();
    let limit = Duration::from_secs(5);
    stream.set_read_timeout(Some(limit)).unwrap();
    // Of the body nothing ever comes.
    let head = "POST /v1/policies HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 2000000\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 401");
}

#[test]
fn it_lets_nobody_in_without_the_token() {
    let running = serve(&desk("token"), Some("s3cret"));
    let url = format!("http://{}", running.address);
    let said = Rig::at(&url).ann().expect_err("no token");
    assert!(said.contains("status 401"), "{said}");
    let mut settings = quick(&url);
    settings.auth = Auth::Bearer {
        token: Secret::new("s3cret"),
    };
    Rig::new(&settings, Bounds::default())
        .ann()
        .expect("let in");
    for shown in [
        "",
        "authorization: s3cret\r\n",
        "authorization: Basic s3cret\r\n",
        "authorization: Bearer s3cre\r\n",
        "authorization: Bearer \r\n",
    ] {
        let (status, head, body) = get(running.address, "/v1/policies?user=ann", shown);
        assert_eq!(status, 401, "{shown}");
        assert!(head.contains("www-authenticate: bearer") && !body.contains("north"));
    }
    // Whether it is alive is no secret.
    assert_eq!(get(running.address, "/healthz", "").2, "{\"version\":7}");
}

#[test]
fn its_answers_have_the_shape_of_the_contract() {
    let running = serve(&desk("shape"), None);
    let target = "/v1/policies?user=ann&group=g&table=c.d.a&physical=kafka://b:9092/a";
    let (status, head, body) = get(running.address, target, "");
    assert_eq!(status, 200);
    assert!(head.contains("content-type: application/json"));
    assert!(head.contains("cache-control: private, max-age=30, stale-if-error=0"));
    let document: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(document["version"], 7);
    let ids: Vec<_> = document["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].clone())
        .collect();
    assert_eq!(ids, ["north"], "no rule of another table");
    assert_eq!(document["excerpt"]["physical"], false);
    let tag = head
        .lines()
        .find_map(|l| l.strip_prefix("etag: "))
        .expect("a tag");
    let (status, _, body) = get(
        running.address,
        target,
        &format!("if-none-match: {tag}\r\n"),
    );
    assert_eq!((status, body.as_str()), (304, ""));
    for (target, status, why) in [
        ("/v1/policies", 400, "`user` is missing"),
        (
            "/v1/policies?user=ann&table=a",
            400,
            "is not `catalog.database.table`",
        ),
        (
            "/v1/policies?user=ann&what=ever",
            400,
            "unknown parameter `what`",
        ),
        ("/v1/policy?user=ann", 404, "/v1/policies"),
        ("/", 404, "/v1/policies"),
    ] {
        let (got, _, body) = get(running.address, target, "");
        assert_eq!(got, status, "{target}");
        assert!(body.contains(why), "{target}: {body}");
    }
}

#[test]
fn the_contract_names_what_the_service_and_the_client_say() {
    let text = fs::read_to_string(root().join("schema/policies.openapi.yaml")).unwrap();
    let contract: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(contract["openapi"], "3.1.0");
    let get = &contract["paths"]["/v1/policies"]["get"];
    let parameters = get["parameters"].as_array().unwrap();
    let query = parameters.iter().filter(|p| p["in"] == "query");
    let names: Vec<_> = query.map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["user", "group", "role", "table", "physical", "object"]
    );
    let known = |name: &str| {
        let value = match name {
            "table" => "c.d.t",
            _ => "x",
        };
        let mut pairs = vec![
            ("user".to_owned(), "ann".to_owned()),
            ("table".to_owned(), "c.d.t".to_owned()),
        ];
        if name != "user" {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        sqlsec::source::wire::question(pairs).is_ok()
    };
    assert!(names.iter().all(|name| known(name)) && !known("other"));
    let mut statuses: Vec<_> = get["responses"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["200", "304", "400", "401", "500"]);
}

#[test]
fn a_changed_file_is_served_and_a_bad_one_is_not() {
    let folder = desk("reload");
    let said: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&said);
    let mut options = options(&folder, None);
    options.tell = Arc::new(move |line| heard.lock().unwrap().push(line.to_owned()));
    let running = start(options).expect("it starts");
    let version = || get(running.address, "/healthz", "").2;
    let file = folder.join("policy.yaml");
    let change = |text: &str, says: &str| {
        said.lock().unwrap().clear();
        fs::write(&file, text).unwrap();
        let began = Instant::now();
        while !said.lock().unwrap().iter().any(|line| line.contains(says)) {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "{says}: {:?}",
                said.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    change(
        &POLICY.replace("version: 7", "version: 8"),
        "serving version 8",
    );
    assert_eq!(version(), "{\"version\":8}");
    change("rules: [", "version 8 stays in force");
    change(
        &POLICY.replace("version: 7", "version: 6 "),
        "has another text, and version 6",
    );
    assert_eq!(version(), "{\"version\":8}");
    change(
        &POLICY
            .replace("version: 7", "version: 8")
            .replace("north", "south"),
        "has another text, and version 8",
    );
    change(
        &POLICY.replace("version: 7", "version: 10"),
        "serving version 10",
    );
    assert_eq!(version(), "{\"version\":10}");
}

#[test]
fn a_bad_start_says_why() {
    let folder = desk("start");
    fs::write(folder.join("policy.yaml"), "apiVersion: sqlsec/v9").unwrap();
    assert!(matches!(
        start(options(&folder, None)),
        Err(ServeError::Policy(_))
    ));
    fs::remove_file(folder.join("policy.yaml")).unwrap();
    assert!(matches!(
        start(options(&folder, None)),
        Err(ServeError::Unreadable(..))
    ));
    let taken = serve(&desk("start"), None);
    let mut again = options(&folder, None);
    again.listen = taken.address;
    assert!(matches!(start(again), Err(ServeError::Listen(..))));
}

#[test]
fn a_file_that_is_being_written_is_not_served() {
    let folder = desk("half");
    let running = serve(&folder, None);
    let version = || get(running.address, "/healthz", "").2;
    let whole = POLICY.replace("version: 7", "version: 8");
    let (half, rest) = whole.split_at(whole.find("  - { id: phone").expect("two rules"));
    let mut file = fs::File::create(folder.join("policy.yaml")).unwrap();
    for byte in half.as_bytes().chunks(20) {
        // Always busy: no look finds it as the last one did.
        file.write_all(byte).unwrap();
        file.flush().unwrap();
        std::thread::sleep(Duration::from_millis(150));
        assert_eq!(version(), "{\"version\":7}");
    }
    file.write_all(rest.as_bytes()).unwrap();
    drop(file);
    let began = Instant::now();
    while version() != "{\"version\":8}" {
        assert!(began.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(20));
    }
    let target = "/v1/policies?user=ann&table=c.d.a&table=c.d.b";
    assert!(get(running.address, target, "").2.contains("phone"));
}

#[test]
fn it_starts_inside_of_an_async_program_too() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let folder = desk("async");
    let running = runtime.block_on(async { serve(&folder, None) });
    assert_eq!(get(running.address, "/healthz", "").0, 200);
    runtime.block_on(async { drop(running) });
}

/// The program as a service, ended when dropped.
struct Process(Child, String);

impl Process {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sqlsec"))
            .args(arguments)
            .current_dir(root())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .expect("an address")
            .to_owned();
        Self(child, url)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sqlsec(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sqlsec"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn the_quickstart_script_comes_out_the_same_by_service_and_by_file() {
    let policy = "fixtures/quickstart/policy.yaml";
    let service = Process::start(&[
        "serve-policies",
        "--policy",
        policy,
        "--listen",
        "127.0.0.1:0",
    ]);
    for user in ["userA", "userB", "userC"] {
        let script = "fixtures/quickstart/shop.sql";
        let by_file = sqlsec(&["rewrite", "--user", user, "--policy", policy, script]);
        let by_service = sqlsec(&["rewrite", "--user", user, "--service", &service.1, script]);
        assert_eq!(by_service, by_file, "{user}");
        assert_eq!(by_file.0 == 0, user != "userC");
    }
    let both = sqlsec(&[
        "check",
        "--user",
        "userA",
        "--service",
        &service.1,
        "--policy",
        policy,
        "-",
    ]);
    assert_eq!(both.0, 2);
    assert!(both.2.contains("two sources of rules"), "{}", both.2);
}

#[test]
fn the_account_of_a_script_is_the_same_by_service_and_by_file_but_for_its_age() {
    let policy = "fixtures/quickstart/policy.yaml";
    let arguments = [
        "serve-policies",
        "--policy",
        policy,
        "--listen",
        "127.0.0.1:0",
    ];
    let service = Process::start(&arguments);
    for (user, status) in [("userA", 0), ("userB", 0), ("userC", 1)] {
        let script = "fixtures/quickstart/shop.sql";
        let by_file = sqlsec(&["explain", "--user", user, "--policy", policy, script]);
        let by_service = sqlsec(&["explain", "--user", user, "--service", &service.1, script]);
        assert_eq!((by_file.0, by_service.0), (status, status), "{user}");
        let (head, rest) = by_service.1.split_once('\n').expect("a head");
        let (at_home, same) = by_file.1.split_once('\n').expect("a head");
        assert_eq!(rest, same, "{user}");
        let version = at_home.trim_end_matches(')');
        let aged = head
            .strip_prefix(version)
            .expect("the version")
            .trim_end_matches(" s ago)");
        let age: u64 = aged
            .strip_prefix(", as the service said ")
            .expect(head)
            .parse()
            .expect(head);
        assert!(age < 60, "{head}");
    }
}

#[test]
fn without_an_answer_there_is_a_reason_and_no_account() {
    // A port that nobody listens on.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let script = "fixtures/quickstart/shop.sql";
    let arguments = ["explain", "--user", "userA", "--service", &url, script];
    let (status, out, err) = sqlsec(&arguments);
    assert_eq!((status, out.as_str()), (3, "denied for userA (no rules)\n"));
    assert!(err.contains("error[policy-unavailable]"), "{err}");
    let (_, json, _) = sqlsec(&[&arguments[..], &["--format", "json"]].concat());
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["statements"], serde_json::json!([]));
    assert_eq!(value["errors"][0]["code"], "policy-unavailable");
}

#[test]
fn an_account_says_when_its_rules_are_past_their_time() {
    let folder = desk("stale-account");
    let mut options = options(&folder, None);
    options.stale_if_error = Duration::from_secs(600);
    let running = start(options).expect("it starts");
    let bounds = Bounds {
        stale: Duration::from_secs(600),
        ..Bounds::default()
    };
    let rig = Rig::new(&quick(&format!("http://{}", running.address)), bounds);
    let asked = super::request("ann", "SELECT id FROM a");
    let account = rig.gate.explain(&asked);
    assert_eq!(account.reply.decision.sql(), Some(PROTECTED));
    assert_eq!(
        (account.reply.policy.version, account.reply.policy.stale),
        (7, false)
    );
    let [table] = &account.statements[0].tables[..] else {
        panic!("{account:?}")
    };
    let filters: Vec<_> = table.account.faces[0]
        .filters
        .iter()
        .map(|f| &*f.rule)
        .collect();
    assert_eq!(filters, ["north"]);
    drop(running);
    rig.forward(40);
    let stamp = rig.gate.explain(&asked).reply.policy;
    assert_eq!(
        (stamp.version, stamp.age_s, stamp.stale),
        (7, Some(40), true)
    );
    rig.forward(600);
    let gone = rig.gate.explain(&asked);
    assert!(gone.statements.is_empty() && gone.reply.decision.sql().is_none());
}

#[test]
fn a_service_can_stand_in_a_configuration_file() {
    let folder = desk("configured");
    fs::write(folder.join("token"), "s3cret\n").unwrap();
    let token = folder.join("token");
    let policy = folder.join("policy.yaml");
    let service = Process::start(&[
        "serve-policies",
        "--policy",
        policy.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--token-file",
        token.to_str().unwrap(),
    ]);
    let config = format!(
        "user = 'ann'\n[service]\nurl = '{}'\nauth = {{ kind = 'bearer-file', token-file = 'token' }}\npatience = {{ total = 20.0 }}\n[cache]\nstale = 60.0\n",
        service.1
    );
    fs::write(folder.join("sqlsec.toml"), config).unwrap();
    fs::write(folder.join("job.sql"), "CREATE TABLE a (id BIGINT, region STRING) WITH ('connector' = 'datagen');\nSELECT id FROM a").unwrap();
    let path = |file: &str| folder.join(file).to_str().unwrap().to_owned();
    let (status, out, err) = sqlsec(&[
        "rewrite",
        "--config",
        &path("sqlsec.toml"),
        &path("job.sql"),
    ]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains(PROTECTED), "{out}");
    // Without the token nobody is let in, and nothing comes out.
    let (status, out, err) = sqlsec(&[
        "rewrite",
        "--user",
        "ann",
        "--service",
        &service.1,
        &path("job.sql"),
    ]);
    assert_eq!((status, out.as_str()), (3, ""));
    assert!(
        err.contains("error[policy-unavailable]") && err.contains("status 401"),
        "{err}"
    );
    // An address that others reach is not served without a token.
    let (status, _, err) = sqlsec(&[
        "serve-policies",
        "--policy",
        policy.to_str().unwrap(),
        "--listen",
        "0.0.0.0:0",
    ]);
    assert_eq!(status, 2);
    assert!(err.contains("--token-file"), "{err}");
}

/// What comes back on a connection until the other side ends it, and after how long.
fn until_closed(address: SocketAddr, said: &str) -> (String, Duration) {
    let mut stream = TcpStream::connect(address).unwrap();
    let patience = Duration::from_secs(30);
    stream.set_read_timeout(Some(patience)).unwrap();
    let began = Instant::now();
    stream.write_all(said.as_bytes()).unwrap();
    let mut text = Vec::new();
    // That a connection is reset is an end too; that nothing comes is none.
    if let Err(error) = stream.read_to_end(&mut text) {
        assert_eq!(
            error.kind(),
            std::io::ErrorKind::ConnectionReset,
            "{said:?}"
        );
    }
    (String::from_utf8(text).unwrap(), began.elapsed())
}

#[test]
fn a_client_that_does_not_finish_its_request_is_not_waited_for() {
    let running = serve(&desk("slow"), None);
    let address = running.address;
    let requests = [
        "",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n",
        "POST /v1/policies HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nuser",
        // It is answered, and then says nothing more.
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
    ];
    let clients = requests.map(|said| std::thread::spawn(move || until_closed(address, said)));
    // Somebody else does not notice.
    assert_eq!(get(address, "/healthz", "").0, 200);
    let [silent, half, body, kept] = clients.map(|client| client.join().unwrap());
    for (said, after) in [&silent, &half, &body, &kept] {
        assert!(!said.contains("north"), "{said}");
        assert!(*after < Duration::from_secs(25), "{after:?}: {said}");
    }
    assert!(!silent.0.contains(" 200 ") && !half.0.contains(" 200 "));
    assert!(body.0.starts_with("HTTP/1.1 408 "), "{}", body.0);
    assert!(kept.0.contains("{\"version\":7}"), "{}", kept.0);
}
