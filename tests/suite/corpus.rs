//! Statements nobody here wrote: the shared corpus of what Flink's own parser accepts. Skipped, saying so, where it is absent.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use sqlsec::{Catalog, Decision, Engine, Policy, Principal, Request, Session, Style, SubmitCheck};

use crate::case::root;

/// The lines of a corpus file as JSON.
pub fn corpus(file: &str) -> Option<Vec<Value>> {
    let path = root().join("../shared/corpus").join(file);
    let Ok(text) = fs::read_to_string(&path) else {
        println!("skipped: the shared corpus is not here ({file})");
        return None;
    };
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line of the corpus"))
            .collect(),
    )
}

/// A policy that protects nothing: what remains is parsing and resolving.
pub fn open_policy() -> Policy {
    let text =
        "apiVersion: sqlsec/v1\nversion: 1\ndefaults: { unknown_connector: allow }\nrules: []\n";
    Policy::load(text, "open").expect("a policy without rules")
}

/// A name as the corpus writes it: parts joined by dots, those that are no plain identifiers in back-ticks.
fn normal(as_written: &str) -> String {
    let tokens = sqlsec::syntax::tokens(
        as_written,
        sqlsec::FlinkVersion::default(),
        &sqlsec::syntax::Limits::default(),
    )
    .expect("a name");
    let plain = |p: &str| {
        p.chars()
            .enumerate()
            .all(|(i, c)| c == '_' || c.is_ascii_alphabetic() || (i > 0 && c.is_ascii_digit()))
    };
    let parts = tokens.iter().filter_map(|t| t.identifier.as_deref());
    parts
        .map(|p| {
            if plain(p) {
                p.to_owned()
            } else {
                sqlsec::syntax::quote(p)
            }
        })
        .collect::<Vec<_>>()
        .join(".")
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[test]
fn every_name_of_the_queries_with_schemas_resolves_as_flink_resolved_it() {
    let Some(lines) = corpus("queries-with-schemas.jsonl") else {
        return;
    };
    let engine = Engine::new(open_policy(), Catalog::default());
    let user = Principal {
        user: "u".to_owned(),
        ..Principal::default()
    };
    let mut failed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut differ = Vec::new();
    let mut equal = 0;
    for line in &lines {
        let mut session = Session::default();
        for statement in strings(&line["setup"]) {
            let reply = engine.check(&Request {
                session: session.clone(),
                ..Request::new(user.clone(), statement)
            });
            // Functions, catalogs and modules are refused here; they define no table.
            if let Decision::Allow { session: after, .. } = reply.decision {
                session = after;
            }
        }
        let sql = line["sql"].as_str().expect("sql");
        let reply = engine.check(&Request {
            session,
            ..Request::new(user.clone(), sql)
        });
        let id = line["id"].as_str().unwrap_or_default();
        if let [error, ..] = reply.decision.errors() {
            failed
                .entry(error.code.to_string())
                .or_default()
                .push(format!(
                    "{id}: {}: {}",
                    error.message,
                    sql.replace('\n', " ")
                ));
            continue;
        }
        let reads: Vec<String> = reply
            .statements
            .iter()
            .flat_map(|s| &s.inputs)
            .map(|i| normal(&i.as_written))
            .collect();
        let writes: Vec<String> = reply
            .statements
            .iter()
            .flat_map(|s| &s.outputs)
            .map(|o| normal(&o.as_written))
            .collect();
        if sorted(reads.clone()) == sorted(strings(&line["reads"]))
            && (line.get("writes").is_none() || sorted(writes) == sorted(strings(&line["writes"])))
        {
            equal += 1;
        } else {
            differ.push(format!(
                "{id}: ours {reads:?}, Flink's {}: {}",
                line["reads"],
                sql.replace('\n', " ")
            ));
        }
    }
    println!(
        "queries with schemas: {} in all, {equal} with equal tables, {} differ",
        lines.len(),
        differ.len()
    );
    for (code, list) in &failed {
        println!("  {code}: {}", list.len());
        for one in list.iter().take(400) {
            println!("    {}", one.chars().take(300).collect::<String>());
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    let names = [
        "column-unknown",
        "relation-unknown",
        "table-unknown",
        "view-invalid",
    ];
    let unresolved: usize = names
        .iter()
        .filter_map(|code| failed.get(*code))
        .map(Vec::len)
        .sum();
    assert_eq!(unresolved, 0, "names that Flink resolves and we do not");
}

#[test]
fn whole_scripts_run_through_a_session() {
    let Some(lines) = corpus("scripts.jsonl") else {
        return;
    };
    let engine = Engine::new(open_policy(), Catalog::default());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in &lines {
        let user = Principal {
            user: "u".to_owned(),
            ..Principal::default()
        };
        let script = line["script"].as_str().expect("a script");
        let reply = engine.check(&Request::new(user, script));
        let word = match reply.decision.errors() {
            [] => "allowed".to_owned(),
            [error, ..] => error.code.to_string(),
        };
        // A panic answers with `internal`; a text that the second look does not accept is a mistake of ours too.
        assert!(
            !matches!(word.as_str(), "internal" | "verify-failed"),
            "{word}: {script}"
        );
        *counts.entry(word).or_default() += 1;
    }
    println!("scripts: {} in all, {counts:?}", lines.len());
}

/// With everything filtered, and everything masked where columns are known: a rewrite that applies is one that the second look accepts.
#[test]
fn no_rewrite_of_a_corpus_statement_is_refused_by_the_second_look() {
    let Some(mut lines) = corpus("queries-with-schemas.jsonl") else {
        return;
    };
    lines.extend(corpus("statements.jsonl").into_iter().flatten());
    let rules = [
        "  - { id: f, type: row_filter, to: { groups: [public] }, on: { table: '*.*.*' }, filter: '1 = 0' }\n",
        "  - { id: m, type: column_mask, to: { groups: [public] }, on: { table: '*.*.*', columns: ['*'] }, mask: MASK_NULL }\n",
    ];
    let user = Principal {
        user: "u".to_owned(),
        ..Principal::default()
    };
    for rule in rules {
        let text = format!(
            "apiVersion: sqlsec/v1\nversion: 1\ndefaults: {{ unknown_connector: allow }}\nrules:\n{rule}"
        );
        let policy = Policy::load(&text, "all").expect("a policy");
        let engine = Engine::new(policy, Catalog::default());
        let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut rewritten = 0;
        for line in &lines {
            let mut session = Session::default();
            for statement in strings(&line["setup"]) {
                let reply = engine.check(&Request {
                    session: session.clone(),
                    ..Request::new(user.clone(), statement)
                });
                if let Decision::Allow { session: after, .. } = reply.decision {
                    session = after;
                }
            }
            let sql = line["sql"].as_str().expect("sql");
            for style in [Style::Derived, Style::Inline] {
                let reply = engine.check(&Request {
                    session: session.clone(),
                    style,
                    ..Request::new(user.clone(), sql)
                });
                rewritten += usize::from(reply.statements.iter().any(|s| !s.edits.is_empty()));
                for error in reply.decision.errors() {
                    refused
                        .entry(error.code.to_string())
                        .or_default()
                        .push(format!("{}: {sql}", error.message));
                }
            }
        }
        println!("{rewritten} rewritten");
        for (code, examples) in &refused {
            println!("{code}: {}", examples.len());
        }
        for code in ["verify-failed", "internal"] {
            assert_eq!(refused.get(code), None);
        }
        assert!(rewritten > 500, "{rewritten} rewritten");
    }
}
