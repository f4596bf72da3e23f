//! Every kind of finding is met by some document, at the severity that the list gives it at most, and is in the manual.

use std::collections::BTreeSet;

use super::*;
use crate::catalog::Catalog;

const TABLES: &str = "
CREATE TABLE c.d.orders (id INT NOT NULL, region STRING, tags MAP<STRING, STRING>) WITH ('connector' = 'datagen');
CREATE TABLE c.d.users (id INT NOT NULL, name STRING) WITH ('connector' = 'datagen');
";

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "tables.sql").unwrap();
    catalog
}

/// `severity code line "text"`: the text at the place, up to the end of its word.
fn found(text: &str) -> Vec<String> {
    let catalog = catalog();
    let context = LintContext {
        catalog: Some(&catalog),
        now: Some(now()),
    };
    let findings = lint_with(text, context);
    let shown = |f: &Finding| {
        let line = text.lines().nth(f.line as usize - 1).unwrap_or_default();
        let rest: String = line.chars().skip(f.column as usize - 1).collect();
        let word = rest.split([' ', ',']).next().unwrap_or_default();
        format!("{:?} {} {} {word}", f.severity, f.code, f.line)
    };
    findings.iter().map(shown).collect()
}

/// A document of these lines below the head, which takes two lines.
fn lines(parts: &[&str]) -> String {
    document(&parts.join("\n"))
}

fn rules(parts: &[&str]) -> String {
    let rules = parts.iter().map(|rule| format!("  - {{ {rule} }}\n"));
    document(&format!("rules:\n{}", rules.collect::<String>()))
}

fn filter(id: &str, to: &str, table: &str, filter: &str) -> String {
    format!(
        "id: {id}, type: row_filter, to: {{ {to} }}, on: {{ table: '{table}' }}, filter: \"{filter}\""
    )
}

/// Documents, each with all that lint says of it.
#[expect(clippy::too_many_lines, reason = "a table")]
fn documents() -> Vec<(String, &'static [&'static str])> {
    let public = |table: &str, text: &str| filter("a", "groups: [public]", table, text);
    let mask = |id: &str, to: &str, table: &str, column: &str, rest: &str| {
        format!(
            "id: {id}, type: column_mask, to: {{ {to} }}, on: {{ table: '{table}', columns: ['{column}'] }}, {rest}"
        )
    };
    let access = |id: &str, effect: &str, to: &str, on: &str, privileges: &str| {
        format!(
            "id: {id}, type: access, effect: {effect}, to: {{ {to} }}, on: {{ {on} }}, privileges: [{privileges}]"
        )
    };
    let one = |rule: &str| rules(&[rule]);
    vec![
        ("a: [1".into(), &["Error document-syntax 1 [1"]),
        (lines(&["version: x"]), &["Error document-shape 3 x"]),
        (
            lines(&["version: 1", "version: 2"]),
            &["Error duplicate-key 4 version:"],
        ),
        (
            "apiVersion: v2\ndefaults: {}".into(),
            &["Error api-version 1 v2"],
        ),
        (
            "apiVersion: sqlsec/v1".into(),
            &["Warning defaults-implicit 1 apiVersion:"],
        ),
        (
            lines(&["excerpt: { functions: [], physical: false }"]),
            &["Error excerpt 3 {"],
        ),
        (
            lines(&["servers: [[b1], [b1]]"]),
            &["Error bad-server 3 [b1]]"],
        ),
        (
            lines(&["roles: [{ name: r, users: [u] }, { name: r, users: [v] }]"]),
            &["Error duplicate-role 3 r"],
        ),
        (
            lines(&["roles: [{ name: r, roles: [r] }]"]),
            &["Error cyclic-role 3 [r]"],
        ),
        (
            one(&filter("a", "roles: [r]", "c.d.orders", "id = 1")),
            &["Error unknown-role 4 r]"],
        ),
        (
            one(&filter("a", "users: ['u*']", "c.d.orders", "id = 1")),
            &["Error subject-name 4 'u*']"],
        ),
        (
            one(&filter("a", "", "c.d.orders", "id = 1")),
            &["Error no-subject 4 {"],
        ),
        (
            lines(&["masks: { MASK: { expression: '{col}' } }"]),
            &["Error reserved-mask 3 MASK:"],
        ),
        (
            one(&mask(
                "a",
                "users: [u]",
                "c.d.orders",
                "region",
                "mask: nope",
            )),
            &["Error unknown-mask 4 nope"],
        ),
        (
            one("id: a, type: row_filter, to: { users: [u] }, on: { tags: [t] }, filter: 'id = 1'"),
            &["Error unknown-tag 4 t]"],
        ),
        (
            one(&filter("''", "users: [u]", "c.d.orders", "id = 1")),
            &["Error rule-id 4 ''"],
        ),
        (
            rules(&[
                &filter("a", "users: [u]", "c.d.orders", "id = 1"),
                &filter("a", "users: [v]", "c.d.orders", "id = 2"),
            ]),
            &["Error duplicate-id 5 a"],
        ),
        (
            one("id: a, type: row_filter, to: { users: [u] }, on: { }, filter: 'id = 1'"),
            &["Error bad-target 4 {"],
        ),
        (
            one(&filter("a", "users: [u]", "orders", "id = 1")),
            &["Error bad-pattern 4 'orders'"],
        ),
        (
            one(&format!(
                "{}, valid: {{ from: soon }}",
                filter("a", "users: [u]", "c.d.orders", "id = 1")
            )),
            &["Error bad-time 4 soon"],
        ),
        (
            one(&access("a", "deny", "users: [u]", "table: c.d.orders", "")),
            &["Error no-privilege 4 []"],
        ),
        (
            one(&access(
                "a",
                "deny",
                "users: [u]",
                "table: c.d.orders",
                "jar",
            )),
            &["Error privilege-target 4 [jar]"],
        ),
        (
            one(&public("c.d.orders", "id = ")),
            &["Error filter-syntax 4 \"id"],
        ),
        (
            one(&public(
                "c.d.orders",
                "id IN (SELECT a FROM UNNEST(tags) AS t (a))",
            )),
            &["Error unsupported-in-policy 4 \"id"],
        ),
        (
            one(&public("c.d.orders", "SUM(id) = 1")),
            &["Error aggregate-in-filter 4 \"SUM(id)"],
        ),
        (
            one(&public("c.d.orders", "RANK() OVER (ORDER BY id) = 1")),
            &["Error window-in-filter 4 \"RANK()"],
        ),
        (
            one(&public("c.d.orders", "region = USER")),
            &["Error reserved-word 4 \"region"],
        ),
        (
            one(&public("c.d.orders", "region = ${dept}")),
            &["Error unknown-variable 4 \"region"],
        ),
        (
            one(&public("c.d.orders", "region = '${user.dept}'")),
            &["Error attribute-in-quotes 4 \"region"],
        ),
        (
            lines(&["masks: { m: { expression: 'CONCAT({col}, id)' } }"]),
            &["Error column-in-mask 3 'CONCAT({col}"],
        ),
        (
            one(&public("c.d.orders", "id IN (SELECT id FROM users)")),
            &["Error subquery-table 4 \"id"],
        ),
        (
            one(&public("c.d.orders", "regio = 'x'")),
            &["Error column-unknown 4 \"regio"],
        ),
        (
            one(&mask(
                "a",
                "users: [u]",
                "c.d.orders",
                "id",
                "mask: MASK_DATE_SHOW_YEAR",
            )),
            &["Error mask-unfit 4 MASK_DATE_SHOW_YEAR"],
        ),
        (
            one(&public("c.d.orders", "id IN (SELECT id FROM c.d.orders)")),
            &[
                "Warning subquery-in-filter 4 \"id",
                "Error recursive-filter 4 \"id",
            ],
        ),
        (
            one(
                "id: a, type: access, effect: deny, to: { users: [u] }, on: { physical: 'postgres://*/shop.orders' }, privileges: [select]",
            ),
            &[
                "Warning unknown-table 4 {",
                "Warning physical-pattern 4 'postgres://*/shop.orders'",
            ],
        ),
        (
            one(
                "id: a, type: access, effect: deny, to: { users: [u] }, on: { physical: 'kafka://b1:9092/orders' }, privileges: [select]",
            ),
            &[
                "Warning unknown-table 4 {",
                "Warning server-by-name 4 'kafka://b1:9092/orders'",
            ],
        ),
        (
            one(&public("c.d.orders", "region LIKE ${user.x}")),
            &[
                "Warning attribute-in-pattern 4 \"region",
                "Note filter-unknown 4 \"region",
            ],
        ),
        (
            one(
                "id: a, type: access, effect: deny, to: { users: [u] }, except: { groups: [public] }, on: { table: 'c.d.orders' }, privileges: [select]",
            ),
            &["Warning never-applies 4 {"],
        ),
        (
            one(
                "id: a, type: access, effect: deny, to: { users: [u] }, on: { table: 'c.d.orders', exclude: ['c.*.*'] }, privileges: [select]",
            ),
            &["Warning never-applies 4 {", "Warning unknown-table 4 {"],
        ),
        (
            lines(&[
                "tags: { t: [] }",
                "rules:",
                "  - { id: a, type: row_filter, to: { users: [u] }, on: { tags: [t] }, filter: 'id = 1' }",
            ]),
            &["Warning never-applies 5 {"],
        ),
        (
            one(&format!(
                "{}, valid: {{ until: 2026-01-31 }}",
                filter("a", "users: [u]", "c.d.orders", "id = 1")
            )),
            &["Warning expired 4 {"],
        ),
        (
            lines(&[
                "roles: [{ name: r }, { name: s, roles: [r] }]",
                "rules:",
                "  - { id: a, type: row_filter, to: { roles: [s] }, on: { table: c.d.orders }, filter: 'id = 1' }",
            ]),
            &["Note role-without-members 5 {"],
        ),
        (
            one(&access(
                "a",
                "allow",
                "users: [u]",
                "object: c.d.f",
                "function",
            )),
            &["Note opens-code 4 allow"],
        ),
        (
            one(&access(
                "a",
                "allow",
                "users: [u]",
                "object: '**'",
                "function, jar",
            )),
            &["Warning opens-code 4 allow"],
        ),
        (
            one(&access(
                "a",
                "allow",
                "groups: [public]",
                "object: c.d.f",
                "function",
            )),
            &["Warning opens-code 4 allow"],
        ),
        (
            rules(&[
                &mask(
                    "a",
                    "groups: [public]",
                    "c.d.*",
                    "*",
                    "mask: MASK_NULL, priority: 5",
                ),
                &mask("b", "users: [u]", "c.d.orders", "region", "mask: MASK_HASH"),
            ]),
            &["Warning shadowed-rule 5 MASK_HASH"],
        ),
        (
            rules(&[
                &filter("a", "users: [u]", "c.d.orders", "id = 1"),
                &filter("b", "users: [u]", "c.d.orders", "id = 1"),
            ]),
            &["Warning shadowed-rule 5 \"id"],
        ),
        (
            rules(&[
                &mask("a", "users: [u]", "c.d.orders", "re*", "mask: MASK_NULL"),
                &mask("b", "users: [u]", "c.d.orders", "region", "mask: MASK_HASH"),
            ]),
            &["Warning mask-tie 5 MASK_HASH"],
        ),
        (
            rules(&[
                &access("a", "deny", "groups: [g]", "table: 'c.d.*'", "select"),
                &access(
                    "b",
                    "allow",
                    "users: [u], groups: [g]",
                    "table: c.d.orders",
                    "select",
                ),
            ]),
            &["Warning broader-wins 5 allow"],
        ),
        (
            rules(&[
                &mask(
                    "a",
                    "groups: [g]",
                    "c.d.*",
                    "*",
                    "mask: MASK_NULL, priority: 5",
                ),
                &mask(
                    "b",
                    "users: [u], groups: [g]",
                    "c.d.orders",
                    "region",
                    "mask: MASK_NONE",
                ),
            ]),
            &["Warning broader-wins 5 MASK_NONE"],
        ),
        (
            rules(&[
                &filter("a", "groups: [public]", "c.d.*", "id = 1"),
                &filter("b", "users: [u]", "c.d.orders", "id = 2"),
            ]),
            &["Warning broader-adds 5 \"id"],
        ),
        (
            one(&filter("a", "users: [u]", "c.d.nope", "id = 1")),
            &["Warning unknown-table 4 {"],
        ),
        (
            one(&mask("a", "users: [u]", "c.d.*", "x*", "mask: MASK_NULL")),
            &["Warning unknown-columns 4 {"],
        ),
        (
            one(&public("c.d.orders", "region = 'x'")),
            &["Note filter-unknown 4 \"region"],
        ),
        (
            one(&public("c.d.orders", "region <> 'x'")),
            &["Warning filter-unknown 4 \"region"],
        ),
    ]
}

#[test]
fn a_finding_has_its_kind_its_severity_and_its_place() {
    for (text, wanted) in documents() {
        assert_eq!(found(&text), wanted, "{text}");
    }
}

#[test]
fn every_kind_is_met_and_in_the_list() {
    let met: BTreeSet<String> = documents()
        .iter()
        .flat_map(|(_, found)| *found)
        .map(|line| line.split(' ').nth(1).unwrap().to_owned())
        .collect();
    let listed: BTreeSet<String> = KINDS.iter().map(|kind| kind.code.to_owned()).collect();
    assert_eq!(met, listed);
    for (_, found) in documents() {
        for line in found {
            let mut words = line.split(' ');
            let (severity, code) = (words.next().unwrap(), words.next().unwrap());
            let kind = KINDS.iter().find(|kind| kind.code == code).unwrap();
            let given = [Severity::Error, Severity::Warning, Severity::Note]
                .into_iter()
                .find(|s| format!("{s:?}") == severity)
                .unwrap();
            assert!(given >= kind.severity, "{line} is worse than the list says");
        }
    }
}

#[test]
fn a_document_without_doubts_has_no_findings() {
    let fine = rules(&[
        &filter("a", "users: [u]", "c.d.orders", "id = 1"),
        &filter("b", "users: [v]", "c.d.orders", "id = 2"),
        "id: m, type: column_mask, to: { users: [u] }, on: { table: c.d.users, columns: [name] }, mask: MASK_HASH",
    ]);
    assert_eq!(found(&fine), Vec::<String>::new());
}
