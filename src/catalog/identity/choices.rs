//! Regular expressions that stand for a few names: `orders_(eu|us)`. Everything that is open is refused.

/// More names than this are not listed.
const MOST: usize = 64;

const OPEN: &str = "a pattern in the address stands for names that cannot be listed";

/// The names that a pattern stands for: letters, digits, `_`, `-`, escaped punctuation, `(a|b)`.
pub(super) fn choices(pattern: &str) -> Result<Vec<String>, &'static str> {
    let mut rest = pattern.chars();
    let names = alternatives(&mut rest, 0)?;
    if rest.next().is_some() || names.iter().any(String::is_empty) {
        return Err(OPEN);
    }
    Ok(names)
}

/// Reads up to the end, or to the parenthesis that closes this level.
fn alternatives(rest: &mut std::str::Chars<'_>, depth: usize) -> Result<Vec<String>, &'static str> {
    if depth > 8 {
        return Err(OPEN);
    }
    let mut done = Vec::new();
    let mut open = vec![String::new()];
    loop {
        match rest.next() {
            None if depth == 0 => break,
            Some(')') if depth > 0 => break,
            Some('|') => done.append(&mut std::mem::replace(&mut open, vec![String::new()])),
            Some('(') => {
                let inner = alternatives(rest, depth.saturating_add(1))?;
                open = open
                    .iter()
                    .flat_map(|head| inner.iter().map(move |tail| format!("{head}{tail}")))
                    .collect();
            }
            Some('\\') => match rest.next() {
                Some(c) if c.is_ascii_punctuation() => open.iter_mut().for_each(|s| s.push(c)),
                _ => return Err(OPEN),
            },
            Some(c) if c.is_alphanumeric() || c == '_' || c == '-' => {
                open.iter_mut().for_each(|s| s.push(c));
            }
            Some(_) | None => return Err(OPEN),
        }
        if open.len().saturating_add(done.len()) > MOST {
            return Err(OPEN);
        }
    }
    done.append(&mut open);
    Ok(done)
}
