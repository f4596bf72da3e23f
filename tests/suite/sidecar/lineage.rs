//! The lineage store behind `sqlsec serve`: the shared steps over sockets, who may tell what became of a record, and a store that changes under the service.

use std::fs;

use serde_json::json;
use sqlsec::host::Settle;
use sqlsec::sidecar::{Options, Running, SidecarError, Submitter, start};

use super::{Desk, ask, check, request, until};
use crate::hosts::{Front, folder, shared_steps};

impl Front for Running {
    fn check(&self, request: &str) -> (String, String) {
        let said = ask(self.address, "POST", "/v1/check", "", request);
        assert_eq!(said.status, 200, "{said:?}");
        let word = said.json()["decision"].as_str().unwrap().to_owned();
        (word, said.body)
    }

    fn settle(&self, settle: Settle, id: u64) -> String {
        let path = format!("/v1/lineage/{id}/{}", settle.word());
        let said = ask(self.address, "POST", &path, "", "");
        if said.status == 204 {
            assert!(said.body.is_empty());
            return "ok".to_owned();
        }
        let code = said.json()["code"].as_str().unwrap().to_owned();
        let status = match code.as_str() {
            "record-unknown" => 404,
            "record-unfit" => 409,
            _ => panic!("{said:?}"),
        };
        assert_eq!(said.status, status);
        code
    }
}

#[test]
fn masks_follow_the_data_from_job_to_job() {
    let folder = folder("http");
    shared_steps(&folder, &|config| {
        let file = folder.join("engine.json");
        fs::write(&file, config).unwrap();
        let options = Options {
            config: file,
            ..Desk::new("steps").options()
        };
        Box::new(start(options).expect("it starts"))
    });
}

/// A desk whose service keeps lineage.
fn desk(test: &str) -> Desk {
    let desk = Desk::new(test);
    configure(&desk, "lineage.db");
    desk.write(
        "tables.sql",
        "CREATE TABLE orders (id INT, region STRING); CREATE TABLE copies (id INT);",
    );
    desk
}

fn configure(desk: &Desk, store: &str) {
    let config = json!({
        "policy": { "file": "policy.yaml" },
        "catalog": [{ "file": "tables.sql" }],
        "lineage": { "store": store, "create": true },
    });
    desk.write("engine.json", &config.to_string());
}

const COPY: &str = "INSERT INTO copies SELECT id FROM orders";

#[test]
fn who_may_not_ask_may_not_tell_either() {
    let desk = desk("lineage-token");
    let options = Options {
        token: Some("s3cret".to_owned()),
        ..desk.options()
    };
    let running = start(options).unwrap();
    let token = "authorization: Bearer s3cret\r\n";
    let said = ask(
        running.address,
        "POST",
        "/v1/check",
        token,
        &request("bob", COPY),
    );
    assert_eq!(said.json()["lineage_id"], 1);
    for end in ["commit", "abort", "ended"] {
        let path = format!("/v1/lineage/1/{end}");
        assert_eq!(ask(running.address, "POST", &path, "", "").status, 401);
        assert_eq!(ask(running.address, "GET", &path, token, "").status, 405);
    }
    for wrong in ["", "x", "-1", "1.0", "%31x", "99999999999999999999"] {
        let path = format!("/v1/lineage/{wrong}/abort");
        let said = ask(running.address, "POST", &path, token, "");
        assert_eq!(said.json()["code"], "record-unknown", "{wrong}");
    }
    for nowhere in ["/v1/lineage/1", "/v1/lineage/1/forget"] {
        assert_eq!(ask(running.address, "POST", nowhere, token, "").status, 404);
    }
    assert_eq!(
        ask(running.address, "POST", "/v1/lineage/1/abort", token, "").status,
        204
    );
    let page = ask(running.address, "GET", "/metrics", "", "").body;
    for line in [
        "sqlsec_lineage_records_total{what=\"pending\"} 1",
        "sqlsec_lineage_records_total{what=\"abort\"} 1",
        "sqlsec_requests_refused_total{why=\"record-unknown\"} 6",
        "sqlsec_requests_refused_total{why=\"unauthorized\"} 3",
        "sqlsec_audit_lost_total 0",
    ] {
        assert!(
            page.lines().any(|own| own == line),
            "{line} is not in {page}"
        );
    }
}

#[test]
fn the_store_stays_while_the_service_runs() {
    let desk = desk("lineage-other");
    let (running, told) = desk.start_telling();
    assert_eq!(check(running.address, "bob", COPY).json()["lineage_id"], 1);
    configure(&desk, "other.db");
    let heard = |word: &str| told.lock().unwrap().iter().any(|line| line.contains(word));
    until("it says that the store cannot change", || {
        heard("start it anew")
    });
    assert!(!desk.file("other.db").exists());
    configure(&desk, "lineage.db");
    until("the old store is taken", || {
        heard("serving by the changed files")
    });
    assert_eq!(
        ask(running.address, "POST", "/v1/lineage/1/commit", "", "").status,
        204
    );
}

#[test]
fn a_store_that_is_gone_is_not_taken_for_an_empty_one() {
    let desk = desk("lineage-gone");
    let config = fs::read_to_string(desk.file("engine.json")).unwrap();
    drop(desk.start());
    desk.write("engine.json", &config.replace("true", "false"));
    fs::rename(desk.file("lineage.db"), desk.file("elsewhere.db")).unwrap();
    let error = start(desk.options()).unwrap_err().to_string();
    assert!(error.contains("lineage.db"), "{error}");
}

#[test]
fn a_store_that_goes_away_is_not_made_anew_by_a_reload() {
    let desk = desk("lineage-away");
    let (running, told) = desk.start_telling();
    assert_eq!(check(running.address, "bob", COPY).json()["lineage_id"], 1);
    fs::rename(desk.file("lineage.db"), desk.file("elsewhere.db")).unwrap();
    desk.write(
        "tables.sql",
        "CREATE TABLE orders (id INT, region STRING); CREATE TABLE copies (id INT); CREATE TABLE more (id INT);",
    );
    let heard = |word: &str| told.lock().unwrap().iter().any(|line| line.contains(word));
    until("it says that the store is gone", || heard("lineage.db"));
    assert!(!desk.file("lineage.db").exists());
    // Who has written what is still known to the one that runs.
    let path = "/v1/lineage/1/commit";
    assert_eq!(ask(running.address, "POST", path, "", "").status, 204);
}

fn submitter(name: &str) -> Submitter {
    Submitter {
        name: name.to_owned(),
        token: format!("token-of-{name}"),
    }
}

#[test]
fn a_record_is_told_of_by_the_submitter_who_made_it_and_by_nobody_else() {
    let desk = desk("lineage-makers");
    let options = Options {
        submitters: vec![submitter("nightly"), submitter("console")],
        records: Some(desk.file("records")),
        ..desk.options()
    };
    assert!(!format!("{options:?}").contains("token-of"));
    let mut running = start(options.clone()).unwrap();
    let ask = |running: &Running, who: &str, path: &str, body: &str| {
        let token = format!("authorization: Bearer token-of-{who}\r\n");
        super::ask(running.address, "POST", path, &token, body)
    };
    let made = |running: &Running, who: &str| {
        let said = ask(running, who, "/v1/check", &request("bob", COPY));
        said.json()["lineage_id"].as_u64().unwrap()
    };
    let (a, b) = (made(&running, "nightly"), made(&running, "nightly"));
    let other = made(&running, "console");
    for end in ["abort", "commit", "ended"] {
        // A number that nobody has made is no secret, and nothing to be told of either.
        for id in [a, b, 999] {
            let path = format!("/v1/lineage/{id}/{end}");
            let said = ask(&running, "console", &path, "");
            assert_eq!(said.status, 403, "{path}");
            assert_eq!(said.json()["code"], "record-foreign");
            assert_eq!(ask(&running, "nobody", &path, "").status, 401);
        }
    }
    let commit = format!("/v1/lineage/{a}/commit");
    assert_eq!(ask(&running, "nightly", &commit, "").status, 204);
    assert_eq!(ask(&running, "nightly", &commit, "").status, 204);
    let foreign = format!("/v1/lineage/{other}/abort");
    assert_eq!(ask(&running, "nightly", &foreign, "").status, 403);
    assert_eq!(ask(&running, "console", &foreign, "").status, 204);

    // What was made before a restart is still whose it was, and what was made elsewhere is nobody's.
    running.stop();
    running = start(options.clone()).unwrap();
    let ended = format!("/v1/lineage/{a}/ended");
    assert_eq!(ask(&running, "console", &ended, "").status, 403);
    assert_eq!(ask(&running, "nightly", &ended, "").status, 204);
    drop(running);
    fs::remove_file(desk.file("records")).unwrap();
    running = start(options).unwrap();
    let abort = format!("/v1/lineage/{b}/abort");
    for who in ["nightly", "console"] {
        assert_eq!(ask(&running, who, &abort, "").status, 403);
    }
}

#[test]
fn a_record_of_a_store_that_was_made_anew_is_not_that_of_the_old_number() {
    let desk = desk("lineage-anew");
    let options = Options {
        submitters: vec![submitter("nightly")],
        records: Some(desk.file("records")),
        ..desk.options()
    };
    let token = "authorization: Bearer token-of-nightly\r\n";
    let abort = |running: &Running| {
        let path = "/v1/lineage/1/abort";
        ask(running.address, "POST", path, token, "").status
    };
    let running = start(options.clone()).unwrap();
    let body = request("bob", COPY);
    let said = ask(running.address, "POST", "/v1/check", token, &body);
    assert_eq!(said.json()["lineage_id"], 1);
    drop(running);
    for part in ["lineage.db", "lineage.db-wal", "lineage.db-shm"] {
        let _ = fs::remove_file(desk.file(part));
    }
    // Nothing is in it, and another front end writes the first record.
    let running = start(options).unwrap();
    let other = desk.start();
    let said = ask(other.address, "POST", "/v1/check", "", &body);
    assert_eq!(said.json()["lineage_id"], 1);
    assert_eq!(abort(&running), 403);
}

#[test]
fn submitters_that_cannot_be_told_apart_are_known_at_the_start() {
    let desk = desk("lineage-submitters");
    let records = Some(desk.file("records"));
    let same = Submitter {
        token: submitter("a").token,
        ..submitter("b")
    };
    let unnamed = Submitter {
        name: "a b".to_owned(),
        ..submitter("a")
    };
    let silent = Submitter {
        token: String::new(),
        ..submitter("a")
    };
    for (submitters, records, token, word) in [
        (
            vec![submitter("a"), submitter("a")],
            &records,
            None,
            "twice",
        ),
        (vec![submitter("a"), same], &records, None, "of another one"),
        (vec![unnamed], &records, None, "a name has"),
        (vec![silent], &records, None, "no token"),
        (vec![submitter("a")], &None, None, "who made which record"),
        (
            vec![submitter("a")],
            &Some(desk.0.clone()),
            None,
            "lineage-submitters",
        ),
        (vec![submitter("a")], &records, Some("t"), "one of the two"),
        (Vec::new(), &records, None, "no submitters"),
    ] {
        let options = Options {
            submitters,
            records: records.clone(),
            token: token.map(str::to_owned),
            ..desk.options()
        };
        let Err(SidecarError::Submitters(why)) = start(options) else {
            panic!("it starts: {word}");
        };
        assert!(why.contains(word) && !why.contains("token-of"), "{why}");
    }
}
