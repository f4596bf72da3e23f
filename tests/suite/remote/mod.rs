//! Permission services over real sockets: what a good one gives, and every way in which one can fail.
//!
//! The servers here are a few lines over TCP, so that a test decides about each byte and when it comes.

mod cache;
mod credentials;
mod faults;
mod ranger;
mod serve;
mod stated;
mod tls;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlsec::check::Code;
use sqlsec::source::remote::{Bounds, Patience, Remote, Settings};
use sqlsec::source::{Clock, ManualClock, PolicySource, Whole, wire};
use sqlsec::{Catalog, Gate, Principal, Reply, Request, SubmitCheck};

/// The rules of the tests: ann sees the north, others nothing.
pub const POLICY: &str = "
apiVersion: sqlsec/v1
version: 7
defaults: { access: allow }
rules:
  - { id: north, type: row_filter, to: { users: [ann] }, on: { table: '*.*.a' }, filter: \"region = 'north'\" }
  - { id: phone, type: column_mask, to: { groups: [public] }, on: { table: '*.*.b', columns: [phone] }, mask: MASK_NULL }
";

const TABLES: &str = "
CREATE TABLE a (id BIGINT, region STRING) WITH ('connector' = 'datagen');
CREATE TABLE b (id BIGINT, phone STRING) WITH ('connector' = 'datagen');
CREATE TABLE c (x BIGINT) WITH ('connector' = 'datagen');
";

/// A request as a server sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `GET /v1/policies?user=ann HTTP/1.1`.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The query's pairs.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let target = self.line.split(' ').nth(1).expect("a target");
        let query = match target.split_once('?') {
            Some((_, query)) => query,
            None => &self.body,
        };
        reqwest::Url::parse(&format!("http://x/?{query}"))
            .expect("a query")
            .query_pairs()
            .into_owned()
            .collect()
    }

    /// What a good service answers to it, under these rules.
    pub fn excerpt(&self, policy: &str) -> String {
        let whole = Whole::load(policy, "policy").expect("a policy");
        let (principal, scope) = wire::question(self.pairs()).expect("a question");
        serde_json::to_string(&whole.excerpt(&principal, &scope)).expect("JSON")
    }
}

/// A server on a free port. Each connection carries one request.
pub struct Server {
    pub url: String,
    /// All that was asked.
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// A server that lets `answer` write whatever it wants.
    pub fn new(answer: impl Fn(usize, &Seen, &mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a port"), answer)
    }

    pub fn on(
        listener: TcpListener,
        answer: impl Fn(usize, &Seen, &mut TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (log, answer, count) = (Arc::clone(&seen), Arc::new(answer), AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                let number = count.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    let Some(request) = read(&mut stream) else {
                        return;
                    };
                    log.lock().unwrap().push(request.clone());
                    answer(number, &request, &mut stream);
                });
            }
        });
        Self { url, seen }
    }

    /// A good service over these rules.
    pub fn good(policy: &'static str) -> Self {
        Self::new(move |_, seen, stream| json(stream, "max-age=30", &seen.excerpt(policy)))
    }

    pub fn asked(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// Reads a request, when there is one.
pub fn read(stream: &mut impl Read) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut seen = Seen {
        line: line.trim().to_owned(),
        headers,
        body: String::new(),
    };
    let length = seen
        .header("content-length")
        .and_then(|l| l.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    seen.body = String::from_utf8(body).ok()?;
    Some(seen)
}

/// Writes a reply with a body.
pub fn reply(stream: &mut impl Write, status: &str, headers: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
    let _ = stream.flush();
}

/// A good reply.
pub fn json(stream: &mut impl Write, control: &str, body: &str) {
    let headers =
        format!("content-type: application/json\r\ncache-control: {control}\r\netag: \"e\"\r\n");
    reply(stream, "200 OK", &headers, body.as_bytes());
}

/// Settings of a test that is not about time.
pub fn quick(url: &str) -> Settings {
    Settings {
        patience: Patience {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(5),
            retries: 1,
            failures: 1000,
            rest: Duration::from_secs(5),
        },
        ..Settings::new(url)
    }
}

/// A gate with its remote service and a clock that is turned by hand.
pub struct Rig {
    pub gate: Gate,
    pub remote: Remote,
    pub clock: Arc<ManualClock>,
}

impl Rig {
    pub fn new(settings: &Settings, bounds: Bounds) -> Self {
        let clock = Arc::new(ManualClock::default());
        clock.set(Duration::from_secs(1_000_000));
        let remote = Remote::with_clock(settings, bounds, Arc::clone(&clock) as Arc<dyn Clock>)
            .expect("settings");
        let mut catalog = Catalog::default();
        catalog.add_sql(TABLES, "test").expect("the tables");
        let source = Arc::new(remote.clone()) as Arc<dyn PolicySource>;
        Self {
            gate: Gate::new(source, Arc::new(catalog)),
            remote,
            clock,
        }
    }

    pub fn at(url: &str) -> Self {
        Self::new(&quick(url), Bounds::default())
    }

    pub fn forward(&self, seconds: u64) {
        self.clock
            .set(self.clock.now() + Duration::from_secs(seconds));
    }

    pub fn check(&self, user: &str, sql: &str) -> Reply {
        self.gate.check(&request(user, sql))
    }

    /// The SQL that ann gets for table `a`; the message when she gets none because of the service.
    pub fn ann(&self) -> Result<String, String> {
        let reply = self.check("ann", "SELECT id FROM a");
        match (reply.decision.sql(), reply.decision.errors()) {
            (Some(sql), _) => {
                assert_eq!(sql, PROTECTED);
                Ok(sql.to_owned())
            }
            (None, [error]) => {
                assert_eq!(error.code, Code::PolicyUnavailable, "{error:?}");
                Err(error.message.clone())
            }
            (None, errors) => panic!("{errors:?}"),
        }
    }
}

/// What ann may see of `a`.
pub const PROTECTED: &str = "SELECT id FROM (SELECT * FROM a WHERE region = 'north') AS `a`";

pub fn request(user: &str, sql: &str) -> Request {
    let user = Principal {
        user: user.to_owned(),
        ..Principal::default()
    };
    Request::new(user, sql)
}
