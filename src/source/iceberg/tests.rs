//! Each operator, each action, each thing that closes the table.

use serde_json::{Value, json};

use super::*;
use crate::catalog::{Column, ColumnKind, TableName};
use crate::policy::{Policy, Privilege, Resource, RuleDecl};
use crate::syntax::parse_data_type;

fn metadata() -> Value {
    let field = |id: i64, name: &str, kind: Value| json!({ "id": id, "name": name, "type": kind, "required": id == 1 });
    let address = json!({ "type": "struct", "fields": [field(21, "zip", json!("string")), field(22, "house", json!("int"))] });
    let tags =
        json!({ "type": "list", "element-id": 31, "element": "string", "element-required": true });
    json!({
        "current-schema-id": 7,
        "schemas": [
            { "schema-id": 6, "type": "struct", "fields": [] },
            { "schema-id": 7, "type": "struct", "fields": [
                field(1, "id", json!("long")), field(2, "region", json!("string")), field(3, "day", json!("date")),
                field(4, "at", json!("timestamp")), field(5, "seen", json!("timestamptz")), field(6, "price", json!("decimal(10,2)")),
                field(7, "ok", json!("boolean")), field(8, "score", json!("double")), field(9, "raw", json!("binary")),
                field(10, "clock", json!("time")), field(11, "it's `x`", json!("string")), field(12, "n", json!("int")),
                field(20, "address", address), field(30, "tags", tags),
            ] },
        ],
    })
}

fn columns() -> Vec<Column> {
    let columns = [
        ("id", "BIGINT NOT NULL"),
        ("region", "STRING"),
        ("day", "DATE"),
        ("at", "TIMESTAMP(6)"),
        ("seen", "TIMESTAMP_LTZ(6)"),
        ("price", "DECIMAL(10, 2)"),
        ("ok", "BOOLEAN"),
        ("score", "DOUBLE"),
        ("raw", "BYTES"),
        ("clock", "TIME(0)"),
        ("it's `x`", "STRING"),
        ("n", "INT"),
        ("address", "ROW<zip STRING, house INT>"),
        ("tags", "ARRAY<STRING>"),
    ];
    let column = |(name, kind): (&str, &str)| Column {
        name: name.to_owned(),
        data_type: Some(parse_data_type(kind).unwrap()),
        kind: ColumnKind::Physical,
    };
    columns.into_iter().map(column).collect()
}

fn ann() -> Principal {
    Principal {
        user: "ann".into(),
        ..Principal::default()
    }
}

fn of(reply: &str) -> Translated {
    let (name, columns) = (TableName::new("c", "d", "t"), columns());
    let table = ForeignTable {
        name: &name,
        columns: Some(&columns),
    };
    let translated = translate(reply, &ann(), &table);
    let policy = Policy::load_answer(
        &serde_json::to_string(&translated.document).unwrap(),
        "test",
    )
    .unwrap();
    let resource = Resource {
        columns: Some(&columns),
        ..Resource::named(&name)
    };
    // Whatever comes of it, nobody else may read by it, and nobody may write.
    let may = |user: &str, privilege| {
        let who = Principal {
            user: user.into(),
            ..Principal::default()
        };
        policy
            .access(
                &who,
                &resource,
                privilege,
                std::time::SystemTime::UNIX_EPOCH,
            )
            .is_ok()
    };
    assert_eq!(may("ann", Privilege::Select), translated.closed.is_none());
    assert!(!may("bob", Privilege::Select) && !may("ann", Privilege::Insert));
    if translated.closed.is_none() {
        policy
            .obligations(&ann(), &resource, std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
    }
    translated
}

fn restricted(restrictions: Value) -> Translated {
    of(&json!({ "metadata": metadata(), "read-restrictions": restrictions }).to_string())
}

/// The filter, or why there is none.
fn filter(expression: Value) -> String {
    let translated = restricted(json!({ "required-row-filter": expression }));
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
        None => filters.collect::<Vec<_>>().join(" AND "),
    }
}

/// The mask of a field, or why there is none.
fn mask(action: &str, id: i64) -> String {
    let translated = restricted(
        json!({ "required-column-projections": [{ "action": action, "field-id": id }] }),
    );
    let masks = translated
        .document
        .rules
        .iter()
        .filter_map(|rule| match rule {
            RuleDecl::ColumnMask(rule) => {
                let column = rule.on.columns.join(",");
                let mask = serde_json::to_value(&rule.mask).unwrap();
                let mask = mask
                    .get("expression")
                    .unwrap_or(&mask)
                    .as_str()
                    .unwrap()
                    .to_owned();
                Some(format!("{column}: {mask}"))
            }
            RuleDecl::RowFilter(_) | RuleDecl::Access(_) => None,
        });
    match translated.closed {
        Some(why) => format!("closed: {why}"),
        None => masks.collect::<Vec<_>>().join("; "),
    }
}

fn predicate(kind: &str, term: &str, value: Value) -> Value {
    json!({ "type": kind, "term": term, "value": value })
}

#[test]
fn each_operator_has_two_values_and_hides_what_is_unknown() {
    let region = |kind: &str| predicate(kind, "region", json!("it's"));
    let not = |child: Value| json!({ "type": "not", "child": child });
    let cases = [
        (region("eq"), "`region` = 'it''s'"),
        (region("not-eq"), "`region` IS DISTINCT FROM 'it''s'"),
        (region("lt"), "`region` < 'it''s'"),
        (region("lt-eq"), "`region` <= 'it''s'"),
        (region("gt"), "`region` > 'it''s'"),
        (region("gt-eq"), "`region` >= 'it''s'"),
        (region("starts-with"), "LEFT(`region`, 4) = 'it''s'"),
        (
            region("not-starts-with"),
            "LEFT(`region`, 4) IS DISTINCT FROM 'it''s'",
        ),
        (
            json!({ "type": "is-null", "term": "region" }),
            "`region` IS NULL",
        ),
        (
            json!({ "type": "not-null", "term": "region" }),
            "`region` IS NOT NULL",
        ),
        (
            json!({ "type": "in", "term": "n", "values": [1, -2] }),
            "`n` IN (1, (-2))",
        ),
        (
            json!({ "type": "not-in", "term": "n", "values": [1] }),
            "`n` IS NULL OR `n` NOT IN (1)",
        ),
        (json!({ "type": "in", "term": "n", "values": [] }), "FALSE"),
        (json!({ "type": "not-in", "term": "n", "values": [] }), ""),
        (not(region("eq")), "`region` IS DISTINCT FROM 'it''s'"),
        (not(region("not-eq")), "`region` = 'it''s'"),
        (not(region("lt")), "`region` >= 'it''s'"),
        (not(region("lt-eq")), "`region` > 'it''s'"),
        (not(region("gt")), "`region` <= 'it''s'"),
        (not(region("gt-eq")), "`region` < 'it''s'"),
        (
            not(region("starts-with")),
            "LEFT(`region`, 4) IS DISTINCT FROM 'it''s'",
        ),
        (
            not(json!({ "type": "is-null", "term": "region" })),
            "`region` IS NOT NULL",
        ),
        (
            not(json!({ "type": "in", "term": "n", "values": [1] })),
            "`n` IS NULL OR `n` NOT IN (1)",
        ),
        (not(not(region("eq"))), "`region` = 'it''s'"),
        (
            json!({ "type": "and", "left": region("eq"), "right": region("gt") }),
            "(`region` = 'it''s') AND (`region` > 'it''s')",
        ),
        (
            not(json!({ "type": "or", "left": region("eq"), "right": region("gt") })),
            "(`region` IS DISTINCT FROM 'it''s') AND (`region` <= 'it''s')",
        ),
        (json!(true), ""),
        (json!(false), "FALSE"),
        (json!({ "type": "true" }), ""),
        (json!({ "type": "false" }), "FALSE"),
        (json!({ "type": "literal", "value": false }), "FALSE"),
        (
            json!({ "type": "eq", "left": { "type": "reference", "id": 2 }, "right": { "type": "literal", "value": "US" } }),
            "`region` = 'US'",
        ),
        (
            json!({ "type": "in", "left": { "type": "reference", "id": 12 }, "right": { "type": "literal", "values": [3] } }),
            "`n` IN (3)",
        ),
        (
            json!({ "type": "in", "left": { "type": "reference", "id": 12 }, "right": [3] }),
            "`n` IN (3)",
        ),
        (
            json!({ "type": "is-null", "child": { "type": "reference", "id": 12 } }),
            "`n` IS NULL",
        ),
        (
            predicate("eq", "address.zip", json!("x")),
            "`address`.`zip` = 'x'",
        ),
        (
            predicate("eq", "it's `x`", json!("x")),
            "`it's ``x``` = 'x'",
        ),
        (predicate("eq", "price", json!("1.50")), "`price` = 1.50"),
        (
            predicate("gt", "day", json!("2026-01-31")),
            "`day` > DATE '2026-01-31'",
        ),
        (
            predicate("gt", "at", json!("2026-01-31T08:00:00.000000")),
            "`at` > TIMESTAMP '2026-01-31 08:00:00'",
        ),
        (
            predicate("gt", "seen", json!("1970-01-01T00:00:01.000000+00:00")),
            "`seen` > TO_TIMESTAMP_LTZ(1000, 3)",
        ),
        (predicate("eq", "ok", json!(true)), "`ok` = TRUE"),
        (
            predicate("lt", "score", json!(0.5)),
            "`score` < CAST('0.5' AS DOUBLE)",
        ),
    ];
    for (expression, wanted) in cases {
        let got = filter(expression.clone());
        assert_eq!(got, wanted, "{expression}");
    }
}

#[test]
fn each_action_is_a_mask_of_its_type_or_closes_the_table() {
    let text = "REGEXP_REPLACE(REGEXP_REPLACE({col}, '[^0-9(),.@-]', 'x'), '[0-9]', 'n')";
    let cases = [
        ("mask-alphanum", 2, format!("`region`: {text}")),
        ("show-first-4", 2, "`region`: CONCAT(LEFT({col}, 4), REGEXP_REPLACE(REGEXP_REPLACE(SUBSTRING({col} FROM 5), '[^0-9(),.@-]', 'x'), '[0-9]', 'n'))".into()),
        ("show-last-4", 2, "`region`: REGEXP_REPLACE(REGEXP_REPLACE({col}, '[^0-9(),.@-](?=(?s:.{4}))', 'x'), '[0-9](?=(?s:.{4}))', 'n')".into()),
        ("replace-with-null", 2, "`region`: MASK_NULL".into()),
        ("replace-with-null", 30, "`tags`: MASK_NULL".into()),
        ("mask-to-fixed-value", 2, "`region`: 'XXXXXXXX'".into()),
        ("mask-to-fixed-value", 12, "`n`: 999999999".into()),
        ("mask-to-fixed-value", 6, "`price`: 0".into()),
        ("mask-to-fixed-value", 7, "`ok`: FALSE".into()),
        ("mask-to-fixed-value", 8, "`score`: CAST(0 AS DOUBLE)".into()),
        ("mask-to-fixed-value", 3, "`day`: DATE '9999-12-31'".into()),
        ("mask-to-fixed-value", 4, "`at`: TIMESTAMP '9999-12-31 00:00:00'".into()),
        ("mask-to-fixed-value", 10, "`clock`: TIME '00:00:00'".into()),
        ("truncate-to-year", 3, "`day`: FLOOR({col} TO YEAR)".into()),
        ("truncate-to-month", 4, "`at`: FLOOR(CAST(CAST({col} AS STRING) AS DATE) TO MONTH)".into()),
        ("sha-256-global", 2, "`region`: SHA256({col})".into()),
        ("mask-alphanum", 21, format!("`address`.`zip`: {text}")),
    ];
    for (action, id, wanted) in cases {
        assert_eq!(mask(action, id), wanted, "{action} {id}");
    }
    let closed = [
        ("mask-alphanum", 12),
        ("show-first-4", 12),
        ("show-last-4", 3),
        ("replace-with-null", 1),
        ("mask-to-fixed-value", 9),
        ("mask-to-fixed-value", 20),
        ("mask-to-fixed-value", 5),
        ("truncate-to-year", 5),
        ("truncate-to-year", 2),
        ("sha-256-global", 12),
        ("sha-256-query-local", 2),
        ("apply-expression", 2),
        ("mask-to-default", 2),
        ("MASK-ALPHANUM", 2),
        ("", 2),
        ("mask-alphanum", 99),
        ("mask-alphanum", 31),
    ];
    for (action, id) in closed {
        assert!(mask(action, id).starts_with("closed: "), "{action} {id}");
    }
}

#[test]
fn an_expression_that_is_not_known_closes_the_table() {
    let wrong = [
        json!(null).to_string(), json!("region = 'x'").to_string(), json!({}).to_string(), json!({ "type": "like", "term": "region", "value": "x" }).to_string(),
        json!({ "type": "is-nan", "term": "score" }).to_string(),
        predicate("eq", "nope", json!("x")).to_string(),
        predicate("eq", "region", json!(null)).to_string(),
        predicate("eq", "region", json!(7)).to_string(),
        predicate("eq", "region", json!("${user.name}")).to_string(),
        predicate("eq", "raw", json!("00")).to_string(),
        predicate("starts-with", "n", json!("1")).to_string(),
        predicate("gt", "seen", json!("2026-01-31T08:00:00")).to_string(),
        json!({ "type": "eq", "term": "region" }).to_string(),
        json!({ "type": "eq", "term": "region", "value": "x", "case-sensitive": false }).to_string(),
        json!({ "type": "eq", "term": { "type": "transform", "transform": "bucket[16]", "term": "region" }, "value": 3 }).to_string(),
        json!({ "type": "eq", "term": "region", "left": { "type": "reference", "id": 2 }, "value": "x" }).to_string(),
        json!({ "type": "eq", "left": { "type": "reference", "id": 2, "name": "id" }, "value": "x" }).to_string(),
        json!({ "type": "eq", "left": { "type": "reference", "id": 99 }, "value": "x" }).to_string(),
        json!({ "type": "in", "term": "n", "values": [1, null] }).to_string(),
        json!({ "type": "in", "term": "n", "value": 1 }).to_string(),
        json!({ "type": "and", "left": true }).to_string(),
        json!({ "type": "not" }).to_string(),
        json!({ "type": "true", "value": false }).to_string(),
    ];
    for expression in wrong.iter().skip(1) {
        let got = filter(serde_json::from_str(expression).unwrap());
        assert!(got.starts_with("closed: "), "{expression}: {got}");
    }
    // The specification: null is no filter.
    assert_eq!(filter(json!(null)), "");
    let deep = (0..110).fold(
        json!(true),
        |below, _| json!({ "type": "not", "child": below }),
    );
    assert!(filter(deep).starts_with("closed: "));
}

#[test]
fn a_reply_that_is_none_closes_the_table_and_one_without_restrictions_does_not() {
    let open = |reply: Value| of(&reply.to_string()).closed.is_none();
    assert!(open(json!({ "metadata": metadata() })));
    assert!(open(
        json!({ "metadata": metadata(), "read-restrictions": null })
    ));
    assert!(open(
        json!({ "metadata": metadata(), "read-restrictions": {} })
    ));
    for reply in [
        "",
        "[]",
        "null",
        "<html>",
        "{}",
        "{\"error\":{\"code\":404}}",
    ] {
        assert!(of(reply).closed.is_some(), "{reply}");
    }
    let twice = json!([{ "action": "mask-alphanum", "field-id": 2 }, { "action": "replace-with-null", "field-id": 2 }]);
    let nested = json!([{ "action": "replace-with-null", "field-id": 20 }, { "action": "mask-alphanum", "field-id": 21 }]);
    for restrictions in [
        json!([]),
        json!({ "required-row-filters": [] }),
        json!({ "required-column-projections": {} }),
        json!({ "required-column-projections": [7] }),
        json!({ "required-column-projections": [{ "action": "mask-alphanum" }] }),
        json!({ "required-column-projections": [{ "action": "mask-alphanum", "field-id": 2, "salt": "x" }] }),
        json!({ "required-column-projections": twice }),
        json!({ "required-column-projections": nested }),
    ] {
        assert!(
            restricted(restrictions.clone()).closed.is_some(),
            "{restrictions}"
        );
    }
    let mut other = metadata();
    other["current-schema-id"] = json!(8);
    let filter = json!({ "required-row-filter": predicate("eq", "n", json!(1)) });
    assert!(!open(
        json!({ "metadata": other, "read-restrictions": filter })
    ));
    let mut other = metadata();
    other["schemas"][1]["fields"][11]["type"] = json!("long");
    assert!(!open(
        json!({ "metadata": other, "read-restrictions": filter })
    ));
}

#[test]
fn a_table_whose_name_no_pattern_holds_is_closed() {
    let name = TableName::new("c", "d", "");
    let table = ForeignTable {
        name: &name,
        columns: None,
    };
    let reply = json!({ "metadata": metadata() }).to_string();
    let translated = translate(&reply, &ann(), &table);
    assert!(translated.closed.is_some());
    let text = serde_json::to_string(&translated.document).unwrap();
    let policy = Policy::load_answer(&text, "test").unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH;
    assert!(
        policy
            .access(&ann(), &Resource::named(&name), Privilege::Select, now)
            .is_err()
    );
}
