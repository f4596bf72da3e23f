//! `serve-policies`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::failure::{Failure, Status};
use super::input;
use super::render::{Message, printable};
use super::streams::Streams;
use crate::policy::Severity;
use crate::serve::{self, Options, Running, ServeError};

/// A small permission service.
#[derive(Debug, Args)]
pub(in crate::cli) struct ServePolicies {
    /// The policy document (YAML or JSON); read again when it changes.
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// Who the users are (YAML or JSON): their groups, roles and attributes; read again when it changes. What submitters claim of them does not count then.
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8181")]
    pub listen: SocketAddr,
    /// The file with the bearer token that clients must show; without it everybody who reaches the port is served.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// For how long an answer holds, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub max_age: u64,
    /// For how long past that it may be used while the service is down, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub stale_if_error: u64,
}

pub(super) fn serve(args: ServePolicies, streams: &mut Streams) -> Result<Status, Failure> {
    let token = token(args.token_file.as_deref())?;
    if token.is_none() && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            "others than this machine reach that address: give --token-file FILE",
        ));
    }
    let options = Options {
        policy: args.policy,
        users: args.users,
        listen: args.listen,
        token,
        max_age: Duration::from_secs(args.max_age),
        stale_if_error: Duration::from_secs(args.stale_if_error),
        tell: Arc::new(say),
    };
    let running = serve::start(options).map_err(failure)?;
    end_on_signals(&running)?;
    streams.out(&format!("listening on http://{}\n", running.address))?;
    running.wait().map_err(|error| Failure::internal(&error))?;
    Ok(Status::Allowed)
}

/// The process is the service's: what ends the one ends the other.
pub(super) fn end_on_signals(running: &Running) -> Result<(), Failure> {
    let listens = running.end_on_signals();
    listens.map_err(|error| Failure::internal(&error))
}

/// The token of a file.
pub(super) fn token(file: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(file) = file else {
        return Ok(None);
    };
    let text = input::read(file, Status::Usage)?.text;
    let token = text.trim().to_owned();
    if token.is_empty() {
        return Err(Failure::usage("the token file is empty"));
    }
    Ok(Some(token))
}

fn failure(error: ServeError) -> Failure {
    match error {
        ServeError::Unreadable(..) => {
            Failure::new(Status::Policy, "input-unreadable", error.to_string())
        }
        ServeError::Listen(..) => Failure::new(Status::Usage, "listen", error.to_string()),
        ServeError::Policy(error) => {
            let text = std::fs::read_to_string(&error.origin).unwrap_or_default();
            let errors = error.findings.iter();
            let errors = errors.filter(|f| f.severity == Severity::Error);
            Failure {
                status: Status::Policy,
                messages: errors
                    .map(|f| Message::finding(f, &error.origin, &text))
                    .collect(),
            }
        }
    }
}

/// To standard error, from the service's own threads.
pub(super) fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "sqlsec: {}", printable(line));
}
