//! Who the submitter is by the word of the service: what an answer states of its user holds, and no claim.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Rig, Server, json as reply_json, quick};
use sqlsec::audit::{Audit, AuditCallback, AuditDecision, AuditPrincipal, AuditRecord, AuditTrait};
use sqlsec::check::Code;
use sqlsec::policy::Attribute;
use sqlsec::serve::{Options, start};
use sqlsec::source::remote::Bounds;
use sqlsec::{Decision, Principal, Reply, Request, SubmitCheck};

/// Rows by an attribute and a list of them; masks for all but a group; another table for a role alone.
fn rules() -> Value {
    json!({
        "apiVersion": "sqlsec/v1",
        "version": 7,
        "defaults": { "access": "allow" },
        "roles": [{ "name": "boss" }],
        "excerpt": { "functions": [], "physical": false },
        "rules": [
            { "id": "region", "type": "row_filter", "to": { "groups": ["public"] }, "on": { "table": "*.*.a" }, "filter": "region IN (${user.regions})" },
            { "id": "phone", "type": "column_mask", "to": { "groups": ["public"] }, "except": { "groups": ["care"] }, "on": { "table": "*.*.b", "columns": ["phone"] }, "mask": "MASK_NULL" },
            { "id": "boss", "type": "access", "effect": "deny", "to": { "groups": ["public"] }, "except": { "roles": ["boss"] }, "on": { "table": "*.*.c" }, "privileges": ["select"] },
        ],
    })
}

/// A service that states this principal, and changes it when it is told to.
fn service(stated: Value) -> (Rig, Arc<Mutex<Value>>) {
    let stated = Arc::new(Mutex::new(stated));
    let states = Arc::clone(&stated);
    let server = Server::new(move |_, _, stream| {
        let mut document = rules();
        let principal = states.lock().unwrap().clone();
        if principal != Value::String("silent".to_owned()) {
            document["principal"] = principal;
        }
        reply_json(stream, "max-age=30", &document.to_string());
    });
    (Rig::at(&server.url), stated)
}

/// Ann, who claims to be in every group, to have every role and to see the north.
fn claims() -> Principal {
    Principal {
        user: "ann".to_owned(),
        groups: ["care".to_owned()].into(),
        roles: ["boss".to_owned()].into(),
        attributes: [(
            "regions".to_owned(),
            Attribute::List(vec![Attribute::Text("north".to_owned())]),
        )]
        .into(),
    }
}

const A: &str = "SELECT id FROM a";
const B: &str = "SELECT phone FROM b";
const C: &str = "SELECT x FROM c";

fn said(reply: &Reply) -> Result<String, Code> {
    match (reply.decision.sql(), reply.decision.errors()) {
        (Some(sql), _) => Ok(sql.to_owned()),
        (None, errors) => Err(errors[0].code),
    }
}

fn ask(rig: &Rig, sql: &str) -> Result<String, Code> {
    said(&rig.gate.check(&Request::new(claims(), sql)))
}

#[test]
fn what_is_claimed_holds_where_the_service_states_nothing() {
    for silence in [json!("silent"), json!({ "user": "ann" })] {
        let (rig, _) = service(silence);
        assert!(
            ask(&rig, A)
                .expect("allowed")
                .contains("region IN ('north')")
        );
        assert_eq!(ask(&rig, B).as_deref(), Ok(B));
        assert!(ask(&rig, C).is_ok());
    }
}

#[test]
fn what_is_stated_takes_the_place_of_what_is_claimed_field_by_field() {
    let (rig, _) =
        service(json!({ "user": "ann", "attributes": { "regions": ["south", "it's"] } }));
    let sql = ask(&rig, A).expect("allowed");
    assert!(sql.contains("region IN ('south', 'it''s')"), "{sql}");
    assert_eq!(ask(&rig, B).as_deref(), Ok(B), "groups are not stated");
    let (rig, _) = service(json!({ "user": "ann", "groups": ["ops"], "roles": [] }));
    assert!(
        ask(&rig, A).expect("allowed").contains("'north'"),
        "attributes are not stated"
    );
    assert!(ask(&rig, B).expect("allowed").contains("NULL"));
    assert_eq!(ask(&rig, C), Err(Code::AccessDenied));
}

#[test]
fn an_attribute_that_the_service_does_not_have_is_missing_whoever_claims_it() {
    for attributes in [json!({}), json!({ "region": "south" })] {
        let (rig, _) = service(json!({ "user": "ann", "attributes": attributes }));
        assert_eq!(ask(&rig, A), Err(Code::AttributeMissing));
    }
    // A list of two kinds is no list of literals.
    let (rig, _) = service(json!({ "user": "ann", "attributes": { "regions": ["south", 3] } }));
    assert_eq!(ask(&rig, A), Err(Code::AttributeUnusable));
    let (rig, _) = service(json!({ "user": "ann", "attributes": { "regions": [] } }));
    assert_eq!(ask(&rig, A), Err(Code::AttributeUnusable));
}

#[test]
fn a_principal_that_cannot_be_read_or_is_somebody_else_closes_everything() {
    for wrong in [
        json!(null),
        json!("ann"),
        json!(["ann"]),
        json!({}),
        json!({ "groups": ["care"] }),
        json!({ "user": "" }),
        json!({ "user": "Ann" }),
        json!({ "user": "bob", "groups": ["care"] }),
        json!({ "user": null }),
        json!({ "user": "ann", "groups": null }),
        json!({ "user": "ann", "groups": "care" }),
        json!({ "user": "ann", "groups": [3.5, {}] }),
        json!({ "user": "ann", "roles": null }),
        json!({ "user": "ann", "roles": { "boss": true } }),
        json!({ "user": "ann", "attributes": null }),
        json!({ "user": "ann", "attributes": [] }),
        json!({ "user": "ann", "attributes": { "regions": null } }),
        json!({ "user": "ann", "attributes": { "regions": { "in": ["north"] } } }),
        json!({ "user": "ann", "attributes": { "regions": ["north", null] } }),
        json!({ "user": "ann", "attribute": { "regions": ["north"] } }),
    ] {
        let (rig, _) = service(wrong.clone());
        for sql in [A, B, C] {
            assert_eq!(ask(&rig, sql), Err(Code::PolicyUnavailable), "{wrong}");
        }
    }
}

#[test]
fn a_view_of_the_session_is_not_read_when_the_service_states_another_user() {
    let (rig, stated) = service(json!({ "user": "ann", "attributes": { "regions": ["south"] } }));
    let made = rig.gate.check(&Request::new(
        claims(),
        "CREATE TEMPORARY VIEW v AS SELECT id FROM a",
    ));
    let Decision::Allow { session, .. } = made.decision else {
        panic!("{made:?}")
    };
    let again = |rig: &Rig| {
        let mut request = Request::new(claims(), "SELECT id FROM v");
        request.session = session.clone();
        said(&rig.gate.check(&request))
    };
    assert_eq!(again(&rig).as_deref(), Ok("SELECT id FROM v"));
    *stated.lock().unwrap() =
        json!({ "user": "ann", "groups": ["ops"], "attributes": { "regions": ["south"] } });
    rig.forward(31);
    assert_eq!(again(&rig), Err(Code::ViewRebound));
}

const USERS: &str = "
apiVersion: sqlsec/users/v1
users:
  - { name: ann, groups: [care], attributes: { regions: [north, south] } }
  - { name: sam, attributes: { regions: north } }
";

#[test]
fn serve_policies_states_who_its_users_are_and_reads_them_again() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve-users");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let mut policy = rules();
    policy.as_object_mut().unwrap().remove("excerpt");
    fs::write(folder.join("policy.json"), policy.to_string()).unwrap();
    fs::write(folder.join("users.yaml"), USERS).unwrap();
    fs::write(folder.join("job.sql"), "SELECT 1").unwrap();
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&said);
    let options = Options {
        policy: folder.join("policy.json"),
        users: Some(folder.join("users.yaml")),
        listen: "127.0.0.1:0".parse().unwrap(),
        token: None,
        max_age: Duration::from_secs(30),
        stale_if_error: Duration::ZERO,
        tell: Arc::new(move |line| heard.lock().unwrap().push(line.to_owned())),
    };
    let running = start(options.clone()).expect("it starts");
    let rig = Rig::new(
        &quick(&format!("http://{}", running.address)),
        Bounds::default(),
    );
    let sql = ask(&rig, A).expect("allowed");
    assert!(sql.contains("region IN ('north', 'south')"), "{sql}");
    assert_eq!(ask(&rig, B).as_deref(), Ok(B));
    // She says that she has the role, and the site does not know of it.
    assert_eq!(ask(&rig, C), Err(Code::AccessDenied));
    // Whoever is not listed has nothing, whatever is claimed.
    let stranger = |sql: &str| {
        let who = Principal {
            user: "eve".to_owned(),
            ..claims()
        };
        self::said(&rig.gate.check(&Request::new(who, sql)))
    };
    assert_eq!(stranger(A), Err(Code::AttributeMissing));
    assert!(stranger(B).expect("allowed").contains("NULL"));
    let write = |text: &str, says: &str| {
        fs::write(folder.join("next.yaml"), text).unwrap();
        fs::rename(folder.join("next.yaml"), folder.join("users.yaml")).unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while !said.lock().unwrap().iter().any(|line| line.contains(says)) {
            assert!(std::time::Instant::now() < deadline, "{says}: {said:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    write(
        "apiVersion: sqlsec/users/v1\nusers: [ { name: ann, groups: care } ]",
        "the users stay as they are",
    );
    rig.forward(31);
    assert!(ask(&rig, A).expect("allowed").contains("'south'"));
    write(
        "apiVersion: sqlsec/users/v1\nusers: [ { name: ann, roles: [boss], attributes: { regions: west } } ]",
        "serving other users",
    );
    rig.forward(31);
    assert!(
        ask(&rig, A)
            .expect("allowed")
            .contains("region IN ('west')")
    );
    assert!(ask(&rig, B).expect("allowed").contains("NULL"));
    assert!(ask(&rig, C).is_ok());
    // The account says whom it took her for.
    let account = rig.gate.explain(&Request::new(claims(), A));
    assert_eq!(
        account.principal.attributes["regions"],
        Attribute::Text("west".to_owned())
    );
    assert!(account.principal.groups.is_empty());
    let process = std::process::Command::new(env!("CARGO_BIN_EXE_sqlsec"))
        .args(["explain", "--user", "ann", "--group", "care", "--service"])
        .arg(format!("http://{}", running.address))
        .arg(folder.join("job.sql"))
        .output()
        .unwrap();
    let out = String::from_utf8(process.stdout).unwrap();
    let line = out.lines().nth(1).unwrap_or_default();
    assert_eq!(
        line, "as the service knows them: groups none; roles boss; attributes regions",
        "{out}"
    );
    drop(running);
    fs::write(folder.join("users.yaml"), "users: []").unwrap();
    let error = start(options).expect_err("no users");
    assert!(error.to_string().contains("apiVersion"), "{error}");
}

/// What is recorded of a check.
fn recorded(rig: &Rig, sql: &str) -> (String, AuditRecord) {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&lines);
    let sink = AuditCallback::new(move |line| {
        kept.lock().unwrap().push(line.to_owned());
        Ok(())
    });
    let request = Request::new(claims(), sql);
    let audit = Audit::new(Arc::new(sink));
    audit.around(&request, || rig.gate.check(&request));
    let line = lines.lock().unwrap().concat();
    let record = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    (line, record)
}

#[test]
fn a_record_says_for_whom_it_was_decided_by_whose_word_and_what_was_claimed() {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (rig, _) = service(json!({ "user": "ann", "groups": ["ops"], "roles": ["boss"] }));
    let (line, record) = recorded(&rig, B);
    let principal = record.principal;
    assert_eq!(principal.groups, set(&["ops"]));
    assert_eq!(principal.roles, set(&["boss"]));
    assert_eq!(principal.attributes, set(&["regions"]));
    assert_eq!(
        principal.stated,
        [AuditTrait::Groups, AuditTrait::Roles].into()
    );
    assert_eq!(principal.claimed.groups, Some(set(&["care"])));
    assert_eq!(principal.claimed.roles, None, "the claim is what is stated");
    assert!(line.contains(r#""stated":["groups","roles"],"claimed":{"groups":["care"]}"#));

    // Of attributes the names alone, also where a value is what differs; and a refusal says whom it refused.
    let (rig, _) = service(
        json!({ "user": "ann", "groups": [], "attributes": { "regions": ["a secret place", 3] } }),
    );
    let (line, record) = recorded(&rig, A);
    assert!(matches!(record.decision, AuditDecision::Deny { .. }));
    assert!(
        !line.contains("secret") && !line.contains("north"),
        "{line}"
    );
    let principal = record.principal;
    assert!(principal.groups.is_empty());
    assert_eq!(principal.claimed.groups, Some(set(&["care"])));
    assert_eq!(principal.attributes, set(&["regions"]));
    assert_eq!(principal.claimed.attributes, Some(set(&["regions"])));
}

#[test]
fn where_nothing_is_stated_a_record_has_the_claims_and_says_no_more() {
    for silence in [
        json!("silent"),
        json!({ "user": "ann" }),
        json!({ "user": "bob" }),
    ] {
        let (rig, _) = service(silence);
        let (line, record) = recorded(&rig, B);
        let principal = record.principal;
        assert_eq!(principal, AuditPrincipal::from(&claims()), "{line}");
        assert!(
            !line.contains("stated") && !line.contains("claimed"),
            "{line}"
        );
    }
}

#[test]
fn what_is_stated_of_somebody_is_in_no_reply() {
    let (rig, _) = service(json!({ "user": "ann", "groups": ["a-secret-group"] }));
    let reply = rig.gate.check(&Request::new(claims(), B));
    assert!(reply.stated.is_some());
    let text = serde_json::to_string(&reply).unwrap();
    assert!(
        !text.contains("a-secret-group") && !text.contains("stated"),
        "{text}"
    );
}
