//! A rule that names columns by pattern, and a table that the script declares over the same bytes with columns that the pattern does not match.

use sqlsec::Code;

use super::{Desk, ORDERS};

/// Phones are masked by pattern, over the topic and in the site's table.
const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: phones, type: column_mask, to: { users: [ann] }, on: { physical: 'kafka://*/orders', columns: ['*phone*'] }, mask: MASK_NULL }
  - { id: inner, type: column_mask, to: { users: [ann] }, on: { physical: 'kafka://*/people', columns: ['addr.*'] }, mask: MASK_NULL }
  - { id: named, type: column_mask, to: { users: [ann] }, on: { table: 'lake.db.users', columns: ['*phone*'] }, mask: MASK_NULL }
  - { id: all, type: column_mask, to: { users: [ann] }, on: { table: '*.*.*', columns: ['*ssn*'] }, mask: MASK_NULL }
";

const SITE: &str = "\
CREATE TABLE lake.db.users (id INT, phone STRING) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'k:9092', 'topic' = 'users', 'format' = 'json');
CREATE TABLE lake.db.ids (id INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'k:9092', 'topic' = 'orders', 'format' = 'json');
CREATE TABLE lake.db.rates (id INT, rate INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'k:9092', 'topic' = 'rates', 'format' = 'csv')";

fn declared(columns: &str, options: &str) -> Desk {
    let mut desk = Desk::new(POLICY, SITE);
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE t ({columns}) WITH ({options})"
    ));
    desk
}

fn raw(topic: &str) -> String {
    ORDERS.replace("'orders'", topic).replace("'json'", "'raw'")
}

#[test]
fn the_whole_row_as_one_column_is_refused() {
    for topic in ["'orders'", "'people'", "'users'"] {
        let mut desk = declared("line STRING", &raw(topic));
        desk.denied(Code::SchemaUntrusted, "SELECT line FROM t");
        desk.denied(Code::SchemaUntrusted, "CREATE TEMPORARY TABLE u LIKE t");
        desk.denied(Code::SchemaUntrusted, "INSERT INTO t SELECT line FROM t");
    }
}

/// The site's own table over the topic of orders lists no phone, and the rule on the topic says that there is one.
#[test]
fn what_the_site_does_not_list_may_be_in_the_bytes() {
    let mut desk = declared("line STRING", &raw("'orders'").replace("'raw'", "'json'"));
    assert!(desk.allowed("SELECT line FROM t").contains("line"));
    let mut desk = declared("line STRING", &raw("'orders'"));
    desk.denied(Code::SchemaUntrusted, "SELECT line FROM t");
}

#[test]
fn other_names_by_position_and_envelopes_are_refused() {
    let csv = ORDERS.replace("'json'", "'csv'");
    declared("a INT, b STRING", &csv).denied(Code::SchemaUntrusted, "SELECT b FROM t");
    declared("id INT, payload STRING", ORDERS)
        .denied(Code::SchemaUntrusted, "SELECT payload FROM t");
}

#[test]
fn another_letter_case_is_refused_or_masked() {
    declared("id INT, WORKPHONE STRING", ORDERS)
        .denied(Code::SchemaUntrusted, "SELECT WORKPHONE FROM t");
    // A database that finds columns in any letter case: rules match so too.
    let database = "'connector' = 'jdbc', 'url' = 'jdbc:mysql://h:3306/d', 'table-name' = 'orders'";
    let policy = POLICY.replace("kafka://*/orders", "mysql://h:3306/d.orders");
    let mut desk = Desk::new(&policy, SITE);
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE t (phone STRING, WORKPHONE STRING) WITH ({database})"
    ));
    let masked = desk.allowed("SELECT WORKPHONE FROM t");
    assert!(
        masked.contains("CAST(NULL AS STRING) AS `WORKPHONE`"),
        "{masked}"
    );
}

#[test]
fn fields_in_one_value_are_refused() {
    let people = ORDERS.replace("'orders'", "'people'");
    declared("id INT, addr STRING", &people).denied(Code::SchemaUntrusted, "SELECT addr FROM t");
    let masked = declared("id INT, addr ROW<zip STRING>", &people).allowed("SELECT addr FROM t");
    assert!(masked.contains("NULL"), "{masked}");
}

#[test]
fn what_is_found_by_its_name_is_read_and_masked() {
    let mut desk = declared("id INT, region STRING", ORDERS);
    assert_eq!(desk.allowed("SELECT region FROM t"), "SELECT region FROM t");
    let masked = declared("id INT, phone2 STRING", ORDERS).allowed("SELECT phone2 FROM t");
    assert!(masked.contains("NULL"), "{masked}");
}

#[test]
fn a_table_of_which_the_site_says_that_nothing_fits_is_open() {
    let rates = ORDERS
        .replace("'orders'", "'rates'")
        .replace("'json'", "'csv'");
    let mut desk = declared("a INT, b INT", &rates);
    assert_eq!(desk.allowed("SELECT b FROM t"), "SELECT b FROM t");
    // Nor does a rule on all names close what the script calls so.
    let harmless = ORDERS
        .replace("'orders'", "'harmless'")
        .replace("'json'", "'raw'");
    let mut desk = declared("line STRING", &harmless);
    assert_eq!(desk.allowed("SELECT line FROM t"), "SELECT line FROM t");
}
