//! Queries: every clause parses, and every table in it is found wherever it hides.

use super::*;

/// A query `{}` put into every position that can hold one reads its table.
#[test]
fn a_nested_query_is_found_in_every_position() {
    let nested = [
        "SELECT x FROM secret",
        "TABLE secret",
        "WITH c AS (SELECT x FROM secret) SELECT * FROM c",
        "SELECT 1 UNION ALL (SELECT x FROM secret)",
        "(SELECT x FROM secret) ORDER BY x LIMIT 1",
        "VALUES ((SELECT x FROM secret))",
        "SELECT x FROM secret AS s (x) WHERE TRUE",
        "SELECT a FROM TABLE(TUMBLE(TABLE secret, DESCRIPTOR(ts), INTERVAL '1' HOUR))",
        "SELECT a FROM TABLE(f(DATA => (SELECT * FROM secret) PARTITION BY k ORDER BY (t DESC)))",
        "SELECT a FROM secret MATCH_RECOGNIZE (ORDER BY t PATTERN (A B+) DEFINE B AS B.x > A.x) AS m",
        "SELECT a FROM secret FOR SYSTEM_TIME AS OF ts AS s",
        "SELECT a FROM secret /*+ OPTIONS('a' = 'b') */ AS s",
    ];
    let positions = [
        "SELECT ({}) FROM t",
        "SELECT a + ({}) * 2 AS b FROM t",
        "SELECT * FROM ({}) AS q",
        "SELECT * FROM t JOIN ({}) q ON TRUE",
        "SELECT * FROM t LEFT JOIN LATERAL ({}) q ON TRUE",
        "SELECT * FROM t WHERE a IN ({})",
        "SELECT * FROM t WHERE (a, b) NOT IN (({}))",
        "SELECT * FROM t WHERE a IN (1, ({}))",
        "SELECT * FROM t WHERE EXISTS ({}) AND NOT EXISTS (({}))",
        "SELECT * FROM t WHERE a = ANY ({}) OR b > ALL ({})",
        "SELECT * FROM t WHERE a BETWEEN ({}) AND ({})",
        "SELECT * FROM t WHERE a LIKE ({}) ESCAPE ({})",
        "SELECT CASE ({}) WHEN 1 THEN ({}) ELSE ({}) END FROM t",
        "SELECT CAST(({}) AS INT), f(({}), x => ({})), COUNT(*) FILTER (WHERE EXISTS ({})) FROM t",
        "SELECT SUM(a) OVER (PARTITION BY 1 + ({}) ORDER BY ({})) FROM t",
        "SELECT a FROM t GROUP BY a, ({}) HAVING COUNT(*) > ({})",
        "SELECT a FROM t GROUP BY GROUPING SETS ((a, ({})), ())",
        "SELECT a FROM t QUALIFY ({}) = 1 ORDER BY ({}) DESC NULLS LAST",
        "SELECT ARRAY[1, ({})], MAP[1, ({})], ROW(({})), (a, ({})), MULTISET({}), ARRAY({}) FROM t",
        "SELECT (({})).x, a[({})] FROM t",
        "SELECT * FROM t, UNNEST(({})) AS u (x)",
        "SELECT * FROM TABLE(f(({}), TABLE t))",
        "SELECT EXTRACT(DAY FROM ({})), FLOOR(({}) TO DAY), TRIM(BOTH ({}) FROM ({})) FROM t",
        "SELECT SUBSTRING(({}) FROM ({}) FOR 2), POSITION(({}) IN ({})), OVERLAY(({}) PLACING ({}) FROM 1) FROM t",
        "SELECT JSON_VALUE(1 + ({}), '$' DEFAULT 1 + ({}) ON EMPTY), JSON_OBJECT('k' VALUE 1 + ({})), JSON_ARRAY(1 + ({})) FROM t",
        "SELECT TIMESTAMPDIFF(DAY, ({}), ({})), INTERVAL (1 + ({})) DAY FROM t",
        "SELECT a MULTISET UNION ({}), a MEMBER OF ({}), a IS DISTINCT FROM ({}), ({}) IS A SET FROM t",
        "INSERT INTO s (a) SELECT ({}) FROM t",
        "INSERT INTO s SELECT a FROM t WHERE x = ({}) ON CONFLICT DO NOTHING",
        "EXPLAIN ESTIMATED_COST SELECT * FROM t WHERE a IN ({})",
        "CREATE TABLE n WITH ('a' = 'b') AS SELECT * FROM t WHERE a IN ({})",
        "CREATE TEMPORARY VIEW v (a) AS SELECT ({}) FROM t",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO s SELECT ({}) FROM t; END",
    ];
    for position in positions {
        for query in nested {
            let sql = position.replace("{}", query);
            let found = reads(&sql);
            let secrets = found.split(' ').filter(|name| *name == "secret").count();
            assert_eq!(secrets, position.matches("{}").count(), "{sql}: {found}");
            let others = position.matches("FROM t").count() + position.matches("TABLE t").count();
            assert_eq!(
                found.split(' ').filter(|name| *name == "t").count(),
                others,
                "{sql}"
            );
        }
    }
}

#[test]
fn a_name_of_a_cte_is_no_table_where_it_is_visible() {
    assert_eq!(
        reads("WITH c AS (SELECT * FROM t) SELECT * FROM c JOIN d.c ON TRUE"),
        "t d.c"
    );
    assert_eq!(
        reads("WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM b, B"),
        "b B"
    );
    assert_eq!(reads("WITH t AS (SELECT * FROM t) TABLE t"), "t");
    assert_eq!(
        reads("SELECT * FROM (WITH c AS (TABLE x) TABLE c), c"),
        "x c"
    );
    assert_eq!(
        reads("WITH c AS (TABLE x) SELECT (SELECT 1 FROM c WHERE a IN (TABLE c)) FROM y"),
        "x y"
    );
}

#[test]
fn joins_of_every_kind() {
    let sql = "SELECT * FROM a NATURAL JOIN b LEFT OUTER JOIN c USING (x, y) RIGHT JOIN (d FULL JOIN e ON d.x = e.x) ON TRUE \
               CROSS JOIN f INNER JOIN LATERAL TABLE(g(f.x)) AS h (y) ON TRUE, i JOIN j FOR SYSTEM_TIME AS OF i.p AS k ON i.x = k.x";
    assert_eq!(reads(sql), "a b c d e f i j");
    let statement = statement(sql);
    let select = select(main_query(&statement));
    assert_eq!(select.from.len(), 2);
    assert_eq!(select.from[0].joins.len(), 5);
    assert!(select.from[1].joins[0].right.as_of.is_some());
}

#[test]
fn clauses_go_where_they_belong() {
    let sql = "SELECT /*+ BROADCAST(b), STATE_TTL('a' = '1d') */ DISTINCT a, b.*, * FROM t AS b WHERE a > 1 GROUP BY DISTINCT a, (b, c), \
               ROLLUP (d) HAVING COUNT(*) > 1 WINDOW w AS (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) \
               QUALIFY ROW_NUMBER() OVER w = 1 ORDER BY a LIMIT 10 OFFSET 5 ROWS";
    let statement = statement(sql);
    let query = main_query(&statement);
    let select = select(query);
    assert!(select.distinct && select.selection.is_some() && select.having.is_some());
    assert!(select.qualify.is_some());
    assert_eq!(
        (select.hints.len(), select.items.len(), select.windows.len()),
        (2, 3, 1)
    );
    assert_eq!(select.windows[0].operands.len(), 3);
    let group_by = select.group_by.as_ref().unwrap();
    assert!(group_by.sets);
    assert_eq!(group_by.keys.len(), 4);
    assert_eq!((query.order_by.len(), query.bounds.len()), (1, 2));
}

#[test]
fn qualify_is_a_name_before_flink_2() {
    let old = |sql| Script::parse(sql, FlinkVersion::V1_20, &Limits::default());
    assert!(old("SELECT a FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY a) = 1").is_err());
    assert!(old("SELECT qualify FROM t").is_ok());
    assert!(old("SELECT model FROM t").is_err());
    assert!(old("SELECT * FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY)").is_err());
    assert!(old("SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY))").is_ok());
}

#[test]
fn expressions_of_every_kind_parse() {
    for expression in [
        "a.b.c[1].d[2]",
        "f(x).y",
        "(a).b",
        "CAST(a AS ROW<x INT>).x",
        "- - a",
        "NOT NOT a = b",
        "a IS NOT DISTINCT FROM b AND c",
        "a IS NOT JSON ARRAY",
        "a NOT SIMILAR TO b ESCAPE 'x'",
        "a NOT BETWEEN SYMMETRIC 1 AND 2",
        "a NOT ILIKE b",
        "a RLIKE b",
        "a = ANY (1, 2)",
        "(a, b) OVERLAPS (c, d)",
        "PERIOD (a, b) CONTAINS c",
        "a IMMEDIATELY PRECEDES b",
        "a NOT SUBMULTISET OF b",
        "a IS NOT EMPTY",
        "DATE '2020-01-01'",
        "TIMESTAMP WITH LOCAL TIME ZONE '2020-01-01 00:00:00'",
        "INTERVAL -'1 2' DAY(3) TO SECOND(2)",
        "INTERVAL a.b HOUR",
        "CURRENT_TIMESTAMP(3)",
        "CURRENT_DATE",
        "USER",
        "TRY_CAST(a AS DECIMAL(10, 2) ARRAY)",
        "LEFT(a, 1)",
        "YEAR(a)",
        "IF(a, b, c)",
        "TRUNCATE(a, 2)",
        "DATE(a)",
        "COUNT(DISTINCT a, b)",
        "LISTAGG(a, ',') WITHIN GROUP (ORDER BY b DESC)",
        "FIRST_VALUE(a) IGNORE NULLS OVER (ORDER BY b)",
        "ROW(t.*)",
        "COUNT(*)",
        "cat.db.f(a => 1, b => DEFAULT)",
        "JSON_QUERY(a, '$' RETURNING ARRAY<STRING> WITH CONDITIONAL ARRAY WRAPPER EMPTY ARRAY ON EMPTY ERROR ON ERROR)",
        "JSON_OBJECTAGG(KEY a VALUE b ABSENT ON NULL)",
        "JSON_ARRAYAGG(a ORDER BY b NULL ON NULL)",
        "JSON_EXISTS(a, '$' TRUE ON ERROR)",
        "JSON_OBJECT('a': 1, KEY 'b' VALUE c FORMAT JSON)",
        "TRIM(a)",
        "TRIM(LEADING FROM a)",
        "SUBSTRING(a, 1, 2)",
        "CEIL(a TO DAY)",
        "'a'\n'b'",
        "U&'\\0041' UESCAPE '!'",
        "X'0a'",
        "?",
        "CASE a WHEN 1, 2 THEN 3 END",
        "EXTRACT(ISODOW FROM a)",
        "TIMESTAMPADD(SQL_TSI_DAY, 1, a)",
        "TIMESTAMPDIFF(`FRAC_SECOND`, a, b)",
        "a[OFFSET(1)]",
        "DECIMAL '1.5'",
        "PERCENTILE_CONT(a, 0.5 IGNORE NULLS) OVER ()",
        "MAP['a', 1]",
        "ARRAY[]",
        "GROUPING_ID(a, b)",
        "a || b + c * d % e",
    ] {
        statement(&format!("SELECT {expression} FROM t"));
    }
}

#[test]
fn rows_of_values_with_and_without_parentheses() {
    let statement =
        statement("VALUES (1, 'a'), ROW(2, 'b'), (3), 4, 5 + (6), (SELECT 7), ((SELECT 8), 9)");
    let Term::Values(values) = &main_query(&statement).body.first else {
        panic!("no VALUES");
    };
    let sizes: Vec<usize> = values.rows.iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 2, 1, 1, 1, 1, 2]);
}
