//! Killed and started again under load: no wrong answer, and no open one.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::command::Served;
use super::{Desk, read, request, send};

/// What one client saw.
#[derive(Default)]
struct Seen {
    right: AtomicUsize,
    none: AtomicUsize,
}

fn client(address: SocketAddr, number: usize, seen: &Seen) {
    let user = ["ann", "bob", "eve"][number % 3];
    let sql = format!("SELECT id, {number} FROM orders");
    let answer = TcpStream::connect(address).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        send(&mut stream, "POST", "/v1/check", "", &request(user, &sql))?;
        stream.flush()?;
        read(&mut stream)
    });
    let Ok(said) = answer else {
        seen.none.fetch_add(1, Ordering::Relaxed);
        return;
    };
    // A reply that was cut in the middle is no JSON: a client sees that.
    let Ok(reply) = serde_json::from_str::<serde_json::Value>(&said.body) else {
        seen.none.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let sql = reply["sql"].as_str();
    let right = match (said.status, user, sql) {
        (200, "ann", Some(sql)) => sql.contains("'north'") && sql.contains(&format!(", {number} ")),
        (200, "bob", Some(sql)) => sql.contains("TRUE") && sql.contains(&format!(", {number} ")),
        (200, "eve", None) => reply["errors"][0]["code"] == "no-matching-filter",
        (503, _, None) => true,
        _ => false,
    };
    assert!(right, "{user} got {said:?}");
    seen.right.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn killed_under_load_it_never_answers_wrongly() {
    let desk = Desk::new("load");
    let first = Served::start(&desk, &["--listen", "127.0.0.1:0"]);
    let address = first.address;
    let seen = Seen::default();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (seen, over) = (&seen, &over);
            scope.spawn(move || {
                let mut number = thread;
                while !over.load(Ordering::Relaxed) {
                    client(address, number, seen);
                    number += 8;
                }
            });
        }
        let mut served = first;
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(400));
            let listen = address.to_string();
            // SIGKILL: nothing is put in order.
            served.child.kill().unwrap();
            served.child.wait().unwrap();
            std::thread::sleep(Duration::from_millis(100));
            served = Served::start(&desk, &["--listen", &listen]);
        }
        std::thread::sleep(Duration::from_millis(400));
        over.store(true, Ordering::Relaxed);
        drop(served);
    });
    let (right, none) = (seen.right.into_inner(), seen.none.into_inner());
    println!("killed five times under load: {right} right answers, {none} without one, 0 wrong");
    assert!(
        right > 100 && none > 0,
        "{right} right, {none} without an answer"
    );
    // What was allowed was on record before it was said.
    let audit = std::fs::read_to_string(desk.file("audit.jsonl")).unwrap();
    let whole = audit
        .lines()
        .filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
    assert!(whole.count() >= right.saturating_sub(1));
}
