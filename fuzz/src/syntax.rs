//! The lexer and the parser.

use sqlsec::FlinkVersion;
use sqlsec::syntax::{Limits, Script, Span, SyntaxError, tokens, with_stack};

const VERSIONS: [FlinkVersion; 2] = [FlinkVersion::V1_20, FlinkVersion::V2_3];

/// Every byte of a text that the lexer takes lies in one token, comment or blank, and tokens stand in order.
pub fn lexer(text: &str) {
    for version in VERSIONS {
        let tokens = match tokens(text, version, &Limits::default()) {
            Ok(tokens) => tokens,
            Err(error) => {
                in_text(text, &error);
                continue;
            }
        };
        let mut end = 0;
        for token in &tokens {
            assert!(token.span.start >= end && token.span.end > token.span.start);
            assert!(
                text.get(token.span.start as usize..token.span.end as usize)
                    .is_some()
            );
            only_blanks_and_comments(Span::new(end, token.span.start).text(text));
            end = token.span.end;
        }
        only_blanks_and_comments(&text[end as usize..]);
    }
}

/// What lies between two tokens by a reading that shares nothing with the lexer.
fn only_blanks_and_comments(gap: &str) {
    let mut rest = gap;
    while let Some(first) = rest.chars().next() {
        rest = if matches!(first, ' ' | '\t' | '\n' | '\r' | '\u{c}') {
            &rest[1..]
        } else if rest.starts_with("--") || rest.starts_with("//") {
            rest.find(['\n', '\r']).map_or("", |end| &rest[end..])
        } else if let Some(comment) = rest.strip_prefix("/*") {
            // Of `/**` one more character is part of the opening, as Flink reads it, unless it is a slash.
            let opening = comment
                .strip_prefix('*')
                .and_then(|rest| rest.chars().next())
                .filter(|c| *c != '/');
            let body = &comment[opening.map_or(0, |c| 1 + c.len_utf8())..];
            body.split_once("*/").expect("a comment that ends").1
        } else {
            panic!("`{rest}` lies in no token");
        }
    }
}

/// The parser answers; the places of statements lie in the text and in order; a statement that stands alone is the same statement.
pub fn script(text: &str) {
    super::on_a_small_stack(|| {
        for version in VERSIONS {
            // A tree is dropped where there is stack for it.
            with_stack(text.len(), || script_of(text, version));
        }
    });
}

fn script_of(text: &str, version: FlinkVersion) {
    let script = match Script::parse(text, version, &Limits::default()) {
        Ok(script) => script,
        Err(error) => return in_text(text, &error),
    };
    let mut end = 0;
    for statement in &script.statements {
        assert!(
            statement.span.start >= end
                && statement.span.end as usize <= text.len()
                && !statement.span.is_empty()
        );
        end = statement.span.end;
        for query in &statement.queries.0 {
            assert!(
                statement.span.contains(query.span),
                "a query outside of its statement"
            );
        }
        let alone = statement.span.text(text);
        let again =
            Script::parse(alone, version, &Limits::default()).expect("a statement parses alone");
        assert_eq!(again.statements.len(), 1);
        let again = &again.statements[0];
        assert_eq!(
            std::mem::discriminant(&again.kind),
            std::mem::discriminant(&statement.kind)
        );
        assert_eq!(again.span, Span::new(0, statement.span.len()));
        let places = |queries: &[sqlsec::syntax::ast::Query], by: u32| {
            queries
                .iter()
                .map(|q| (q.span.start - by, q.span.end - by))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            places(&again.queries.0, 0),
            places(&statement.queries.0, statement.span.start)
        );
    }
}

fn in_text(text: &str, error: &SyntaxError) {
    assert!(
        error.span.start <= error.span.end && error.span.end as usize <= text.len(),
        "{error:?}"
    );
    assert!(
        text.is_char_boundary(error.span.start as usize)
            && text.is_char_boundary(error.span.end as usize),
        "{error:?}"
    );
    assert!(
        !error.to_string().contains('\n'),
        "a message of several lines: {error}"
    );
    let at = error.span.position(text);
    super::place_in(text, at.line, at.column);
}
