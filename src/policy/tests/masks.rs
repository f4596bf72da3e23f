//! Column masks: highest priority wins, ties between different masks are refused, columns and their fields.

use super::*;

fn masks(lines: &[&str]) -> Policy {
    let rules: String = lines
        .iter()
        .map(|line| format!("  - {{ type: column_mask, {line} }}\n"))
        .collect();
    policy(&format!(
        "roles:\n  - {{ name: r1, users: [u] }}\n  - {{ name: r2, users: [u] }}\ntags:\n  pii: [{{ table: '*.*.t', columns: [phone, 'address.zip'] }}]\nrules:\n{rules}"
    ))
}

fn columns() -> Vec<Column> {
    vec![
        column("id", TypeKind::Int),
        column("phone", STRING),
        column(
            "address",
            row(&[
                ("zip", STRING),
                (
                    "geo",
                    row(&[("lat", TypeKind::Double), ("lon", TypeKind::Double)]),
                ),
            ]),
        ),
        column("a.b", STRING),
        column(
            "tags",
            TypeKind::Array(Box::new(DataType::nullable(STRING))),
        ),
    ]
}

fn ask(policy: &Policy, who: &Principal) -> String {
    let (name, columns) = (table("c.d.t"), columns());
    let resource = Resource {
        columns: Some(&columns),
        ..Resource::named(&name)
    };
    shown(policy.obligations(who, &resource, now()))
}

#[test]
fn highest_priority_wins_and_ties_are_refused() {
    let low =
        "id: low, to: { users: [u] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_HASH";
    let high = "id: high, to: { groups: [public] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_NULL, priority: 5";
    let none = "id: none, to: { users: [u] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_NONE, priority: 9";
    let tie =
        "id: tie, to: { users: [u] }, on: { table: '*.*.*', columns: ['ph*'] }, mask: MASK_NULL";
    let same =
        "id: a-same, to: { users: [u] }, on: { table: '*.*.*', columns: ['ph*'] }, mask: MASK_HASH";
    assert_eq!(ask(&masks(&[low, high]), &user("u")), "all phone=MASK_NULL");
    assert_eq!(ask(&masks(&[low, high]), &user("v")), "all phone=MASK_NULL");
    assert_eq!(ask(&masks(&[low]), &user("v")), "all");
    assert_eq!(ask(&masks(&[low, high, none]), &user("u")), "all");
    assert_eq!(
        ask(&masks(&[low, high, none]), &user("v")),
        "all phone=MASK_NULL"
    );
    assert_eq!(
        ask(&masks(&[low, tie]), &user("u")),
        "mask-conflict low,tie"
    );
    assert_eq!(ask(&masks(&[low, same]), &user("u")), "all phone=MASK_HASH");
    assert_eq!(
        ask(&masks(&[low, tie, high]), &user("u")),
        "all phone=MASK_NULL",
        "a tie below the winner decides nothing"
    );
    let (name, columns) = (table("c.d.t"), columns());
    let resource = Resource {
        columns: Some(&columns),
        ..Resource::named(&name)
    };
    let shown = masks(&[low, none])
        .obligations(&user("u"), &resource, now())
        .unwrap()
        .shown;
    assert_eq!(shown[0].rule.as_ref(), "none");
}

/// E8: two roles of one user with different rules.
#[test]
fn e8_two_roles_are_combined_and_never_the_last_one_read() {
    let one =
        "id: one, to: { roles: [r1] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_HASH";
    let two =
        "id: two, to: { roles: [r2] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_NULL";
    assert_eq!(
        ask(&masks(&[one, two]), &user("u")),
        "mask-conflict one,two"
    );
    assert_eq!(
        ask(&masks(&[two, one]), &user("u")),
        "mask-conflict one,two"
    );
}

#[test]
fn except_and_exemption() {
    let rule = "id: m, to: { groups: [public] }, except: { roles: [r1] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_HASH";
    assert_eq!(ask(&masks(&[rule]), &user("u")), "all");
    assert_eq!(ask(&masks(&[rule]), &user("v")), "all phone=MASK_HASH");
}

#[test]
fn columns_and_their_fields() {
    let on = |id: &str, column: &str, mask: &str, priority: i32| {
        format!(
            "id: {id}, to: {{ users: [u] }}, on: {{ table: '*.*.t', columns: ['{column}'] }}, mask: {mask}, priority: {priority}"
        )
    };
    let whole = on("whole", "address", "MASK_NULL", 5);
    let ask = |lines: &[&String]| {
        let lines: Vec<&str> = lines.iter().map(|line| line.as_str()).collect();
        ask(&masks(&lines), &user("u"))
    };
    assert_eq!(
        ask(&[&whole, &on("zip", "address.zip", "MASK_HASH", 1)]),
        "all address=MASK_NULL"
    );
    assert_eq!(
        ask(&[&whole, &on("zip", "address.zip", "MASK_HASH", 5)]),
        "mask-conflict whole,zip"
    );
    assert_eq!(
        ask(&[&whole, &on("zip", "address.zip", "MASK_NULL", 5)]),
        "all address.geo=MASK_NULL address.zip=MASK_NULL"
    );
    assert_eq!(
        ask(&[&whole, &on("zip", "address.zip", "MASK_HASH", 9)]),
        "all address.geo=MASK_NULL address.zip=MASK_HASH",
        "the other fields stay masked"
    );
    assert_eq!(
        ask(&[&whole, &on("lat", "address.geo.lat", "MASK_NONE", 9)]),
        "all address.geo.lon=MASK_NULL address.zip=MASK_NULL"
    );
    assert_eq!(
        ask(&[&on("star", "*", "MASK_NULL", 0)]),
        "all a.b=MASK_NULL address=MASK_NULL id=MASK_NULL phone=MASK_NULL tags=MASK_NULL"
    );
    assert_eq!(
        ask(&[&on("fields", "address.*", "MASK_NULL", 0)]),
        "all address.geo=MASK_NULL address.zip=MASK_NULL"
    );
    assert_eq!(
        ask(&[&on("dot", "`a.b`", "MASK_NULL", 0)]),
        "all a.b=MASK_NULL"
    );
}

/// E3: a column that is not there may be there under another name: the table is closed.
#[test]
fn e3_a_column_that_does_not_exist_closes_the_table() {
    for column in [
        "fone",
        "Phone",
        "address.street",
        "phone.x",
        "tags.x",
        "a.b",
    ] {
        let rule = format!(
            "id: m, to: {{ users: [u] }}, on: {{ table: '*.*.t', columns: ['{column}'] }}, mask: MASK_NULL"
        );
        assert_eq!(
            ask(&masks(&[&rule]), &user("u")),
            "column-unknown m",
            "{column}"
        );
        assert_eq!(ask(&masks(&[&rule]), &user("v")), "all", "{column}");
    }
    let none =
        "id: m, to: { users: [u] }, on: { table: '*.*.t', columns: ['x*'] }, mask: MASK_NULL";
    assert_eq!(
        ask(&masks(&[none]), &user("u")),
        "all",
        "a pattern may match nothing"
    );
    let name = table("c.d.t");
    let unknown =
        |rule: &str| shown(masks(&[rule]).obligations(&user("u"), &Resource::named(&name), now()));
    assert_eq!(unknown(none), "schema-unknown m");
    assert_eq!(
        unknown("id: m, to: { users: [u] }, on: { table: '*.*.t', columns: [x] }, mask: MASK_NONE"),
        "all"
    );
}

#[test]
fn tags_stand_for_what_carries_them() {
    let rule = "id: m, to: { users: [u] }, on: { tags: [pii] }, mask: MASK_NULL";
    assert_eq!(
        ask(&masks(&[rule]), &user("u")),
        "all address.zip=MASK_NULL phone=MASK_NULL"
    );
    assert_eq!(
        findings(
            "rules:\n  - { id: m, type: column_mask, to: { users: [u] }, on: { tags: [nope] }, mask: MASK_NULL }\n"
        ),
        ["unknown-tag 4:66"]
    );
}

#[test]
fn when_makes_a_mask_conditional() {
    let eu = "id: eu, to: { users: [u] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_NULL, when: \"id > 5\", priority: 5";
    let hash =
        "id: hash, to: { users: [u] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_HASH";
    let null =
        "id: null1, to: { users: [u] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_NULL";
    let own = "id: own, to: { users: [u] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_NONE, when: \"phone = ${user.phone}\", priority: 9";
    let who = with_attribute(user("u"), "phone", text("1"));
    assert_eq!(ask(&masks(&[eu]), &who), "all phone=MASK_NULL?id > 5");
    assert_eq!(
        ask(&masks(&[eu, hash]), &who),
        "mask-conflict eu,hash",
        "rows outside `when` would need the other mask"
    );
    assert_eq!(ask(&masks(&[eu, null]), &who), "all phone=MASK_NULL");
    assert_eq!(
        ask(&masks(&[own, hash]), &who),
        "all phone=MASK_HASH?(phone = '1') IS NOT TRUE"
    );
    assert_eq!(
        ask(&masks(&[own, eu]), &who),
        "all phone=MASK_NULL?((phone = '1') IS NOT TRUE) AND (id > 5)"
    );
    assert_eq!(ask(&masks(&[own]), &who), "all");
    assert_eq!(
        ask(&masks(&[own, hash]), &user("u")),
        "attribute-missing own"
    );
}

/// E3: a condition that reads its own table.
#[test]
fn e3_a_condition_does_not_read_its_table() {
    let rule = "id: m, to: { users: [u] }, on: { table: '*.*.t', columns: [phone] }, mask: MASK_NULL, when: \"id IN (SELECT id FROM c.d.t)\"";
    assert_eq!(ask(&masks(&[rule]), &user("u")), "recursive-filter m");
}

/// C1: masks hold for the data; a name that its user chose adds and never overrides.
#[test]
fn c1_masks_hold_whatever_the_table_is_called() {
    let topic = "id: topic, to: { groups: [public] }, on: { physical: 'kafka://*/t', columns: [phone] }, mask: MASK_HASH";
    let mine = "id: mine, to: { groups: [public] }, on: { table: '*.*.mine', columns: [phone] }, mask: MASK_NONE, priority: 9";
    let more = "id: more, to: { groups: [public] }, on: { table: '*.*.mine', columns: [id, phone] }, mask: MASK_NULL, priority: 8";
    let second = "id: second, to: { groups: [public] }, on: { physical: 'kafka://*/s', columns: [phone] }, mask: MASK_NULL";
    let (name, columns) = (table("c.d.mine"), columns());
    let ask = |lines: &[&str], physical: &[&str], user_named| {
        let physical: Vec<String> = physical.iter().map(|p| (*p).to_owned()).collect();
        let resource = Resource {
            columns: Some(&columns),
            physical: &physical,
            user_named,
            ..Resource::named(&name)
        };
        shown(masks(lines).obligations(&user("u"), &resource, now()))
    };
    assert_eq!(
        ask(&[topic, mine], &["kafka://b:9092/t"], true),
        "all phone=MASK_HASH"
    );
    assert_eq!(ask(&[topic, mine], &["kafka://b:9092/t"], false), "all");
    assert_eq!(
        ask(&[topic, more], &["kafka://b:9092/t"], true),
        "all id=MASK_NULL phone=MASK_HASH"
    );
    assert_eq!(
        ask(
            &[topic, second],
            &["kafka://b:9092/s", "kafka://b:9092/t"],
            true
        ),
        "mask-conflict second,topic"
    );
    assert_eq!(
        ask(&[topic], &["kafka://b:9092/x", "kafka://b:9092/t"], true),
        "all phone=MASK_HASH"
    );
}
