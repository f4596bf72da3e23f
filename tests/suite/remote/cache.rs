//! What is kept: one request for many who wait, ages, versions, and the weight of it all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{POLICY, Rig, Server, json, quick, reply};
use sqlsec::source::remote::Bounds;

/// The rules under another version, which show another region.
fn edition(version: u64) -> String {
    POLICY
        .replace("version: 7", &format!("version: {version}"))
        .replace("'north'", &format!("'r{version}'"))
}

#[test]
fn a_hundred_threads_on_one_cold_key_are_one_request() {
    let server = Server::new(|_, seen, stream| {
        std::thread::sleep(Duration::from_millis(200));
        json(stream, "max-age=30", &seen.excerpt(POLICY));
    });
    let mut settings = quick(&server.url);
    settings.patience.total = Duration::from_secs(20);
    let rig = Arc::new(Rig::new(&settings, Bounds::default()));
    let threads: Vec<_> = (0..100)
        .map(|_| {
            let rig = Arc::clone(&rig);
            std::thread::spawn(move || rig.ann().expect("allowed"))
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    assert_eq!(server.asked(), 1);
}

#[test]
fn a_hundred_threads_before_a_dead_service_wait_once() {
    let server = Server::new(|_, _, _| std::thread::sleep(Duration::from_secs(20)));
    let mut settings = quick(&server.url);
    settings.patience.total = Duration::from_secs(1);
    let rig = Arc::new(Rig::new(&settings, Bounds::default()));
    let began = Instant::now();
    let threads: Vec<_> = (0..100)
        .map(|_| {
            let rig = Arc::clone(&rig);
            std::thread::spawn(move || rig.ann().expect_err("closed"))
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    // Each for itself would take more than a minute.
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn an_answer_is_asked_for_again_when_its_time_is_over_and_confirmed_by_its_tag() {
    let server = Server::new(|_, seen, stream| match seen.header("if-none-match") {
        None => json(stream, "max-age=30", &seen.excerpt(POLICY)),
        Some(tag) => {
            assert_eq!(tag, "\"e\"");
            reply(
                stream,
                "304 Not Modified",
                "cache-control: max-age=30\r\n",
                b"",
            );
        }
    });
    let rig = Rig::at(&server.url);
    for _ in 0..3 {
        rig.ann().expect("allowed");
    }
    assert_eq!(server.asked(), 1);
    rig.forward(31);
    rig.ann().expect("confirmed");
    assert_eq!(server.asked(), 2);
    // Confirmed means young again.
    rig.forward(20);
    assert_eq!(rig.check("ann", "SELECT id FROM a").policy.age_s, Some(20));
    assert_eq!(server.asked(), 2);
}

#[test]
fn an_answer_that_is_soon_too_old_is_renewed_while_nobody_waits() {
    let server = Server::good(POLICY);
    let rig = Rig::at(&server.url);
    rig.ann().expect("allowed");
    rig.forward(25);
    assert_eq!(rig.check("ann", "SELECT id FROM a").policy.age_s, Some(25));
    let began = Instant::now();
    while rig.check("ann", "SELECT id FROM a").policy.age_s != Some(0) {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "it is not renewed"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.asked(), 2);
}

#[test]
fn a_refusal_is_kept_for_a_shorter_time_than_a_grant() {
    let server = Server::good(POLICY);
    let rig = Rig::at(&server.url);
    let denied = |rig: &Rig| {
        let reply = rig.check("sam", "SELECT id FROM a");
        assert!(reply.decision.sql().is_none());
    };
    denied(&rig);
    denied(&rig);
    assert_eq!(server.asked(), 1);
    rig.forward(6);
    denied(&rig);
    assert_eq!(server.asked(), 2);
}

#[test]
fn a_clock_that_steps_back_and_forth_makes_nothing_young() {
    let server = Server::good(POLICY);
    let rig = Rig::at(&server.url);
    rig.ann().expect("allowed");
    // Back: nothing is known of the answer's age, so it is asked for again.
    rig.clock.set(Duration::from_secs(10));
    rig.ann().expect("allowed");
    assert_eq!(server.asked(), 2);
    rig.clock.set(Duration::from_secs(5_000_000));
    rig.ann().expect("allowed");
    assert_eq!(server.asked(), 3);
    rig.ann().expect("allowed");
    assert_eq!(server.asked(), 3);
}

#[test]
fn rules_do_not_go_back() {
    let version = Arc::new(AtomicU64::new(8));
    let now = Arc::clone(&version);
    let server = Server::new(move |_, seen, stream| {
        json(
            stream,
            "max-age=30",
            &seen.excerpt(&edition(now.load(Ordering::SeqCst))),
        );
    });
    let rig = Rig::at(&server.url);
    let sql = |rig: &Rig| {
        let reply = rig.check("ann", "SELECT id FROM a");
        let sql = reply.decision.sql().map(str::to_owned);
        sql.ok_or_else(|| reply.decision.errors()[0].message.clone())
    };
    assert!(sql(&rig).expect("allowed").contains("'r8'"));
    version.store(7, Ordering::SeqCst);
    rig.forward(31);
    let said = sql(&rig).expect_err("closed");
    assert!(said.contains("went back from version 8 to 7"), "{said}");
    // Also for what was never asked before.
    let other = rig.check("ann", "SELECT id FROM b");
    assert!(other.decision.errors()[0].message.contains("went back"));
    version.store(9, Ordering::SeqCst);
    assert!(sql(&rig).expect("allowed").contains("'r9'"));
    // Nor for another one that is told what the first has seen.
    let next = Rig::at(&server.url);
    drop(next.remote.clone().at_least(10));
    let said = sql(&next).expect_err("closed");
    assert!(said.contains("went back from version 10 to 9"), "{said}");
    version.store(10, Ordering::SeqCst);
    assert!(sql(&next).expect("allowed").contains("'r10'"));
}

#[test]
fn a_server_that_stayed_behind_cannot_confirm_what_is_older_than_others_gave() {
    let version = Arc::new(AtomicU64::new(7));
    let now = Arc::clone(&version);
    let server = Server::new(move |_, seen, stream| match seen.header("if-none-match") {
        Some(_) => reply(
            stream,
            "304 Not Modified",
            "cache-control: max-age=30\r\n",
            b"",
        ),
        None => json(
            stream,
            "max-age=30",
            &seen.excerpt(&edition(now.load(Ordering::SeqCst))),
        ),
    });
    let rig = Rig::at(&server.url);
    assert!(
        rig.check("ann", "SELECT id FROM a")
            .decision
            .sql()
            .is_some()
    );
    version.store(8, Ordering::SeqCst);
    assert!(
        rig.check("ann", "SELECT id FROM b")
            .decision
            .sql()
            .is_some()
    );
    rig.forward(31);
    let reply = rig.check("ann", "SELECT id FROM a");
    assert!(reply.decision.sql().expect("allowed").contains("'r8'"));
}

#[test]
fn a_script_is_judged_by_one_version_though_the_rules_change_between_its_statements() {
    let server = Server::new(|number, seen, stream| {
        json(
            stream,
            "no-store",
            &seen.excerpt(&edition(10 + number as u64)),
        );
    });
    let rig = Rig::at(&server.url);
    for round in 0..3_u64 {
        let script = "SELECT id FROM a; SELECT id FROM b; SELECT region FROM a";
        let reply = rig.check("ann", script);
        let sql = reply.decision.sql().expect("allowed");
        let expected = format!("'r{}'", 10 + round);
        assert_eq!(sql.matches(&expected).count(), 2, "{sql}");
        assert_eq!(reply.policy.version, 10 + round);
    }
    assert_eq!(server.asked(), 3);
}

#[test]
fn ten_thousand_users_pass_through_a_small_cache() {
    let server = Server::good(POLICY);
    let bounds = Bounds {
        weight: 200 * 1024,
        ..Bounds::default()
    };
    let mut settings = quick(&server.url);
    settings.patience.total = Duration::from_secs(20);
    settings.patience.connect = Duration::from_secs(20);
    let rig = Arc::new(Rig::new(&settings, bounds));
    let threads: Vec<_> = (0..4_usize)
        .map(|part| {
            let rig = Arc::clone(&rig);
            std::thread::spawn(move || {
                for user in (part..10_000).step_by(4) {
                    let reply = rig.check(&format!("user{user}"), "SELECT phone FROM b");
                    let sql = reply.decision.sql().expect("allowed");
                    assert!(sql.contains("CAST(NULL AS STRING) AS `phone`"), "{sql}");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    assert_eq!(server.asked(), 10_000);
    let kept = rig.remote.kept();
    assert!(kept > 0 && kept < 200, "{kept} answers are kept");
    // Nobody has the answer of somebody else.
    assert!(
        rig.check("sam", "SELECT id FROM a")
            .decision
            .sql()
            .is_none()
    );
    rig.ann().expect("allowed");
}
