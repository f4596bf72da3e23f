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

/// A value in both spellings, with what an index looks up: a value is asked for many times, so its hashes are made once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// As written.
    pub exact: Box<str>,
    /// Without regard to case.
    pub folded: Box<str>,
    /// Of what the folded text begins with, by length in bytes.
    prefixes: Box<[u64]>,
    /// Of what it ends with, read backwards.
    suffixes: Box<[u64]>,
}

impl Text {
    pub fn new(text: &str) -> Self {
        let folded = fold(text);
        Self {
            exact: text.into(),
            prefixes: hashes(folded.bytes()),
            suffixes: hashes(folded.bytes().rev()),
            folded: folded.into(),
        }
    }

    /// The hash of the whole.
    pub fn hash(&self) -> u64 {
        self.prefixes.last().copied().unwrap_or_default()
    }

    /// The hash of the first so many bytes; `None` where there are fewer.
    pub fn prefix(&self, length: usize) -> Option<u64> {
        self.prefixes.get(length).copied()
    }

    /// The hash of the last so many bytes, read backwards; `None` where there are fewer.
    pub fn suffix(&self, length: usize) -> Option<u64> {
        self.suffixes.get(length).copied()
    }

    /// The spelling to compare by.
    pub fn by_case(&self, sensitive: bool) -> &str {
        if sensitive { &self.exact } else { &self.folded }
    }
}

/// The hash of some bytes, as those of a [`Text`].
pub(super) fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    finish(bytes.fold(SEED, step))
}

fn hashes(bytes: impl Iterator<Item = u8>) -> Box<[u64]> {
    let states = bytes.scan(SEED, |state, byte| {
        *state = step(*state, byte);
        Some(*state)
    });
    std::iter::once(SEED).chain(states).map(finish).collect()
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn step(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Spreads the bits: a table takes them from both ends.
fn finish(state: u64) -> u64 {
    let mixed = (state ^ (state >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}
