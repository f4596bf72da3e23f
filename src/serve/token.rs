//! A bearer token that clients must show.

use axum::http::{HeaderMap, header};
use sha2::Digest;

/// The hash of a token: two hashes are compared, so that the time it takes says nothing about the token.
#[derive(Clone)]
pub(crate) struct Token([u8; 32]);

impl Token {
    pub fn new(token: &str) -> Self {
        Self(sha2::Sha256::digest(token.as_bytes()).into())
    }

    /// Whether a request shows it: `Authorization: Bearer …`.
    pub fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '));
        shown.is_some_and(|(scheme, shown)| {
            let shown = shown.trim();
            scheme.eq_ignore_ascii_case("bearer")
                && !shown.is_empty()
                && Self::new(shown).0 == self.0
        })
    }
}
