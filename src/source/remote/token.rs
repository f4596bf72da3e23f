//! Credentials: from the settings, from files that others renew, from a token server.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;

use super::http::{Ask, Credentials, Http, address};
use super::{Auth, Secret};
use crate::source::{Clock, SourceProblem};

/// A token is not used in its last moments: it could end on its way.
const MARGIN: Duration = Duration::from_secs(10);
/// However long a server says.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// For how long a token is taken to hold whose server does not say.
const UNSAID: u64 = 60;

/// What OAuth 2.0 has given, and until when it holds.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<Option<(Secret, Duration)>>);

#[derive(Deserialize)]
struct TokenReply {
    access_token: Secret,
    token_type: String,
    expires_in: Option<u64>,
}

impl Tokens {
    /// The credentials of now.
    ///
    /// # Errors
    /// A file that cannot be read; a token server that gives no token.
    pub async fn credentials(
        &self,
        http: &Http,
        clock: &dyn Clock,
    ) -> Result<Credentials, SourceProblem> {
        // Files may be far away: other requests go on meanwhile.
        let read = |file: &Path| tokio::task::block_in_place(|| Secret::read(file));
        match &http.settings().auth {
            Auth::None => Ok(Credentials::None),
            Auth::Bearer { token } => Ok(Credentials::Bearer(token.clone())),
            Auth::BearerFile { token_file } => read(token_file).map(Credentials::Bearer),
            Auth::Basic {
                user,
                password_file,
            } => {
                let password = read(password_file)?;
                Ok(Credentials::Basic(user.clone(), password))
            }
            Auth::Oauth2 {
                token_url,
                client_id,
                client_secret_file,
                scope,
            } => {
                if let Some(token) = self.held(clock) {
                    return Ok(Credentials::Bearer(token));
                }
                let secret = read(client_secret_file)?;
                let client =
                    Credentials::Basic(form(client_id), Secret::new(form(secret.reveal())));
                let began = clock.now();
                let reply = fetch(http, token_url, scope.as_deref(), &client).await?;
                let lasts = Duration::from_secs(reply.expires_in.unwrap_or(UNSAID));
                let until = began.saturating_add(lasts.min(LONGEST).saturating_sub(MARGIN));
                let token = reply.access_token;
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((token.clone(), until));
                Ok(Credentials::Bearer(token))
            }
        }
    }

    fn held(&self, clock: &dyn Clock) -> Option<Secret> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, until) = held.as_ref()?;
        (clock.now() < *until).then(|| token.clone())
    }

    /// The service did not take them. Whether it is worth while to come again: others may have been renewed meanwhile.
    pub fn refused(&self, auth: &Auth) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        match auth {
            Auth::None | Auth::Bearer { .. } => false,
            Auth::BearerFile { .. } | Auth::Basic { .. } | Auth::Oauth2 { .. } => true,
        }
    }
}

async fn fetch(
    http: &Http,
    token_url: &str,
    scope: Option<&str>,
    client: &Credentials,
) -> Result<TokenReply, SourceProblem> {
    let mut body = "grant_type=client_credentials".to_owned();
    if let Some(scope) = scope {
        body.push_str("&scope=");
        body.push_str(&form(scope));
    }
    let ask = Ask {
        method: Method::POST,
        url: address(token_url)?,
        headers: Vec::new(),
        body: Some(("application/x-www-form-urlencoded", body)),
    };
    let reply = http.send(&ask, client).await?;
    let wrong = |why: &str| SourceProblem::Unusable(format!("the token server {why}"));
    match reply.status {
        200 => {}
        400 | 401 | 403 => return Err(SourceProblem::Unauthorized(reply.status)),
        status => return Err(wrong(&format!("answered status {status}"))),
    }
    // serde's own words could quote the token.
    let token: TokenReply = serde_json::from_slice(&reply.body)
        .map_err(|_| wrong("answered something that is no token"))?;
    if !token.token_type.eq_ignore_ascii_case("bearer") {
        return Err(wrong("gave a token that is no bearer token"));
    }
    Ok(token)
}

/// `application/x-www-form-urlencoded`.
fn form(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
