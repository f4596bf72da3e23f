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
    user: &'static str,
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
        user: "userA",
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

/// The 22 TPC-H queries with the policy of the fixtures: six of eight tables filtered, masked or both. Their texts come with Flink's own
/// end-to-end test and are unpacked by the tests on Flink.
fn tpch() -> Option<Scenario> {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |path: String| std::fs::read_to_string(format!("{root}/{path}"));
    let mut texts = Vec::new();
    for number in 1..=22 {
        let path = format!("tests/flink/target/tpch/io/airlift/tpch/queries/q{number}.sql");
        let Ok(text) = read(path) else {
            println!(
                "tpch is skipped: run `cargo test --test suite tpc` once, which unpacks its queries"
            );
            return None;
        };
        // Words that Flink reserves or does not have.
        let text = text
            .replace("AS value", "AS `value`")
            .replace("  value DESC", "  `value` DESC")
            .replace("CREATE OR REPLACE VIEW", "CREATE TEMPORARY VIEW");
        texts.push(text.trim_end().trim_end_matches(';').to_owned());
    }
    let ddl = read("fixtures/worlds/tpch/tables.sql".to_owned()).expect("fixture");
    let policy = read("fixtures/worlds/tpch/policies/analyst.yaml".to_owned()).expect("fixture");
    Some(Scenario {
        name: "tpch",
        texts,
        engine: engine(&policy, &ddl),
        style: Style::Derived,
        user: "analyst",
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
        user: scenario.user.to_owned(),
        ..Principal::default()
    };
    for text in &scenario.texts {
        let request = Request {
            style: scenario.style,
            ..Request::new(user.clone(), text.clone())
        };
        let reply = black_box(scenario.engine.check(&request));
        assert!(
            reply.decision.sql().is_some(),
            "a refusal is no measure: {:?} of {text}",
            reply.decision.errors()
        );
    }
}

/// The least time of each run over some rounds. All take turns, so that a busy machine slows them alike, and the least is the least disturbed.
fn least<const N: usize>(mut runs: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut least = [Duration::MAX; N];
    for _ in 0..41 {
        for (time, run) in least.iter_mut().zip(&mut runs) {
            let start = Instant::now();
            run();
            *time = start.elapsed().min(*time);
        }
    }
    least
}

/// Twice as much of one thing must not take much more than twice the time.
fn linearity() {
    println!(
        "\n{:<12} {:>8} {:>12} {:>14}",
        "grows", "n", "check", "per n"
    );
    let line = |what: &str, n: usize, scenario: &Scenario| {
        let [check] = least([&mut || whole(scenario)]);
        let each = check / u32::try_from(n).unwrap_or(u32::MAX);
        println!("{what:<12} {n:>8} {check:>12.1?} {each:>14.1?}");
    };
    let scenario = |texts, policy: &str, ddl: &str| Scenario {
        name: "linearity",
        texts,
        engine: engine(policy, ddl),
        style: Style::Derived,
        user: "userA",
    };
    for n in [250, 500, 1_000, 2_000] {
        let text = vec!["INSERT INTO sink SELECT o.order_id, u.name FROM orders AS o JOIN `user` AS u ON o.name = u.name"; n].join(";\n");
        line(
            "statements",
            n,
            &scenario(vec![text], SEED_POLICY, SEED_TABLES),
        );
    }
    for n in [250, 500, 1_000, 2_000] {
        let columns: Vec<String> = (0..n).map(|c| format!("c{c} STRING")).collect();
        let ddl = format!(
            "CREATE TABLE `user` (name STRING, phone STRING, {})",
            columns.join(", ")
        );
        let text = vec!["SELECT * FROM `user` WHERE phone LIKE '1%'".to_owned()];
        line("columns", n, &scenario(text, SEED_POLICY, &ddl));
    }
    for n in [250, 500, 1_000, 2_000] {
        let mut policy = SEED_POLICY.to_owned();
        for rule in 0..n {
            policy.push_str(&format!("  - {{ id: r{rule}, type: row_filter, to: {{ users: [userA] }}, on: {{ table: '*.*.t{rule}' }}, filter: 'a = 1' }}\n"));
        }
        let text = vec!["SELECT * FROM orders".to_owned()];
        line("rules", n, &scenario(text, &policy, SEED_TABLES));
    }
}

/// All scenarios beside a bare parse.
fn ratios(scenarios: &[Scenario]) {
    println!(
        "{:<18} {:>12} {:>12} {:>12} {:>8} {:>8}",
        "scenario", "sqlparser", "parse", "check", "parse ×", "check ×"
    );
    for scenario in scenarios {
        let [reference, parse, check] = least([
            &mut || bare(&scenario.texts),
            &mut || ours(&scenario.texts),
            &mut || whole(scenario),
        ]);
        let ratio = |t: Duration| t.as_secs_f64() / reference.as_secs_f64();
        println!(
            "{:<18} {reference:>12.1?} {parse:>12.1?} {check:>12.1?} {:>8.2} {:>8.2}",
            scenario.name,
            ratio(parse),
            ratio(check)
        );
    }
}

fn submit(criterion: &mut Criterion) {
    let scenarios: Vec<Scenario> = seed().into_iter().chain(tpch()).collect();
    // A profiler wants one scenario alone.
    if !std::env::args().any(|argument| argument == "--profile-time") {
        ratios(&scenarios);
        linearity();
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
