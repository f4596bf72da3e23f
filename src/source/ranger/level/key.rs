//! What an index can look a value of a policy up by.
//!
//! Hashes are of the text without regard to case, so that one index serves levels that heed it and levels that do not.

use super::glob::Atom;
use crate::source::ranger::text::hash;

/// By what a value is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::ranger) enum Key {
    /// It is not: it is always compared.
    Any,
    /// By the whole of it.
    Whole(u32),
    /// By so many bytes that it begins with.
    Prefix(u32, usize),
    /// By so many bytes that it ends with.
    Suffix(u32, usize),
    /// By so many bytes that are somewhere in it.
    Infix(u32, usize),
    /// By what it begins with, with `?` in it.
    Shaped(u32, Shape),
}

/// A beginning of ASCII with `?` in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::ranger) struct Shape {
    /// In bytes, 64 at most.
    pub length: usize,
    /// The places of `?`, as bits.
    pub open: u64,
}

impl Key {
    /// Of a pattern without regard to case.
    pub(super) fn of(pattern: &[Atom]) -> Self {
        let forwards = |text: &str| hash(text.bytes().map(Some));
        match pattern {
            [] => Self::Whole(forwards("")),
            [Atom::Text(text)] => Self::Whole(forwards(text)),
            [Atom::Text(_), Atom::One, ..] | [Atom::One, ..] => shaped(pattern),
            [Atom::Text(text), ..] => Self::Prefix(forwards(text), text.len()),
            [.., Atom::Text(text)] => Self::Suffix(hash(text.bytes().rev().map(Some)), text.len()),
            _ => Self::infix(pattern),
        }
    }

    /// By the end of its longest text: what tells names apart is mostly there.
    fn infix(pattern: &[Atom]) -> Self {
        let texts = pattern.iter().filter_map(|atom| match atom {
            Atom::Text(text) => Some(text.as_bytes()),
            Atom::Any | Atom::One => None,
        });
        let longest = texts.max_by_key(|text| text.len()).unwrap_or_default();
        let end = longest.len().saturating_sub(*INFIX.end());
        let end = longest.get(end..).unwrap_or_default();
        if !INFIX.contains(&end.len()) {
            return Self::Any;
        }
        Self::Infix(hash(end.iter().copied().map(Some)), end.len())
    }
}

/// How many bytes of a text within a pattern are looked for, at each place of a value: a few lengths, so that there are few looks.
const INFIX: std::ops::RangeInclusive<usize> = 2..=8;

/// What comes before the first `*`.
fn shaped(pattern: &[Atom]) -> Key {
    let mut beginning: Vec<Option<u8>> = Vec::new();
    for atom in pattern {
        match atom {
            Atom::Any => break,
            Atom::One => beginning.push(None),
            Atom::Text(text) if text.is_ascii() => beginning.extend(text.bytes().map(Some)),
            Atom::Text(_) => return Key::Any,
        }
    }
    if beginning.len() > 64 {
        return Key::Any;
    }
    let places = beginning.iter().enumerate();
    let open = places
        .filter(|(_, byte)| byte.is_none())
        .fold(0, |open, (at, _)| open | 1_u64 << at);
    let shape = Shape {
        length: beginning.len(),
        open,
    };
    Key::Shaped(hash(beginning.into_iter()), shape)
}
