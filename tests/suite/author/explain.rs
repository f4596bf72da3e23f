//! `sqlsec explain`: what the check asked of the policy, statement by statement, and why it was answered so.

use std::sync::Arc;

use serde_json::Value;
use sqlsec::check::{ScriptAccount, explain};
use sqlsec::policy::Effect;
use sqlsec::{Catalog, Engine, Policy, Principal, Request, SubmitCheck};

use crate::case::root;
use crate::cli::Desk;

const POLICY: &str = "
apiVersion: sqlsec/v1
version: 3
defaults: { access: allow, unknown_connector: allow, no_matching_filter: deny }
rules:
  - { id: north, type: row_filter, to: { users: [ann] }, on: { physical: 'kafka://*/o' }, filter: \"region = 'north'\" }
  - { id: south, type: row_filter, to: { users: [bob] }, on: { physical: 'kafka://*/o' }, filter: \"region = 'south'\" }
  - { id: hide, type: column_mask, to: { groups: [public] }, on: { table: '*.*.orders', columns: [id] }, mask: MASK_NULL }
  - { id: no-write, type: access, effect: deny, to: { groups: [public] }, on: { physical: 'kafka://*/o' }, privileges: [insert] }
  - { id: udf, type: access, effect: allow, to: { users: [boss] }, on: { object: '**' }, privileges: [function] }
";
const TABLES: &str = "
CREATE TABLE c.d.orders (id INT, region STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json');
CREATE VIEW c.d.v AS SELECT id FROM c.d.orders;
";

fn account(sql: &str) -> ScriptAccount {
    let policy = Arc::new(Policy::load(POLICY, "policy").expect("a policy"));
    let mut catalog = Catalog::default();
    catalog.add_sql(TABLES, "tables.sql").expect("tables");
    let who = Principal {
        user: "ann".to_owned(),
        ..Principal::default()
    };
    let request = Request::new(who, sql);
    let account = explain(&policy, Arc::new(catalog.clone()), &request);
    let checked =
        Engine::new(Policy::load(POLICY, "policy").expect("a policy"), catalog).check(&request);
    assert_eq!(account.reply.decision.sql(), checked.decision.sql());
    assert_eq!(account.reply.decision.errors(), checked.decision.errors());
    account
}

#[test]
fn an_account_has_what_the_check_has_asked() {
    let account = account(
        "CREATE TEMPORARY TABLE mine (id INT, region STRING) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json');\n\
         SELECT id FROM mine;\n\
         SELECT id FROM c.d.v;\n\
         INSERT INTO mine SELECT * FROM mine;\n\
         CREATE FUNCTION c.d.f AS 'x.Y';",
    );
    let tables: Vec<String> = account
        .statements
        .iter()
        .flat_map(|s| s.tables.iter().map(move |t| (s.line, t)))
        .map(|(line, t)| {
            let access = t
                .account
                .access
                .iter()
                .map(|a| format!("{:?}={:?}", a.privilege, a.effect));
            let masks = t.account.masks.len();
            format!(
                "{line} {} {} {} masks={masks} named={}",
                t.name.table,
                t.physical.join(","),
                access.collect::<Vec<_>>().join(" "),
                t.named
            )
        })
        .collect();
    assert_eq!(
        tables,
        [
            "1 mine  Create=Allow masks=0 named=true",
            "2 mine kafka://k:9092/o Select=Allow masks=1 named=true",
            "3 orders kafka://k:9092/o Select=Allow masks=1 named=false",
            "3 v  Select=Allow masks=0 named=true",
            "4 mine kafka://k:9092/o Select=Allow Insert=Deny masks=1 named=true",
        ]
    );
    let mine = &account.statements[1].tables[0];
    assert!(mine.user_named);
    assert_eq!(mine.also.len(), 1);
    let faces: Vec<(&str, bool)> = mine
        .account
        .faces
        .iter()
        .map(|f| (f.name.as_str(), f.opens))
        .collect();
    assert_eq!(faces, [("kafka://k:9092/o", true), ("c.d.orders", false)]);
    let objects: Vec<(&str, Effect)> = account.statements[4]
        .objects
        .iter()
        .map(|o| (o.name.as_str(), o.account.access[0].effect))
        .collect();
    assert_eq!(objects, [("c.d.f", Effect::Deny)]);
    let denied: Vec<usize> = account.statements.iter().map(|s| s.denials.len()).collect();
    assert_eq!(
        denied,
        [0, 0, 0, 1, 1],
        "{:?}",
        account.reply.decision.errors()
    );
}

#[test]
fn a_script_that_cannot_be_read_has_a_reply_and_no_statements() {
    let account = account("SELECT FROM WHERE");
    assert!(account.statements.is_empty());
    assert_eq!(account.reply.decision.errors().len(), 1);
}

#[test]
fn the_account_is_printed_whatever_the_decision() {
    let desk = Desk::new("explain");
    desk.write("p.yaml", POLICY);
    desk.write("t.sql", TABLES);
    desk.write(
        "job.sql",
        "SELECT id FROM c.d.orders;\nINSERT INTO c.d.orders SELECT * FROM c.d.orders;",
    );
    let arguments = [
        "explain",
        "--user",
        "ann",
        "--policy",
        "p.yaml",
        "--catalog",
        "t.sql",
        "job.sql",
    ];
    let ran = desk.run(&arguments);
    assert_eq!(ran.status, 1, "{}", ran.err);
    let wanted = "\
denied for ann (policy version 3)

line 1: SELECT
  c.d.orders = kafka://k:9092/o
    select: allowed by `defaults`
    rows: region = 'north'
    column id: MASK_NULL by `hide`
    filter `north` (permissive: region = 'north') counts
    filter `south` (permissive: region = 'south') is for others, and says that the table is filtered

line 2: INSERT INTO
  c.d.orders = kafka://k:9092/o
    select: allowed by `defaults`
    insert: denied by `no-write`
    rows: region = 'north'
    column id: MASK_NULL by `hide`
    filter `north` (permissive: region = 'north') counts
    filter `south` (permissive: region = 'south') is for others, and says that the table is filtered
  denied at 2:13: access-denied: `c.d.orders`: access is denied
";
    assert_eq!(ran.out, wanted);
    let json = desk.run(&[&arguments[..], &["--format", "json"]].concat());
    let value: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((json.status, &value["decision"]), (1, &"deny".into()));
    let table = &value["statements"][0]["tables"][0];
    assert_eq!(
        table["rows"]["matching"]["by"],
        serde_json::json!(["north"])
    );
    assert_eq!(table["faces"][0]["filters"][1]["part"], "for_others");
}

#[test]
fn the_quickstarts_script_has_an_account_for_each_user() {
    let file = |name: &str| {
        root()
            .join("fixtures/quickstart")
            .join(name)
            .display()
            .to_string()
    };
    let desk = Desk::new("explain_quickstart");
    for (user, rule) in [("userA", "`user-name`"), ("userB", "`user-age`")] {
        let (policy, script) = (file("policy.yaml"), file("shop.sql"));
        let ran = desk.run(&["explain", "--user", user, "--policy", &policy, &script]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert!(
            ran.out.contains(&format!("encrypt by {rule}")),
            "{}",
            ran.out
        );
    }
}
