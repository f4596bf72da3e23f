//! `sqlsec policy diff`: who sees more and who sees less; `otherwise` where it cannot be told.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use sqlsec::author::{Change, diff};
use sqlsec::policy::SchemaLookup;
use sqlsec::{Catalog, Policy};

use crate::cli::Desk;

const TABLES: &str = "
CREATE TABLE c.d.t (id INT, region STRING, name STRING, address ROW<street STRING, zip STRING>) WITH ('connector' = 'datagen');
CREATE TABLE c.d.other (id INT) WITH ('connector' = 'datagen');
";
const HEAD: &str =
    "apiVersion: sqlsec/v1\nversion: 1\ndefaults: { access: allow, no_matching_filter: empty }\n";

/// `who: about: sees: change` of every difference between two lists of rules.
fn differences(old: &str, new: &str) -> Vec<String> {
    let rules = |rules: &str| format!("{HEAD}rules:\n{rules}");
    whole(&rules(old), &rules(new))
}

fn whole(old: &str, new: &str) -> Vec<String> {
    let load = |text: &str| Policy::load(text, "policy").unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "tables.sql").expect("tables");
    let tables = SchemaLookup::tables(&catalog);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000);
    let found = diff(&load(old), &load(new), &tables, now);
    let found = found.iter().map(|d| {
        let who: Vec<String> = d.who.iter().map(ToString::to_string).collect();
        let who = if d.everyone {
            "everyone".to_owned()
        } else {
            who.join(", ")
        };
        let change = match &d.change {
            Change::Access { privilege, given } => format!("{privilege:?} {given}"),
            Change::Closed { code, now } => format!("closed {code} {now}"),
            Change::Rows { old, new } => format!("{old} -> {new}"),
            Change::Mask { column, old, new } => format!("{} {old:?} -> {new:?}", column.join(".")),
            Change::Default { field, old, new } => format!("{field} {old} -> {new}"),
        };
        format!("{who}: {}: {:?}: {change}", d.about, d.sees)
    });
    found.collect()
}

fn filter(id: &str, to: &str, filter: &str) -> String {
    format!(
        "  - {{ id: {id}, type: row_filter, to: {{ {to} }}, on: {{ table: c.d.t }}, filter: \"{filter}\" }}\n"
    )
}

fn mask(to: &str, columns: &str, rest: &str) -> String {
    format!(
        "  - {{ id: m, type: column_mask, to: {{ {to} }}, on: {{ table: c.d.t, columns: [{columns}] }}, {rest} }}\n"
    )
}

#[test]
fn the_same_rules_in_other_words_are_no_difference() {
    let old = filter("a", "users: [u]", "region = 'x' AND id > 1");
    let new = filter("b", "users: [u]", "(id > 1) AND region='x'");
    assert_eq!(differences(&old, &new), Vec::<String>::new());
    let split = format!(
        "{}  - {{ id: c, type: row_filter, mode: restrictive, to: {{ users: [u] }}, on: {{ table: c.d.t }}, filter: \"id > 1\" }}\n",
        filter("b", "users: [u]", "region = 'x'")
    );
    assert_eq!(differences(&old, &split), Vec::<String>::new());
}

#[test]
fn rows_are_wider_narrower_or_something_else() {
    let one = |text: &str| filter("a", "users: [u]", text);
    let of = |old: &str, new: &str| differences(&one(old), &one(new));
    assert_eq!(
        of("id > 5", "id > 3"),
        ["user u: c.d.t: More: id > 5 -> id > 3"]
    );
    assert_eq!(
        of("region IN ('a', 'b')", "region = 'a'"),
        ["user u: c.d.t: Less: region IN ('a', 'b') -> region = 'a'"]
    );
    assert_eq!(
        of("region = 'a'", "name = 'b'"),
        ["user u: c.d.t: Otherwise: region = 'a' -> name = 'b'"]
    );
    assert_eq!(
        of("region = ${user.x}", "region = ${user.y}"),
        ["user u: c.d.t: Otherwise: region = ${user.x} -> region = ${user.y}"]
    );
    let both = [one("id = 1"), filter("b", "users: [u]", "id = 2")].concat();
    assert_eq!(
        differences(&one("id = 1"), &both),
        ["user u: c.d.t: More: id = 1 -> (id = 1) OR (id = 2)"]
    );
    // The first filter of a table is one for everybody.
    let all = differences("  []\n", &one("id = 1"));
    assert_eq!(
        all,
        [
            "anyone else: c.d.t: Less: TRUE -> FALSE",
            "user u: c.d.t: Less: TRUE -> id = 1"
        ]
    );
}

#[test]
fn masks_come_go_and_change() {
    let to = "users: [u]";
    let none = "  []\n";
    let hash = mask(to, "name", "mask: MASK_HASH");
    assert_eq!(
        differences(none, &hash),
        ["user u: c.d.t: Less: name None -> Some(\"MASK_HASH\")"]
    );
    assert_eq!(
        differences(&hash, none),
        ["user u: c.d.t: More: name Some(\"MASK_HASH\") -> None"]
    );
    let null = mask(to, "name", "mask: MASK_NULL");
    assert_eq!(
        differences(&hash, &null),
        ["user u: c.d.t: Otherwise: name Some(\"MASK_HASH\") -> Some(\"MASK_NULL\")"]
    );
    let some = mask(to, "name", "mask: MASK_HASH, when: 'id = 1'");
    assert_eq!(
        differences(&hash, &some),
        ["user u: c.d.t: More: name Some(\"MASK_HASH\") -> Some(\"MASK_HASH when id = 1\")"]
    );
    let lineage = mask(to, "name", "mask: MASK_HASH, inherit: none");
    assert_eq!(
        differences(&hash, &lineage),
        [
            "user u: c.d.t: Otherwise: name Some(\"MASK_HASH\") -> Some(\"MASK_HASH (inherited: none/inherit)\")"
        ]
    );
    // A mask of a row is one of its fields.
    let row = mask(to, "address", "mask: MASK_NULL");
    let field = mask(to, "address.zip", "mask: MASK_NULL");
    assert_eq!(
        differences(&row, &field),
        ["user u: c.d.t: More: address.street Some(\"MASK_NULL\") -> None"]
    );
    let named = |expression: &str| {
        format!(
            "{HEAD}masks: {{ enc: {{ expression: \"{expression}\" }} }}\nrules:\n{}",
            mask(to, "name", "mask: enc")
        )
    };
    assert_eq!(
        whole(&named("f({col})"), &named("g({col})")),
        ["user u: c.d.t: Otherwise: name Some(\"enc = f({col})\") -> Some(\"enc = g({col})\")"]
    );
}

#[test]
fn access_is_given_and_taken() {
    let access = |effect: &str, to: &str, privileges: &str| {
        format!(
            "  - {{ id: a, type: access, effect: {effect}, to: {{ {to} }}, on: {{ table: c.d.t }}, privileges: [{privileges}] }}\n"
        )
    };
    let none = "  []\n";
    assert_eq!(
        differences(none, &access("deny", "groups: [g]", "select, insert")),
        [
            "group g: c.d.t: Less: Select false",
            "group g: c.d.t: Less: Insert false"
        ]
    );
    assert_eq!(
        differences(&access("deny", "groups: [public]", "insert"), none),
        ["everyone: c.d.t: More: Insert true"]
    );
    // Who cannot read sees no difference in rows.
    let closed = access("deny", "groups: [public]", "select");
    let filtered = format!("{closed}{}", filter("f", "users: [u]", "id = 1"));
    assert_eq!(differences(&closed, &filtered), Vec::<String>::new());
    let object = |object: &str| {
        format!(
            "  - {{ id: o, type: access, effect: allow, to: {{ users: [u] }}, on: {{ object: '{object}' }}, privileges: [jar] }}\n"
        )
    };
    assert_eq!(
        differences(none, &object("s3://jars/**")),
        ["user u: object s3://jars/**: More: Jar true"]
    );
}

#[test]
fn roles_defaults_and_closed_tables_count() {
    let with = |head: &str, rules: &str| format!("{HEAD}{head}rules:\n{rules}");
    let rule = "  - { id: f, type: row_filter, to: { roles: [r] }, on: { table: c.d.t }, filter: \"id = 1\" }\n";
    let found = whole(
        &with("roles: [{ name: r, users: [u] }]\n", rule),
        &with("roles: [{ name: r, users: [v] }]\n", rule),
    );
    assert_eq!(
        found,
        [
            "user v: c.d.t: More: FALSE -> id = 1",
            "user u: c.d.t: Less: id = 1 -> FALSE"
        ]
    );
    let defaults = |text: &str| {
        format!(
            "apiVersion: sqlsec/v1\nversion: 1\ndefaults: {{ {text} }}\nrules:\n{}",
            filter("f", "users: [u]", "id = 1")
        )
    };
    let found = whole(
        &defaults("no_matching_filter: all, strict: true"),
        &defaults("no_matching_filter: deny, unknown_connector: allow"),
    );
    assert_eq!(
        found,
        [
            "everyone: defaults: More: unknown_connector deny -> allow",
            "everyone: defaults: More: strict true -> false",
            "anyone else: c.d.t: Less: closed no-matching-filter true",
        ]
    );
}

#[test]
fn the_command_prints_who_and_fails_when_there_is_something() {
    let desk = Desk::new("policy_diff");
    desk.write("t.sql", TABLES);
    desk.write(
        "old.yaml",
        format!(
            "{HEAD}rules:\n{}",
            filter("a", "users: [u], groups: [g]", "id > 5")
        ),
    );
    desk.write(
        "new.yaml",
        format!(
            "{HEAD}rules:\n{}{}",
            filter("a", "users: [u], groups: [g]", "id > 3"),
            mask("users: [u]", "name", "mask: MASK_HASH")
        ),
    );
    let same = desk.run(&[
        "policy",
        "diff",
        "old.yaml",
        "old.yaml",
        "--catalog",
        "t.sql",
    ]);
    assert_eq!(
        (same.status, same.out.as_str()),
        (0, "0 more, 0 less, 0 otherwise\n")
    );
    let ran = desk.run(&[
        "policy",
        "diff",
        "old.yaml",
        "new.yaml",
        "--catalog",
        "t.sql",
    ]);
    let wanted = "\
c.d.t
  user u, group g sees more
    - rows: id > 5
    + rows: id > 3
  user u sees less
    - column name: not masked
    + column name: MASK_HASH

1 more, 1 less, 0 otherwise
";
    assert_eq!((ran.status, ran.out.as_str()), (1, wanted), "{}", ran.err);
    let json = desk.run(&[
        "policy",
        "diff",
        "old.yaml",
        "new.yaml",
        "--catalog",
        "t.sql",
        "--format",
        "json",
    ]);
    let value: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(value[0]["sees"], "more");
    assert_eq!(value[0]["change"], "rows");
    assert_eq!(
        value[0]["who"],
        serde_json::json!([{ "user": "u" }, { "group": "g" }])
    );
    let usage = desk.run(&["policy", "diff", "old.yaml", "new.yaml"]);
    assert_eq!(usage.status, 2);
    let time = desk.run(&[
        "policy",
        "diff",
        "old.yaml",
        "new.yaml",
        "--catalog",
        "t.sql",
        "--at",
        "soon",
    ]);
    assert_eq!(time.status, 2);
    let gone = desk.run(&[
        "policy",
        "diff",
        "old.yaml",
        "gone.yaml",
        "--catalog",
        "t.sql",
    ]);
    assert_eq!(gone.status, 3);
}
