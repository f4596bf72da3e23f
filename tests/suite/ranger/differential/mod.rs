//! Ranger's own engine against this one, on random documents and requests. What differs is made small and printed; what differs on purpose is in
//! `differences.rs`. `SQLSEC_RANGER_CASES` says how many decisions, `SQLSEC_RANGER_SEED` which. Skipped, saying so, without Java or Ranger's libraries,
//! and where `SQLSEC_NO_RANGER` is set.

mod definition;
mod differences;
mod documents;
mod draw;
mod oracle;
pub mod ours;
mod policies;
mod shrink;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlsec::source::ranger::Mode;

use self::draw::Draw;
use self::oracle::Oracle;

/// Requests for each document; each is three decisions: access, mask, filter.
const REQUESTS: usize = 40;

/// Documents that are on their way at one time.
const BATCH: usize = 25;

/// So many that nobody expects are made small; more are counted.
const ENOUGH: usize = 5;

fn number(name: &str, otherwise: usize) -> usize {
    let set = std::env::var(name).ok();
    set.map_or(otherwise, |text| text.parse().expect("a number"))
}

/// What both say, if it is not the same.
fn difference(oracle: &mut Oracle, documents: &Value, request: &Value) -> Option<(Value, Value)> {
    let job = json!({ "documents": documents, "requests": [request] });
    let theirs = oracle.ask(&[job]).remove(0)["answers"][0].clone();
    let read = std::panic::catch_unwind(|| ours::service(documents, Mode::LikeRanger));
    let service = read.ok()?.ok()?;
    let own = ours::answer(&service, request);
    let same = theirs.is_null() || own == theirs || differences::thrown(&theirs);
    (!same && differences::reason(documents, request, &own, &theirs).is_none())
        .then_some((own, theirs))
}

#[derive(Default)]
struct Seen {
    decisions: usize,
    kinds: BTreeMap<&'static str, usize>,
    known: BTreeMap<&'static str, usize>,
    /// Differences that nobody expects, and the first of them made small.
    unknown: usize,
    wrong: Vec<String>,
}

impl Seen {
    fn kind(&mut self, kind: &'static str) {
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// What the decisions were, so that nobody takes a million times "no" for a comparison.
    fn count(&mut self, answer: &Value) {
        self.decisions += 3;
        self.kind(match (&answer[0][0], answer[0][1] == json!(-1)) {
            (Value::Bool(true), _) => "allowed",
            (_, true) => "denied, no policy",
            (_, false) => "denied by a policy",
        });
        self.kind(if answer[1][0].is_null() {
            "no mask"
        } else {
            "mask"
        });
        self.kind(if answer[2][0].is_null() {
            "no filter"
        } else {
            "filter"
        });
    }
}

fn judge(
    oracle: &mut Oracle,
    seen: &mut Seen,
    documents: &Value,
    requests: &[Value],
    theirs: &Value,
) {
    assert!(
        theirs.get("error").is_none(),
        "Ranger: {}: {documents}",
        theirs["error"]
    );
    let service = ours::service(documents, Mode::LikeRanger).expect("a service");
    for (request, theirs) in requests
        .iter()
        .zip(theirs["answers"].as_array().expect("answers"))
    {
        if differences::thrown(theirs) {
            seen.kind("thrown by Ranger");
            continue;
        }
        seen.count(theirs);
        let own = ours::answer(&service, request);
        if own == *theirs {
            continue;
        }
        if let Some(reason) = differences::reason(documents, request, &own, theirs) {
            *seen.known.entry(reason).or_default() += 1;
            continue;
        }
        seen.unknown += 1;
        if seen.wrong.len() >= ENOUGH {
            continue;
        }
        let small = shrink::shrink(oracle, documents, request);
        let says = difference(oracle, &small["documents"], &small["request"]);
        seen.wrong.push(match says {
            Some((own, theirs)) => format!("this engine {own}, Ranger {theirs}: {small}"),
            None => format!("only among other requests: this engine {own}, Ranger {theirs}: {documents} {request}"),
        });
    }
}

#[test]
fn ranger_decides_the_same_on_random_documents() {
    let mut oracle = match Oracle::start() {
        Ok(oracle) => oracle,
        Err(why) => {
            println!("skipped: {why}");
            return;
        }
    };
    let wanted = number("SQLSEC_RANGER_CASES", 20_000);
    let mut draw = Draw::new(u64::try_from(number("SQLSEC_RANGER_SEED", 1)).expect("a seed"));
    let mut seen = Seen::default();
    while seen.decisions < wanted {
        let drawn = (0..BATCH).map(|_| {
            let (definition, documents) = documents::documents(&mut draw);
            let requests: Vec<_> = (0..REQUESTS)
                .map(|_| documents::request(&mut draw, &definition))
                .collect();
            (documents, requests)
        });
        let drawn: Vec<_> = drawn.collect();
        let jobs: Vec<_> = drawn
            .iter()
            .map(|(documents, requests)| json!({ "documents": documents, "requests": requests }))
            .collect();
        let answers = oracle.ask(&jobs);
        for ((documents, requests), theirs) in drawn.iter().zip(&answers) {
            judge(&mut oracle, &mut seen, documents, requests, theirs);
        }
    }
    println!(
        "{} decisions: {:?}; differences with a reason: {:?}, without: {}",
        seen.decisions, seen.kinds, seen.known, seen.unknown
    );
    assert!(seen.wrong.is_empty(), "{}", seen.wrong.join("\n"));
}
