//! The tables and the policy that requests are judged by.

use std::sync::LazyLock;

use sqlsec::{Catalog, Engine, Policy};

/// A literal of a filter that must not come out of a denial.
pub(crate) const SECRET: &str = "S3CR3T";

/// A table that nobody reads but through its rewrite.
pub(crate) struct Protected {
    pub table: &'static str,
    /// The filter, plain and with the table's name before each column.
    pub filters: [&'static str; 2],
    /// A masked column, and what stands right before each use of it outside the filter.
    pub masked: Option<(&'static str, &'static str)>,
}

pub(crate) const PROTECTED: [Protected; 2] = [
    Protected {
        table: "t",
        filters: ["a > 7 AND b <> 'S3CR3T'", "`t`.a > 7 AND `t`.b <> 'S3CR3T'"],
        masked: Some(("b", "SHA256(")),
    },
    Protected {
        table: "d",
        filters: ["lvl <> 9", "`d`.lvl <> 9"],
        masked: None,
    },
];

/// Nobody reads this one at all.
pub(crate) const CLOSED: &str = "closed";

const POLICY: &str = "
apiVersion: sqlsec/v1
version: 1
defaults: { unknown_connector: allow }
rules:
  - { id: f, type: row_filter, to: { groups: [public] }, on: { table: '*.*.t' }, filter: \"a > 7 AND b <> 'S3CR3T'\" }
  - { id: m, type: column_mask, to: { groups: [public] }, on: { table: '*.*.t', columns: [b] }, mask: MASK_HASH }
  - { id: l, type: row_filter, to: { groups: [public] }, on: { table: '*.*.d' }, filter: 'lvl <> 9' }
  - { id: n, type: access, effect: deny, to: { groups: [public] }, on: { table: '*.*.closed' }, privileges: [select] }
";

const TABLES: &str = "
CREATE TABLE t (a INT, b STRING, r ROW<x INT, y STRING>, ts TIMESTAMP(3), proc AS PROCTIME(), WATERMARK FOR ts AS ts);
CREATE TABLE u (a INT, c STRING, g ARRAY<INT>, ts TIMESTAMP(3), proc AS PROCTIME(), WATERMARK FOR ts AS ts);
CREATE TABLE d (k INT, lvl INT);
CREATE TABLE closed (a INT);
CREATE TABLE s (a INT, b STRING);
CREATE VIEW v AS SELECT a, b FROM t;
";

/// A catalog of the tables alone.
pub(crate) static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "fuzz").expect("the tables");
    catalog
});

/// The policy alone.
pub(crate) fn policy() -> Policy {
    Policy::load(POLICY, "fuzz").expect("the policy")
}

/// Policy and tables.
pub(crate) static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(policy(), CATALOG.clone()));
