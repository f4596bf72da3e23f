//! Dinky: the expression `;\s*(?:\n|--.*)` over the whole text, strings and comments included; then it takes out what it believes to be line
//! comments.

/// The statements.
pub(super) fn pieces(script: &str) -> Vec<String> {
    let script = script.replace(";\r\n", ";\n");
    let mut pieces: Vec<&str> = Vec::new();
    let mut rest = script.as_str();
    let mut from = 0;
    while let Some(at) = rest
        .get(from..)
        .and_then(|r| r.find(';'))
        .map(|at| at + from)
    {
        let Some((head, tail)) = rest.split_at_checked(at) else {
            break;
        };
        match tail.strip_prefix(';').and_then(separator) {
            Some(after) => {
                pieces.push(head);
                rest = after;
                from = 0;
            }
            None => from = at + 1,
        }
    }
    pieces.push(rest);
    let pieces = pieces.into_iter().map(without_notes);
    pieces.filter(|piece| !piece.is_empty()).collect()
}

/// What follows a separator behind its `;`: blanks up to the last line end among them, or a comment behind blanks.
fn separator(rest: &str) -> Option<&str> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r');
    let said = rest.trim_start_matches(blank);
    if said.starts_with("--") {
        let end = said.find(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        return said.get(end.unwrap_or(said.len())..);
    }
    let blanks = rest.get(..rest.len().checked_sub(said.len())?)?;
    let end = blanks.rfind('\n')?;
    rest.get(end + 1..)
}

/// `--`, and behind it what has no quotes or pairs of them on the line.
fn without_notes(piece: &str) -> String {
    let mut text = String::with_capacity(piece.len());
    let mut lines = false;
    for c in piece.chars() {
        match c {
            '\u{a0}' => text.push(' '),
            '\r' | '\n' if lines => continue,
            '\r' | '\n' => text.push('\n'),
            _ => text.push(c),
        }
        lines = matches!(c, '\r' | '\n');
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((head, tail)) = rest.split_once("--") {
        kept.push_str(head);
        let line = tail.find('\n').unwrap_or(tail.len());
        let quotes = tail.get(..line).unwrap_or_default().match_indices('\'');
        let quotes: Vec<usize> = quotes.map(|(at, _)| at).collect();
        let odd = quotes.last().filter(|_| quotes.len() % 2 == 1);
        rest = tail.get(odd.copied().unwrap_or(line)..).unwrap_or_default();
    }
    kept.push_str(rest);
    kept.trim_matches(|c: char| c <= ' ').to_owned()
}
