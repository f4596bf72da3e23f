//! What lineage adds to a check, beside one bare sqlparser tokenise + parse of the same text in the same run: the ratio holds on any machine.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench stops where it stands, and prints"
)]

#[cfg(feature = "store")]
#[path = "lineage/store.rs"]
mod store;

use std::hint::black_box;
use std::time::{Duration, Instant};

use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlsec::lineage::{Naming, StatementLineage, lineage};
use sqlsec::resolve::{Resolution, resolve};
use sqlsec::syntax::{Limits, Script};
use sqlsec::{Catalog, FlinkVersion, Session};

/// The 22 TPC-H queries, as Flink's own end-to-end test has them; the tests on Flink unpack them. A view of query 15 is of the site here.
fn tpch() -> Option<(Vec<String>, Catalog)> {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |path: String| std::fs::read_to_string(format!("{root}/{path}"));
    let ddl = read("fixtures/worlds/tpch/tables.sql".to_owned()).expect("fixture");
    let mut catalog = Catalog::default();
    catalog.add_sql(&ddl, "bench").expect("DDL of the bench");
    let mut texts = Vec::new();
    for number in 1..=22 {
        let path = format!("tests/flink/target/tpch/io/airlift/tpch/queries/q{number}.sql");
        let text = read(path).ok()?;
        // Words that Flink reserves or does not have.
        let text = text
            .replace("AS value", "AS `value`")
            .replace("  value DESC", "  `value` DESC")
            .replace("CREATE OR REPLACE VIEW", "CREATE VIEW");
        let script = parsed(&text);
        for statement in &script.statements {
            let text = statement.span.text(&text);
            if text.starts_with("CREATE VIEW") {
                catalog.add_sql(text, "bench").expect("a view");
            } else {
                texts.push(text.to_owned());
            }
        }
    }
    Some((texts, catalog))
}

fn parsed(text: &str) -> Script {
    Script::parse(text, FlinkVersion::default(), &Limits::default()).expect("a script")
}

fn resolved(script: &Script, session: &Session, catalog: &Catalog) -> Vec<Resolution> {
    let statements = script.statements.iter();
    let resolved = statements.map(|s| resolve(s, session, catalog).expect("names of the bench"));
    resolved.collect()
}

fn folded(
    script: &Script,
    resolutions: &[Resolution],
    session: &Session,
    catalog: &Catalog,
) -> Vec<StatementLineage> {
    let naming = Naming::new(session, catalog);
    let pairs = script.statements.iter().zip(resolutions);
    let folded = pairs.map(|(statement, resolution)| {
        lineage(statement, resolution, &|found, hints| {
            naming.dataset(found, hints)
        })
    });
    folded.collect()
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

fn ratios(texts: &[String], catalog: &Catalog) {
    let session = Session::default();
    let scripts: Vec<Script> = texts.iter().map(|t| parsed(t)).collect();
    let resolutions: Vec<_> = scripts
        .iter()
        .map(|script| resolved(script, &session, catalog))
        .collect();
    let [bare, parse, resolve, fold] = least([
        &mut || {
            for text in texts {
                black_box(Parser::parse_sql(&GenericDialect {}, text)).ok();
            }
        },
        &mut || {
            for text in texts {
                black_box(parsed(text));
            }
        },
        &mut || {
            for script in &scripts {
                black_box(resolved(script, &session, catalog));
            }
        },
        &mut || {
            for (script, resolutions) in scripts.iter().zip(&resolutions) {
                black_box(folded(script, resolutions, &session, catalog));
            }
        },
    ]);
    println!("22 TPC-H queries: sqlparser {bare:.1?}");
    for (what, time) in [("parse", parse), ("resolve", resolve), ("lineage", fold)] {
        let ratio = time.as_secs_f64() / bare.as_secs_f64();
        println!("{what:<10} {time:>10.1?} {ratio:>6.2} ×");
    }
}

/// The same queries in sqlglot, with the same schema, in the same run; skipped where its Python is not there (`SQLSEC_PYTHON`, else `python3`).
fn beside_sqlglot(texts: &[String], catalog: &Catalog) {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/lineage/with_sqlglot.py"
    );
    let python = std::env::var("SQLSEC_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut schema = serde_json::Map::new();
    let ddl = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/worlds/tpch/tables.sql"
    ))
    .expect("fixture");
    let session = Session::default();
    for statement in parsed(&ddl).statements {
        let sqlsec::syntax::ast::StatementKind::CreateTable(create) = &statement.kind else {
            continue;
        };
        let name = session.qualify(&create.name).expect("a name");
        let Ok(found) = session.find(name.clone(), catalog) else {
            continue;
        };
        if let Some(sqlsec::catalog::Object::Table(table)) = &found.object {
            let columns = table.columns.iter().flatten();
            let columns = columns.map(|c| {
                let kind = c.data_type.as_ref().map(|t| t.kind.to_string());
                (c.name.clone(), kind.unwrap_or_default().into())
            });
            schema.insert(name.table, serde_json::Value::Object(columns.collect()));
        }
    }
    // A view of the site is not in its schema.
    let queries: Vec<&String> = texts.iter().filter(|t| !t.contains("revenue0")).collect();
    let asked = serde_json::json!({ "schema": schema, "queries": queries });
    let child = std::process::Command::new(python)
        .arg(script)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        return println!("sqlglot is skipped: there is no Python");
    };
    serde_json::to_writer(child.stdin.take().expect("a pipe"), &asked).ok();
    let output = child.wait_with_output().expect("an end");
    let Ok(told) = serde_json::from_slice::<serde_json::Value>(&output.stdout) else {
        return println!("sqlglot is skipped: `pip install sqlglot` for {script}");
    };
    // What it could not read is not timed here either.
    let failed = told["failed"].as_array().into_iter().flatten();
    let failed: Vec<u64> = failed.filter_map(|f| f[0].as_u64()).collect();
    let timed = queries.iter().zip(0..).filter(|(_, n)| !failed.contains(n));
    let timed: Vec<&String> = timed.map(|(text, _)| *text).collect();
    let [ours] = least([&mut || {
        for text in &timed {
            let script = parsed(text);
            let resolutions = resolved(&script, &session, catalog);
            black_box(folded(&script, &resolutions, &session, catalog));
        }
    }]);
    let theirs = told["seconds"].as_f64().expect("a time");
    println!(
        "\nbeside sqlglot {}: {} queries, text to lineage of all columns: {ours:.1?}, sqlglot {:.1} ms, {:.0} ×; it could not read {}",
        told["version"].as_str().unwrap_or_default(),
        told["queries"],
        theirs * 1e3,
        theirs / ours.as_secs_f64(),
        told["failed"]
    );
}

/// A thousand columns through a chain of common table expressions: twice as many must not take much more than twice the time.
fn linearity() {
    let columns: Vec<String> = (0..1_000).map(|c| format!("c{c} STRING")).collect();
    let mut catalog = Catalog::default();
    let ddl = format!("CREATE TABLE wide ({})", columns.join(", "));
    catalog.add_sql(&ddl, "bench").expect("DDL of the bench");
    let session = Session::default();
    println!(
        "\n{:<28} {:>6} {:>12} {:>12} {:>14}",
        "1,000 columns through CTEs", "n", "resolve", "lineage", "both, per n"
    );
    for star in ["*", "q.*"] {
        for n in [1, 2, 4, 8, 16, 32] {
            let mut chain = vec!["q1 AS (SELECT * FROM wide)".to_owned()];
            chain.extend((2..=n).map(|i| format!("q{i} AS (SELECT {star} FROM q{} AS q)", i - 1)));
            let text = format!("WITH {} SELECT * FROM q{n}", chain.join(", "));
            let script = parsed(&text);
            let resolutions = resolved(&script, &session, &catalog);
            let [resolve, fold] = least([
                &mut || {
                    black_box(resolved(&script, &session, &catalog));
                },
                &mut || {
                    black_box(folded(&script, &resolutions, &session, &catalog));
                },
            ]);
            let each = (resolve + fold) / n;
            println!("{star:<28} {n:>6} {resolve:>12.1?} {fold:>12.1?} {each:>14.1?}");
        }
    }
}

fn main() {
    match tpch() {
        Some((texts, catalog)) => {
            ratios(&texts, &catalog);
            beside_sqlglot(&texts, &catalog);
        }
        None => println!(
            "tpch is skipped: run `cargo test --test suite tpc` once, which unpacks its queries"
        ),
    }
    linearity();
    #[cfg(feature = "store")]
    {
        store::million();
        store::wide();
    }
}
