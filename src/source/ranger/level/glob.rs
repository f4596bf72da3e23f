//! Patterns of `*` and `?` as a list of atoms, and how they are compared.
//!
//! Stays out: case (both sides come in one spelling) and tokens (they are text by now).

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source::ranger) enum Atom {
    /// This text.
    Text(Box<str>),
    /// Any text, also none.
    Any,
    /// One character.
    One,
}

/// Reads `*` and `?`. A `*` right before a `?` is nothing: in Ranger `*?` is one character.
pub(super) fn atoms(text: &str, wildcards: bool, into: &mut Vec<Atom>) {
    if !wildcards {
        return literal(text, into);
    }
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let atom = match c {
            '*' => Atom::Any,
            '?' => Atom::One,
            _ => continue,
        };
        literal(text.get(start..at).unwrap_or_default(), into);
        if into.last() == Some(&Atom::Any) {
            into.pop();
        }
        into.push(atom);
        start = at + 1;
    }
    literal(text.get(start..).unwrap_or_default(), into);
}

/// Text that is no pattern; joined to text before it, so that a pattern without wildcards is one atom.
pub(super) fn literal(text: &str, into: &mut Vec<Atom>) {
    if text.is_empty() {
        return;
    }
    if let Some(Atom::Text(before)) = into.last_mut() {
        *before = format!("{before}{text}").into();
    } else {
        into.push(Atom::Text(text.into()));
    }
}

/// Whether the whole of `text` is of the form. Goes back to the last `*` only, so it takes at most pattern × text steps.
pub(super) fn matches(atoms: &[Atom], text: &str) -> bool {
    let (mut atom, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let step = match atoms.get(atom) {
            Some(Atom::Text(literal)) if rest.starts_with(&**literal) => Some(literal.len()),
            Some(Atom::One) => rest.chars().next().map(char::len_utf8),
            Some(Atom::Any) => {
                star = Some((atom + 1, at));
                Some(0)
            }
            None if rest.is_empty() => return true,
            Some(Atom::Text(_)) | None => None,
        };
        if let Some(step) = step {
            atom += 1;
            at += step;
            continue;
        }
        let Some((after, from)) = star else {
            return false;
        };
        let Some(skipped) = text.get(from..).and_then(|rest| rest.chars().next()) else {
            return false;
        };
        let from = from + skipped.len_utf8();
        star = Some((after, from));
        (atom, at) = (after, from);
    }
}

/// The text of a pattern without wildcards.
pub(super) fn plain(atoms: &[Atom]) -> Option<&str> {
    match atoms {
        [] => Some(""),
        [Atom::Text(text)] => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str, text: &str) -> bool {
        let mut list = Vec::new();
        atoms(pattern, true, &mut list);
        matches(&list, text)
    }

    #[test]
    fn wildcards_are_exact_from_the_first_to_the_last_character() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "a"),
            ("a*c", "abcbc"),
            ("*b*", "abc"),
            ("a?c", "aéc"),
            ("a**", "ab"),
            ("", ""),
            ("*a?", "aab"),
            ("*?", "a"),
            ("a**?b", "acb"),
            ("?*", "abc"),
        ] {
            assert!(glob(pattern, text), "{pattern} on {text}");
        }
        for (pattern, text) in [
            ("a*", "ba"),
            ("a?", "a"),
            ("?", ""),
            ("a*c", "abcd"),
            ("ab", "abc"),
            ("*?", "ab"),
            ("a*?b", "accb"),
            ("*ab", "aba"),
            ("", "a"),
        ] {
            assert!(!glob(pattern, text), "{pattern} on {text}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_bounded_time() {
        let text = "a".repeat(5_000);
        assert!(!glob(
            &"*a".repeat(200).replace("**", "*").repeat(2),
            &format!("{text}b")
        ));
    }
}
