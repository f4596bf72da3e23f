//! `sqlsec policy import`: a catalog's answer becomes a document under which the script is rewritten.

use std::sync::Arc;

use serde_json::Value;
use sqlsec::catalog::TableName;
use sqlsec::check::Gate;
use sqlsec::source::{CatalogKind, CatalogReply};
use sqlsec::{Catalog, Principal, Request, SubmitCheck};

use crate::case::root;
use crate::cli::Desk;

fn fixture(name: &str) -> String {
    let path = root().join("fixtures/catalogs").join(name);
    path.display().to_string()
}

/// The rewritten query of the user that the answer was given to, and the status for somebody else.
fn rewritten(from: &str, reply: &str) -> (String, i32) {
    let desk = Desk::new(&format!("import_{from}"));
    let (reply, tables) = (fixture(reply), fixture("tables.sql"));
    let ran = desk.run(&[
        "policy",
        "import",
        from,
        &reply,
        "--user",
        "ann",
        "--table",
        "lake.sales.customers",
        "--catalog",
        &tables,
    ]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{}", ran.out);
    desk.write("ann.json", &ran.out);
    desk.write(
        "job.sql",
        "SELECT id, phone, email, birth FROM lake.sales.customers",
    );
    let rewrite = |user: &str| {
        desk.run(&[
            "rewrite",
            "--user",
            user,
            "--policy",
            "ann.json",
            "--catalog",
            &tables,
            "job.sql",
        ])
    };
    let ann = rewrite("ann");
    assert_eq!(ann.status, 0, "{}", ann.err);
    (ann.out, rewrite("bob").status)
}

#[test]
fn an_iceberg_answer_filters_and_masks() {
    let (sql, other) = rewritten("iceberg", "iceberg-load-table.json");
    for part in [
        "(`region` IN ('north', 'it''s \"south\"')) AND (`id` IS DISTINCT FROM 0)",
        "'[^0-9(),.@-](?=(?s:.{4}))'",
        "FLOOR(`birth` TO YEAR)",
    ] {
        assert!(sql.contains(part), "{part} is not in {sql}");
    }
    assert_eq!(other, 1);
}

#[test]
fn a_paimon_answer_filters_and_masks() {
    let (sql, other) = rewritten("paimon", "paimon-auth.json");
    for part in [
        "IN ('north', 'it''s \"south\"')",
        "CONCAT('****')",
        "CAST(NULL AS STRING)",
    ] {
        assert!(sql.contains(part), "{part} is not in {sql}");
    }
    assert_eq!(other, 1);
}

#[test]
fn an_answer_that_is_not_understood_prints_a_closed_document() {
    let desk = Desk::new("import_closed");
    desk.write("auth.json", "{\"filter\":[\"{\\\"kind\\\":\\\"NEW\\\"}\"]}");
    let tables = fixture("tables.sql");
    let arguments = [
        "policy",
        "import",
        "paimon",
        "auth.json",
        "--user",
        "ann",
        "--table",
        "lake.sales.customers",
        "--catalog",
        &tables,
    ];
    let ran = desk.run(&arguments);
    assert_eq!(ran.status, 1);
    let said = "error[table-closed]: `lake.sales.customers` is closed: a predicate of kind `NEW` is not known";
    assert!(ran.err.starts_with(said), "{}", ran.err);
    let document: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(document["rules"][0]["effect"], "deny");
    let wrong = desk.run(&[
        "policy",
        "import",
        "paimon",
        "auth.json",
        "--user",
        "ann",
        "--table",
        "customers",
    ]);
    assert_eq!(wrong.status, 2);
}

#[test]
fn a_kept_answer_is_a_permission_service_of_one_user_and_one_table() {
    let table = TableName::new("lake", "sales", "customers");
    let mut catalog = Catalog::default();
    let read = |name: &str| std::fs::read_to_string(fixture(name)).expect(name);
    catalog
        .add_sql(&read("tables.sql"), "tables.sql")
        .expect("tables");
    let other = "CREATE TABLE lake.sales.other (id INT) WITH ('connector' = 'filesystem', 'path' = 's3://lake/sales/other', 'format' = 'parquet');";
    catalog.add_sql(other, "other.sql").expect("tables");
    let reply = CatalogReply {
        kind: CatalogKind::Paimon,
        user: "ann".to_owned(),
        table,
        reply: read("paimon-auth.json"),
        origin: "paimon-auth.json".to_owned(),
    };
    let gate = Gate::new(Arc::new(reply), Arc::new(catalog));
    let ask = |user: &str, sql: &str| {
        let who = Principal {
            user: user.to_owned(),
            ..Principal::default()
        };
        let reply = gate.check(&Request::new(who, sql));
        match reply.decision.sql() {
            Some(sql) => sql.to_owned(),
            None => reply.decision.errors()[0].code.to_string(),
        }
    };
    let customers = "SELECT email FROM lake.sales.customers";
    assert!(ask("ann", customers).contains("CAST(NULL AS STRING) AS `email`"));
    assert_eq!(ask("bob", customers), "policy-unavailable");
    assert_eq!(
        ask("ann", "SELECT id FROM lake.sales.other"),
        "policy-incomplete"
    );
    assert_eq!(
        ask(
            "ann",
            &format!("INSERT INTO lake.sales.customers (email) {customers}")
        ),
        "access-denied"
    );
}

#[test]
fn the_command_line_takes_a_kept_answer_in_place_of_a_policy() {
    let desk = Desk::new("import_reply");
    desk.write("job.sql", "SELECT phone FROM lake.sales.customers");
    let (tables, reply) = (fixture("tables.sql"), fixture("iceberg-load-table.json"));
    let basics = [
        "rewrite",
        "--user",
        "ann",
        "--catalog",
        &tables,
        "--iceberg",
        &reply,
    ];
    let run = |more: &[&str]| desk.run(&[&basics[..], more, &["job.sql"]].concat());
    let fine = run(&["--table", "lake.sales.customers"]);
    assert_eq!(fine.status, 0, "{}", fine.err);
    assert!(fine.out.contains("`id` IS DISTINCT FROM 0"), "{}", fine.out);
    let other = run(&["--table", "lake.sales.orders"]);
    assert_eq!(other.status, 1);
    assert!(
        other.err.starts_with("error[policy-incomplete]"),
        "{}",
        other.err
    );
    assert_eq!(run(&[]).status, 2);
    assert_eq!(run(&["--table", "customers"]).status, 2);
    desk.write("p.yaml", "apiVersion: sqlsec/v1");
    let two = run(&["--table", "lake.sales.customers", "--policy", "p.yaml"]);
    assert_eq!(two.status, 2, "{}", two.err);
}
