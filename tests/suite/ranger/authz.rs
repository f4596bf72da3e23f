//! Requests and replies of Ranger's decision point: one resource, its parts, several permissions.

use serde_json::{Value, json};
use sqlsec::source::ranger::document::{ServicePolicies, ServiceTags};
use sqlsec::source::ranger::{
    Access, Allowed, Context, Decided, Documents, Filter, Mask, Request, Service,
};

use super::engine::{like_ranger, now, of};
use super::tally::{Tally, settle};
use super::{folder, json as read, strings};

/// `table:mydb/tbl1` by its levels.
fn levels(name: &str) -> Vec<(&'static str, String)> {
    let (kind, path) = name.split_once(':').expect("a kind");
    let chain: &[&str] = match kind {
        "database" => &["database"],
        "table" => &["database", "table"],
        "column" => &["database", "table", "column"],
        "udf" => &["database", "udf"],
        "url" => &["url"],
        "hiveservice" => &["hiveservice"],
        "global" => &["global"],
        other => panic!("a resource of kind {other}"),
    };
    let parts: Vec<&str> = if chain.len() == 1 {
        vec![path]
    } else {
        path.split('/').collect()
    };
    chain
        .iter()
        .copied()
        .zip(parts.into_iter().map(str::to_owned))
        .collect()
}

fn policy(by: Option<&Decided>) -> Value {
    match by {
        Some(Decided {
            policy,
            version: Some(version),
            ..
        }) => json!({ "id": policy, "version": version }),
        Some(by) => json!({ "id": by.policy }),
        None => json!({ "id": -1 }),
    }
}

fn decision(said: &Allowed) -> Value {
    json!({ "decision": if said.yes { "ALLOW" } else { "DENY" }, "policy": policy(said.by.as_ref()) })
}

/// The reply for one resource and permission.
fn reply(service: &Service, user: &Value, name: &[(&str, String)], permission: &str) -> Value {
    let resource = service.resource(name.iter().map(|(level, value)| (*level, value.as_str())));
    let access = Access::Type(permission.to_owned());
    let context = Context::default();
    let request = Request::new(&resource, &access, now(), &context);
    let subject = service.subject(
        user["name"].as_str().unwrap_or_default(),
        &strings(&user["groups"]),
    );
    let said = subject.access(&request);
    let mut reply = json!({ "permission": permission, "access": decision(&said) });
    if said.yes {
        match subject.filter(&request) {
            Filter::Rows { by, sql } => {
                reply["rowFilter"] = json!({ "filterExpr": sql, "policy": policy(Some(&by)) })
            }
            Filter::None | Filter::Exempt { .. } | Filter::Closed { .. } => {}
        }
        match subject.mask(&request) {
            Mask::Masked {
                by, kind, value, ..
            } => {
                let mut mask = json!({ "maskType": kind, "policy": policy(Some(&by)) });
                if let Some(value) = value {
                    mask["maskedValue"] = json!(value);
                }
                reply["dataMask"] = mask;
            }
            Mask::None | Mask::Exempt { .. } | Mask::Closed { .. } => {}
        }
    }
    reply
}

fn whole(service: &Service, request: &Value) -> Value {
    let access = &request["access"];
    let name = levels(access["resource"]["name"].as_str().expect("a name"));
    let mut permissions = serde_json::Map::new();
    let mut all = true;
    for permission in strings(&access["permissions"]) {
        let mut own = reply(service, &request["user"], &name, &permission);
        let parts = strings(&access["resource"]["subResources"]);
        let mut each = serde_json::Map::new();
        for part in &parts {
            let (level, value) = part.split_once(':').expect("a part");
            let mut name = name.clone();
            name.push((
                if level == "column" { "column" } else { "udf" },
                value.to_owned(),
            ));
            each.insert(
                part.clone(),
                reply(service, &request["user"], &name, &permission),
            );
        }
        if !each.is_empty() {
            own["subResources"] = each.into();
        }
        all &= own["access"]["decision"] == "ALLOW";
        permissions.insert(permission, own);
    }
    json!({ "requestId": request["requestId"], "decision": if all { "ALLOW" } else { "DENY" }, "permissions": permissions })
}

#[test]
fn the_decision_point_replies_the_same() {
    let Some(folder) = folder("authz") else {
        return;
    };
    let documents = Documents {
        policies: of::<ServicePolicies>(&read(&folder.join("dev_hive.json"))),
        tags: Some(of::<ServiceTags>(&read(&folder.join("dev_hive_tag.json")))),
        ..Documents::default()
    };
    let service = Service::load(&documents, like_ranger()).expect("a service");
    let file: Value = read(&folder.join("tests_authz.json"));
    let mut tally = Tally::new("tests_authz.json");
    for test in file
        .as_array()
        .expect("tests")
        .iter()
        .filter(|test| test.get("request").is_some())
    {
        let said = whole(&service, &test["request"]);
        let name = test["request"]["requestId"]
            .as_str()
            .expect("a name")
            .to_owned();
        tally.case(name, said == test["result"], || {
            format!("{said}, not {}", test["result"])
        });
    }
    settle(&[tally]);
}
