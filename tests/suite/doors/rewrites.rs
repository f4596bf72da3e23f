//! Rewrites that applied and were then refused by the second look: names that the rewriter adds, conditions of masks that ask other tables.

use sqlsec::{Catalog, Code};

use super::Desk;

const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { unknown_connector: allow }
rules:
  - { id: dim, type: row_filter, to: { users: [ann] }, on: { table: '*.*.d' }, filter: 'lvl <> 9' }
  - { id: when, type: column_mask, to: { users: [ann] }, on: { table: '*.*.m', columns: [b] }, mask: MASK_HASH, when: 'EXISTS (SELECT 1 FROM default_catalog.default_database.d AS d WHERE d.k = m.a)' }
";

const TABLES: &str = "
CREATE TABLE d (k INT, lvl INT);
CREATE TABLE m (a INT, b STRING);
CREATE TABLE u (a INT, c STRING, proc AS PROCTIME());
";

#[test]
fn the_condition_of_a_mask_reads_a_protected_table_for_the_policy() {
    let mut desk = Desk::new(POLICY, TABLES);
    let text = desk.allowed("SELECT * FROM m");
    assert!(text.contains("EXISTS (SELECT 1 FROM default_catalog.default_database.d"));
    // Beside it the submitter's own read of that table keeps its filter.
    let text = desk.allowed("SELECT * FROM m WHERE a IN (SELECT k FROM d)");
    assert!(text.contains("(SELECT * FROM d WHERE lvl <> 9)"), "{text}");
}

#[test]
fn a_name_in_escapes_is_not_taken_again() {
    let mut desk = Desk::new(POLICY, TABLES);
    let join = "SELECT u.a FROM u JOIN d FOR SYSTEM_TIME AS OF u.proc AS d ON u.a = d.k";
    for name in [r#"U&"d\005f\005fprotected""#, "`D__Protected`"] {
        let text = desk.allowed(&format!(
            "WITH {name} AS (SELECT 1 AS z) {join}, {name} AS x WHERE x.z = 1"
        ));
        assert!(text.contains("`d__protected2`"), "{text}");
        // An alias is no table.
        desk.allowed(&format!("{join} JOIN u AS {name} ON d.k = {name}.a"));
    }
    desk.denied(
        Code::TableUnknown,
        &format!(r#"{join} CROSS JOIN U&"d\005f\005fprotected""#),
    );
}

#[test]
fn a_short_text_does_not_become_an_endless_one() {
    let mut desk = Desk::new(POLICY, TABLES);
    // Each star stands for twice as many columns as the one before it.
    let double = |n: usize| format!("c{n} AS (SELECT * FROM c{0} AS x, c{0} AS y)", n - 1);
    let ctes = |n: usize| (1..n).map(double).collect::<Vec<_>>().join(", ");
    let stars = |n: usize| format!("WITH c0 AS (SELECT 1 AS a), {} SELECT 1", ctes(n));
    desk.allowed(&stars(15));
    desk.denied(Code::LimitExceeded, &stars(40));
    let of_a_call = |n: usize| {
        format!(
            "WITH c0 AS (SELECT 1 AS a), {} SELECT {}",
            ctes(10),
            vec!["ROW(x.*)"; n].join(", ")
        ) + " FROM c9 AS x"
    };
    desk.allowed(&of_a_call(10));
    desk.denied(Code::LimitExceeded, &of_a_call(600));
    // A reference of two bytes becomes one of a thousand.
    let columns: Vec<String> = (0..2_000).map(|n| format!("column_{n} STRING")).collect();
    let mut desk = Desk::new(
        POLICY,
        &format!(
            "CREATE TABLE d (k INT, lvl INT); CREATE TABLE m (a INT, b STRING, {})",
            columns.join(", ")
        ),
    );
    let references = |n: usize| format!("SELECT 1 FROM {}", vec!["m"; n].join(","));
    desk.allowed(&references(2));
    desk.denied(Code::LimitExceeded, &references(4_000));
}

#[test]
fn what_lies_around_the_text_of_a_view_does_not_come_along() {
    let view = r#"{"views": [{"name": ["default_catalog", "default_database", "v"], "text": "-- all\nSELECT k FROM d ; -- done", "catalog": "default_catalog", "database": "default_database"}]}"#;
    let mut site = Catalog::default();
    site.add_sql(TABLES, "tables").expect("tables");
    site.add_json(view, "view").expect("a view");
    let text = Desk::with(POLICY, site).allowed("SELECT * FROM v");
    assert!(!text.contains("--") && !text.contains(';'), "{text}");
}
