//! A server that speaks Ranger's download API: its documents, its versions, its changes, and its ways to fail.

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Seen, Server, quick, reply};
use crate::case::root;
use sqlsec::source::remote::{Bounds, RangerService, Remote, Settings, Speaks};
use sqlsec::source::{Clock, ManualClock};
use sqlsec::{Catalog, Gate, Principal, Reply, Request, SubmitCheck};

const JSON: &str = "content-type: application/json\r\n";
const SERVICE: &str = "shop_flink";

fn fixture(file: &str) -> Value {
    let text = fs::read_to_string(root().join("fixtures/ranger").join(file)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What an administrator has in Ranger.
struct Admin {
    policies: Value,
    roles: Value,
    tags: Value,
    users: Value,
    /// A document of changes that is sent to whoever knows an older version.
    changes: Option<Value>,
    /// Paths that answer with this status.
    broken: Vec<(&'static str, &'static str)>,
}

impl Admin {
    fn new() -> Self {
        Self {
            policies: fixture("policies.json"),
            roles: fixture("roles.json"),
            tags: fixture("tags.json"),
            users: fixture("users.json"),
            changes: None,
            broken: Vec::new(),
        }
    }

    /// Status and body.
    fn answer(&self, seen: &Seen) -> (String, Vec<u8>) {
        let target = seen.line.split(' ').nth(1).unwrap();
        let path = target.split('?').next().unwrap();
        for (broken, status) in &self.broken {
            if path.contains(broken) {
                return ((*status).to_owned(), b"{}".to_vec());
            }
        }
        let Some((kind, service)) = path.rsplit_once("/download/") else {
            return ("404 Not Found".to_owned(), Vec::new());
        };
        if service != SERVICE {
            return ("404 Not Found".to_owned(), Vec::new());
        }
        let (document, version, parameter) = match kind {
            "/service/plugins/policies" => (&self.policies, "policyVersion", "lastKnownVersion"),
            "/service/roles" => (&self.roles, "roleVersion", "lastKnownRoleVersion"),
            "/service/tags" => (&self.tags, "tagVersion", "lastKnownVersion"),
            "/service/xusers" => (&self.users, "userStoreVersion", "lastKnownUserStoreVersion"),
            _ => return ("404 Not Found".to_owned(), Vec::new()),
        };
        let pairs = seen.pairs();
        let known = pairs.iter().find(|(name, _)| name == parameter);
        let known: i64 = known.expect("a version").1.parse().expect("a number");
        if Some(known) == document[version].as_i64() {
            return ("304 Not Modified".to_owned(), Vec::new());
        }
        let sent = match &self.changes {
            Some(changes) if known >= 0 && version == "policyVersion" => changes,
            _ => document,
        };
        ("200 OK".to_owned(), sent.to_string().into_bytes())
    }
}

struct Desk {
    admin: Arc<Mutex<Admin>>,
    server: Server,
    gate: Gate,
    clock: Arc<ManualClock>,
}

impl Desk {
    fn new() -> Self {
        Self::with(Bounds::default())
    }

    fn with(bounds: Bounds) -> Self {
        let admin = Arc::new(Mutex::new(Admin::new()));
        let answering = Arc::clone(&admin);
        let server = Server::new(move |_, seen, stream| {
            let (status, body) = answering.lock().unwrap().answer(seen);
            reply(stream, &status, JSON, &body);
        });
        let settings = Settings {
            contract: Speaks::Ranger(RangerService::named(SERVICE)),
            ..quick(&server.url)
        };
        let clock = Arc::new(ManualClock::default());
        clock.set(Duration::from_secs(1000));
        let remote =
            Remote::with_clock(&settings, bounds, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        let gate = Gate::new(Arc::new(remote), Arc::new(Catalog::default()));
        Self {
            admin,
            server,
            gate,
            clock,
        }
    }

    fn check(&self, user: &str) -> Reply {
        let script = fs::read_to_string(root().join("fixtures/quickstart/shop.sql")).unwrap();
        let who = Principal {
            user: user.to_owned(),
            ..Principal::default()
        };
        self.gate.check(&Request::new(who, script))
    }

    fn sql(&self, user: &str) -> String {
        let reply = self.check(user);
        let sql = reply.decision.sql();
        sql.unwrap_or_else(|| panic!("{:?}", reply.decision.errors()))
            .to_owned()
    }

    fn said(&self, user: &str) -> String {
        let reply = self.check(user);
        assert!(reply.decision.sql().is_none());
        reply.decision.errors()[0].message.clone()
    }

    fn later(&self) {
        self.clock.set(self.clock.now() + Duration::from_secs(31));
    }

    fn change(&self, change: impl FnOnce(&mut Admin)) {
        change(&mut self.admin.lock().unwrap());
    }

    /// The policy with this number.
    fn with_policy(&self, id: i64, change: impl FnOnce(&mut Value)) {
        self.change(|admin| {
            let policies = admin.policies["policies"].as_array_mut().unwrap();
            change(
                policies
                    .iter_mut()
                    .find(|policy| policy["id"] == id)
                    .unwrap(),
            );
        });
    }
}

/// Filter policy 202 is about the topic of the quickstart's orders.
fn filter_of(sql: &str) -> &str {
    let from = sql.find("FROM orders WHERE ").expect("a filter");
    let rest = &sql[from + "FROM orders WHERE ".len()..];
    rest.split(')').next().unwrap()
}

#[test]
fn the_quickstart_script_is_protected_by_what_a_server_gives() {
    let desk = Desk::new();
    let sql = desk.sql("alice");
    assert_eq!(filter_of(&sql), "region = 'beijing'");
    // One download of each document serves every question.
    assert_eq!(desk.server.asked(), 4);
    desk.sql("alice");
    assert!(desk.check("nobody").decision.sql().is_none());
    assert_eq!(desk.server.asked(), 4);
    desk.later();
    desk.sql("alice");
    let seen = desk.server.seen.lock().unwrap();
    let asked: Vec<_> = seen[4..].iter().map(|seen| seen.line.clone()).collect();
    assert_eq!(asked.len(), 4);
    assert!(
        asked[0].contains("/service/plugins/policies/download/shop_flink?lastKnownVersion=40&"),
        "{asked:?}"
    );
    assert!(
        asked[1].contains("/service/roles/download/shop_flink?lastKnownRoleVersion="),
        "{asked:?}"
    );
}

#[test]
fn the_command_line_asks_such_a_server_and_reads_such_files() {
    let desk = Desk::new();
    let command = |command: &str, arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_sqlsec"))
            .args([command, "--user", "alice"])
            .args(arguments)
            .arg("fixtures/quickstart/shop.sql")
            .current_dir(root())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let run = |arguments: &[&str]| command("rewrite", arguments);
    let server = ["--ranger", &desk.server.url, "--ranger-service", SERVICE];
    let by_server = run(&server);
    assert_eq!((by_server.0, by_server.2.as_str()), (Some(0), ""));
    assert_eq!(filter_of(&by_server.1), "region = 'beijing'");
    let file = |name: &str| format!("fixtures/ranger/{name}.json");
    let files = ["policies", "roles", "tags", "users"].map(file);
    let [policies, roles, tags, users] = &files;
    let files = [
        "--ranger",
        policies,
        "--ranger-roles",
        roles,
        "--ranger-tags",
        tags,
        "--ranger-users",
        users,
    ];
    let by_file = run(&files);
    assert_eq!(by_file, by_server);
    // The account names the policies of Ranger that decided.
    let (by_server, by_file) = (command("explain", &server), command("explain", &files));
    assert_eq!(
        (by_server.0, by_file.0),
        (Some(0), Some(0)),
        "{}",
        by_file.2
    );
    let rest = |said: &str| said.split_once('\n').expect("a head").1.to_owned();
    assert_eq!(rest(&by_server.1), rest(&by_file.1));
    let head = by_server.1.lines().next().expect("a head");
    assert!(head.contains(", as the service said 0 s ago)"), "{head}");
    assert!(
        by_file.1.contains("rows: region = 'beijing'"),
        "{}",
        by_file.1
    );
    assert!(by_file.1.contains("202"), "{}", by_file.1);
    // Without the roles nothing is known of who is in one.
    let (status, out, err) = run(&["--ranger", &file("policies")]);
    assert_eq!((status, out.as_str()), (Some(1), ""));
    assert!(err.contains("error[access-denied]"), "{err}");
    let (status, _, err) = run(&["--ranger", &desk.server.url]);
    assert_eq!(status, Some(2));
    assert!(err.contains("--ranger-service"), "{err}");
    let (status, _, err) = run(&["--ranger", "fixtures/ranger/nothing.json"]);
    assert_eq!(status, Some(3));
    assert!(err.contains("nothing.json"), "{err}");
    let (status, _, err) = run(&[
        "--ranger",
        &file("policies"),
        "--policy",
        "fixtures/quickstart/policy.yaml",
    ]);
    assert_eq!(status, Some(2));
    assert!(err.contains("two sources of rules"), "{err}");
}

#[test]
fn what_is_changed_in_ranger_holds_when_it_is_asked_again() {
    let desk = Desk::new();
    desk.sql("alice");
    desk.with_policy(202, |policy| {
        policy["rowFilterPolicyItems"][0]["rowFilterInfo"]["filterExpr"] =
            json!("region = 'nowhere'");
    });
    desk.change(|admin| admin.policies["policyVersion"] = json!(41));
    assert_eq!(
        filter_of(&desk.sql("alice")),
        "region = 'beijing'",
        "within its time"
    );
    desk.later();
    assert_eq!(filter_of(&desk.sql("alice")), "region = 'nowhere'");
    // A role that is taken away.
    desk.change(|admin| {
        admin.roles["rangerRoles"] = json!([]);
        admin.roles["roleVersion"] = json!(1000);
    });
    desk.later();
    assert!(desk.check("alice").decision.sql().is_none());
}

#[test]
fn changes_are_applied_and_where_they_do_not_fit_the_whole_is_fetched() {
    let desk = Desk::new();
    desk.sql("alice");
    let mut changed = Value::Null;
    desk.with_policy(202, |policy| {
        policy["rowFilterPolicyItems"][0]["rowFilterInfo"]["filterExpr"] =
            json!("region = 'delta'");
        policy["serviceType"] = json!("flink");
        changed = policy.clone();
    });
    let delta = |version: i64| {
        json!({
            "serviceName": SERVICE, "policyVersion": version, "policies": [],
            "policyDeltas": [{ "id": 1, "changeType": 1, "policiesVersion": version, "policy": changed }],
        })
    };
    let one = delta(41);
    desk.change(|admin| {
        admin.policies["policyVersion"] = json!(41);
        admin.changes = Some(one);
    });
    desk.later();
    let before = desk.server.asked();
    assert_eq!(filter_of(&desk.sql("alice")), "region = 'delta'");
    assert_eq!(desk.server.asked() - before, 4, "the changes alone");
    // A gap between what is held and what comes.
    let gap = delta(45);
    desk.change(|admin| {
        admin.policies["policyVersion"] = json!(45);
        admin.changes = Some(gap);
    });
    desk.later();
    let before = desk.server.asked();
    assert_eq!(filter_of(&desk.sql("alice")), "region = 'delta'");
    assert_eq!(desk.server.asked() - before, 5, "and the whole");
}

#[test]
fn a_server_that_fails_opens_nothing() {
    for (path, status, says) in [
        (
            "policies",
            "404 Not Found",
            "it has no policies of a service `shop_flink`; no rules never means no restriction",
        ),
        ("roles", "404 Not Found", "it has no roles"),
        ("tags", "404 Not Found", "it has no tags"),
        (
            "policies",
            "304 Not Modified",
            "\"not modified\" to a first question",
        ),
        ("policies", "200 OK", "those of another service"),
        ("roles", "500 Internal Server Error", "status 500"),
        ("users", "503 Service Unavailable", "status 503"),
        ("policies", "401 Unauthorized", "credentials (status 401)"),
    ] {
        let desk = Desk::new();
        desk.change(|admin| admin.broken = vec![(path, status)]);
        let said = desk.said("alice");
        assert!(said.contains(says), "{path} {status}: {said}");
    }
    // Attributes that nobody gives close the tables whose filters need them, also when they were given before.
    let desk = Desk::new();
    desk.sql("alice");
    desk.change(|admin| admin.broken = vec![("xusers", "404 Not Found")]);
    desk.later();
    assert!(desk.check("alice").decision.sql().is_none());
    let desk = Desk::new();
    desk.change(|admin| admin.broken = vec![("xusers", "404 Not Found")]);
    assert!(desk.check("alice").decision.sql().is_none());
}

#[test]
fn documents_of_another_service_and_older_ones_are_not_taken() {
    let desk = Desk::new();
    desk.change(|admin| admin.policies["serviceName"] = json!("other"));
    assert!(desk.said("alice").contains("those of another service"));
    let desk = Desk::new();
    desk.sql("alice");
    desk.change(|admin| admin.policies["policyVersion"] = json!(39));
    desk.later();
    assert!(
        desk.said("alice")
            .contains("went back from version 40 to 39")
    );
}

#[test]
fn down_later_the_documents_hold_as_long_as_the_operator_allows() {
    let desk = Desk::with(Bounds {
        stale: Duration::from_secs(60),
        ..Bounds::default()
    });
    desk.sql("alice");
    desk.change(|admin| admin.broken = vec![("service", "503 Service Unavailable")]);
    desk.later();
    let reply = desk.check("alice");
    assert!(reply.decision.sql().is_some() && reply.policy.stale);
    desk.later();
    desk.later();
    assert!(desk.said("alice").contains("status 503"));
    // What was never asked has no answer to hold.
    assert!(desk.said("eve").contains("status 503"));
}
