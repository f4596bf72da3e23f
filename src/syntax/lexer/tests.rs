//! The lexical rules of FLINK.md §8, one table a test, and the cover invariant on arbitrary text.

use proptest::prelude::*;

use super::*;
use crate::syntax::{Token, tokens};

fn read(source: &str) -> Vec<Token<'_>> {
    tokens(source, FlinkVersion::V2_3, &Limits::default()).expect(source)
}

fn refused(source: &str) -> SyntaxErrorKind {
    match tokens(source, FlinkVersion::V2_3, &Limits::default()) {
        Ok(tokens) => panic!("{source:?} gives {tokens:?}"),
        Err(error) => error.kind,
    }
}

/// The texts of the tokens.
fn texts(source: &str) -> Vec<&str> {
    read(source)
        .iter()
        .map(|token| token.span.text(source))
        .collect()
}

fn kinds(source: &str) -> Vec<TokenKind> {
    read(source).iter().map(|token| token.kind).collect()
}

#[test]
fn comments_end_where_flink_ends_them() {
    assert_eq!(texts("1--1"), ["1"]);
    assert_eq!(texts("4 // 2"), ["4"]);
    assert_eq!(texts("a -- x\rb // y\r\nc --+ z\nd"), ["a", "b", "c", "d"]);
    // Neither of these ends a line in Flink.
    assert_eq!(texts("a -- \u{85} b \u{2028} c \u{c} d\ne"), ["a", "e"]);
    assert_eq!(texts("a /**/ b /*/ c */ d"), ["a", "b", "d"]);
    assert_eq!(texts("a /* /* b */ c"), ["a", "c"]);
    assert_eq!(texts("a /*!50000 1 */ b /* '*/ c"), ["a", "b", "c"]);
    assert_eq!(texts("a /***/ b */ c"), ["a", "c"]);
    assert_eq!(texts("a /** b */ c"), ["a", "c"]);
    for open in ["/*", "/**", "/***/", "a /* b", "/*/", "/**é"] {
        assert!(
            matches!(refused(open), SyntaxErrorKind::Unexpected(_)),
            "{open}"
        );
    }
}

#[test]
fn hints_are_tokens() {
    use TokenKind as K;
    assert_eq!(
        kinds("t /*+ A('*/') */"),
        [
            K::Word,
            K::HintStart,
            K::Word,
            K::LeftParen,
            K::String,
            K::RightParen,
            K::HintEnd
        ]
    );
    assert_eq!(texts("t /* + A */ u"), ["t", "u"]);
    for bad in [
        "t /*+ A",
        "t /*+ A ; */",
        "2*/*c*/3",
        "a */ b",
        "/*+ a /*+ b */ */",
    ] {
        refused(bad);
    }
}

#[test]
fn strings_stand_for_their_characters() {
    let string = |source: &str| read(source).remove(0).string.unwrap().into_owned();
    assert_eq!(string("'it''s'"), "it's");
    assert_eq!(string(r"'a\'"), r"a\");
    assert_eq!(string("'a\n\0\u{202e}b'"), "a\n\0\u{202e}b");
    assert_eq!(string(r"E'a\'b\n\x42\103\u0041'"), "a'b\nBCA");
    assert_eq!(string(r"u&'\0041'"), "A");
    assert_eq!(string("U&'!0041' UESCAPE '!'"), "A");
    assert_eq!(string("_utf16'中'"), "中");
    assert_eq!(string("N'x'"), "x");
    assert_eq!(kinds("X'0a'"), [TokenKind::BinaryString]);
    // A word and a string, not a literal with a prefix.
    assert_eq!(
        texts("b'' r'x' _UTF8 'x'"),
        ["b", "''", "r", "'x'", "_UTF8", "'x'"]
    );
    for bad in [
        "'a", "\"a\"", "_foo'x'", "N'中'", r"U&'\00'", r"E'\q'", r"E'a\'",
    ] {
        refused(bad);
    }
}

#[test]
fn escaped_strings_came_with_flink_2() {
    let old = |source| tokens(source, FlinkVersion::V1_20, &Limits::default());
    let kinds: Vec<_> = old("E'a'").unwrap().iter().map(|t| t.kind).collect();
    assert_eq!(kinds, [TokenKind::Word, TokenKind::String]);
    assert!(old(r"E'a\'b'").is_err());
}

#[test]
fn names_are_read_as_flink_reads_them() {
    let name = |source: &str| read(source).remove(0).identifier.unwrap().into_owned();
    assert_eq!(name("`a``b`"), "a`b");
    assert_eq!(name("`a.b -- '/*`"), "a.b -- '/*");
    assert_eq!(name(r#"U&"\006frders""#), "orders");
    assert_eq!(name(r##"u&"#006frders" UESCAPE '#'"##), "orders");
    for word in ["表", "é", "e\u{301}", "ı", "İ", "_x", "$x", "a$b", "$1"] {
        assert_eq!(name(word), word);
        assert_eq!(read(word).len(), 1);
    }
    assert_eq!(texts("$$abc$$"), ["$$abc$$"]);
    assert_eq!(texts("t.`a$b`"), ["t", ".", "`a$b`"]);
    for bad in [
        "``", "`a", "`a\nb`", "t.a$b", "ａ", "😀", "a#b", "@x", "U&\"a",
    ] {
        refused(bad);
    }
    let longest = "a".repeat(256);
    assert_eq!(name(&longest), longest);
    refused(&"a".repeat(257));
    refused(&format!("`{}`", "b".repeat(257)));
}

#[test]
fn numbers_end_where_a_name_begins() {
    use TokenKind as K;
    assert_eq!(
        texts("0x10 1_000 1L 1a"),
        ["0", "x10", "1", "_000", "1", "L", "1", "a"]
    );
    assert_eq!(
        kinds(".5 5. 1e3 1.5E-3 12 1e"),
        [
            K::Decimal,
            K::Decimal,
            K::Approximate,
            K::Approximate,
            K::Integer,
            K::Integer,
            K::Word
        ]
    );
    assert_eq!(texts("1.e1 a.b"), ["1.e1", "a", ".", "b"]);
}

#[test]
fn operators_are_those_of_flink() {
    assert_eq!(
        texts("<> <= >= => || < > = + - * / % ? [ ]"),
        [
            "<>", "<=", ">=", "=>", "||", "<", ">", "=", "+", "-", "*", "/", "%", "?", "[", "]"
        ]
    );
    assert_eq!(texts("a>>b"), ["a", ">", ">", "b"]);
    for bad in ["a != b", "a ! b", "a & b", "~a", "a..b", "#", "\\"] {
        refused(bad);
    }
}

#[test]
fn white_space_is_six_characters_and_no_more() {
    assert_eq!(texts("a \t\r\n\u{c}b"), ["a", "b"]);
    for c in [
        '\u{b}', '\u{a0}', '\u{3000}', '\u{85}', '\u{2028}', '\u{200b}', '\u{feff}', '\0', '\u{1a}',
    ] {
        assert_eq!(refused(&format!("a{c}b")), SyntaxErrorKind::Character(c));
    }
}

#[test]
fn characters_that_turn_the_text_are_refused_outside_literals() {
    for c in [
        '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200f}', '\u{61c}',
    ] {
        for text in [
            format!("a {c}b"),
            format!("`a{c}`"),
            format!("-- {c}"),
            format!("/* {c} */"),
        ] {
            assert_eq!(refused(&text), SyntaxErrorKind::Character(c));
        }
        read(&format!("'{c}'"));
    }
    assert_eq!(refused("`a\0b`"), SyntaxErrorKind::Character('\0'));
}

#[test]
fn variables_must_be_expanded() {
    for (text, name) in [
        ("a = ${x.y}", "${x.y}"),
        ("orders_${dt}", "${dt}"),
        ("${", "${"),
    ] {
        assert_eq!(refused(text), SyntaxErrorKind::Variable(name.to_owned()));
    }
    assert_eq!(read("'${x}'").len(), 1);
    assert_eq!(read("`${x}` -- ${y}").len(), 1);
}

#[test]
fn limits_are_kept() {
    let limits = Limits {
        script_bytes: 100,
        nesting: 3,
        operators: 4,
        set_operations: 1,
    };
    let read = |text: &str| lex(text, FlinkVersion::V2_3, &limits, TextKind::Submitted);
    assert!(read("(([a]))").is_ok());
    assert!(read("a+b+c+d+e ; a+b+c+d+e").is_ok());
    for text in [
        "(([{",
        "a+b+c+d+e+f",
        "NOT NOT NOT NOT NOT a",
        &"a".repeat(101),
    ] {
        assert!(
            matches!(read(text).unwrap_err().kind, SyntaxErrorKind::Limit(_)),
            "{text}"
        );
    }
}

#[test]
fn brackets_match() {
    let read = |text: &str| {
        lex(
            text,
            FlinkVersion::V2_3,
            &Limits::default(),
            TextKind::Submitted,
        )
    };
    let mates: Vec<u32> = read("(a[b])").unwrap().iter().map(|t| t.mate).collect();
    assert_eq!(mates, [5, 0, 4, 0, 2, 0]);
    for bad in ["(", ")", "(]", "[(])", "(;)", "}", "{)"] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn policy_text_has_markers() {
    let read = |text: &str| {
        lex(
            text,
            FlinkVersion::V2_3,
            &Limits::default(),
            TextKind::Policy,
        )
    };
    let found: Vec<String> = read("{col} = ${user.dept} AND '{x}' <> `${y}`")
        .unwrap()
        .iter()
        .filter(|t| t.kind == TokenKind::Marker)
        .map(|t| {
            t.span
                .text("{col} = ${user.dept} AND '{x}' <> `${y}`")
                .to_owned()
        })
        .collect();
    assert_eq!(found, ["{col}", "${user.dept}"]);
    assert!(read("${a b}").is_err());
    assert!(read("x${a}").is_err());
}

/// Pieces that make tokens meet in ways plain random text rarely does.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("'"),
        Just("`"),
        Just("/*"),
        Just("*/"),
        Just("/*+"),
        Just("--"),
        Just("//"),
        Just("\n"),
        Just("U&'"),
        Just("U&\""),
        Just("\""),
        Just("E'"),
        Just("\\"),
        Just("_UTF8'"),
        Just("X'"),
        Just("${"),
        Just("}"),
        Just("{"),
        Just("("),
        Just(")"),
        Just("["),
        Just("]"),
        Just(";"),
        Just("1e"),
        Just(".5"),
        Just("=>"),
        Just("表"),
        Just("😀"),
        Just("a$"),
        Just(" "),
        Just("\u{202e}"),
        Just("SELECT"),
        Just("\0"),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn every_byte_is_covered(source: &str) {
    for version in [FlinkVersion::V1_20, FlinkVersion::V2_3] {
        for text in [TextKind::Submitted, TextKind::Policy] {
            let Ok(tokens) = lex(source, version, &Limits::default(), text) else {
                continue;
            };
            let mut end = 0;
            for span in tokens
                .iter()
                .map(|t| t.span)
                .chain([Span::at(source.len() as u32)])
            {
                assert!(end <= span.start && span.start <= span.end);
                // What lies between two tokens is white space and comments: alone it gives no token.
                let gap = source.get(end as usize..span.start as usize).unwrap();
                assert_eq!(lex(gap, version, &Limits::default(), text), Ok(Vec::new()));
                assert!(source.get(span.start as usize..span.end as usize).is_some());
                end = span.end;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_byte_lies_in_one_token_or_gap(source in any::<String>()) {
        every_byte_is_covered(&source);
    }

    #[test]
    fn every_byte_lies_in_one_token_or_gap_where_tokens_meet(source in pieces()) {
        every_byte_is_covered(&source);
    }

    #[test]
    fn public_tokens_never_panic(source in pieces()) {
        let _ = tokens(&source, FlinkVersion::V2_3, &Limits::default());
    }
}
