//! An account of a decision is the decision, names every rule about the table, and says of no rule that it does not count when it does.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::reference::{documents, principals};
use super::*;

/// Rules of any kind that are over, and masks with a condition.
fn changed(mut document: Document, over: &[bool], conditional: &[bool]) -> Document {
    let rules = document.rules.iter_mut().enumerate();
    for (index, rule) in rules {
        let until = over
            .get(index)
            .is_some_and(|over| *over)
            .then(|| "2020-01-01".to_owned());
        match rule {
            RuleDecl::RowFilter(rule) => rule.valid.until = until,
            RuleDecl::Access(rule) => rule.valid.until = until,
            RuleDecl::ColumnMask(rule) => {
                rule.valid.until = until;
                let when = conditional.get(index).is_some_and(|when| *when);
                rule.when = when.then(|| format!("b = {index}"));
            }
        }
    }
    document
}

fn id(rule: &RuleDecl) -> &str {
    match rule {
        RuleDecl::RowFilter(rule) => &rule.id,
        RuleDecl::ColumnMask(rule) => &rule.id,
        RuleDecl::Access(rule) => &rule.id,
    }
}

fn load(document: &Document) -> Policy {
    let text = serde_json::to_string(document).unwrap();
    Policy::load(&text, "random").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn asked() -> BTreeSet<Privilege> {
    BTreeSet::from([Privilege::Select])
}

/// What a submitter notices of a decision, and which rules did it.
fn outcome(account: &Account) -> String {
    let closed = account.closed.is_some();
    format!(
        "{:?} {:?} {:?} {:?} {closed}",
        account.access, account.rows, account.masks, account.shown
    )
}

/// Rules that the account says do not count, wherever they are met.
fn idle(account: &Account) -> BTreeSet<String> {
    let mut idle: BTreeSet<String> = BTreeSet::new();
    let mut busy: BTreeSet<String> = BTreeSet::new();
    for aside in &account.aside {
        idle.insert(aside.rule.to_string());
    }
    for face in &account.faces {
        let access = face.access.iter().map(|a| (&a.by, &a.lost));
        let columns = face.columns.iter();
        let by: Vec<_> = columns.clone().flat_map(|c| c.by.clone()).collect();
        let lost = columns.flat_map(|c| &c.lost);
        busy.extend(by.iter().map(ToString::to_string));
        busy.extend(
            access
                .clone()
                .flat_map(|(by, _)| by)
                .map(ToString::to_string),
        );
        for lost in lost.chain(access.flat_map(|(_, lost)| lost)) {
            match lost.why {
                Why::Priority | Why::DenyWins | Why::NothingToShow => {
                    idle.insert(lost.rule.to_string());
                }
                _ => {
                    busy.insert(lost.rule.to_string());
                }
            }
        }
        for filter in &face.filters {
            match filter.part {
                Part::Pointless => idle.insert(filter.rule.to_string()),
                _ => busy.insert(filter.rule.to_string()),
            };
        }
    }
    idle.difference(&busy).cloned().collect()
}

fn named(account: &Account) -> BTreeSet<String> {
    let mut named: BTreeSet<String> = account.aside.iter().map(|a| a.rule.to_string()).collect();
    for face in &account.faces {
        let access = face.access.iter().flat_map(|a| {
            let lost = a.lost.iter().map(|l| &l.rule);
            a.by.iter().chain(lost)
        });
        let columns = face.columns.iter().flat_map(|c| {
            let lost = c.lost.iter().map(|l| &l.rule);
            c.by.iter().chain(lost)
        });
        let filters = face.filters.iter().map(|f| &f.rule);
        named.extend(
            access
                .chain(columns)
                .chain(filters)
                .map(ToString::to_string),
        );
    }
    named
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_account_is_the_decision_and_its_idle_rules_can_go(
        document in documents(),
        over in proptest::collection::vec(prop::bool::weighted(0.2), 8),
        conditional in proptest::collection::vec(prop::bool::weighted(0.3), 8),
        who in principals(),
        name in select(vec!["c.d.t1", "c.d.t2", "c.x.t1", "x.y.z"]),
        physical in subsequence(vec!["k://h/p1", "k://h/p2", "k://x/p1"], 0..=2),
        user_named in any::<bool>(),
        known in prop::bool::weighted(0.9),
    ) {
        let document = changed(document, &over, &conditional);
        let policy = load(&document);
        let columns = [column("a", TypeKind::Int), column("b", TypeKind::Int), column("r", row(&[("x", STRING), ("y", STRING)]))];
        let physical: Vec<String> = physical.into_iter().map(ToString::to_string).collect();
        let name = table(name);
        let columns = known.then_some(&columns[..]);
        let resource = Resource { physical: &physical, columns, user_named, ..Resource::named(&name) };
        let account = policy.explain(&who, &resource, &asked(), now());

        // The outcome is the decision.
        let access = policy.access(&who, &resource, Privilege::Select, now());
        prop_assert_eq!(account.access[0].effect == Effect::Allow, access.is_ok());
        prop_assert_eq!(&account.access[0].by, access.as_ref().map_or_else(|r| &r.rules, |a| &a.rules));
        let decided = policy.obligations(&who, &resource, now());
        prop_assert_eq!(account.closed.as_ref().map(|c| c.code), decided.as_ref().err().map(|r| r.code));
        if let Ok(obligations) = &decided {
            let rows = match &obligations.rows {
                Rows::All => RowsOutcome::All,
                Rows::Nothing => RowsOutcome::Nothing,
                Rows::Matching(filter) => RowsOutcome::Matching { filter: filter.render(None), by: filter.rules.clone() },
            };
            prop_assert_eq!(account.rows.as_ref(), Some(&rows));
            let masks: Vec<_> = obligations.masks.iter().map(|m| (m.path.clone(), m.mask.name().to_owned(), m.rule.clone())).collect();
            let told: Vec<_> = account.masks.iter().map(|m| (m.column.clone(), m.mask.clone(), m.by.clone())).collect();
            prop_assert_eq!(told, masks);
        }

        // Every rule about the table is named, as far as the decision got.
        if account.closed.is_none() {
            let about: BTreeSet<String> = policy.rules_about(&resource).iter().map(ToString::to_string).collect();
            let named = named(&account);
            prop_assert!(about.is_subset(&named), "{about:?} {named:?}");
        }

        // A rule that does not count can go.
        for gone in idle(&account) {
            let mut without = document.clone();
            without.rules.retain(|rule| id(rule) != gone);
            let after = load(&without).explain(&who, &resource, &asked(), now());
            prop_assert_eq!(outcome(&account), outcome(&after), "{} counts: {:?}", gone, account);
        }
    }
}

#[test]
fn an_account_says_why_each_rule_lost() {
    let policy = policy(
        "roles: [{ name: auditor, users: [eve] }]
rules:
  - { id: a-all, type: access, effect: allow, to: { groups: [public] }, on: { table: c.d.* }, privileges: [select, insert] }
  - { id: a-deny, type: access, effect: deny, to: { groups: [public] }, on: { table: c.d.t }, privileges: [insert] }
  - { id: a-high, type: access, effect: allow, priority: 5, to: { users: [boss] }, on: { table: c.d.t }, privileges: [insert] }
  - { id: f-mine, type: row_filter, to: { users: [ann] }, on: { table: c.d.t }, filter: 'x = 1' }
  - { id: f-all, type: row_filter, to: { groups: [public] }, on: { table: c.d.t }, filter: 'x = 2', except: { roles: [auditor] } }
  - { id: f-must, type: row_filter, mode: restrictive, to: { groups: [public] }, on: { table: c.d.t }, filter: 'x > 0' }
  - { id: f-out, type: row_filter, to: { groups: [public] }, on: { table: 'c.d.*', exclude: [c.d.t] }, filter: 'x = 3' }
  - { id: m-high, type: column_mask, priority: 5, to: { users: [ann] }, on: { table: c.d.t, columns: [x] }, mask: MASK_NULL }
  - { id: m-low, type: column_mask, to: { groups: [public] }, on: { table: c.d.t, columns: ['*'] }, mask: MASK_HASH, except: { roles: [auditor] } }
  - { id: m-none, type: column_mask, priority: 7, to: { users: [ann] }, on: { table: c.d.t, columns: [y] }, mask: MASK_NONE, when: 'x = 1' }
  - { id: m-over, type: column_mask, to: { groups: [public] }, on: { table: c.d.t, columns: [y] }, mask: MASK_NULL, valid: { until: 2020-01-01 } }
  - { id: m-z, type: column_mask, to: { groups: [public] }, on: { table: c.d.t, columns: ['z*'] }, mask: MASK_NULL }
",
    );
    let (name, columns) = (table("c.d.t"), [column("x", STRING), column("y", STRING)]);
    let resource = Resource {
        columns: Some(&columns),
        ..Resource::named(&name)
    };
    let privileges = BTreeSet::from([Privilege::Select, Privilege::Insert]);
    let ann = policy.explain(&user("ann"), &resource, &privileges, now());
    let [face] = &ann.faces[..] else {
        panic!("{ann:?}")
    };
    let lost = |lost: &[Lost]| {
        lost.iter()
            .map(|l| format!("{} {:?}", l.rule, l.why))
            .collect::<Vec<_>>()
    };
    assert_eq!(ann.access[1].effect, Effect::Deny);
    assert_eq!(lost(&face.access[1].lost), ["a-all DenyWins"]);
    let parts: Vec<String> = face
        .filters
        .iter()
        .map(|f| format!("{} {:?}", f.rule, f.part))
        .collect();
    assert_eq!(parts, ["f-all Counts", "f-mine Counts", "f-must Counts"]);
    let columns: Vec<String> = face
        .columns
        .iter()
        .map(|c| format!("{} {:?} {:?}", c.column.join("."), c.by, lost(&c.lost)))
        .collect();
    assert_eq!(
        columns,
        [
            "x Some(\"m-high\") [\"m-low Priority\"]",
            "y Some(\"m-low\") [\"m-none Narrows\"]"
        ]
    );
    let aside = |account: &Account| {
        account
            .aside
            .iter()
            .map(|a| format!("{} {:?}", a.rule, a.why))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        aside(&ann),
        [
            "a-high NotForYou",
            "f-out Excluded",
            "m-over NotInForce",
            "m-z NoColumn"
        ]
    );
    let eve = policy.explain(&user("eve"), &resource, &privileges, now());
    assert_eq!(
        eve.rows,
        Some(RowsOutcome::Matching {
            filter: "x > 0".into(),
            by: vec!["f-must".into()]
        })
    );
    let parts: Vec<Part> = eve.faces[0].filters.iter().map(|f| f.part).collect();
    assert_eq!(parts, [Part::Exempt, Part::ForOthers, Part::Counts]);
    assert!(aside(&eve).contains(&"m-low Exception".to_owned()));
    let boss = policy.explain(&user("boss"), &resource, &privileges, now());
    assert_eq!(boss.access[1].effect, Effect::Allow);
    assert_eq!(
        lost(&boss.faces[0].access[1].lost),
        ["a-all Priority", "a-deny Priority"]
    );
}

#[test]
fn a_rule_because_of_which_a_column_is_taken_apart_counts() {
    let policy = policy(
        "rules:
  - { id: high, type: column_mask, priority: 1, to: { users: [ann] }, on: { table: c.d.t, columns: [r, q] }, mask: MASK_HASH, when: 'b = 2' }
  - { id: fields, type: column_mask, to: { users: [ann] }, on: { table: c.d.t, columns: ['r.*'] }, mask: MASK_NONE }
  - { id: top, type: column_mask, priority: 2, to: { users: [ann] }, on: { table: c.d.t, columns: [s] }, mask: MASK_HASH }
  - { id: below, type: column_mask, to: { users: [ann] }, on: { table: c.d.t, columns: ['s.*'] }, mask: MASK_NONE }
",
    );
    let fields = row(&[("x", STRING), ("y", STRING)]);
    let (name, columns) = (
        table("c.d.t"),
        [
            column("b", TypeKind::Int),
            column("r", fields.clone()),
            column("q", fields.clone()),
            column("s", fields),
        ],
    );
    let resource = Resource {
        columns: Some(&columns),
        ..Resource::named(&name)
    };
    let ann = policy.explain(&user("ann"), &resource, &asked(), now());
    let told = ann.faces[0].columns.iter().map(|column| {
        let lost = column.lost.iter();
        let lost = lost.map(|lost| format!(" {} {:?}", lost.rule, lost.why));
        column.column.join(".") + &lost.collect::<String>()
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "r.x fields TakesApart",
            "r.y fields TakesApart",
            "q",
            "s below Priority"
        ]
    );
}

#[test]
fn a_closed_table_says_which_rules_close_it() {
    let policy = policy(
        "rules:
  - { id: one, type: column_mask, to: { users: [ann] }, on: { table: c.d.t, columns: [x] }, mask: MASK_NULL }
  - { id: two, type: column_mask, to: { users: [ann] }, on: { table: c.d.t, columns: [x] }, mask: MASK_HASH }
  - { id: low, type: column_mask, priority: -1, to: { users: [ann] }, on: { table: c.d.t, columns: [x] }, mask: MASK }
  - { id: attr, type: row_filter, to: { users: [bob] }, on: { table: c.d.t }, filter: 'x = ${user.dept}' }
",
    );
    let (name, columns) = (table("c.d.t"), [column("x", STRING)]);
    let resource = Resource {
        columns: Some(&columns),
        ..Resource::named(&name)
    };
    let bob = policy.explain(&user("bob"), &resource, &asked(), now());
    assert_eq!(bob.closed.unwrap().code, "attribute-missing");
    assert_eq!(bob.faces[0].filters[0].part, Part::Unusable);
    let without = Policy::load(
        &document("rules:
  - { id: one, type: column_mask, to: { users: [ann] }, on: { table: c.d.t, columns: [x] }, mask: MASK_NULL }
  - { id: two, type: column_mask, to: { users: [ann] }, on: { table: c.d.t, columns: [x] }, mask: MASK_HASH }
  - { id: low, type: column_mask, priority: -1, to: { users: [ann] }, on: { table: c.d.t, columns: [x] }, mask: MASK }
"),
        "test",
    )
    .unwrap();
    let ann = without.explain(&user("ann"), &resource, &asked(), now());
    assert_eq!(ann.closed.unwrap().code, "mask-conflict");
    let lost: Vec<String> = ann.faces[0].columns[0]
        .lost
        .iter()
        .map(|l| format!("{} {:?}", l.rule, l.why))
        .collect();
    assert_eq!(lost, ["one Closes", "two Closes", "low NotReached"]);
}

#[test]
fn an_object_has_an_account_too() {
    let policy = policy(
        "rules:
  - { id: all, type: access, effect: allow, to: { users: [ann] }, on: { object: 'c.d.*' }, privileges: [function] }
  - { id: out, type: access, effect: deny, to: { users: [ann] }, on: { object: '**', exclude: ['c.**'] }, privileges: [function] }
",
    );
    let privileges = BTreeSet::from([Privilege::Function]);
    let ann = policy.explain_object(&user("ann"), "c.d.f", &privileges, now());
    assert_eq!(
        (ann.access[0].effect, ann.access[0].by.as_slice()),
        (Effect::Allow, &["all".into()][..])
    );
    assert_eq!(ann.aside[0].why, Why::Excluded);
    let bob = policy.explain_object(&user("bob"), "c.d.f", &privileges, now());
    assert_eq!(bob.access[0].effect, Effect::Deny);
    assert_eq!(bob.aside[0].why, Why::NotForYou);
}
