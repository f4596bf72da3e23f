//! Connections with bounds that are short enough to be waited for.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;

use super::*;

const LONG: Duration = Duration::from_secs(60);

const TERMS: Terms = Terms {
    connections: 8,
    when_full: WhenFull::Close,
    head: LONG,
    answer: None,
    life: LONG,
    last: LONG,
    grace: LONG,
};

fn service(terms: Terms) -> Running {
    watched(terms, || {})
}

fn watched(terms: Terms, look: impl FnMut() + Send + 'static) -> Running {
    let service = Service {
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        terms,
        threads: Some(1),
    };
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        "slow"
    };
    let app = |stopping: &Stopping| {
        assert!(!stopping.is_asked());
        let router = Router::new().route("/", get(|| async { "here" }));
        router.route("/slow", get(slow))
    };
    service.start(app, look).expect("it starts")
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

fn send(stream: &mut TcpStream, path: &str) -> std::io::Result<()> {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
}

/// All that comes until the other side ends it.
fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8(text).unwrap()
}

/// One answer; nothing where the connection has ended.
fn answer(stream: &mut TcpStream, ends_with: &str) -> Option<String> {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(ends_with.as_bytes()) {
        match stream.read(&mut byte) {
            Ok(1) => text.push(byte[0]),
            Ok(_) | Err(_) => return None,
        }
    }
    Some(String::from_utf8(text).unwrap())
}

#[test]
fn one_too_many_is_closed_or_waits_as_the_service_wants_it() {
    for when_full in [WhenFull::Close, WhenFull::Wait] {
        let running = service(Terms {
            connections: 1,
            when_full,
            ..TERMS
        });
        let mut first = connect(running.address);
        send(&mut first, "/").unwrap();
        assert!(answer(&mut first, "here").is_some());
        let mut second = connect(running.address);
        let _ = send(&mut second, "/");
        match when_full {
            WhenFull::Close => assert!(answer(&mut second, "here").is_none()),
            WhenFull::Wait => {
                second
                    .set_read_timeout(Some(Duration::from_millis(300)))
                    .unwrap();
                assert!(answer(&mut second, "here").is_none());
                second.set_read_timeout(Some(LONG)).unwrap();
                drop(first);
                assert!(answer(&mut second, "here").is_some());
            }
        }
    }
}

#[test]
fn a_connection_has_a_longest_life_and_its_last_answer_is_whole() {
    let running = service(Terms {
        life: Duration::from_millis(300),
        ..TERMS
    });
    let mut stream = connect(running.address);
    send(&mut stream, "/").unwrap();
    assert!(answer(&mut stream, "here").is_some());
    send(&mut stream, "/slow").unwrap();
    assert!(rest(&mut stream).ends_with("slow"));
    let mut idle = connect(running.address);
    send(&mut idle, "/").unwrap();
    let began = Instant::now();
    assert!(rest(&mut idle).ends_with("here"));
    assert!(began.elapsed() < LONG / 2);
}

#[test]
fn an_answer_that_takes_too_long_is_another_one_and_ends_the_connection() {
    let running = service(Terms {
        answer: Some((Duration::from_millis(100), || {
            StatusCode::REQUEST_TIMEOUT.into_response()
        })),
        ..TERMS
    });
    let mut stream = connect(running.address);
    send(&mut stream, "/slow").unwrap();
    let said = rest(&mut stream);
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
}

#[test]
fn a_stop_waits_for_what_was_taken_and_no_longer_than_its_grace() {
    for (grace, whole) in [(LONG, true), (Duration::from_millis(50), false)] {
        let running = service(Terms { grace, ..TERMS });
        let address = running.address;
        let mut stream = connect(address);
        send(&mut stream, "/").unwrap();
        assert!(answer(&mut stream, "here").is_some());
        send(&mut stream, "/slow").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let began = Instant::now();
        running.stop();
        assert!(began.elapsed() < LONG / 2);
        assert_eq!(rest(&mut stream).ends_with("slow"), whole);
        assert!(TcpStream::connect(address).is_err());
    }
}

#[test]
fn a_stop_does_not_wait_for_who_has_asked_nothing() {
    let running = service(TERMS);
    let silent = connect(running.address);
    let mut idle = connect(running.address);
    send(&mut idle, "/").unwrap();
    assert!(answer(&mut idle, "here").is_some());
    std::thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    running.stop();
    assert!(began.elapsed() < LONG / 6);
    drop((silent, idle));
}

#[test]
fn a_head_may_not_fill_the_memory() {
    let running = service(TERMS);
    let ask = |length: usize| {
        let mut stream = connect(running.address);
        let head = format!(
            "GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\nconnection: close\r\n\r\n",
            "x".repeat(length)
        );
        // It may have hung up by then.
        let _ = stream.write_all(head.as_bytes());
        rest(&mut stream)
    };
    assert!(ask(60 << 10).ends_with("here"));
    let said = ask(300 << 10);
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 431 "),
        "{said}"
    );
}

#[test]
fn a_service_that_does_not_see_its_files_any_more_ends_and_says_so() {
    let mut looks = 0;
    let running = watched(TERMS, move || {
        looks += 1;
        assert!(looks < 2, "asked for");
    });
    let address = running.address;
    let fallen = running.wait().unwrap_err();
    assert!(fallen.to_string().contains("watches"), "{fallen}");
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_look_that_hangs_does_not_keep_the_only_thread_that_answers() {
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let running = watched(TERMS, move || {
        let _ = gone.recv();
    });
    std::thread::sleep(Duration::from_millis(100));
    let mut stream = connect(running.address);
    send(&mut stream, "/").unwrap();
    assert!(answer(&mut stream, "here").is_some());
    drop(go);
    running.stop();
}
