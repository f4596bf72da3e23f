//! Nexmark: one table of events with nested rows, three views over it, and a job a query.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::policy::{USER, document, expression};
use super::rows::roll;
use super::text::{Token, tokens};
use super::{Query, file_name};
use crate::case::statements;

/// The rows nested in an event: type number, column, fields with their types.
type Nested = (u64, &'static str, &'static [(&'static str, &'static str)]);

const EVENTS: [Nested; 3] = [
    (
        0,
        "person",
        &[
            ("id", "BIGINT"),
            ("name", "STRING"),
            ("emailAddress", "STRING"),
            ("creditCard", "STRING"),
            ("city", "STRING"),
            ("state", "STRING"),
            ("dateTime", "TIMESTAMP(3)"),
            ("extra", "STRING"),
        ],
    ),
    (
        1,
        "auction",
        &[
            ("id", "BIGINT"),
            ("itemName", "STRING"),
            ("description", "STRING"),
            ("initialBid", "BIGINT"),
            ("reserve", "BIGINT"),
            ("dateTime", "TIMESTAMP(3)"),
            ("expires", "TIMESTAMP(3)"),
            ("seller", "BIGINT"),
            ("category", "BIGINT"),
            ("extra", "STRING"),
        ],
    ),
    (
        2,
        "bid",
        &[
            ("auction", "BIGINT"),
            ("bidder", "BIGINT"),
            ("price", "BIGINT"),
            ("channel", "STRING"),
            ("url", "STRING"),
            ("dateTime", "TIMESTAMP(3)"),
            ("extra", "STRING"),
        ],
    ),
];

/// Masks by view and column. The person's id is a key in three places and is masked alike in all.
const MASKS: [(&str, &str, &str); 11] = [
    ("person", "id", "key"),
    ("person", "name", "MASK"),
    ("person", "emailAddress", "MASK_HASH"),
    ("person", "creditCard", "MASK_SHOW_LAST_4"),
    ("auction", "seller", "key"),
    ("auction", "description", "pseudonym"),
    ("auction", "reserve", "MASK"),
    ("bid", "bidder", "key"),
    ("bid", "channel", "MASK_SHOW_FIRST_4"),
    ("bid", "extra", "pseudonym"),
    ("side_input", "value", "MASK_SHOW_FIRST_4"),
];

const BID_FILTER: &str = "event_type <> 2 OR MOD(bid.bidder, 3) <> 1";
const SIDE_FILTER: &str = "CHAR_LENGTH(`value`) > 2";

/// A filter on the events themselves, another and all masks on the views over them: the time of an event is computed from its nested rows,
/// so a mask inside those is refused.
pub fn policy() -> String {
    let to = json!({ "users": [USER] });
    let filter = |id: &str, table: &str, filter: &str| {
        let on = json!({ "table": format!("*.*.{table}") });
        json!({ "id": id, "type": "row_filter", "to": to, "on": on, "filter": filter })
    };
    let mut rules = vec![
        filter("bids", "datagen", BID_FILTER),
        filter("auctions", "auction", "MOD(seller, 3) <> 2"),
        filter("side", "side_input", SIDE_FILTER),
    ];
    for (table, column, mask) in MASKS {
        let on = json!({ "table": format!("*.*.{table}"), "columns": [column] });
        rules.push(json!({ "id": format!("{table}-{column}"), "type": "column_mask", "to": to, "on": on, "mask": mask }));
    }
    document(&rules)
}

/// What the policy means for the tables below the views.
fn secure(through_views: bool) -> BTreeMap<String, Value> {
    let value = expression("MASK_SHOW_FIRST_4", "`value`", "STRING");
    let side = json!({ "filter": SIDE_FILTER, "columns": { "value": value } });
    let events = if through_views {
        let filter = format!("({BID_FILTER}) AND (event_type <> 1 OR MOD(auction.seller, 3) <> 2)");
        let columns: Map<String, Value> = EVENTS
            .iter()
            .map(|event| (event.1.to_owned(), json!(masked_row(event))))
            .collect();
        json!({ "filter": filter, "columns": columns })
    } else {
        json!({ "filter": BID_FILTER })
    };
    BTreeMap::from([
        ("datagen".to_owned(), events),
        ("side_input".to_owned(), side),
    ])
}

/// A nested row with its masked fields, NULL where it is NULL.
fn masked_row((_, column, fields): &Nested) -> String {
    let values: Vec<String> = fields
        .iter()
        .map(|(field, data_type)| {
            let raw = format!("{column}.`{field}`");
            let mask = MASKS.iter().find(|m| m.0 == *column && m.1 == *field);
            mask.map_or(raw.clone(), |m| expression(m.2, &raw, data_type))
        })
        .collect();
    let data_type = row_type(fields);
    format!(
        "CASE WHEN {column} IS NULL THEN CAST(NULL AS {data_type}) ELSE CAST(ROW({}) AS {data_type}) END",
        values.join(", ")
    )
}

fn row_type(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(f, t)| format!("`{f}` {t}")).collect();
    format!("ROW<{}>", fields.join(", "))
}

/// Every INSERT of the suite with what it needs: those with schemas, and from whole files those that are not among them.
pub fn queries(lines: &[Value], scripts: &[Value]) -> Vec<Query> {
    let lines: Vec<&Value> = lines.iter().filter(|l| l["source"] == "nexmark").collect();
    let strings = |value: &Value| -> Vec<String> {
        let list = value.as_array().into_iter().flatten();
        list.filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let views: BTreeSet<String> = lines
        .iter()
        .flat_map(|l| strings(&l["setup"]))
        .filter(|s| s.starts_with("CREATE VIEW"))
        .collect();
    let events = lines
        .iter()
        .flat_map(|l| strings(&l["setup"]))
        .find(|s| s.starts_with("CREATE TABLE datagen"));
    let mut queries = Vec::new();
    let mut known = BTreeSet::new();
    for line in &lines {
        let origin = line["origin"].as_str().unwrap_or_default();
        known.insert(origin.to_owned());
        let sql = line["sql"].as_str().unwrap_or_default();
        queries.push(query(origin, &strings(&line["setup"]), sql));
    }
    for script in scripts.iter().filter(|s| s["source"] == "nexmark") {
        let origin = script["origin"].as_str().unwrap_or_default();
        let mut parts = statements(script["script"].as_str().unwrap_or_default());
        let insert = parts.pop().unwrap_or_default();
        if known.contains(origin) || !insert.contains("INSERT INTO") {
            continue;
        }
        let mut setup: Vec<String> = events.iter().chain(&views).cloned().collect();
        setup.extend(parts);
        queries.push(query(origin, &setup, &insert));
    }
    queries
}

fn query(origin: &str, setup: &[String], insert: &str) -> Query {
    let folder = if origin.contains("queries-cep") {
        "cep-"
    } else {
        ""
    };
    let id = format!("{folder}{}", file_name(origin));
    let mut tables = Vec::new();
    let mut catalog = Vec::new();
    let mut data = Map::new();
    for statement in setup {
        let words = tokens(statement);
        match words.as_slice() {
            [_, Token::Word(kind), Token::Word(name), ..] if kind == "table" => {
                let upper = statement.to_uppercase();
                let head = &statement[..upper.rfind("WITH").unwrap_or(statement.len())];
                let rows = match name.as_str() {
                    "datagen" => Some(events()),
                    "side_input" => Some(side_input()),
                    _ => None,
                };
                if let Some(rows) = rows {
                    let options = "'connector' = 'values', 'bounded' = 'true'";
                    let ddl = format!("{head} WITH ({options}, 'data-id' = '${{{name}}}')");
                    tables.push((name.clone(), ddl));
                    data.insert(name.clone(), rows);
                } else {
                    // The sinks differ in where rows go; here they are kept, to be looked at.
                    let head = &head[..upper.rfind("PARTITIONED BY").unwrap_or(head.len())];
                    let head = keyed(name, head);
                    catalog.push(format!(
                        "{head} WITH ('connector' = 'values', 'sink-insert-only' = 'false')"
                    ));
                }
            }
            _ => catalog.push(statement.clone()),
        }
    }
    let target = match tokens(insert).as_slice() {
        [_, _, Token::Word(name), ..] => name.clone(),
        other => panic!("INSERT INTO a table: {other:?}"),
    };
    let through_views = !tokens(insert).contains(&Token::Word("datagen".to_owned()));
    let setup_text = setup.join("\n");
    // What depends on the clock differs from run to run.
    let clock = insert.contains("PROCTIME") || setup_text.contains("PROCTIME");
    Query {
        id,
        script: insert.to_owned(),
        tables,
        catalog,
        data: Value::Object(data),
        secure: secure(through_views),
        compare: if clock {
            "plan".to_owned()
        } else {
            format!("sink:{target}")
        },
    }
}

/// What an aggregate or a rank over a join gives comes as updates without the rows that they replace. A sink without a key would keep every row on the
/// way, and which those are is a race between the two sides of the join; with the query's own key only the last one stays.
fn keyed(sink: &str, head: &str) -> String {
    let end = head.trim_end().strip_suffix(')');
    match (sink, end) {
        ("nexmark_q4" | "nexmark_q9", Some(columns)) => {
            format!("{columns}, PRIMARY KEY (id) NOT ENFORCED)")
        }
        _ => head.to_owned(),
    }
}

/// Bids, auctions and people in order of time, with NULLs in their fields.
fn events() -> Value {
    let mut types = vec!["INT".to_owned()];
    types.extend(EVENTS.iter().map(|(_, _, fields)| row_type(fields)));
    let rows: Vec<Value> = (0..150)
        .map(|n: u64| {
            let kind = [2, 0, 2, 1, 2, 2][usize::try_from(n % 6).expect("small")];
            let mut row = vec![json!(kind)];
            for (number, column, fields) in &EVENTS {
                if *number == kind {
                    let values = fields
                        .iter()
                        .map(|(field, t)| field_value(column, field, t, n));
                    row.push(Value::Array(values.collect()));
                } else {
                    row.push(Value::Null);
                }
            }
            Value::Array(row)
        })
        .collect();
    json!({ "types": types, "rows": rows })
}

fn field_value(column: &str, field: &str, data_type: &str, n: u64) -> Value {
    let roll = roll(&[column, field, &n.to_string()]);
    let time = |seconds: u64| {
        format!(
            "2024-03-01 10:{:02}:{:02}.{:03}",
            seconds / 60,
            seconds % 60,
            n
        )
    };
    match (field, data_type) {
        ("dateTime", _) => json!(time(n)),
        ("expires", _) => json!(time(n + 5 + roll % 60)),
        ("id" | "seller" | "bidder", _) => json!(1 + roll % 5),
        ("auction", _) => json!([1, 2, 3, 123, 246][usize::try_from(roll % 5).expect("small")]),
        ("category", _) => json!(10 + roll % 2),
        ("price", _) => {
            json!([90, 4_000, 20_000, 2_000_000][usize::try_from(roll % 4).expect("small")] + n)
        }
        (_, "BIGINT") => json!(roll % 5_000),
        _ if roll.is_multiple_of(9) => Value::Null,
        ("url", _) => json!(format!("https://a.example/d{}/e{}/f", roll % 3, roll % 4)),
        ("creditCard", _) => json!(format!("{:016}", roll % 10_000_000_000_000_000)),
        _ => json!(format!("{field} {}", roll % 4)),
    }
}

fn side_input() -> Value {
    let rows: Vec<Value> = [1, 2, 3, 123, 246]
        .iter()
        .map(|key| json!([key, format!("v{key}")]))
        .collect();
    json!({ "types": ["BIGINT", "STRING"], "rows": rows })
}
