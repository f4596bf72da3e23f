//! Writes the shared cases (`fixtures/{cases,attacks}`) as what a binding is given and must answer: `sqlsec-cases FILE`.
//!
//! A record is six texts: the case's name, a configuration, a request, the reply of the library, what the case's file expects (`allow`, or `deny:` and a
//! code), and the protected SQL that the file shows for it, or nothing. A text is its length in bytes, a line end, itself, a line end. Records with one
//! configuration follow one another.
//! Stays out: whether the library is right; that is what the suite is for. A binding is right when it answers the same.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "a tool of the tests stops where it stands"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;
use sqlsec::catalog::{Catalog, CatalogDocument};
use sqlsec::{Engine, FlinkVersion, Policy, Request, SubmitCheck};

#[path = "../../../tests/suite/case.rs"]
#[allow(dead_code, reason = "the suite uses more of it")]
mod case;

use case::{Case, Expect, World, block, cases};

fn main() {
    let file = std::env::args_os()
        .nth(1)
        .expect("usage: sqlsec-cases FILE");
    let mut by_config: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut count = 0;
    for case in &cases() {
        count += live_record(case, &mut by_config);
        let versions = [FlinkVersion::default(), FlinkVersion::V1_20];
        let holds =
            |v: &FlinkVersion| *v == FlinkVersion::default() || case.settings.flink.contains(v);
        for flink in versions.into_iter().filter(holds) {
            count += records(case, flink, &mut by_config);
        }
    }
    let all: Vec<u8> = by_config.into_values().flatten().collect();
    fs::write(Path::new(&file), all).expect("a writable file");
    assert!(count > 1_000, "only {count} records");
}

/// A case's first combination with the tables of its world in the request, and no catalog in the engine: how many.
fn live_record(case: &Case, by_config: &mut BTreeMap<String, Vec<u8>>) -> usize {
    let world = World::load(&case.settings.world, case.settings.modes[0]);
    let policy = &case.settings.policies[0];
    let whole = world.engine(policy, &case.settings.catalog);
    let mut parts = case.settings.setup.clone();
    parts.push(case.submitted.clone());
    let (style, _) = case.settings.style.list()[0];
    let script = parts.join(";\n");
    let mut request: Request = case.settings.request(&script, style, &whole, &world);
    request.at = Some(1_780_000_000);
    request.catalog = Some(document(case, &world));
    let rules = Policy::load(&world.policy_text(policy), policy).expect("a policy");
    let reply = Engine::new(rules, Catalog::default()).check(&request);
    let file = format!("policies/{policy}.yaml");
    let config = json!({ "folder": world.folder, "policy": { "file": file } }).to_string();
    let expect = match reply.decision.errors().first() {
        Some(error) => format!("deny:{}", error.code),
        None => "allow".to_owned(),
    };
    let record = [
        format!("{}/{policy}/live", case.id),
        config.clone(),
        serde_json::to_string(&request).expect("a request is JSON"),
        serde_json::to_string(&reply).expect("a reply is JSON"),
        expect,
        String::new(),
    ];
    let records = by_config.entry(config).or_default();
    for text in record {
        records.extend(format!("{}\n{text}\n", text.len()).into_bytes());
    }
    1
}

/// The tables and views of a world as a catalog document.
fn document(case: &Case, world: &World) -> CatalogDocument {
    let mut catalog = Catalog::default();
    let ddl = world.tables.iter().map(|(_, ddl)| ddl);
    for text in ddl.chain(&case.settings.catalog) {
        catalog.add_sql(text, "world").expect("a world's tables");
    }
    let named = |name: serde_json::Value, mut object: serde_json::Value| {
        object["name"] = name;
        object
    };
    let tables: Vec<_> = catalog
        .tables()
        .map(|(n, t)| named(json!(n), json!(t)))
        .collect();
    let views: Vec<_> = catalog
        .views()
        .map(|(n, v)| named(json!(n), json!(v)))
        .collect();
    serde_json::from_value(json!({ "tables": tables, "views": views })).expect("a document")
}

/// All combinations of a case: how many.
fn records(case: &Case, flink: FlinkVersion, by_config: &mut BTreeMap<String, Vec<u8>>) -> usize {
    let mut parts = case.settings.setup.clone();
    parts.push(case.submitted.clone());
    let script = parts.join(";\n");
    let mut count = 0;
    let mut shown = flink == FlinkVersion::default();
    for policy in &case.settings.policies {
        for mode in &case.settings.modes {
            let world = World::load(&case.settings.world, *mode);
            let engine = world.engine(policy, &case.settings.catalog);
            let config = config(case, &world, policy);
            for (style, style_word) in case.settings.style.list() {
                let mut request = case.settings.request(&script, *style, &engine, &world);
                request.flink = flink;
                // A record of lineage says when it was made: both are asked at one time.
                request.at = Some(1_780_000_000);
                let reply = engine.check(&request);
                let expect = match case.settings.expect() {
                    Expect::Deny(code) => format!("deny:{code}"),
                    Expect::Equal | Expect::Plan | Expect::Rewritten | Expect::Document => {
                        "allow".to_owned()
                    }
                };
                // The file shows the first combination that is allowed.
                let info = format!("sql rewritten policy={policy} style={style_word}");
                let sql =
                    block(&case.text, &info).filter(|_| shown && reply.decision.sql().is_some());
                shown &= sql.is_none();
                let version = serde_json::to_value(flink).expect("a version");
                let record = [
                    format!(
                        "{}/{policy}/{}/{style_word}/{}",
                        case.id,
                        mode.word(),
                        version.as_str().unwrap()
                    ),
                    config.clone(),
                    serde_json::to_string(&request).expect("a request is JSON"),
                    serde_json::to_string(&reply).expect("a reply is JSON"),
                    expect,
                    sql.unwrap_or_default().to_owned(),
                ];
                let records = by_config.entry(config.clone()).or_default();
                for text in record {
                    records.extend(format!("{}\n{text}\n", text.len()).into_bytes());
                }
                count += 1;
            }
        }
    }
    count
}

fn config(case: &Case, world: &World, policy: &str) -> String {
    let ddl = world.tables.iter().map(|(_, ddl)| ddl.as_str());
    let all: Vec<&str> = ddl
        .chain(case.settings.catalog.iter().map(String::as_str))
        .collect();
    json!({
        "folder": world.folder,
        "policy": { "file": format!("policies/{policy}.yaml") },
        "catalog": [{ "sql": all.join(";\n") }],
    })
    .to_string()
}
