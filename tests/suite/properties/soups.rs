//! Soups of words and marks: what the fuzz targets hold of any text, on texts that get past the lexer.

use proptest::prelude::*;
use proptest::sample::select;

use crate::fuzz::checks;

#[rustfmt::skip]
const WORDS: [&str; 74] = [
    "SELECT", "FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT 1", "WITH", "AS", "JOIN", "LEFT JOIN", "ON", "USING", "NATURAL", "UNION ALL",
    "EXCEPT", "IN", "EXISTS", "NOT", "AND", "OR", "IS NULL", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "CAST", "OVER", "PARTITION BY",
    "LATERAL", "TABLE", "UNNEST", "VALUES", "INSERT INTO", "CREATE TEMPORARY VIEW", "EXPLAIN", "BEGIN STATEMENT SET", "FOR SYSTEM_TIME AS OF",
    "DISTINCT", "INTERVAL '1' HOUR", "DESCRIPTOR", "TUMBLE", "t", "u", "d", "v", "closed", "a", "b", "ts", "proc", "x", "`t`", "default_database", "'s'",
    "U&'\\00e9'", "1", "2.5", "(", ")", ",", ".", "*", "=", "<>", "+", "||", ";", "/* c */", "/*+ OPTIONS('k'='v') */", "-- c\n", "\r\n",
];

/// Queries that are nearly right, so that some are.
#[rustfmt::skip]
const PIECES: [&str; 24] = [
    "SELECT * FROM t", "SELECT a, b FROM t AS x", " WHERE a > 1", " WHERE b IN (SELECT b FROM t)", " JOIN u ON t.a = u.a", " LEFT JOIN t AS y ON y.a = x.a",
    "SELECT COUNT(*) FROM v", " UNION ALL ", "WITH t AS (SELECT * FROM u) ", "WITH q AS (SELECT b FROM t) ", "SELECT * FROM q", "INSERT INTO s ", "; ",
    "EXPLAIN ", "CREATE TEMPORARY VIEW w AS ", "SELECT * FROM w", " ORDER BY 1", " GROUP BY a", "SELECT * FROM closed", ", t", " -- end\n", " /* 表 */ ",
    "SELECT u.*, lvl FROM u LEFT JOIN d FOR SYSTEM_TIME AS OF u.proc AS d ON u.a = d.k", "SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))",
];

fn soup() -> impl Strategy<Value = String> {
    let joined = (
        proptest::collection::vec(select(&WORDS[..]), 0..24),
        select(&[" ", "", "\n"][..]),
    );
    joined.prop_map(|(words, space)| words.join(space))
}

fn nearly_right() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(&PIECES[..]), 1..7).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_of_a_soup_lies_in_one_token_and_every_error_in_the_text(text in soup()) {
        checks::lexer(&text);
        checks::script(&text);
    }

    #[test]
    fn no_soup_leaks(text in prop_oneof![soup(), nearly_right()]) {
        checks::request(&text);
    }
}
