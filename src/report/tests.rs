//! Entries, scripts, drift, sources' rows: what is said of them and what is never said.

use std::collections::BTreeSet;
use std::io::Cursor;

use super::export::Row;
use super::form::{Csv, Form, Head, Html, JUnit, Json, Report, Sarif};
use super::*;
use crate::check::Code;
use crate::{Catalog, Engine, Policy, Principal, Request};

const TABLES: &str =
    "CREATE TABLE orders (id INT, region STRING, phone STRING) WITH ('connector' = 'datagen');
CREATE TABLE sink (id INT, phone STRING) WITH ('connector' = 'blackhole');";

fn engine(rules: &str) -> Engine {
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "test").unwrap();
    let text = format!(
        "apiVersion: sqlsec/v1\nversion: 3\ndefaults: {{ access: allow, unknown_connector: allow }}\nrules:\n{rules}"
    );
    Engine::new(Policy::load(&text, "test").unwrap(), catalog)
}

const FILTER: &str = "  - { id: north, type: row_filter, to: { users: [ann] }, on: { table: '*.*.orders' }, filter: \"region = 'a secret place'\" }\n";
const MASK: &str = "  - { id: hash, type: column_mask, to: { users: [ann] }, on: { table: '*.*.orders', columns: [phone] }, mask: MASK_HASH }\n";
const NULLED: &str = "  - { id: gone, type: column_mask, to: { users: [ann] }, on: { table: '*.*.orders', columns: [phone] }, mask: MASK_NULL }\n";
const CLOSED: &str = "  - { id: closed, type: access, effect: deny, to: { users: [ann] }, on: { table: '*.*.orders' }, privileges: [select] }\n";

fn ann() -> Principal {
    Principal {
        user: "ann".to_owned(),
        ..Principal::default()
    }
}

fn job(name: &str, text: &str) -> Job {
    Job {
        name: name.to_owned(),
        place: Place {
            file: format!("{name}.sql"),
            part: None,
        },
        owner: Some(ann()),
        text: Ok(text.to_owned()),
    }
}

fn judge(engine: &Engine) -> Judge<'_> {
    Judge {
        check: engine,
        request: Request::new(Principal::default(), ""),
        for_owner: true,
        others: Vec::new(),
        former: None,
        with_scripts: true,
    }
}

const SQL: &str = "-- reads orders\nINSERT INTO sink\nSELECT id, phone FROM orders;\n";

fn former(engine: &Engine, jobs: &[Job]) -> Former {
    let judge = judge(engine);
    let entries = jobs.iter().flat_map(|job| judge.entries(job));
    let lines: Vec<String> = entries
        .map(|(entry, _)| serde_json::to_string(&entry.record.unwrap()).unwrap())
        .collect();
    Former::read(Cursor::new(lines.join("\n"))).unwrap()
}

#[test]
fn the_parts_of_a_script_are_both_texts() {
    let engine = engine(&format!("{FILTER}{MASK}"));
    let (entry, script) = judge(&engine).entries(&job("nightly", SQL)).remove(0);
    assert_eq!(entry.verdict, Verdict::Allowed);
    let script = script.unwrap();
    assert!(script.protected);
    let reply = crate::SubmitCheck::check(&engine, &Request::new(ann(), SQL));
    let side = |old: bool| -> String {
        script
            .parts
            .iter()
            .map(|part| match part {
                Part::Same(text) => text.as_str(),
                Part::Edit { old: text, .. } if old => text,
                Part::Edit { new, .. } => new,
                Part::Fault { fault, .. } => fault,
            })
            .collect()
    };
    assert_eq!(side(true), SQL);
    assert_eq!(Some(side(false).as_str()), reply.decision.sql());
    let edits: Vec<_> = script
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Edit { why, .. } => Some(why),
            Part::Same(_) | Part::Fault { .. } => None,
        })
        .collect();
    assert!(!edits.is_empty() && edits.iter().all(|why| !why.is_empty()));
    assert_eq!(
        script.notes,
        [
            "default_catalog.default_database.orders: rows by rule north",
            "default_catalog.default_database.orders.phone: mask MASK_HASH by rule hash"
        ]
    );
}

#[test]
fn a_fault_is_marked_where_the_check_found_it() {
    let engine = engine(CLOSED);
    let (entry, script) = judge(&engine).entries(&job("nightly", SQL)).remove(0);
    assert_eq!(entry.verdict, Verdict::Denied);
    let script = script.unwrap();
    let faults: Vec<_> = script
        .parts
        .iter()
        .filter(|part| matches!(part, Part::Fault { .. }))
        .collect();
    assert_eq!(
        faults,
        [&Part::Fault {
            fault: "orders".to_owned(),
            reason: 0
        }]
    );
    assert!(!script.protected && script.messages.len() == entry.reasons.len());
}

/// Every form of some entries.
fn forms(entries: &[(Entry, Option<Script>)]) -> Vec<(&'static str, String)> {
    let forms: [(&str, Box<dyn Form>); 5] = [
        ("json", Box::new(Json::default())),
        ("csv", Box::new(Csv)),
        ("sarif", Box::new(Sarif::default())),
        ("junit", Box::new(JUnit::default())),
        ("html", Box::new(Html::default())),
    ];
    let write = |(name, mut form): (&'static str, Box<dyn Form>)| {
        let (mut out, mut survey) = (Vec::new(), Survey::default());
        let head = Head {
            sqlsec: "0".to_owned(),
            time: "2026-01-01T00:00:00Z".to_owned(),
            ..Head::default()
        };
        form.begin(&head, &mut out).unwrap();
        for (entry, script) in entries {
            survey.add(entry);
            form.entry(entry, script.as_ref(), &mut out).unwrap();
        }
        form.end(&survey, &mut out).unwrap();
        (name, String::from_utf8(out).unwrap())
    };
    forms.into_iter().map(write).collect()
}

#[test]
fn no_form_but_the_page_holds_a_literal() {
    let engine = engine(FILTER);
    let judge = judge(&engine);
    let texts = [
        "INSERT INTO sink SELECT id, phone FROM orders WHERE phone <> 'a secret number'",
        "SELECT 'a secret number' FROM nothing.known",
        "SET 'a secret number' = 'a secret number'",
    ];
    let entries: Vec<_> = texts
        .iter()
        .flat_map(|text| judge.entries(&job("nightly", text)))
        .collect();
    for (name, text) in forms(&entries) {
        assert_eq!(text.contains("secret"), name == "html", "{name}: {text}");
    }
}

#[test]
fn what_is_written_as_json_is_what_the_type_says() {
    let engine = engine(&format!("{FILTER}{MASK}"));
    let judge = judge(&engine);
    let jobs = [
        job("a", SQL),
        job("b", "SELECT"),
        Job {
            text: Err(Obstacle::new(ObstacleCode::NotUtf8, "x")),
            ..job("c", "")
        },
    ];
    let entries: Vec<_> = jobs.iter().flat_map(|job| judge.entries(job)).collect();
    let (_, text) = forms(&entries).remove(0);
    let report: Report = serde_json::from_str(&text).unwrap();
    let again: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&report).unwrap(), again);
    let verdicts: Vec<_> = report.jobs.iter().map(|entry| entry.verdict).collect();
    assert_eq!(
        verdicts,
        [Verdict::Allowed, Verdict::Unjudged, Verdict::Unjudged]
    );
    assert_eq!(report.summary.unjudged, 2);
}

#[test]
fn nothing_of_a_job_is_markup_or_the_end_of_a_script() {
    let engine = engine(FILTER);
    let judge = judge(&engine);
    let hostile = "</script><img src=x onerror=alert(1)><!-- <script>";
    let mut hostile_job = job(hostile, &format!("SELECT '{hostile}' FROM orders"));
    hostile_job.place.file = hostile.to_owned();
    let (_, page) = forms(&judge.entries(&hostile_job)).remove(4);
    // The data's own scripts and that of the page; nothing else ends one.
    assert_eq!(page.matches("</script").count(), 6);
    assert!(!page.contains("<img") && !page.contains("<!-- "));
}

#[test]
fn drift_is_told_by_what_applies() {
    let cases = [
        ("", FILTER, DriftState::Tighter),
        (FILTER, "", DriftState::Looser),
        (MASK, "", DriftState::Looser),
        ("", MASK, DriftState::Tighter),
        (MASK, NULLED, DriftState::Unclear),
        (FILTER, MASK, DriftState::Unclear),
        (FILTER, FILTER, DriftState::Same),
        (FILTER, CLOSED, DriftState::Tighter),
        (CLOSED, FILTER, DriftState::Looser),
        (CLOSED, CLOSED, DriftState::Same),
    ];
    let none = "  - { id: none, type: access, effect: deny, to: { users: [nobody] }, on: { table: '*.*.other' }, privileges: [select] }\n";
    for (before, after, expected) in cases {
        let (before, after) = (format!("{none}{before}"), format!("{none}{after}"));
        let (old, new) = (engine(&before), engine(&after));
        let judge = Judge {
            former: Some(former(&old, &[job("nightly", SQL)])),
            ..judge(&new)
        };
        let (entry, _) = judge.entries(&job("nightly", SQL)).remove(0);
        let drift = entry.drift.unwrap();
        assert_eq!(drift.state, expected, "{before} then {after}: {drift:?}");
        assert_eq!(drift.former.unwrap().policy_version, 3);
        assert_eq!(
            drift.changes.is_empty(),
            expected == DriftState::Same,
            "{:?}",
            drift.changes
        );
    }
}

#[test]
fn a_filter_that_has_another_text_is_not_the_same() {
    let other = FILTER.replace("a secret place", "another");
    let (old, new) = (engine(FILTER), engine(&other));
    let judge = Judge {
        former: Some(former(&old, &[job("nightly", SQL)])),
        ..judge(&new)
    };
    let drift = judge
        .entries(&job("nightly", SQL))
        .remove(0)
        .0
        .drift
        .unwrap();
    assert_eq!(drift.state, DriftState::Unclear);
}

#[test]
fn jobs_are_met_by_name_else_by_text_and_the_rest_is_gone() {
    let engine = engine(FILTER);
    let other = "SELECT id FROM orders";
    let before = [job("a", SQL), job("b", other), job("c", "SELECT 1")];
    let judge = Judge {
        former: Some(former(&engine, &before)),
        ..judge(&engine)
    };
    let state = |job: &Job| judge.entries(job).remove(0).0.drift.unwrap().state;
    assert_eq!(
        state(&job("a", "SELECT phone FROM orders")),
        DriftState::Changed
    );
    assert_eq!(state(&job("moved/b", other)), DriftState::Same);
    assert_eq!(state(&job("d", "SELECT 2")), DriftState::New);
    let bob = Principal {
        user: "bob".to_owned(),
        ..Principal::default()
    };
    let bobs = Job {
        owner: Some(bob),
        ..job("a", SQL)
    };
    assert_eq!(state(&bobs), DriftState::Changed);
    let gone = judge.former.as_ref().unwrap().gone();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].job.as_deref(), Some("c"));
}

#[test]
fn a_refusal_does_not_hide_what_was_allowed_before_and_runs() {
    let (allowed, denied) = (engine(FILTER), engine(CLOSED));
    let line = |engine: &Engine| {
        let (entry, _) = judge(engine).entries(&job("nightly", SQL)).remove(0);
        serde_json::to_string(&entry.record.unwrap()).unwrap()
    };
    let lines = format!("half a\n{}\n{}\nhalf a li", line(&allowed), line(&denied));
    let former = Former::read(Cursor::new(lines)).unwrap();
    assert_eq!(former.unreadable, 2);
    let judge = Judge {
        former: Some(former),
        ..judge(&allowed)
    };
    let drift = judge
        .entries(&job("nightly", SQL))
        .remove(0)
        .0
        .drift
        .unwrap();
    assert_eq!(drift.state, DriftState::Same);
}

#[test]
fn what_is_no_former_check_is_refused() {
    assert!(Former::read(Cursor::new("{\"a\": 1}")).is_err());
    assert!(Former::read(Cursor::new("a,b\n1,2\n")).is_err());
    assert!(Former::read(Cursor::new("")).is_ok());
}

#[test]
fn variables_are_expanded_once_and_none_is_left() {
    let variables = Variables::read("# of the team\nenv = prod\nloop=${env}\n").unwrap();
    let expand = |text: &str| variables.expand(text.to_owned());
    assert_eq!(
        expand("SELECT * FROM ${env}_t").unwrap(),
        "SELECT * FROM prod_t"
    );
    for left in [
        "a ${other}",
        "a ${loop}",
        "a '${other}'",
        "a ${env",
        "${env}\n  ${x}",
    ] {
        let obstacle = expand(left).unwrap_err();
        assert_eq!(obstacle.code, ReasonCode::Check(Code::UnexpandedVariable));
        assert!(obstacle.at.is_some(), "{left}");
    }
    let place = expand("${env}\n  ${x}").unwrap_err().at.unwrap();
    assert_eq!((place.line, place.column), (2, 3));
    assert_eq!(
        Variables::read("{\"env\": \"prod\"}")
            .unwrap()
            .expand("${env}".to_owned())
            .unwrap(),
        "prod"
    );
    assert!(Variables::read("nothing").is_err());
}

#[test]
fn owners_are_read_and_never_guessed() {
    assert_eq!(path_owner("ann/a/b").unwrap().user, "ann");
    assert_eq!(path_owner("b"), None);
    assert_eq!(path_owner("/b"), None);
    let head = "-- Nightly\n--owner: ann \n\n-- groups: ops, dev\nSELECT 1 -- owner: bob";
    let owner = header_owner(head).unwrap();
    assert_eq!(owner.user, "ann");
    assert!(owner.groups.iter().eq(["dev", "ops"]));
    assert_eq!(header_owner("SELECT 1;\n-- owner: ann"), None);
    assert_eq!(header_owner("-- owner: ann\n-- owner: bob\n"), None);
    let manifest = Manifest::read(Cursor::new("Job,Owner,Groups\na,ann,ops;dev\n")).unwrap();
    assert_eq!(manifest.owner("a").unwrap().groups.len(), 2);
    assert_eq!(manifest.owner("b"), None);
    for wrong in [
        "job,groups\na,b\n",
        "job,owner\na,\n",
        "job,owner\na,ann\na,bob\n",
    ] {
        assert!(Manifest::read(Cursor::new(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn a_job_without_an_owner_is_not_judged_for_one() {
    let engine = engine(FILTER);
    let ownerless = Job {
        owner: None,
        ..job("a", SQL)
    };
    let (entry, _) = judge(&engine).entries(&ownerless).remove(0);
    assert_eq!(entry.verdict, Verdict::Unjudged);
    assert_eq!(entry.reasons[0].code.as_str(), "owner-unknown");
    let with_others = Judge {
        others: vec![ann()],
        ..judge(&engine)
    };
    let verdicts: Vec<_> = with_others
        .entries(&ownerless)
        .into_iter()
        .map(|(entry, _)| entry.verdict)
        .collect();
    assert_eq!(verdicts, [Verdict::Unjudged, Verdict::Allowed]);
    assert_eq!(
        with_others.entries(&job("a", SQL)).len(),
        1,
        "once for each principal"
    );
}

fn row(cells: &[(&str, &str)]) -> Row {
    let cells = cells.iter();
    cells
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn rows_of_streampark_and_dinky_become_jobs() {
    use base64::Engine as _;
    use flate2::{Compression, write::ZlibEncoder};
    use std::io::Write as _;
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(SQL.as_bytes()).unwrap();
    let coded = base64::engine::general_purpose::STANDARD.encode(deflated.finish().unwrap());
    let streampark = row(&[
        ("id", "7"),
        ("app_id", "100001"),
        ("sql", &coded),
        ("version", "3"),
    ]);
    let found = export::job(&streampark, "t_flink_sql.csv", 1);
    assert_eq!(
        (found.name.as_str(), found.text.as_deref()),
        ("app-100001/v3", Ok(SQL))
    );
    let dinky = row(&[
        ("name", "nightly"),
        ("dialect", "FlinkSql"),
        ("statement", SQL),
        ("creator", "ann"),
    ]);
    let found = export::job(&dinky, "dinky.csv", 2);
    assert_eq!(
        (found.name.as_str(), found.text.as_deref()),
        ("nightly", Ok(SQL))
    );
    assert_eq!(found.owner.unwrap().user, "ann");
    let code = |cells: &[(&str, &str)]| export::job(&row(cells), "x", 1).text.unwrap_err().code;
    let cases: [(&[(&str, &str)], &str); 4] = [
        (
            &[("statement", "SELECT 1"), ("dialect", "Mysql")],
            "not-sql",
        ),
        (&[("name", "x")], "not-sql"),
        (&[("sql", "QUJD")], "script-undecodable"),
        (&[("sql", "abc")], "script-undecodable"),
    ];
    for (cells, expected) in cases {
        assert_eq!(code(cells).as_str(), expected, "{cells:?}");
    }
}

#[test]
fn what_inflates_beyond_a_script_is_not_inflated() {
    use base64::Engine as _;
    use flate2::{Compression, write::ZlibEncoder};
    use std::io::Write as _;
    let mut bomb = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..40 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let coded = base64::engine::general_purpose::STANDARD.encode(bomb.finish().unwrap());
    let found = export::job(&row(&[("sql", &coded)]), "x", 1);
    assert_eq!(found.text.unwrap_err().code.as_str(), "source-too-large");
}

#[test]
fn every_code_has_a_meaning() {
    for code in ReasonCode::all() {
        assert!(!code.meaning().is_empty(), "{code}");
    }
}

#[test]
fn what_was_stated_for_one_entry_is_not_said_of_all() {
    let engine = engine(FILTER);
    let mut entries = judge(&engine).entries(&job("nightly", SQL));
    let mut first = entries.remove(0).0;
    let second = first.clone();
    let principal = &mut first.record.as_mut().unwrap().principal;
    principal.stated.insert(crate::audit::AuditTrait::Roles);
    principal.claimed.roles = Some(BTreeSet::from(["admin".to_owned()]));
    let mut survey = Survey::default();
    survey.add(&first);
    survey.add(&second);
    let seen: Vec<_> = survey.principals.values().collect();
    assert_eq!((seen.len(), seen[0].allowed), (1, 2));
    let principal = &seen[0].principal;
    assert!(principal.stated.is_empty() && principal.claimed.is_empty());
}
