//! The three jobs of the example on real Flink: C is made of A and B, and read by somebody for whom A.age is a cipher.

use std::sync::Arc;

use serde_json::{Value, json};
use sqlsec::lineage::store::{LineageSource, LineageStore, MemoryStore};
use sqlsec::{Catalog, Engine, Policy, Principal, Request, SubmitCheck};

use crate::flink::Flink;

/// A cipher that can be told from its double: 7 · age + 3.
const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
masks: { cipher: { expression: '{col} * 7 + 3', hides: value } }
rules:
  - { id: ages, type: column_mask, to: { users: [masked] }, on: { table: '*.*.a', columns: [age] }, mask: cipher }
";

const FILL: [&str; 2] = [
    "INSERT INTO a VALUES (1, 10), (2, 20), (3, CAST(NULL AS INT))",
    "INSERT INTO b VALUES (1, 'x'), (2, 'y'), (3, 'z')",
];

const JOIN: &str = "INSERT INTO c SELECT a.id, a.age, b.city FROM a JOIN b ON a.id = b.id";
const READ: &str = "SELECT id, age FROM c";

fn tables(folder: &str) -> Vec<String> {
    let table = |name: &str, columns: &str| {
        let path = format!("file://{}/{folder}/{name}", env!("CARGO_TARGET_TMPDIR"));
        format!(
            "CREATE TABLE {name} ({columns}) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json')"
        )
    };
    vec![
        table("a", "id INT, age INT"),
        table("b", "id INT, city STRING"),
        table("c", "id INT, age INT, city STRING"),
    ]
}

/// The job that `writer` submits, and what `reader` submits afterwards.
fn job(writer: &str, reader: &str) -> Value {
    let folder = format!("lineage-{writer}-{reader}");
    let _ =
        std::fs::remove_dir_all(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(&folder));
    let tables = tables(&folder);
    let mut catalog = Catalog::default();
    catalog
        .add_sql(&tables.join(";\n"), "tables.sql")
        .expect("a catalog");
    let store = Arc::new(MemoryStore::default());
    let source = Arc::clone(&store) as Arc<dyn LineageSource>;
    let policy = Policy::load(POLICY, "policy").expect("a policy");
    let engine = Engine::new(policy, catalog).lineage(source);
    let submit = |user: &str, sql: &str| {
        let principal = Principal {
            user: user.to_owned(),
            ..Principal::default()
        };
        let reply = engine.check(&Request::new(principal, sql));
        if let Some(record) = &reply.lineage {
            let id = store.pending(record).expect("a record");
            store.commit(id).expect("a pending record");
        }
        let sql = reply.decision.sql().expect("allowed");
        sql.to_owned()
    };
    let mut setup = tables;
    setup.extend(FILL.map(str::to_owned));
    setup.push(submit(writer, JOIN));
    let sql = submit(reader, READ);
    json!({ "op": "execute", "id": folder, "mode": "batch", "setup": setup, "sql": sql })
}

#[test]
fn whoever_writes_c_its_ages_are_ciphers_once_and_for_the_masked_alone() {
    // Written, read, and the ages that are seen.
    let cases = [
        ("trusted", "masked", ["73", "143", "null"]),
        ("trusted", "trusted", ["10", "20", "null"]),
        ("masked", "masked", ["73", "143", "null"]),
        ("masked", "trusted", ["73", "143", "null"]),
    ];
    let jobs: Vec<Value> = cases
        .iter()
        .map(|(writer, reader, _)| job(writer, reader))
        .collect();
    let mut flink = match Flink::shared() {
        Ok(flink) => flink,
        Err(why) => return println!("skipped: {why}"),
    };
    let answers = flink.ask(&jobs);
    for ((writer, reader, ages), answer) in cases.iter().zip(answers) {
        let context = format!("written by {writer}, read by {reader}: {answer}");
        assert_eq!(answer["ok"], true, "{context}");
        let rows = answer["values"].as_array().expect("rows");
        let mut seen: Vec<(String, String)> = rows
            .iter()
            .map(|row| {
                let cells = row.as_array().expect("a row").iter();
                let mut cells = cells.map(|cell| cell.as_str().unwrap_or("null").to_lowercase());
                (cells.next().expect("an id"), cells.next().expect("an age"))
            })
            .collect();
        seen.sort();
        let seen: Vec<&str> = seen.iter().map(|(_, age)| age.as_str()).collect();
        assert_eq!(seen, ages, "{context}");
    }
}
