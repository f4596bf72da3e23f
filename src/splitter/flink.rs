//! Flink's script executor: a loop over characters with a state, which ends a statement at a `;` outside quotes and comments.
//!
//! What it has read is then parsed, and where the parser wants more (a statement set before its END) it reads on. A `/` right behind `/*` ends a
//! comment for it, and a carriage return ends none.

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Normal,
    Quoted(char),
    Line,
    Block,
}

/// The statements.
pub(super) fn pieces(script: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut state = State::Normal;
    let mut last = '\0';
    for c in script.chars() {
        piece.push(c);
        state = match (state, c) {
            (State::Normal, '\'' | '"' | '`') => State::Quoted(c),
            (State::Quoted(quote), _) if quote == c => State::Normal,
            (State::Normal, '-') if last == '-' => State::Line,
            (State::Line, '\n') => State::Normal,
            (State::Normal, '*') if last == '/' => State::Block,
            (State::Block, '/') if last == '*' => State::Normal,
            (state, _) => state,
        };
        // It looks one character back within a statement only.
        last = c;
        if state == State::Normal && c == ';' {
            if set_is_open(&piece) {
                continue;
            }
            finish(&mut pieces, &mut piece);
            last = '\0';
        }
    }
    finish(&mut pieces, &mut piece);
    pieces
}

/// Whether Flink's parser would ask for more behind this `;`.
fn set_is_open(piece: &str) -> bool {
    let words = words(piece);
    let mut words = words.iter().map(String::as_str);
    let begins = match words.next() {
        Some("EXECUTE" | "COMPILE") => true,
        Some("EXPLAIN") => words.clone().any(|word| word == "BEGIN"),
        Some(_) | None => false,
    };
    begins && words.any(|word| word == "BEGIN") && !words.any(|word| word == "END")
}

fn words(text: &str) -> Vec<String> {
    use crate::syntax::{FlinkVersion, Limits, TokenKind, tokens};
    let limits = Limits {
        script_bytes: usize::MAX,
        operators: usize::MAX,
        nesting: 1_000,
        set_operations: usize::MAX,
    };
    // Only unquoted words: a name in back-ticks ends nothing.
    let list = tokens(text, FlinkVersion::default(), &limits).unwrap_or_default();
    let list = list.iter().filter(|t| t.kind == TokenKind::Word);
    list.map(|t| t.span.text(text).to_uppercase()).collect()
}

/// What holds nothing but blanks and `;` is no statement; comments behind a `;` belong to the statement before it.
fn finish(pieces: &mut Vec<String>, piece: &mut String) {
    let done = std::mem::take(piece);
    let bare = super::line::without_comments_and_blanks(&done);
    match (bare.trim_end_matches(';').is_empty(), pieces.last_mut()) {
        (true, Some(before)) => before.push_str(&done),
        (true, None) if bare.is_empty() => {}
        _ => pieces.push(done),
    }
}
