//! What a submitter waits for who asks over HTTP: a thousand requests a second, sent by the clock and not by the last answer, from threads of the same
//! process on the same cores. How late a thread of the sender was woken is in the times, and told beside them: that much of a tail is not the service's.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench stops where it stands, and prints"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlsec::sidecar::{Bounds, Options, start};

const CLIENTS: u32 = 16;
const SECONDS: u32 = 10;

const POLICY: &str = r#"
apiVersion: sqlsec/v1
version: 1
masks:
  sensitive: { expression: "Sensitive_field_functions({col})" }
rules:
  - { id: region, type: row_filter, to: { users: [userA] }, on: { table: "*.*.orders" }, filter: "region = 'beijing'" }
  - { id: phone, type: column_mask, to: { users: [userA] }, on: { table: "*.*.user", columns: [phone] }, mask: sensitive }
"#;

const TABLES: &str =
    "CREATE TABLE orders (order_id INT, name STRING, price DECIMAL(10, 2), region STRING);
CREATE TABLE `user` (name STRING, age INT, price DECIMAL(10, 2), phone STRING);";

const SQL: &str = "SELECT o.order_id, u.phone FROM orders AS o LEFT JOIN `user` AS u ON o.name = u.name WHERE u.phone LIKE '1%'";

fn main() {
    let folder = std::env::temp_dir().join(format!("sqlsec-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for audited in [false, true] {
        let mut config =
            serde_json::json!({ "policy": { "text": POLICY }, "catalog": [{ "sql": TABLES }] });
        if audited {
            config["audit"] = serde_json::json!({ "file": "audit.jsonl" });
        }
        let file = folder.join("engine.json");
        std::fs::write(&file, config.to_string()).expect("a file");
        let options = Options {
            config: file,
            listen: "127.0.0.1:0".parse().expect("an address"),
            token: Some("token".to_owned()),
            submitters: Vec::new(),
            records: None,
            tls: None,
            bounds: Bounds::default(),
            tell: Arc::new(|line| println!("{line}")),
        };
        let running = start(options).expect("it starts");
        let what = if audited {
            "with an audit file"
        } else {
            "without audit"
        };
        println!("\n{what}");
        for rate in [1_000, 2_000, 4_000] {
            paced(running.address, rate);
        }
        running.stop();
    }
    let _ = std::fs::remove_dir_all(&folder);
}

/// Sends `rate` requests a second. Each is timed from when it was due: one that had to wait for the answer before it is late, and that counts.
fn paced(address: SocketAddr, rate: u32) {
    let between = Duration::from_secs(1) * CLIENTS / rate;
    let each = rate * SECONDS / CLIENTS;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            std::thread::spawn(move || {
                let mut connection = Connection::open(address);
                connection.ask();
                let begin = Instant::now() + between * client / CLIENTS;
                (0..each)
                    .map(|number| {
                        let due = begin + between * number;
                        let rest = due.saturating_duration_since(Instant::now());
                        std::thread::sleep(rest);
                        // Where it had to wait for an answer, that is the service's.
                        let late = if rest.is_zero() { rest } else { due.elapsed() };
                        connection.ask();
                        (due.elapsed(), late)
                    })
                    .collect::<Vec<(Duration, Duration)>>()
            })
        })
        .collect();
    let (mut times, mut late): (Vec<Duration>, Vec<Duration>) = clients
        .into_iter()
        .flat_map(|client| client.join().expect("a client"))
        .unzip();
    times.sort_unstable();
    late.sort_unstable();
    let at = |times: &[Duration], share: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list"
        )]
        let index = (times.len() as f64 * share) as usize;
        times[index.min(times.len() - 1)]
    };
    println!(
        "{rate:>6} a second: p50 {:>8.1?}  p90 {:>8.1?}  p99 {:>8.1?}  p99.9 {:>8.1?}  ({} requests; the sender was late by p50 {:.1?}, p99 {:.1?})",
        at(&times, 0.5),
        at(&times, 0.9),
        at(&times, 0.99),
        at(&times, 0.999),
        times.len(),
        at(&late, 0.5),
        at(&late, 0.99)
    );
}

/// A connection that is kept.
struct Connection {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    body: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let body = serde_json::json!({ "principal": { "user": "userA" }, "sql": SQL }).to_string();
        let request = format!(
            "POST /v1/check HTTP/1.1\r\nhost: x\r\nauthorization: Bearer token\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("an option");
        Self {
            stream: BufReader::new(stream),
            request: request.into_bytes(),
            body: Vec::new(),
        }
    }

    fn ask(&mut self) {
        self.stream
            .get_mut()
            .write_all(&self.request)
            .expect("a request");
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("a head");
            let head = line.trim_end().to_ascii_lowercase();
            if let Some(value) = head.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if head.is_empty() {
                break;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).expect("a body");
        let text = String::from_utf8_lossy(&self.body);
        assert!(
            text.contains("'beijing'") && text.contains("Sensitive_field_functions"),
            "{text}"
        );
    }
}
