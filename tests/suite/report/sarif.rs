//! SARIF by the standard's own schema, where it is at hand: `SQLSEC_SARIF_SCHEMA`, else `target/tools/sarif-schema-2.1.0.json`; and Python with `jsonschema`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::command::{POLICY, audit, desk};
use crate::case::root;

const VALIDATE: &str = "\
import json, sys
try:
    from jsonschema import Draft7Validator
except ImportError:
    sys.exit(77)
schema, document = (json.load(open(name, encoding='utf-8')) for name in sys.argv[1:])
Draft7Validator.check_schema(schema)
errors = [f'{list(e.absolute_path)}: {e.message[:300]}' for e in Draft7Validator(schema).iter_errors(document)]
print('\\n'.join(errors))
sys.exit(1 if errors else 0)
";

/// What the schema says against a document; `None` where there is no schema or nobody to read it.
fn against(desk: &crate::cli::Desk, document: &Value) -> Option<Result<(), String>> {
    let named = std::env::var_os("SQLSEC_SARIF_SCHEMA").map(PathBuf::from);
    let schema = named.unwrap_or_else(|| root().join("target/tools/sarif-schema-2.1.0.json"));
    if !schema.is_file() {
        println!("skipped: no schema of SARIF; SQLSEC_SARIF_SCHEMA names one");
        return None;
    }
    let file = desk.path("report.sarif");
    fs::write(&file, document.to_string()).unwrap();
    let ran = Command::new("python3")
        .args(["-c", VALIDATE])
        .arg(schema)
        .arg(file)
        .output();
    let ran = ran.ok().filter(|ran| ran.status.code() != Some(77));
    let Some(ran) = ran else {
        println!("skipped: no python3 with jsonschema");
        return None;
    };
    let said = [ran.stdout, ran.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    Some(if ran.status.success() {
        Ok(())
    } else {
        Err(said)
    })
}

#[test]
fn what_is_written_is_sarif() {
    let desk = desk("sarif");
    let sarif = |more: &[&str]| -> Value {
        let ran = audit(
            &desk,
            &["jobs", "rows.csv"],
            &[&["--as", "ann", "--format", "sarif"], more].concat(),
        );
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}{}", ran.out, ran.err))
    };
    // Reasons with and without a line, a row of an export, names that no URI has; then what has changed since.
    desk.write(
        "rows.csv",
        "job,sql\nnight,SELECT id FROM salaries\nnone,\n\"a\u{1f600}\"\"b\",SELECT\n",
    );
    desk.write("jobs/ann/a b%#ü.sql", "SELECT id FROM salaries");
    desk.write("jobs/ann/bytes.sql", b"\xff");
    let ran = audit(
        &desk,
        &["jobs", "rows.csv"],
        &["--as", "ann", "--format", "json", "-o", "former.json"],
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    let first = sarif(&[]);
    desk.write(
        "policy.yaml",
        POLICY.replace(
            "users: [ann] }, on: { table: '*.*.orders' }",
            "users: [eve] }, on: { table: '*.*.orders' }",
        ),
    );
    let drifted = sarif(&["--against", "former.json"]);
    fs::remove_dir_all(desk.path("jobs")).unwrap();
    fs::create_dir(desk.path("jobs")).unwrap();
    desk.write("jobs/fine.sql", "SELECT id FROM orders");
    desk.write("rows.csv", "job,sql\nnight,SELECT id FROM orders\n");
    desk.write("policy.yaml", POLICY);
    let empty = sarif(&[]);
    let results = |document: &Value| document["runs"][0]["results"].as_array().unwrap().len();
    assert!(results(&first) >= 6, "{first}");
    assert!(drifted.to_string().contains("\"drift-"), "{drifted}");
    assert_eq!(results(&empty), 0);
    for document in [&first, &drifted, &empty] {
        match against(&desk, document) {
            None => return,
            Some(said) => assert_eq!(said, Ok(()), "{document}"),
        }
    }
    // Whoever validates does so.
    let mut damaged = first;
    damaged["runs"][0]["results"][0]["level"] = json!("fatal");
    assert!(against(&desk, &damaged).unwrap().is_err());
}
