//! The quickstart script on real Flink: what each of two users gets of the same rows, side by side.

use std::fs;

use serde_json::json;
use sqlsec::{Catalog, Engine, Policy, Principal, Request, SubmitCheck};

use crate::case::{root, statements};
use crate::flink::Flink;

/// The script's topics and tables are not at hand here: the same tables, held in memory.
fn in_memory(ddl: &str) -> String {
    let (columns, _) = ddl.split_once("WITH (").expect("a table with options");
    let name = columns
        .split_whitespace()
        .nth(2)
        .expect("a name")
        .trim_matches('`');
    let options = format!("'connector' = 'values', 'bounded' = 'true', 'data-id' = '${{{name}}}'");
    format!("{columns}WITH ({options})")
}

fn rows_of(user: &str, flink: &mut Flink) -> Vec<String> {
    let read =
        |file: &str| fs::read_to_string(root().join("fixtures/quickstart").join(file)).expect(file);
    let policy =
        Policy::load(&read("policy.yaml"), "policy.yaml").expect("the quickstart's policy");
    let who = Principal {
        user: user.to_owned(),
        ..Principal::default()
    };
    let reply = Engine::new(policy, Catalog::default()).check(&Request::new(who, read("shop.sql")));
    let sql = reply
        .decision
        .sql()
        .unwrap_or_else(|| panic!("{user}: {:?}", reply.decision.errors()));
    let mut script = statements(sql);
    let insert = script.pop().expect("the INSERT comes last");
    let select = insert
        .find("SELECT")
        .map(|at| insert[at..].to_owned())
        .expect("a query");
    let setup: Vec<String> = script
        .iter()
        .map(|s| {
            if s.contains("WITH (") {
                in_memory(s)
            } else {
                s.clone()
            }
        })
        .collect();
    let job = json!({
        "id": user, "op": "execute", "mode": "batch", "setup": setup, "sql": select,
        "functions": {
            "Encryption_function": "sqlsec.flink.udf.EncryptionFunction",
            "Sensitive_field_functions": "sqlsec.flink.udf.SensitiveFieldFunctions",
        },
        "data": {
            "orders": { "types": ["INT", "STRING", "DECIMAL(10, 2)", "STRING", "TIMESTAMP(3)"], "rows": [
                [1, "ming", "3200.00", "beijing", "2026-01-01T08:00:00"],
                [2, "hong", "2850.50", "hangzhou", "2026-01-01T08:01:00"],
                [3, "lei", "99.90", "beijing", "2026-01-01T08:02:00"],
                [4, "ming", "410.00", "hangzhou", "2026-01-01T08:03:00"],
                [5, "nobody", "150.00", "beijing", "2026-01-01T08:04:00"],
            ] },
            "user": { "types": ["STRING", "INT", "DECIMAL(10, 2)", "STRING"], "rows": [
                ["ming", 31, "10.00", "13911112222"], ["hong", 27, "20.00", "13833334444"], ["lei", 45, null, "13855556666"],
            ] },
            "order_report": { "types": ["INT"], "rows": [] },
        },
    });
    let answer = flink.ask(&[job]).remove(0);
    let rows = answer["rows"]
        .as_array()
        .unwrap_or_else(|| panic!("{user}: {}", answer["error"]));
    rows.iter()
        .map(|row| row.as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn quickstart_shows_each_user_their_own_rows() {
    let mut flink = match Flink::shared() {
        Ok(flink) => flink,
        Err(why) => return println!("quickstart on Flink skipped: {why}"),
    };
    let (a, b) = (rows_of("userA", &mut flink), rows_of("userB", &mut flink));
    println!("{:<70} userB", "userA");
    for line in 0..a.len().max(b.len()) {
        let cell = |rows: &[String]| rows.get(line).cloned().unwrap_or_default();
        println!("{:<70} {}", cell(&a), cell(&b));
    }
    let all = |rows: &[String], word: &str| rows.iter().all(|row| row.contains(word));
    assert_eq!((a.len(), b.len()), (2, 2));
    assert!(all(&a, "beijing") && all(&b, "hangzhou"));
    assert!(
        !a.iter()
            .chain(&b)
            .any(|row| row.contains("13911112222") || row.contains("13833334444"))
    );
}
