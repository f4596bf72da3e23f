//! The fault table: each way in which a service fails closes the table, in bounded time, and says what to do.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{POLICY, Rig, Seen, Server, json, quick, reply};
use sqlsec::source::remote::{Bounds, Settings};

const JSON: &str = "content-type: application/json\r\n";

type Answer = Arc<dyn Fn(usize, &Seen, &mut TcpStream) + Send + Sync>;

/// A fault: its name, what the server does, what the message must say.
struct Fault(&'static str, Answer, &'static str);

fn fault(
    name: &'static str,
    says: &'static str,
    answer: impl Fn(usize, &Seen, &mut TcpStream) + Send + Sync + 'static,
) -> Fault {
    Fault(name, Arc::new(answer), says)
}

fn status(status: &'static str) -> impl Fn(usize, &Seen, &mut TcpStream) + Send + Sync {
    move |_, _, stream| reply(stream, status, JSON, b"{}")
}

/// A reply without a length, which goes on for ever.
fn endless(stream: &mut TcpStream, headers: &str, piece: &[u8], pause: Duration) {
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}\r\n");
    let mut sent = stream.write_all(head.as_bytes());
    while sent.is_ok() {
        sent = stream.write_all(piece).and_then(|()| stream.flush());
        std::thread::sleep(pause);
    }
}

fn faults() -> Vec<Fault> {
    let good = |seen: &Seen| seen.excerpt(POLICY);
    vec![
        fault("says nothing", "did not answer within", |_, _, _| {
            std::thread::sleep(Duration::from_secs(20));
        }),
        fault("hangs up", "cannot be reached", |_, _, _| {}),
        fault(
            "one byte a second",
            "did not answer within",
            |_, _, stream| {
                endless(stream, JSON, b" ", Duration::from_secs(1));
            },
        ),
        fault(
            "one byte of the head a second",
            "did not answer within",
            |_, _, stream| {
                for byte in b"HTTP/1.1 200 OK\r\n" {
                    if stream.write_all(&[*byte]).is_err() {
                        return;
                    }
                    std::thread::sleep(Duration::from_secs(1));
                }
            },
        ),
        fault(
            "body cut before its length",
            "broke off",
            move |_, seen, stream| {
                let body = good(seen);
                let head = format!(
                    "HTTP/1.1 200 OK\r\n{JSON}content-length: {}\r\n\r\n",
                    body.len()
                );
                let half = &body.as_bytes()[..body.len() / 2];
                let _ = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(half));
            },
        ),
        fault("chunked body cut", "broke off", |_, _, stream| {
            let text =
                format!("HTTP/1.1 200 OK\r\n{JSON}transfer-encoding: chunked\r\n\r\n5\r\n{{\"api");
            let _ = stream.write_all(text.as_bytes());
        }),
        fault(
            "body without length cut",
            "not whole JSON",
            move |_, seen, stream| {
                let body = good(seen);
                let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{JSON}\r\n");
                let half = &body.as_bytes()[..body.len() / 2];
                let _ = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(half));
            },
        ),
        fault(
            "YAML, cut between two rules",
            "not whole JSON",
            |_, _, stream| {
                let (cut, _) = POLICY.split_once("  - { id: phone").expect("two rules");
                let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{JSON}\r\n");
                let _ = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(cut.as_bytes()));
            },
        ),
        fault(
            "wrong content type",
            "is `text/plain` and not JSON",
            move |_, seen, stream| {
                reply(
                    stream,
                    "200 OK",
                    "content-type: text/plain\r\n",
                    good(seen).as_bytes(),
                );
            },
        ),
        fault("no content type", "and not JSON", move |_, seen, stream| {
            reply(stream, "200 OK", "", good(seen).as_bytes());
        }),
        fault("HTML with 200", "login page", |_, _, stream| {
            reply(
                stream,
                "200 OK",
                "content-type: text/html\r\n",
                b"<html>Please log in</html>",
            );
        }),
        fault("not UTF-8", "not UTF-8", |_, _, stream| {
            reply(stream, "200 OK", JSON, b"{\"apiVersion\": \"\xff\"}");
        }),
        fault("empty 200", "not whole JSON", |_, _, stream| {
            reply(stream, "200 OK", JSON, b"")
        }),
        fault("null", "does not compile", |_, _, stream| {
            reply(stream, "200 OK", JSON, b"null")
        }),
        fault("empty object", "does not compile", |_, _, stream| {
            reply(stream, "200 OK", JSON, b"{}")
        }),
        fault(
            "no rules at all, nothing said",
            "does not compile",
            |_, _, stream| {
                reply(stream, "200 OK", JSON, b"{\"apiVersion\": \"sqlsec/v1\"}");
            },
        ),
        fault(
            "an answer without rules",
            "does not compile",
            |_, _, stream| {
                let body = "{\"apiVersion\": \"sqlsec/v1\", \"version\": 1, \"defaults\": {\"access\": \"allow\"}}";
                reply(stream, "200 OK", JSON, body.as_bytes());
            },
        ),
        fault(
            "a policy that does not compile",
            "does not compile",
            |_, _, stream| {
                let body = "{\"apiVersion\": \"sqlsec/v1\", \"version\": 1, \"defaults\": {}, \"rules\": [{\"type\": \"row_filter\"}]}";
                reply(stream, "200 OK", JSON, body.as_bytes());
            },
        ),
        fault("500", "status 500", status("500 Internal Server Error")),
        fault("503", "status 503", status("503 Service Unavailable")),
        fault(
            "404",
            "no rules never means no restriction",
            status("404 Not Found"),
        ),
        fault(
            "401",
            "credentials (status 401)",
            status("401 Unauthorized"),
        ),
        fault("403", "credentials (status 403)", status("403 Forbidden")),
        fault("429", "asked too often", status("429 Too Many Requests")),
        fault(
            "204",
            "no status of this contract",
            status("204 No Content"),
        ),
        fault(
            "206",
            "no status of this contract",
            move |_, seen, stream| {
                reply(stream, "206 Partial Content", JSON, good(seen).as_bytes());
            },
        ),
        fault(
            "304 without a first 200",
            "\"not modified\" to a first question",
            status("304 Not Modified"),
        ),
        fault("1 GB promised", "is larger than", |_, _, stream| {
            let head = format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 1073741824\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
            std::thread::sleep(Duration::from_secs(5));
        }),
        fault("a body without end", "is larger than", |_, _, stream| {
            endless(stream, JSON, &[b' '; 65536], Duration::ZERO);
        }),
        fault("gzip bomb", "is larger than", |_, _, stream| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            for _ in 0..512 {
                packed.write_all(&[b' '; 65536]).unwrap();
            }
            let body = packed.finish().unwrap();
            assert!(body.len() < 1_000_000);
            reply(
                stream,
                "200 OK",
                &format!("{JSON}content-encoding: gzip\r\n"),
                &body,
            );
        }),
        fault(
            "gzip that is none",
            "broke off or is damaged",
            |_, _, stream| {
                reply(
                    stream,
                    "200 OK",
                    &format!("{JSON}content-encoding: gzip\r\n"),
                    b"{}{}{}{}{}{}{}",
                );
            },
        ),
        fault(
            "redirects in circles",
            "redirects in circles",
            |_, _, stream| {
                reply(stream, "302 Found", "location: /v1/policies?again\r\n", b"");
            },
        ),
        fault(
            "redirects nowhere",
            "a redirect without a target",
            status("302 Found"),
        ),
        fault("no HTTP at all", "cannot be reached", |_, _, stream| {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n");
        }),
    ]
}

#[test]
fn every_fault_closes_the_table_in_bounded_time_and_says_what_to_do() {
    let mut table = Vec::new();
    let mut running = Vec::new();
    for Fault(name, answer, says) in faults() {
        running.push(std::thread::spawn(move || {
            let server = Server::new(move |number, seen, stream| answer(number, seen, stream));
            let mut settings = Settings {
                largest_answer: 4 * 1024 * 1024,
                ..quick(&server.url)
            };
            // What is about something else than time has time: the machine may be slow.
            settings.patience.total = if says.contains("did not answer") {
                Duration::from_millis(800)
            } else {
                Duration::from_secs(20)
            };
            let rig = Rig::new(&settings, Bounds::default());
            let began = Instant::now();
            let said = rig.ann().expect_err(name);
            let took = began.elapsed();
            assert!(said.contains(says), "{name}: {said}");
            assert!(said.contains(&server.url), "{name}: {said}");
            assert_eq!(rig.remote.kept(), 0, "{name}: an error is kept");
            (name, took, said)
        }));
    }
    for thread in running {
        let (name, took, said) = thread.join().expect("the fault is closed");
        assert!(took < Duration::from_secs(60), "{name} took {took:?}");
        table.push(format!("{name:<36} closed  {said}"));
    }
    println!("{}", table.join("\n"));
}

#[test]
fn down_at_start_is_no_leave_and_up_again_is() {
    // A port that nobody listens on.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let rig = Rig::at(&format!("http://{address}"));
    let said = rig.ann().expect_err("closed");
    assert!(
        said.contains("is it running, and is the address right?"),
        "{said}"
    );
    let listener = TcpListener::bind(address).unwrap();
    let _server = Server::on(listener, |_, seen, stream| {
        json(stream, "max-age=30", &seen.excerpt(POLICY));
    });
    rig.ann().expect("it is there");
}

#[test]
fn a_proxy_is_asked_where_one_is_set() {
    let proxy = Server::good(POLICY);
    let settings = Settings {
        proxy: Some(proxy.url.clone()),
        plain: true,
        ..quick("http://rules.invalid/sqlsec")
    };
    Rig::new(&settings, Bounds::default())
        .ann()
        .expect("through the proxy");
    let seen = proxy.seen.lock().unwrap();
    let line = &seen[0].line;
    assert!(
        line.starts_with("GET http://rules.invalid/sqlsec/v1/policies?user=ann&"),
        "{line}"
    );
}

#[test]
fn down_later_the_rules_hold_for_their_time_and_no_longer() {
    let server = Server::new(|number, seen, stream| match number {
        0 => json(
            stream,
            "max-age=30, stale-if-error=3600",
            &seen.excerpt(POLICY),
        ),
        _ => reply(stream, "503 Service Unavailable", JSON, b"{}"),
    });
    // The operator did not ask for stale rules: what the service allows does not count.
    let rig = Rig::at(&server.url);
    rig.ann().expect("fresh");
    rig.forward(20);
    rig.ann().expect("fresh");
    rig.forward(11);
    assert!(rig.ann().expect_err("closed").contains("status 503"));
}

#[test]
fn stale_rules_are_used_where_the_operator_chose_so_and_say_so() {
    let server = Server::new(|number, seen, stream| match number {
        0 => json(
            stream,
            "max-age=30, stale-if-error=100",
            &seen.excerpt(POLICY),
        ),
        _ => reply(stream, "503 Service Unavailable", JSON, b"{}"),
    });
    let bounds = Bounds {
        stale: Duration::from_secs(600),
        ..Bounds::default()
    };
    let rig = Rig::new(&quick(&server.url), bounds);
    let stamp = rig.check("ann", "SELECT id FROM a").policy;
    assert_eq!(
        (stamp.version, stamp.age_s, stamp.stale),
        (7, Some(0), false)
    );
    rig.forward(60);
    let reply = rig.check("ann", "SELECT id FROM a");
    assert_eq!(reply.decision.sql(), Some(super::PROTECTED));
    assert_eq!((reply.policy.age_s, reply.policy.stale), (Some(60), true));
    // The shorter of the two bounds counts.
    rig.forward(71);
    rig.ann().expect_err("closed");
}

#[test]
fn a_service_that_answers_with_no_or_nonsense_makes_nothing_stale() {
    for (status, headers, body) in [
        ("401 Unauthorized", JSON, "{}"),
        ("403 Forbidden", JSON, "{}"),
        ("404 Not Found", JSON, "{}"),
        ("400 Bad Request", JSON, "{}"),
        ("200 OK", "content-type: text/html\r\n", "<html>"),
        ("200 OK", JSON, "{}"),
    ] {
        let server = Server::new(move |number, seen, stream| match number {
            0 => json(
                stream,
                "max-age=30, stale-if-error=600",
                &seen.excerpt(POLICY),
            ),
            _ => reply(stream, status, headers, body.as_bytes()),
        });
        let bounds = Bounds {
            stale: Duration::from_secs(600),
            ..Bounds::default()
        };
        let rig = Rig::new(&quick(&server.url), bounds);
        rig.ann().expect("fresh");
        rig.forward(60);
        rig.ann().expect_err(status);
    }
}

#[test]
fn what_all_lines_of_a_header_say_counts() {
    let server = Server::new(|_, seen, stream| {
        let headers = format!("{JSON}cache-control: max-age=300\r\ncache-control: no-store\r\n");
        reply(stream, "200 OK", &headers, seen.excerpt(POLICY).as_bytes());
    });
    let rig = Rig::at(&server.url);
    rig.ann().expect("allowed");
    rig.ann().expect("allowed");
    assert_eq!(server.asked(), 2);
}

#[test]
fn a_question_too_long_for_an_address_goes_as_a_form() {
    let server = Server::good(POLICY);
    let rig = Rig::at(&server.url);
    let mut request = super::request("ann", "SELECT id FROM a");
    request.principal.groups = (0..3000).map(|n| format!("group {n} & more")).collect();
    let reply = sqlsec::SubmitCheck::check(&rig.gate, &request);
    assert_eq!(reply.decision.sql(), Some(super::PROTECTED));
    let seen = server.seen.lock().unwrap();
    assert!(
        seen[0].line.starts_with("POST /v1/policies HTTP/1.1"),
        "{}",
        seen[0].line
    );
    assert_eq!(seen[0].pairs().len(), 3002);
}

#[test]
fn a_question_with_a_body_does_not_lose_it_on_its_way() {
    use sqlsec::source::opa::Paths;
    use sqlsec::source::remote::Speaks;
    for (status, followed) in [
        ("301 Moved Permanently", false),
        ("302 Found", false),
        ("303 See Other", false),
        ("307 Temporary Redirect", true),
    ] {
        let server = Server::new(move |_, seen, stream| {
            if seen.line.contains("/moved") {
                assert!(seen.line.starts_with("POST ") && seen.body.contains("\"input\""));
                return reply(stream, "200 OK", JSON, b"{\"result\": {}}");
            }
            reply(stream, status, "location: /moved\r\n", b"");
        });
        let settings = Settings {
            contract: Speaks::Opa {
                paths: Paths::combined("sqlsec"),
            },
            ..quick(&server.url)
        };
        let said = Rig::new(&settings, Bounds::default())
            .ann()
            .expect_err("closed");
        let expected = if followed {
            "is no sqlsec/v1 document"
        } else {
            "a redirect without a target"
        };
        assert!(said.contains(expected), "{status}: {said}");
    }
}

#[test]
fn an_opa_whose_policy_changes_between_its_requests_is_asked_until_it_stands_still() {
    use sqlsec::source::opa::Paths;
    use sqlsec::source::remote::Speaks;
    // The access was granted, and the filters of before belong to a policy that granted nothing.
    let torn = |changes: usize| {
        let server = Server::new(move |number, seen, stream| {
            let after = number >= changes;
            let result = if seen.body.contains("GetRowFilters") {
                if after {
                    "[{\"expression\": \"region = 'north'\"}]"
                } else {
                    "[]"
                }
            } else if seen.body.contains("GetColumnMask") {
                "[]"
            } else if after || number == 0 {
                "true"
            } else {
                "false"
            };
            reply(
                stream,
                "200 OK",
                JSON,
                format!("{{\"result\": {result}, \"decision_id\": \"{number}\"}}").as_bytes(),
            );
        });
        let settings = Settings {
            contract: Speaks::Opa {
                paths: Paths::trino("sqlsec"),
            },
            ..quick(&server.url)
        };
        (Rig::new(&settings, Bounds::default()), server)
    };
    let (rig, server) = torn(2);
    let reply = rig.check("ann", "SELECT id FROM a");
    let sql = reply.decision.sql().expect("allowed");
    assert!(sql.contains("region = 'north'"), "{sql}");
    assert_eq!(server.asked(), 9, "three rounds of three");
}

#[test]
fn plain_http_to_another_machine_has_to_be_asked_for() {
    for url in [
        "http://rules.corp",
        "http://10.0.0.1:8181",
        "http://localhost.evil.example",
    ] {
        let error = sqlsec::source::remote::Remote::new(&Settings::new(url), Bounds::default());
        let said = error.map(|_| ()).expect_err(url).to_string();
        assert!(said.contains("plain HTTP to another machine"), "{said}");
        let plain = Settings {
            plain: true,
            ..Settings::new(url)
        };
        assert!(sqlsec::source::remote::Remote::new(&plain, Bounds::default()).is_ok());
    }
    for url in [
        "http://localhost:1",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "https://rules.corp",
    ] {
        assert!(
            sqlsec::source::remote::Remote::new(&Settings::new(url), Bounds::default()).is_ok(),
            "{url}"
        );
    }
}

#[test]
fn a_failure_on_the_way_is_asked_again() {
    let server = Server::new(|number, seen, stream| match number {
        0 => reply(stream, "503 Service Unavailable", JSON, b"{}"),
        _ => json(stream, "max-age=30", &seen.excerpt(POLICY)),
    });
    let rig = Rig::at(&server.url);
    rig.ann().expect("the second attempt");
    assert_eq!(server.asked(), 2);
}

#[test]
fn a_service_that_fails_again_and_again_is_left_alone_and_tried_later() {
    let server = Server::new(|number, seen, stream| match number {
        0..=2 => reply(stream, "500 Internal Server Error", JSON, b"{}"),
        _ => json(stream, "max-age=30", &seen.excerpt(POLICY)),
    });
    let mut settings = quick(&server.url);
    settings.patience.retries = 0;
    settings.patience.failures = 3;
    let rig = Rig::new(&settings, Bounds::default());
    for _ in 0..3 {
        assert!(rig.ann().expect_err("closed").contains("status 500"));
    }
    for _ in 0..5 {
        let said = rig.ann().expect_err("closed");
        assert!(said.contains("failed 3 times in a row"), "{said}");
    }
    assert_eq!(server.asked(), 3, "it is left alone");
    rig.forward(6);
    rig.ann().expect("tried again");
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let thief = Server::good(POLICY);
    let away = format!("location: {}/v1/policies?user=ann\r\n", thief.url);
    let server =
        Server::new(move |_, _, stream| reply(stream, "307 Temporary Redirect", &away, b""));
    let mut settings = quick(&server.url);
    settings.auth = sqlsec::source::remote::Auth::Bearer {
        token: sqlsec::source::remote::Secret::new("s3cret"),
    };
    let said = Rig::new(&settings, Bounds::default())
        .ann()
        .expect_err("closed");
    assert!(said.contains("redirects to another host"), "{said}");
    assert_eq!(thief.asked(), 0, "nobody else is asked");
}

#[test]
fn a_redirect_on_the_same_host_is() {
    let server = Server::new(|_, seen, stream| {
        if seen.line.contains("/moved/") {
            return json(stream, "max-age=30", &seen.excerpt(POLICY));
        }
        let target = seen.line.split(' ').nth(1).unwrap().to_owned();
        reply(
            stream,
            "308 Permanent Redirect",
            &format!("location: /moved{target}\r\n"),
            b"",
        );
    });
    Rig::at(&server.url).ann().expect("followed");
}
