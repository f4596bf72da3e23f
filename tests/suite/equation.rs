//! The secure-view equation on real Flink: every case, policy, mode and style is one run of the submitted script on policy(D) against the
//! rewritten script on D. Without a JVM the decisions and the snapshots are still checked.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use sqlsec::{Request, SubmitCheck};

use crate::case::{Case, Mode, World, block, cases, statements};
use crate::flink::Flink;

/// What became of the cases.
#[derive(Default)]
struct Tally {
    refused_on_purpose: usize,
    jobs: Vec<Value>,
    wrong: Vec<String>,
}

#[test]
fn the_secure_view_equation_holds_on_flink() {
    let mut tally = Tally::default();
    let only = std::env::var("SQLSEC_CASE").unwrap_or_default();
    let all: Vec<Case> = cases()
        .into_iter()
        .filter(|c| c.id.contains(&only))
        .collect();
    // One run of each case, another combination for each, takes minutes; SQLSEC_FULL=1 runs every combination.
    let full = std::env::var("SQLSEC_FULL").is_ok();
    let mut combinations = 0;
    for (number, case) in all.iter().enumerate() {
        let before = tally.jobs.len();
        run(case, &mut tally);
        let made = tally.jobs.split_off(before);
        combinations += made.len();
        let pick = number % made.len().max(1);
        tally.jobs.extend(
            made.into_iter()
                .enumerate()
                .filter(|(i, _)| full || *i == pick)
                .map(|(_, job)| job),
        );
    }
    println!(
        "cases: {} files, {combinations} combinations, {} of them for Flink, {} refused on purpose",
        all.len(),
        tally.jobs.len(),
        tally.refused_on_purpose
    );
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    match Flink::shared() {
        Ok(mut flink) => {
            for answer in flink.ask(&tally.jobs) {
                let text = |key: &str| {
                    answer
                        .get(key)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned()
                };
                let outcome = text("outcome");
                *outcomes.entry(outcome.clone()).or_default() += 1;
                if outcome != "equal" {
                    println!("not equal: {} {outcome} {}", text("id"), text("detail"));
                    let id = text("id");
                    let job = tally.jobs.iter().find(|j| j["id"] == id.as_str());
                    let rewritten = job.map(|j| j["rewritten"].to_string()).unwrap_or_default();
                    tally.wrong.push(format!(
                        "{id}: {outcome}: {}\n    {rewritten}\n    submitted {}\n    rewritten {}",
                        text("detail"),
                        answer["sample_submitted"],
                        answer["sample_rewritten"]
                    ));
                }
            }
            println!("equation on Flink: {outcomes:?}");
        }
        Err(why) => println!("equation on Flink skipped: {why}"),
    }
    assert!(
        tally.wrong.is_empty(),
        "{} of the cases are wrong:\n{}",
        tally.wrong.len(),
        tally.wrong.join("\n")
    );
}

fn run(case: &Case, tally: &mut Tally) {
    let principal = case.settings.who.principal();
    let script = script_of(case);
    let mut snapshot = String::new();
    for policy in &case.settings.policies {
        for mode in &case.settings.modes {
            let world = World::load(&case.settings.world, *mode);
            let engine = world.engine(policy, &case.settings.catalog);
            for (style, style_word) in case.settings.style.list() {
                let id = format!("{}/{policy}/{}/{style_word}", case.id, mode.word());
                let request = Request {
                    style: *style,
                    ..Request::new(principal.clone(), script.clone())
                };
                let reply = engine.check(&request);
                let errors = reply.decision.errors();
                match (
                    case.settings.expect.strip_prefix("deny:"),
                    reply.decision.sql(),
                ) {
                    (Some(code), None) if errors.iter().any(|e| e.code.as_str() == code) => {
                        tally.refused_on_purpose += 1
                    }
                    (Some(code), None) => tally
                        .wrong
                        .push(format!("{id}: wanted {code}, got {errors:?}")),
                    (Some(code), Some(sql)) => {
                        tally.wrong.push(format!("{id}: wanted {code}, got {sql}"))
                    }
                    (None, None) => tally
                        .wrong
                        .push(format!("{id}: denied: {errors:?}\n    {script}")),
                    (None, Some(sql)) => {
                        if snapshot.is_empty() {
                            snapshot =
                                format!("policy={policy} style={style_word}\n{}", sql.trim_end());
                        }
                        tally
                            .jobs
                            .push(job(&id, case, &world, policy, *mode, &script, sql));
                    }
                }
            }
        }
    }
    check_snapshot(case, &snapshot, tally);
}

fn script_of(case: &Case) -> String {
    let mut parts = case.settings.setup.clone();
    parts.push(case.submitted.clone());
    parts.join(";\n")
}

fn job(
    id: &str,
    case: &Case,
    world: &World,
    policy: &str,
    mode: Mode,
    submitted: &str,
    rewritten: &str,
) -> Value {
    let user = case.settings.who.principal().user;
    let secure = world.secure(policy, &user);
    let tables: Vec<Value> = world
        .tables
        .iter()
        .map(|(name, ddl)| {
            let data = ddl
                .split("'${")
                .nth(1)
                .and_then(|rest| rest.split('}').next());
            json!({ "name": name, "ddl": ddl, "data": data, "secure": secure.get(name) })
        })
        .collect();
    let compare = if case.settings.expect == "plan" {
        "plan"
    } else {
        &case.settings.compare
    };
    json!({
        "id": id,
        "mode": mode.word(),
        "tables": tables,
        "data": world.data,
        "functions": world.functions,
        "catalog": case.settings.catalog,
        "config": case.settings.config,
        "submitted": statements(submitted),
        "rewritten": statements(rewritten),
        "compare": compare,
        "timeout_s": 60,
    })
}

/// The last block of a case shows what a person reads: the first rewrite of it. `SQLSEC_BLESS=1` writes it.
fn check_snapshot(case: &Case, snapshot: &str, tally: &mut Tally) {
    if snapshot.is_empty() {
        return;
    }
    let (info, sql) = snapshot.split_once('\n').expect("two parts");
    let wanted = format!("```sql rewritten {info}\n{sql}\n```\n");
    let start = case.text.find("```sql rewritten");
    let have = start.map(|s| &case.text[s..]);
    if have == Some(wanted.as_str()) {
        return;
    }
    if std::env::var("SQLSEC_BLESS").is_ok() {
        let before = start
            .map_or(case.text.as_str(), |s| &case.text[..s])
            .trim_end();
        fs::write(&case.path, format!("{before}\n\n{wanted}")).expect("a writable case");
    } else {
        let have = have
            .and_then(|h| block(h, &format!("sql rewritten {info}")))
            .unwrap_or("nothing");
        tally.wrong.push(format!(
            "{}: the snapshot differs (SQLSEC_BLESS=1 writes it):\n    have {have}\n    made {sql}",
            case.id
        ));
    }
}
