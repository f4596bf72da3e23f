//! What replies mean, and that everything else closes.

use serde_json::json;

use super::super::OpaError;
use super::*;
use crate::policy::Rows;

fn filter_of(obligations: &Obligations) -> String {
    match &obligations.rows {
        Rows::Matching(filter) => filter.render(None),
        other => format!("{other:?}"),
    }
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
