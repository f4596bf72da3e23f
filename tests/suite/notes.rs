//! `rewrite --explain`: comments that say what applies change nothing of what a script says, whatever rules, columns and jobs are called.

use serde_json::json;
use sqlsec::check::{Unnoted, with_notes};
use sqlsec::syntax::{Limits, Script};
use sqlsec::{Catalog, Engine, FlinkVersion, Policy, Reply, Request, Splitter, SubmitCheck};

use crate::case::{Case, Mode, World, cases};
use crate::cli::Desk;
use crate::flink::Flink;

const SPLITTERS: [Splitter; 4] = [
    Splitter::Flink,
    Splitter::Streampark,
    Splitter::Dinky,
    Splitter::Line,
];

/// What somebody might call a rule so that a comment with its name does something.
const NAMES: [&str; 14] = [
    "x\nSELECT * FROM orders;",
    "x\rSELECT * FROM orders;",
    "x\u{2028}SELECT 1;",
    "x\u{85}y",
    "x;\n--",
    "*/ SELECT 1 /*",
    "/*+ OPTIONS('a'='b') */",
    "it's",
    "a\"b`c",
    "${user}",
    "#{x} {{y}}",
    "-- --",
    "\u{202e}evil\u{0}",
    "%0A; END",
];

fn parts(sql: &str) -> Vec<&str> {
    let script = Script::parse(sql, FlinkVersion::default(), &Limits::default());
    let script = script.unwrap_or_else(|e| panic!("{e}: {sql}"));
    script.statements.iter().map(|s| s.span.text(sql)).collect()
}

/// The notes of a script, which says the same with and without them, and to every splitter that understood it.
fn notes(reply: &Reply) -> (String, Vec<String>) {
    let plain = reply.decision.sql().expect("it is allowed");
    let noted = with_notes(reply, FlinkVersion::default(), None);
    let noted = noted.unwrap_or_else(|e| panic!("{e}: {plain}"));
    let noted = noted.as_str();
    assert_eq!(parts(plain), parts(noted));
    let own = |line: &&str| line.trim_start().starts_with("-- sqlsec: ");
    let said: Vec<String> = noted.lines().filter(own).map(str::to_owned).collect();
    let without: String = noted
        .split_inclusive('\n')
        .filter(|line| !own(line))
        .collect();
    assert_eq!(
        without.split_whitespace().collect::<Vec<_>>(),
        plain.split_whitespace().collect::<Vec<_>>(),
        "nothing but lines of notes was added"
    );
    (noted.to_owned(), said)
}

fn answered(case: &Case) -> Reply {
    let world = World::load(&case.settings.world, Mode::Streaming);
    let engine = world.engine(&case.settings.policies[0], &case.settings.catalog);
    let mut script = case.settings.setup.clone();
    script.push(case.submitted.clone());
    let (style, _) = case.settings.style.list()[0];
    let script = script.join(";\n");
    let mut request = case.settings.request(&script, style, &engine, &world);
    request.at = Some(1_780_000_000);
    engine.check(&request)
}

#[test]
fn notes_change_nothing_of_any_case() {
    let (mut noted, mut refused) = (0, [0; 4]);
    for case in &cases() {
        let reply = answered(case);
        let Some(sql) = reply.decision.sql() else {
            assert_eq!(
                with_notes(&reply, FlinkVersion::default(), None),
                Err(Unnoted::Denied)
            );
            continue;
        };
        let (text, said) = notes(&reply);
        let rules = reply.statements.iter().any(|s| !s.applied.is_empty());
        assert_eq!(rules, !said.is_empty(), "{}", case.id);
        noted += usize::from(rules);
        for (at, splitter) in SPLITTERS.into_iter().enumerate() {
            let reads = |sql: &str| splitter.agrees(sql, FlinkVersion::default()).is_ok();
            let asked = with_notes(&reply, FlinkVersion::default(), Some(splitter));
            match asked {
                Ok(noted) => assert!(!reads(sql) || reads(noted.as_str()), "{}", case.id),
                Err(error) => {
                    assert_eq!(error, Unnoted::Splitter(splitter), "{}", case.id);
                    assert!(reads(sql) && !reads(&text), "{}", case.id);
                    refused[at] += 1;
                }
            }
        }
    }
    println!("{noted} cases with notes; refused for a splitter: {refused:?}");
    assert!(noted > 300, "only {noted} cases have notes");
    assert!(refused.iter().sum::<usize>() * 20 < noted, "{refused:?}");
}

/// A reply in which everything that a note names is called like this.
fn hostile(name: &str) -> Reply {
    let policy = "{ apiVersion: sqlsec/v1, version: 42, defaults: { access: allow, unknown_lineage: allow }, masks: { m: { expression: 'UPPER({col})' } }, rules: [
        { id: f-1, type: row_filter, to: { users: [ann] }, on: { table: '*.*.orders' }, filter: 'id > 7' },
        { id: m-1, type: column_mask, to: { users: [ann] }, on: { table: '*.*.orders', columns: [phone] }, mask: m } ] }";
    let policy = Policy::load(policy, "policy").expect("a policy");
    let mut catalog = Catalog::default();
    let tables = "CREATE TABLE orders (id INT, phone STRING) WITH ('connector' = 'datagen');
        CREATE TABLE sink (id INT, phone STRING) WITH ('connector' = 'blackhole')";
    catalog.add_sql(tables, "tables").expect("tables");
    let who = sqlsec::Principal {
        user: "ann".to_owned(),
        ..Default::default()
    };
    let script =
        "SET 'parallelism.default' = '2';\nINSERT INTO sink SELECT id, phone FROM orders;\n";
    let mut reply = Engine::new(policy, catalog).check(&Request::new(who, script));
    assert!(reply.decision.sql().is_some(), "{:?}", reply.decision);
    if !name.is_empty() {
        let applied = &mut reply.statements[1].applied[0];
        applied.row_filter = vec![format!("f{name}"), name.to_owned()];
        applied.table.table = format!("t{name}");
        let mask = &mut applied.masks[0];
        mask.rule = format!("m{name}");
        mask.mask = name.to_owned();
        mask.column = vec![name.to_owned(), format!("c{name}")];
        mask.inherited = Some(sqlsec::policy::Inherited {
            from: None,
            jobs: vec![name.to_owned(), format!("{name}-{name}")],
        });
    }
    reply
}

#[test]
fn whatever_things_are_called_their_notes_say_nothing_to_a_program() {
    for name in NAMES {
        let reply = hostile(name);
        let sql = reply.decision.sql().expect("it is allowed");
        let (text, said) = notes(&reply);
        assert_eq!(said.len(), 3, "{text}");
        let plain = |c: char| c.is_alphanumeric() || " _.,:()%-".contains(c);
        for line in &said {
            let line = line.strip_prefix("-- ").expect("its mark");
            assert!(line.chars().all(plain) && !line.contains("--"), "{line}");
        }
        for splitter in SPLITTERS {
            let reads = |sql: &str| splitter.agrees(sql, FlinkVersion::default()).is_ok();
            assert_eq!(reads(sql), reads(&text), "{splitter:?}: {text}");
        }
    }
}

#[test]
fn a_note_names_the_column_the_rule_and_the_version() {
    let reply = hostile("");
    let (text, said) = notes(&reply);
    assert_eq!(
        said,
        [
            "-- sqlsec: orders filtered by f-1 v42",
            "-- sqlsec: orders.phone masked by m-1 v42 (m)"
        ]
    );
    assert!(
        text.starts_with("SET 'parallelism.default' = '2';\n-- sqlsec: "),
        "{text}"
    );
}

#[cfg(feature = "store")]
#[test]
fn a_note_on_an_inherited_mask_names_its_source() {
    let desk = Desk::new("notes_inherited");
    let table = |name: &str| {
        format!(
            "CREATE TABLE lake.d.{name} (n STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/{name}', 'format' = 'json');\n"
        )
    };
    desk.write("tables.sql", table("people") + &table("copy"));
    desk.write(
        "copy.sql",
        "INSERT INTO lake.d.copy SELECT n FROM lake.d.people",
    );
    let policy = "{ apiVersion: sqlsec/v1, version: 7, defaults: { access: allow, unknown_lineage: allow }, rules: [
        { id: name, type: column_mask, to: { users: [ann] }, on: { table: lake.d.people, columns: [n] }, mask: MASK_HASH } ] }";
    desk.write("policy.yaml", policy);
    let kept = ["--lineage", "lineage.db", "--job", "nightly"];
    let basics = [
        "rewrite",
        "--user",
        "bob",
        "--policy",
        "policy.yaml",
        "--catalog",
        "tables.sql",
        "copy.sql",
    ];
    let ran = desk.run(&[&basics[..], &kept].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    let ran = desk.rewrite(
        "SELECT n FROM lake.d.copy",
        &[&kept[..], &["--explain"]].concat(),
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(
        ran.out.lines().next(),
        Some(
            "-- sqlsec: copy.n masked by name v7 (MASK_HASH), inherited from lake.d.people.n by way of nightly"
        ),
        "{}",
        ran.out
    );
}

#[test]
fn the_command_line_writes_notes_where_they_are_asked_for() {
    let desk = Desk::new("notes");
    let sql = "SELECT id FROM orders;\nSELECT 1;\nSELECT name FROM people;\n";
    let ran = desk.rewrite(sql, &["--explain"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(lines[0], "-- sqlsec: orders filtered by north v7");
    assert_eq!(lines[2], "SELECT 1;");
    assert_eq!(
        lines[3],
        "-- sqlsec: people.name masked by name v7 (encrypt)"
    );
    assert!(!desk.rewrite(sql, &[]).out.contains("-- sqlsec"));
    for splitter in ["flink", "streampark", "dinky", "line"] {
        let ran = desk.rewrite(sql, &["--explain", "--splitter", splitter]);
        assert_eq!(ran.status, 0, "{splitter}: {}", ran.err);
        assert!(ran.out.contains("-- sqlsec: "), "{splitter}");
    }
    let ran = desk.rewrite("SELECT x FROM staff", &["--explain"]);
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    let ran = desk.rewrite(sql, &["--explain", "--format", "json"]);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
}

#[test]
fn flinks_own_parser_reads_the_same_with_and_without_notes() {
    let mut flink = match Flink::shared() {
        Ok(flink) => flink,
        Err(why) => return println!("notes on Flink skipped: {why}"),
    };
    let named = NAMES.iter().map(|name| hostile(name));
    let replies = cases()
        .iter()
        .map(answered)
        .chain(named)
        .collect::<Vec<_>>();
    let mut jobs = Vec::new();
    for reply in &replies {
        if let Some(sql) = reply.decision.sql() {
            let (text, said) = notes(reply);
            if !said.is_empty() {
                jobs.push(json!({ "op": "parse", "id": jobs.len(), "sql": sql }));
                jobs.push(json!({ "op": "parse", "id": jobs.len(), "sql": text }));
            }
        }
    }
    let mut parsed = 0;
    for pair in flink.ask(&jobs).chunks(2) {
        let said = |at: usize| {
            let mut answer = pair[at].clone();
            answer["id"] = json!(null);
            answer["ms"] = json!(null);
            // Flink's refusals name lines, which notes move.
            let error = answer["error"].take();
            (answer, error.is_null())
        };
        let (plain, noted) = (said(0), said(1));
        parsed += usize::from(plain.1);
        assert_eq!(plain, noted);
    }
    println!(
        "Flink reads {parsed} of {} scripts, with notes as without",
        jobs.len() / 2
    );
    assert!(parsed > 200, "only {parsed} scripts");
}
