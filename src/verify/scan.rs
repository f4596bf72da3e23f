//! The bare tokens of the output: is a protected name in table position that the parser did not see?

use std::borrow::Cow;

use super::VerifyError;
use crate::resolve::Resolution;
use crate::syntax::{Names, TokenKind};

/// Words after which a name is a table's.
const BEFORE_A_TABLE: [&str; 6] = ["FROM", "JOIN", "TABLE", "INTO", "USING", "UPDATE"];

/// Calls in whose own brackets FROM stands before a value: `EXTRACT(DAY FROM t.ts)`.
const WITH_A_FROM: [&str; 4] = ["EXTRACT", "OVERLAY", "SUBSTRING", "TRIM"];

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
    // The words before, without quotes.
    let mut before: [Option<Cow<'_, str>>; 2] = [None, None];
    for token in names.iter() {
        let (kind, span, name) = token.map_err(|_| VerifyError("a name that spells nothing"))?;
        match kind {
            TokenKind::LeftParen => calls.push(is_word(&before[1], &WITH_A_FROM)),
            TokenKind::RightParen => {
                calls.pop();
            }
            _ => {}
        }
        match &name {
            Some(value) => {
                if after_word && protected.iter().any(|p| p == value) && !known(span.start) {
                    return Err(VerifyError(
                        "a protected name stands where no table was read",
                    ));
                }
                // `IS [NOT] DISTINCT FROM` compares two values.
                let compares =
                    is_word(&before[1], &["DISTINCT"]) && is_word(&before[0], &["IS", "NOT"]);
                let of_a_value = compares || calls.last() == Some(&true);
                after_word = BEFORE_A_TABLE.iter().any(|w| value.eq_ignore_ascii_case(w))
                    && !(of_a_value && value.eq_ignore_ascii_case("FROM"));
            }
            None => after_word = false,
        }
        let [_, last] = before;
        before = [last, name.filter(|_| kind == TokenKind::Word)];
    }
    Ok(())
}

/// Whether a word is one of these.
fn is_word(word: &Option<Cow<'_, str>>, words: &[&str]) -> bool {
    word.as_ref()
        .is_some_and(|text| words.iter().any(|w| text.eq_ignore_ascii_case(w)))
}
