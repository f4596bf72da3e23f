//! `sqlsec policy import`: a catalog's answer becomes a document under which the script is rewritten.

use serde_json::Value;

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
