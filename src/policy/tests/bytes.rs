//! Rules on bytes that perhaps are those: they add protection, and give nothing.

use super::*;

fn asked(policy: &Policy, physical: &[&str]) -> (bool, String) {
    let name = table("c.d.t");
    let physical: Vec<String> = physical.iter().map(|p| (*p).to_owned()).collect();
    let columns = [column("id", TypeKind::Int), column("phone", STRING)];
    let resource = Resource {
        physical: &physical,
        columns: Some(&columns),
        user_named: true,
        ..Resource::named(&name)
    };
    let who = user("u");
    let access = policy.access(&who, &resource, Privilege::Select, now());
    (
        access.is_ok(),
        shown(policy.obligations(&who, &resource, now())),
    )
}

#[test]
fn a_permission_for_what_perhaps_is_meant_gives_nothing() {
    let text = "apiVersion: sqlsec/v1\ndefaults: { access: deny }\nrules:\n  - { id: a, type: access, effect: allow, to: { users: [u] }, on: { physical: 'PLACE' }, privileges: [select] }\n";
    for (place, name, allowed) in [
        ("mysql://db/s.t", "mysql://db:3306/s.t", true),
        ("mysql://db/s.t", "mysql://db:3306/s.T", false),
        ("mysql://db/s.t", "mysql://db:3307/s.t", false),
        ("s3://b/x", "s3://b/x/y", true),
        ("s3://b/x", "s3://b", false),
        ("kafka://b1,b2/t", "kafka://b2:9092/t", true),
    ] {
        let policy = Policy::load(&text.replace("PLACE", place), "x").unwrap();
        assert_eq!(asked(&policy, &[name]).0, allowed, "{place} {name}");
    }
}

#[test]
fn a_denial_for_what_perhaps_is_meant_denies() {
    let policy = policy(
        "rules:\n  - { id: d, type: access, effect: deny, to: { users: [u] }, on: { physical: 's3://b/secret' }, privileges: [select] }\n",
    );
    for name in ["s3://b/secret", "s3://b/secret/x", "s3://b"] {
        assert!(!asked(&policy, &[name]).0, "{name}");
    }
    assert!(asked(&policy, &["s3://b/public"]).0);
}

/// Below one folder lie two, each with a filter of its own: neither's permissive filter opens the other's rows.
#[test]
fn filters_of_two_folders_do_not_open_one_another() {
    let policy = policy(
        "rules:
  - { id: x, type: row_filter, to: { users: [u] }, on: { physical: 's3://b/x' }, filter: 'id = 1' }
  - { id: y, type: row_filter, to: { users: [u] }, on: { physical: 's3://b/y' }, filter: 'id = 2' }
  - { id: z, type: column_mask, to: { users: [u] }, on: { physical: 's3://b/x', columns: [phone] }, mask: MASK_NULL }
",
    );
    let (_, both) = asked(&policy, &["s3://b"]);
    assert!(
        both.contains("AND") && !both.contains("OR") && both.contains("phone=MASK_NULL"),
        "{both}"
    );
    let (_, one) = asked(&policy, &["s3://b/y/z"]);
    assert!(one.contains("= 2") && !one.contains("= 1"), "{one}");
}

#[test]
fn what_is_perhaps_left_out_is_not_left_out() {
    let policy = policy(
        "rules:\n  - { id: f, type: row_filter, to: { users: [u] }, on: { physical: 's3://b/**', exclude: ['s3://b/public'] }, filter: 'id = 1' }\n",
    );
    assert_eq!(asked(&policy, &["s3://b/public/x"]).1, "all");
    for name in ["s3://b", "s3://b/other"] {
        assert!(asked(&policy, &[name]).1.contains("= 1"), "{name}");
    }
}

#[test]
fn rules_on_the_name_of_a_site_table_hold_for_another_table_over_its_bytes() {
    let policy = policy(
        "rules:
  - { id: f, type: row_filter, to: { users: [u] }, on: { table: 'site.d.orders' }, filter: 'id = 1' }
  - { id: n, type: column_mask, to: { users: [u] }, on: { table: 'site.d.orders', columns: [phone] }, mask: MASK_NULL }
",
    );
    let name = table("c.d.mine");
    let also = [table("site.d.orders")];
    let columns = [column("id", TypeKind::Int), column("phone", STRING)];
    let resource = Resource {
        columns: Some(&columns),
        user_named: true,
        also: &also,
        ..Resource::named(&name)
    };
    let said = shown(policy.obligations(&user("u"), &resource, now()));
    assert!(
        said.contains("= 1") && said.contains("phone=MASK_NULL"),
        "{said}"
    );
}

#[test]
fn another_port_of_a_name_node_is_perhaps_another_door() {
    let policy = policy(
        "rules:\n  - { id: d, type: access, effect: deny, to: { users: [u] }, on: { physical: 'hdfs://nn/secret' }, privileges: [select] }\n",
    );
    for name in [
        "hdfs://nn:8020/secret/x",
        "hdfs://nn:8022/secret/x",
        "hdfs://nn:8022/secret",
        "hdfs://nn:8022",
    ] {
        assert!(!asked(&policy, &[name]).0, "{name}");
    }
    assert!(asked(&policy, &["hdfs://nn:8022/public"]).0);
}
