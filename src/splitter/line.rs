//! Programs that read line by line: a statement ends where a line ends in `;`. Comments are taken out before, in literals too, and with them hints;
//! every line loses the blanks at its ends.

/// The statements.
pub(super) fn pieces(script: &str) -> Vec<String> {
    let mut text = script.trim_matches(|c: char| c <= ' ').to_owned();
    if !text.ends_with(';') {
        text.push(';');
    }
    let text = without_comments(&text);
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut set = false;
    for line in text.split('\n') {
        let line = line.trim_matches(|c: char| c <= ' ');
        if line.is_empty() {
            continue;
        }
        set |= line.starts_with("EXECUTE STATEMENT SET");
        piece.push_str(line);
        piece.push('\n');
        if line.ends_with(';') && (!set || line == "END;") {
            pieces.push(std::mem::take(&mut piece));
            set = false;
        }
    }
    // What ends in no `;` is forgotten.
    pieces
}

/// As the expression `(--.*)|((/\*)+?[\w\W]+?(\*/)+)` takes them out: `/**/` does not end where it seems to.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("--") {
            let end = rest.find(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
            rest = rest.get(end.unwrap_or(rest.len())..).unwrap_or_default();
            continue;
        }
        if let Some(end) = block_end(rest) {
            rest = rest.get(end..).unwrap_or_default();
            continue;
        }
        kept.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    kept
}

/// Where a block comment at the start of `text` ends: at least one character lies between its marks, and further `*/` right behind belong to it.
fn block_end(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("/*")?;
    let first = inside.chars().next()?.len_utf8();
    let at = inside.get(first..)?.find("*/")?;
    let mut end = 2 + first + at + 2;
    while text.get(end..).is_some_and(|rest| rest.starts_with("*/")) {
        end += 2;
    }
    Some(end)
}

/// A text of which only comments and blanks may be missing, as Flink reads comments.
pub(super) fn without_comments_and_blanks(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("--") {
            rest.find(['\n', '\r']).unwrap_or(rest.len())
        } else if rest.starts_with("/*") && !rest.starts_with("/*+") {
            let end = rest.get(2..).and_then(|inside| inside.find("*/"));
            end.map_or(rest.len(), |end| end + 4)
        } else {
            if !c.is_whitespace() {
                kept.push(c);
            }
            c.len_utf8()
        };
        rest = rest.get(skip..).unwrap_or_default();
    }
    kept
}
