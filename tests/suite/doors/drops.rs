//! Statements that do nothing in Flink must do nothing here: a session that forgets a table takes its successor for it.

use sqlsec::Code;

use super::{COLUMNS, Desk, ORDERS};

const HARMLESS: &str = "(id INT, region STRING, phone STRING) WITH ('connector' = 'datagen')";

fn over_orders(temporary: &str) -> String {
    format!("CREATE {temporary} TABLE t ({COLUMNS}) WITH ({ORDERS})")
}

#[test]
fn a_drop_of_another_kind_leaves_the_table() {
    let mut desk = Desk::empty();
    desk.allowed(&over_orders("TEMPORARY"));
    desk.allowed("DROP TEMPORARY VIEW IF EXISTS t");
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE IF NOT EXISTS t {HARMLESS}"
    ));
    desk.filtered("SELECT id, region FROM t");

    let mut desk = Desk::empty();
    desk.allowed(&over_orders(""));
    desk.allowed("DROP VIEW IF EXISTS t");
    desk.allowed(&format!("CREATE TABLE IF NOT EXISTS t {HARMLESS}"));
    desk.filtered("SELECT id, region FROM t");
}

#[test]
fn a_drop_of_what_a_temporary_object_shadows_leaves_both() {
    let mut desk = Desk::empty();
    desk.allowed(&over_orders(""));
    desk.allowed(&format!("CREATE TEMPORARY TABLE t {HARMLESS}"));
    desk.allowed("DROP TABLE IF EXISTS t");
    desk.allowed("DROP TEMPORARY TABLE t");
    desk.allowed(&format!("CREATE TABLE IF NOT EXISTS t {HARMLESS}"));
    desk.filtered("SELECT id, region FROM t");
}

#[test]
fn a_drop_of_nothing_without_if_exists_is_refused() {
    let catalog = "CREATE TABLE other (id INT) WITH ('connector' = 'datagen')";
    let mut desk = Desk::new(super::POLICY, catalog);
    desk.denied(Code::TableUnknown, "DROP TABLE t");
    desk.denied(Code::TableUnknown, "DROP VIEW other");
    desk.allowed(&over_orders("TEMPORARY"));
    desk.denied(Code::TableUnknown, "DROP TEMPORARY VIEW t");
    desk.denied(Code::TableUnknown, "DROP TABLE t");
}

#[test]
fn or_replace_with_if_not_exists_is_refused() {
    let mut desk = Desk::empty();
    desk.allowed(&over_orders(""));
    desk.denied(
        Code::UnsupportedConstruct,
        &format!("CREATE OR REPLACE TABLE IF NOT EXISTS t {HARMLESS}"),
    );
    desk.denied(
        Code::UnsupportedConstruct,
        "CREATE OR REPLACE VIEW IF NOT EXISTS t AS SELECT 1 AS id",
    );
}

#[test]
fn if_not_exists_keeps_the_table_that_is_there() {
    let mut desk = Desk::new(
        super::POLICY,
        &format!("CREATE TABLE t ({COLUMNS}) WITH ({ORDERS})"),
    );
    desk.allowed(&format!("CREATE TABLE IF NOT EXISTS t {HARMLESS}"));
    desk.filtered("SELECT id, region FROM t");
    desk.denied(Code::TableExists, &format!("CREATE TABLE t {HARMLESS}"));
}

#[test]
fn create_as_does_not_write_a_table_that_is_there() {
    let catalog = "CREATE TABLE sink (id INT) WITH ('connector' = 'blackhole')";
    let mut desk = Desk::new(super::POLICY, catalog);
    let create = "CREATE TABLE IF NOT EXISTS sink WITH ('connector' = 'print') AS SELECT 1 AS id";
    desk.denied(Code::TableExists, create);
    let nobody =
        "CREATE TABLE IF NOT EXISTS cat.db.sink WITH ('connector' = 'print') AS SELECT 1 AS id";
    desk.denied(Code::TableExists, nobody);
}

#[test]
fn create_as_writes_what_its_options_say() {
    let policy = format!(
        "{}  - {{ id: closed, type: access, effect: deny, to: {{ users: [ann] }}, on: {{ physical: 'kafka://*/orders' }}, privileges: [insert] }}\n",
        super::POLICY
    );
    let mut desk = Desk::new(&policy, "");
    desk.denied(
        Code::AccessDenied,
        &format!("CREATE TABLE mine WITH ({ORDERS}) AS SELECT 1 AS id"),
    );
}

#[test]
fn a_table_of_the_site_is_dropped_by_leave_on_its_bytes() {
    let policy = format!(
        "{}  - {{ id: kept, type: access, effect: deny, to: {{ users: [ann] }}, on: {{ physical: 'kafka://*/orders' }}, privileges: [drop] }}\n",
        super::POLICY
    );
    let catalog = format!("CREATE TABLE t ({COLUMNS}) WITH ({ORDERS})");
    let mut desk = Desk::new(&policy, &catalog);
    desk.denied(Code::AccessDenied, "DROP TABLE t");
    desk.denied(Code::AccessDenied, "DROP TABLE IF EXISTS t");
    let mut desk = Desk::new(&policy, "");
    desk.allowed(&over_orders("TEMPORARY"));
    desk.allowed("DROP TEMPORARY TABLE t");
}

/// After DROP DATABASE the name is free: IF NOT EXISTS makes the table, and what the site once said of it holds no more.
#[test]
fn a_dropped_database_takes_its_tables_along() {
    let catalog = "CREATE DATABASE shop; CREATE TABLE shop.t (id INT, region STRING, phone STRING) WITH ('connector' = 'datagen')";
    let own = format!("CREATE TABLE IF NOT EXISTS shop.t ({COLUMNS}) WITH ({ORDERS})");
    let mut desk = Desk::new(super::POLICY, catalog);
    desk.allowed("DROP DATABASE shop CASCADE");
    desk.allowed("CREATE DATABASE shop");
    desk.allowed(&own);
    desk.filtered("SELECT id, region FROM shop.t");

    let mut desk = Desk::new(super::POLICY, catalog);
    desk.allowed(&own);
    let text = desk.allowed("SELECT id, region FROM shop.t");
    assert!(
        !text.contains("north"),
        "the site's table was there: {text}"
    );
}

#[test]
fn a_database_is_dropped_under_any_letters_where_a_catalog_ignores_them() {
    let mut site = sqlsec::Catalog::default();
    site.add_json(
        r#"{ "catalogs": [{ "name": "hive", "options": { "type": "hive" } }],
             "tables": [{ "name": ["hive", "hr", "t"], "columns": [{ "name": "id", "type": "INT" }] }] }"#,
        "site.json",
    )
    .unwrap_or_else(|e| panic!("{e}"));
    let mut desk = Desk::with(super::POLICY, site);
    desk.allowed("DROP DATABASE hive.HR CASCADE");
    desk.denied(Code::TableUnknown, "SELECT * FROM hive.hr.t");
}

/// With IF NOT EXISTS in a catalog that nobody has described, which of two tables is read later is not known.
#[test]
fn if_not_exists_over_protected_bytes_needs_to_know_what_is_there() {
    let open = super::POLICY.replace("unknown_connector: deny", "unknown_connector: allow");
    let mut desk = Desk::new(&open, "");
    desk.denied(
        Code::ChangeProtected,
        &format!("CREATE TABLE IF NOT EXISTS hive.scratch.t1 ({COLUMNS}) WITH ({ORDERS})"),
    );
    desk.allowed(
        "CREATE TABLE IF NOT EXISTS hive.scratch.t1 (id INT) WITH ('connector' = 'datagen')",
    );
}

/// The next session finds it in the catalog, and nobody tells it that a submitter chose the name, the columns and the format.
#[test]
fn a_table_that_outlives_the_session_does_not_lie_over_protected_bytes() {
    let mut desk = Desk::empty();
    let table = format!("lake.d.mine ({COLUMNS}) WITH ({ORDERS})");
    desk.denied(Code::ChangeProtected, &format!("CREATE TABLE {table}"));
    desk.allowed(&format!("CREATE TEMPORARY TABLE {table}"));
    desk.filtered("SELECT id, region FROM lake.d.mine");

    // Nor over what cannot be told from them.
    let pattern = ORDERS.replace("'topic' = 'orders'", "'topic-pattern' = 'o.*'");
    let mut desk = Desk::empty();
    desk.denied(
        Code::ConnectorUnknown,
        &format!("CREATE TABLE lake.d.mine ({COLUMNS}) WITH ({pattern})"),
    );
    // Nor by ALTER, of a table that was harmless when it was made.
    let harmless = ORDERS.replace("'topic' = 'orders'", "'topic' = 'others'");
    for (change, code) in [
        ("'topic' = 'orders'", Code::ChangeProtected),
        ("'topic' = 'orders;others'", Code::ChangeProtected),
        (
            "'properties.bootstrap.servers' = '${x}'",
            Code::ConnectorUnknown,
        ),
    ] {
        let mut desk = Desk::empty();
        desk.allowed(&format!(
            "CREATE TABLE lake.d.mine ({COLUMNS}) WITH ({harmless})"
        ));
        desk.denied(code, &format!("ALTER TABLE lake.d.mine SET ({change})"));
    }
}
