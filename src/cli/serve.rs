//! `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::failure::{Failure, Status};
use super::serve_policies::{end_on_signals, say, token};
use super::streams::Streams;
use crate::sidecar::{self, Bounds, Options, SidecarError, Submitter, TlsFiles};

/// The check over HTTP.
#[derive(Debug, Args)]
pub(in crate::cli) struct Serve {
    /// The configuration of the engine (JSON, docs/embedding-http.md); it and the files that it names are read again when they change.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8182")]
    pub listen: SocketAddr,
    /// The file with the bearer token that submitters must show; without it everybody who reaches the port is served.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A submitter with a bearer token of its own, in that file; given once for each. What became of a record of lineage is said by the one who made it.
    #[arg(long, value_name = "NAME=FILE", value_parser = submitter, conflicts_with = "token_file")]
    pub submitter: Vec<(String, PathBuf)>,
    /// The file in which is kept which submitter made which record of lineage; this service alone writes it.
    #[arg(long, value_name = "FILE", requires = "submitter")]
    pub records: Option<PathBuf>,
    /// The certificate (PEM) to speak TLS with.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Speak only with clients that show a certificate of these authorities (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub client_ca: Option<PathBuf>,
    /// How many requests are held at once; more are told to try again.
    #[arg(long, value_name = "NUMBER", default_value_t = Bounds::default().requests)]
    pub max_requests: usize,
    /// How many connections are open at once.
    #[arg(long, value_name = "NUMBER", default_value_t = Bounds::default().connections)]
    pub max_connections: usize,
    /// How long requests may go on after the process is told to end, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub grace: u64,
}

pub(super) fn serve(args: Serve, streams: &mut Streams) -> Result<Status, Failure> {
    let token = token(args.token_file.as_deref())?;
    let submitters = args.submitter.into_iter().map(of_its_own);
    let submitters = submitters.collect::<Result<Vec<_>, _>>()?;
    let everybody = token.is_none() && submitters.is_empty();
    if everybody && args.client_ca.is_none() && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            "others than this machine reach that address: give --token-file FILE, --submitter NAME=FILE or --client-ca FILE",
        ));
    }
    let tls = match (args.tls_cert, args.tls_key) {
        (Some(certificate), Some(key)) => Some(TlsFiles {
            certificate,
            key,
            clients: args.client_ca,
        }),
        (Some(_), None) | (None, Some(_)) | (None, None) => None,
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let options = Options {
        config: args.config,
        listen: args.listen,
        token,
        submitters,
        records: args.records,
        tls,
        bounds: Bounds {
            requests: args.max_requests,
            connections: args.max_connections,
            grace: Duration::from_secs(args.grace),
            ..Bounds::default()
        },
        tell: Arc::new(say),
    };
    let running = sidecar::start(options).map_err(failure)?;
    end_on_signals(&running)?;
    streams.out(&format!("listening on {scheme}://{}\n", running.address))?;
    running.wait().map_err(|error| Failure::internal(&error))?;
    Ok(Status::Allowed)
}

/// `NAME=FILE`.
fn submitter(text: &str) -> Result<(String, PathBuf), String> {
    let parts = text.split_once('=');
    let (name, file) = parts.ok_or("write NAME=FILE")?;
    Ok((name.to_owned(), PathBuf::from(file)))
}

fn of_its_own((name, file): (String, PathBuf)) -> Result<Submitter, Failure> {
    let token = token(Some(&file))?.unwrap_or_default();
    Ok(Submitter { name, token })
}

fn failure(error: SidecarError) -> Failure {
    match error {
        SidecarError::Config(error) => {
            let place = match (error.origin.as_str(), error.line) {
                ("", _) => String::new(),
                (origin, 0) => format!("{origin}: "),
                (origin, line) => format!("{origin}:{line}:{}: ", error.column),
            };
            let status = match error.code {
                crate::host::HostCode::Policy | crate::host::HostCode::Lineage => Status::Policy,
                _ => Status::Usage,
            };
            Failure::new(status, error.code.as_str(), format!("{place}{error}"))
        }
        SidecarError::Tls(why) => Failure::new(Status::Usage, "tls", why),
        SidecarError::Submitters(why) => Failure::new(Status::Usage, "submitters", why),
        SidecarError::Listen(..) => Failure::new(Status::Usage, "listen", error.to_string()),
    }
}
