//! A store in PostgreSQL, which many machines may share. Feature `postgres`.
//!
//! Writers come one after the other: a serialisable transaction that holds the lock of the table of events, so that numbers have no gaps and a reader
//! who has seen a number has seen all before it. Readers wait for nobody.
//! Invariant: a server that is gone, slow or not ours is an error, never an empty store. What was acknowledged was flushed (`synchronous_commit`).
//! Invariant: the password is in no error and in no `Debug`, and an address that holds one is refused.

mod link;
mod schema;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::{Host, SslMode, TargetSessionAttrs};

use self::link::{Fault, Link};
use super::tables::{Database, Rows, Tabled, Value, Work};
use super::{Event, Fate, Known, LineageError, LineageSource, LineageStore, RecordId};

/// How often a piece of work is begun at most.
const ATTEMPTS: u64 = 6;

/// How a server is spoken to.
#[derive(Clone)]
pub struct PostgresOptions {
    /// The password of the user that the address names.
    pub password: Option<String>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a statement may take, waiting for other writers included.
    pub statement_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            password: None,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("connect_timeout", &self.connect_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .finish_non_exhaustive()
    }
}

/// Events in a database.
pub struct PostgresStore {
    tabled: Tabled,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens a store, and makes it where there is none: the schema `sqlsec_lineage` of the database that `address` names, as in
    /// `postgres://user@host/database`. Beyond this machine the connection is encrypted and the server's certificate looked at, unless the address
    /// says `sslmode=disable`.
    ///
    /// # Errors
    /// An address that cannot be read or holds a password; a server that does not answer; a schema of a newer program.
    pub fn open(address: &str, options: &PostgresOptions) -> Result<Self, LineageError> {
        Self::with(address, options, true)
    }

    /// Opens a store that is there.
    ///
    /// # Errors
    /// As [`PostgresStore::open`], and where there is none.
    pub fn existing(address: &str, options: &PostgresOptions) -> Result<Self, LineageError> {
        Self::with(address, options, false)
    }

    /// Makes again, of its events, what the store finds them by.
    ///
    /// # Errors
    /// A store that cannot be read or written; an event that cannot be understood.
    pub fn reindex(&self) -> Result<(), LineageError> {
        self.tabled.reindex()
    }

    fn with(address: &str, options: &PostgresOptions, create: bool) -> Result<Self, LineageError> {
        let config = config(address, options)?;
        let mut writing = Server::new(config.clone(), options.clone());
        schema::migrate(&mut writing, create)?;
        let reading = Server::new(config, options.clone());
        Ok(Self {
            tabled: Tabled::new(reading, writing),
        })
    }
}

impl LineageSource for PostgresStore {
    fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
        self.tabled.snapshot()
    }
}

impl LineageStore for PostgresStore {
    fn append(&self, event: Event, unchanged_since: Option<u64>) -> Result<u64, LineageError> {
        self.tabled.append(&event, unchanged_since)
    }

    fn fate(&self, id: RecordId) -> Result<Option<Fate>, LineageError> {
        self.tabled.fate(id)
    }

    fn events(&self) -> Result<Vec<(u64, Event)>, LineageError> {
        self.tabled.events()
    }
}

/// An address with what else is needed to connect.
fn config(address: &str, options: &PostgresOptions) -> Result<postgres::Config, LineageError> {
    // What is wrong with it is not repeated: it may hold a password.
    let mut config: postgres::Config = address.parse().map_err(|_| {
        let message = "the address of the lineage store is not understood: write postgres://user@host/database";
        LineageError::Unfit(message.to_owned())
    })?;
    if config.get_password().is_some() {
        let message =
            "the address of the lineage store holds a password, which others can see there";
        return Err(LineageError::Unfit(message.to_owned()));
    }
    if let Some(password) = &options.password {
        config.password(password);
    }
    let here = |host: &Host| match host {
        Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    if config.get_ssl_mode() == SslMode::Prefer {
        let local = config.get_hosts().iter().all(here) && config.get_hostaddrs().is_empty();
        config.ssl_mode(if local {
            SslMode::Disable
        } else {
            SslMode::Require
        });
    }
    // A standby may lag behind, and what it does not know yet would count as not written.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    config.connect_timeout(options.connect_timeout);
    config.tcp_user_timeout(options.statement_timeout);
    config.application_name("sqlsec");
    Ok(config)
}

/// A connection, which is made again when it was lost.
pub(super) struct Server {
    config: postgres::Config,
    options: PostgresOptions,
    link: Option<Link>,
    /// Whether a transaction is open.
    working: bool,
    /// Whether the last error says that the transaction has not happened, and may be tried again.
    again: bool,
}

impl Server {
    fn new(config: postgres::Config, options: PostgresOptions) -> Self {
        Self {
            config,
            options,
            link: None,
            working: false,
            again: false,
        }
    }

    /// The connection. One that was left in the middle of a transaction is not used again.
    fn link(&mut self) -> Result<&mut Link, Fault> {
        if self.link.as_ref().is_some_and(Link::is_broken) {
            self.link = None;
            if self.working {
                return Err(Fault::Gone("the connection was lost".to_owned()));
            }
        }
        match &mut self.link {
            Some(link) => Ok(link),
            empty => Ok(empty.insert(Link::new(&self.config, &self.options)?)),
        }
    }

    /// Several statements that answer nothing.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), LineageError> {
        let done = self.link().and_then(|link| link.batch(sql));
        done.map_err(|fault| self.failed(fault))
    }

    fn ask(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<(i64, String)>, LineageError> {
        let mut answer = self.link().and_then(|link| link.rows(sql, values));
        // Reading twice does nothing; a server that was started again is asked anew.
        if let (Err(Fault::Gone(_)), false) = (&answer, self.working) {
            self.link = None;
            answer = self.link().and_then(|link| link.rows(sql, values));
        }
        answer.map_err(|fault| self.failed(fault))
    }

    fn failed(&mut self, fault: Fault) -> LineageError {
        match fault {
            Fault::Again(why) => {
                self.again = true;
                LineageError::Unavailable(why)
            }
            Fault::Gone(why) => {
                self.link = None;
                self.again = true;
                LineageError::Unavailable(why)
            }
            Fault::Unreachable(why) | Fault::Other(why) => LineageError::Unavailable(why),
        }
    }

    fn attempt(&mut self, begin: &str, work: &mut Work<'_>) -> Result<u64, LineageError> {
        self.again = false;
        if self.working {
            // Whoever worked here has panicked.
            self.link = None;
        }
        self.working = false;
        self.batch(begin)?;
        self.working = true;
        let done = work(self);
        let ended = match &done {
            Ok(_) => self.batch("COMMIT"),
            Err(_) if self.link.is_some() => self.batch("ROLLBACK"),
            Err(_) => Ok(()),
        };
        self.working = false;
        match (done, ended) {
            (Ok(number), Ok(())) => Ok(number),
            (Ok(_), Err(error)) => {
                if self.link.is_none() {
                    // It may have happened: twice is too often.
                    self.again = false;
                    let message = format!("{error}; whether it was kept is not known");
                    return Err(LineageError::Unavailable(message));
                }
                Err(error)
            }
            (Err(error), ended) => {
                if ended.is_err() {
                    self.link = None;
                }
                Err(error)
            }
        }
    }

    /// Does a piece of work as a transaction that begins so.
    pub(super) fn transaction(
        &mut self,
        begin: &str,
        work: &mut Work<'_>,
    ) -> Result<u64, LineageError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.attempt(begin, work) {
                Err(_) if self.again && attempts < ATTEMPTS => {
                    let pause = fastrand::u64(2..20) * attempts;
                    std::thread::sleep(Duration::from_millis(pause));
                }
                ended => return ended,
            }
        }
    }
}

impl Rows for Server {
    fn rows(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<(i64, String)>, LineageError> {
        self.ask(sql, values)
    }

    fn change(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), LineageError> {
        let done = self.link().and_then(|link| link.change(sql, values));
        done.map_err(|fault| self.failed(fault))
    }
}

impl Database for Server {
    fn write(&mut self, work: &mut Work<'_>) -> Result<u64, LineageError> {
        let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE event IN EXCLUSIVE MODE";
        self.transaction(begin, work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_neither_taken_from_an_address_nor_shown() {
        let options = PostgresOptions {
            password: Some("geheim".to_owned()),
            ..PostgresOptions::default()
        };
        assert!(!format!("{options:?}").contains("geheim"));
        for address in [
            "postgres://u:geheim@127.0.0.1:1/d",
            "postgres://u@127.0.0.1:1/d?password=geheim",
            "postgres://u@127.0.0.1:1/d?geheim=geheim",
        ] {
            let error = PostgresStore::open(address, &options).unwrap_err();
            assert!(matches!(error, LineageError::Unfit(_)), "{error:?}");
            assert!(!format!("{error:?} {error}").contains("geheim"));
        }
        let error = PostgresStore::open("postgres://u@127.0.0.1:1/d", &options).unwrap_err();
        assert!(matches!(error, LineageError::Unavailable(_)), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("geheim"));
    }

    #[test]
    fn beyond_this_machine_connections_are_encrypted() {
        let mode = |address: &str| {
            let config = config(address, &PostgresOptions::default());
            config.unwrap().get_ssl_mode()
        };
        assert_eq!(mode("postgres://u@db.corp/d"), SslMode::Require);
        assert_eq!(
            mode("postgres://u@db.corp/d?sslmode=prefer"),
            SslMode::Require
        );
        assert_eq!(mode("postgres://u@localhost,db.corp/d"), SslMode::Require);
        assert_eq!(
            mode("postgres://u@db.corp/d?sslmode=disable"),
            SslMode::Disable
        );
        assert_eq!(mode("postgres://u@localhost/d"), SslMode::Disable);
        assert_eq!(
            mode("postgres://u@localhost/d?sslmode=require"),
            SslMode::Require
        );
    }
}
