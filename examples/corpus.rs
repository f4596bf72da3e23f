//! Measures the grammar on a folder of real Flink SQL: parsed, refused by name, failed; tables; what Flink rejects and we take; time.
//!
//! `cargo run --release --example corpus [FOLDER] [--flink 1.20] [--failures] [--accepted] [--tables] [--list] [--time]`

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a measuring program prints"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Deserialize;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlsec::syntax::ast::{Name, StatementKind};
use sqlsec::syntax::tables::tables;
use sqlsec::syntax::{FlinkVersion, Limits, Script, SyntaxError, SyntaxErrorKind, with_stack};

#[derive(Deserialize)]
struct Case {
    id: serde_json::Value,
    sql: String,
    source: String,
    #[serde(default)]
    kind: String,
    reads: Option<Vec<String>>,
    writes: Option<Vec<String>>,
    #[serde(default)]
    error: String,
}

#[derive(Default)]
struct Count {
    parsed: usize,
    refused: usize,
    failed: usize,
}

#[derive(Default)]
struct Compared {
    same: usize,
    missing: Vec<String>,
    extra: Vec<String>,
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut version = FlinkVersion::default();
    if let Some(at) = arguments.iter().position(|a| a == "--flink") {
        let named = arguments.get(at + 1).cloned();
        arguments.drain(at..(at + 2).min(arguments.len()));
        version = match named.as_deref() {
            Some("1.20") => FlinkVersion::V1_20,
            Some("2.3") => FlinkVersion::V2_3,
            _ => {
                eprintln!("--flink takes 1.20 or 2.3");
                return ExitCode::from(2);
            }
        };
    }
    let (flags, folders): (Vec<String>, Vec<String>) =
        arguments.into_iter().partition(|a| a.starts_with("--"));
    let folder = folders
        .first()
        .map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from);
    let has = |flag: &str| flags.iter().any(|f| f == flag);
    let (Some(accepted), Some(rejected)) = (
        cases(&folder.join("statements.jsonl")),
        cases(&folder.join("rejected.jsonl")),
    ) else {
        eprintln!("no corpus in {}", folder.display());
        return ExitCode::from(2);
    };
    let tried = accepted
        .iter()
        .map(|case| (case, read(case, version)))
        .collect();
    if has("--list") {
        list(&tried);
    }
    report_kinds(&tried);
    report_tables(&tried, has("--tables"));
    report_failures(&tried, has("--failures"));
    report_rejected(&rejected, version, has("--accepted"));
    if has("--time") {
        report_time(&accepted);
    }
    ExitCode::SUCCESS
}

fn cases(path: &Path) -> Option<Vec<Case>> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines()
        .map(|line| serde_json::from_str(line).ok())
        .collect()
}

enum Outcome {
    Parsed {
        reads: Vec<String>,
        writes: Vec<String>,
    },
    Refused(&'static str),
    Failed(SyntaxError),
}

type Tried<'c> = Vec<(&'c Case, Outcome)>;

fn read(case: &Case, version: FlinkVersion) -> Outcome {
    with_stack(case.sql.len(), || {
        let script = match Script::parse(&case.sql, version, &Limits::default()) {
            Ok(script) => script,
            Err(SyntaxError {
                kind: SyntaxErrorKind::Unsupported(construct),
                ..
            }) => return Outcome::Refused(construct.name()),
            Err(error) => return Outcome::Failed(error),
        };
        let mut reads = Vec::new();
        let mut writes = Vec::new();
        for statement in &script.statements {
            if let StatementKind::Refused(refusal) = &statement.kind {
                return Outcome::Refused(refusal.construct.name());
            }
            match tables(statement) {
                Ok(found) => {
                    reads.extend(found.reads.into_iter().map(text_of));
                    writes.extend(found.writes.into_iter().map(text_of));
                }
                Err(_) => return Outcome::Refused("(unknown node)"),
            }
        }
        Outcome::Parsed { reads, writes }
    })
}

/// One line a statement: id and outcome.
fn list(tried: &Tried) {
    for (case, outcome) in tried {
        let word = match outcome {
            Outcome::Parsed { .. } => "parsed",
            Outcome::Refused(_) => "refused",
            Outcome::Failed(_) => "failed",
        };
        println!("{word} {}", case.id);
    }
}

fn text_of(name: &Name) -> String {
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let parts: Vec<String> = name
        .parts
        .iter()
        .map(|part| {
            if plain(&part.value) {
                part.value.clone()
            } else {
                format!("`{}`", part.value.replace('`', "``"))
            }
        })
        .collect();
    parts.join(".")
}

fn is_query(kind: &str) -> bool {
    matches!(
        kind,
        "SqlSelect" | "SqlOrderBy" | "SqlWith" | "RichSqlInsert"
    ) || matches!(
        kind.strip_prefix("SqlBasicCall:"),
        Some("UNION" | "EXCEPT" | "INTERSECT" | "VALUES" | "EXPLICIT_TABLE")
    )
}

fn report_kinds(tried: &Tried) {
    let mut kinds: BTreeMap<&str, Count> = BTreeMap::new();
    let mut queries = Count::default();
    let mut read = Count::default();
    let mut all = Count::default();
    for (case, outcome) in tried {
        let mut counts = vec![kinds.entry(&case.kind).or_default(), &mut all];
        if is_query(&case.kind) {
            counts.push(&mut queries);
        }
        if is_read(&case.kind) {
            counts.push(&mut read);
        }
        for count in counts {
            match outcome {
                Outcome::Parsed { .. } => count.parsed += 1,
                Outcome::Refused(_) => count.refused += 1,
                Outcome::Failed(_) => count.failed += 1,
            }
        }
    }
    println!(
        "{:<46} {:>7} {:>8} {:>7}",
        "kind", "parsed", "refused", "failed"
    );
    for (kind, count) in &kinds {
        println!(
            "{kind:<46} {:>7} {:>8} {:>7}",
            count.parsed, count.refused, count.failed
        );
    }
    let sums = [
        ("queries and INSERT", queries),
        (
            "queries, INSERT, CREATE TABLE and VIEW, ALTER, statement sets, EXPLAIN",
            read,
        ),
        ("all", all),
    ];
    for (name, count) in sums {
        let total = count.parsed + count.refused + count.failed;
        println!(
            "{name}: {} of {total} parsed ({:.2} %), {} refused by name, {} failed ({:.2} % parsed or refused)",
            count.parsed,
            percent(count.parsed, total),
            count.refused,
            count.failed,
            percent(count.parsed + count.refused, total)
        );
    }
}

/// What must be parsed and not only refused by name.
fn is_read(kind: &str) -> bool {
    is_query(kind)
        || kind.starts_with("SqlAlter")
        || matches!(
            kind,
            "SqlCreateTable"
                | "SqlCreateTableLike"
                | "SqlCreateTableAs"
                | "SqlReplaceTableAs"
                | "SqlCreateView"
                | "SqlAddPartitions"
                | "SqlDropPartitions"
                | "SqlExecute"
                | "SqlBeginStatementSet"
                | "SqlEndStatementSet"
                | "SqlRichExplain"
        )
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn report_tables(tried: &Tried, show: bool) {
    let mut compared = Compared::default();
    for (case, outcome) in tried {
        let Outcome::Parsed { reads, writes } = outcome else {
            continue;
        };
        let mut differs = false;
        for (theirs, ours) in [(&case.reads, reads), (&case.writes, writes)] {
            let Some(theirs) = theirs else {
                differs |= !ours.is_empty();
                continue;
            };
            let (missing, extra) = (minus(theirs, ours), minus(ours, theirs));
            differs |= !missing.is_empty() || !extra.is_empty() || theirs != ours;
            if !missing.is_empty() {
                compared.missing.push(format!("{}: {missing:?}", case.id));
            }
            if !extra.is_empty() {
                compared.extra.push(format!("{}: {extra:?}", case.id));
            }
            if missing.is_empty() && extra.is_empty() && theirs != ours && show {
                println!("other order {}: {theirs:?} {ours:?}", case.id);
            }
        }
        compared.same += usize::from(!differs);
    }
    println!(
        "tables: {} the same, {} with missing, {} with extra",
        compared.same,
        compared.missing.len(),
        compared.extra.len()
    );
    if show {
        compared
            .missing
            .iter()
            .for_each(|line| println!("missing {line}"));
        compared
            .extra
            .iter()
            .for_each(|line| println!("extra {line}"));
    }
}

/// What of `these` is not in `those`, as bags.
fn minus(these: &[String], those: &[String]) -> Vec<String> {
    let mut rest = those.to_vec();
    let mut missing = Vec::new();
    for this in these {
        match rest.iter().position(|that| that == this) {
            Some(at) => drop(rest.swap_remove(at)),
            None => missing.push(this.clone()),
        }
    }
    missing
}

fn report_failures(tried: &Tried, show: bool) {
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for (case, outcome) in tried {
        match outcome {
            Outcome::Refused(construct) => *refused.entry(construct).or_default() += 1,
            Outcome::Failed(error) if show => {
                let around = around(&case.sql, error);
                println!(
                    "failed {} {} [{}]: {error} …{around}",
                    case.id, case.kind, case.source
                );
            }
            Outcome::Failed(_) | Outcome::Parsed { .. } => {}
        }
    }
    if show {
        println!("refused by name: {refused:?}");
    }
}

fn around(sql: &str, error: &SyntaxError) -> String {
    let at = error.span.start as usize;
    let from = (0..=at.saturating_sub(50))
        .rev()
        .find(|i| sql.is_char_boundary(*i));
    let text: String = sql
        .get(from.unwrap_or(0)..)
        .unwrap_or_default()
        .chars()
        .take(110)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    text
}

fn report_rejected(rejected: &[Case], version: FlinkVersion, show: bool) {
    let mut parsed = 0;
    let mut refused = 0;
    let mut several = 0;
    for case in rejected {
        match read(case, version) {
            Outcome::Parsed { .. } => {
                let one = with_stack(case.sql.len(), || {
                    Script::parse(&case.sql, version, &Limits::default())
                        .is_ok_and(|script| script.statements.len() == 1)
                });
                if one {
                    parsed += 1;
                } else {
                    several += 1;
                    continue;
                }
                if show {
                    let sql: String = case.sql.chars().take(200).collect();
                    println!(
                        "accepted {} | {} | {}",
                        case.id,
                        sql.replace('\n', " "),
                        case.error.replace('\n', " ")
                    );
                }
            }
            Outcome::Refused(_) => refused += 1,
            Outcome::Failed(_) => {}
        }
    }
    println!(
        "rejected by Flink: {} in all; parsed {parsed}, refused by name {refused}, more or less than one statement {several}",
        rejected.len()
    );
}

/// Ours against sqlparser's own tokeniser and parser, over the statements that both read.
fn report_time(accepted: &[Case]) {
    let both: Vec<&str> = accepted
        .iter()
        .filter(|case| is_query(&case.kind))
        .map(|case| case.sql.as_str())
        .filter(|sql| Parser::parse_sql(&GenericDialect {}, sql).is_ok())
        .filter(|sql| Script::parse(sql, FlinkVersion::V2_3, &Limits::default()).is_ok())
        .collect();
    let bytes: usize = both.iter().map(|sql| sql.len()).sum();
    let mut ours = Duration::MAX;
    let mut theirs = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        for sql in &both {
            drop(Script::parse(sql, FlinkVersion::V2_3, &Limits::default()));
        }
        ours = ours.min(start.elapsed());
        let start = Instant::now();
        for sql in &both {
            drop(Parser::parse_sql(&GenericDialect {}, sql));
        }
        theirs = theirs.min(start.elapsed());
    }
    println!(
        "time: {} statements, {bytes} bytes: ours {ours:?}, sqlparser {theirs:?}, ratio {:.2}",
        both.len(),
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
}
