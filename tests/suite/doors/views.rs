//! A view made in a session is protected once; Flink looks its names up at each use. They must mean the same then, for the same person.

use sqlsec::Code;

use super::{COLUMNS, Desk, ORDERS};

/// Until the last day of 2026 ann sees all regions.
const TIMED: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: deny, no_matching_filter: all, unknown_lineage: allow }
rules:
  - { id: later, type: row_filter, to: { users: [ann] }, on: { physical: 'kafka://*/orders' }, filter: \"region = 'north'\", valid: { from: '2027-01-01', tz: UTC } }
";
const IN_2026: i64 = 1_790_000_000;
const IN_2027: i64 = 1_800_000_000;

fn with_view(policy: &str) -> Desk {
    let mut desk = Desk::new(policy, "");
    desk.at = Some(IN_2026);
    desk.allowed(&format!(
        "CREATE TEMPORARY TABLE t ({COLUMNS}) WITH ({ORDERS}); CREATE TEMPORARY VIEW v AS SELECT id, region FROM t"
    ));
    desk.allowed("SELECT * FROM v");
    desk
}

#[test]
fn a_view_made_before_a_rule_began_is_made_again() {
    let mut desk = with_view(TIMED);
    desk.at = Some(IN_2027);
    desk.denied(Code::ViewRebound, "SELECT * FROM v");
    // Through another view as well.
    desk.denied(
        Code::ViewRebound,
        "CREATE TEMPORARY VIEW w AS SELECT * FROM v",
    );
    desk.allowed("DROP TEMPORARY VIEW v; CREATE TEMPORARY VIEW v AS SELECT id, region FROM t");
    desk.allowed("SELECT * FROM v");
}

#[test]
fn a_view_whose_table_was_made_anew_is_made_again() {
    let mut desk = with_view(super::POLICY);
    desk.allowed(&format!(
        "DROP TEMPORARY TABLE t; CREATE TEMPORARY TABLE t ({COLUMNS}) WITH ('connector' = 'datagen')"
    ));
    desk.denied(Code::ViewRebound, "SELECT * FROM v");
}

#[test]
fn a_table_made_anew_is_another_table_though_nothing_differs() {
    let mut desk = with_view(super::POLICY);
    desk.allowed(&format!(
        "DROP TEMPORARY TABLE t; CREATE TEMPORARY TABLE t ({COLUMNS}) WITH ({ORDERS})"
    ));
    desk.denied(Code::ViewRebound, "SELECT * FROM v");
}

#[test]
fn a_view_made_under_another_policy_is_made_again() {
    let mut desk = with_view(super::POLICY);
    let session = desk.session.clone();
    desk = Desk::new(&super::POLICY.replace("'north'", "'south'"), "");
    desk.session = session;
    desk.denied(Code::ViewRebound, "SELECT * FROM v");
}

#[test]
fn views_that_double_are_refused_before_they_fill_the_machine() {
    let mut desk = with_view(super::POLICY);
    desk.allowed("CREATE TEMPORARY VIEW d0 AS SELECT * FROM v");
    let double = |n: usize| {
        let below = n - 1;
        format!(
            "CREATE TEMPORARY VIEW d{n} AS SELECT * FROM d{below} UNION ALL SELECT * FROM d{below}"
        )
    };
    for n in 1..9 {
        desk.allowed(&double(n));
    }
    desk.denied(Code::ViewInvalid, &double(9));
}
