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
    for bad in [
        ";",
        "; SELECT 1",
        "SELECT 1;; SELECT 2",
        "SELECT 1 SELECT 2",
    ] {
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
