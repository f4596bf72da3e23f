//! Hints that read the same bytes otherwise: another delimiter cuts the rows anew, below filter and mask.

use sqlsec::Code;

use super::{COLUMNS, Desk, ORDERS};

#[test]
fn a_format_is_not_changed_in_a_hint() {
    let mut desk = Desk::empty();
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE t ({COLUMNS}) WITH ({ORDERS})"
    ));
    for option in [
        "csv.field-delimiter",
        "csv.ignore-parse-errors",
        "json.ignore-parse-errors",
        "json.timestamp-format.standard",
        "value.format",
        "format",
        "value.fields-include",
        "key.fields-prefix",
    ] {
        let query = format!("SELECT id FROM t /*+ OPTIONS('{option}' = 'x') */");
        desk.denied(Code::OptionDenied, &query);
    }
    desk.filtered("SELECT id FROM t /*+ OPTIONS('scan.startup.mode' = 'earliest-offset') */");
}

#[test]
fn a_hint_on_a_sink_is_held_against_the_same_list() {
    let mut desk = Desk::empty();
    desk.allowed("CREATE TEMPORARY TABLE s (id INT) WITH ('connector' = 'blackhole')");
    desk.denied(
        Code::OptionDenied,
        "INSERT INTO s /*+ OPTIONS('connector' = 'print') */ SELECT 1",
    );
}
