//! Access: allow and deny, deny wins at equal or higher priority; `except`; `valid`; defaults; names and their patterns.

use super::*;

fn rules(lines: &[&str]) -> Policy {
    let rules: String = lines
        .iter()
        .map(|line| format!("  - {{ type: access, {line} }}\n"))
        .collect();
    policy(&format!(
        "roles:\n  - {{ name: staff, groups: [emp] }}\n  - {{ name: all-staff, roles: [staff, vouched] }}\n  - {{ name: vouched }}\nrules:\n{rules}"
    ))
}

fn may(policy: &Policy, who: &Principal, name: &str) -> bool {
    let name = table(name);
    policy
        .access(who, &Resource::named(&name), Privilege::Select, now())
        .is_ok()
}

#[test]
fn deny_wins_at_equal_or_higher_priority() {
    let allow =
        "id: a, effect: allow, to: { users: [u] }, on: { table: '*.*.t' }, privileges: [select]";
    let deny = "id: d, effect: deny, to: { groups: [public] }, on: { table: '*.*.t' }, privileges: [select]";
    assert!(!may(&rules(&[allow, deny]), &user("u"), "a.b.t"));
    assert!(may(
        &rules(&[&format!("{allow}, priority: 1"), deny]),
        &user("u"),
        "a.b.t"
    ));
    assert!(!may(
        &rules(&[
            &format!("{allow}, priority: 1"),
            &format!("{deny}, priority: 2")
        ]),
        &user("u"),
        "a.b.t"
    ));
    let name = table("a.b.t");
    let refusal = rules(&[allow, deny])
        .access(
            &user("u"),
            &Resource::named(&name),
            Privilege::Select,
            now(),
        )
        .unwrap_err();
    assert_eq!(
        (refusal.code, refusal.rules.join(",")),
        ("access-denied", "d".into())
    );
    let other = rules(&[allow, deny]).access(
        &user("u"),
        &Resource::named(&name),
        Privilege::Insert,
        now(),
    );
    assert_eq!(other.unwrap().rules.len(), 0, "insert: no rule speaks");
}

#[test]
fn defaults_hold_where_no_rule_speaks() {
    let deny = Policy::load("apiVersion: sqlsec/v1\ndefaults: { access: deny }\n", "x").unwrap();
    let allow = Policy::load("apiVersion: sqlsec/v1\n", "x").unwrap();
    assert!(!may(&deny, &user("u"), "a.b.t") && may(&allow, &user("u"), "a.b.t"));
    for privilege in [
        Privilege::Function,
        Privilege::Jar,
        Privilege::Module,
        Privilege::Catalog,
        Privilege::Config,
        Privilege::Execute,
    ] {
        assert!(
            allow
                .access_object(&user("u"), "x", privilege, now())
                .is_err(),
            "{privilege:?}: code is off by default"
        );
    }
    assert!(
        allow
            .access_object(&user("u"), "cat.db", Privilege::Use, now())
            .is_ok()
    );
}

#[test]
fn objects_have_rules_of_their_own() {
    let policy = rules(&[
        "id: j, effect: allow, to: { roles: [staff] }, on: { object: 'https://repo.corp/**', exclude: ['https://repo.corp/bad/*'] }, privileges: [jar]",
        "id: c, effect: allow, to: { groups: [public] }, on: { object: 'table.exec.*' }, privileges: [config]",
    ]);
    let mut emp = user("u");
    let may = |who: &Principal, name: &str, privilege| {
        policy.access_object(who, name, privilege, now()).is_ok()
    };
    assert!(!may(&emp, "https://repo.corp/a/b.jar", Privilege::Jar));
    emp.groups.insert("emp".into());
    assert!(may(&emp, "https://repo.corp/a/b.jar", Privilege::Jar));
    assert!(!may(&emp, "https://repo.corp/bad/b.jar", Privilege::Jar));
    assert!(!may(&emp, "https://repo.corp.evil/a.jar", Privilege::Jar));
    assert!(
        may(&emp, "table.exec.x", Privilege::Config)
            && !may(&emp, "table.exec.x.y", Privilege::Config)
    );
    assert!(!may(&emp, "table.exec.x", Privilege::Jar));
}

#[test]
fn roles_hold_users_groups_and_roles() {
    let policy = rules(&[
        "id: d, effect: deny, to: { roles: [all-staff] }, except: { users: [boss] }, on: { table: '*.*.t' }, privileges: [select]",
    ]);
    let mut who = user("u");
    assert!(may(&policy, &who, "a.b.t"));
    who.groups.insert("emp".into());
    assert!(
        !may(&policy, &who, "a.b.t"),
        "group emp -> staff -> all-staff"
    );
    who.user = "boss".into();
    assert!(may(&policy, &who, "a.b.t"), "except");
    let mut who = user("u");
    who.roles.insert("vouched".into());
    assert!(
        !may(&policy, &who, "a.b.t"),
        "a role that the submitter vouches for goes on too"
    );
    let mut who = user("u");
    who.groups.insert("Emp".into());
    assert!(may(&policy, &who, "a.b.t"), "names compare exactly");
}

#[test]
fn rules_hold_while_valid() {
    let line = |valid: &str| {
        rules(&[&format!(
            "id: d, effect: deny, to: {{ groups: [public] }}, on: {{ table: '*.*.t' }}, privileges: [select], valid: {{ {valid} }}"
        )])
    };
    // now() is 2026-05-28T20:26:40Z.
    assert!(!may(
        &line("from: 2026-05-28, until: 2026-05-28"),
        &user("u"),
        "a.b.t"
    ));
    assert!(may(&line("from: 2026-05-29"), &user("u"), "a.b.t"));
    assert!(!may(
        &line("from: 2026-05-29, tz: Asia/Shanghai"),
        &user("u"),
        "a.b.t"
    ));
    assert!(may(
        &line("until: 2026-05-28T20:26:40Z"),
        &user("u"),
        "a.b.t"
    ));
}

/// E1: wildcards are exact, in every part of a name.
#[test]
fn e1_patterns_are_exact() {
    let denies = |on: &str, name: &TableName| {
        let policy = rules(&[&format!(
            "id: d, effect: deny, to: {{ groups: [public] }}, on: {{ {on} }}, privileges: [select]"
        )]);
        policy
            .access(&user("u"), &Resource::named(name), Privilege::Select, now())
            .is_err()
    };
    for on in [
        "table: '*.*.orders'",
        "table: 'c.*.ord*'",
        "table: 'c.d.orders'",
        "table: 'c.d.order?'",
        "table: '*.d.*'",
        "table: '`c`.`d`.`orders`'",
    ] {
        assert!(denies(on, &table("c.d.orders")), "{on}");
        assert!(!denies(on, &table("x.e.orderz_eu")), "{on}");
    }
    for on in [
        "table: 'c.d.Orders'",
        "table: 'c.d.orders?'",
        "table: 'c.d.`ord*`'",
        "table: '*.*.*', exclude: ['c.*.orders']",
    ] {
        assert!(!denies(on, &table("c.d.orders")), "{on}");
    }
    let dotted = TableName::new("c", "d", "a.b");
    assert!(denies("table: 'c.d.`a.b`'", &dotted) && denies("table: 'c.d.a?b'", &dotted));
    assert!(!denies("table: 'c.d.a'", &dotted));
    let starry = TableName::new("c", "d", "ord*");
    assert!(
        denies("table: 'c.d.`ord*`'", &starry) && !denies("table: 'c.d.orders'", &starry),
        "a name that holds `*` is no pattern"
    );
    for on in [
        "''",
        "'*'",
        "'*.*'",
        "'a.b.c.d'",
        "'a..c'",
        "'a.b.'",
        "'**.b.c'",
    ] {
        let parts = format!(
            "rules:\n  - {{ id: d, type: access, effect: deny, to: {{ groups: [public] }}, on: {{ table: {on} }}, privileges: [select] }}\n"
        );
        assert_eq!(findings(&parts), ["bad-pattern 4:81"], "{on}");
    }
}

/// B8: a catalog that ignores letter case has the rules of every spelling.
#[test]
fn b8_letter_case_follows_the_catalog() {
    let policy = rules(&[
        "id: d, effect: deny, to: { groups: [public] }, on: { table: 'hive.default.Orders' }, privileges: [select]",
    ]);
    let name = table("hive.DEFAULT.oRDERS");
    let ask = |ignore_case| {
        let resource = Resource {
            ignore_case,
            ..Resource::named(&name)
        };
        policy
            .access(&user("u"), &resource, Privilege::Select, now())
            .is_err()
    };
    assert!(ask(true) && !ask(false));
}

/// C1, DESIGN §4: a rule holds for the data, whatever its user calls it; and a name that its user chose opens nothing.
#[test]
fn c1_a_name_of_ones_own_opens_nothing() {
    let policy = Policy::load(
        "apiVersion: sqlsec/v1\ndefaults: { access: deny }\nrules:\n  - { id: mine, type: access, effect: allow, to: { groups: [public] }, on: { table: '*.*.sandbox' }, privileges: [select], priority: 9 }\n  - { id: topic, type: access, effect: allow, to: { users: [owner] }, on: { physical: 'kafka://*/Secret' }, privileges: [select] }\n  - { id: other, type: access, effect: allow, to: { users: [owner] }, on: { physical: 'KAFKA://B1:9092/other' }, privileges: [select] }\n",
        "x",
    )
    .unwrap();
    let name = table("c.d.sandbox");
    let secret = ["kafka://b1:9092/Secret".to_owned()];
    let both = [
        "kafka://b1:9092/Secret".to_owned(),
        "kafka://b1:9092/other".to_owned(),
    ];
    let third = [
        "kafka://b1:9092/Secret".to_owned(),
        "kafka://b1:9092/third".to_owned(),
    ];
    let ask = |who: &str, physical: &[String], user_named| {
        let resource = Resource {
            physical,
            user_named,
            ..Resource::named(&name)
        };
        policy
            .access(&user(who), &resource, Privilege::Select, now())
            .is_ok()
    };
    assert!(ask("u", &[], true), "nothing behind the name");
    assert!(!ask("u", &secret, true));
    assert!(ask("u", &secret, false), "the catalog's own table");
    assert!(ask("owner", &secret, true) && ask("owner", &both, true));
    assert!(
        !ask("owner", &third, true),
        "every dataset behind it must be allowed"
    );
}
