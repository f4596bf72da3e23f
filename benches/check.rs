//! What a submitter waits for, beside one bare sqlparser tokenise + parse of the same text in the same run: the ratio holds on any machine.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench stops where it stands, and prints"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlsec::syntax::{Limits, Script};
use sqlsec::{Catalog, Engine, FlinkVersion, Policy, Principal, Request, Style, SubmitCheck};

/// A text, and an engine that knows its tables.
struct Scenario {
    name: &'static str,
    /// Texts that are handed in one after the other.
    texts: Vec<String>,
    engine: Engine,
    style: Style,
}

fn engine(policy: &str, ddl: &str) -> Engine {
    let mut catalog = Catalog::default();
    catalog.add_sql(ddl, "bench").expect("DDL of the bench");
    Engine::new(
        Policy::load(policy, "bench").expect("policy of the bench"),
        catalog,
    )
}

const SEED_POLICY: &str = r#"
apiVersion: sqlsec/v1
version: 1
defaults: { unknown_connector: allow }
masks:
  encrypt: { expression: "Encryption_function({col})" }
  sensitive: { expression: "Sensitive_field_functions({col})" }
rules:
  - { id: region, type: row_filter, to: { users: [userA] }, on: { table: "*.*.orders" }, filter: "region = 'beijing'" }
  - { id: name, type: column_mask, to: { users: [userA] }, on: { table: "*.*.user", columns: [name] }, mask: encrypt }
  - { id: phone, type: column_mask, to: { users: [userA] }, on: { table: "*.*.user", columns: [phone] }, mask: sensitive }
"#;

const SEED_TABLES: &str =
    "CREATE TABLE orders (order_id INT, name STRING, price DECIMAL(10, 2), region STRING);
CREATE TABLE `user` (name STRING, age INT, price DECIMAL(10, 2), phone STRING);
CREATE TABLE sink (order_id INT, name STRING);";

fn seed() -> Vec<Scenario> {
    let one = |name, sql: &str| Scenario {
        name,
        texts: vec![sql.to_owned()],
        engine: engine(SEED_POLICY, SEED_TABLES),
        style: Style::Derived,
    };
    let insert = "INSERT INTO sink SELECT o.order_id, u.name FROM orders AS o LEFT JOIN `user` AS u ON o.name = u.name WHERE o.price > 10";
    let script = std::iter::repeat_n(insert, 1_000)
        .collect::<Vec<_>>()
        .join(";\n");
    vec![
        one("seed/row_filter", "SELECT * FROM orders"),
        one("seed/masks", "SELECT name, age, price, phone FROM `user`"),
        one(
            "seed/join",
            "SELECT o.order_id, u.phone FROM orders AS o LEFT JOIN `user` AS u ON o.name = u.name WHERE u.phone LIKE '1%'",
        ),
        one("script_of_1000", &script),
    ]
}

/// The 22 TPC-H queries, where the shared corpus is at hand: masks and filters on half of the tables.
fn tpch() -> Option<Scenario> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/corpus/queries-with-schemas.jsonl"
    );
    let text = std::fs::read_to_string(file).ok()?;
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut texts = Vec::new();
    let mut ddl: Vec<String> = Vec::new();
    for line in lines {
        let origin = line["origin"].as_str().unwrap_or_default();
        if !(origin.to_lowercase().contains("tpch")
            || line["source"].as_str().is_some_and(|s| s.contains("tpch")))
        {
            continue;
        }
        let setup = line["setup"].as_array().cloned().unwrap_or_default();
        for statement in setup.iter().filter_map(|s| s.as_str()) {
            if statement
                .trim_start()
                .to_uppercase()
                .starts_with("CREATE TABLE")
                && !ddl.iter().any(|d| d == statement)
            {
                ddl.push(statement.to_owned());
            }
        }
        texts.push(line["sql"].as_str()?.to_owned());
    }
    texts.dedup();
    let policy = r#"
apiVersion: sqlsec/v1
version: 1
defaults: { unknown_connector: allow }
rules:
  - { id: c, type: column_mask, to: { users: [userA] }, on: { table: "*.*.customer", columns: [c_phone, c_name] }, mask: MASK_SHOW_LAST_4 }
  - { id: o, type: row_filter, to: { users: [userA] }, on: { table: "*.*.orders" }, filter: "o_orderpriority <> '1-URGENT'" }
  - { id: s, type: column_mask, to: { users: [userA] }, on: { table: "*.*.supplier", columns: [s_phone] }, mask: MASK }
  - { id: l, type: row_filter, to: { users: [userA] }, on: { table: "*.*.lineitem" }, filter: "l_shipmode <> 'AIR'" }
"#;
    (!texts.is_empty()).then(|| Scenario {
        name: "tpch",
        texts,
        engine: engine(policy, &ddl.join(";\n")),
        style: Style::Derived,
    })
}

fn bare(texts: &[String]) {
    for text in texts {
        black_box(Parser::parse_sql(&GenericDialect {}, text)).ok();
    }
}

fn ours(texts: &[String]) {
    for text in texts {
        black_box(Script::parse(
            text,
            FlinkVersion::default(),
            &Limits::default(),
        ))
        .ok();
    }
}

fn whole(scenario: &Scenario) {
    let user = Principal {
        user: "userA".to_owned(),
        ..Principal::default()
    };
    for text in &scenario.texts {
        let request = Request {
            style: scenario.style,
            ..Request::new(user.clone(), text.clone())
        };
        black_box(scenario.engine.check(&request));
    }
}

/// The median of some runs, each long enough to be measured.
fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..31)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn submit(criterion: &mut Criterion) {
    let scenarios: Vec<Scenario> = seed().into_iter().chain(tpch()).collect();
    println!(
        "{:<18} {:>12} {:>12} {:>12} {:>8} {:>8}",
        "scenario", "sqlparser", "parse", "check", "parse ×", "check ×"
    );
    for scenario in &scenarios {
        // Interleaved, so that a busy machine slows all three.
        let reference = median(|| bare(&scenario.texts));
        let parse = median(|| ours(&scenario.texts));
        let check = median(|| whole(scenario));
        let ratio = |t: Duration| t.as_secs_f64() / reference.as_secs_f64();
        println!(
            "{:<18} {reference:>12.1?} {parse:>12.1?} {check:>12.1?} {:>8.2} {:>8.2}",
            scenario.name,
            ratio(parse),
            ratio(check)
        );
    }
    for scenario in &scenarios {
        let mut group = criterion.benchmark_group(scenario.name);
        group.bench_function(BenchmarkId::from_parameter("sqlparser"), |b| {
            b.iter(|| bare(&scenario.texts))
        });
        group.bench_function(BenchmarkId::from_parameter("parse"), |b| {
            b.iter(|| ours(&scenario.texts))
        });
        group.bench_function(BenchmarkId::from_parameter("check"), |b| {
            b.iter(|| whole(scenario))
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = submit
}
criterion_main!(benches);
