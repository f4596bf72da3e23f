//! Masks: what their expressions read, and that everything else closes.

use serde_json::json;

use super::*;

/// The masked columns.
fn masked(obligations: &Obligations) -> Vec<String> {
    let masks = obligations.masks.iter();
    masks.map(|mask| mask.path.join(".")).collect()
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
