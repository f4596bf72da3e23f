//! Every place where the grammar takes a query or a table × every shape that a rewrite has: none may end in a text that the second look refuses.

use crate::fuzz::checks;

/// Statements; `{q}` is a query without parentheses.
const PLACES: [&str; 58] = [
    "{q}",
    "({q})",
    "EXECUTE {q}",
    "EXPLAIN {q}",
    "EXPLAIN PLAN FOR {q}",
    "EXPLAIN ESTIMATED_COST, JSON_EXECUTION_PLAN {q}",
    "INSERT INTO s {q}",
    "INSERT OVERWRITE s {q}",
    "INSERT INTO s (a) {q}",
    "INSERT INTO s PARTITION (b = 'x') (a) {q}",
    "INSERT INTO s ({q})",
    "EXECUTE INSERT INTO s {q}",
    "EXECUTE STATEMENT SET BEGIN INSERT INTO s {q}; INSERT INTO s {q}; END",
    "EXPLAIN STATEMENT SET BEGIN INSERT INTO s {q}; END",
    "COMPILE PLAN 'p' FOR INSERT INTO s {q}",
    "CREATE VIEW w AS {q}",
    "CREATE TEMPORARY VIEW w (x) AS {q}",
    "ALTER VIEW v AS {q}",
    "CREATE TABLE n WITH ('connector' = 'print') AS {q}",
    "CREATE OR REPLACE TABLE n AS {q}",
    "CREATE MATERIALIZED TABLE m FRESHNESS = INTERVAL '1' DAY AS {q}",
    "{q} UNION ALL {q}",
    "({q}) UNION ALL ({q})",
    "SELECT a FROM u EXCEPT ({q})",
    "{q} ORDER BY 1 LIMIT 3",
    "WITH c AS ({q}) SELECT * FROM c",
    "WITH c (x) AS ({q}), e AS (SELECT * FROM c) SELECT * FROM e",
    "WITH c AS (SELECT 1) {q}",
    "SELECT * FROM ({q})",
    "SELECT * FROM ({q}) AS x (p)",
    "SELECT * FROM (({q}) UNION ALL ({q}))",
    "SELECT * FROM u, LATERAL ({q}) AS x",
    "SELECT * FROM u LEFT JOIN LATERAL ({q}) ON TRUE",
    "SELECT * FROM (u CROSS JOIN ({q}) AS x)",
    "SELECT ({q}) FROM u",
    "SELECT (({q})) FROM u",
    "SELECT f({q}) FROM u",
    "SELECT f(x => {q}) FROM u",
    "SELECT f(x => ({q}), y => ({q})) FROM u",
    "SELECT f(1, ({q})) FROM u",
    "SELECT ARRAY({q}), MULTISET({q}), MAP({q}) FROM u",
    "SELECT CASE WHEN a IN ({q}) THEN 1 ELSE ({q}) END FROM u",
    "SELECT COUNT(*) FILTER (WHERE EXISTS ({q})) FROM u HAVING ({q}) > 0",
    "SELECT a FROM u WHERE a NOT IN ({q}) AND EXISTS ({q}) OR a > ALL ({q})",
    "SELECT a FROM u WHERE (a, a) IN ({q})",
    "SELECT a FROM u WHERE a IN (1, ({q}))",
    "SELECT a FROM u WHERE a BETWEEN ({q}) AND ({q})",
    "SELECT a FROM u JOIN s ON u.a IN ({q})",
    "SELECT a FROM u GROUP BY ({q})",
    "SELECT a FROM u ORDER BY ({q})",
    "VALUES ({q})",
    "VALUES (1, ({q})), ROW(2, ({q}))",
    "SELECT * FROM f({q})",
    "SELECT * FROM TABLE(f(x => {q}))",
    "SELECT * FROM TABLE(f(1, ({q}) PARTITION BY a ORDER BY a))",
    "SELECT * FROM TABLE(f(CURSOR({q})))",
    "SELECT * FROM TABLE(f(g({q})))",
    "DELETE FROM s WHERE a IN ({q})",
];

/// Queries over what is protected: one a shape.
const SHAPES: [&str; 19] = [
    "SELECT a FROM t",
    "SELECT * FROM t",
    "SELECT b FROM t AS x WHERE x.a > 1",
    "SELECT `default_database`.t.b FROM `default_database`.t",
    "SELECT * FROM t AS x (p, q, r, ts, proc)",
    "SELECT * FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '2020-01-01 00:00:00'",
    "SELECT a FROM t TABLESAMPLE BERNOULLI(10)",
    "SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES A.a AS m PATTERN (A) DEFINE A AS A.a > 1)",
    "TABLE t",
    "TABLE v",
    "SELECT * FROM v",
    "SELECT * FROM v AS x (p, q)",
    "SELECT u.a FROM u LEFT JOIN d FOR SYSTEM_TIME AS OF u.proc ON u.a = d.k",
    "SELECT * FROM u JOIN d FOR SYSTEM_TIME AS OF u.proc AS x ON u.a = x.k",
    "WITH z AS (SELECT 1) SELECT u.a FROM u JOIN d FOR SYSTEM_TIME AS OF u.proc ON u.a = d.k",
    "SELECT window_start FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))",
    "SELECT * FROM f(x => TABLE t PARTITION BY a, y => TABLE v)",
    "SELECT f(TABLE t, TABLE v, x => TABLE t) FROM t",
    "WITH z AS (TABLE t) SELECT * FROM z -- a comment\n",
];

#[test]
fn a_rewrite_fits_in_every_place_that_takes_a_query() {
    let mut allowed = 0;
    for place in PLACES {
        for shape in SHAPES {
            let sql = place.replace("{q}", shape);
            checks::request(&sql);
            allowed += usize::from(checks::is_allowed(&sql));
        }
    }
    let all = PLACES.len() * SHAPES.len();
    assert!(allowed * 10 > all * 9, "{allowed} of {all} are allowed");
}
