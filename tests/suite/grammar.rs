//! Flink's own parser as the judge of ours: what it takes and we read otherwise is a failure, and so is what it refuses and we take.
//!
//! Three sources: the shared corpus (skipped where it is absent), statements generated from a grammar of our own, and token soups made of them.

mod generate;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlsec::FlinkVersion;
use sqlsec::syntax::ast::{Name, StatementKind};
use sqlsec::syntax::tables::tables;
use sqlsec::syntax::{Limits, Script, SyntaxErrorKind, with_stack};

use crate::corpus::corpus;
use crate::flink::Flink;

/// What a parser says of a text.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Statements, and the tables they read and write (`None` where Flink's tree does not say).
    Parsed(usize, Option<(Names, Names)>),
    /// We refuse it by name.
    Refused(&'static str),
    Failed(String),
}

type Names = Vec<Vec<String>>;

fn ours(sql: &str, version: FlinkVersion) -> Verdict {
    with_stack(sql.len(), || {
        let script = match Script::parse(sql, version, &Limits::default()) {
            Ok(script) => script,
            Err(error) => {
                return match error.kind {
                    SyntaxErrorKind::Unsupported(construct) => Verdict::Refused(construct.name()),
                    // What people would read otherwise is refused on purpose, and so is what is too deep.
                    SyntaxErrorKind::Character(_) => Verdict::Refused("a character"),
                    SyntaxErrorKind::Limit(_) => Verdict::Refused("a limit"),
                    SyntaxErrorKind::Unexpected(_) | SyntaxErrorKind::Variable(_) => {
                        Verdict::Failed(error.to_string())
                    }
                };
            }
        };
        let mut reads = Vec::new();
        let mut writes = Vec::new();
        for statement in &script.statements {
            if let StatementKind::Refused(refusal) = &statement.kind {
                return Verdict::Refused(refusal.construct.name());
            }
            match tables(statement) {
                Ok(found) => {
                    reads.extend(found.reads.into_iter().map(parts));
                    writes.extend(found.writes.into_iter().map(parts));
                }
                Err(error) => return Verdict::Failed(error.to_string()),
            }
        }
        reads.sort();
        writes.sort();
        Verdict::Parsed(script.statements.len(), Some((reads, writes)))
    })
}

fn parts(name: &Name) -> Vec<String> {
    name.parts.iter().map(|p| p.value.clone()).collect()
}

fn flinks(answer: &Value) -> Verdict {
    if answer["ok"] != json!(true) {
        return Verdict::Failed(answer["error"].as_str().unwrap_or_default().to_owned());
    }
    let names = |field: &str| -> Option<Names> {
        let mut names: Names = serde_json::from_value(answer[field].clone()).ok()?;
        names.sort();
        Some(names)
    };
    // A model's columns are not in the list of its operands.
    let opaque = answer["kind"] == json!("SqlCreateModel");
    let count = answer["statements"].as_u64().unwrap_or_default();
    Verdict::Parsed(
        usize::try_from(count).unwrap_or_default(),
        names("reads").zip(names("writes")).filter(|_| !opaque),
    )
}

/// Asks both, and lists where they differ.
fn compare(statements: &[String], version: FlinkVersion) -> Option<Outcome> {
    let jobs: Vec<Value> = statements
        .iter()
        .enumerate()
        .map(|(id, sql)| json!({"op": "parse", "id": id, "sql": sql}))
        .collect();
    let answers = match version {
        FlinkVersion::V2_3 => Flink::shared().map(|mut flink| flink.ask(&jobs)),
        FlinkVersion::V1_20 => Flink::old().map(|mut flink| flink.ask(&jobs)),
    };
    let answers = match answers {
        Ok(answers) => answers,
        Err(why) => {
            println!("grammar on Flink skipped: {why}");
            return None;
        }
    };
    let mut outcome = Outcome::default();
    for (sql, answer) in statements.iter().zip(answers) {
        let kind = answer["kind"].as_str().unwrap_or("several").to_owned();
        outcome.add(sql, kind, ours(sql, version), flinks(&answer));
    }
    Some(outcome)
}

#[derive(Debug, Default)]
struct Outcome {
    agreed: usize,
    rejected: usize,
    by_name: BTreeMap<&'static str, usize>,
    /// Of what Flink takes, by the kind of its tree: read alike, refused by name, differing.
    kinds: BTreeMap<String, [usize; 3]>,
    /// Flink takes it, and we read it otherwise or not at all.
    differ: Vec<String>,
    /// Flink refuses it, and we do not: harmless, as Flink has the last word.
    taken: Vec<String>,
}

impl Outcome {
    fn add(&mut self, sql: &str, kind: String, ours: Verdict, flinks: Verdict) {
        let before = (self.agreed, self.by_name.values().sum::<usize>());
        let taken = matches!(flinks, Verdict::Parsed(..));
        self.judge(sql, ours, flinks);
        if taken {
            let column = match (self.agreed, self.by_name.values().sum::<usize>()) {
                (agreed, _) if agreed > before.0 => 0,
                (_, named) if named > before.1 => 1,
                _ => 2,
            };
            self.kinds.entry(kind).or_default()[column] += 1;
        }
    }

    fn judge(&mut self, sql: &str, ours: Verdict, flinks: Verdict) {
        match (ours, flinks) {
            (Verdict::Failed(_) | Verdict::Refused(_), Verdict::Failed(_)) => self.rejected += 1,
            (Verdict::Refused(name), _) => *self.by_name.entry(name).or_default() += 1,
            (Verdict::Parsed(n, mine), Verdict::Parsed(m, theirs))
                if n == m && (theirs.is_none() || mine == theirs) =>
            {
                self.agreed += 1;
            }
            (ours, flinks) => {
                let taken = matches!(flinks, Verdict::Failed(_));
                let brief = |verdict: Verdict| -> String {
                    format!("{verdict:?}").chars().take(160).collect()
                };
                let (ours, flinks) = (brief(ours), brief(flinks));
                let list = if taken {
                    &mut self.taken
                } else {
                    &mut self.differ
                };
                list.push(format!("{sql:?}\n    ours {ours}\n    Flink's {flinks}"));
            }
        }
    }

    fn report(&self, what: &str, all: usize) {
        let named: usize = self.by_name.values().sum();
        println!(
            "{what}: {all} texts, {} read alike, {} refused by both, {named} refused by name {:?}, {} differ, {} taken that Flink refuses",
            self.agreed,
            self.rejected,
            self.by_name,
            self.differ.len(),
            self.taken.len()
        );
    }
}

#[test]
fn the_corpus_is_read_as_flink_reads_it() {
    corpus_alike(FlinkVersion::V2_3, "Flink 2.3");
}

#[test]
fn the_corpus_is_read_as_flink_1_20_reads_it() {
    corpus_alike(FlinkVersion::V1_20, "Flink 1.20");
}

fn corpus_alike(version: FlinkVersion, name: &str) {
    let (Some(accepted), Some(rejected)) = (corpus("statements.jsonl"), corpus("rejected.jsonl"))
    else {
        return;
    };
    let texts = |lines: &[Value]| -> Vec<String> {
        lines
            .iter()
            .filter_map(|line| line["sql"].as_str().map(str::to_owned))
            .collect()
    };
    let all: Vec<String> = [texts(&accepted), texts(&rejected)].concat();
    let Some(outcome) = compare(&all, version) else {
        return;
    };
    outcome.report(&format!("corpus, {name}"), all.len());
    println!(
        "{:<40} {:>8} {:>8} {:>8}",
        format!("what {name} takes, by kind"),
        "parsed",
        "refused",
        "failed"
    );
    for (kind, [alike, refused, failed]) in &outcome.kinds {
        println!("{kind:<40} {alike:>8} {refused:>8} {failed:>8}");
    }
    let wrong = [outcome.differ, outcome.taken].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn generated_statements_are_read_as_flink_reads_them() {
    let volume = if std::env::var("SQLSEC_FULL").is_ok() {
        40_000
    } else {
        4_000
    };
    let seed = std::env::var("SQLSEC_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(1);
    let all = generate::statements(seed, volume);
    let Some(outcome) = compare(&all, FlinkVersion::V2_3) else {
        return;
    };
    outcome.report("generated", all.len());
    // A generator whose texts nobody takes proves nothing.
    assert!(outcome.agreed * 4 > all.len(), "too few are Flink SQL");
    assert!(outcome.differ.is_empty(), "{}", outcome.differ.join("\n"));
    assert!(
        outcome.taken.len() * 500 < all.len(),
        "more than one in 500:\n{}",
        outcome.taken.join("\n")
    );
}
