//! Names that mean something else than they seem to.

use sqlsec::Code;

use super::{COLUMNS, Desk};

#[test]
fn after_use_catalog_a_bare_name_means_nothing() {
    let mut desk = Desk::empty();
    desk.allowed("USE CATALOG lake");
    desk.denied(Code::TableUnknown, "SELECT * FROM orders");
    desk.filtered("SELECT * FROM d.orders");
    desk.allowed("USE d");
    desk.filtered("SELECT * FROM orders");
    // The built-in catalog's database is known.
    desk.allowed("USE CATALOG default_catalog");
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE mine ({COLUMNS}) WITH ('connector' = 'datagen')"
    ));
    desk.allowed("SELECT * FROM default_catalog.default_database.mine");
}

#[test]
fn a_system_table_has_the_rules_of_its_table() {
    let mut desk = Desk::empty();
    for table in [
        "orders$audit_log",
        "orders$snapshots",
        "orders$branch_x",
        "orders$branch_x$ro",
    ] {
        desk.denied(
            Code::AccessDenied,
            &format!("SELECT * FROM lake.d.`{table}`"),
        );
    }
    // A dollar sign in a name of the script's own means nothing.
    desk.allowed("CREATE TEMPORARY TABLE `orders$own` (id INT) WITH ('connector' = 'datagen')");
    desk.allowed("SELECT * FROM `orders$own`");
}

const BY_LIST: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: list, type: row_filter, to: { users: [ann] }, on: { table: '*.*.orders' }, filter: \"region IN (SELECT region FROM hr.core.grants)\" }
";

#[test]
fn a_table_of_the_session_does_not_stand_in_for_one_the_policy_reads() {
    let catalog = format!(
        "CREATE TABLE orders ({COLUMNS}) WITH ('connector' = 'datagen');
         CREATE TABLE hr.core.grants (region STRING) WITH ('connector' = 'datagen')"
    );
    let own = [
        "CREATE TEMPORARY TABLE hr.core.grants (region STRING) WITH ('connector' = 'datagen')",
        "CREATE TEMPORARY VIEW hr.core.grants AS SELECT 'south' AS region",
    ];
    for own in own {
        let mut desk = Desk::new(BY_LIST, &catalog);
        desk.allowed("SELECT * FROM orders");
        desk.allowed(own);
        desk.denied(Code::PolicyTableShadowed, "SELECT * FROM orders");
    }
    let mut desk = Desk::new(BY_LIST, &catalog);
    desk.allowed(
        "DROP TABLE hr.core.grants; CREATE TABLE hr.core.grants (region STRING) WITH ('connector' = 'datagen')",
    );
    desk.denied(Code::PolicyTableShadowed, "SELECT * FROM orders");
}
