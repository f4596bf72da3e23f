//! Bearer tokens, and whose they are.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use sha2::Digest;

/// Who has shown a token, by the name that the operator has given them. Whoever needs no name has none: all of them are one client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Client(Option<Arc<str>>);

impl Client {
    /// The one that has no name.
    pub const fn anybody() -> Self {
        Self(None)
    }

    pub fn named(name: &str) -> Self {
        Self(Some(Arc::from(name)))
    }

    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Who may ask.
#[derive(Clone)]
pub(crate) enum Clients {
    /// Everybody who reaches the port.
    Everybody,
    /// Whoever shows one of these.
    Known(Vec<(Client, Token)>),
}

impl Clients {
    /// Whoever shows this token; everybody where there is none.
    pub fn with(token: Option<&str>) -> Self {
        token.map_or(Self::Everybody, |token| {
            Self::Known(vec![(Client::anybody(), Token::new(token))])
        })
    }

    /// Each by a token of their own.
    pub fn named<'t>(tokens: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let tokens = tokens.into_iter();
        Self::Known(
            tokens
                .map(|(name, token)| (Client::named(name), Token::new(token)))
                .collect(),
        )
    }

    /// Who a request comes from: `Authorization: Bearer …`. Nothing where it may not ask.
    pub fn who(&self, headers: &HeaderMap) -> Option<Client> {
        let known = match self {
            Self::Everybody => return Some(Client::anybody()),
            Self::Known(known) => known,
        };
        let shown = Token::shown(headers)?;
        // All are looked at, found or not: the time says nothing of whose it is.
        known.iter().fold(None, |found, (client, token)| {
            if token.0 == shown.0 {
                Some(client.clone())
            } else {
                found
            }
        })
    }
}

/// The hash of a token: two hashes are compared, so that the time it takes says nothing about the token.
#[derive(Clone)]
pub(crate) struct Token([u8; 32]);

impl Token {
    fn new(token: &str) -> Self {
        Self(sha2::Sha256::digest(token.as_bytes()).into())
    }

    fn shown(headers: &HeaderMap) -> Option<Self> {
        let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, shown) = shown.split_once(' ')?;
        let shown = shown.trim();
        let is_token = scheme.eq_ignore_ascii_case("bearer") && !shown.is_empty();
        is_token.then(|| Self::new(shown))
    }
}

/// Says in a refusal what would have been needed.
pub(crate) fn challenge(refusal: &mut Response) {
    let bearer = HeaderValue::from_static("Bearer");
    refusal
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, bearer);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_token_says_whose_it_is_and_nothing_else_does() {
        let clients = Clients::named([("nightly", "a b"), ("console", "c")]);
        let who = |value: &str| clients.who(&shows(value));
        assert_eq!(who("Bearer a b"), Some(Client::named("nightly")));
        assert_eq!(who("bearer  c "), Some(Client::named("console")));
        for wrong in [
            "Bearer",
            "Bearer ",
            "Bearer a",
            "Bearer nightly",
            "Basic c",
            "c",
        ] {
            assert_eq!(who(wrong), None, "{wrong}");
        }
        assert_eq!(clients.who(&HeaderMap::new()), None);
        let one = Clients::with(Some("c"));
        assert_eq!(one.who(&shows("Bearer c")), Some(Client::anybody()));
        assert_eq!(one.who(&HeaderMap::new()), None);
        let all = Clients::with(None);
        assert_eq!(all.who(&shows("Bearer x")), Some(Client::anybody()));
    }
}
