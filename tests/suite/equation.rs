//! The secure-view equation on real Flink: every case, policy, mode and style is one run of the submitted script on policy(D) against the
//! rewritten script on D. Without a JVM the decisions and the snapshots are still checked.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use sqlsec::{FlinkVersion, Reply, SubmitCheck};

use crate::attacks;
use crate::case::{Case, Expect, Mode, World, block, cases, statements};
use crate::flink::Flink;

/// One run: a case under one policy, in one mode, in one style.
pub struct Run {
    /// `case/policy/mode/style`.
    pub id: String,
    /// The job for the JVM.
    pub job: Value,
}

/// What became of the cases.
#[derive(Default)]
pub struct Tally {
    /// Denied with the code that the case wants: case and policy.
    pub refused_on_purpose: usize,
    /// Allowed, for Flink to judge.
    pub runs: Vec<Run>,
    /// Allowed and protected, on a connector that cannot run here.
    pub rewritten: usize,
    /// Shown as a limit of the manual.
    pub documented: usize,
    /// What is not as it should be.
    pub wrong: Vec<String>,
}

#[test]
fn the_secure_view_equation_holds_on_flink() {
    let mut tally = Tally::default();
    let only = std::env::var("SQLSEC_CASE").unwrap_or_default();
    let all: Vec<Case> = cases()
        .into_iter()
        .filter(|c| c.id.contains(&only))
        .collect();
    // One run of each case and a second of some, rotating through policies, modes and styles, take minutes; SQLSEC_FULL=1 runs all.
    let full = std::env::var("SQLSEC_FULL").is_ok();
    let mut combinations = 0;
    for (number, case) in all.iter().enumerate() {
        let before = tally.runs.len();
        run(case, FlinkVersion::default(), &mut tally);
        let made = tally.runs.split_off(before);
        combinations += made.len();
        tally
            .runs
            .extend(if full { made } else { chosen(number, made) });
    }
    println!(
        "cases: {} files, {combinations} combinations of which {} run, {} refused on purpose, {} rewritten for a connector that is not here, {} documented",
        all.len(),
        tally.runs.len(),
        tally.refused_on_purpose,
        tally.rewritten,
        tally.documented
    );
    let equal = judge(&mut tally, Flink::shared(), "2.3");
    if only.is_empty() {
        print!("{}", attacks::table(&all, equal.as_ref()));
    }
    assert_right(&tally);
}

/// The cases that are marked for it hold on Flink 1.20 too, for requests that say so.
#[test]
fn the_secure_view_equation_holds_on_flink_1_20() {
    let mut tally = Tally::default();
    let only = std::env::var("SQLSEC_CASE").unwrap_or_default();
    let marked = |c: &Case| c.settings.flink.contains(&FlinkVersion::V1_20);
    let all: Vec<Case> = cases()
        .into_iter()
        .filter(|c| c.id.contains(&only) && marked(c))
        .collect();
    for (number, case) in all.iter().enumerate() {
        let before = tally.runs.len();
        run(case, FlinkVersion::V1_20, &mut tally);
        let made = tally.runs.split_off(before);
        tally.runs.extend(chosen(number, made).into_iter().take(1));
    }
    if only.is_empty() {
        assert!(
            tally.runs.len() >= 60,
            "only {} cases are marked for Flink 1.20",
            tally.runs.len()
        );
    }
    if !tally.runs.is_empty() {
        judge(&mut tally, Flink::old(), "1.20");
    }
    assert_right(&tally);
}

fn assert_right(tally: &Tally) {
    assert!(
        tally.wrong.is_empty(),
        "{} of the cases are wrong:\n{}",
        tally.wrong.len(),
        tally.wrong.join("\n")
    );
}

/// One run of a case, another one for each case; of every third a second that differs from the first in as many of policy, mode and style as it
/// can.
fn chosen(number: usize, mut made: Vec<Run>) -> Vec<Run> {
    let count = made.len();
    if count == 0 {
        return made;
    }
    let first = made.swap_remove(number % count);
    if made.is_empty() || !number.is_multiple_of(3) {
        return vec![first];
    }
    let differences = |run: &Run| {
        let parts = run.id.rsplitn(4, '/').zip(first.id.rsplitn(4, '/'));
        parts.filter(|(a, b)| a != b).count()
    };
    let most = made.iter().map(differences).max().unwrap_or_default();
    let far: Vec<Run> = made
        .into_iter()
        .filter(|r| differences(r) == most)
        .collect();
    let pick = number / 2 % far.len();
    let second = far.into_iter().nth(pick);
    std::iter::once(first).chain(second).collect()
}

/// Asks Flink about all runs and prints what it said. The equal ones by case; none where there is no JVM.
fn judge<F: std::ops::DerefMut<Target = Flink>>(
    tally: &mut Tally,
    flink: Result<F, String>,
    version: &str,
) -> Option<BTreeMap<String, usize>> {
    let mut flink = match flink {
        Ok(flink) => flink,
        Err(why) => {
            println!("equation on Flink {version} skipped: {why}");
            return None;
        }
    };
    let mut equal: BTreeMap<String, usize> = BTreeMap::new();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let jobs: Vec<Value> = tally.runs.iter().map(|r| r.job.clone()).collect();
    for (run, answer) in tally.runs.iter().zip(flink.ask(&jobs)) {
        let text = |key: &str| {
            answer
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (id, outcome) = (&run.id, text("outcome"));
        assert_eq!(*id, text("id"), "answers come in the order of the jobs");
        *outcomes.entry(outcome.clone()).or_default() += 1;
        if outcome == "equal" {
            let case = id.rsplitn(4, '/').nth(3).unwrap_or_default();
            *equal.entry(case.to_owned()).or_default() += 1;
        } else {
            println!("not equal: {id} {outcome} {}", text("detail"));
            tally.wrong.push(format!(
                "{id}: {outcome}: {}\n    {}\n    submitted {}\n    rewritten {}",
                text("detail"),
                run.job["rewritten"],
                answer["sample_submitted"],
                answer["sample_rewritten"]
            ));
        }
    }
    let of = |outcome: &str| outcomes.get(outcome).copied().unwrap_or_default();
    println!(
        "equation on Flink {version}: {} run, {} equal, {} refused on purpose, {} unequal{}",
        jobs.len(),
        of("equal"),
        tally.refused_on_purpose,
        jobs.len() - of("equal"),
        if of("equal") == jobs.len() {
            String::new()
        } else {
            format!(" ({outcomes:?})")
        }
    );
    Some(equal)
}

/// Decides about all combinations of a case, for a version of Flink.
pub fn run(case: &Case, flink: FlinkVersion, tally: &mut Tally) {
    let script = script_of(case);
    let mut snapshot = String::new();
    for policy in &case.settings.policies {
        for mode in &case.settings.modes {
            let world = World::load(&case.settings.world, *mode);
            let engine = world.engine(policy, &case.settings.catalog);
            for (style, style_word) in case.settings.style.list() {
                let id = format!("{}/{policy}/{}/{style_word}", case.id, mode.word());
                let mut request = case.settings.request(&script, *style, &engine, &world);
                request.flink = flink;
                let reply = engine.check(&request);
                tells_nothing(case, &id, &world, policy, &script, &reply, tally);
                let errors = reply.decision.errors();
                match (case.settings.expect(), reply.decision.sql()) {
                    (Expect::Deny(code), None)
                        if errors.iter().any(|e| e.code.as_str() == code) =>
                    {
                        tally.refused_on_purpose += 1;
                    }
                    (Expect::Deny(code), None) => tally
                        .wrong
                        .push(format!("{id}: wanted {code}, got {errors:?}")),
                    (Expect::Deny(code), Some(sql)) => {
                        tally.wrong.push(format!("{id}: wanted {code}, got {sql}"));
                    }
                    (_, None) => tally
                        .wrong
                        .push(format!("{id}: denied: {errors:?}\n    {script}")),
                    (expect, Some(sql)) => {
                        if snapshot.is_empty() {
                            snapshot =
                                format!("policy={policy} style={style_word}\n{}", sql.trim_end());
                        }
                        match expect {
                            Expect::Rewritten if nothing_applied(&reply) => {
                                tally
                                    .wrong
                                    .push(format!("{id}: nothing is protected: {sql}"));
                            }
                            Expect::Rewritten => tally.rewritten += 1,
                            Expect::Document => tally.documented += 1,
                            Expect::Equal | Expect::Plan | Expect::Deny(_) => {
                                let job = job(&id, case, &world, policy, *mode, &script, sql);
                                tally.runs.push(Run { id, job });
                            }
                        }
                    }
                }
            }
        }
    }
    if flink == FlinkVersion::default() {
        check_snapshot(case, &snapshot, tally);
    }
}

fn nothing_applied(reply: &Reply) -> bool {
    reply.statements.iter().all(|s| s.applied.is_empty())
}

/// A denial holds no SQL, no literal of the policy that the submitter did not write, and none of the words that the case forbids.
fn tells_nothing(
    case: &Case,
    id: &str,
    world: &World,
    policy: &str,
    script: &str,
    reply: &Reply,
    tally: &mut Tally,
) {
    if reply.decision.sql().is_some() {
        return;
    }
    let told = serde_json::to_string(reply).expect("a reply is JSON");
    let messages: String = reply
        .decision
        .errors()
        .iter()
        .map(|e| format!("{}\n", e.message))
        .collect();
    let text = world.policy_text(policy);
    let literals = text.split('\'').skip(1).step_by(2);
    for literal in literals.filter(|l| l.len() > 2 && !script.contains(l)) {
        if messages.contains(literal) {
            tally
                .wrong
                .push(format!("{id}: the denial tells `{literal}` of the policy"));
        }
    }
    for word in &case.settings.untold {
        if told.contains(word.as_str()) {
            tally.wrong.push(format!("{id}: the denial tells `{word}`"));
        }
    }
    if reply.statements.iter().any(|s| !s.edits.is_empty()) {
        tally.wrong.push(format!("{id}: the denial holds edits"));
    }
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
    let compare = match case.settings.expect() {
        Expect::Plan => "plan",
        Expect::Equal | Expect::Rewritten | Expect::Document | Expect::Deny(_) => {
            &case.settings.compare
        }
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
