//! Slow, cut, huge, many, stopped: wanted is the right answer or none, and never a hang.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Desk, PROTECTED, ask, check, read, request, send};
use sqlsec::sidecar::{Bounds, Options, start};

const SQL: &str = "SELECT id FROM orders";

fn bounded(desk: &Desk, bounds: Bounds) -> sqlsec::sidecar::Running {
    start(Options {
        bounds,
        ..desk.options()
    })
    .expect("it starts")
}

#[test]
fn a_body_that_is_too_long_is_refused_whether_it_says_so_or_not() {
    let desk = Desk::new("long");
    let bounds = Bounds {
        body: 10_000,
        ..Bounds::default()
    };
    let running = bounded(&desk, bounds);
    let long = format!("{SQL} WHERE region <> '{}'", "x".repeat(20_000));
    let said = check(running.address, "ann", &long);
    assert_eq!((said.status, said.sql()), (413, None));
    // What says that it is too long is not waited for.
    let mut stream = TcpStream::connect(running.address).unwrap();
    let limit = Duration::from_secs(10);
    stream.set_read_timeout(Some(limit)).unwrap();
    let head = "POST /v1/check HTTP/1.1\r\nhost: x\r\ncontent-length: 10001\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 413");
    let mut stream = TcpStream::connect(running.address).unwrap();
    let head = "POST /v1/check HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    for _ in 0..20 {
        // It may have hung up by then.
        if write!(stream, "400\r\n{}\r\n", " ".repeat(1024)).is_err() {
            break;
        }
    }
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    assert!(
        text.is_empty() || text.starts_with("HTTP/1.1 413"),
        "{text}"
    );
    assert_eq!(
        check(running.address, "ann", SQL).sql().as_deref(),
        Some(PROTECTED)
    );
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let desk = Desk::new("slow");
    let bounds = Bounds {
        body_time: Duration::from_millis(300),
        requests: 1,
        ..Bounds::default()
    };
    let running = bounded(&desk, bounds);
    let mut stream = TcpStream::connect(running.address).unwrap();
    let body = request("ann", SQL);
    let head = format!(
        "POST /v1/check HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..10]).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    // Its place is taken, and there is one.
    let other = check(running.address, "ann", SQL);
    assert_eq!((other.status, other.sql()), (503, None));
    assert!(other.head.contains("retry-after: 1"), "{other:?}");
    assert_eq!(read(&mut stream).unwrap().status, 408);
    assert_eq!(
        check(running.address, "ann", SQL).sql().as_deref(),
        Some(PROTECTED)
    );
}

#[test]
fn a_body_that_is_cut_is_no_request() {
    let desk = Desk::new("cut");
    let running = desk.start();
    for cut in [0, 1, 20, 60] {
        let mut stream = TcpStream::connect(running.address).unwrap();
        let body = request("ann", SQL);
        let head = format!(
            "POST /v1/check HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body.as_bytes()[..cut]).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        assert!(
            !text.contains(" 200 ") && !text.contains("SELECT"),
            "{text}"
        );
    }
    let audit = std::fs::read_to_string(desk.file("audit.jsonl")).unwrap();
    assert_eq!(audit, "");
}

#[test]
fn one_connection_too_many_is_closed_and_its_place_comes_free() {
    let desk = Desk::new("connections");
    let bounds = Bounds {
        connections: 2,
        ..Bounds::default()
    };
    let running = bounded(&desk, bounds);
    let held: Vec<TcpStream> = (0..2)
        .map(|_| TcpStream::connect(running.address).unwrap())
        .collect();
    std::thread::sleep(Duration::from_millis(100));
    let mut third = TcpStream::connect(running.address).unwrap();
    let _ = send(&mut third, "POST", "/v1/check", "", &request("ann", SQL));
    assert!(read(&mut third).is_err());
    drop(held);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(
        check(running.address, "ann", SQL).sql().as_deref(),
        Some(PROTECTED)
    );
}

#[test]
fn a_head_that_never_ends_is_hung_up_on() {
    let desk = Desk::new("head");
    let running = desk.start();
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream
        .write_all(b"POST /v1/check HTTP/1.1\r\nhost: x\r\n")
        .unwrap();
    let start = Instant::now();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    let waited = start.elapsed();
    assert!(waited < Duration::from_secs(20), "{waited:?}");
    assert!(!text.contains(" 200 "), "{text}");
}

#[test]
fn a_stop_lets_those_end_whom_it_has_taken() {
    let desk = Desk::new("stop");
    let running = desk.start();
    let address = running.address;
    let mut streams: Vec<TcpStream> = (0..20)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    for stream in &mut streams {
        let many = format!("{SQL};\n").repeat(300);
        send(stream, "POST", "/v1/check", "", &request("ann", &many)).unwrap();
    }
    std::thread::sleep(Duration::from_millis(200));
    running.stop();
    for stream in &mut streams {
        let said = read(stream).expect("an answer");
        assert_eq!(said.sql().unwrap().matches("'north'").count(), 300);
    }
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_thousand_connections_get_their_own_answers() {
    let desk = Desk::new("thousand");
    let running = desk.start();
    let address = running.address;
    let start = Instant::now();
    let mut streams: Vec<TcpStream> = (0..1_000)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let users = ["ann", "bob", "eve"];
    // Not all at once: no more than the service holds places for.
    for (group, streams) in streams.chunks_mut(250).enumerate() {
        for (number, stream) in streams.iter_mut().enumerate() {
            let user = users[(group + number) % 3];
            let body = request(user, &format!("SELECT id, {number} FROM orders"));
            send(stream, "POST", "/v1/check", "", &body).unwrap();
        }
        for (number, stream) in streams.iter_mut().enumerate() {
            let said = read(stream).unwrap();
            match (users[(group + number) % 3], said.sql()) {
                ("ann", Some(sql)) => {
                    assert!(sql.contains("'north'") && sql.contains(&format!(", {number} ")))
                }
                ("bob", Some(sql)) => {
                    assert!(sql.contains("TRUE") && sql.contains(&format!(", {number} ")))
                }
                ("eve", None) => assert!(said.body.contains("no-matching-filter"), "{said:?}"),
                (user, sql) => panic!("{user} got {sql:?}"),
            }
        }
    }
    println!(
        "1,000 open connections: all answered in {:.1?}",
        start.elapsed()
    );
    let metrics = ask(address, "GET", "/metrics", "", "").body;
    assert!(
        metrics.contains("sqlsec_check_seconds_count 1000"),
        "{metrics}"
    );
}
