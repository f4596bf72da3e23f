//! The combined dialect.

use serde_json::json;

use super::super::OpaError;
use super::*;

#[test]
fn the_combined_result_says_all_that_carries_weight() {
    let question = about_one();
    let asked = asks(&question, &Paths::combined("p"));
    let read = |reply: Value| document(&asked, &[reply]);
    let whole = json!({
        "apiVersion": "sqlsec/v1", "defaults": { "access": "deny" },
        "rules": [
            { "type": "access", "id": "a", "effect": "allow", "to": { "users": ["ann"] }, "on": { "table": "c.d.t" }, "privileges": ["select"] },
            { "type": "row_filter", "id": "f", "to": { "users": ["ann"] }, "on": { "table": "c.d.t" }, "filter": "id = ${user.id}" },
        ],
    });
    let found = read(json!({ "result": whole })).unwrap();
    assert_eq!((found.version, found.rules.len()), (1, 2));
    let mut seventh = whole.clone();
    seventh["version"] = json!(7);
    assert_eq!(read(json!({ "result": seventh })).unwrap().version, 7);
    for field in ["apiVersion", "defaults", "rules"] {
        let mut part = whole.clone();
        part.as_object_mut().unwrap().remove(field);
        assert!(read(json!({ "result": part })).is_err(), "{field}");
    }
    for (field, value) in [
        ("defaults", json!({})),
        ("defaults", Value::Null),
        ("rules", Value::Null),
        ("rules", json!({})),
        ("rules", json!([{ "type": "access" }])),
        ("version", json!(-1)),
        ("note", json!("secret")),
        ("apiVersion", json!("sqlsec/v2")),
    ] {
        let mut part = whole.clone();
        part[field] = value;
        let error = read(json!({ "result": part })).expect_err(field);
        assert!(
            matches!(&error, OpaError::Document(why) if !why.contains("secret")),
            "{error}"
        );
    }
    for reply in [json!({}), Value::Null, json!({ "result": null }), json!([])] {
        assert!(read(reply).is_err());
    }
    let mut bad = whole;
    bad["rules"][1]["filter"] = json!("id = 'a literal");
    let error = read(json!({ "result": bad })).expect_err("unusable");
    assert!(!error.to_string().contains("literal"), "{error}");
}
