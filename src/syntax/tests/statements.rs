//! Statements other than queries, and scripts of them.

use super::*;
use crate::syntax::ast::{ColumnDefKind, DropObject, Use};
use crate::syntax::parse_data_type;

#[test]
fn a_table_is_read_with_all_its_parts() {
    let sql = "CREATE OR REPLACE TEMPORARY TABLE IF NOT EXISTS c.d.t (\n  id BIGINT NOT NULL PRIMARY KEY NOT ENFORCED COMMENT 'x',\n  \
        k STRING METADATA FROM 'key' VIRTUAL,\n  n AS UPPER(k) COMMENT 'y',\n  ts TIMESTAMP(3),\n  \
        WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,\n  CONSTRAINT u UNIQUE (k) NOT ENFORCED\n)\n\
        COMMENT 'z' DISTRIBUTED BY HASH (id) INTO 4 BUCKETS PARTITIONED BY (id, k)\n\
        WITH ('connector' = 'x', 'a' = 'b''c') LIKE base (INCLUDING ALL EXCLUDING OPTIONS)";
    let statement = statement(sql);
    let StatementKind::CreateTable(table) = &statement.kind else {
        panic!()
    };
    assert!(table.temporary && table.or_replace && table.if_not_exists);
    assert_eq!(table.name.span.text(sql), "c.d.t");
    assert_eq!(table.columns.len(), 4);
    assert!(matches!(&table.columns[0].kind, ColumnDefKind::Physical(t) if !t.nullable));
    assert!(
        matches!(&table.columns[1].kind, ColumnDefKind::Metadata { key: Some(key), virtual_: true, .. } if key.value == "key")
    );
    assert!(
        matches!(&table.columns[2].kind, ColumnDefKind::Computed(e) if e.span.text(sql) == "UPPER(k)")
    );
    let (column, value) = table.watermark.as_ref().unwrap();
    assert_eq!(
        (column.span.text(sql), value.span.text(sql)),
        ("ts", "ts - INTERVAL '5' SECOND")
    );
    assert_eq!(table.primary_key[0].value, "id");
    assert_eq!(table.partitioned_by.len(), 2);
    assert_eq!(table.options[1].value.value, "b'c");
    assert_eq!(table.options[1].value.span.text(sql), "'b''c'");
    let like = table.like.as_ref().unwrap();
    assert_eq!(like.source.span.text(sql), "base");
    assert_eq!(
        like.features[1],
        ("EXCLUDING".to_owned(), "OPTIONS".to_owned())
    );
}

#[test]
fn inserts_in_all_forms() {
    let sql = "INSERT INTO a.b /*+ OPTIONS('k' = 'v') */ PARTITION (dt = 'x') (c, d.e) WITH w AS (TABLE t) TABLE w ON CONFLICT DO DEDUPLICATE";
    let statement = statement(sql);
    let StatementKind::Insert(insert) = &statement.kind else {
        panic!()
    };
    assert_eq!(
        insert.target.span.text(sql),
        "a.b /*+ OPTIONS('k' = 'v') */"
    );
    assert_eq!(insert.partition[0].0.value, "dt");
    assert_eq!(insert.columns[1].span.text(sql), "d.e");
    assert_eq!(
        insert.on_conflict.unwrap().text(sql),
        "ON CONFLICT DO DEDUPLICATE"
    );
    for sql in [
        "INSERT OVERWRITE t SELECT 1",
        "UPSERT INTO t SELECT 1",
        "INSERT INTO t VALUES (1, DEFAULT), (2, 3)",
        "INSERT INTO t TABLE v",
        "INSERT INTO t ((SELECT 1) UNION SELECT 2)",
        "EXECUTE INSERT INTO t SELECT 1",
        "INSERT INTO t (SELECT 1)",
        "INSERT INTO t VALUE (1)",
    ] {
        assert!(
            matches!(super::statement(sql).kind, StatementKind::Insert(_)),
            "{sql}"
        );
    }
}

#[test]
fn a_statement_set_is_one_statement() {
    let sql = "SET 'a' = 'b'; EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT ';'; INSERT INTO b TABLE c; END; SELECT 1;";
    let script = try_script(sql).unwrap();
    assert_eq!(script.statements.len(), 3);
    let StatementKind::StatementSet(inserts) = &script.statements[1].kind else {
        panic!()
    };
    assert_eq!(inserts.len(), 2);
    assert!(script.statements[1].span.text(sql).ends_with("END"));
    let client = try_script("BEGIN STATEMENT SET; INSERT INTO a TABLE b; END;").unwrap();
    assert!(matches!(
        client.statements[0].kind,
        StatementKind::BeginStatementSet
    ));
    assert!(matches!(
        client.statements[2].kind,
        StatementKind::EndStatementSet
    ));
    let explained = statement("EXPLAIN PLAN FOR STATEMENT SET BEGIN INSERT INTO a TABLE b; END");
    assert!(matches!(explained.kind, StatementKind::Explain(_)));
    for bad in [
        "EXECUTE STATEMENT SET BEGIN END",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a TABLE b END",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a TABLE b;",
        "EXECUTE STATEMENT SET BEGIN SELECT 1; END",
        "STATEMENT SET BEGIN INSERT INTO a TABLE b; END",
    ] {
        error(bad);
    }
}

#[test]
fn scripts_are_split_as_flink_splits_them() {
    let count = |sql: &str| try_script(sql).map(|script| script.statements.len()).ok();
    assert_eq!(count(""), Some(0));
    assert_eq!(count("-- nothing\n"), Some(0));
    assert_eq!(count("SELECT 1"), Some(1));
    assert_eq!(
        count("SELECT ';' ; -- ;\n SELECT `;` FROM t /* ; */;;"),
        Some(2)
    );
    assert_eq!(count("SELECT 1;; SELECT 2 ; ;"), Some(2));
    for bad in [";", "; SELECT 1", "SELECT 1 SELECT 2"] {
        assert_eq!(count(bad), None, "{bad}");
    }
}

#[test]
fn session_statements() {
    assert!(matches!(
        statement("USE a.b").kind,
        StatementKind::Use(Use::Database(_))
    ));
    assert!(matches!(
        statement("USE CATALOG a").kind,
        StatementKind::Use(Use::Catalog(_))
    ));
    assert!(matches!(statement("SET").kind, StatementKind::Set(None)));
    assert!(matches!(
        statement("RESET 'a.b'").kind,
        StatementKind::Reset(Some(_))
    ));
    let StatementKind::Drop(drop) = statement("DROP TEMPORARY SYSTEM FUNCTION IF EXISTS f").kind
    else {
        panic!()
    };
    assert!(drop.temporary && drop.system && drop.if_exists && drop.object == DropObject::Function);
    for bad in [
        "SET a = b",
        "SET 'a'",
        "RESET a",
        "USE CATALOG a.b",
        "DROP TABLE a, b",
        "SET 'a' = 1",
    ] {
        error(bad);
    }
}

#[test]
fn types_are_read_and_printed_back() {
    for (text, printed) in [
        ("int", "INT"),
        ("VARCHAR(2147483647)", "STRING"),
        ("CHAR", "CHAR(1)"),
        ("varchar", "STRING"),
        ("CHARACTER VARYING", "STRING"),
        ("VARBINARY", "BYTES"),
        ("BINARY", "BINARY(1)"),
        ("decimal(5)", "DECIMAL(5, 0)"),
        (
            "ROW<a INT NOT NULL 'x', `b c` ARRAY<STRING>> NOT NULL",
            "ROW<`a` INT NOT NULL, `b c` ARRAY<STRING>> NOT NULL",
        ),
        ("ROW(a INT)", "ROW<`a` INT>"),
        ("ROW<>", "ROW<>"),
        (
            "MAP<STRING, MULTISET<BIGINT NOT NULL>>",
            "MAP<STRING, MULTISET<BIGINT NOT NULL>>",
        ),
        ("TIMESTAMP(3) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(3)"),
        ("timestamp", "TIMESTAMP(6)"),
        ("TIME", "TIME(0)"),
        ("INT ARRAY NOT NULL", "ARRAY<INT> NOT NULL"),
        ("DOUBLE PRECISION", "DOUBLE"),
        ("BINARY VARYING(3)", "VARBINARY(3)"),
        ("INTERVAL DAY TO SECOND(3)", "INTERVAL DAY TO SECOND(3)"),
        ("RAW('a', 'b')", "RAW('a', 'b')"),
        ("VARIANT", "VARIANT"),
        ("my.type_", "my.type_"),
    ] {
        let read = parse_data_type(text).expect(text);
        assert_eq!(read.to_string(), printed);
        assert_eq!(parse_data_type(printed).expect(printed), read);
    }
    for bad in [
        "",
        "INT INT",
        "ARRAY",
        "MAP<INT>",
        "ROW<a>",
        "DECIMAL(a)",
        "INT;",
        "VARCHAR(99999999999)",
    ] {
        assert!(parse_data_type(bad).is_err(), "{bad}");
    }
}

#[test]
fn other_statements_of_flink_are_read_in_both_versions() {
    let read = |sql: &str, version| Script::parse(sql, version, &Limits::default()).is_ok();
    // In both, in 2.3 only, in 1.20 only: asked of both parsers.
    for sql in [
        "ALTER TABLE IF EXISTS a.b.t SET ('k' = 'v')",
        "ALTER TABLE t RENAME a.b TO c",
        "ALTER TABLE t ADD (a INT AFTER b.c, WATERMARK FOR ts AS ts, PRIMARY KEY (a) NOT ENFORCED)",
        "ALTER TABLE t ADD a.b INT FIRST",
        "ALTER TABLE t ADD PARTITION (a = 1) WITH ('k' = 'v') PARTITION (a = 2)",
        "ALTER TABLE t DROP IF EXISTS PARTITION (a = 1), PARTITION (a = 2)",
        "ALTER TABLE t MODIFY DISTRIBUTION INTO 3 BUCKETS",
        "ALTER VIEW v AS SELECT 1",
        "ALTER CATALOG c RESET ()",
        "CREATE TEMPORARY CATALOG c",
        "DROP SYSTEM FUNCTION f",
        "CREATE MODEL m INPUT (a INT, WATERMARK FOR a AS a) OUTPUT (b INT, WATERMARK FOR b AS b)",
        "UPDATE t /*+ OPTIONS('a' = 'b') */ x SET a = 1, b = (SELECT 1) WHERE c IN (TABLE u)",
        "DELETE FROM t AS x WHERE x.a = 1",
        "ANALYZE TABLE t PARTITION (a, b = 1) COMPUTE STATISTICS FOR COLUMNS a, b",
        "SHOW TABLES FROM a.b NOT LIKE 'x'",
        "SHOW DATABASES IN a NOT ILIKE 'x'",
        "DESC EXTENDED a.b",
        "DESCRIBE JOB 'x'",
        "CALL a.b.c(1, x => 'y', ARRAY['a'])",
        "COMPILE PLAN 'f' IF NOT EXISTS FOR STATEMENT SET BEGIN INSERT INTO a TABLE b; END",
    ] {
        assert!(read(sql, FlinkVersion::V2_3), "2.3: {sql}");
        assert!(read(sql, FlinkVersion::V1_20), "1.20: {sql}");
    }
    for sql in [
        "CREATE MATERIALIZED TABLE m AS SELECT 1",
        "CREATE OR ALTER MATERIALIZED TABLE m START_MODE = FROM_NOW (INTERVAL '1' DAY) AS SELECT 1",
        "ALTER MATERIALIZED TABLE m AS SELECT 1",
        "CREATE CONNECTION c WITH ()",
        "CREATE FUNCTION f AS 'c' USING ARTIFACT 'a' WITH ('k' = 'v')",
        "ALTER MODEL m RESET ()",
        "SHOW CATALOGS NOT ILIKE 'x'",
        "SHOW VIEWS IN a.b LIKE 'x'",
        "DESCRIBE FUNCTION f",
        "WITH RECURSIVE a AS (SELECT 1) TABLE a",
        "SELECT ARRAY(1, 2)",
        "SELECT a[OFFSET(1)] FROM t",
        "SELECT DECIMAL '1'",
        "SELECT DATE 'x'",
        "INSERT INTO t VALUE (1)",
    ] {
        assert!(read(sql, FlinkVersion::V2_3), "2.3: {sql}");
        assert!(!read(sql, FlinkVersion::V1_20), "1.20: {sql}");
    }
    for sql in [
        "ALTER TABLE t COMPACT",
        "ALTER TABLE t PARTITION (a = 1) COMPACT",
        "ALTER CATALOG c COMMENT U&'x'",
    ] {
        assert!(!read(sql, FlinkVersion::V2_3), "2.3: {sql}");
        assert!(read(sql, FlinkVersion::V1_20), "1.20: {sql}");
    }
    for sql in [
        "ALTER TABLE t ADD COLUMN a INT",
        "ALTER TABLE t ADD ()",
        "ALTER TABLE t ADD a.b AS 1",
        "ALTER TABLE t ADD PARTITION (a = 1), PARTITION (a = 2)",
        "ALTER TABLE t DROP CONSTRAINT a.b",
        "ALTER VIEW IF EXISTS v RENAME TO w",
        "ALTER DATABASE d RESET ('a')",
        "CREATE SYSTEM FUNCTION f AS 'c'",
        "CREATE OR ALTER TABLE t (a INT)",
        "CREATE CATALOG a.b",
        "DROP TABLE t CASCADE",
        "UPDATE t SET a.b = 1",
        "UPDATE t SET a = DEFAULT",
        "DELETE t",
        "TRUNCATE t",
        "SHOW TABLES ILIKE 'x'",
        "SHOW DATABASES FROM a.b",
        "DESC SELECT 1",
        "DESCRIBE catalog",
        "CALL c(*)",
        "CALL c(1) + 2",
        "ADD JAR x",
        "USE MODULES a.b",
        "COMPILE PLAN 'f' FOR SELECT 1",
        "STOP FOO",
    ] {
        assert!(!read(sql, FlinkVersion::V2_3), "2.3: {sql}");
        assert!(!read(sql, FlinkVersion::V1_20), "1.20: {sql}");
    }
}
