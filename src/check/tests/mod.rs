//! The closed world: every kind of statement has a class, and the manual says it.

use super::classify::{Class, class, name};
use crate::syntax::ast::StatementKind;
use crate::syntax::{Construct, FlinkVersion, Limits, Script};

/// A number for each kind. A new kind does not compile until it has one; the test below fails until it has a sample.
const fn number(kind: &StatementKind) -> usize {
    match kind {
        StatementKind::Query(_) => 0,
        StatementKind::Insert(_) => 1,
        StatementKind::StatementSet(_) => 2,
        StatementKind::Explain(_) => 3,
        StatementKind::CreateTable(_) => 4,
        StatementKind::CreateView(_) => 5,
        StatementKind::CreateMaterializedTable(_) => 6,
        StatementKind::CreateObject(_) => 7,
        StatementKind::AlterTable(_) => 8,
        StatementKind::AlterView(_) => 9,
        StatementKind::AlterObject(_) => 10,
        StatementKind::Drop(_) => 11,
        StatementKind::Update(_) => 12,
        StatementKind::Delete(_) => 13,
        StatementKind::Truncate(_) => 14,
        StatementKind::Analyze(_) => 15,
        StatementKind::Describe(_) => 16,
        StatementKind::Show(_) => 17,
        StatementKind::Call(_) => 18,
        StatementKind::Module(_) => 19,
        StatementKind::Jar(_) => 20,
        StatementKind::CompilePlan(_) => 21,
        StatementKind::Use(_) => 22,
        StatementKind::Set(_) => 23,
        StatementKind::Reset(_) => 24,
        StatementKind::BeginStatementSet => 25,
        StatementKind::EndStatementSet => 26,
        StatementKind::Refused(_) => 27,
    }
}

const KINDS: usize = 28;

const SAMPLES: &[(&str, &[&str])] = &[
    (
        "rewritten",
        &[
            "SELECT 1",
            "INSERT INTO t SELECT 1",
            "INSERT OVERWRITE t SELECT 1",
            "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; END",
            "EXPLAIN SELECT 1",
            "CREATE TABLE t AS SELECT 1",
            "CREATE VIEW v AS SELECT 1",
            "CREATE MATERIALIZED TABLE m AS SELECT 1",
            "ALTER MATERIALIZED TABLE m AS SELECT 1",
            "ALTER VIEW v AS SELECT 1",
            "UPDATE t SET a = 1",
            "DELETE FROM t",
            "COMPILE PLAN 'f' FOR INSERT INTO t SELECT 1",
        ],
    ),
    (
        "checked",
        &[
            "CREATE TABLE t (a INT)",
            "CREATE TABLE t LIKE u",
            "CREATE DATABASE d",
            "ALTER DATABASE d SET ('a' = 'b')",
            "DROP DATABASE d",
            "DROP TABLE t",
            "DROP VIEW v",
            "DROP MATERIALIZED TABLE m",
            "ALTER TABLE t SET ('a' = 'b')",
            "ALTER TABLE t RENAME TO u",
            "ALTER MATERIALIZED TABLE m SUSPEND",
            "ALTER VIEW v RENAME TO w",
            "TRUNCATE TABLE t",
            "ANALYZE TABLE t COMPUTE STATISTICS",
            "DESCRIBE t",
            "DESCRIBE CATALOG c",
            "DESCRIBE DATABASE d",
            "DESCRIBE FUNCTION f",
            "DESCRIBE MODEL m",
            "DESCRIBE CONNECTION c",
            "SHOW COLUMNS FROM t",
            "SHOW CREATE TABLE t",
            "SHOW CREATE MATERIALIZED TABLE m",
            "SHOW CREATE VIEW v",
            "SHOW CREATE CATALOG c",
            "SHOW CREATE MODEL m",
            "SHOW CREATE CONNECTION c",
            "SHOW PARTITIONS t",
        ],
    ),
    (
        "session",
        &[
            "USE d",
            "USE CATALOG c",
            "SET 'a' = 'b'",
            "RESET 'a'",
            "BEGIN STATEMENT SET",
            "END",
        ],
    ),
    (
        "code",
        &[
            "CREATE CATALOG c",
            "ALTER CATALOG c SET ('a' = 'b')",
            "DROP CATALOG c",
            "CREATE FUNCTION f AS 'c'",
            "ALTER FUNCTION f AS 'c'",
            "DROP FUNCTION f",
            "CREATE MODEL m",
            "ALTER MODEL m RENAME TO n",
            "DROP MODEL m",
            "CREATE CONNECTION c WITH ()",
            "ALTER CONNECTION c SET ()",
            "DROP CONNECTION c",
            "CALL p()",
            "LOAD MODULE m",
            "UNLOAD MODULE m",
            "USE MODULES core",
            "ADD JAR 'x'",
            "REMOVE JAR 'x'",
        ],
    ),
    (
        "passed",
        &[
            "SHOW CATALOGS",
            "SHOW CURRENT CATALOG",
            "SHOW CURRENT DATABASE",
            "SHOW DATABASES",
            "SHOW TABLES",
            "SHOW MATERIALIZED TABLES",
            "SHOW VIEWS",
            "SHOW FUNCTIONS",
            "SHOW PROCEDURES",
            "SHOW MODULES",
            "SHOW MODELS",
            "SHOW CONNECTIONS",
            "SHOW JARS",
            "SHOW JOBS",
        ],
    ),
    (
        "denied",
        &[
            "MERGE INTO t USING u ON TRUE",
            "ALTER SYSTEM SET a = b",
            "EXECUTE PLAN 'f'",
            "COMPILE AND EXECUTE PLAN 'f' FOR INSERT INTO t SELECT 1",
            "STOP JOB 'x'",
            "DESCRIBE SELECT 1",
            "DESCRIBE TABLE t",
        ],
    ),
];

const fn word(class: Class) -> &'static str {
    match class {
        Class::Rewritten => "rewritten",
        Class::Checked => "checked",
        Class::Session => "session",
        Class::Code => "code",
        Class::Passed => "passed",
        Class::Denied => "denied",
    }
}

#[test]
fn every_kind_of_statement_has_the_class_that_the_manual_says() {
    let manual = include_str!("../../../docs/statements.md");
    let mut seen = [false; KINDS];
    for (expected, samples) in SAMPLES {
        for sql in *samples {
            let script = Script::parse(sql, FlinkVersion::V2_3, &Limits::default()).expect(sql);
            let kind = &script.statements[0].kind;
            seen[number(kind)] = true;
            assert_eq!(word(class(kind)), *expected, "{sql}");
            let name = name(kind);
            let said = manual.lines().any(|line| {
                line.starts_with(&format!("| {expected} |")) && line.contains(&format!("`{name}`"))
            });
            assert!(
                said,
                "docs/statements.md does not say that `{name}` is {expected}"
            );
        }
    }
    assert!(seen.iter().all(|s| *s), "a kind has no sample: {seen:?}");
}

#[test]
fn what_is_refused_has_a_reason_in_the_manual() {
    let manual = include_str!("../../../docs/refused.md");
    for construct in Construct::ALL {
        let row = format!("| `{}` | {} |", construct.name(), construct.reason());
        assert!(manual.contains(&row), "docs/refused.md lacks: {row}");
    }
}
