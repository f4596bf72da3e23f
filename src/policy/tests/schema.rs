//! The JSON Schema that editors and other programs use is the one of the types.

use crate::policy::Document;

/// `SQLSEC_BLESS=1 cargo test` writes the file; its diff is what a reviewer reads.
#[test]
fn the_checked_in_schema_is_that_of_the_types() {
    let schema = schemars::schema_for!(Document);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/policy.json");
    if std::env::var_os("SQLSEC_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == text,
        "schema/policy.json is old: run with SQLSEC_BLESS=1"
    );
}
