//! One HTTP request with bounds: on time, on size, on where it may lead.
//!
//! Invariant: what comes back was said by the host that was asked, is whole, and is no larger than the settings allow, unpacked.

use std::error::Error as _;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, Url, redirect};

use super::tls::{self, Print};
use super::{Secret, Settings};
use crate::source::SourceProblem;

/// More hops than any service needs.
const HOPS: usize = 3;

/// Makes requests to one service.
#[derive(Debug)]
pub(super) struct Http {
    settings: Settings,
    base: Url,
    /// The client, and the certificates that it was made with.
    client: Mutex<Option<(Print, Client)>>,
}

/// A request.
#[derive(Debug)]
pub(super) struct Ask {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    /// A body, and its media type.
    pub body: Option<(&'static str, String)>,
}

/// What is shown at the door.
#[derive(Debug, Clone)]
pub(super) enum Credentials {
    None,
    Bearer(Secret),
    Basic(String, Secret),
}

/// A reply, whole.
#[derive(Debug)]
pub(super) struct Fetched {
    pub status: u16,
    pub headers: HeaderMap,
    /// Empty but for success.
    pub body: Vec<u8>,
}

impl Fetched {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Http {
    /// # Errors
    /// An address that cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, SourceProblem> {
        let base = address(&settings.url)?;
        if let Some(proxy) = &settings.proxy {
            address(proxy)?;
        }
        Ok(Self {
            settings: settings.clone(),
            base,
            client: Mutex::default(),
        })
    }

    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// An address below the service's own.
    pub fn below(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let joined = format!(
            "{}/{}",
            url.path().trim_end_matches('/'),
            path.trim_start_matches('/')
        );
        url.set_path(&joined);
        url
    }

    /// Makes the request. Takes as long as the client's time-out at the most.
    ///
    /// # Errors
    /// No reply, or one beyond the bounds. Any status is a reply.
    pub async fn send(&self, ask: &Ask, who: &Credentials) -> Result<Fetched, SourceProblem> {
        let mut request = self
            .client()?
            .request(ask.method.clone(), ask.url.clone())
            .header(ACCEPT, "application/json");
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some((media, body)) = &ask.body {
            request = request.header(CONTENT_TYPE, *media).body(body.clone());
        }
        request = match who {
            Credentials::None => request,
            Credentials::Bearer(token) => request.bearer_auth(token.reveal()),
            Credentials::Basic(user, password) => request.basic_auth(user, Some(password.reveal())),
        };
        let reply = request.send().await.map_err(|e| self.problem(e))?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let body = if reply.status().is_success() {
            self.body(reply).await?
        } else {
            Vec::new()
        };
        Ok(Fetched {
            status,
            headers,
            body,
        })
    }

    async fn body(&self, mut reply: reqwest::Response) -> Result<Vec<u8>, SourceProblem> {
        let largest = self.settings.largest_answer;
        let too_large = || {
            SourceProblem::Unusable(format!(
                "it is larger than {largest} bytes (`largest-answer`)"
            ))
        };
        // What a header promises is no bound, but a promise of too much is not worth waiting for.
        let promised = reply.content_length().unwrap_or_default();
        if usize::try_from(promised).map_or(true, |length| length > largest) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(|e| self.problem(e))? {
            if body.len().saturating_add(chunk.len()) > largest {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// A client with the certificates that are in the files now.
    fn client(&self) -> Result<Client, SourceProblem> {
        let print = tls::print(&self.settings.tls)?;
        let mut held = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((with, client)) = &*held
            && *with == print
        {
            return Ok(client.clone());
        }
        let client = self.build()?;
        *held = Some((print, client.clone()));
        Ok(client)
    }

    fn build(&self) -> Result<Client, SourceProblem> {
        let patience = &self.settings.patience;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls::config(&self.settings)?)
            // The library never reads the environment.
            .no_proxy()
            .connect_timeout(patience.connect)
            .timeout(patience.total)
            .redirect(redirect::Policy::custom(stay))
            .user_agent(concat!("sqlsec/", env!("CARGO_PKG_VERSION")));
        if let Some(proxy) = &self.settings.proxy {
            let proxy = reqwest::Proxy::all(proxy)
                .map_err(|_| SourceProblem::Configuration("`proxy` is no address".to_owned()))?;
            builder = builder.proxy(proxy);
        }
        builder
            .build()
            .map_err(|e| SourceProblem::Configuration(cause(&e)))
    }

    fn problem(&self, error: reqwest::Error) -> SourceProblem {
        let why = cause(&error);
        if error.is_timeout() {
            SourceProblem::Slow(self.settings.patience.total)
        } else if error.is_redirect() {
            SourceProblem::Unusable(why)
        } else if error.is_body() || error.is_decode() {
            SourceProblem::Unusable(format!("its body broke off or is damaged ({why})"))
        } else {
            SourceProblem::Unreachable(why)
        }
    }
}

/// A redirect may change the path, not the host: whoever is there was not asked, and must not see our credentials.
fn stay(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let origin = attempt.previous().first().map(Url::origin);
    if origin != Some(attempt.url().origin()) {
        return attempt.error("it redirects to another host");
    }
    if attempt.previous().len() > HOPS {
        return attempt.error("it redirects in circles");
    }
    attempt.follow()
}

/// The innermost reason, which says more than those around it. The address is left out: its query names people and tables.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let outermost = error.source().is_none();
    if outermost {
        return "no reason given".to_owned();
    }
    inner.to_string()
}

/// # Errors
/// No HTTP address, or one with credentials or a query in it.
pub(super) fn address(text: &str) -> Result<Url, SourceProblem> {
    let wrong = |why: &str| SourceProblem::Configuration(format!("its address {why}"));
    let url = Url::parse(text).map_err(|e| wrong(&format!("cannot be read: {e}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("is not `http://…` or `https://…`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds credentials: they belong into `auth`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a query or fragment"));
    }
    Ok(url)
}
