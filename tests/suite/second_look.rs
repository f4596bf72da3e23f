//! The second look alone: texts that no rewriter of ours makes, and that leak, are refused; those that it makes are accepted.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use sqlsec::policy::Resource;
use sqlsec::resolve::Relation;
use sqlsec::syntax::{Limits, Script};
use sqlsec::verify::attest;
use sqlsec::{Catalog, FlinkVersion, Policy, Principal, Session};

const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
rules:
  - { id: f, type: row_filter, to: { users: [ann] }, on: { table: '*.*.t' }, filter: 'a > 7' }
  - { id: m, type: column_mask, to: { users: [ann] }, on: { table: '*.*.t', columns: [b] }, mask: MASK_HASH }
  - { id: d, type: row_filter, to: { users: [ann] }, on: { table: '*.*.d' }, filter: 'lvl <> 9' }
";

const TABLES: &str = "
CREATE TABLE t (a INT, b STRING);
CREATE TABLE d (k INT, lvl INT);
CREATE TABLE u (a INT, c STRING, proc AS PROCTIME());
";

const LOOKUP: &str =
    "WITH `p` AS (SELECT *, ((lvl <> 9) IS TRUE) AS `ok` FROM d) SELECT u.a FROM u";

fn accepts(output: &str) -> bool {
    let policy = Policy::load(POLICY, "policy").expect("a policy");
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "tables").expect("tables");
    let who = Principal {
        user: "ann".to_owned(),
        ..Principal::default()
    };
    let decide = |relation: &Relation| {
        let resource = Resource {
            columns: relation.columns(),
            ..Resource::named(&relation.found.name)
        };
        let decided = policy.obligations(&who, &resource, UNIX_EPOCH);
        decided.ok().map(Arc::new)
    };
    let version = FlinkVersion::default();
    let original = Script::parse("SELECT 1", version, &Limits::default()).expect("a query");
    attest(
        output.to_owned(),
        &original.statements[0],
        version,
        &Session::default(),
        &catalog,
        &decide,
    )
    .is_ok()
}

#[test]
fn what_the_rewriter_makes_is_accepted() {
    for output in [
        "SELECT * FROM (SELECT `a`, CAST(SHA256(`b`) AS STRING) AS `b` FROM t WHERE a > 7) AS `t`",
        "SELECT a, CAST(SHA256(x.b) AS STRING) AS b FROM t AS x WHERE (a > 7) AND (x.a < 9)",
        "SELECT a FROM t WHERE `t`.a > 7",
        &format!(
            "{LOOKUP} LEFT JOIN `p` FOR SYSTEM_TIME AS OF u.proc AS x ON `x`.`ok` AND (u.a = x.k)"
        ),
        &format!("{LOOKUP} JOIN `p` AS x ON `x`.`ok` AND (u.a = x.k)"),
    ] {
        assert!(accepts(output), "{output}");
    }
}

#[test]
fn what_leaks_is_refused() {
    for output in [
        // No filter, half of it, more than it, another column's.
        "SELECT a FROM t",
        "SELECT a FROM t WHERE a > 7 OR TRUE",
        "SELECT a FROM t WHERE (a > 7) AND (TRUE) OR (TRUE)",
        "SELECT a FROM t WHERE (a > 7) AND (TRUE) IS NULL",
        "SELECT a FROM t WHERE (a > 7) OR (a > 7)",
        "SELECT a FROM t HAVING a > 7",
        "SELECT a FROM t AS x (b, a) WHERE a > 7",
        "SELECT (SELECT MAX(x.a) FROM t AS x WHERE `t`.a > 7) FROM u AS t",
        "SELECT t.a FROM t JOIN u ON t.a = u.a WHERE a > 7",
        "SELECT t.a FROM u RIGHT JOIN t ON a > 7",
        "SELECT a FROM t WHERE a > 7 UNION ALL SELECT a FROM t",
        // No mask, one that ends as its text does, one of another column, one beside it.
        "SELECT b FROM t WHERE a > 7",
        "SELECT * FROM t WHERE a > 7",
        "SELECT TRY_CAST(SHA256(`b`) AS STRING) FROM t WHERE a > 7",
        "SELECT 1.CAST(SHA256(`b`) AS STRING) FROM t WHERE a > 7",
        "SELECT CAST(SHA256(`b`) AS STRING), b FROM t WHERE a > 7",
        "SELECT 'CAST(SHA256(`b`) AS STRING)' || b FROM t WHERE a > 7",
        "SELECT CAST(SHA256(`b`) AS STRING) FROM t WHERE a > 7 ORDER BY b || 'x'",
        "SELECT a FROM t WHERE (a > 7) AND (b = 'x')",
        // In a query inside a name may be another one.
        "SELECT a FROM t WHERE (a > 7) AND (EXISTS (SELECT a AS b FROM u WHERE b = 'x'))",
        "SELECT a FROM t WHERE a > 7 ORDER BY (SELECT MAX(a) AS b FROM u WHERE b = 'x')",
        // The test of a lookup in another place, in another join, of another alias.
        &format!("{LOOKUP} JOIN `p` AS x ON u.a = x.k"),
        &format!("{LOOKUP} JOIN `p` AS x ON u.a = x.k AND (`x`.`ok`)"),
        &format!("{LOOKUP} JOIN `p` AS x ON `x`.`ok` AND (u.a = x.k) OR (TRUE)"),
        &format!("{LOOKUP} RIGHT JOIN `p` AS x ON `x`.`ok` AND (u.a = x.k)"),
        &format!("{LOOKUP} FULL JOIN `p` AS x ON `x`.`ok` AND (u.a = x.k)"),
        &format!("{LOOKUP} JOIN `p` AS x ON `x`.`ok` AND (u.a = x.k), `p` AS y"),
        &format!("{LOOKUP}, `p` AS x WHERE `x`.`ok` AND (u.a = x.k)"),
        &format!("{LOOKUP} JOIN `p` AS x ON `x`.`ok` AND (u.a = x.k) UNION TABLE `p`"),
    ] {
        assert!(!accepts(output), "{output}");
    }
}
