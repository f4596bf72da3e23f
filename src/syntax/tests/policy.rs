//! Expressions of policies, and text of any kind: never a panic.

use proptest::prelude::*;

use super::*;
use crate::syntax::{Expression, quote, quote_literal, tokens, with_stack};

#[test]
fn markers_stand_for_columns_attributes_and_types() {
    let text = "CASE WHEN dept = ${user.dept} THEN CAST({col} AS {type}) ELSE f({col}, 'x{y}') END";
    let expression = Expression::parse(text).unwrap();
    let places: Vec<&str> = expression
        .markers
        .iter()
        .map(|span| span.text(text))
        .collect();
    assert_eq!(places, ["${user.dept}", "{col}", "{type}", "{col}"]);
    assert_eq!(expression.scalar.span.text(text), text);
    let nested =
        Expression::parse("dept IN (SELECT d FROM hr.own WHERE u = ${user.name})").unwrap();
    assert_eq!(nested.queries.0.len(), 1);
}

#[test]
fn a_policy_text_is_exactly_one_expression() {
    for bad in [
        "",
        " ",
        "a = 1;",
        "a = 1 -- x",
        "a = 1 // x",
        "a = 1 /* x */",
        "a = 1)",
        "(a = 1",
        "a = 'b",
        "a, b",
        "a AS b",
        "a = 1 b",
        "SELECT 1",
        "a = 1 OR",
        "a = `b",
        "a /* b",
        "a = ${x",
        "{ a }",
        "CAST(a AS {type)",
        "TABLE t",
        "a /*+ A */",
        "DELETE FROM t",
    ] {
        assert!(Expression::parse(bad).is_err(), "{bad}");
    }
    for good in [
        "region = 'beijing'",
        "TRUE",
        "/* why */ a IN (1, 2)",
        "(a)",
        "a /* x */ = 1",
    ] {
        assert!(Expression::parse(good).is_ok(), "{good}");
    }
}

#[test]
fn quoted_text_is_read_back() {
    for name in ["a", "a`b", "表", "order", "a b"] {
        let text = quote(name);
        let tokens = tokens(&text, FlinkVersion::V2_3, &Limits::default()).unwrap();
        assert_eq!(tokens[0].identifier.as_deref(), Some(name));
    }
    for text in ["", "it's", "a\\", "--"] {
        let literal = quote_literal(text);
        let tokens = tokens(&literal, FlinkVersion::V2_3, &Limits::default()).unwrap();
        assert_eq!(tokens[0].string.as_deref(), Some(text));
    }
}

/// Words that make constructs meet.
fn words() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "SELECT",
        "FROM",
        "WHERE",
        "(",
        ")",
        "(",
        ")",
        "a",
        "t",
        "b.c",
        "1",
        "'x'",
        ",",
        "*",
        "+",
        "IN",
        "EXISTS",
        "NOT",
        "TABLE",
        "VALUES",
        "WITH",
        "AS",
        "JOIN",
        "ON",
        "UNION",
        "ALL",
        "ANY",
        "=",
        "CASE",
        "WHEN",
        "THEN",
        "END",
        "CAST",
        "INT",
        "ROW",
        "ARRAY",
        "[",
        "]",
        "OVER",
        "ORDER",
        "BY",
        "GROUP",
        "LATERAL",
        "UNNEST",
        "DESCRIPTOR",
        "=>",
        "INTERVAL",
        "DAY",
        "IS",
        "DISTINCT",
        "NULL",
        "BETWEEN",
        "AND",
        "LIKE",
        "INSERT",
        "INTO",
        ";",
        "EXPLAIN",
        "/*+ A */",
        "LIMIT",
        "MATCH_RECOGNIZE",
        "PATTERN",
        "DEFINE",
        "MULTISET",
        "MEMBER",
        "OF",
        "SET",
        "`q`",
        "?",
        "-",
        ".",
        "{",
        "}",
        "JSON_VALUE",
    ];
    proptest::collection::vec(proptest::sample::select(WORDS), 0..40)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn no_row_of_words_makes_it_panic(sql in words()) {
        with_stack(sql.len(), || {
            match try_script(&sql) {
                Err(error) => assert!(error.span.end as usize <= sql.len()),
                Ok(script) => for statement in &script.statements {
                    assert!(tables(statement).is_ok());
                    assert!(!statement.span.text(&sql).is_empty());
                },
            }
            let _ = Expression::parse(&sql);
        });
    }

    #[test]
    fn no_text_makes_it_panic(sql in any::<String>()) {
        let _ = try_script(&sql);
        let _ = Expression::parse(&sql);
    }
}
