//! The bare tokens of the output: is a protected name in table position that the parser did not see?

use super::VerifyError;
use crate::resolve::Resolution;
use crate::syntax::{Names, TokenKind, Word};

/// Words after which a name is a table's.
const BEFORE_A_TABLE: [Word; 6] = [
    Word::FROM,
    Word::JOIN,
    Word::TABLE,
    Word::INTO,
    Word::USING,
    Word::UPDATE,
];

/// Calls in whose own brackets FROM stands before a value: `EXTRACT(DAY FROM t.ts)`.
const WITH_A_FROM: [Word; 4] = [Word::EXTRACT, Word::OVERLAY, Word::SUBSTRING, Word::TRIM];

pub(super) fn scan(
    names: &Names<'_>,
    resolution: &Resolution,
    protected: &[String],
) -> Result<(), VerifyError> {
    let known = |start: u32| {
        let relations = resolution.relations.iter().map(|r| r.name);
        let sinks = resolution.sinks.iter().map(|s| s.name);
        let ctes = resolution.ctes.iter().map(|c| c.span);
        relations
            .chain(sinks)
            .chain(ctes)
            .any(|span| span.start <= start && start < span.end)
    };
    let mut after_word = false;
    // Of each open bracket, whether it is that of such a call.
    let mut calls: Vec<bool> = Vec::new();
    let mut before = [Word::None; 2];
    for (index, (kind, word, span)) in names.tokens().enumerate() {
        match kind {
            TokenKind::LeftParen => calls.push(WITH_A_FROM.contains(&before[1])),
            TokenKind::RightParen => {
                calls.pop();
            }
            _ => {}
        }
        if after_word {
            let name = names.of(index);
            let name = name.map_err(|_| VerifyError("a name that spells nothing"))?;
            if name.is_some_and(|n| protected.iter().any(|p| *p == n)) && !known(span.start) {
                return Err(VerifyError(
                    "a protected name stands where no table was read",
                ));
            }
        }
        after_word = BEFORE_A_TABLE.contains(&word);
        if word == Word::FROM {
            // `IS [NOT] DISTINCT FROM` compares two values.
            let compares = before[1] == Word::DISTINCT && matches!(before[0], Word::IS | Word::NOT);
            after_word = !compares && calls.last() != Some(&true);
        }
        before = [before[1], word];
    }
    Ok(())
}
