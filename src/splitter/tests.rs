//! Scripts that programs cut alike, and hostile ones (ATTACKS B6).

use proptest::prelude::*;

use super::*;

const ALL: [Splitter; 4] = [
    Splitter::Flink,
    Splitter::Streampark,
    Splitter::Dinky,
    Splitter::Line,
];

#[track_caller]
fn agree(script: &str, who: &[Splitter]) {
    for splitter in ALL {
        let said = splitter.agrees(script, FlinkVersion::default());
        let expected = who.contains(&splitter);
        assert_eq!(
            said.is_ok(),
            expected,
            "{}: {script:?}: {said:?}: {:?}",
            splitter.name(),
            splitter.pieces(script)
        );
    }
}

use Splitter::{Dinky, Flink, Line, Streampark};

#[test]
fn plain_scripts_are_cut_alike() {
    for script in [
        "SELECT 1",
        "SELECT 1;",
        "SELECT 1;\nSELECT 2;\n",
        "SELECT 'a' AS x;\n\n\nINSERT INTO s SELECT *\n  FROM t\n  WHERE a = 1;\n",
        "-- all of it\nSELECT 1;\n-- the rest\nSELECT 2;",
        "SELECT 1 -- one\n;\nSELECT 2;",
        "SET 'table.exec.state.ttl' = '1 d';\nSELECT 2;",
        "SELECT '' AS a;\nSELECT 'it''s' AS b;",
    ] {
        agree(script, &ALL);
    }
    agree("SELECT 1;\r\nSELECT 2;\r\n", &ALL);
    agree("/* a */\nSELECT 1;\n/* b */\nSELECT 2;", &ALL);
}

#[test]
fn two_statements_on_one_line_are_cut_by_some() {
    agree("SELECT 1; SELECT 2", &[Flink, Streampark]);
    agree("SELECT 1; SELECT 2; SELECT 3", &[Flink]);
    agree("SELECT 1; -- one\nSELECT 2;", &ALL);
}

#[test]
fn a_semicolon_in_a_literal_a_name_or_a_comment_ends_no_statement() {
    agree("SELECT 'a;b';\nSELECT 2;", &ALL);
    agree("SELECT 'a;\nb';\nSELECT 2;", &[Flink, Streampark]);
    agree("SELECT `a;b` FROM t;\nSELECT 2;", &[Flink, Dinky, Line]);
    agree("SELECT 1 -- a;b\n;\nSELECT 2;", &ALL);
    agree(
        "SELECT 1 /* a;\nb */;\nSELECT 2;",
        &[Flink, Streampark, Line],
    );
}

#[test]
fn a_quote_in_a_name_or_a_comment_opens_no_literal() {
    agree(
        "SELECT `it's` FROM t;\nSELECT 'x;y';",
        &[Flink, Dinky, Line],
    );
    agree("SELECT `a\"b` FROM t;\nSELECT 2;", &[Flink, Dinky, Line]);
    agree("SELECT 1 -- it's\n;\nSELECT 2;", &[Flink, Streampark, Line]);
    agree("SELECT 1 /* it's */;\nSELECT 2;", &ALL);
}

#[test]
fn what_looks_like_a_comment_in_a_literal_is_text() {
    agree("SELECT 'a -- b';\nSELECT 2;", &[Flink, Streampark]);
    agree(
        "SELECT 'a /* b */ c';\nSELECT 2;",
        &[Flink, Streampark, Dinky],
    );
    agree("SELECT `a -- b` FROM t;\nSELECT 2;", &[Flink]);
    agree("SELECT `a /* b */` FROM t;\nSELECT 2;", &[Flink, Dinky]);
    agree("SELECT 'a\n  b';\nSELECT 2;", &[Flink, Streampark, Dinky]);
}

#[test]
fn a_comment_that_ends_elsewhere_hides_no_statement() {
    // For some, `/*/` is a whole comment.
    agree(
        "SELECT 1 /*/ ; DROP TABLE t ; /*/ ;\nSELECT 2;",
        &[Dinky, Line],
    );
    agree(
        "SELECT 1 /**/ + 1 /* */;\nSELECT 2;",
        &[Flink, Streampark, Dinky],
    );
    agree("SELECT/**/1;\nSELECT 2;", &[Flink, Dinky, Line]);
    agree("SELECT 1 --\r;\nSELECT 2;", &[Dinky, Line]);
}

#[test]
fn a_hint_stays_where_it_is() {
    agree(
        "SELECT * FROM t /*+ OPTIONS('a'='b') */;\nSELECT 2;",
        &[Flink, Streampark, Dinky],
    );
    agree(
        "SELECT * FROM t /*+ OPTIONS('a'=';') */;\nSELECT 2;",
        &[Flink, Streampark, Dinky],
    );
}

#[test]
fn a_statement_set_is_one_statement() {
    let set = "EXECUTE STATEMENT SET\nBEGIN\nINSERT INTO a SELECT 1;\nINSERT INTO b SELECT 2;\nEND;\nSELECT 3;";
    agree(set, &[Flink, Line]);
    agree(
        &set.replace(
            "EXECUTE STATEMENT SET\nBEGIN",
            "execute statement set begin",
        ),
        &[Flink],
    );
    agree("BEGIN STATEMENT SET;\nINSERT INTO a SELECT 1;\nEND;", &ALL);
    // A name is no END.
    agree(&set.replace("INTO a", "INTO `END`"), &[Flink, Line]);
}

#[test]
fn an_escaped_quote_ends_no_literal() {
    agree("SELECT E'a\\'b';\nSELECT 2;", &[Dinky, Line]);
    agree("SELECT E'a\\'b;\nc';\nSELECT 2;", &[]);
}

#[test]
fn a_set_is_read_as_flink_reads_it() {
    agree("SET 'pipeline.name'='a=b';", &[Flink, Dinky]);
    agree("SET 'pipeline.name' = 'it''s';", &[Flink, Dinky]);
}

#[test]
fn the_order_of_statements_is_certain() {
    agree(
        "/* x */ SELECT 1;\nSELECT 2;\nSELECT 3;\nSELECT 4;",
        &[Flink, Dinky, Line],
    );
}

#[test]
fn the_first_statement_that_is_read_otherwise_is_named() {
    let script = "SELECT 1;\nSELECT * FROM t /*+ OPTIONS('a'='b') */;\nSELECT 3;";
    assert_eq!(Line.agrees(script, FlinkVersion::default()), Err(1));
    assert_eq!(
        Dinky.agrees("SELECT 1; SELECT 2;", FlinkVersion::default()),
        Err(0)
    );
}

fn a_statement() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "1",
        "'a'",
        "'it''s'",
        "'a;b'",
        "'-- x'",
        "'/*'",
        "`a`",
        "`a;b`",
        "`it's`",
        "/* c */",
        "/*/ ; */",
        "-- c\n",
        "-- it's\n",
        "\n",
        "+ 1",
        "/*+ h */",
        "\";\"",
        "a\"b",
    ]);
    prop::collection::vec(word, 0..6)
        .prop_map(|words| format!("SELECT 1 AS x, {}", words.join(" ")))
}

proptest! {
    /// Whatever is in a script: what a program is said to agree on, it cuts into as many statements of the same words.
    #[test]
    fn agreement_is_about_every_token(
        statements in prop::collection::vec(a_statement(), 1..4),
        between in prop::sample::select(vec![";", "; ", ";\n", "; -- c\n", ";\r\n"]),
    ) {
        let script = statements.join(between);
        let limits = Limits::default();
        let version = FlinkVersion::default();
        for splitter in ALL {
            if splitter.agrees(&script, version).is_ok() {
                let parsed = Script::parse(&script, version, &limits).unwrap();
                let pieces = splitter.pieces(&script).unwrap();
                prop_assert_eq!(pieces.len(), parsed.statements.len());
                for (piece, statement) in pieces.iter().zip(&parsed.statements) {
                    prop_assert_eq!(read(piece, version, &limits), read(statement.span.text(&script), version, &limits));
                }
            }
        }
    }

    #[test]
    fn no_text_breaks_a_splitter(text in "(\\PC|[;'\"`\n\r*/ -]){0,40}") {
        for splitter in ALL {
            let _ = splitter.pieces(&text);
            let _ = splitter.agrees(&text, FlinkVersion::default());
        }
    }
}
