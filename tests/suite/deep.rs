//! Scripts as deep and as long as the limits let them be, decided on the stack of a small thread: none overflows it, and each has an answer that was reasoned.
//!
//! An overflow is no panic: it would end this process, and a submitter's with it.

use std::thread;

use serde_json::{Value, json};
use sqlsec::host::{Config, Guarded, open};

const POLICY: &str = "apiVersion: sqlsec/v1
version: 1
rules:
  - { id: read, type: access, effect: allow, to: { groups: [public] }, on: { table: '*.*.*' }, privileges: [select, insert, create] }
  - { id: rows, type: row_filter, to: { groups: [public] }, on: { table: '*.*.t' }, filter: 'a > 0' }
  - { id: mask, type: column_mask, to: { groups: [public] }, on: { table: '*.*.t', columns: [b] }, mask: MASK_HASH }
";
const TABLES: &str = "CREATE TABLE t (a INT, b STRING, c ARRAY<INT>)";

/// What brackets a value so that it is deeper.
const BRACKETS: [(&str, &str); 12] = [
    ("(", ")"),
    ("ABS(", ")"),
    ("(SELECT ", ")"),
    ("CASE WHEN TRUE THEN (", ") END"),
    ("1 + (", ")"),
    ("CAST((", ") AS INT)"),
    ("- ", ""),
    ("(SELECT MAX(a) FROM t WHERE a = ", ")"),
    ("COALESCE(1, ", ")"),
    ("CARDINALITY(ARRAY[", "])"),
    ("(WITH w AS (SELECT 1) SELECT ", ")"),
    ("COUNT(*) FILTER (WHERE 1 = ", ")"),
];

fn scripts() -> Vec<String> {
    let deep = BRACKETS.iter().flat_map(|(open, close)| {
        let value = |depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
        // Within the limit of depth, at it, and far beyond it.
        [60, 99, 199, 5_000].map(|depth| {
            let value = value(depth);
            format!("SELECT {value} FROM t WHERE {value} = a")
        })
    });
    let nested = [
        ("SELECT b FROM ", "(SELECT * FROM ", "t", ")"),
        ("SELECT 1 FROM ", "(t JOIN ", "t", " ON TRUE)"),
        (
            "SELECT b FROM t WHERE EXISTS ",
            "(SELECT 1 FROM t WHERE EXISTS ",
            "(SELECT 1 FROM t)",
            ")",
        ),
        (
            "SELECT b FROM t UNION ",
            "(SELECT b FROM t UNION ",
            "SELECT b FROM t",
            ")",
        ),
    ];
    let nested = nested.iter().flat_map(|(head, open, core, close)| {
        [99, 5_000]
            .map(|depth| format!("{head}{}{core}{}", open.repeat(depth), close.repeat(depth)))
    });
    let flat = [
        format!("SELECT b FROM t WHERE a = 1{}", " AND a = 1".repeat(5_000)),
        format!("SELECT a{} FROM t", " + a".repeat(15_000)),
        format!("SELECT b{} FROM t", " || b".repeat(10_000)),
        format!("SELECT a IN (1{}) FROM t", ", 1".repeat(20_000)),
        format!("SELECT c{} FROM t", "[1]".repeat(5_000)),
        format!(
            "SELECT CASE{} END FROM t",
            " WHEN a = 1 THEN b".repeat(3_000)
        ),
        format!(
            "SELECT b FROM t{}",
            " UNION ALL SELECT b FROM t".repeat(500)
        ),
        format!(
            "SELECT 1 FROM t{}",
            (0..300)
                .map(|i| format!(" JOIN t AS t{i} ON TRUE"))
                .collect::<String>()
        ),
        "SELECT b FROM t;".repeat(500),
    ];
    let views = (0..30).map(|i| {
        let from = if i == 0 {
            "t".to_owned()
        } else {
            format!("v{}", i - 1)
        };
        format!("CREATE TEMPORARY VIEW v{i} AS SELECT * FROM {from};\n")
    });
    let views = views.collect::<String>() + "SELECT * FROM v29";
    deep.chain(nested).chain(flat).chain([views]).collect()
}

#[test]
fn no_script_overflows_the_stack_of_a_small_thread() {
    let config = json!({ "policy": { "text": POLICY }, "catalog": [{ "sql": TABLES }] });
    let config = Config::parse(config.to_string().as_bytes()).unwrap();
    let engine = Guarded::new(open(&config).unwrap().judge);
    let (allowed, denied) = thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(move || {
            let (mut allowed, mut denied) = (0, 0);
            for sql in scripts() {
                let request = json!({ "principal": { "user": "ann" }, "sql": sql });
                let answer = engine.check_json(request.to_string().as_bytes()).unwrap();
                let reply: Value = serde_json::from_slice(&answer.json).unwrap();
                let about = &sql[..sql.len().min(60)];
                match reply["decision"].as_str().unwrap() {
                    "allow" => allowed += 1,
                    _ => {
                        let code = reply["errors"][0]["code"].as_str().unwrap();
                        assert_ne!(code, "internal", "{about}: {reply}");
                        denied += 1;
                    }
                }
            }
            (allowed, denied)
        })
        .unwrap()
        .join()
        .unwrap();
    assert!(allowed >= 20, "{allowed} allowed, {denied} denied");
}
