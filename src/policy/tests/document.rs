//! What a document may say, and where it is wrong.

use super::*;

#[test]
fn a_list_is_no_mapping_whose_fields_come_in_order() {
    for text in [
        "apiVersion: sqlsec/v1\nrules: []\ndefaults: [deny]",
        "apiVersion: sqlsec/v1\nrules: []\nroles: [[boss]]",
        "apiVersion: sqlsec/v1\nrules:\n- { type: row_filter, id: x, to: [[ann]], on: { table: a.b.c }, filter: a = 1 }",
    ] {
        let error = Policy::load(text, "list").expect_err(text);
        assert!(
            error
                .findings
                .iter()
                .any(|f| f.code == "document-shape" && f.line == 3),
            "{error}"
        );
    }
}

#[test]
fn an_access_rule_on_columns_is_about_reading_whole_ones() {
    let rule = |on: &str, privileges: &str| {
        let text = format!(
            "apiVersion: sqlsec/v1\nrules: [ {{ id: x, type: access, effect: deny, to: {{ users: [ann] }}, on: {on}, privileges: {privileges} }} ]"
        );
        let found = Policy::load(&text, "columns").err();
        found.map(|error| error.findings.iter().map(|f| f.code).collect::<Vec<_>>())
    };
    assert_eq!(
        rule("{ table: a.b.c, columns: [x, 'y*'] }", "[select]"),
        None
    );
    let only = Some("privilege-target");
    for (on, privileges, code) in [
        ("{ table: a.b.c, columns: [x] }", "[select, insert]", only),
        ("{ table: a.b.c, columns: [x] }", "[update]", only),
        (
            "{ table: a.b.c, columns: [x.y] }",
            "[select]",
            Some("bad-target"),
        ),
        (
            "{ object: a.b, columns: [x] }",
            "[select]",
            Some("bad-target"),
        ),
    ] {
        let found = rule(on, privileges).unwrap_or_default();
        assert!(
            found.contains(&code.unwrap()),
            "{on} {privileges}: {found:?}"
        );
    }
}

#[test]
fn a_policy_states_no_principal() {
    let text = "{ apiVersion: sqlsec/v1, rules: [], principal: { user: ann } }";
    let error = Policy::load(text, "stated").expect_err("no answer");
    assert!(
        error.findings.iter().any(|f| f.code == "excerpt"),
        "{error}"
    );
}

#[test]
fn the_document_of_the_design_loads() {
    let policy = Policy::load(DESIGN, "design.yaml").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(policy.version(), 42);
    assert_eq!(policy.hash().len(), 64);
    assert_eq!(policy.defaults().no_matching_filter, NoMatchingFilter::Deny);
    let functions: Vec<String> = policy.functions().iter().map(|f| f.join(".")).collect();
    assert_eq!(
        functions,
        ["Encryption_function", "Sensitive_field_functions"]
    );
    let (orders, payroll, unknown) = (table("a.b.orders"), table("hr.payroll.x"), table("a.b.c"));
    let protected = |name| policy.is_protected(&Resource::named(name), now());
    let named = |name| policy.names(&Resource::named(name), now());
    assert!(protected(&orders) && !protected(&payroll));
    assert!(named(&payroll) && !named(&unknown));
    let codes: Vec<_> = lint(DESIGN, None).iter().map(|f| f.code).collect();
    assert_eq!(
        codes,
        ["unknown-role"],
        "auditor stands in `except` only: a warning"
    );
}

#[test]
fn a_policy_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Policy>();
}

#[test]
fn json_says_the_same() {
    let yaml = Policy::load(DESIGN, "d").unwrap();
    let model: Document = serde_json::from_value(json_of(DESIGN)).unwrap();
    assert_eq!(model.rules.len(), 6);
    let json = serde_json::to_string(&model).unwrap();
    let again = Policy::load(&json, "d").unwrap_or_else(|error| panic!("{error}"));
    let pretty = serde_json::to_string_pretty(&model)
        .unwrap()
        .replace("  ", "\t");
    Policy::load(&pretty, "d").unwrap_or_else(|error| panic!("{error}"));
    let who = user("userA");
    let orders = table("a.b.orders");
    let ask = |policy: &Policy| shown(policy.obligations(&who, &Resource::named(&orders), now()));
    assert_eq!(ask(&yaml), ask(&again));
}

fn json_of(text: &str) -> serde_json::Value {
    fn value(node: &crate::policy::yaml::Node) -> serde_json::Value {
        use crate::policy::yaml::Value;
        match &node.value {
            Value::Plain(text) => text
                .parse::<i64>()
                .map_or_else(|_| text.as_str().into(), Into::into),
            Value::Quoted(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(value).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(k, v)| (k.text.clone(), value(v)))
                .collect(),
        }
    }
    value(&crate::policy::yaml::parse(text).unwrap())
}

#[test]
fn all_findings_come_at_once_and_with_their_places() {
    let parts = r#"
role: []
roles:
  - { name: a, roles: [b] }
  - { name: b, roles: [a, c] }
  - { name: d }
  - { name: d }
masks:
  MASK_HASH: { expression: "f({col})" }
  m: { expresion: "f({col})" }
rules:
  - { id: x, type: access, effect: deny, to: { groups: [public] }, on: { table: "*.*.t" }, privileges: [select] }
  - { id: x, type: access, effect: deny, to: { groups: [public] }, on: { table: "*.t" }, privileges: [select] }
  - { id: y, type: access, effect: maybe, to: { groups: [public] }, on: { table: "*.*.t" }, privileges: [select] }
  - { id: z, type: column_mask, to: { users: ["*"] }, on: { table: "*.*.t", columns: [c] }, mask: nope }
  - { id: w, type: column_mask, to: { roles: [nobody] }, on: { table: "*.*.t", columns: [c] }, mask: MASK_NULL, colour: red }
  - { id: v, type: column_mask, to: {}, on: { table: "*.*.t", columns: ["a."] }, mask: MASK_NULL }
  - { id: u, type: column_mask, to: { users: [u] }, on: { table: "*.*.t", columns: [c] }, mask: MASK_NULL, priority: high }
  - { id: t, type: column_mask, to: { users: [u] }, on: { table: "*.*.t" }, mask: MASK_NULL }
  - { id: s, type: column_mask, to: { roles: [nobody] }, on: { table: "*.*.t", columns: [c] }, mask: MASK_NULL, valid: { until: soon } }
  - { type: rowfilter }
  - { id: r, type: access, effect: allow, to: { groups: [public] }, on: { table: "*.*.t", physical: "a" }, privileges: [] }
  - { id: q, type: access, effect: deny, to: { groups: [public] }, on: { table: "*.*.t" }, privileges: [jar] }
"#;
    let found = findings(parts);
    let expected = [
        "document-shape 4:1", // role
        "cyclic-role 6:23",
        "unknown-role 7:27", // c
        "cyclic-role 7:23",
        "duplicate-role 9:13",
        "reserved-mask 11:3",
        "document-shape 12:8", // expresion
        "duplicate-id 15:11",
        "bad-pattern 15:78",
        "document-shape 16:35", // maybe
        "subject-name 17:48",
        "unknown-mask 17:104",
        "document-shape 18:114", // colour
        "bad-pattern 19:77",
        "document-shape 20:124", // high
        "bad-target 21:58",
        "unknown-role 22:48",
        "bad-time 22:130",
        "document-shape 23:13",
        "no-privilege 24:128",
        "bad-target 24:71",
        "privilege-target 25:112",
    ];
    for line in expected {
        let (code, line) = line.split_once(' ').unwrap();
        let row = line.split_once(':').unwrap().0;
        let hit = found
            .iter()
            .any(|f| f.starts_with(code) && f.contains(&format!(" {row}:")));
        assert!(hit, "{code} {line} is not in {found:#?}");
    }
    let error = Policy::load(&document(parts), "p.yaml").unwrap_err();
    assert_eq!(error.findings.len(), found.len());
    assert!(error.to_string().contains("p.yaml:17:"), "{error}");
}

#[test]
fn positions_are_exact() {
    let found = findings(
        "rules:\n  - id: z\n    type: column_mask\n    to: { users: [u] }\n    on: { table: \"*.*.t\", columns: [c] }\n    mask: nope\n",
    );
    assert_eq!(found, ["unknown-mask 8:11"]);
    let found =
        findings("rules:\n  - id: z\n    type: access\n    to: { users: [u], teams: [x] }\n");
    assert_eq!(found, ["document-shape 6:23"]);
    let found = findings("rules:\n  - id: z\n    type: access\n    to: { users: u }\n");
    assert_eq!(found, ["document-shape 6:18"]);
    let found = findings("rules:\n  - id: z\n    type: access\n");
    assert_eq!(found, ["document-shape 4:5"]);
}

#[test]
fn what_is_no_policy_is_refused() {
    for text in [
        "",
        "{}",
        "null",
        "[]",
        "<html>",
        "apiVersion: sqlsec/v2",
        "rules: []",
        "apiVersion: [sqlsec/v1]",
    ] {
        assert!(Policy::load(text, "x").is_err(), "{text}");
    }
    assert!(Policy::load("{\"apiVersion\":\"sqlsec/v1\",\"rules\":[]}", "x").is_ok());
    assert!(Policy::load("apiVersion: sqlsec/v1\nversion: -1", "x").is_err());
    assert!(Policy::load("apiVersion: sqlsec/v1\nrules: {}", "x").is_err());
}

#[test]
fn scalars_without_quotes_are_their_own_text() {
    let policy = policy(
        "rules:\n  - { id: 7, type: access, effect: deny, to: { users: [007, no] }, on: { table: '*.*.t' }, privileges: [select] }\n",
    );
    let t = table("a.b.t");
    let denied = |name: &str| {
        policy
            .access(&user(name), &Resource::named(&t), Privilege::Select, now())
            .is_err()
    };
    assert!(denied("007") && denied("no") && !denied("7") && !denied("false"));
}

/// E4: a filter that breaks out of its brackets, or that Flink would read otherwise.
#[test]
fn e4_expressions_that_are_not_exactly_one_are_refused() {
    for filter in [
        "1=1) OR (1=1",
        "a = 1 --",
        "a = 1 -- x",
        "a = 'x",
        "a = 1;",
        "a = 1; DROP TABLE t",
        "a = `b",
        "a = 1 /* x",
        "(a = 1",
        "",
        "a = 1, b = 2",
        "SELECT 1",
        "a = ?",
        "a = {col}",
        "a = ${env.HOME}",
        "a = ${user}",
        "a = ${user.}",
        "a = ${USER.dept}",
        "dept = '${user.dept}'",
        "dept = `${user.dept}`",
        "dept = 'x' /* ${user.dept} */",
        "COUNT(a) > 1",
        "SUM(DISTINCT a) > 1",
        "ROW_NUMBER() OVER (ORDER BY a) = 1",
        "user = 'x'",
        "CURRENT_USER = 'x'",
        "a IN (SELECT b FROM t)",
        "a IN (SELECT b FROM db.t)",
        "a IN (WITH x AS (SELECT b FROM x) SELECT b FROM x)",
    ] {
        let quoted = filter.replace('\\', "\\\\").replace('"', "\\\"");
        let parts = format!(
            "rules:\n  - {{ id: f, type: row_filter, to: {{ groups: [public] }}, on: {{ table: '*.*.t' }}, filter: \"{quoted}\" }}\n"
        );
        let error = Policy::load(&document(&parts), "x").err();
        let error = error.unwrap_or_else(|| panic!("accepted: {filter}"));
        assert_eq!(error.findings[0].line, 4, "{error}");
        assert_eq!(error.findings[0].rule.as_deref(), Some("f"));
    }
}

#[test]
fn masks_read_one_value() {
    for mask in [
        "f({col}, other)",
        "SUM({col})",
        "(SELECT 1)",
        "f({column})",
        "f(${user.key})",
        "f({col}",
        "{col}; x",
        "",
    ] {
        let parts = format!("masks:\n  m: {{ expression: \"{mask}\" }}\n");
        assert!(
            Policy::load(&document(&parts), "x").is_err(),
            "accepted: {mask}"
        );
    }
    for mask in [
        "f({col})",
        "'***'",
        "CONCAT(LEFT({col}, 1), '***')",
        "CAST(NULL AS {type})",
    ] {
        let parts = format!("masks:\n  m: {{ expression: \"{mask}\" }}\n");
        policy(&parts);
    }
}

/// E7: size is bounded by the text's own, and depth by the reader.
#[test]
fn ten_thousand_rules_load_and_decide() {
    let mut parts = "rules:\n".to_owned();
    for n in 0..10_000 {
        parts += &format!(
            "  - {{ id: r{n}, type: access, effect: deny, to: {{ users: [u{n}] }}, on: {{ table: \"*.*.t{n}\" }}, privileges: [select] }}\n"
        );
    }
    let policy = policy(&parts);
    let t = table("a.b.t7777");
    for (who, denied) in [("u7777", true), ("u7776", false)] {
        let access = policy.access(&user(who), &Resource::named(&t), Privilege::Select, now());
        assert_eq!(access.is_err(), denied);
    }
}
