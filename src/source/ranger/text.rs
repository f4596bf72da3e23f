//! Text as Ranger compares it: as it stands, or without regard to case.

/// Folds one character as Java's `equalsIgnoreCase` does: to upper case and then to lower case, each only where it is one character.
pub(super) fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let upper = one_or(c.to_uppercase(), c);
    one_or(upper.to_lowercase(), upper)
}

fn one_or(mut chars: impl Iterator<Item = char>, otherwise: char) -> char {
    match (chars.next(), chars.next()) {
        (Some(c), None) => c,
        _ => otherwise,
    }
}

/// Without regard to case.
pub(super) fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// A value in both spellings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text {
    /// As written.
    pub exact: Box<str>,
    /// Without regard to case.
    pub folded: Box<str>,
}

impl Text {
    pub fn new(text: &str) -> Self {
        Self {
            exact: text.into(),
            folded: fold(text).into(),
        }
    }

    /// The spelling to compare by.
    pub fn by_case(&self, sensitive: bool) -> &str {
        if sensitive { &self.exact } else { &self.folded }
    }
}
