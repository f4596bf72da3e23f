//! Row filters: `(P1 OR … OR Pn) AND R1 AND …`, attributes as literals, columns bound.

use super::*;

fn filters(lines: &[&str]) -> String {
    let rules: String = lines
        .iter()
        .map(|line| format!("  - {{ type: row_filter, on: {{ table: '*.*.orders' }}, {line} }}\n"))
        .collect();
    format!("rules:\n{rules}")
}

fn columns() -> Vec<Column> {
    vec![
        column("id", TypeKind::Int),
        column("region", STRING),
        column("dept", STRING),
        column("user", STRING),
        column("since", TypeKind::Date),
        column("r", row(&[("f", STRING)])),
    ]
}

fn ask_policy(policy: &Policy, who: &Principal) -> String {
    let (name, columns) = (table("c.d.orders"), columns());
    let resource = Resource {
        columns: Some(&columns),
        ..Resource::named(&name)
    };
    shown(policy.obligations(who, &resource, now()))
}

fn ask(lines: &[&str], who: &Principal) -> String {
    ask_policy(&policy(&filters(lines)), who)
}

#[test]
fn a_rule_that_speaks_of_a_table_by_its_name_and_by_its_bytes_is_one_rule() {
    let policy = policy(
        "tags:
  sales: [{ table: '*.*.orders' }, { physical: 'kafka://*/orders' }]
rules:
  - { id: north, type: row_filter, to: { users: [A] }, on: { tags: [sales] }, filter: \"region = 'north'\" }
",
    );
    let (name, columns) = (table("c.d.orders"), columns());
    let physical = ["kafka://b:9092/orders".to_owned()];
    let resource = Resource {
        physical: &physical,
        columns: Some(&columns),
        ..Resource::named(&name)
    };
    let rows = shown(policy.obligations(&user("A"), &resource, now()));
    assert_eq!(rows, "region = 'north'");
}

#[test]
fn the_seed_users_see_their_regions() {
    let bj = "id: bj, to: { users: [A] }, filter: \"region = 'beijing'\"";
    let hz = "id: hz, to: { users: [B] }, filter: \"region = 'hangzhou'\"";
    assert_eq!(ask(&[bj, hz], &user("A")), "region = 'beijing'");
    assert_eq!(ask(&[bj, hz], &user("B")), "region = 'hangzhou'");
    assert_eq!(ask(&[bj, hz], &user("C")), "no-matching-filter bj,hz");
    let name = table("c.d.other");
    assert_eq!(
        shown(policy(&filters(&[bj])).obligations(&user("C"), &Resource::named(&name), now())),
        "all"
    );
}

#[test]
fn permissive_are_ored_and_restrictive_anded_by_id() {
    let b = "id: b, to: { groups: [public] }, filter: \"region = 'b'\"";
    let a = "id: a, to: { users: [u] }, filter: \"region = 'a'\"";
    let z = "id: z, to: { groups: [public] }, filter: \"id > 0\", mode: restrictive";
    let y = "id: y, to: { users: [u] }, filter: \"id < 9\", mode: restrictive";
    let expected = "((region = 'a') OR (region = 'b')) AND (id < 9) AND (id > 0)";
    assert_eq!(ask(&[b, a, z, y], &user("u")), expected);
    assert_eq!(
        ask(&[y, z, a, b], &user("u")),
        expected,
        "same set, same text"
    );
    assert_eq!(
        ask(&[b, a, z, y], &user("v")),
        "(region = 'b') AND (id > 0)"
    );
    assert_eq!(ask(&[z], &user("v")), "id > 0");
    assert_eq!(
        ask(&[a, z], &user("v")),
        "no-matching-filter a,z",
        "a restrictive filter for all opens nothing"
    );
    assert_eq!(ask(&[y], &user("v")), "no-matching-filter y");
}

#[test]
fn nobodys_rows_follow_the_default() {
    let rules = filters(&[
        "id: a, to: { users: [u] }, filter: \"region = 'a'\"",
        "id: z, to: { groups: [public] }, filter: \"id > 0\", mode: restrictive",
    ]);
    let ask = |default: &str| {
        let text = format!(
            "apiVersion: sqlsec/v1\ndefaults: {{ no_matching_filter: {default} }}\n{rules}"
        );
        ask_policy(&Policy::load(&text, "x").unwrap(), &user("v"))
    };
    assert_eq!(ask("deny"), "no-matching-filter a,z");
    assert_eq!(ask("empty"), "nothing");
    assert_eq!(ask("all"), "id > 0");
}

#[test]
fn an_exception_is_a_match_without_a_filter() {
    let a =
        "id: a, to: { groups: [public] }, except: { users: [auditor] }, filter: \"region = 'a'\"";
    let b = "id: b, to: { groups: [public] }, filter: \"region = 'b'\"";
    let z = "id: z, to: { groups: [public] }, filter: \"id > 0\", mode: restrictive";
    let y = "id: y, to: { groups: [public] }, except: { users: [auditor] }, filter: \"id < 9\", mode: restrictive";
    let outside =
        "id: o, to: { users: [u] }, except: { users: [auditor] }, filter: \"region = 'a'\"";
    assert_eq!(ask(&[a], &user("auditor")), "all");
    assert_eq!(ask(&[a, b, z, y], &user("auditor")), "id > 0");
    assert_eq!(
        ask(&[outside], &user("auditor")),
        "no-matching-filter o",
        "an exception is one of those that a rule is for"
    );
}

/// E2: attributes are typed literals.
#[test]
fn e2_attributes_are_literals() {
    let rule = ["id: own, to: { groups: [public] }, filter: \"dept = ${user.dept}\""];
    let who = |value| with_attribute(user("u"), "dept", value);
    assert_eq!(
        ask(&rule, &who(text("x' OR '1'='1"))),
        "dept = 'x'' OR ''1''=''1'"
    );
    assert_eq!(ask(&rule, &who(text("*"))), "dept = '*'");
    assert_eq!(ask(&rule, &who(Attribute::Integer(7))), "dept = '7'");
    assert_eq!(
        ask(&rule, &who(Attribute::Boolean(true))),
        "attribute-unusable own"
    );
    assert_eq!(
        ask(&rule, &who(Attribute::List(vec![text("a")]))),
        "attribute-unusable own",
        "a list is no value"
    );
    let id = ["id: own, to: { groups: [public] }, filter: \"${user.id} = id\""];
    assert_eq!(
        ask(&id, &with_attribute(user("u"), "id", text("7"))),
        "7 = id"
    );
    assert_eq!(
        ask(&id, &with_attribute(user("u"), "id", text("7 OR 1=1"))),
        "attribute-unusable own"
    );
    let minus = ["id: own, to: { groups: [public] }, filter: \"id = 1 -${user.id}\""];
    assert_eq!(
        ask(
            &minus,
            &with_attribute(user("u"), "id", Attribute::Integer(-1))
        ),
        "id = 1 -(-1)"
    );
    let list =
        ["id: own, to: { groups: [public] }, filter: \"dept IN (${user.depts}) AND id > 0\""];
    let depts = Attribute::List(vec![text("a"), text("b'c")]);
    assert_eq!(
        ask(&list, &with_attribute(user("u"), "depts", depts.clone())),
        "dept IN ('a', 'b''c') AND id > 0"
    );
    assert_eq!(
        ask(
            &list,
            &with_attribute(user("u"), "depts", Attribute::List(vec![]))
        ),
        "attribute-unusable own"
    );
    let mixed = ["id: own, to: { groups: [public] }, filter: \"dept IN (${user.depts}, 'x')\""];
    assert_eq!(
        ask(&mixed, &with_attribute(user("u"), "depts", depts)),
        "attribute-unusable own"
    );
    let name = ["id: own, to: { groups: [public] }, filter: \"`user` = ${user.name}\""];
    assert_eq!(
        ask(&name, &with_attribute(user("ann"), "name", text("bob"))),
        "`user` = 'ann'",
        "the login, whatever the attributes say"
    );
}

/// E3: a missing attribute closes the table, and no other filter rescues it.
#[test]
fn e3_a_missing_attribute_closes_the_table() {
    let own = "id: own, to: { groups: [public] }, filter: \"dept = ${user.dept}\"";
    let all = "id: all, to: { groups: [public] }, filter: \"1 = 1\"";
    assert_eq!(ask(&[own, all], &user("u")), "attribute-missing own");
    let refusal = policy(&filters(&[own]))
        .obligations(&user("u"), &Resource::named(&table("c.d.orders")), now())
        .unwrap_err();
    assert!(
        !refusal.to_string().contains("dept"),
        "policy text is not for the submitter: {refusal}"
    );
}

/// E3: names are columns of the table, exactly.
#[test]
fn e3_columns_are_bound() {
    for (filter, expected) in [
        ("r.f = 'x'", "r.f = 'x'"),
        (
            "`region` = 'x' AND LOWER(region) = 'y'",
            "`region` = 'x' AND LOWER(region) = 'y'",
        ),
        ("Region = 'x'", "column-unknown f"),
        ("r.g = 'x'", "column-unknown f"),
        ("region.f = 'x'", "column-unknown f"),
        ("f = 'x'", "column-unknown f"),
        ("region = beijing", "column-unknown f"),
        ("orders.region = 'x'", "column-unknown f"),
        ("since >= CURRENT_DATE", "since >= CURRENT_DATE"),
        (
            "TIMESTAMPDIFF(DAY, since, CURRENT_DATE) < 5",
            "TIMESTAMPDIFF(DAY, since, CURRENT_DATE) < 5",
        ),
        (
            "CASE WHEN id IN (1, 2) THEN TRUE ELSE region IS NULL END",
            "CASE WHEN id IN (1, 2) THEN TRUE ELSE region IS NULL END",
        ),
    ] {
        let rule = format!("id: f, to: {{ groups: [public] }}, filter: \"{filter}\"");
        assert_eq!(ask(&[&rule], &user("u")), expected, "{filter}");
    }
}

fn rendered(filter: &str, columns: Option<&[Column]>, ignore_case: bool) -> (String, Vec<String>) {
    let policy = policy(&filters(&[&format!(
        "id: f, to: {{ groups: [public] }}, filter: \"{filter}\""
    )]));
    let name = table("c.d.orders");
    let resource = Resource {
        columns,
        ignore_case,
        ..Resource::named(&name)
    };
    match policy
        .obligations(&user("u"), &resource, now())
        .unwrap()
        .rows
    {
        Rows::Matching(filter) => (filter.render(Some("o`x")), filter.columns),
        other => panic!("{other:?}"),
    }
}

#[test]
fn columns_can_be_qualified() {
    let columns = columns();
    for known in [Some(columns.as_slice()), None] {
        let (sql, read) = rendered(
            "region = 'id' /* region */ AND LOWER(`dept`) = r.f",
            known,
            false,
        );
        assert_eq!(
            sql,
            "`o``x`.region = 'id' /* region */ AND LOWER(`o``x`.`dept`) = `o``x`.r.f"
        );
        assert_eq!(read, ["dept", "r", "region"]);
    }
    let (sql, read) = rendered("REGION = 'x'", Some(&columns), true);
    assert_eq!(
        (sql.as_str(), read),
        ("`o``x`.`region` = 'x'", vec!["region".to_owned()])
    );
}

/// B3: a subquery's own names come first; the protected table is reached by its name.
#[test]
fn subqueries_are_read_as_the_system() {
    let columns = columns();
    let exists = "EXISTS (SELECT 1 FROM acl.main.grants g WHERE g.who = 'x' AND g.region = orders.region AND dept = 'd')";
    let (sql, read) = rendered(exists, Some(&columns), false);
    assert_eq!(
        sql,
        "EXISTS (SELECT 1 FROM acl.main.grants g WHERE g.who = 'x' AND g.region = `o``x`.region AND dept = 'd')"
    );
    assert_eq!(read, ["dept", "region"]);
    let (sql, _) = rendered(
        "region IN (SELECT MAX(orders.region) FROM acl.main.orders)",
        Some(&columns),
        false,
    );
    assert_eq!(
        sql, "`o``x`.region IN (SELECT MAX(orders.region) FROM acl.main.orders)",
        "its own `orders`"
    );
    let (sql, _) = rendered(
        "EXISTS (WITH g AS (SELECT region FROM acl.main.grants) SELECT 1 FROM g WHERE g.region = c.d.orders.region)",
        Some(&columns),
        false,
    );
    assert!(sql.ends_with("WHERE g.region = `o``x`.region)"), "{sql}");
    let policy = policy(&filters(&[
        "id: f, to: { groups: [public] }, filter: \"region IN (SELECT region FROM acl.main.grants)\"",
    ]));
    let obligations = policy
        .obligations(&user("u"), &Resource::named(&table("c.d.orders")), now())
        .unwrap();
    let Rows::Matching(filter) = obligations.rows else {
        panic!()
    };
    assert!(filter.subquery);
    assert_eq!(filter.tables, [table("acl.main.grants")]);
}

/// A qualifier that is neither a relation of the subquery nor the protected table is a row of the subquery's own.
#[test]
fn fields_of_a_subquerys_rows_stay_as_written() {
    let columns = columns();
    let filter = "region IN (SELECT payload.city FROM acl.main.grants)";
    let (sql, read) = rendered(filter, Some(&columns), false);
    assert_eq!(
        sql,
        "`o``x`.region IN (SELECT payload.city FROM acl.main.grants)"
    );
    assert_eq!(read, ["region"]);
}

/// E3: recursion, direct and through another table's filter.
#[test]
fn e3_recursion_closes_the_table() {
    let direct =
        "id: f, to: { groups: [public] }, filter: \"region IN (SELECT region FROM c.d.orders)\"";
    assert_eq!(ask(&[direct], &user("u")), "recursive-filter f");
    let rules = "rules:\n  - { type: row_filter, id: f, to: { groups: [public] }, on: { table: '*.*.orders' }, filter: \"region IN (SELECT region FROM c.d.b)\" }\n  - { type: row_filter, id: g, to: { users: [other] }, on: { table: '*.*.b' }, filter: \"region IN (SELECT region FROM `c`.d.orders)\" }\n";
    assert_eq!(ask_policy(&policy(rules), &user("u")), "recursive-filter f");
}

/// C1: filters of the data hold under a name of the user's, and those on the name come on top.
#[test]
fn c1_filters_hold_whatever_the_table_is_called() {
    let rules = "rules:\n  - { type: row_filter, id: name, to: { groups: [public] }, on: { table: '*.*.orders' }, filter: \"1 = 1\" }\n  - { type: row_filter, id: t1, to: { groups: [public] }, on: { physical: 'kafka://*/t1' }, filter: \"region = 'a'\" }\n  - { type: row_filter, id: t2, to: { groups: [public] }, on: { physical: 'kafka://*/t2' }, filter: \"region = 'b'\" }\n";
    let policy = policy(rules);
    let name = table("c.d.orders");
    let ask = |physical: &[&str], user_named| {
        let physical: Vec<String> = physical.iter().map(|p| (*p).to_owned()).collect();
        let resource = Resource {
            physical: &physical,
            user_named,
            ..Resource::named(&name)
        };
        shown(policy.obligations(&user("u"), &resource, now()))
    };
    assert_eq!(
        ask(&["kafka://b:9092/t1"], true),
        "(region = 'a') AND (1 = 1)"
    );
    assert_eq!(
        ask(&["kafka://b:9092/t1"], false),
        "(1 = 1) OR (region = 'a')"
    );
    assert_eq!(
        ask(&["kafka://b:9092/t1", "kafka://b:9092/t2"], true),
        "(region = 'a') AND (region = 'b') AND (1 = 1)"
    );
    assert_eq!(ask(&["kafka://b:9092/t3"], true), "1 = 1");
}
