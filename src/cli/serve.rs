//! `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::failure::{Failure, Status};
use super::render::printable;
use super::serve_policies::token;
use super::streams::Streams;
use crate::sidecar::{self, Bounds, Options, SidecarError, TlsFiles};

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
    if token.is_none() && args.client_ca.is_none() && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            "others than this machine reach that address: give --token-file FILE or --client-ca FILE",
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
    streams.out(&format!("listening on {scheme}://{}\n", running.address))?;
    running.wait();
    Ok(Status::Allowed)
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
        SidecarError::Listen(..) => Failure::new(Status::Usage, "listen", error.to_string()),
    }
}

/// To standard error, from the service's own threads.
fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "sqlsec: {}", printable(line));
}
