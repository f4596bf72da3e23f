//! Where a permission service is, how to get in, and how long to wait. Readable from a configuration file.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::{RangerService, Secret};
use crate::source::opa::Paths;

/// The settings of one service. Durations are written in seconds, such as `2.5`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Its base address, such as `https://rules.corp/sqlsec`. Credentials in it are refused: they would be seen in errors.
    pub url: String,
    /// What it speaks.
    #[serde(default)]
    pub contract: Speaks,
    /// How sqlsec shows who it is.
    #[serde(default)]
    pub auth: Auth,
    /// Whom it trusts, and its own certificate.
    #[serde(default)]
    pub tls: Tls,
    /// Whether plain HTTP to another machine will do: whoever is on the way can read the credentials and write the rules.
    #[serde(default)]
    pub plain: bool,
    /// A proxy, such as `http://proxy:3128`. Variables of the environment are not looked at.
    #[serde(default)]
    pub proxy: Option<String>,
    /// How long to wait, how often to ask.
    #[serde(default)]
    pub patience: Patience,
    /// The largest answer in bytes, unpacked.
    #[serde(default = "Settings::largest")]
    pub largest_answer: usize,
}

impl Settings {
    /// A service without credentials, with the usual patience.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            contract: Speaks::default(),
            auth: Auth::default(),
            tls: Tls::default(),
            plain: false,
            proxy: None,
            patience: Patience::default(),
            largest_answer: Self::largest(),
        }
    }

    /// Changes each path, such as those that are relative to a configuration file.
    pub fn each_file(&mut self, mut change: impl FnMut(&mut PathBuf)) {
        let own = match &mut self.auth {
            Auth::None | Auth::Bearer { .. } => None,
            Auth::BearerFile { token_file: file }
            | Auth::Basic {
                password_file: file,
                ..
            }
            | Auth::Oauth2 {
                client_secret_file: file,
                ..
            } => Some(file),
        };
        let Tls {
            ca,
            certificate,
            key,
        } = &mut self.tls;
        let tls = [ca, certificate, key].into_iter().flatten();
        own.into_iter().chain(tls).for_each(&mut change);
    }

    /// Its address as it may be shown: whatever could be a secret in it is left out, also where it should not have been.
    pub(super) fn shown(&self) -> String {
        let Ok(mut url) = reqwest::Url::parse(&self.url) else {
            return "at an address that cannot be read".to_owned();
        };
        url.set_query(None);
        url.set_fragment(None);
        let bare = url.set_username("").and_then(|()| url.set_password(None));
        // Without a host there is no place for credentials, and no service either.
        bare.map_or_else(
            |()| format!("at a `{}:` address", url.scheme()),
            |()| url.as_str().trim_end_matches('/').to_owned(),
        )
    }

    /// Whether any of its addresses wants TLS.
    pub(super) fn speaks_tls(&self) -> bool {
        let token_url = match &self.auth {
            Auth::Oauth2 { token_url, .. } => Some(token_url),
            Auth::None | Auth::Bearer { .. } | Auth::BearerFile { .. } | Auth::Basic { .. } => None,
        };
        let addresses = [Some(&self.url), self.proxy.as_ref(), token_url];
        let mut addresses = addresses.into_iter().flatten();
        addresses.any(|address| !address.to_ascii_lowercase().starts_with("http://"))
    }

    const fn largest() -> usize {
        16 * 1024 * 1024
    }
}

/// What a service speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Speaks {
    /// Our own contract.
    #[default]
    Sqlsec,
    /// The data API of Open Policy Agent.
    Opa {
        /// Where its rules are.
        paths: Paths,
    },
    /// The download API of Apache Ranger.
    Ranger(RangerService),
}

/// How sqlsec shows who it is.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Auth {
    /// Not at all, or by its certificate.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer {
        /// The token.
        token: Secret,
    },
    /// The same, from a file that is read again at each request: somebody else may renew it.
    #[serde(rename_all = "kebab-case")]
    BearerFile {
        /// The file.
        token_file: PathBuf,
    },
    /// `Authorization: Basic …`.
    #[serde(rename_all = "kebab-case")]
    Basic {
        /// The user.
        user: String,
        /// The file with the password, read again at each request.
        password_file: PathBuf,
    },
    /// OAuth 2.0, client credentials (RFC 6749 §4.4).
    #[serde(rename_all = "kebab-case")]
    Oauth2 {
        /// Where tokens come from.
        token_url: String,
        /// The client.
        client_id: String,
        /// The file with its secret, read again for each token.
        client_secret_file: PathBuf,
        /// The scope, where the server wants one.
        #[serde(default)]
        scope: Option<String>,
    },
}

/// Certificates: PEM files, read again when they change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Tls {
    /// The authorities that are trusted, and no others. Without it those of the system.
    pub ca: Option<PathBuf>,
    /// Our certificate with its chain, for services that want one.
    pub certificate: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

/// How long to wait, how often to ask.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Patience {
    /// For a connection.
    #[serde(deserialize_with = "seconds")]
    pub connect: Duration,
    /// For all of an answer, every repetition and its body included.
    #[serde(deserialize_with = "seconds")]
    pub total: Duration,
    /// Repetitions of a request that failed on its way.
    pub retries: u32,
    /// Failures in a row after which the service is left alone for a while.
    pub failures: u32,
    /// For how long.
    #[serde(deserialize_with = "seconds")]
    pub rest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            total: Duration::from_secs(5),
            retries: 2,
            failures: 5,
            rest: Duration::from_secs(5),
        }
    }
}

pub(super) fn seconds<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(from)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}
