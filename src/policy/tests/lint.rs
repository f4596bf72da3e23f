//! What lint says besides what load refuses.

use super::*;

struct Shop;

impl SchemaLookup for Shop {
    fn tables(&self) -> Vec<KnownTable> {
        vec![KnownTable {
            name: table("c.d.orders"),
            physical: vec!["kafka://b:9092/orders".into()],
            columns: Some(vec![
                column("id", TypeKind::Int),
                column("region", STRING),
                column(
                    "tags",
                    TypeKind::Map(
                        Box::new(DataType::nullable(STRING)),
                        Box::new(DataType::nullable(STRING)),
                    ),
                ),
            ]),
        }]
    }
}

fn codes(rules: &[&str], with_catalog: bool) -> Vec<String> {
    let rules: String = rules
        .iter()
        .map(|line| format!("  - {{ {line} }}\n"))
        .collect();
    let text = document(&format!("rules:\n{rules}"));
    let shop: &dyn SchemaLookup = &Shop;
    lint(&text, with_catalog.then_some(shop))
        .iter()
        .map(|f| format!("{} {}", f.code, f.rule.as_deref().unwrap_or("-")))
        .collect()
}

#[test]
fn doubtful_rules_are_named() {
    let filter = |id: &str, filter: &str| {
        format!(
            "id: {id}, type: row_filter, to: {{ groups: [public] }}, on: {{ table: '*.*.orders' }}, filter: \"{filter}\""
        )
    };
    assert_eq!(
        codes(&[&filter("a", "region IN (SELECT r FROM a.b.c)")], false),
        ["subquery-in-filter a"]
    );
    assert_eq!(
        codes(&[&filter("a", "region LIKE ${user.x}")], false),
        ["attribute-in-pattern a"]
    );
    assert_eq!(
        codes(
            &[
                "id: a, type: access, effect: deny, to: { users: [x] }, except: { users: [x, y] }, on: { table: '*.*.t' }, privileges: [select]"
            ],
            false
        ),
        ["never-applies a"]
    );
}

#[test]
fn shadowed_rules_and_ties_are_named() {
    let mask = |id: &str, to: &str, column: &str, mask: &str, priority: i32| {
        format!(
            "id: {id}, type: column_mask, to: {{ {to} }}, on: {{ table: '*.*.orders', columns: ['{column}'] }}, mask: {mask}, priority: {priority}"
        )
    };
    let high = mask("high", "groups: [public]", "*", "MASK_NULL", 5);
    let low = mask("low", "users: [u]", "region", "MASK_HASH", 1);
    assert_eq!(codes(&[&high, &low], false), ["shadowed-rule low"]);
    let tie = mask("tie", "users: [u]", "reg*", "MASK_NULL", 1);
    assert_eq!(codes(&[&low, &tie], false), ["mask-tie tie"]);
    let other = mask("other", "users: [v]", "reg*", "MASK_NULL", 1);
    assert_eq!(codes(&[&low, &other], false).len(), 0);
    let deny = "id: deny, type: access, effect: deny, to: { groups: [public] }, on: { table: '*.*.*' }, privileges: [select, insert]";
    let allow = "id: allow, type: access, effect: allow, to: { users: [u] }, on: { table: 'c.d.orders' }, privileges: [select]";
    assert_eq!(codes(&[deny, allow], false), ["shadowed-rule allow"]);
}

#[test]
fn a_catalog_shows_what_would_close_a_table() {
    let rule = |id: &str, on: &str, rest: &str| {
        format!("id: {id}, to: {{ groups: [public] }}, on: {{ {on} }}, {rest}")
    };
    let unknown = rule(
        "a",
        "table: '*.*.nope'",
        "type: row_filter, filter: \"x = 1\"",
    );
    assert_eq!(codes(&[&unknown], true), ["unknown-table a"]);
    assert_eq!(codes(&[&unknown], false).len(), 0);
    let filter = rule(
        "a",
        "physical: 'kafka://*/orders'",
        "type: row_filter, filter: \"regio = 1 AND id = 1\"",
    );
    assert_eq!(codes(&[&filter], true), ["column-unknown a"]);
    let recursive = rule(
        "a",
        "table: 'c.d.*'",
        "type: row_filter, filter: \"id IN (SELECT id FROM c.d.orders)\"",
    );
    assert_eq!(
        codes(&[&recursive], true),
        ["subquery-in-filter a", "recursive-filter a"]
    );
    let mask = rule(
        "a",
        "table: '*.*.orders', columns: [nope]",
        "type: column_mask, mask: MASK_NULL",
    );
    assert_eq!(codes(&[&mask], true), ["column-unknown a"]);
    let unfit = rule(
        "a",
        "table: '*.*.orders', columns: [id]",
        "type: column_mask, mask: MASK_DATE_SHOW_YEAR",
    );
    assert_eq!(codes(&[&unfit], true), ["mask-unfit a"]);
    let fine = rule(
        "a",
        "table: '*.*.orders', columns: [id, 'reg*']",
        "type: column_mask, mask: MASK_NULL",
    );
    assert_eq!(codes(&[&fine], true).len(), 0);
}

#[test]
fn a_physical_pattern_that_reaches_less_than_it_seems_is_doubted() {
    let rule = |physical: &str| {
        format!(
            "id: r, type: row_filter, to: {{ users: [a] }}, on: {{ physical: '{physical}' }}, filter: 'id > 1'"
        )
    };
    for (physical, found) in [
        ("file:/data/orders", &["physical-pattern r"][..]),
        ("postgres://*/shop.orders", &["physical-pattern r"]),
        ("kafka://b1:9092/orders", &["server-by-name r"]),
        ("kafka://*/orders", &[]),
        ("s3://lake/orders", &[]),
    ] {
        assert_eq!(codes(&[&rule(physical)], false), found, "{physical}");
    }
    let listed = document(&format!(
        "servers: [[b1, b2]]\nrules:\n  - {{ {} }}\n",
        rule("kafka://b1/orders")
    ));
    assert!(lint(&listed, None).is_empty());
    let twice = listed.replace("[b1, b2]", "[b1, b2], [b2]");
    assert!(lint(&twice, None).iter().any(|f| f.code == "bad-server"));
}
