//! Killed and started again under load: no wrong answer, and no open one.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::command::Served;
use super::{Desk, request};

/// What all clients saw.
#[derive(Default)]
struct Seen {
    right: AtomicUsize,
    /// Those of them that were told to come again.
    later: AtomicUsize,
    none: AtomicUsize,
}

/// A connection that is kept, as long as the other side keeps it.
struct Kept(Option<BufReader<TcpStream>>);

impl Kept {
    fn send(&mut self, address: SocketAddr, body: &str) -> std::io::Result<()> {
        let stream = match &mut self.0 {
            Some(stream) => stream,
            none => {
                let stream = TcpStream::connect(address)?;
                stream.set_read_timeout(Some(Duration::from_secs(20)))?;
                none.insert(BufReader::new(stream))
            }
        };
        let length = body.len();
        let text =
            format!("POST /v1/check HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}");
        std::io::Write::write_all(stream.get_mut(), text.as_bytes())
    }

    /// Status and body.
    fn read(&mut self) -> std::io::Result<(u16, String)> {
        let none = || std::io::Error::other("no reply");
        let stream = self.0.as_mut().ok_or_else(none)?;
        let (mut status, mut length, mut line) = (None, None, String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Err(none());
            }
            let head = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = head.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|word| word.parse().ok());
            }
            if let Some(rest) = head.strip_prefix("content-length:") {
                length = rest.trim().parse().ok();
            }
            if head.is_empty() {
                break;
            }
        }
        let (status, length) = status.zip(length).ok_or_else(none)?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok((status, String::from_utf8(body).expect("UTF-8")))
    }
}

/// Whether it is the answer to this request, of this user.
fn judge(number: usize, status: u16, body: &str, seen: &Seen) {
    let user = user(number);
    let reply: serde_json::Value = serde_json::from_str(body).expect("a whole document");
    let own = |sql: &str| sql.contains(&format!("SELECT id, {number} "));
    let right = match (status, user, reply["sql"].as_str()) {
        (200, "ann", Some(sql)) => sql.contains("'north'") && own(sql),
        (200, "bob", Some(sql)) => sql.contains("TRUE") && own(sql),
        (200, "eve", None) => reply["errors"][0]["code"] == "no-matching-filter",
        (503, _, None) => {
            seen.later.fetch_add(1, Ordering::Relaxed);
            true
        }
        _ => false,
    };
    assert!(right, "{user} got {status} {body}");
    seen.right.fetch_add(1, Ordering::Relaxed);
}

fn user(number: usize) -> &'static str {
    ["ann", "bob", "eve"][number % 3]
}

/// A request on each of some connections, then their answers.
fn round(address: SocketAddr, held: &mut [Kept], number: &mut usize, seen: &Seen) {
    let first = *number;
    let mut lost = 0;
    for connection in &mut *held {
        let sql = format!("SELECT id, {number} FROM orders");
        if connection
            .send(address, &request(user(*number), &sql))
            .is_err()
        {
            connection.0 = None;
        }
        *number += 1;
    }
    for (number, connection) in (first..).zip(held) {
        match connection.read() {
            Ok((status, body)) => judge(number, status, &body, seen),
            // A reply that was cut in the middle is none: a client sees that by its length.
            Err(_) => {
                connection.0 = None;
                lost += 1;
            }
        }
    }
    seen.none.fetch_add(lost, Ordering::Relaxed);
    if lost > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Lets the clients end, also where the one who kills has failed.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Five kills while so many threads hold so many connections each; right answers, and those that none was given to.
fn killed(desk: &Desk, threads: usize, held: usize) -> (usize, usize) {
    let first = Served::start(desk, &["--listen", "127.0.0.1:0"]);
    let address = first.address;
    let seen = Seen::default();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (seen, over) = (&seen, &over);
            scope.spawn(move || {
                let mut connections: Vec<Kept> = (0..held).map(|_| Kept(None)).collect();
                let mut number = thread * 1_000_000;
                while !over.load(Ordering::Relaxed) {
                    round(address, &mut connections, &mut number, seen);
                }
            });
        }
        let _over = Over(&over);
        let mut served = first;
        for _ in 0..5 {
            let before = seen.right.load(Ordering::Relaxed);
            super::until("it is under load", || {
                seen.right.load(Ordering::Relaxed) > before + threads * held / 2
            });
            let listen = address.to_string();
            // SIGKILL: nothing is put in order.
            served.child.kill().unwrap();
            served.child.wait().unwrap();
            std::thread::sleep(Duration::from_millis(100));
            served = Served::start(desk, &["--listen", &listen]);
        }
        std::thread::sleep(Duration::from_millis(400));
    });
    let right = seen.right.into_inner();
    let (later, none) = (seen.later.into_inner(), seen.none.into_inner());
    println!(
        "{} connections, killed five times: {right} right answers, {later} of them to come again, {none} without one, 0 wrong",
        threads * held
    );
    (right - later, none)
}

#[test]
fn killed_under_load_it_never_answers_wrongly() {
    let desk = Desk::new("load");
    let (decided, none) = killed(&desk, 8, 1);
    assert!(decided > 40 && none > 0, "{decided} decided, {none} not");
    // What was allowed was on record before it was said.
    let audit = std::fs::read_to_string(desk.file("audit.jsonl")).unwrap();
    let whole = audit
        .lines()
        .filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
    assert!(whole.count() >= decided.saturating_sub(1));
}

#[test]
fn killed_with_a_thousand_connections_it_never_answers_wrongly() {
    let desk = Desk::new("load-thousand");
    let (decided, none) = killed(&desk, 20, 50);
    assert!(decided > 500 && none > 0, "{decided} decided, {none} not");
}
