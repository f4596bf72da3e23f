//! What a decision of a Ranger service costs by the number of its policies: whether a column may be read, how it is masked, which rows are seen;
//! what it costs to compile the policies from documents that were read, and to read the documents.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench stops where it stands, and prints"
)]

use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlsec::source::ranger::document::ServicePolicies;
use sqlsec::source::ranger::{
    Access, Context, Documents, Options, Request, Resource, Service, read,
};

const SIZES: [usize; 3] = [300, 3_000, 30_000];

fn definition() -> Value {
    let text = include_bytes!("../fixtures/ranger/servicedef-flink.json");
    serde_json::from_slice(text).expect("the service definition for Flink")
}

/// Wildcards of every kind: whole names, beginnings, ends, lists, `?`, everything.
fn resources(at: usize) -> Value {
    let (database, column) = (at % 40, at % 13);
    let (database, table, column) = match at % 6 {
        0 => (
            json!([format!("db{database}")]),
            json!([format!("orders_{at}")]),
            json!([format!("c{column}")]),
        ),
        1 => (
            json!([format!("db{database}")]),
            json!([format!("sales_{at}_*")]),
            json!(["c*"]),
        ),
        2 => (
            json!([format!("db{database}*")]),
            json!([format!("users_{at}")]),
            json!([format!("*_{column}")]),
        ),
        3 => {
            let tables: Vec<_> = (0..3).map(|part| format!("part{part}_{at}")).collect();
            (
                json!([format!("db{database}")]),
                json!(tables),
                json!(["c?", "phone"]),
            )
        }
        4 => (json!(["*"]), json!([format!("*_log_{at}")]), json!(["*"])),
        _ => (
            json!([format!("db{database}")]),
            json!([format!("t?_{at}_*x")]),
            json!([format!("c{column}"), "phone*"]),
        ),
    };
    json!({ "catalog": { "values": ["lake"] }, "database": { "values": database }, "table": { "values": table }, "column": { "values": column } })
}

fn policies(count: usize) -> Vec<Value> {
    let policy = |at: usize| {
        let user = format!("user{}", at % 500);
        let group = format!("group{}", at % 60);
        let item = |kind: &str, user: &str, group: &str| {
            json!({ "accesses": [{ "type": "select" }], "users": [user], "groups": [group],
                "dataMaskInfo": { "dataMaskType": kind } })
        };
        json!({ "id": at, "name": format!("policy {at}"), "policyType": 1, "resources": resources(at),
            "dataMaskPolicyItems": [item("MASK_NONE", &user, "nobody"), item("MASK_HASH", "nobody", &group), item("MASK", "nobody", "public")] })
    };
    let everything = json!({ "id": 1_000_000, "name": "read", "resources": { "catalog": { "values": ["*"] }, "database": { "values": ["*"] },
        "table": { "values": ["*"] }, "column": { "values": ["*"] } },
        "policyItems": [{ "accesses": [{ "type": "select" }], "groups": ["public"] }] });
    (0..count).map(policy).chain([everything]).collect()
}

/// The body of a download.
fn download(count: usize) -> Vec<u8> {
    let document =
        json!({ "serviceName": "bench", "policies": policies(count), "serviceDef": definition() });
    serde_json::to_vec(&document).expect("JSON")
}

fn documents(count: usize) -> Documents {
    Documents {
        policies: read(&download(count)).expect("documents"),
        ..Documents::default()
    }
}

/// Columns that some policy is about, and as many that none is.
fn columns(count: usize) -> Vec<[(&'static str, String); 4]> {
    let column = |number: usize| {
        // Spread over the policies, the same for every size.
        let at = number.wrapping_mul(7_919) % count;
        let (database, column) = (at % 40, at % 13);
        let table = match (number % 2, at % 6) {
            (1, _) => format!("other_{at}"),
            (_, 0) => format!("orders_{at}"),
            (_, 1) => format!("sales_{at}_europe"),
            (_, 2) => format!("users_{at}"),
            (_, 3) => format!("part1_{at}"),
            (_, 4) => format!("web_log_{at}"),
            _ => format!("tz_{at}_matrix"),
        };
        let column = if at % 6 == 2 {
            format!("x_{column}")
        } else {
            format!("c{column}")
        };
        [
            ("catalog", "lake".to_owned()),
            ("database", format!("db{database}")),
            ("table", table),
            ("column", column),
        ]
    };
    (0..1_024).map(column).collect()
}

fn resources_of(service: &Service, columns: &[[(&'static str, String); 4]]) -> Vec<Resource> {
    let resource = |levels: &[(&'static str, String); 4]| {
        service.resource(levels.iter().map(|(level, value)| (*level, value.as_str())))
    };
    columns.iter().map(resource).collect()
}

/// Ranger's own engine on the same policies and columns, each decision timed by itself in a warm JVM: p50 and p99 in nanoseconds. `None`,
/// saying why, where there is no Java.
fn theirs(size: usize) -> Option<(u64, u64)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ranger");
    if std::env::var("SQLSEC_NO_RANGER").is_ok() {
        println!("Ranger's engine is not asked: SQLSEC_NO_RANGER is set");
        return None;
    }
    let built = Command::new("mvn")
        .args(["-q", "-B", "package"])
        .current_dir(&folder)
        .stdout(Stdio::null())
        .status();
    if !built.is_ok_and(|status| status.success()) {
        println!("Ranger's engine is not asked: `mvn` is not installed, or fails");
        return None;
    }
    let requests = columns(size).into_iter().map(|levels| {
        let levels: serde_json::Map<_, _> = levels
            .into_iter()
            .map(|(level, value)| (level.to_owned(), json!(value)))
            .collect();
        json!({ "resource": levels, "access": "select", "user": "user7", "groups": ["group7", "group8"], "at": 1_785_585_600_000_u64 })
    });
    // Of names that begin with a wildcard Ranger compares all, so that it takes longer the more there are: the same time for every size.
    let (warm, decisions) = (120_000_000 / size, 60_000_000 / size);
    let job = json!({ "bench": "mask", "warm": warm, "decisions": decisions, "requests": requests.collect::<Vec<_>>(), "documents": { "policies": {
        "serviceName": "bench", "policyVersion": 1, "serviceDef": definition(), "policies": policies(size) } } });
    let mut jvm = Command::new("java")
        .args([
            "@jvm.options",
            "-cp",
            "target/sqlsec-ranger-tests.jar:target/lib/*",
            "sqlsec.ranger.Runner",
        ])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a JVM");
    let mut jobs = jvm.stdin.take().expect("a JVM that takes jobs");
    writeln!(jobs, "{job}").expect("a job taken");
    drop(jobs);
    let said = jvm.wait_with_output().expect("an answer").stdout;
    let said: Value = serde_json::from_slice(&said).expect("an answer in JSON");
    let time = |part: &str| said["bench"][part].as_u64().expect("a time");
    println!("Ranger, {size} policies: {said}");
    Some((time("p500"), time("p990")))
}

/// Each decision by itself, as somebody who waits for one sees it.
fn distribution(name: &str, mut decide: impl FnMut(usize)) -> (Duration, Duration) {
    let empty = Instant::now();
    for _ in 0..100_000 {
        black_box(Instant::now());
    }
    let clock = empty.elapsed() / 100_000;
    let mut times: Vec<Duration> = (0..200_000)
        .map(|at| {
            let start = Instant::now();
            decide(at);
            start.elapsed().saturating_sub(clock)
        })
        .collect();
    times.sort_unstable();
    let at = |part: usize| {
        times
            .get(times.len() * part / 1_000)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{name}: p50 {:?}, p90 {:?}, p99 {:?}, p99.9 {:?}",
        at(500),
        at(900),
        at(990),
        at(999)
    );
    (at(500), at(990))
}

fn decisions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ranger");
    let at: Timestamp = "2026-08-01T12:00:00Z".parse().expect("a time");
    let (select, context) = (Access::Type("select".into()), Context::default());
    for size in SIZES {
        let service = Service::load(&documents(size), Options::default()).expect("a service");
        let resources = resources_of(&service, &columns(size));
        let subject = service.subject("user7", &["group7".to_owned(), "group8".to_owned()]);
        let pick = |at: usize| &resources[at % resources.len()];
        let mask = |number: usize| subject.mask(&Request::new(pick(number), &select, at, &context));
        let access =
            |number: usize| subject.access(&Request::new(pick(number), &select, at, &context));
        let masked = (0..resources.len())
            .filter(|number| mask(*number) != sqlsec::source::ranger::Mask::None)
            .count();
        println!(
            "{size} policies: {masked} of {} columns have a mask",
            resources.len()
        );
        let (median, slow) = distribution(&format!("mask/{size}"), |number| {
            drop(black_box(mask(number)))
        });
        if let Some((theirs, slow_theirs)) = theirs(size) {
            println!(
                "mask/{size}: Ranger's engine takes {:.1} times as long at p50, {:.1} times at p99",
                Duration::from_nanos(theirs).as_secs_f64() / median.as_secs_f64(),
                Duration::from_nanos(slow_theirs).as_secs_f64() / slow.as_secs_f64()
            );
        }
        distribution(&format!("access/{size}"), |number| {
            drop(black_box(access(number)))
        });
        let mut number = 0;
        group.bench_function(BenchmarkId::new("mask", size), |bench| {
            bench.iter(|| {
                number += 1;
                mask(number)
            });
        });
    }
    group.finish();
}

fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ranger");
    group.sample_size(20);
    for size in SIZES {
        let documents = documents(size);
        group.bench_function(BenchmarkId::new("compile", size), |bench| {
            bench.iter_with_large_drop(|| {
                Service::load(&documents, Options::default()).expect("a service")
            });
        });
    }
    group.finish();
}

/// What comes before: from the bytes of a download to documents.
fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ranger");
    group.sample_size(20);
    for size in SIZES {
        let bytes = download(size);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::new("decode", size), |bench| {
            bench.iter_with_large_drop(|| read::<ServicePolicies>(&bytes).expect("documents"));
        });
    }
    group.finish();
}

criterion_group!(benches, decisions, compile, decode);
criterion_main!(benches);
