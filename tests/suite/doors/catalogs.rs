//! Tables that a catalog manages: their address is the catalog's word, and their names may have no letter case.

use sqlsec::catalog::{CatalogOptions, Session, TableName};
use sqlsec::{Catalog, Code};

use super::Desk;

const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: lake, type: row_filter, to: { users: [ann] }, on: { physical: 's3://wh/d.db/orders' }, filter: \"region = 'north'\" }
  - { id: db, type: row_filter, to: { users: [ann] }, on: { physical: 'postgres://pg/shop.public.orders' }, filter: \"region = 'north'\" }
  - { id: hive, type: row_filter, to: { users: [ann] }, on: { table: 'hive.d.staff' }, filter: \"region = 'north'\" }
";

fn options(pairs: &[(&str, &str)]) -> CatalogOptions {
    let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
    CatalogOptions(pairs.iter().map(own).collect())
}

fn site() -> Catalog {
    let mut site = Catalog::default();
    site.add_json(
        r#"{ "catalogs": [
            { "name": "lake", "options": { "type": "paimon", "warehouse": "s3a://wh/" } },
            { "name": "pg", "options": { "type": "jdbc", "base-url": "jdbc:postgresql://pg:5432" } },
            { "name": "hive", "options": { "type": "hive" } } ],
            "tables": [ { "name": ["hive", "d", "staff"], "columns": [ { "name": "id", "type": "INT" }, { "name": "region", "type": "STRING" } ] } ] }"#,
        "site.json",
    )
    .unwrap_or_else(|e| panic!("{e}"));
    site
}

fn desk() -> Desk {
    Desk::with(POLICY, site())
}

#[test]
fn a_table_of_a_catalog_has_the_rules_of_its_bytes() {
    let mut desk = desk();
    desk.filtered("SELECT * FROM lake.d.orders");
    desk.filtered("SELECT * FROM pg.shop.orders");
    desk.filtered("SELECT * FROM pg.shop.`public.orders`");
    desk.filtered("SELECT * FROM pg.shop.ORDERS");
    desk.denied(
        Code::AccessDenied,
        "SELECT * FROM lake.d.`orders$audit_log`",
    );
}

#[test]
fn a_catalog_that_the_script_registers_is_no_other_road() {
    for (catalog, query) in [
        (
            options(&[("type", "paimon"), ("warehouse", "s3://wh")]),
            "SELECT * FROM own.d.orders",
        ),
        (
            options(&[("type", "jdbc"), ("base-url", "jdbc:postgresql://PG/")]),
            "SELECT * FROM own.shop.orders",
        ),
    ] {
        let mut desk = desk();
        desk.session
            .registered
            .create_catalog("own", catalog, false);
        desk.filtered(query);
    }
    for catalog in [
        options(&[("type", "made-up")]),
        options(&[("type", "hive")]),
        options(&[]),
    ] {
        let mut desk = desk();
        desk.session
            .registered
            .create_catalog("own", catalog, false);
        desk.denied(Code::ConnectorUnknown, "SELECT * FROM own.d.orders");
    }
    let mut desk = desk();
    desk.session.registered.create_catalog(
        "own",
        options(&[("type", "paimon"), ("warehouse", "s3://wh")]),
        true,
    );
    desk.denied(Code::ConnectorUnknown, "SELECT * FROM own.d.orders");
}

#[test]
fn a_catalog_that_ignores_case_has_the_rules_of_any_spelling() {
    for table in ["staff", "STAFF", "`Staff`"] {
        for database in ["d", "D", "`D`"] {
            desk().filtered(&format!("SELECT * FROM hive.{database}.{table}"));
        }
    }
    desk().denied(Code::TableUnknown, "SELECT * FROM hive.d.staffs");
    desk().denied(Code::TableUnknown, "SELECT * FROM hive.D.STAFFS");
    // The catalog's own name has a case in Flink.
    desk().denied(Code::TableUnlisted, "SELECT * FROM Hive.d.staff");
    let mut desk = desk();
    desk.allowed("USE hive.D");
    desk.filtered("SELECT * FROM STAFF");
}

#[test]
fn a_policy_may_name_columns_in_another_case() {
    let masked = format!(
        "{POLICY}  - {{ id: upper, type: column_mask, to: {{ users: [ann] }}, on: {{ table: 'hive.D.STAFF', columns: [REGION] }}, mask: MASK_NULL }}\n"
    );
    let upper = masked.replace(
        "\"region = 'north'\" }\n  - { id: upper",
        "\"REGION = 'north'\" }\n  - { id: upper",
    );
    for policy in [masked, upper] {
        let text = Desk::with(&policy, site()).allowed("SELECT id, region FROM hive.d.Staff");
        assert!(
            text.contains("NULL") && text.replace('`', "").contains("WHERE region = 'north'"),
            "{text}"
        );
    }
}

#[test]
fn another_case_is_not_another_table_of_the_session() {
    let mut desk = desk();
    let harmless = "(id INT, region STRING) WITH ('connector' = 'datagen')";
    desk.allowed(&format!(
        "CREATE TABLE IF NOT EXISTS hive.d.STAFF {harmless}"
    ));
    desk.filtered("SELECT * FROM hive.d.STAFF");
    desk.denied(
        Code::TableExists,
        &format!("CREATE TABLE hive.d.Staff {harmless}"),
    );
    desk.allowed("DROP TABLE hive.D.staff");
    desk.denied(Code::TableUnknown, "SELECT * FROM hive.d.STAFF");
    desk.allowed(&format!("CREATE TABLE hive.D.staff {harmless}"));
    desk.filtered("SELECT * FROM hive.d.STAFF");
}

#[test]
fn a_catalog_file_says_what_a_catalog_is() {
    let mut site = Catalog::default();
    let ddl = "CREATE CATALOG lake WITH ('type' = 'paimon', 'warehouse' = 's3://wh')";
    site.add_sql(ddl, "site.sql")
        .unwrap_or_else(|e| panic!("{e}"));
    Desk::with(POLICY, site).filtered("SELECT * FROM lake.d.orders");
}

#[test]
fn a_session_says_what_it_knows_of_a_catalog() {
    let session = Session::default();
    assert!(session.ignores_case("hive", &site()) && !session.ignores_case("lake", &site()));
    let mut session = session;
    session
        .registered
        .create_catalog("hive", options(&[("type", "paimon")]), false);
    assert!(!session.ignores_case("hive", &site()));
    assert!(
        site()
            .tables()
            .any(|(name, _)| *name == TableName::new("hive", "d", "staff"))
    );
}

/// With IF NOT EXISTS the catalog may be the site's, or the one that the statement describes: a rule on bytes may be about either.
#[test]
fn a_catalog_that_may_be_one_of_two_is_closed_where_rules_are_about_bytes() {
    let open = POLICY.replace("unknown_connector: deny", "unknown_connector: allow")
        + "  - { id: catalogs, type: access, effect: allow, to: { users: [ann] }, on: { object: '*' }, privileges: [catalog] }\n";
    let mut desk = Desk::with(&open, sqlsec::Catalog::default());
    desk.allowed("CREATE CATALOG IF NOT EXISTS c WITH ('type' = 'jdbc', 'base-url' = 'jdbc:mysql://db:3306', 'default-database' = 'shop', 'username' = 'u', 'password' = 'p')");
    desk.denied(Code::ConnectorUnknown, "SELECT * FROM c.shop.orders");
}

/// A rule may write the name of a table of Hive in any letters: it holds for the script's own table over the same bytes too.
#[test]
fn a_rule_in_other_letters_follows_the_bytes() {
    let mut site = sqlsec::Catalog::default();
    site.add_json(
        r#"{ "catalogs": [{ "name": "hive", "options": { "type": "hive" } }],
             "tables": [{ "name": ["hive", "d", "things"], "columns": [{ "name": "id", "type": "INT" }, { "name": "region", "type": "STRING" }],
                          "options": { "connector": "kafka", "topic": "things", "properties.bootstrap.servers": "k:9092", "format": "json" } }] }"#,
        "site.json",
    )
    .unwrap_or_else(|e| panic!("{e}"));
    let policy = POLICY.replace("hive.d.staff", "hive.D.Things");
    let mut desk = Desk::with(&policy, site);
    desk.filtered("SELECT * FROM hive.d.things");
    desk.allowed("CREATE TEMPORARY TABLE mine (id INT, region STRING) WITH ('connector' = 'kafka', 'topic' = 'things', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json')");
    desk.filtered("SELECT * FROM mine");
}
