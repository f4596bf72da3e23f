//! What catalogs' answers become, on real Flink: each operator and each action against what its specification says of the same values.

use serde_json::{Value, json};
use sqlsec::Principal;
use sqlsec::catalog::{Column, ColumnKind, TableName};
use sqlsec::policy::{Document, MaskRef, RuleDecl};
use sqlsec::source::{ForeignTable, iceberg, paimon};
use sqlsec::syntax::parse_data_type;

use crate::flink::Flink;

const TYPES: [(&str, &str); 8] = [
    ("STRING", "string"),
    ("INT", "int"),
    ("DATE", "date"),
    ("TIMESTAMP(6)", "timestamp"),
    ("DOUBLE", "double"),
    ("DECIMAL(10, 2)", "decimal(10,2)"),
    ("TIMESTAMP_LTZ(6)", "timestamptz"),
    ("BOOLEAN", "boolean"),
];

fn rows() -> Value {
    json!([
        [
            "north",
            1,
            "2026-01-31",
            "2026-01-31T08:00:00",
            0.5,
            "1.50",
            "2026-01-31T08:00:00Z",
            true
        ],
        [
            "it's \"south\" 张三😀",
            -5,
            "1969-12-31",
            "1969-12-31T23:59:59.5",
            -2.0,
            "-1.00",
            "1969-12-31T23:59:59Z",
            false
        ],
        [
            "",
            0,
            "9999-12-31",
            "0001-01-01T00:00:00",
            0.0,
            "0.00",
            "1970-01-01T00:00:00Z",
            false
        ],
        [null, null, null, null, null, null, null, null],
    ])
}

fn columns() -> Vec<Column> {
    let columns = TYPES.iter().enumerate();
    let columns = columns.map(|(index, (kind, _))| Column {
        name: format!("c{index}"),
        data_type: Some(parse_data_type(kind).expect("a type")),
        kind: ColumnKind::Physical,
    });
    columns.collect()
}

fn translated(
    translate: &dyn Fn(&Principal, &ForeignTable<'_>) -> sqlsec::source::Translated,
) -> Document {
    let (name, columns) = (TableName::new("c", "d", "t"), columns());
    let table = ForeignTable {
        name: &name,
        columns: Some(&columns),
    };
    let ann = Principal {
        user: "ann".to_owned(),
        ..Principal::default()
    };
    let translated = translate(&ann, &table);
    assert_eq!(translated.closed, None);
    translated.document
}

fn iceberg_reply(restrictions: &Value) -> Document {
    let fields = TYPES.iter().enumerate();
    let fields: Vec<Value> = fields
        .map(|(index, (_, kind))| json!({ "id": index, "name": format!("c{index}"), "type": kind, "required": false }))
        .collect();
    let metadata = json!({ "current-schema-id": 0, "schemas": [{ "schema-id": 0, "type": "struct", "fields": fields }] });
    let reply = json!({ "metadata": metadata, "read-restrictions": restrictions }).to_string();
    translated(&|who, table| iceberg::translate(&reply, who, table))
}

fn paimon_reply(reply: &Value) -> Document {
    let reply = reply.to_string();
    translated(&|who, table| paimon::translate(&reply, who, table))
}

fn filter(document: &Document) -> String {
    let filters = document.rules.iter().filter_map(|rule| match rule {
        RuleDecl::RowFilter(rule) => Some(format!("({})", rule.filter)),
        RuleDecl::ColumnMask(_) | RuleDecl::Access(_) => None,
    });
    format!("({}) IS TRUE", filters.collect::<Vec<_>>().join(" AND "))
}

/// The mask's expression in the column's type.
fn mask(document: &Document, column: usize) -> String {
    let masks = document.rules.iter().find_map(|rule| match rule {
        RuleDecl::ColumnMask(rule) => Some(&rule.mask),
        RuleDecl::RowFilter(_) | RuleDecl::Access(_) => None,
    });
    let (text, test) = match masks.expect("a mask") {
        MaskRef::Custom { expression } => (expression.clone(), true),
        MaskRef::Name(name) => (document.masks[name].expression.clone(), false),
    };
    let (kind, _) = TYPES[column];
    let value = format!("c{column}");
    let shown = format!("CAST({} AS {kind})", text.replace("{col}", &value));
    if test {
        format!("CASE WHEN {value} IS NULL THEN CAST(NULL AS {kind}) ELSE {shown} END")
    } else {
        shown
    }
}

/// Expressions, each with what it has to be for each of `rows`.
fn check(cases: &[(String, Vec<Value>)]) {
    let mut flink = match Flink::shared() {
        Ok(flink) => flink,
        Err(why) => return println!("skipped: {why}"),
    };
    let types: Vec<&str> = TYPES.iter().map(|(kind, _)| *kind).collect();
    let exprs: Vec<&String> = cases.iter().map(|(expr, _)| expr).collect();
    let job =
        json!({ "op": "eval", "id": "catalogs", "types": types, "rows": rows(), "exprs": exprs });
    let answer = flink.ask(&[job]).remove(0);
    assert_eq!(answer["ok"], true, "{}", answer["error"]);
    let mut wrong = Vec::new();
    for (index, (expr, wanted)) in cases.iter().enumerate() {
        let got: Vec<Value> = (0..wanted.len())
            .map(|row| answer["values"][row][index].clone())
            .collect();
        if got != *wanted {
            wrong.push(format!("{expr}\n  wanted {wanted:?}\n  got    {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{answer}", wrong.join("\n"));
    println!("{} expressions of catalogs on Flink", cases.len());
}

fn truths(wanted: &str) -> Vec<Value> {
    let wanted = wanted.chars();
    wanted
        .map(|c| json!(if c == 't' { "true" } else { "false" }))
        .collect()
}

fn of(kind: &str, column: usize, value: Value) -> Value {
    json!({ "type": kind, "left": { "type": "reference", "id": column }, "right": { "type": "literal", "value": value } })
}

#[test]
fn icebergs_predicates_say_on_flink_what_they_say() {
    let south = "it's \"south\" 张三😀";
    let not = |child: Value| json!({ "type": "not", "child": child });
    let cases = [
        (of("eq", 0, json!(south)), "ftff"),
        (of("not-eq", 0, json!(south)), "tftt"),
        (not(of("eq", 0, json!(south))), "tftt"),
        (of("starts-with", 0, json!("it's \"south\" 张三😀")), "ftff"),
        (of("starts-with", 0, json!("nor")), "tfff"),
        (of("starts-with", 0, json!("")), "tttf"),
        (of("not-starts-with", 0, json!("nor")), "fttt"),
        (of("starts-with", 0, json!("n%")), "ffff"),
        (of("lt", 1, json!(1)), "fttf"),
        (not(of("lt", 1, json!(1))), "tfff"),
        (of("gt-eq", 1, json!(-5)), "tttf"),
        (
            json!({ "type": "in", "term": "c1", "values": [1, -5] }),
            "ttff",
        ),
        (
            json!({ "type": "not-in", "term": "c1", "values": [1, -5] }),
            "fftt",
        ),
        (
            json!({ "type": "in", "term": "c0", "values": ["north", ""] }),
            "tftf",
        ),
        (json!({ "type": "is-null", "term": "c1" }), "ffft"),
        (json!({ "type": "not-null", "term": "c1" }), "tttf"),
        (of("eq", 2, json!("1969-12-31")), "ftff"),
        (of("lt", 3, json!("1970-01-01T00:00:00")), "fttf"),
        (of("eq", 3, json!("1969-12-31T23:59:59.500000")), "ftff"),
        (of("eq", 4, json!(0.5)), "tfff"),
        (of("lt-eq", 4, json!(-2)), "ftff"),
        (of("eq", 5, json!("1.5")), "tfff"),
        (of("gt", 5, json!("-1.00")), "tftf"),
        (
            of("eq", 6, json!("1969-12-31T23:59:59.000000+00:00")),
            "ftff",
        ),
        (
            of("gt", 6, json!("1970-01-01T00:00:00.000000+00:00")),
            "tfff",
        ),
        (of("eq", 7, json!(true)), "tfff"),
        (of("not-eq", 7, json!(true)), "fttt"),
        (
            json!({ "type": "and", "left": of("not-eq", 1, json!(1)), "right": not(json!({ "type": "is-null", "term": "c0" })) }),
            "fttf",
        ),
        (
            json!({ "type": "not", "child": { "type": "or", "left": of("eq", 1, json!(1)), "right": { "type": "is-null", "term": "c0" } } }),
            "fttf",
        ),
        (json!(false), "ffff"),
    ];
    let cases: Vec<(String, Vec<Value>)> = cases
        .into_iter()
        .map(|(expression, wanted)| {
            (
                filter(&iceberg_reply(
                    &json!({ "required-row-filter": expression }),
                )),
                truths(wanted),
            )
        })
        .collect();
    check(&cases);
}

#[test]
fn icebergs_actions_show_on_flink_what_they_show() {
    let cases = [
        (
            "mask-alphanum",
            0,
            json!(["xxxxx", "xxxxxxxxxxxxxxxx", "", null]),
        ),
        (
            "show-first-4",
            0,
            json!(["nortx", "it'sxxxxxxxxxxxx", "", null]),
        ),
        (
            "show-last-4",
            0,
            json!(["xorth", "xxxxxxxxxxxx 张三😀", "", null]),
        ),
        (
            "mask-to-fixed-value",
            0,
            json!(["XXXXXXXX", "XXXXXXXX", "XXXXXXXX", null]),
        ),
        (
            "mask-to-fixed-value",
            1,
            json!(["999999999", "999999999", "999999999", null]),
        ),
        (
            "mask-to-fixed-value",
            2,
            json!(["9999-12-31", "9999-12-31", "9999-12-31", null]),
        ),
        ("mask-to-fixed-value", 4, json!(["0.0", "0.0", "0.0", null])),
        (
            "mask-to-fixed-value",
            5,
            json!(["0.00", "0.00", "0.00", null]),
        ),
        (
            "mask-to-fixed-value",
            7,
            json!(["false", "false", "false", null]),
        ),
        (
            "truncate-to-year",
            2,
            json!(["2026-01-01", "1969-01-01", "9999-01-01", null]),
        ),
        (
            "truncate-to-month",
            2,
            json!(["2026-01-01", "1969-12-01", "9999-12-01", null]),
        ),
    ];
    let mut all: Vec<(String, Vec<Value>)> = cases
        .into_iter()
        .map(|(action, column, wanted)| {
            let document = iceberg_reply(&json!({ "required-column-projections": [{ "action": action, "field-id": column }] }));
            (mask(&document, column), wanted.as_array().expect("a list").clone())
        })
        .collect();
    // The examples of the specification, which are no values of the table.
    let examples = [
        (
            "mask-alphanum",
            "prashant010696@gmail.com",
            "xxxxxxxxnnnnnn@xxxxx.xxx",
        ),
        (
            "show-first-4",
            "prashant010696@gmail.com",
            "prasxxxxnnnnnn@xxxxx.xxx",
        ),
        ("show-last-4", "4111-1111-1111-4444", "nnnn-nnnn-nnnn-4444"),
        ("show-last-4", "abcd", "abcd"),
        ("mask-alphanum", "(a), \n张😀٣", "(x),xxxxx"),
    ];
    for (action, value, wanted) in examples {
        let document = iceberg_reply(
            &json!({ "required-column-projections": [{ "action": action, "field-id": 0 }] }),
        );
        let value = format!("'{}'", value.replace('\'', "''"));
        all.push((
            mask(&document, 0).replace("c0", &value),
            vec![json!(wanted)],
        ));
    }
    let year = iceberg_reply(
        &json!({ "required-column-projections": [{ "action": "truncate-to-month", "field-id": 3 }] }),
    );
    let expr = format!("CAST({} AS STRING)", mask(&year, 3));
    let wanted = json!([
        "2026-01-01 00:00:00.000000",
        "1969-12-01 00:00:00.000000",
        "0001-01-01 00:00:00.000000",
        null
    ]);
    all.push((expr, wanted.as_array().expect("a list").clone()));
    check(&all);
}

#[test]
fn paimons_functions_and_transforms_do_on_flink_what_they_do() {
    let leaf = |function: &str, column: usize, literals: Value| {
        let reference = json!({ "index": column, "name": format!("c{column}"), "type": "STRING" });
        json!({ "kind": "LEAF", "transform": { "name": "FIELD_REF", "fieldRef": reference }, "function": function, "literals": literals })
    };
    let cases = [
        (leaf("NOT_EQUAL", 0, json!(["north"])), "fttf"),
        (leaf("NOT_IN", 1, json!([1])), "fttf"),
        (leaf("IN", 1, json!([1, 0])), "tftf"),
        (leaf("STARTS_WITH", 0, json!(["it's"])), "ftff"),
        (leaf("ENDS_WITH", 0, json!(["三😀"])), "ftff"),
        (leaf("ENDS_WITH", 0, json!([""])), "tttf"),
        (leaf("CONTAINS", 0, json!(["\"south\" 张"])), "ftff"),
        (leaf("CONTAINS", 0, json!([""])), "tttf"),
        (leaf("LIKE", 0, json!(["n_rt%"])), "tfff"),
        (leaf("BETWEEN", 1, json!([-5, 0])), "fttf"),
        (leaf("EQUAL", 5, json!(["1.50"])), "tfff"),
        (leaf("IS_NULL", 0, json!([])), "ffft"),
        (
            leaf("GREATER_THAN", 3, json!(["1969-12-31T23:59:59"])),
            "ttff",
        ),
    ];
    let mut all: Vec<(String, Vec<Value>)> = cases
        .into_iter()
        .map(|(predicate, wanted)| {
            (
                filter(&paimon_reply(&json!({ "filter": [predicate.to_string()] }))),
                truths(wanted),
            )
        })
        .collect();
    let own = json!({ "index": 0, "name": "c0", "type": "STRING" });
    let masks = [
        (
            json!({ "name": "UPPER", "inputs": [own] }),
            json!(["NORTH", "IT'S \"SOUTH\" 张三😀", "", null]),
        ),
        (
            json!({ "name": "CONCAT", "inputs": [own, "!"] }),
            json!(["north!", "it's \"south\" 张三😀!", "!", null]),
        ),
        (
            json!({ "name": "CONCAT", "inputs": ["****"] }),
            json!(["****", "****", "****", "****"]),
        ),
        (
            json!({ "name": "CONCAT_WS", "inputs": ["-", own, "x"] }),
            json!(["north-x", "it's \"south\" 张三😀-x", "-x", "x"]),
        ),
    ];
    for (transform, wanted) in masks {
        let document = paimon_reply(&json!({ "columnMasking": { "c0": transform.to_string() } }));
        all.push((
            mask(&document, 0),
            wanted.as_array().expect("a list").clone(),
        ));
    }
    check(&all);
}
