//! Strict mode looks at every text of the submitter's above a filtered table: also at one that was stored before, or that stands in a pattern.

use sqlsec::Code;

use super::{COLUMNS, Desk, ORDERS};

fn desk() -> Desk {
    let mut desk = Desk::empty();
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE t ({COLUMNS}, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ({ORDERS})"
    ));
    desk
}

#[test]
fn a_view_that_was_made_without_strict_mode_is_made_again() {
    let mut desk = desk();
    desk.allowed("CREATE TEMPORARY VIEW loose AS SELECT 1 / (id - 5) AS x FROM t");
    desk.allowed("SELECT * FROM loose");
    desk.strict = true;
    desk.denied(Code::ViewRebound, "SELECT * FROM loose");
    desk.denied(
        Code::ViewRebound,
        "CREATE TEMPORARY VIEW above AS SELECT * FROM loose",
    );
    desk.denied(
        Code::StrictExpression,
        "CREATE TEMPORARY VIEW tight AS SELECT 1 / (id - 5) AS x FROM t",
    );
    desk.allowed("CREATE TEMPORARY VIEW tight AS SELECT id + 5 AS x FROM t");
    desk.allowed("SELECT * FROM tight");
    // What strict mode has seen may be read without it.
    desk.strict = false;
    desk.allowed("SELECT * FROM tight");
}

#[test]
fn the_keys_of_a_pattern_are_expressions() {
    let mut desk = desk();
    desk.strict = true;
    let pattern = |partition: &str, order: &str| {
        format!(
            "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY {partition} ORDER BY {order} MEASURES A.id AS m PATTERN (A) DEFINE A AS A.id = 1)"
        )
    };
    desk.allowed(&pattern("region", "ts"));
    desk.denied(Code::StrictExpression, &pattern("1 / id", "ts"));
    desk.denied(Code::StrictExpression, &pattern("region", "ts, 1 / id"));
}

#[test]
fn a_table_as_a_value_is_a_scalar_subquery() {
    let mut desk = desk();
    desk.allowed("CREATE TEMPORARY TABLE one_row (s STRING) WITH ('connector' = 'datagen')");
    desk.allowed("SELECT UPPER(TABLE one_row) FROM t");
    desk.strict = true;
    desk.denied(Code::StrictExpression, "SELECT UPPER(TABLE one_row) FROM t");
}

#[test]
fn nobody_makes_a_function_that_strict_mode_lets_pass_by_its_name() {
    let policy = "\
apiVersion: sqlsec/v1
version: 1
defaults: { unknown_connector: allow }
strict_functions: [Site_Score]
rules:
  - { id: code, type: access, effect: allow, to: { users: [ann] }, on: { object: '*' }, privileges: [function] }
";
    let mut desk = Desk::new(policy, "");
    desk.allowed("CREATE TEMPORARY SYSTEM FUNCTION mine AS 'a.B'");
    for name in ["initcap", "`INITCAP`", "site_score"] {
        for kind in ["TEMPORARY SYSTEM FUNCTION", "TEMPORARY FUNCTION"] {
            desk.denied(
                Code::PolicyFunctionShadowed,
                &format!("CREATE {kind} {name} AS 'a.B'"),
            );
        }
    }
}
