//! Rules that go back behind a service that runs: in Ranger's files, in what a permission service answers, in a store that was put back.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, POLICY, PROTECTED, ask, check, until};
use crate::case::root;

/// A document of the fixtures with another version.
fn ranger(desk: &Desk, name: &str, field: &str, version: u64) {
    let text = fs::read_to_string(root().join("fixtures/ranger").join(name)).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document[field] = json!(version);
    desk.write(name, &document.to_string());
}

#[test]
fn documents_of_ranger_do_not_go_back() {
    let desk = Desk::new("versions-ranger");
    ranger(&desk, "policies.json", "policyVersion", 40);
    ranger(&desk, "roles.json", "roleVersion", 5);
    let files = json!({ "policies": "policies.json", "roles": "roles.json" });
    let config = json!({ "ranger": files, "catalog": [{ "file": "tables.sql" }] });
    desk.write("engine.json", &config.to_string());
    let (running, told) = desk.start_telling();
    let heard = |word: &str| told.lock().unwrap().iter().any(|line| line.contains(word));
    ranger(&desk, "policies.json", "policyVersion", 39);
    until("it says that the version is lower", || {
        heard(" of the rules is lower than ")
    });
    // Each document has a version of its own: the sum is what grows.
    ranger(&desk, "roles.json", "roleVersion", 9);
    until("they are taken", || heard("serving by the changed files"));
    drop(running);
}

#[cfg(feature = "service")]
#[test]
fn what_a_permission_service_answers_does_not_go_back_when_files_change() {
    let desk = Desk::new("versions-service");
    let serve = |listen: &str, version: u64| {
        let text = POLICY.replace("version: 1", &format!("version: {version}"));
        desk.write("served.yaml", &text);
        let options = sqlsec::serve::Options {
            policy: desk.file("served.yaml"),
            users: None,
            listen: listen.parse().unwrap(),
            token: None,
            max_age: Duration::from_secs(1),
            stale_if_error: Duration::ZERO,
            tell: Arc::new(|_| {}),
        };
        sqlsec::serve::start(options).unwrap()
    };
    let service = serve("127.0.0.1:0", 7);
    let address = service.address.to_string();
    let config = |tables: &str| {
        let url = json!({ "url": format!("http://{address}") });
        json!({ "service": url, "catalog": [{ "file": tables }] }).to_string()
    };
    desk.write("engine.json", &config("tables.sql"));
    let (running, told) = desk.start_telling();
    let said = || check(running.address, "ann", "SELECT id FROM orders");
    assert_eq!(said().sql().as_deref(), Some(PROTECTED), "{:?}", said());
    drop(service);
    let older = serve(&address, 6);
    let opened = || {
        let told = told.lock().unwrap();
        let opened = told.iter().filter(|line| line.contains("serving by"));
        opened.count()
    };
    // Nor the second time, when nothing was answered since the first.
    for (times, tables) in [(1, "more.sql"), (2, "much-more.sql")] {
        desk.write(tables, "CREATE TABLE orders (id INT, region STRING);");
        desk.write("engine.json", &config(tables));
        until("it is opened anew", || opened() == times);
    }
    let reply = said();
    assert_eq!(reply.sql(), None);
    assert!(reply.body.contains("policy-unavailable"), "{reply:?}");
    drop(older);
    let _newer = serve(&address, 8);
    until("newer rules are taken", || said().sql().is_some());
}

#[test]
fn a_store_that_was_put_back_is_not_taken_by_a_reload() {
    let desk = Desk::new("versions-store");
    let tables = "CREATE TABLE orders (id INT, region STRING); CREATE TABLE copies (id INT);";
    desk.write("tables.sql", tables);
    let config = json!({
        "policy": { "file": "policy.yaml" },
        "catalog": [{ "file": "tables.sql" }],
        "lineage": { "store": "lineage.db", "create": true },
    });
    desk.write("engine.json", &config.to_string());
    drop(desk.start());
    fs::copy(desk.file("lineage.db"), desk.file("older.db")).unwrap();
    let (running, told) = desk.start_telling();
    let copy = "INSERT INTO copies SELECT id FROM orders";
    assert_eq!(check(running.address, "bob", copy).json()["lineage_id"], 1);
    // Whoever has number 1 could end what somebody else writes into this one.
    for part in ["lineage.db-wal", "lineage.db-shm"] {
        let _ = fs::remove_file(desk.file(part));
    }
    fs::rename(desk.file("older.db"), desk.file("lineage.db")).unwrap();
    desk.write(
        "tables.sql",
        &format!("{tables} CREATE TABLE more (id INT);"),
    );
    let heard = |word: &str| told.lock().unwrap().iter().any(|line| line.contains(word));
    until("it says what has happened", || {
        heard("knows less than the one in use")
    });
    assert!(!heard("serving by the changed files"));
    let commit = "/v1/lineage/1/commit";
    assert_eq!(ask(running.address, "POST", commit, "", "").status, 204);
    assert_eq!(
        check(running.address, "bob", "SELECT id FROM more").sql(),
        None
    );
}
