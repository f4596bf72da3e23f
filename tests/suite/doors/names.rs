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

/// What a view of the site reads there is the policy's too.
#[test]
fn nor_for_one_that_a_view_reads_for_the_policy() {
    let policy = BY_LIST.replace("hr.core.grants", "hr.core.my_regions");
    let catalog = format!(
        "CREATE TABLE orders ({COLUMNS}) WITH ('connector' = 'datagen');
         CREATE TABLE hr.core.grants (region STRING) WITH ('connector' = 'datagen');
         CREATE VIEW hr.core.my_regions AS SELECT region FROM hr.core.grants"
    );
    let mut desk = Desk::new(&policy, &catalog);
    desk.allowed("SELECT * FROM orders");
    desk.allowed(
        "CREATE TEMPORARY TABLE hr.core.grants (region STRING) WITH ('connector' = 'datagen')",
    );
    desk.denied(Code::PolicyTableShadowed, "SELECT * FROM orders");
}

/// A name with a dollar sign is its own, and perhaps a system table's: both have their rules.
#[test]
fn a_dollar_sign_in_a_name_of_the_sites_does_not_shed_its_rules() {
    let policy = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: pay, type: row_filter, to: { users: [ann] }, on: { table: '*.*.pay$roll' }, filter: \"region = 'north'\" }
";
    let catalog = format!("CREATE TABLE `pay$roll` ({COLUMNS}) WITH ('connector' = 'datagen')");
    Desk::new(policy, &catalog).filtered("SELECT * FROM `pay$roll`");
}

/// A new name is made as by CREATE.
#[test]
fn a_rename_needs_leave_to_create_the_new_name() {
    let policy = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: secret, type: access, effect: deny, to: { users: [ann] }, on: { table: '*.*.secret_*' }, privileges: [create] }
";
    let catalog = format!("CREATE TABLE report ({COLUMNS}) WITH ('connector' = 'datagen')");
    let mut desk = Desk::new(policy, &catalog);
    desk.denied(
        Code::AccessDenied,
        "ALTER TABLE report RENAME TO secret_feed",
    );
    desk.allowed("ALTER TABLE report RENAME TO open_feed");
}

const CODE: &str = "  - { id: code, type: access, effect: allow, to: { users: [ann] }, on: { object: '*' }, privileges: [catalog] }\n";

/// A catalog that is registered anew is another one, whatever its name.
#[test]
fn a_catalog_that_the_policy_reads_from_is_not_made_anew() {
    let policy = format!("{BY_LIST}{CODE}");
    let catalog = format!(
        "CREATE TABLE orders ({COLUMNS}) WITH ('connector' = 'datagen');
         CREATE TABLE hr.core.grants (region STRING) WITH ('connector' = 'datagen')"
    );
    let mut desk = Desk::new(&policy, &catalog);
    desk.allowed("SELECT * FROM orders");
    desk.allowed("DROP CATALOG hr");
    desk.allowed("CREATE CATALOG hr WITH ('type' = 'paimon', 'warehouse' = 's3://mine/wh')");
    desk.denied(Code::PolicyTableShadowed, "SELECT * FROM orders");
}

/// Where a catalog ignores letter case, a table is changed under any letters.
#[test]
fn a_table_that_the_policy_reads_is_not_changed_under_other_letters() {
    let mut site = sqlsec::Catalog::default();
    site.add_json(
        r#"{ "catalogs": [{ "name": "hr", "options": { "type": "hive" } }],
             "tables": [{ "name": ["hr", "core", "grants"], "columns": [{ "name": "region", "type": "STRING" }],
                          "options": { "connector": "kafka", "topic": "grants", "properties.bootstrap.servers": "k:9092", "format": "json" } },
                        { "name": ["default_catalog", "default_database", "orders"], "columns": [{ "name": "region", "type": "STRING" }],
                          "options": { "connector": "datagen" } }] }"#,
        "site.json",
    )
    .unwrap_or_else(|e| panic!("{e}"));
    let mut desk = Desk::with(BY_LIST, site);
    desk.allowed("SELECT * FROM orders");
    desk.allowed("ALTER TABLE hr.core.GRANTS SET ('topic' = 'mine')");
    desk.denied(Code::PolicyTableShadowed, "SELECT * FROM orders");
}

#[test]
fn create_or_alter_needs_leave_to_alter_what_may_be_there() {
    let policy = "\
apiVersion: sqlsec/v1
version: 1
defaults: { unknown_connector: allow }
rules:
  - { id: keep, type: access, effect: deny, to: { users: [ann] }, on: { table: 'lake.db.totals' }, privileges: [alter] }
";
    let mut desk = Desk::new(policy, "CREATE TABLE t (a INT)");
    let made = |name: &str| format!("CREATE OR ALTER MATERIALIZED TABLE {name} AS SELECT a FROM t");
    desk.denied(Code::AccessDenied, &made("lake.db.totals"));
    desk.allowed(&made("lake.db.others"));
    desk.allowed(&made("own"));
}
