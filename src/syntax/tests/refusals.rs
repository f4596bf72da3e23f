//! What is refused: by name where Flink has it, as an error where it has not. Nothing gets a second reading.

use super::*;

fn named(sql: &str) -> &'static str {
    match try_script(sql) {
        Ok(script) => match &script.statements[0].kind {
            StatementKind::Refused(refusal) => refusal.construct.name(),
            other => panic!("{sql}: {other:?}"),
        },
        Err(SyntaxError {
            kind: SyntaxErrorKind::Unsupported(construct),
            ..
        }) => construct.name(),
        Err(error) => panic!("{sql}: {error}"),
    }
}

#[test]
fn constructs_are_refused_by_name() {
    for (sql, construct) in [
        ("SELECT * FROM t PIVOT (SUM(a) FOR b IN (1))", "PIVOT"),
        ("SELECT * FROM t EXTEND (x INT)", "EXTEND"),
        ("SELECT * FROM t (x INT, y STRING)", "EXTEND"),
        ("SELECT * AS x FROM t", "an alias of *"),
        ("SELECT * FROM t LEFT SEMI JOIN u ON TRUE", "SEMI JOIN"),
        ("SELECT * FROM t LEFT ANTI JOIN u ON TRUE", "ANTI JOIN"),
        ("SELECT * FROM t CROSS APPLY f(x)", "CROSS APPLY"),
        ("SELECT * FROM t OUTER APPLY f(x)", "OUTER APPLY"),
        ("SELECT NEXT VALUE FOR s", "NEXT VALUE FOR"),
        ("SELECT NEW T(1)", "NEW"),
        ("SELECT 1 MINUS SELECT 2", "MINUS"),
        ("SELECT {fn ABS(1)}", "{…} escape of ODBC"),
        ("INSERT INTO t (x INT) SELECT 1", "EXTEND"),
        ("SELECT UNIQUE (1)", "UNIQUE"),
        ("SELECT t.*.a FROM t", "a star inside a name"),
        (
            "SELECT a SIMILAR TO b LIKE c SIMILAR TO d ESCAPE e ESCAPE f",
            "ESCAPE behind several patterns",
        ),
        (
            "SELECT a BETWEEN b LIKE c AND d FROM t",
            "an operator between BETWEEN and AND",
        ),
        ("UPDATE t (x INT) SET a = 1", "EXTEND"),
        ("DELETE FROM t EXTEND (x INT)", "EXTEND"),
        ("CREATE MODEL m WITH () AS SELECT 1", "CREATE MODEL … AS"),
        (
            "CREATE TABLE t (a.b INT)",
            "a nested column in CREATE TABLE",
        ),
    ] {
        assert_eq!(named(sql), construct, "{sql}");
    }
}

#[test]
fn statements_are_refused_by_name() {
    for (sql, construct) in [
        ("MERGE INTO t USING u ON TRUE", "MERGE"),
        ("ALTER SYSTEM SET a = b", "ALTER SYSTEM"),
        ("ALTER SESSION RESET ALL", "ALTER SYSTEM"),
        (
            "COMPILE AND EXECUTE PLAN 'f' FOR INSERT INTO a TABLE b",
            "COMPILE AND EXECUTE PLAN",
        ),
        (
            "COMPILE AND EXECUTE PLAN 'f' FOR STATEMENT SET BEGIN INSERT INTO a TABLE b; END",
            "COMPILE AND EXECUTE PLAN",
        ),
        ("EXECUTE PLAN 'f'", "EXECUTE PLAN"),
        ("STOP JOB 'x'", "STOP JOB"),
        ("DESCRIBE SELECT 1", "DESCRIBE of a statement"),
        ("DESCRIBE STATEMENT SELECT 1", "DESCRIBE of a statement"),
        ("DESCRIBE (SELECT 1)", "DESCRIBE of a statement"),
        ("DESCRIBE TABLE t", "DESCRIBE TABLE"),
    ] {
        assert_eq!(named(sql), construct, "{sql}");
        let script = try_script(&format!("{sql}; SELECT 1")).unwrap();
        assert_eq!(script.statements.len(), 2);
        assert_eq!(script.statements[0].span.text(sql), sql);
    }
}

#[test]
fn what_flink_has_not_is_an_error() {
    for sql in [
        "SELECT a FROM t WHERE a != 1",
        "SELECT value FROM t",
        "SELECT a AS date FROM t",
        "SELECT a FROM order",
        "SELECT a WHERE TRUE",
        "SELECT * EXCEPT (a) FROM t",
        "SELECT a FROM t LIMIT 1, 2",
        "SELECT a FROM t OFFSET 1 LIMIT 2",
        "SELECT a FROM t LIMIT 1 + 1",
        "SELECT a FROM t LIMIT (SELECT 1)",
        "SELECT a FROM (t)",
        "SELECT a FROM (t AS x)",
        "SELECT a FROM (t JOIN u ON TRUE) AS x",
        "SELECT a FROM ((SELECT 1) AS y) AS x",
        "SELECT a FROM TABLE t",
        "SELECT a FROM TABLE(t)",
        "SELECT a FROM TABLE((SELECT 1))",
        "SELECT a FROM TABLE(f(TABLE (SELECT 1)))",
        "SELECT a FROM LATERAL t",
        "SELECT a FROM t FOR SYSTEM_TIME BETWEEN a AND b",
        "SELECT a FROM (SELECT 1) FOR SYSTEM_TIME AS OF x AS y",
        "SELECT a FROM t AS x FOR SYSTEM_TIME AS OF y",
        "SELECT a FROM (SELECT 1) /*+ OPTIONS('a' = 'b') */ x",
        "SELECT a FROM t AS x /*+ OPTIONS('a' = 'b') */",
        "SELECT a /*+ A */ FROM t",
        "SELECT a FROM t /*+ A */ /*+ B */",
        "SELECT a FROM t /*+ */",
        "SELECT a FROM t /*+ OPTIONS('a' = 1) */",
        "SELECT a FROM t /*+ A(b.c) */",
        "SELECT a FROM TABLE(TUMBLE(TABLE t /*+ OPTIONS('a' = 'b') */, DESCRIPTOR(x), INTERVAL '1' DAY))",
        "WITH a AS (SELECT 1) INSERT INTO t TABLE a",
        "SELECT E'a' 'b'",
        "SELECT DATE U&'2020-01-01'",
        "SELECT CURSOR(SELECT 1)",
        "SELECT ARRAY[(SELECT 1)]",
        "SELECT SUM(a) OVER (PARTITION BY (SELECT 1)) FROM t",
        "SELECT a LIKE 'x' BETWEEN 1 AND 2 FROM t",
        "CREATE TABLE t (a INTERVAL DAY)",
        "CREATE TABLE t (a AS (SELECT 1))",
        "SELECT a IN () FROM t",
        "SELECT a IN b FROM t",
        "SELECT a IN UNNEST(b) FROM t",
        "SELECT a LIKE ANY ('b') FROM t",
        "SELECT a AT TIME ZONE 'x' FROM t",
        "SELECT a COLLATE b FROM t",
        "SELECT a::INT FROM t",
        "SELECT a -> b FROM t",
        "SELECT a | b FROM t",
        "SELECT a ^ b FROM t",
        "SELECT :a FROM t",
        "SELECT a:b FROM t",
        "SELECT [1, 2]",
        "SELECT {col}",
        "SELECT f(a).* FROM t",
        "SELECT ROW() FROM t",
        "SELECT ROW(*) FROM t",
        "SELECT f(a, *) FROM t",
        "SELECT a.* FROM t.*",
        "SELECT EXISTS (t) FROM t",
        "SELECT CAST(a AS INT NOT NULL) FROM t",
        "SELECT INTERVAL '1' FOO",
        "SELECT a FROM t GROUP BY",
        "SELECT (SELECT 1, 2",
        "SELECT a IN (SELECT 1 FROM u) + (SELECT 2",
        "SELECT a FROM t x y",
        "SELECT * FRM t",
        "SELECT TIMESTAMPADD(foo, 1, a) FROM t",
        "SELECT IN (SELECT 1)",
        "TABLE (SELECT 1)",
        "FROM t",
        "EXPLAIN CREATE VIEW v AS SELECT 1",
        "EXPLAIN SHOW TABLES",
        "CREATE TABLE t ()",
        "CREATE TABLE t (a INT) AS",
        "SELEC 1",
        "SHOW FOO",
        "CREATE FOO x",
        "SELECT a FROM t, ",
        "SELECT a FROM t JOIN",
        "SELECT DISTINCT FROM t",
        "SELECT a FROM t UNION",
        "SELECT (a b) FROM t",
        "SELECT a[1 FROM t",
        "VALUES",
        "VALUES ()",
        "VALUES (1) + 2",
        "INSERT INTO t PARTITION (a) SELECT 1",
        "CREATE TABLE t (a, b INT)",
        "CREATE TABLE t (a)",
        "INSERT INTO t PARTITION (a = f(1)) SELECT 1",
        "SELECT MIN(a ORDER BY b) FROM t",
        "SELECT f(1, SELECT 2) FROM t",
        "SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A ++) DEFINE A AS TRUE)",
        "SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A, B) DEFINE A AS TRUE)",
        "SELECT CASE END",
        "SELECT CASE a END",
        "SELECT COUNT(DISTINCT) FROM t",
        "SELECT x IS DISTINCT y FROM t",
    ] {
        let error = error(sql);
        assert!(
            !matches!(error.kind, SyntaxErrorKind::Limit(_)),
            "{sql}: {error}"
        );
    }
}

#[test]
fn a_query_word_never_hides_in_an_expression() {
    // sqlparser's own grammar would read these; ours must not let it.
    for sql in [
        "SELECT a IN (TABLE) FROM t",
        "SELECT a FROM t WHERE x = SELECT 1",
        "SELECT SELECT 1",
        "SELECT f(x, y SELECT 1) FROM t",
        "SELECT a BETWEEN SELECT 1 AND 2 FROM t",
        "SELECT ARRAY SELECT 1",
        "SELECT a FROM t WHERE IN SELECT 1",
        "SELECT CAST(SELECT 1 AS INT)",
    ] {
        error(sql);
    }
}
