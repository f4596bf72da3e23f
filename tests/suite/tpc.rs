//! The secure-view equation on queries that nobody here wrote: TPC-H, TPC-DS and Nexmark, each with masks and filters on half of its tables
//! or more. The texts are read from the shared corpus, and where that has not all of TPC-H, from the library from which Flink's own end-to-end
//! test takes it (`tests/flink/pom.xml` unpacks it). None is copied into the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use sqlsec::{Catalog, Engine, Policy, Principal, Request, SubmitCheck};

use crate::case::{Mode, World, root, statements};
use crate::corpus::corpus;
use crate::flink::Flink;
use policy::{Protection, USER, protect};
use rows::Rows;
use text::{Table, literals, tokens};

mod nexmark;
mod policy;
mod rows;
mod text;

/// A query with its tables and their rows.
struct Query {
    id: String,
    script: String,
    /// Name and DDL of the tables that hold rows.
    tables: Vec<(String, String)>,
    /// The site's views and sinks: known, the same on both sides.
    catalog: Vec<String>,
    data: Value,
    /// What the policy means for each of the tables.
    secure: BTreeMap<String, Value>,
    compare: String,
}

/// What became of the queries of a suite.
#[derive(Default)]
struct Tally {
    planned: BTreeSet<String>,
    equal: BTreeSet<String>,
    with_rows: BTreeSet<String>,
    /// Not accepted by Flink as submitted, by `query/mode`.
    refused: Vec<String>,
    wrong: Vec<String>,
}

/// Rewrites the queries and has Flink compare both sides; `None` without a JVM, when only the decisions were looked at.
fn prove(queries: &[Query], document: &str, modes: &[Mode]) -> Option<Tally> {
    let mut tally = Tally::default();
    let mut jobs = Vec::new();
    for query in queries {
        let hidden = query
            .tables
            .iter()
            .filter(|(t, _)| query.secure.contains_key(t));
        assert!(
            2 * hidden.count() >= query.tables.len(),
            "{}: half of the tables are protected",
            query.id
        );
        match rewritten(query, document) {
            Ok(sql) => jobs.extend(modes.iter().map(|mode| job(query, &sql, *mode))),
            // What Flink refuses too is no loss; the job answers that.
            Err(why) => {
                let mut job = job(query, &query.script, modes[0]);
                job["compare"] = json!("plan");
                job["denied"] = json!(why);
                jobs.push(job);
            }
        }
    }
    let answers = match Flink::shared() {
        Ok(mut flink) => flink.ask(&jobs),
        Err(why) => {
            println!("on Flink skipped: {why}");
            return None;
        }
    };
    for (job, answer) in jobs.iter().zip(&answers) {
        let id = job["id"].as_str().unwrap_or_default();
        let query = id.split('/').next().unwrap_or_default().to_owned();
        let detail = answer["detail"].as_str().unwrap_or_default();
        let denied = job["denied"].as_str();
        match (answer["outcome"].as_str().unwrap_or_default(), denied) {
            ("equal", Some(why)) => tally.wrong.push(format!("{id}: {why}")),
            ("equal", None) | ("unequal", None) if detail.is_empty() || detail == "row kinds" => {
                // Two sources race, so an aggregate over their join may or may not pass through an update on the way: measured with one
                // text on the same rows. The rows that remain and their types are compared.
                if !detail.is_empty() {
                    println!("{id}: other row kinds on the way to the same rows");
                }
                tally.planned.insert(query.clone());
                if job["compare"] != "plan" {
                    tally.equal.insert(query.clone());
                }
                if answer["rows_submitted"].as_u64().unwrap_or_default() > 0 {
                    tally.with_rows.insert(query);
                }
            }
            ("both-refused", _) => {
                let reason = detail.split(" // ").next().unwrap_or_default();
                let last = reason.rsplit(" <- ").next().unwrap_or_default();
                let short: String = last.chars().take(160).collect();
                tally.refused.push(format!("{id}: {short}"));
            }
            (outcome, _) => tally.wrong.push(format!(
                "{id}: {outcome}: {detail}\n    {}\n    submitted {}\n    rewritten {}",
                job["rewritten"], answer["sample_submitted"], answer["sample_rewritten"]
            )),
        }
    }
    Some(tally)
}

fn rewritten(query: &Query, document: &str) -> Result<String, String> {
    let mut ddl: Vec<&str> = query.tables.iter().map(|(_, ddl)| ddl.as_str()).collect();
    ddl.extend(query.catalog.iter().map(String::as_str));
    let mut catalog = Catalog::default();
    catalog
        .add_sql(&ddl.join(";\n"), "tables.sql")
        .map_err(|e| format!("catalog: {e}"))?;
    let policy = Policy::load(document, "policy.yaml").map_err(|e| format!("policy: {e}"))?;
    let principal = Principal {
        user: USER.to_owned(),
        ..Principal::default()
    };
    let reply = Engine::new(policy, catalog).check(&Request::new(principal, query.script.as_str()));
    match reply.decision.sql() {
        Some(sql) => Ok(sql.to_owned()),
        None => Err(format!("denied: {:?}", reply.decision.errors())),
    }
}

fn job(query: &Query, sql: &str, mode: Mode) -> Value {
    let tables: Vec<Value> = query
        .tables
        .iter()
        .map(|(name, ddl)| json!({ "name": name, "ddl": ddl, "data": name, "secure": query.secure.get(name) }))
        .collect();
    json!({
        "id": format!("{}/{}", query.id, mode.word()),
        "mode": mode.word(),
        "tables": tables,
        "data": query.data,
        "catalog": query.catalog,
        "submitted": statements(&query.script),
        "rewritten": statements(sql),
        "compare": query.compare,
        // A machine that is busy with other tests plans a TPC-DS query for long.
        "timeout_s": 300,
    })
}

/// Prints the counts, and ends the test when one is not as it must be.
fn close(suite: &str, found: usize, tally: &Tally) {
    for refused in &tally.refused {
        println!("{suite}: not by Flink itself: {refused}");
    }
    println!(
        "{suite}: {found} found, {} planned, {} run equal, {} with rows",
        tally.planned.len(),
        tally.equal.len(),
        tally.with_rows.len()
    );
    assert!(
        tally.wrong.is_empty(),
        "{suite}: {} are wrong:\n{}",
        tally.wrong.len(),
        tally.wrong.join("\n")
    );
}

/// The tables that a query names.
fn named<'t>(sql: &str, tables: &'t [Table]) -> Vec<&'t Table> {
    let words = tokens(sql);
    let names = |t: &&Table| words.contains(&text::Token::Word(t.name.clone()));
    tables.iter().filter(names).collect()
}

fn query(id: &str, sql: &str, tables: &[&Table], secure: &BTreeMap<String, Value>) -> Query {
    Query {
        id: id.to_owned(),
        script: sql.to_owned(),
        tables: tables
            .iter()
            .map(|t| (t.name.clone(), t.ddl.clone()))
            .collect(),
        catalog: Vec::new(),
        data: Rows::new(id, sql, tables).data(tables),
        secure: secure.clone(),
        compare: "rows".to_owned(),
    }
}

/// `q7` of `…/q7.sql`, `7` of `…/query7.sql`.
fn file_name(origin: &str) -> &str {
    let name = origin.rsplit('/').next().unwrap_or_default();
    name.strip_suffix(".sql").unwrap_or(name)
}

/// Two of the 22 are not Flink's SQL as they stand: `value` is a keyword, and views cannot be replaced. Flink's own test changes them alike.
const ADAPTED: [(&str, &str, &str); 3] = [
    ("q11", "AS value\n", "AS `value`\n"),
    ("q11", "  value DESC", "  `value` DESC"),
    ("q15", "CREATE OR REPLACE VIEW", "CREATE TEMPORARY VIEW"),
];

/// The 22 queries by name, and where each was found.
fn tpch_texts(lines: &[Value]) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let unpacked = root().join("tests/flink/target/tpch/io/airlift/tpch/queries");
    for number in 1..=22 {
        let name = format!("q{number}");
        let in_corpus = lines.iter().find(|line| {
            let origin = line["origin"].as_str().unwrap_or_default();
            let query = line.get("reads").is_some_and(|r| !r.is_null());
            query && origin.contains("tpch") && file_name(origin) == name
        });
        let (place, mut sql) = match in_corpus {
            Some(line) => ("corpus", line["sql"].as_str().expect("sql").to_owned()),
            None => match fs::read_to_string(unpacked.join(format!("{name}.sql"))) {
                Ok(sql) => ("io.airlift.tpch", sql),
                Err(_) => {
                    places.entry("nowhere").or_default().push(name);
                    continue;
                }
            },
        };
        for (of, from, to) in ADAPTED.iter().filter(|(of, ..)| *of == name) {
            assert!(sql.contains(from), "{of} has {from}");
            sql = sql.replace(from, to);
        }
        places.entry(place).or_default().push(name.clone());
        texts.push((name, sql));
    }
    for (place, names) in &places {
        println!("tpc-h in {place}: {}", names.join(", "));
    }
    texts
}

#[test]
fn tpc_h_on_protected_tables() {
    let Some(lines) = corpus("statements.jsonl") else {
        return;
    };
    // Starting it unpacks the texts.
    drop(Flink::shared());
    let world = World::load("tpch", Mode::Batch);
    let tables: Vec<Table> = world
        .tables
        .iter()
        .map(|(_, ddl)| Table::read(ddl))
        .collect();
    let secure = world.secure("analyst", USER);
    let queries: Vec<Query> = tpch_texts(&lines)
        .iter()
        .map(|(name, sql)| query(name, sql, &named(sql, &tables), &secure))
        .collect();
    let document =
        fs::read_to_string(world.folder.join("policies/analyst.yaml")).expect("a policy");
    let Some(tally) = prove(&queries, &document, &[Mode::Batch, Mode::Streaming]) else {
        return;
    };
    close("tpc-h", queries.len(), &tally);
    assert_eq!(tally.equal.len(), 22, "all 22 run");
    let batch = tally
        .refused
        .iter()
        .filter(|r| r.contains("/batch"))
        .count();
    assert_eq!(batch, 0, "all 22 run in batch");
}

#[test]
fn tpc_ds_on_protected_tables() {
    let Some(lines) = corpus("queries-with-schemas.jsonl") else {
        return;
    };
    let lines: Vec<&Value> = lines.iter().filter(|l| l["source"] == "tpcds").collect();
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for ddl in lines.iter().flat_map(|l| l["setup"].as_array()).flatten() {
        let table = Table::read(ddl.as_str().expect("DDL"));
        tables.insert(table.name.clone(), table);
    }
    let tables: Vec<Table> = tables.into_values().collect();
    let all: Vec<&Table> = tables.iter().collect();
    let columns: BTreeSet<&str> = all
        .iter()
        .flat_map(|t| t.columns.iter().map(|(column, _)| column.as_str()))
        .collect();
    let sql = |line: &Value| line["sql"].as_str().expect("sql").to_owned();
    let compared: BTreeSet<String> = lines
        .iter()
        .flat_map(|line| literals(&sql(line), &columns).into_keys())
        .collect();
    let Protection { document, secure } = protect(&all, &compared);
    let queries: Vec<Query> = lines
        .iter()
        .map(|line| {
            let name = file_name(line["origin"].as_str().unwrap_or_default());
            query(name, &sql(line), &named(&sql(line), &tables), &secure)
        })
        .collect();
    let Some(tally) = prove(&queries, &document, &[Mode::Batch]) else {
        return;
    };
    close("tpc-ds", queries.len(), &tally);
    assert!(tally.refused.is_empty(), "Flink plans all of them");
}

#[test]
fn nexmark_on_protected_tables() {
    let (Some(lines), Some(scripts)) = (
        corpus("queries-with-schemas.jsonl"),
        corpus("scripts.jsonl"),
    ) else {
        return;
    };
    let queries = nexmark::queries(&lines, &scripts);
    let Some(tally) = prove(&queries, &nexmark::policy(), &[Mode::Streaming]) else {
        return;
    };
    close("nexmark", queries.len(), &tally);
}
