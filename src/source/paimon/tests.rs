//! Each function, each transform, each thing that closes the table.

use serde_json::{Value, json};

use super::*;
use crate::catalog::{Column, ColumnKind, TableName};
use crate::policy::{Policy, Privilege, Resource, RuleDecl};
use crate::syntax::parse_data_type;

fn columns() -> Vec<Column> {
    let columns = [
        ("id", "INT"),
        ("name", "STRING"),
        ("code", "STRING NOT NULL"),
        ("day", "DATE"),
        ("at", "TIMESTAMP(3)"),
        ("price", "DECIMAL(10, 2)"),
        ("ok", "BOOLEAN"),
        ("raw", "BYTES"),
    ];
    let column = |(name, kind): (&str, &str)| Column {
        name: name.to_owned(),
        data_type: Some(parse_data_type(kind).unwrap()),
        kind: ColumnKind::Physical,
    };
    columns.into_iter().map(column).collect()
}

fn of(reply: &str) -> Translated {
    let (name, columns) = (TableName::new("c", "d", "t"), columns());
    let table = ForeignTable {
        name: &name,
        columns: Some(&columns),
    };
    let ann = Principal {
        user: "ann".into(),
        ..Principal::default()
    };
    let translated = translate(reply, &ann, &table);
    let policy = Policy::load_answer(
        &serde_json::to_string(&translated.document).unwrap(),
        "test",
    )
    .unwrap();
    let resource = Resource {
        columns: Some(&columns),
        ..Resource::named(&name)
    };
    let now = std::time::SystemTime::UNIX_EPOCH;
    let may = policy
        .access(&ann, &resource, Privilege::Select, now)
        .is_ok();
    assert_eq!(may, translated.closed.is_none());
    if may {
        policy.obligations(&ann, &resource, now).unwrap();
    }
    translated
}

fn reference(name: &str) -> Value {
    json!({ "index": 0, "name": name, "type": "STRING" })
}

fn leaf(function: &str, column: &str, literals: Value) -> Value {
    json!({ "kind": "LEAF", "transform": { "name": "FIELD_REF", "fieldRef": reference(column) }, "function": function, "literals": literals })
}

/// The filters, or why there are none. Entries are texts, as Paimon sends them.
fn filter(predicates: &[Value]) -> String {
    let texts: Vec<String> = predicates.iter().map(Value::to_string).collect();
    let translated = of(&json!({ "filter": texts }).to_string());
    let filters = translated
        .document
        .rules
        .iter()
        .filter_map(|rule| match rule {
            RuleDecl::RowFilter(rule) => Some(rule.filter.clone()),
            RuleDecl::ColumnMask(_) | RuleDecl::Access(_) => None,
        });
    match translated.closed {
        Some(why) => format!("closed: {why}"),
        None => filters.collect::<Vec<_>>().join(" / "),
    }
}

fn mask(column: &str, transform: Value) -> String {
    let translated = of(&json!({ "columnMasking": { column: transform.to_string() } }).to_string());
    let masks = &translated.document.masks;
    let found = translated
        .document
        .rules
        .iter()
        .find_map(|rule| match rule {
            RuleDecl::ColumnMask(rule) => Some(serde_json::to_value(&rule.mask).unwrap()),
            RuleDecl::RowFilter(_) | RuleDecl::Access(_) => None,
        });
    match (translated.closed, found) {
        (Some(why), _) => format!("closed: {why}"),
        (None, None) => "none".to_owned(),
        (None, Some(Value::String(name))) => match masks.get(&name) {
            Some(mask) => format!("{} {:?}", mask.expression, mask.nulls),
            None => name,
        },
        (None, Some(custom)) => custom["expression"].as_str().unwrap().to_owned(),
    }
}

#[test]
fn each_function_is_false_for_null_and_needs_no_words_for_it() {
    let name = |function: &str| leaf(function, "name", json!(["it's"]));
    let upper = json!({ "kind": "LEAF", "transform": { "name": "UPPER", "inputs": [reference("name")] }, "function": "EQUAL", "literals": ["X"] });
    let constant = |function: &str| json!({ "kind": "LEAF", "transform": { "name": "NULL" }, "function": function, "literals": [] });
    let compound = |function: &str| json!({ "kind": "COMPOUND", "function": function, "children": [name("EQUAL"), leaf("IS_NULL", "id", json!([]))] });
    let cases = [
        (name("EQUAL"), "`name` = 'it''s'"),
        (name("NOT_EQUAL"), "`name` <> 'it''s'"),
        (name("LESS_THAN"), "`name` < 'it''s'"),
        (name("LESS_OR_EQUAL"), "`name` <= 'it''s'"),
        (name("GREATER_THAN"), "`name` > 'it''s'"),
        (name("GREATER_OR_EQUAL"), "`name` >= 'it''s'"),
        (leaf("IS_NULL", "name", json!([])), "`name` IS NULL"),
        (
            leaf("IS_NOT_NULL", "name", json!(null)),
            "`name` IS NOT NULL",
        ),
        (name("STARTS_WITH"), "LEFT(`name`, 4) = 'it''s'"),
        (name("ENDS_WITH"), "RIGHT(`name`, 4) = 'it''s'"),
        (name("CONTAINS"), "POSITION('it''s' IN `name`) > 0"),
        (leaf("LIKE", "name", json!(["a%_"])), "`name` LIKE 'a%_'"),
        (leaf("IN", "id", json!([1, 2])), "`id` IN (1, 2)"),
        (leaf("IN", "id", json!([])), "FALSE"),
        (leaf("NOT_IN", "id", json!([1])), "`id` NOT IN (1)"),
        (leaf("NOT_IN", "id", json!([])), "`id` IS NOT NULL"),
        (leaf("BETWEEN", "id", json!([1, 9])), "`id` BETWEEN 1 AND 9"),
        (
            leaf("EQUAL", "day", json!(["2026-01-31"])),
            "`day` = DATE '2026-01-31'",
        ),
        (
            leaf("EQUAL", "at", json!(["2026-01-31T08:00:00"])),
            "`at` = TIMESTAMP '2026-01-31 08:00:00'",
        ),
        (leaf("EQUAL", "price", json!(["1.50"])), "`price` = 1.50"),
        (leaf("EQUAL", "ok", json!([false])), "`ok` = FALSE"),
        (upper, "UPPER(`name`) = 'X'"),
        (constant("TRUE"), ""),
        (constant("FALSE"), "FALSE"),
        (compound("AND"), "(`name` = 'it''s') AND (`id` IS NULL)"),
        (compound("OR"), "(`name` = 'it''s') OR (`id` IS NULL)"),
    ];
    for (predicate, wanted) in cases {
        assert_eq!(
            filter(std::slice::from_ref(&predicate)),
            wanted,
            "{predicate}"
        );
    }
    assert_eq!(
        filter(&[name("EQUAL"), leaf("IS_NULL", "id", json!([]))]),
        "`name` = 'it''s' / `id` IS NULL"
    );
}

#[test]
fn each_transform_is_a_mask_of_its_own_column_or_closes_the_table() {
    let of_name =
        |function: &str, inputs: Value| mask("name", json!({ "name": function, "inputs": inputs }));
    let own = reference("name");
    assert_eq!(mask("name", json!({ "name": "NULL" })), "MASK_NULL");
    assert_eq!(
        mask("name", json!({ "name": "FIELD_REF", "fieldRef": own })),
        "MASK_NONE"
    );
    assert_eq!(
        mask(
            "name",
            json!({ "name": "CAST", "fieldRef": own, "type": "STRING" })
        ),
        "MASK_NONE"
    );
    assert_eq!(of_name("UPPER", json!([own])), "UPPER({col})");
    assert_eq!(of_name("LOWER", json!([own])), "LOWER({col})");
    assert_eq!(
        of_name("CONCAT", json!([own, "**'*"])),
        "CONCAT({col}, '**''*')"
    );
    // What does not depend on the value hides whether there is one.
    assert_eq!(of_name("CONCAT", json!(["****"])), "CONCAT('****') Pass");
    assert_eq!(
        of_name("CONCAT_WS", json!(["-", own, "x"])),
        "CONCAT_WS('-', {col}, 'x') Pass"
    );
    let closed = [
        ("code", json!({ "name": "NULL" })),
        ("name", json!({})),
        ("name", json!({ "name": "" })),
        ("name", json!({ "name": "NULL", "fieldRef": own })),
        (
            "name",
            json!({ "name": "FIELD_REF", "fieldRef": reference("code") }),
        ),
        ("name", json!({ "name": "FIELD_REF" })),
        (
            "name",
            json!({ "name": "CAST", "fieldRef": own, "type": "INT" }),
        ),
        (
            "name",
            json!({ "name": "CAST", "fieldRef": own, "type": "wat" }),
        ),
        (
            "name",
            json!({ "name": "UPPER", "inputs": [reference("code")] }),
        ),
        ("name", json!({ "name": "UPPER", "inputs": ["x"] })),
        (
            "name",
            json!({ "name": "UPPER", "inputs": [own], "locale": "tr" }),
        ),
        ("name", json!({ "name": "CONCAT", "inputs": [] })),
        (
            "name",
            json!({ "name": "CONCAT", "inputs": [own, reference("code")] }),
        ),
        ("name", json!({ "name": "CONCAT", "inputs": [own, 7] })),
        ("name", json!({ "name": "CONCAT_WS", "inputs": [own, "x"] })),
        (
            "name",
            json!({ "name": "SUBSTRING", "inputs": [own, 1, 3] }),
        ),
        ("name", json!({ "name": "TRIM", "inputs": [own] })),
        ("name", json!({ "name": "HASH", "inputs": [own] })),
        (
            "id",
            json!({ "name": "UPPER", "inputs": [reference("id")] }),
        ),
        ("nope", json!({ "name": "NULL" })),
        ("_ROW_ID", json!({ "name": "NULL" })),
    ];
    for (column, transform) in closed {
        let got = mask(column, transform.clone());
        assert!(got.starts_with("closed: "), "{column} {transform}: {got}");
    }
}

#[test]
fn a_filter_that_is_not_known_closes_the_table() {
    let wrong = [
        json!({}),
        json!([]),
        json!("x"),
        json!({ "kind": "NOT" }),
        leaf("EQUAL", "nope", json!([1])),
        leaf("EQUAL", "_ROW_ID", json!([1])),
        leaf("EQUAL", "id", json!(["one"])),
        leaf("EQUAL", "id", json!([])),
        leaf("EQUAL", "id", json!([1, 2])),
        leaf("EQUAL", "id", json!([null])),
        leaf("EQUAL", "id", json!(7)),
        leaf("IN", "id", json!([1, null])),
        leaf("BETWEEN", "id", json!([1])),
        leaf("IS_NULL", "id", json!([1])),
        leaf("STARTS_WITH", "id", json!(["1"])),
        leaf("LIKE", "name", json!(["a\\%"])),
        leaf("EQUAL", "raw", json!(["AA=="])),
        leaf("MATCHES", "name", json!(["x"])),
        leaf("equal", "id", json!([1])),
        leaf("EQUAL", "name", json!(["${user.name}"])),
        json!({ "kind": "COMPOUND", "function": "AND", "children": [] }),
        json!({ "kind": "COMPOUND", "function": "NOT", "children": [leaf("EQUAL", "id", json!([1]))] }),
        json!({ "kind": "LEAF", "transform": { "name": "NULL" }, "function": "EQUAL", "literals": [1] }),
        json!({ "kind": "LEAF", "transform": { "name": "CAST", "fieldRef": reference("id"), "type": "STRING" }, "function": "EQUAL", "literals": ["1"] }),
        json!({ "kind": "LEAF", "function": "EQUAL", "literals": [1] }),
        json!({ "kind": "LEAF", "transform": { "name": "FIELD_REF", "fieldRef": reference("id") }, "function": "EQUAL", "literals": [1], "negated": true }),
    ];
    for predicate in wrong {
        let got = filter(std::slice::from_ref(&predicate));
        assert!(got.starts_with("closed: "), "{predicate}: {got}");
    }
}

#[test]
fn a_reply_that_is_none_closes_the_table_and_an_empty_one_does_not() {
    for open in [
        "{}",
        "{\"filter\":null}",
        "{\"filter\":[],\"columnMasking\":{}}",
    ] {
        assert_eq!(of(open).closed, None, "{open}");
    }
    for closed in [
        "",
        "null",
        "[]",
        "{\"code\":404}",
        "{\"filter\":{}}",
        "{\"filter\":[\"\"]}",
        "{\"filter\":[null]}",
        "{\"filter\":[\"{\"]}",
        "{\"columnMasking\":[]}",
        "{\"columnMasking\":{\"name\":\"\"}}",
        "{\"columnMasking\":{\"name\":null}}",
        "{\"columnMasking\":{\"\":\"{}\"}}",
    ] {
        assert!(of(closed).closed.is_some(), "{closed}");
    }
    let name = TableName::new("c", "d", "t");
    let unknown = ForeignTable {
        name: &name,
        columns: None,
    };
    let reply = json!({ "filter": [leaf("EQUAL", "id", json!([1]))] }).to_string();
    assert!(
        translate(
            &reply,
            &Principal {
                user: "ann".into(),
                ..Principal::default()
            },
            &unknown
        )
        .closed
        .is_some()
    );
    assert!(
        translate("{}", &Principal::default(), &unknown)
            .closed
            .is_some(),
        "a principal has a name"
    );
}
