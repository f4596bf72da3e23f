//! One connection, in a thread of its own.
//!
//! The client blocks on a runtime of its own, which must not happen inside somebody else's; and a server that has stopped without closing its
//! connections never answers. So whoever asks waits for the thread, and not for longer than a statement may take.
//! Invariant: after an answer that did not come in time the connection is not used again.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, Statement};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::tables::Value;
use super::PostgresOptions;

/// How much longer than a statement may take its answer is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// Why a statement was not done.
#[derive(Debug)]
pub(super) enum Fault {
    /// It got in the way of another one, and may be tried again.
    Again(String),
    /// The connection is lost, or the server has not answered in time.
    Gone(String),
    /// There is no connection to be had.
    Unreachable(String),
    /// Anything else.
    Other(String),
}

/// What the thread is asked.
enum Ask {
    Batch(String),
    Rows(String, Vec<Owned>),
    Change(String, Vec<Owned>),
}

enum Owned {
    Number(Option<i64>),
    Text(String),
}

type Answer = Result<Vec<(i64, String)>, Fault>;

/// A connection.
pub(super) struct Link {
    asks: Sender<Ask>,
    answers: Receiver<Answer>,
    patience: Duration,
    broken: bool,
}

impl Link {
    pub fn new(config: &postgres::Config, options: &PostgresOptions) -> Result<Self, Fault> {
        let (asks, asked) = channel();
        let (answering, answers) = channel();
        let (config, timeout) = (config.clone(), options.statement_timeout);
        let work = move || match connect(&config, timeout) {
            Ok(client) => {
                if answering.send(Ok(Vec::new())).is_ok() {
                    serve(client, &asked, &answering);
                }
            }
            Err(fault) => drop(answering.send(Err(fault))),
        };
        let name = "sqlsec-lineage".to_owned();
        let started = thread::Builder::new().name(name).spawn(work);
        started.map_err(|error| Fault::Unreachable(error.to_string()))?;
        // Every address of the host may take its time.
        let patience = options.connect_timeout.saturating_mul(2) + options.statement_timeout;
        match answers.recv_timeout(patience + GRACE) {
            Ok(Ok(_)) => Ok(Self {
                asks,
                answers,
                patience: options.statement_timeout + GRACE,
                broken: false,
            }),
            Ok(Err(Fault::Gone(why) | Fault::Again(why) | Fault::Other(why))) => {
                Err(Fault::Unreachable(why))
            }
            Ok(Err(fault)) => Err(fault),
            Err(_) => Err(Fault::Unreachable(
                "the server does not answer in time".to_owned(),
            )),
        }
    }

    /// Whether it cannot be used any more.
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    pub fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        self.ask(Ask::Batch(sql.to_owned())).map(drop)
    }

    pub fn rows(&mut self, sql: &str, values: &[Value<'_>]) -> Answer {
        self.ask(Ask::Rows(sql.to_owned(), owned(values)))
    }

    pub fn change(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), Fault> {
        self.ask(Ask::Change(sql.to_owned(), owned(values)))
            .map(drop)
    }

    fn ask(&mut self, ask: Ask) -> Answer {
        let gone = |why: &str| Fault::Gone(why.to_owned());
        if self.broken || self.asks.send(ask).is_err() {
            self.broken = true;
            return Err(gone("the connection was lost"));
        }
        let answer = match self.answers.recv_timeout(self.patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(gone("the server does not answer in time")),
            Err(RecvTimeoutError::Disconnected) => Err(gone("the connection was lost")),
        };
        self.broken |= matches!(answer, Err(Fault::Gone(_)));
        answer
    }
}

fn owned(values: &[Value<'_>]) -> Vec<Owned> {
    let values = values.iter().map(|value| match value {
        Value::Number(number) => Owned::Number(Some(*number)),
        Value::Maybe(number) => Owned::Number(*number),
        Value::Text(text) => Owned::Text((*text).to_owned()),
    });
    values.collect()
}

/// Answers until nobody asks any more.
fn serve(mut client: Client, asked: &Receiver<Ask>, answering: &Sender<Answer>) {
    let mut prepared = HashMap::new();
    while let Ok(ask) = asked.recv() {
        let answer = answer(&mut client, &mut prepared, &ask).map_err(|error| fault(&error));
        let gone = matches!(answer, Err(Fault::Gone(_)));
        if answering.send(answer).is_err() || gone {
            return;
        }
    }
}

fn answer(
    client: &mut Client,
    prepared: &mut HashMap<String, Statement>,
    ask: &Ask,
) -> Result<Vec<(i64, String)>, postgres::Error> {
    let (sql, values) = match ask {
        Ask::Batch(sql) => return client.batch_execute(sql).map(|()| Vec::new()),
        Ask::Rows(sql, values) | Ask::Change(sql, values) => (sql, values),
    };
    let statement = match prepared.get(sql) {
        Some(statement) => statement.clone(),
        None => {
            let statement = client.prepare(sql)?;
            prepared.insert(sql.clone(), statement.clone());
            statement
        }
    };
    let values: Vec<&(dyn ToSql + Sync)> = values
        .iter()
        .map(|value| match value {
            Owned::Number(number) => number as &(dyn ToSql + Sync),
            Owned::Text(text) => text,
        })
        .collect();
    if matches!(ask, Ask::Change(..)) {
        return client.execute(&statement, &values).map(|_| Vec::new());
    }
    let rows = client.query(&statement, &values)?;
    let rows = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    rows.collect()
}

fn connect(config: &postgres::Config, timeout: Duration) -> Result<Client, Fault> {
    let unreachable = |why: String| Fault::Unreachable(why);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unreachable(error.to_string()))?;
    // The system's certificates are many, and read only where one is wanted.
    let tls = match config.get_ssl_mode() {
        postgres::config::SslMode::Disable => {
            builder.with_root_certificates(rustls::RootCertStore::empty())
        }
        _ => builder
            .with_platform_verifier()
            .map_err(|error| unreachable(error.to_string()))?,
    };
    let tls = MakeRustlsConnect::new(tls.with_no_client_auth());
    let mut client = config
        .connect(tls)
        .map_err(|error| unreachable(said(&error)))?;
    let milliseconds = timeout.as_millis();
    let settings = format!(
        "SET search_path = sqlsec_lineage; SET synchronous_commit = on; \
         SET statement_timeout = {milliseconds}; SET idle_in_transaction_session_timeout = {milliseconds}"
    );
    client
        .batch_execute(&settings)
        .map_err(|error| unreachable(said(&error)))?;
    Ok(client)
}

fn fault(error: &postgres::Error) -> Fault {
    let message = said(error);
    match error.code() {
        Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED) => {
            Fault::Again(message)
        }
        Some(
            &SqlState::ADMIN_SHUTDOWN
            | &SqlState::CRASH_SHUTDOWN
            | &SqlState::CANNOT_CONNECT_NOW
            | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ) => Fault::Gone(message),
        Some(_) => Fault::Other(message),
        None => Fault::Gone(message),
    }
}

/// What the server says, without its details: these hold values.
fn said(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        }
    }
}
