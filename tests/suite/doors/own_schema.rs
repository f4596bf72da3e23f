//! A script's own table over protected bytes: a column must be the data that its name says, or filter and mask miss it.

use sqlsec::Code;

use super::{COLUMNS, Desk, ORDERS};

#[track_caller]
fn refused(columns: &str, options: &str) {
    let mut desk = Desk::empty();
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE t ({columns}) WITH ({options})"
    ));
    desk.denied(Code::SchemaUntrusted, "SELECT id FROM t");
    desk.denied(Code::SchemaUntrusted, "CREATE TEMPORARY TABLE u LIKE t");
}

#[test]
fn a_computed_column_may_not_have_a_protected_name() {
    refused("id INT, phone STRING, region AS 'north'", ORDERS);
    refused("id INT, region STRING, p STRING, phone AS p", ORDERS);
}

#[test]
fn a_metadata_column_may_not_have_a_protected_name() {
    refused(
        "id INT, phone STRING, region STRING METADATA FROM 'topic'",
        ORDERS,
    );
}

#[test]
fn two_names_may_not_differ_in_case_alone() {
    refused(&format!("{COLUMNS}, PHONE STRING"), ORDERS);
    refused("id INT, phone STRING, region STRING, Region STRING", ORDERS);
}

#[test]
fn a_format_that_reads_by_position_is_not_believed() {
    for format in [
        "csv",
        "raw",
        "protobuf",
        "avro",
        "orc",
        "made-up",
        "avro-confluent",
        "debezium-avro-confluent",
    ] {
        refused(COLUMNS, &ORDERS.replace("json", format));
    }
    let key = format!("{ORDERS}, 'key.format' = 'csv', 'key.fields' = 'id'");
    refused(COLUMNS, &key);
    refused(COLUMNS, &ORDERS.replace(", 'format' = 'json'", ""));
}

#[test]
fn a_prefix_of_names_is_not_believed() {
    let prefixed = format!("{ORDERS}, 'key.format' = 'json', 'key.fields-prefix' = 'k_'");
    refused(COLUMNS, &prefixed);
}

#[test]
fn columns_that_are_the_datas_are_filtered_and_masked() {
    let mut desk = Desk::empty();
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE t ({COLUMNS}) WITH ({ORDERS})"
    ));
    let text = desk.allowed("SELECT id, phone FROM t");
    assert!(
        text.contains("region = 'north'") && text.contains("NULL"),
        "{text}"
    );
}

/// With these a connector fills in, renames or chooses values below the filter and the mask.
#[test]
fn an_option_that_may_change_what_a_column_holds_is_not_believed() {
    for option in ["'fields.region.default-value' = 'north'", "'made.up' = 'x'"] {
        refused(COLUMNS, &format!("{ORDERS}, {option}"));
    }
    let mut desk = Desk::empty();
    let harmless = "'properties.group.id' = 'g', 'scan.startup.mode' = 'earliest-offset', 'json.ignore-parse-errors' = 'true', 'sink.parallelism' = '1'";
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE t ({COLUMNS}) WITH ({ORDERS}, {harmless})"
    ));
    desk.filtered("SELECT id FROM t");
}

const NUMBERED: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: dept, type: row_filter, to: { users: [ann] }, on: { physical: 'mysql://*/hr.staff' }, filter: \"dept = 7\" }
";

/// As TINYINT, department 263 is department 7 to a driver.
#[test]
fn a_type_that_does_not_keep_values_apart_is_not_believed() {
    let jdbc = "'connector' = 'jdbc', 'url' = 'jdbc:mysql://db/hr', 'table-name' = 'staff'";
    for (catalog, declared, believed) in [
        ("", "BIGINT", true),
        ("", "STRING", true),
        ("", "TINYINT", false),
        ("", "INT", false),
        ("", "DATE", false),
        ("INT", "INT", true),
        ("INT", "TINYINT", false),
        ("INT", "BIGINT", false),
    ] {
        let site = if catalog.is_empty() {
            String::new()
        } else {
            format!("CREATE TABLE hr.d.staff (dept {catalog}) WITH ({jdbc})")
        };
        let mut desk = Desk::new(NUMBERED, &site);
        desk.allowed(&format!(
            "CREATE TEMPORARY TABLE t (id INT, dept {declared}) WITH ({jdbc})"
        ));
        if believed {
            let text = desk.allowed("SELECT id FROM t");
            assert!(text.contains("dept = 7"), "{text}");
        } else {
            desk.denied(Code::SchemaUntrusted, "SELECT id FROM t");
        }
    }
}

/// A field of an envelope holds every column, under no rule.
#[test]
fn a_change_feed_is_not_opened_by_hand() {
    refused(
        &format!("{COLUMNS}, `after` ROW<id INT, phone STRING>"),
        ORDERS,
    );
    refused(&format!("{COLUMNS}, `DATA` STRING"), ORDERS);
}
