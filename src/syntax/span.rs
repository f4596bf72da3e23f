//! Byte ranges of one source text, and the human position they stand for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A half-open byte range `start..end` of one source text. Always on character borders of that text.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The empty range at `at`: a place to insert text.
    #[must_use]
    pub const fn at(at: u32) -> Self {
        Self { start: at, end: at }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether the range holds no byte.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `other` lies inside.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The text of the range; empty where the range does not fit the source.
    #[must_use]
    pub fn text(self, source: &str) -> &str {
        source
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// Line and column of the first byte.
    #[must_use]
    pub fn position(self, source: &str) -> Position {
        Position::of(source, self.start)
    }
}

/// A place in a text as people count it: both 1-based, the column in Unicode scalar values.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Position {
    /// 1-based line; `\n`, `\r\n` and a lone `\r` end a line.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
}

impl Position {
    /// The position of byte `offset` in `source`; past the end it is the position after the last character.
    #[must_use]
    pub fn of(source: &str, offset: u32) -> Self {
        let mut at = Self { line: 1, column: 1 };
        let mut after_cr = false;
        for (index, c) in source.char_indices() {
            if index >= offset as usize {
                break;
            }
            match c {
                '\n' if after_cr => {}
                '\n' | '\r' => {
                    at = Self {
                        line: at.line.saturating_add(1),
                        column: 1,
                    }
                }
                _ => at.column = at.column.saturating_add(1),
            }
            after_cr = c == '\r';
        }
        at
    }

    /// The position that a JSON reader names by the number of `\n` before it and a 1-based column in bytes; none is before the first character.
    #[must_use]
    pub(crate) fn of_json(source: &str, line: usize, column: usize) -> Self {
        let before: usize = source
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let offset = before.saturating_add(column.saturating_sub(1));
        Self::of(source, u32::try_from(offset).unwrap_or(u32::MAX))
    }
}

/// The lines of one text, found once: for texts of which many places are asked for.
#[derive(Debug)]
pub struct Lines<'s> {
    source: &'s str,
    /// Where each line starts, in order; the first at 0.
    starts: Vec<u32>,
}

impl<'s> Lines<'s> {
    /// Finds the lines of `source`.
    #[must_use]
    pub fn new(source: &'s str) -> Self {
        let bytes = source.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(i, b)| match b {
            b'\n' => true,
            // `\r\n` is one end.
            b'\r' => bytes.get(i.saturating_add(1)) != Some(&b'\n'),
            _ => false,
        });
        let after = ends.filter_map(|(i, _)| u32::try_from(i.saturating_add(1)).ok());
        Self {
            source,
            starts: std::iter::once(0).chain(after).collect(),
        }
    }

    /// The same as [`Position::of`] for this text.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(u32::try_from(self.source.len()).unwrap_or(u32::MAX));
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let before = Span::new(start, offset).text(self.source);
        // The `\r` of a `\r\n` ends the line already.
        let columns = before.strip_suffix('\r').unwrap_or(before).chars().count();
        if before.ends_with('\r') {
            return Position {
                line: u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1),
                column: 1,
            };
        }
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(columns).unwrap_or(u32::MAX).saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_every_line_end() {
        let text = "a\r\n表b\rc\nd";
        let at = |needle: &str| Position::of(text, text.find(needle).unwrap() as u32);
        assert_eq!(at("b"), Position { line: 2, column: 2 });
        assert_eq!(at("c"), Position { line: 3, column: 1 });
        assert_eq!(at("d"), Position { line: 4, column: 1 });
        assert_eq!(Position::of(text, 999), Position { line: 4, column: 2 });
        // The line of a JSON reader ends at `\n` only, and its column counts bytes.
        assert_eq!(Position::of_json(text, 2, 4), at("b"));
        assert_eq!(Position::of_json(text, 2, 6), at("c"));
        assert_eq!(
            Position::of_json(text, 0, 0),
            Position { line: 1, column: 1 }
        );
        assert_eq!(
            Position::of_json(text, 9, 9),
            Position { line: 4, column: 2 }
        );
        let lines = Lines::new(text);
        for (offset, _) in text.char_indices().chain([(text.len(), ' '), (999, ' ')]) {
            let offset = offset as u32;
            assert_eq!(
                lines.position(offset),
                Position::of(text, offset),
                "{offset}"
            );
        }
    }
}
