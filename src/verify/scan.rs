//! The bare tokens of the output: is a protected name in table position that the parser did not see?

use super::VerifyError;
use crate::resolve::Resolution;
use crate::syntax::{Token, TokenKind};

/// Words after which a name is a table's.
const BEFORE_A_TABLE: [&str; 6] = ["FROM", "JOIN", "TABLE", "INTO", "USING", "UPDATE"];

/// Calls in whose own brackets FROM stands before a value: `EXTRACT(DAY FROM t.ts)`.
const WITH_A_FROM: [&str; 4] = ["EXTRACT", "OVERLAY", "SUBSTRING", "TRIM"];

pub(super) fn scan(
    tokens: &[Token<'_>],
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
    let mut before: [Option<&Token<'_>>; 2] = [None, None];
    for token in tokens {
        match token.kind {
            TokenKind::LeftParen => calls.push(is_word(before[1], &WITH_A_FROM)),
            TokenKind::RightParen => {
                calls.pop();
            }
            _ => {}
        }
        match &token.identifier {
            Some(value) => {
                if after_word && protected.iter().any(|p| p == value) && !known(token.span.start) {
                    return Err(VerifyError(
                        "a protected name stands where no table was read",
                    ));
                }
                // `IS [NOT] DISTINCT FROM` compares two values.
                let compares =
                    is_word(before[1], &["DISTINCT"]) && is_word(before[0], &["IS", "NOT"]);
                let of_a_value = compares || calls.last() == Some(&true);
                after_word = BEFORE_A_TABLE.iter().any(|w| value.eq_ignore_ascii_case(w))
                    && !(of_a_value && value.eq_ignore_ascii_case("FROM"));
            }
            None => after_word = false,
        }
        before = [before[1], Some(token)];
    }
    Ok(())
}

/// Whether a token is one of these words, without quotes.
fn is_word(token: Option<&Token<'_>>, words: &[&str]) -> bool {
    token.is_some_and(|t| {
        let text = t
            .identifier
            .as_deref()
            .filter(|_| t.kind == TokenKind::Word);
        text.is_some_and(|text| words.iter().any(|w| text.eq_ignore_ascii_case(w)))
    })
}
