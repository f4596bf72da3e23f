//! One HTTP request with bounds: on time, on size, on where it may lead.
//!
//! Invariant: what comes back was said by the host that was asked, is whole, and is no larger than the settings allow, unpacked.

use std::error::Error as _;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Client, Method, Url, redirect};

use super::tls::{self, Print};
use super::{Auth, Secret, Settings};
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

    /// The texts of a header that may come in several lines, as one list.
    pub fn list(&self, name: &str) -> String {
        let lines = self.headers.get_all(name).iter();
        let texts: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
        texts.join(",")
    }
}

impl Http {
    /// # Errors
    /// An address that cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, SourceProblem> {
        let base = address(&settings.url)?;
        let mut addresses = vec![base.clone()];
        if let Auth::Oauth2 { token_url, .. } = &settings.auth {
            addresses.push(address(token_url)?);
        }
        if let Some(proxy) = &settings.proxy {
            address(proxy)?;
        }
        if !settings.plain && !addresses.iter().all(is_private) {
            return Err(SourceProblem::Configuration(
                "its address is plain HTTP to another machine: whoever is on the way reads our credentials and writes the rules; use https, or \
                 say `plain = true`"
                    .to_owned(),
            ));
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

    /// Makes the request. Takes as long as the client's time-out at the most, for each hop.
    ///
    /// A redirect may change the path, not the host: whoever is there was not asked, and must not see our credentials. What has a body is only sent on
    /// as it is (307, 308): a question without its body is another question.
    ///
    /// # Errors
    /// No reply, or one beyond the bounds. Any status is a reply.
    pub async fn send(&self, ask: &Ask, who: &Credentials) -> Result<Fetched, SourceProblem> {
        let mut url = ask.url.clone();
        for _ in 0..=HOPS {
            let reply = self.hop(ask, url.clone(), who).await?;
            let status = reply.status().as_u16();
            let follows = match status {
                307 | 308 => true,
                301..=303 => ask.body.is_none(),
                _ => false,
            };
            let target = reply.headers().get(LOCATION);
            let target = target.and_then(|to| url.join(to.to_str().ok()?).ok());
            let (true, Some(target)) = (follows, target) else {
                let headers = reply.headers().clone();
                let body = if reply.status().is_success() {
                    self.body(reply).await?
                } else {
                    Vec::new()
                };
                return Ok(Fetched {
                    status,
                    headers,
                    body,
                });
            };
            if target.origin() != ask.url.origin() {
                let why = "it redirects to another host";
                return Err(SourceProblem::Unusable(why.to_owned()));
            }
            url = target;
        }
        let why = "it redirects in circles";
        Err(SourceProblem::Unusable(why.to_owned()))
    }

    async fn hop(
        &self,
        ask: &Ask,
        url: Url,
        who: &Credentials,
    ) -> Result<reqwest::Response, SourceProblem> {
        // Certificates are files, and a file may be far away: other requests go on meanwhile.
        let client = tokio::task::block_in_place(|| self.client())?;
        let mut request = client
            .request(ask.method.clone(), url)
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
        request.send().await.map_err(|e| self.problem(&e))
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
        while let Some(chunk) = reply.chunk().await.map_err(|e| self.problem(&e))? {
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
            // Followed here, where it is known what is asked.
            .redirect(redirect::Policy::none())
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

    fn problem(&self, error: &reqwest::Error) -> SourceProblem {
        let why = cause(error);
        if error.is_timeout() {
            SourceProblem::Slow(self.settings.patience.total)
        } else if error.is_body() || error.is_decode() {
            SourceProblem::Unusable(format!("its body broke off or is damaged ({why})"))
        } else {
            SourceProblem::Unreachable(why)
        }
    }
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

/// Whether nobody on the way can read or change what is said.
fn is_private(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    let loopback = address.map_or(host == "localhost", |ip: IpAddr| ip.is_loopback());
    loopback || url.scheme() == "https"
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
        return Err(wrong(
            "holds credentials, which would be seen in messages: the settings have `auth`",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a query or fragment"));
    }
    Ok(url)
}
