//! What replies mean, and that everything else closes.

use serde_json::json;

use super::super::OpaError;
use super::*;
use crate::policy::{Effect, Rows, RuleDecl};

/// Why the table is closed, as the rule that closes it says.
fn reason(document: &Document) -> String {
    let denials = document.rules.iter().filter_map(|rule| match rule {
        RuleDecl::Access(rule) if rule.effect == Effect::Deny => rule.description.clone(),
        RuleDecl::Access(_) | RuleDecl::RowFilter(_) | RuleDecl::ColumnMask(_) => None,
    });
    denials.collect::<Vec<_>>().join("; ")
}

fn filter_of(obligations: &Obligations) -> String {
    match &obligations.rows {
        Rows::Matching(filter) => filter.render(None),
        other => format!("{other:?}"),
    }
}

/// The masked columns.
fn masked(obligations: &Obligations) -> Vec<String> {
    let masks = obligations.masks.iter();
    masks.map(|mask| mask.path.join(".")).collect()
}

#[test]
fn none_is_what_the_policy_says_is_none() {
    let question = about_one();
    let document = replied(&question, &Paths::trino("p"), &open());
    assert!(decided(&question, &document).unwrap().is_empty());
    let document = replied(&question, &each(), &with("GetColumnMask", Value::Null));
    assert!(decided(&question, &document).unwrap().is_empty());
}

#[test]
fn what_is_not_granted_is_denied() {
    let question = about_one();
    for result in [
        json!(false),
        Value::Null,
        json!("true"),
        json!(1),
        json!([true]),
        json!({}),
    ] {
        let document = replied(
            &question,
            &Paths::trino("p"),
            &with("SelectFromColumns", result.clone()),
        );
        let refusal = decided(&question, &document).expect_err("denied");
        assert_eq!(refusal.code, "access-denied", "{result}");
        assert!(
            reason(&document).starts_with("SelectFromColumns: "),
            "{document:?}"
        );
    }
    assert_eq!(
        replied(&question, &Paths::trino("p"), &open())
            .defaults
            .access,
        Effect::Deny
    );
}

#[test]
fn several_filters_all_hold() {
    let question = about_one();
    let result = json!([{ "expression": "id > 1" }, { "expression": "phone LIKE '1%' OR id = 7", "identity": "ann" }]);
    let document = replied(
        &question,
        &Paths::trino("p"),
        &with("GetRowFilters", result),
    );
    let obligations = decided(&question, &document).unwrap();
    assert_eq!(
        filter_of(&obligations),
        "(`id` > 1) AND (`phone` LIKE '1%' OR `id` = 7)".replace('`', "")
    );
}

#[test]
fn a_filter_that_is_not_clear_closes_its_table() {
    let question = about_one();
    let known = [
        ("null", Value::Null),
        ("a list", json!({ "expression": "TRUE" })),
        ("a list", json!("TRUE")),
        ("made of", json!(["TRUE"])),
        ("made of", json!([{}])),
        ("made of", json!([{ "expression": null }])),
        ("made of", json!([{ "expression": 1 }])),
        (
            "made of",
            json!([{ "expression": "TRUE", "unless": "holiday" }]),
        ),
        (
            "identity",
            json!([{ "expression": "TRUE", "identity": "root" }]),
        ),
        ("identity", json!([{ "expression": "TRUE", "identity": 1 }])),
        ("`${`", json!([{ "expression": "phone = ${user.phone}" }])),
        ("`${`", json!([{ "expression": "phone = '${user.phone}'" }])),
        ("filter-syntax", json!([{ "expression": "" }])),
        (
            "filter-syntax",
            json!([{ "expression": "id > 1) OR (TRUE" }]),
        ),
        (
            "filter-syntax",
            json!([{ "expression": "id > 1; DROP TABLE t" }]),
        ),
        ("filter-syntax", json!([{ "expression": "TRUE --" }])),
        (
            "aggregate-in-filter",
            json!([{ "expression": "COUNT(*) > 1" }]),
        ),
        (
            "row filter 2: filter-syntax",
            json!([{ "expression": "id > 1" }, { "expression": "id >" }]),
        ),
    ];
    for (why, result) in known {
        let document = replied(
            &question,
            &Paths::trino("p"),
            &with("GetRowFilters", result.clone()),
        );
        let refusal = decided(&question, &document).expect_err("denied");
        assert_eq!(refusal.code, "access-denied", "{result}");
        assert!(
            reason(&document).contains(why),
            "{result}: {}",
            reason(&document)
        );
        // Half of its protection is not left over.
        assert_eq!(document.rules.len(), 1, "{result}");
    }
}

#[test]
fn a_result_that_is_undefined_closes_its_table() {
    let question = about_one();
    for operation in ["SelectFromColumns", "GetRowFilters", "GetColumnMask"] {
        for paths in [Paths::trino("p"), each()] {
            let mut known = open().to_vec();
            if paths == each() {
                known = with("GetColumnMask", Value::Null);
            }
            known.retain(|(known, _)| *known != operation);
            let document = replied(&question, &paths, &known);
            assert!(decided(&question, &document).is_err(), "{operation}");
            assert!(reason(&document).contains("undefined"), "{document:?}");
        }
    }
}

#[test]
fn a_reply_that_is_no_object_closes_its_table() {
    let question = about_one();
    let asked = asks(&question, &Paths::trino("p"));
    for reply in [Value::Null, json!([]), json!("<html>"), json!(true)] {
        let replies = vec![reply; asked.len()];
        let document = document(&asked, &replies).unwrap();
        assert!(decided(&question, &document).is_err());
    }
    // What OPA adds beside the result means nothing.
    let [access, filters, masks] =
        open().map(|(_, result)| json!({ "result": result, "decision_id": "4711", "metrics": {} }));
    let document = document(&asked, &[access, filters, masks]).unwrap();
    assert!(decided(&question, &document).unwrap().is_empty());
}

#[test]
fn replies_that_cannot_be_told_apart_are_no_answer() {
    let asked = asks(&about_one(), &Paths::trino("p"));
    assert_eq!(
        document(&asked, &[json!({ "result": true })]),
        Err(OpaError::Replies { asked: 3, got: 1 })
    );
    assert!(document(&asked, &[]).is_err());
}

#[test]
fn a_mask_reads_its_column_by_name() {
    let question = about_one();
    for text in [
        "'***' || RIGHT(phone, 4)",
        "'***' || RIGHT(`phone`, 4)",
        "'***' || RIGHT({col}, 4)",
        "NULL",
        "lib.f(phone, 'phone')",
        "CASE WHEN phone LIKE '1%' THEN phone END",
    ] {
        let result = json!([{ "index": 1, "viewExpression": { "expression": text } }]);
        let document = replied(
            &question,
            &Paths::trino("p"),
            &with("GetColumnMask", result),
        );
        assert_eq!(
            masked(&decided(&question, &document).unwrap()),
            ["phone"],
            "{text}"
        );
    }
    let result =
        json!([{ "index": 1, "viewExpression": { "expression": "phone || `phone` || 'phone'" } }]);
    let document = replied(
        &question,
        &Paths::trino("p"),
        &with("GetColumnMask", result),
    );
    let text = serde_json::to_string(&document).unwrap();
    assert!(text.contains("{col} || {col} || 'phone'"), "{text}");
}

#[test]
fn a_mask_that_is_not_clear_closes_its_table() {
    let question = about_one();
    let view = |expression: &str| json!({ "expression": expression });
    let on_phone = |view: Value| json!([{ "index": 1, "viewExpression": view }]);
    let known = [
        ("null", Value::Null),
        ("a list", json!({ "index": 1 })),
        ("a list of", json!([1])),
        ("a list of", json!([{ "index": 1 }])),
        ("a list of", json!([{ "viewExpression": view("NULL") }])),
        (
            "a list of",
            json!([{ "index": -1, "viewExpression": view("NULL") }]),
        ),
        (
            "a list of",
            json!([{ "index": 1.5, "viewExpression": view("NULL") }]),
        ),
        (
            "a list of",
            json!([{ "index": "1", "viewExpression": view("NULL") }]),
        ),
        (
            "a list of",
            json!([{ "index": 1, "viewExpression": view("NULL"), "when": "x" }]),
        ),
        ("made of", on_phone(Value::Null)),
        (
            "`index` 2 is out of range",
            json!([{ "index": 2, "viewExpression": view("NULL") }]),
        ),
        (
            "`index` 1 is given twice",
            json!([{ "index": 1, "viewExpression": view("NULL") }, { "index": 1, "viewExpression": view("NULL") }]),
        ),
        (
            "identity",
            on_phone(json!({ "expression": "NULL", "identity": "root" })),
        ),
        ("no expression", on_phone(view(""))),
        ("no expression", on_phone(view("phone) FROM t --"))),
        ("reads its own column", on_phone(view("id"))),
        ("reads its own column", on_phone(view("t.phone"))),
        ("reads its own column", on_phone(view("Phone"))),
        ("no expression", on_phone(view("\"phone\""))),
        (
            "reads its own column",
            on_phone(view("(SELECT MAX(v) FROM a.b.c)")),
        ),
        ("`${`", on_phone(view("'${user.name}'"))),
        ("filter-syntax", on_phone(view("f({column})"))),
        ("aggregate-in-filter", on_phone(view("MAX(phone)"))),
    ];
    for (why, result) in known {
        let document = replied(
            &question,
            &Paths::trino("p"),
            &with("GetColumnMask", result.clone()),
        );
        assert!(decided(&question, &document).is_err(), "{result}");
        assert!(
            reason(&document).contains(why),
            "{result}: {}",
            reason(&document)
        );
    }
    for result in [
        json!([]),
        json!("NULL"),
        json!({}),
        json!(false),
        view("id"),
    ] {
        let document = replied(&question, &each(), &with("GetColumnMask", result.clone()));
        assert!(decided(&question, &document).is_err(), "{result}");
    }
}

#[test]
fn one_bad_table_does_not_close_another() {
    let mut scope = about_one().scope().clone();
    let (other, columns) = (TableName::new("c", "d", "u"), columns());
    let resource = Resource {
        columns: Some(&columns),
        ..Resource::named(&other)
    };
    scope.about(&resource, Some(Privilege::Select));
    let question = Question::new(ann(), scope);
    let asked = asks(&question, &Paths::trino("p"));
    let replies: Vec<Value> = asked
        .iter()
        .map(|ask| {
            let action = &ask.body["input"]["action"];
            match action["operation"].as_str() {
                Some("SelectFromColumns") => json!({ "result": true }),
                Some("GetRowFilters") if action["resource"]["table"]["tableName"] == "u" => {
                    json!({ "result": [{ "expression": "id >" }] })
                }
                _ => json!({ "result": [] }),
            }
        })
        .collect();
    let document = document(&asked, &replies).unwrap();
    // `decided` looks at the first table.
    assert!(decided(&question, &document).unwrap().is_empty());
    let policy =
        Policy::load_answer(&serde_json::to_string(&document).unwrap(), "OPA").expect("usable");
    let access = policy.access(
        &question.principal,
        &resource,
        Privilege::Select,
        SystemTime::now(),
    );
    assert!(access.is_err());
}

#[test]
fn a_declared_table_needs_the_leave_of_all_names_of_its_bytes() {
    let physical = ["kafka://b:9092/t".to_owned()];
    let also = [TableName::new("shop", "web", "orders")];
    let question = about(|resource| Resource {
        physical: Vec::leak(physical.to_vec()),
        also: Vec::leak(also.to_vec()),
        user_named: true,
        ..resource
    });
    let asked = asks(&question, &Paths::trino("p"));
    let decide = |own: bool, site: bool, filter: Value| {
        let replies = asked.iter().map(|ask| {
            let action = &ask.body["input"]["action"];
            let declared = action["resource"].get("declaredTable").is_some();
            match action["operation"].as_str() {
                Some("SelectFromColumns") => json!({ "result": if declared { own } else { site } }),
                Some("GetRowFilters") if !declared => json!({ "result": filter }),
                _ => json!({ "result": [] }),
            }
        });
        let replies: Vec<Value> = replies.collect();
        decided(&question, &document(&asked, &replies).unwrap())
    };
    assert!(decide(true, true, json!([])).unwrap().is_empty());
    assert!(decide(true, false, json!([])).is_err());
    assert!(decide(false, true, json!([])).is_err());
    assert!(decide(true, true, Value::Null).is_err());
    let filtered = decide(true, true, json!([{ "expression": "id = 1" }])).unwrap();
    assert_eq!(filter_of(&filtered), "id = 1");
}

#[test]
fn a_granted_name_opens_no_other_bytes() {
    let physical = ["kafka://b:9092/*".to_owned()];
    let question = about(|resource| Resource {
        physical: Vec::leak(physical.to_vec()),
        user_named: true,
        ..resource
    });
    // An address that a rule would read as a pattern has none.
    let document = replied(&question, &Paths::trino("p"), &open());
    assert!(decided(&question, &document).is_err());
    let question = about(|resource| Resource {
        physical: Vec::leak(vec!["kafka://b:9092/t".to_owned()]),
        user_named: true,
        ..resource
    });
    let document = replied(&question, &Paths::trino("p"), &open());
    assert!(decided(&question, &document).is_ok());
    let text = serde_json::to_string(&document).unwrap();
    assert!(text.contains(r#""physical":"kafka://b:9092/t""#), "{text}");
}

#[test]
fn columns_that_nobody_knows_have_masks_that_nobody_knows() {
    let question = about(|resource| Resource {
        columns: None,
        ..resource
    });
    let document = replied(&question, &Paths::trino("p"), &open());
    let refusal = decided(&question, &document).expect_err("its rows are closed");
    assert_eq!(refusal.code, "schema-unknown");
}

#[test]
fn objects_are_closed_but_for_what_is_granted() {
    let mut scope = Scope::default();
    for object in ["c.d.f", "c.d.*"] {
        scope.about_object(object, Privilege::Execute);
        scope.about_object(object, Privilege::Select);
    }
    let question = Question::new(ann(), scope);
    let document = replied(
        &question,
        &Paths::trino("p"),
        &[("ExecuteProcedure", json!(true))],
    );
    let policy =
        Policy::load_answer(&serde_json::to_string(&document).unwrap(), "OPA").expect("usable");
    let may = |object, privilege| {
        let now = SystemTime::now();
        policy.access_object(&ann(), object, privilege, now).is_ok()
    };
    assert!(may("c.d.f", Privilege::Execute));
    assert!(!may("c.d.f", Privilege::Select));
    assert!(!may("c.d.*", Privilege::Execute));
    assert!(!may("c.d.g", Privilege::Execute));
}

#[test]
fn a_user_who_is_a_pattern_gets_no_document() {
    let question = about_one().of(Principal {
        user: "*".to_owned(),
        ..Principal::default()
    });
    let asked = asks(&question, &Paths::trino("p"));
    let replies = vec![json!({}); asked.len()];
    assert_eq!(
        document(&asked, &replies),
        Err(OpaError::Unwritable("subject-name".to_owned()))
    );
}

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
