//! Depth and length: refused, and never more stack than a small thread has.

use super::*;
use crate::syntax::{parse_data_type, with_stack};

/// Runs `work` on a thread with the stack of a small JVM.
fn on_a_small_thread(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("no panic");
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    format!(
        "SELECT {}1{} FROM t",
        open.repeat(depth),
        close.repeat(depth)
    )
}

#[test]
fn deep_nesting_within_the_limit_parses_on_a_small_thread() {
    on_a_small_thread(|| {
        for (open, close) in [
            ("(", ")"),
            ("f(", ")"),
            ("(SELECT ", ")"),
            ("ARRAY[", "]"),
            ("CASE WHEN TRUE THEN (", ") END"),
            ("a IN (", ")"),
            ("1 + (", ")"),
            ("CAST((", ") AS INT)"),
            ("EXISTS (SELECT ", ")"),
            ("NOT (", ")"),
            ("COUNT(*) FILTER (WHERE ", ")"),
        ] {
            for depth in [1, 60, 99] {
                let sql = nested(open, close, depth);
                with_stack(sql.len(), || {
                    let read = try_script(&sql);
                    assert!(read.is_ok(), "{open} {depth}: {:?}", read.err());
                });
            }
        }
        let derived = format!(
            "SELECT * FROM {}t{}",
            "(SELECT * FROM ".repeat(150),
            ")".repeat(150)
        );
        with_stack(derived.len(), || assert!(try_script(&derived).is_ok()));
        let joins = format!(
            "SELECT * FROM {}t{}",
            "(a JOIN ".repeat(150),
            " ON TRUE)".repeat(150)
        );
        with_stack(joins.len(), || assert!(try_script(&joins).is_ok()));
    });
}

#[test]
fn what_is_too_deep_is_refused_on_a_small_thread() {
    on_a_small_thread(|| {
        for (open, close) in [
            ("(", ")"),
            ("f(", ")"),
            ("(SELECT ", ")"),
            ("a IN (", ")"),
            ("- ", ""),
            ("NOT ", ""),
            ("CASE WHEN ", " THEN 1 END"),
            ("CASE ", " WHEN 1 THEN 1 END"),
        ] {
            for depth in [1_000, 10_000, 100_000] {
                let error = error(&nested(open, close, depth));
                assert!(
                    matches!(error.kind, SyntaxErrorKind::Limit(_)),
                    "{open} {depth}: {error}"
                );
            }
        }
        let types = format!("{}INT{}", "ARRAY<".repeat(10_000), ">".repeat(10_000));
        assert!(matches!(
            parse_data_type(&types).unwrap_err().kind,
            SyntaxErrorKind::Limit(_)
        ));
        let set = format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(1_001));
        assert!(matches!(error(&set).kind, SyntaxErrorKind::Limit(_)));
    });
}

#[test]
fn who_raises_the_limit_of_depth_gets_the_stack_for_it() {
    // As high as texts that the engine made itself are read with, and higher.
    on_a_small_thread(|| {
        for nesting in [1_000, 8_000] {
            let limits = Limits {
                nesting,
                ..Limits::default()
            };
            for (open, close) in [
                ("(", ")"),
                ("f(", ")"),
                ("(SELECT ", ")"),
                ("- ", ""),
                ("NOT ", ""),
                ("CASE WHEN ", " THEN 1 END"),
                ("1 + (", ")"),
            ] {
                for depth in [nesting - 100, 4 * nesting, 100_000] {
                    let sql = nested(open, close, depth);
                    with_stack(sql.len(), || {
                        match Script::parse(&sql, FlinkVersion::default(), &limits) {
                            Ok(_) => assert!(depth <= 4 * nesting, "{open} {depth}"),
                            Err(error) => assert!(
                                matches!(error.kind, SyntaxErrorKind::Limit(_)),
                                "{open} {depth}: {error}"
                            ),
                        }
                    });
                }
            }
        }
    });
}

#[test]
fn long_flat_texts_parse_on_a_small_thread() {
    on_a_small_thread(|| {
        for sql in [
            format!("SELECT a{} FROM t", " AND a".repeat(15_000)),
            format!("SELECT a{} FROM t", " + 1".repeat(15_000)),
            format!("SELECT a IN (1{}) FROM t", ", 1".repeat(50_000)),
            format!("SELECT a{} FROM t", " IN (1)".repeat(5_000)),
            format!("SELECT a{} FROM t", "[1]".repeat(5_000)),
            format!("SELECT CASE{} END FROM t", " WHEN a THEN 1".repeat(10_000)),
            format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(1_000)),
            format!("SELECT * FROM t{}", " JOIN t ON TRUE".repeat(3_000)),
        ] {
            with_stack(sql.len(), || {
                let read = try_script(&sql);
                assert!(read.is_ok(), "{:?}", read.err());
            });
        }
    });
}

#[test]
fn copies_of_operands_are_bounded() {
    let sql = format!("SELECT a{} FROM t", " MEMBER OF b".repeat(1_000));
    assert!(matches!(error(&sql).kind, SyntaxErrorKind::Limit(_)));
}
