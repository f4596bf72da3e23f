//! Text edits as data: collected, checked to be disjoint, applied once.

use crate::syntax::Span;

/// Replaces `span` (bytes of the submitted text; empty means insert) by `replacement`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

impl Edit {
    /// Inserts `text` before byte `at`.
    pub(crate) fn insert(at: u32, text: impl Into<String>) -> Self {
        Self {
            span: Span::at(at),
            replacement: text.into(),
        }
    }

    /// Replaces `span` by `text`.
    pub(crate) fn replace(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            replacement: text.into(),
        }
    }
}

/// Edits of one text. INVARIANT (disjoint edits): sorted, disjoint, on character borders of that text.
/// Insertions at one place keep the order in which they were made, and come before a replacement that starts there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EditSet {
    edits: Vec<Edit>,
}

/// Two edits on one byte, or an edit outside the text: our own mistake, never the submitter's. No edit is dropped or tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("edits overlap at byte {}", .0.start)]
pub struct OverlapError(pub Span);

impl EditSet {
    /// Checks the invariant.
    ///
    /// # Errors
    /// The place of the first edit that breaks it.
    pub fn new(source: &str, mut edits: Vec<Edit>) -> Result<Self, OverlapError> {
        // A stable sort keeps insertions at one place in order; emptiness first puts them before a replacement.
        edits.sort_by_key(|e| (e.span.start, !e.span.is_empty()));
        let mut end = 0;
        for edit in &edits {
            let Span { start, end: stop } = edit.span;
            let inside = start <= stop
                && source.is_char_boundary(start as usize)
                && source.is_char_boundary(stop as usize);
            if start < end || !inside {
                return Err(OverlapError(edit.span));
            }
            end = stop;
        }
        Ok(Self { edits })
    }

    /// The edits in text order.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The part `within` of `source` with the edits that lie in it applied.
    #[must_use]
    pub fn apply(&self, source: &str, within: Span) -> String {
        let mut sql = String::with_capacity(
            within.len() as usize
                + self
                    .edits
                    .iter()
                    .map(|e| e.replacement.len())
                    .sum::<usize>(),
        );
        let mut at = within.start;
        // Walks left to right and never looks back: INVARIANT (disjoint edits).
        for edit in self.edits.iter().filter(|e| within.contains(e.span)) {
            sql.push_str(Span::new(at, edit.span.start).text(source));
            sql.push_str(&edit.replacement);
            at = edit.span.end;
        }
        sql.push_str(Span::new(at, within.end).text(source));
        sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insertions_keep_their_order_and_come_before_a_replacement() {
        let text = "a 表 c";
        let edits = vec![
            Edit::replace(Span::new(2, 5), "X"),
            Edit::insert(2, "1"),
            Edit::insert(2, "2"),
            Edit::insert(7, "!"),
        ];
        let set = EditSet::new(text, edits).unwrap();
        assert_eq!(set.apply(text, Span::new(0, 7)), "a 12X c!");
        assert_eq!(set.apply(text, Span::new(2, 5)), "12X");
    }

    #[test]
    fn overlaps_and_half_characters_are_refused() {
        let text = "a 表 c";
        let overlap = vec![Edit::replace(Span::new(0, 3), ""), Edit::insert(2, "")];
        assert!(EditSet::new(text, overlap).is_err());
        assert!(EditSet::new(text, vec![Edit::insert(3, "")]).is_err());
        assert!(EditSet::new(text, vec![Edit::insert(99, "")]).is_err());
    }
}
