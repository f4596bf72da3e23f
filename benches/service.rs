//! What a permission service adds to a check once its answer is kept: the same requests to an engine with the same rules, and to a gate with a real
//! service on a socket, side by side in one run.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench stops where it stands, and prints"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use sqlsec::serve::{Options, start};
use sqlsec::source::PolicySource;
use sqlsec::source::remote::{Bounds, Remote, Settings};
use sqlsec::{Catalog, Engine, Gate, Policy, Principal, Request, SubmitCheck};

const POLICY: &str = r#"
apiVersion: sqlsec/v1
version: 1
defaults: { unknown_connector: allow }
masks:
  encrypt: { expression: "Encryption_function({col})" }
rules:
  - { id: region, type: row_filter, to: { users: [userA] }, on: { table: "*.*.orders" }, filter: "region = 'beijing'" }
  - { id: name, type: column_mask, to: { users: [userA] }, on: { table: "*.*.user", columns: [name] }, mask: encrypt }
"#;

const TABLES: &str =
    "CREATE TABLE orders (order_id INT, name STRING, price DECIMAL(10, 2), region STRING);
CREATE TABLE `user` (name STRING, age INT, price DECIMAL(10, 2), phone STRING);";

const SCRIPTS: [(&str, &str); 3] = [
    ("row_filter", "SELECT * FROM orders"),
    ("masks", "SELECT name, age, price, phone FROM `user`"),
    (
        "join",
        "SELECT o.order_id, u.phone FROM orders AS o LEFT JOIN `user` AS u ON o.name = u.name WHERE u.phone LIKE '1%'",
    ),
];

fn request(sql: &str) -> Request {
    let user = Principal {
        user: "userA".to_owned(),
        ..Principal::default()
    };
    Request::new(user, sql)
}

/// The least time of one check by each, of rounds in turn.
fn least(checks: [&dyn SubmitCheck; 3], request: &Request) -> [Duration; 3] {
    const CHECKS: u32 = 200;
    let mut least = [Duration::MAX; 3];
    for _ in 0..101 {
        for (time, check) in least.iter_mut().zip(checks) {
            let began = Instant::now();
            for _ in 0..CHECKS {
                black_box(check.check(request));
            }
            *time = (began.elapsed() / CHECKS).min(*time);
        }
    }
    least
}

fn service(criterion: &mut Criterion) {
    let file = std::env::temp_dir().join(format!("sqlsec-bench-{}.yaml", std::process::id()));
    std::fs::write(&file, POLICY).expect("a file");
    let running = start(Options {
        policy: file.clone(),
        users: None,
        listen: "127.0.0.1:0".parse().expect("an address"),
        token: None,
        max_age: Duration::from_secs(300),
        stale_if_error: Duration::ZERO,
        tell: Arc::new(|_| {}),
    })
    .expect("a service");
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "bench").expect("tables");
    let catalog = Arc::new(catalog);
    let policy = Arc::new(Policy::load(POLICY, "bench").expect("a policy"));
    let settings = Settings::new(format!("http://{}", running.address));
    let remote = Remote::new(&settings, Bounds::default()).expect("settings");
    let local = Engine::with_source(Arc::clone(&policy), Arc::clone(&catalog) as _);
    let whole = Gate::new(
        Arc::new(policy) as Arc<dyn PolicySource>,
        Arc::clone(&catalog) as _,
    );
    let cached = Gate::new(Arc::new(remote), catalog);
    println!(
        "{:<12} {:>10} {:>10} {:>10} {:>12}",
        "script", "engine", "gate", "service", "service adds"
    );
    for (name, sql) in SCRIPTS {
        let request = request(sql);
        let [a, b, c] =
            [&local as &dyn SubmitCheck, &whole, &cached].map(|check| check.check(&request));
        let first = a.decision.sql().expect("allowed");
        assert_eq!([b.decision.sql(), c.decision.sql()], [Some(first); 2]);
        let [engine, gate, service] = least([&local, &whole, &cached], &request);
        let adds = service.as_secs_f64() - engine.as_secs_f64();
        println!(
            "{name:<12} {engine:>10.2?} {gate:>10.2?} {service:>10.2?} {:>9.2} µs",
            adds * 1e6
        );
        let mut group = criterion.benchmark_group(name);
        group.bench_function("engine", |b| b.iter(|| local.check(&request)));
        group.bench_function("service", |b| b.iter(|| cached.check(&request)));
        group.finish();
    }
    std::fs::remove_file(file).ok();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = service
}
criterion_main!(benches);
