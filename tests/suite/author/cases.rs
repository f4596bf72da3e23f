//! Files of cases: what is not as expected is said with its place; what could mean nothing, or two things, is no success.

use std::fs;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;
use sqlsec::author::{Suite, judge};
use sqlsec::{Catalog, Policy};

use crate::case::root;
use crate::cli::Desk;

const POLICY: &str = "
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: allow, no_matching_filter: deny }
masks: { encrypt: { expression: \"enc({col})\" } }
rules:
  - { id: north, type: row_filter, to: { users: [ann] }, on: { table: c.d.orders }, filter: \"region = 'north'\", valid: { until: 2026-06-30 } }
  - { id: dept, type: row_filter, to: { groups: [public] }, on: { table: c.d.staff }, filter: \"dept = ${user.dept}\" }
  - { id: name, type: column_mask, to: { users: [ann] }, on: { table: c.d.staff, columns: [name] }, mask: encrypt, when: \"dept <> 'HR'\" }
  - { id: id, type: column_mask, to: { users: [ann] }, on: { table: c.d.staff, columns: [id] }, mask: MASK_NONE }
  - { id: closed, type: access, effect: deny, to: { groups: [public] }, on: { table: c.d.closed }, privileges: [select, insert] }
";
const TABLES: &str = "
CREATE TABLE c.d.orders (id INT, region STRING) WITH ('connector' = 'datagen');
CREATE TABLE c.d.staff (id INT, dept STRING, name STRING) WITH ('connector' = 'datagen');
CREATE TABLE c.d.closed (id INT) WITH ('connector' = 'datagen');
";

/// `field @word: expected / got`, with the word at the place, of everything that is not as expected in these cases.
fn mismatches(cases: &str) -> Vec<String> {
    let text = format!("at: 2026-01-31\nprincipals: {{ ann: {{ user: ann }} }}\ncases:\n{cases}");
    let suite = Suite::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let policy = Arc::new(Policy::load(POLICY, "policy").expect("a policy"));
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "tables.sql").expect("tables");
    let catalog = Arc::new(catalog);
    let judged = suite
        .cases
        .iter()
        .flat_map(|case| judge(case, &policy, &catalog, SystemTime::UNIX_EPOCH));
    judged
        .map(|m| {
            let line = text.lines().nth(m.line as usize - 1).unwrap_or_default();
            let rest: String = line.chars().skip(m.column as usize - 1).collect();
            let word = rest.split([' ', ',']).next().unwrap_or_default();
            format!("{} @{word}: {} / {}", m.field, m.expected, m.got)
        })
        .collect()
}

fn one(case: &str) -> Vec<String> {
    mismatches(&format!("  - {{ name: x, {case} }}\n"))
}

#[test]
fn what_is_as_expected_is_no_mismatch() {
    let fine = [
        "as: ann, table: c.d.orders, expect: { access: allow, filter: \"region='north'\", masks: {}, shown: [] }",
        "as: { user: ann, attributes: { dept: HR } }, table: c.d.staff, expect: { filter: \"dept = 'HR'\", masks: { name: { mask: encrypt, when: \"dept <> 'HR'\", rule: name } }, shown: [id] }",
        "as: ann, table: c.d.orders, at: 2026-07-01, expect: { rows: all }",
        "as: { user: bob }, table: c.d.orders, expect: { access: { select: allow, insert: allow }, refused: no-matching-filter }",
        "as: ann, table: c.d.staff, expect: { refused: attribute-missing }",
        "as: ann, table: c.d.closed, expect: { access: { select: deny, insert: deny, update: allow } }",
        "as: ann, table: c.d.unlisted, expect: { rows: all, masks: {} }",
        "as: ann, sql: SELECT id FROM c.d.orders, expect: { decision: allow, rewritten: \"SELECT id FROM (SELECT * FROM c.d.orders\\n WHERE region = 'north') AS `orders`\" }",
        "as: ann, sql: SELECT id FROM c.d.closed, expect: { decision: deny, codes: [access-denied] }",
        "as: ann, sql: 'SELECT 1', settings: { table.sql-dialect: hive }, expect: { codes: [setting-denied] }",
    ];
    for case in fine {
        assert_eq!(one(case), Vec::<String>::new(), "{case}");
    }
}

#[test]
fn every_field_is_compared_and_says_what_came() {
    let wrong = [
        (
            "as: ann, table: c.d.closed, expect: { access: allow }",
            "access.select @allow: allow / deny by `closed`",
        ),
        (
            "as: ann, table: c.d.orders, expect: { access: { insert: deny } }",
            "access.insert @deny: deny / allow by `defaults`",
        ),
        (
            "as: ann, table: c.d.orders, expect: { filter: \"region = 'south'\" }",
            "filter @\"region: region = 'south' / region = 'north'",
        ),
        (
            "as: ann, table: c.d.orders, expect: { rows: all }",
            "rows @all: all rows / region = 'north'",
        ),
        (
            "as: ann, table: c.d.closed, expect: { filter: id = 1 }",
            "filter @id: id = 1 / all rows",
        ),
        (
            "as: { user: bob }, table: c.d.orders, expect: { rows: none }",
            "rows @none: no rows / refused: no-matching-filter by `north`",
        ),
        (
            "as: ann, table: c.d.orders, expect: { refused: mask-conflict }",
            "refused @mask-conflict: mask-conflict / not refused",
        ),
        (
            "as: ann, table: c.d.staff, expect: { refused: mask-conflict }",
            "refused @mask-conflict: mask-conflict / attribute-missing",
        ),
        (
            "as: ann, table: c.d.orders, expect: { masks: { region: encrypt } }",
            "masks.region @encrypt: encrypt / not masked",
        ),
        (
            "as: ann, table: c.d.orders, expect: { shown: [id] }",
            "shown @[id]: id / none",
        ),
        (
            "as: ann, sql: SELECT id FROM c.d.orders, expect: { decision: deny }",
            "decision @deny: deny / allow",
        ),
        (
            "as: ann, sql: SELECT id FROM c.d.orders, expect: { codes: [access-denied] }",
            "codes @[access-denied]: access-denied / none",
        ),
        (
            "as: ann, sql: SELECT id FROM c.d.orders, expect: { settings: { a: b } }",
            "settings.a @b: b / not set",
        ),
    ];
    for (case, said) in wrong {
        assert_eq!(one(case), [said], "{case}");
    }
    let masks = one(
        "as: { user: ann, attributes: { dept: HR } }, table: c.d.staff, expect: { masks: { name: encrypt } }",
    );
    assert_eq!(
        masks,
        ["masks.name @encrypt: encrypt / encrypt when dept <> 'HR' by `name`"]
    );
    let more =
        one("as: { user: ann, attributes: { dept: HR } }, table: c.d.staff, expect: { masks: {} }");
    assert_eq!(
        more,
        ["masks.name @{}: not masked / encrypt when dept <> 'HR' by `name`"]
    );
    let denied = one("as: ann, sql: SELECT id FROM c.d.closed, expect: { rewritten: SELECT 1 }");
    assert!(
        denied[0].starts_with("rewritten @SELECT: SELECT 1 / deny\n1:16: access-denied: "),
        "{denied:?}"
    );
    let allowed = one("as: ann, sql: SELECT id FROM c.d.closed, expect: { decision: allow }");
    assert!(
        allowed[0].starts_with("decision @allow: allow / deny\n1:16: access-denied: "),
        "{allowed:?}"
    );
}

#[test]
fn a_bad_file_is_an_error_with_its_place() {
    let case = |rest: &str| format!("cases:\n  - {{ name: x, {rest} }}\n");
    let table = "table: c.d.t, expect: { access: allow }";
    let bad = [
        ("cases: [".to_owned(), "document-syntax", 1),
        ("cases: []".to_owned(), "suite-invalid", 1),
        ("case: []".to_owned(), "document-shape", 1),
        ("at: soon\ncases: []".to_owned(), "suite-invalid", 1),
        (case(&format!("as: ann, {table}")), "suite-invalid", 2),
        (
            case(&format!("as: {{ groups: [g] }}, {table}")),
            "document-shape",
            2,
        ),
        (
            case(&format!("as: {{ user: '' }}, {table}")),
            "suite-invalid",
            2,
        ),
        (case(table), "document-shape", 2),
        (
            case("as: { user: a }, expect: { access: allow }"),
            "suite-invalid",
            2,
        ),
        (
            case(&format!("as: {{ user: a }}, sql: SELECT 1, {table}")),
            "suite-invalid",
            2,
        ),
        (
            case("as: { user: a }, table: t, expect: { access: allow }"),
            "suite-invalid",
            2,
        ),
        (
            case("as: { user: a }, table: c.d.*, expect: { access: allow }"),
            "suite-invalid",
            2,
        ),
        (
            case("as: { user: a }, table: c.d.t, expect: {}"),
            "suite-invalid",
            2,
        ),
        (case("as: { user: a }, table: c.d.t"), "document-shape", 2),
        (
            case("as: { user: a }, table: c.d.t, expect: { access: maybe }"),
            "document-shape",
            2,
        ),
        (
            case("as: { user: a }, table: c.d.t, expect: { access: { read: allow } }"),
            "document-shape",
            2,
        ),
        (
            case("as: { user: a }, table: c.d.t, expect: { decision: allow }"),
            "suite-invalid",
            2,
        ),
        (
            case("as: { user: a }, table: c.d.t, strict: true, expect: { access: allow }"),
            "suite-invalid",
            2,
        ),
        (
            case("as: { user: a }, sql: SELECT 1, expect: { filter: a = 1 }"),
            "suite-invalid",
            2,
        ),
        (
            case("as: { user: a }, sql: SELECT 1, flink: '3.0', expect: { decision: allow }"),
            "document-shape",
            2,
        ),
        (
            case("as: { user: a }, table: c.d.t, expect: { filter: a = 1, rows: all }"),
            "suite-invalid",
            2,
        ),
        (
            case("as: { user: a }, table: c.d.t, expect: { masks: { a: { rul: x } } }"),
            "document-shape",
            2,
        ),
        (
            format!(
                "{}  - {{ name: x, as: {{ user: a }}, {table} }}\n",
                case(&format!("as: {{ user: a }}, {table}"))
            ),
            "suite-invalid",
            3,
        ),
    ];
    for (text, code, line) in bad {
        let error = Suite::parse(&text).expect_err(&text);
        assert_eq!((error.code, error.line), (code, line), "{text}: {error}");
    }
}

#[test]
fn the_quickstarts_cases_pass() {
    let cases = root().join("fixtures/quickstart/cases.yaml");
    let desk = Desk::new("cases_quickstart");
    let ran = desk.run(&["policy", "test", cases.to_str().expect("a path")]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.ends_with("\n9 passed, 0 failed\n"), "{}", ran.out);
}

#[test]
fn a_failure_has_its_place_its_difference_and_a_status() {
    let desk = Desk::new("cases_failure");
    desk.write("p.yaml", POLICY);
    desk.write("t.sql", TABLES);
    let case = "  - name: ann sees the south\n    as: { user: ann }\n    at: 2026-01-01\n    table: c.d.orders\n    expect:\n      filter: region = 'south'\n";
    desk.write(
        "cases.yaml",
        format!("policy: p.yaml\ncatalog: [t.sql]\ncases:\n{case}"),
    );
    let ran = desk.run(&["policy", "test", "cases.yaml", "--junit", "out.xml"]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    let wanted = "\
RESULT  CASE                PLACE
FAILED  ann sees the south  cases.yaml:4

cases.yaml:9:15: ann sees the south: filter
  - region = 'south'
  + region = 'north'

0 passed, 1 failed
";
    assert_eq!(ran.out, wanted);
    let xml = fs::read_to_string(desk.path("out.xml")).expect("a report");
    assert!(
        xml.contains("tests=\"1\" failures=\"1\"") && xml.contains("+ region = &apos;north&apos;"),
        "{xml}"
    );
    let json = desk.run(&["policy", "test", "cases.yaml", "--format", "json"]);
    let value: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(value[0]["cases"][0]["mismatches"][0]["line"], 9);
    desk.write("q.yaml", POLICY.replace("'north'", "'south'"));
    let other = desk.run(&["policy", "test", "cases.yaml", "--policy", "q.yaml"]);
    assert_eq!(other.status, 0, "{}", other.out);
}

#[test]
fn what_cannot_be_run_says_why() {
    let desk = Desk::new("cases_unusable");
    let case =
        "cases:\n  - { name: x, as: { user: a }, table: c.d.t, expect: { access: allow } }\n";
    desk.write("cases.yaml", case);
    desk.run(&["policy", "test", "cases.yaml"]).failed(
        2,
        "error[usage]: `cases.yaml` names no policy: give --policy FILE",
        "",
    );
    desk.write("cases.yaml", format!("policy: gone.yaml\n{case}"));
    let gone = desk.run(&["policy", "test", "cases.yaml"]);
    assert_eq!((gone.status, gone.out.as_str()), (3, ""));
    desk.write("cases.yaml", case.replace("allow", "perhaps"));
    let bad = desk.run(&["policy", "test", "cases.yaml"]);
    assert_eq!((bad.status, bad.out.as_str()), (2, ""));
    assert!(
        bad.err
            .starts_with("error[document-shape]: `perhaps` is neither `allow` nor `deny`"),
        "{}",
        bad.err
    );
    assert!(bad.err.contains("cases.yaml:2:"), "{}", bad.err);
}
