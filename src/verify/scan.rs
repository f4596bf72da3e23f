//! The bare tokens of the output: is a protected name in table position that the parser did not see?

use super::VerifyError;
use crate::resolve::Resolution;
use crate::syntax::Token;

/// Words after which a name is a table's.
const BEFORE_A_TABLE: [&str; 6] = ["FROM", "JOIN", "TABLE", "INTO", "USING", "UPDATE"];

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
    for token in tokens {
        match &token.identifier {
            Some(value) => {
                if after_word && protected.iter().any(|p| p == value) && !known(token.span.start) {
                    return Err(VerifyError(
                        "a protected name stands where no table was read",
                    ));
                }
                after_word = BEFORE_A_TABLE.iter().any(|w| value.eq_ignore_ascii_case(w));
            }
            None => after_word = false,
        }
    }
    Ok(())
}
