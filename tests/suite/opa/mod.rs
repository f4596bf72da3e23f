//! Rules from a real OPA server decide as the same rules do at home, in each dialect.

mod server;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use sqlsec::check::Code;
use sqlsec::source::opa::{Masks, Paths};
use sqlsec::{Catalog, Engine, Gate, Policy, Principal, Request, SubmitCheck};

use crate::case::root;
use server::{Server, policy, program};

/// Trino's dialect with batched masks and with single ones, and the combined one.
fn dialects(package: &str) -> [(&'static str, Paths); 3] {
    let below = |rule: &str| format!("/v1/data/{package}/{rule}");
    let single = Paths::Trino {
        access: below("allow"),
        flink: Some(below("allowFlink")),
        row_filters: below("rowFilters"),
        masks: Masks::Each(below("columnMask")),
    };
    [
        ("batch", Paths::trino(package)),
        ("single", single),
        ("combined", Paths::combined(package)),
    ]
}

/// A server, or nothing where OPA cannot be had.
fn server() -> Option<Arc<Server>> {
    match program() {
        Ok(program) => Some(Arc::new(Server::start(program))),
        Err(why) => {
            println!("skipped: {why}");
            None
        }
    }
}

/// The gates over all dialects.
fn gates(server: &Arc<Server>, package: &str, catalog: &Arc<Catalog>) -> Vec<(&'static str, Gate)> {
    let gate = |paths| Gate::new(server.source(paths), Arc::clone(catalog) as _);
    let dialects = dialects(package).into_iter();
    dialects
        .map(|(dialect, paths)| (dialect, gate(paths)))
        .collect()
}

fn person(user: &str, groups: &[&str]) -> Principal {
    Principal {
        user: user.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Principal::default()
    }
}

/// The SQL, or the codes of the denial.
fn said(check: &dyn SubmitCheck, who: &Principal, sql: &str) -> Result<String, BTreeSet<Code>> {
    let reply = check.check(&Request::new(who.clone(), sql));
    let errors = reply.decision.errors().iter().map(|error| error.code);
    match reply.decision.sql() {
        Some(sql) => Ok(sql.to_owned()),
        None => Err(errors.collect()),
    }
}

#[test]
fn the_sample_policy_passes_its_own_tests() {
    let program = match program() {
        Ok(program) => program,
        Err(why) => return println!("skipped: {why}"),
    };
    for arguments in [
        &["fmt", "--fail", "--list"][..],
        &["check", "--strict"],
        &["test"],
    ] {
        let ran = Command::new(program)
            .args(arguments)
            .arg(policy())
            .output()
            .expect("OPA runs");
        let said = String::from_utf8_lossy(&ran.stdout);
        let wrong = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{said}{wrong}");
        println!("{}", said.lines().last().unwrap_or_default());
    }
}

#[test]
fn the_quickstart_reads_the_same_as_with_its_policy_file() {
    let Some(server) = server() else { return };
    let read = |file: &str| fs::read_to_string(root().join("fixtures/quickstart").join(file));
    let script = read("shop.sql").expect("the script");
    let rules = read("policy.yaml").expect("the policy");
    let home = Engine::new(
        Policy::load(&rules, "policy.yaml").expect("a policy"),
        Catalog::default(),
    );
    let gates = gates(&server, "sqlsec", &Arc::new(Catalog::default()));
    for who in [
        person("userA", &[]),
        person("userB", &[]),
        person("eve", &["ops-bj"]),
    ] {
        let due = said(&home, &who, &script).expect("allowed at home");
        for (dialect, gate) in &gates {
            let started = std::time::Instant::now();
            assert_eq!(
                said(gate, &who, &script),
                Ok(due.clone()),
                "{}: {dialect}",
                who.user
            );
            let millis = started.elapsed().as_millis();
            println!("quickstart of {}, {dialect}: {millis} ms", who.user);
        }
    }
    // The same by the command line.
    for (speaks, who) in [("opa", "userA"), ("opa-document", "userB")] {
        let command = |command: &str, rules: &[&str]| {
            let ran = Command::new(env!("CARGO_BIN_EXE_sqlsec"))
                .args([command, "--user", who, "--timeout", "60"])
                .args(rules)
                .arg("fixtures/quickstart/shop.sql")
                .current_dir(root())
                .output()
                .expect("it runs");
            (ran.status.code(), ran.stdout, ran.stderr)
        };
        let rewrite = |rules: &[&str]| command("rewrite", rules);
        let by_file = rewrite(&["--policy", "fixtures/quickstart/policy.yaml"]);
        let opa = ["--service", &server.url(), "--speaks", speaks];
        let by_opa = rewrite(&opa);
        assert_eq!(by_file.0, Some(0));
        assert_eq!(by_opa, by_file, "{who} by {speaks}");
        let (status, said, _) = command("explain", &opa);
        let said = String::from_utf8(said).expect("text");
        assert_eq!(status, Some(0), "{said}");
        assert!(said.contains("select: allowed by `"), "{said}");
        assert!(
            said.contains(" by `") && said.contains("filter `"),
            "{said}"
        );
    }
    // The auditor is in no region; the topic is read-only; payroll is nowhere among the rules.
    let writes = format!(
        "{} INSERT INTO orders SELECT * FROM orders;",
        script.split("CREATE TEMPORARY").next().expect("tables")
    );
    let denied = [
        ("userC", script.as_str()),
        ("userA", writes.as_str()),
        ("userA", "SELECT * FROM hr.payroll.salaries"),
    ];
    for (user, sql) in denied {
        let who = person(user, &[]);
        assert!(said(&home, &who, sql).is_err(), "{user}: {sql}");
        for (dialect, gate) in &gates {
            let codes = said(gate, &who, sql).expect_err(dialect);
            let known = [Code::AccessDenied, Code::NoMatchingFilter];
            assert!(
                codes.iter().all(|code| known.contains(code)),
                "{dialect}: {codes:?}"
            );
        }
    }
}

/// Tables of a site's catalog.
const SHOP: &str = "
CREATE TABLE shop.web.orders (order_id INT, price DECIMAL(10, 2), region STRING, phone STRING, status STRING)
  WITH ('connector' = 'kafka', 'topic' = 'web.orders', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');
CREATE TABLE shop.web.products (product_id INT, name STRING, cost DECIMAL(10, 2))
  WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://db:3306/shop', 'table-name' = 'products');
CREATE TABLE shop.web.copy (order_id INT, phone STRING)
  WITH ('connector' = 'kafka', 'topic' = 'web.copy', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');
CREATE TABLE shop.web.salaries (name STRING, pay INT)
  WITH ('connector' = 'kafka', 'topic' = 'web.salaries', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');
";

/// The rules of `fixtures/opa/data.json` for these tables, as a policy file.
const RULES: &str = "
apiVersion: sqlsec/v1
version: 1
defaults: { access: deny }
roles: [ { name: seller, users: [alice, bob] } ]
rules:
  - { id: a1, type: access, effect: allow, to: { roles: [seller] }, on: { table: shop.web.orders }, privileges: [select] }
  - { id: a2, type: access, effect: allow, to: { roles: [seller] }, on: { physical: 'kafka://*/web.orders' }, privileges: [select] }
  - { id: a3, type: access, effect: allow, to: { roles: [seller] }, on: { table: shop.web.products }, privileges: [select, insert] }
  - { id: a4, type: access, effect: allow, to: { roles: [seller] }, on: { table: shop.web.copy }, privileges: [insert] }
  - { id: a5, type: access, effect: allow, to: { groups: [public] }, on: { table: default_catalog.*.* }, privileges: [create, drop] }
  - { id: f1, type: row_filter, to: { users: [alice] }, on: { table: shop.web.orders }, filter: \"region = 'beijing' AND order_id <> 3\" }
  - { id: f2, type: row_filter, to: { users: [bob] }, on: { table: shop.web.orders }, filter: price BETWEEN 1 AND 50 }
  - { id: f3, type: row_filter, to: { groups: [team] }, on: { table: shop.web.orders }, filter: \"status = 'open'\" }
  - { id: m1, type: column_mask, to: { roles: [seller] }, on: { table: shop.web.orders, columns: [phone] }, mask: { expression: \"CONCAT('***', RIGHT({col}, 4))\" } }
  - { id: m2, type: column_mask, to: { users: [alice] }, on: { table: shop.web.orders, columns: [price] }, mask: { expression: 'FLOOR({col})' } }
  - { id: m3, type: column_mask, to: { groups: [public] }, except: { users: [bob] }, on: { table: shop.web.products, columns: [cost] }, mask: { expression: 'NULL' } }
";

fn shop() -> Arc<Catalog> {
    let mut catalog = Catalog::default();
    catalog.add_sql(SHOP, "shop").expect("the tables");
    Arc::new(catalog)
}

#[test]
fn tables_of_the_site_are_protected_as_by_a_file() {
    let Some(server) = server() else { return };
    let catalog = shop();
    let rules = Policy::load(RULES, "rules").expect("a policy");
    let mut at_home = Catalog::default();
    at_home.add_sql(SHOP, "shop").expect("the tables");
    let home = Engine::new(rules, at_home);
    let gates = gates(&server, "sqlsec", &catalog);
    let people = [
        person("alice", &[]),
        person("bob", &[]),
        person("mallory", &["team"]),
    ];
    let scripts = [
        "SELECT * FROM shop.web.orders",
        "SELECT o.phone, p.cost FROM shop.web.orders AS o JOIN shop.web.products AS p ON o.order_id = p.product_id",
        "INSERT INTO shop.web.copy SELECT order_id, phone FROM shop.web.orders WHERE price > 3",
        "INSERT INTO shop.web.orders SELECT * FROM shop.web.orders",
        "SELECT name FROM shop.web.salaries",
        "DROP TABLE shop.web.orders",
        "SELECT * FROM shop.web.unheard_of",
    ];
    let mut allowed = 0;
    for who in &people {
        for sql in scripts {
            let due = said(&home, who, sql);
            allowed += usize::from(due.is_ok());
            for (dialect, gate) in &gates {
                let got = said(gate, who, sql);
                assert_eq!(
                    got.as_ref().ok(),
                    due.as_ref().ok(),
                    "{}: {sql}: {dialect}: {got:?}, not {due:?}",
                    who.user
                );
            }
        }
    }
    assert_eq!(allowed, 6, "two sellers, three scripts");
    // Whoever has two filters sees the rows of both.
    let both = person("alice", &["team"]);
    for (dialect, gate) in &gates {
        let sql = said(gate, &both, "SELECT order_id FROM shop.web.orders").expect(dialect);
        assert!(sql.contains(" OR (status = 'open')"), "{dialect}: {sql}");
    }
}

#[test]
fn a_name_that_a_script_chooses_opens_nothing() {
    let Some(server) = server() else { return };
    let gates = gates(&server, "sqlsec", &shop());
    let alice = person("alice", &[]);
    let declare = |name: &str, topic: &str| {
        format!(
            "CREATE TEMPORARY TABLE {name} (order_id INT, price DECIMAL(10, 2), region STRING, phone STRING, status STRING) WITH \
             ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json'); \
             SELECT order_id, phone FROM {name};"
        )
    };
    for (dialect, gate) in &gates {
        for name in ["mine", "products"] {
            let codes = said(gate, &alice, &declare(name, "web.salaries")).expect_err(dialect);
            assert_eq!(codes, [Code::AccessDenied].into(), "{dialect}");
        }
        // The topic of orders is that of orders, whatever the name.
        let sql = said(gate, &alice, &declare("mine", "web.orders")).expect(dialect);
        assert!(
            sql.contains("region = 'beijing'") && sql.contains("'***'"),
            "{dialect}: {sql}"
        );
    }
}

/// Masks and no filter: who declares a table without the masked column is asked no question that its rule answers.
const MASKS_ALONE: &str = r#"
package masks_alone
default allow := true
default allowFlink := true
rowFilters := set()
batchColumnMasks contains {"index": index, "viewExpression": {"expression": "NULL"}} if {
    some index, resource in input.action.filterResources
    resource.column.columnName == "phone"
}
"#;

#[test]
fn a_declared_table_shows_no_masked_column_under_a_name_that_was_not_asked_about() {
    let Some(server) = server() else { return };
    server.put("/v1/policies/masks_alone", MASKS_ALONE);
    let gate = Gate::new(server.source(Paths::trino("masks_alone")), shop() as _);
    let alice = person("alice", &[]);
    let declare = |columns: &str, format: &str| {
        format!(
            "CREATE TEMPORARY TABLE mine ({columns}) WITH ('connector' = 'kafka', 'topic' = 'web.orders', \
             'properties.bootstrap.servers' = 'kafka:9092', 'format' = '{format}'); SELECT * FROM mine;"
        )
    };
    for (columns, format) in [
        ("line STRING", "raw"),
        ("a INT, b STRING", "csv"),
        ("payload STRING", "json"),
    ] {
        let codes = said(&gate, &alice, &declare(columns, format)).expect_err(format);
        assert_eq!(codes, [Code::SchemaUntrusted].into(), "{format}");
    }
    let sql = said(
        &gate,
        &alice,
        &declare("order_id INT, phone STRING", "json"),
    )
    .expect("by name");
    assert!(sql.contains("NULL"), "{sql}");
}

#[test]
fn silence_of_a_server_opens_nothing() {
    let Some(server) = server() else { return };
    // No rule has a value in a package that is not there: `{}`, with status 200.
    for (dialect, gate) in gates(&server, "no_such_package", &shop()) {
        let alice = person("alice", &[]);
        for sql in [
            "SELECT * FROM shop.web.orders",
            "SELECT 1 FROM shop.web.products",
            "CREATE CATALOG c WITH ('type' = 'jdbc')",
            "ADD JAR 'hdfs://x/y.jar'",
        ] {
            let codes = said(&gate, &alice, sql).expect_err(dialect);
            let known = [Code::AccessDenied, Code::PolicyUnavailable];
            assert!(
                codes.iter().all(|code| known.contains(code)),
                "{dialect}: {sql}: {codes:?}"
            );
        }
    }
}

/// As somebody would write it for Trino: all is allowed, and two tables have a filter or a mask. Sets are never undefined.
const FOR_TRINO: &str = r#"
package trino
default allow := true
rowFilters contains {"expression": "region = 'beijing'"} if input.action.resource.table.tableName == "orders"
batchColumnMasks contains {"index": index, "viewExpression": {"expression": "NULL"}} if {
    some index, resource in input.action.filterResources
    resource.column.columnName == "cost"
}
"#;

#[test]
fn a_policy_for_trino_answers_for_the_sites_tables_and_opens_nothing_else() {
    let Some(server) = server() else { return };
    server.put("/v1/policies/trino", FOR_TRINO);
    let gate = |paths| {
        let server = Arc::clone(&server);
        Gate::new(server.source(paths), shop() as _)
    };
    let Paths::Trino {
        access,
        flink,
        row_filters,
        masks,
    } = Paths::trino("trino")
    else {
        unreachable!("Trino's dialect")
    };
    let own = "CREATE TEMPORARY TABLE mine (order_id INT, phone STRING) WITH ('connector' = 'kafka', 'topic' = 'payroll', \
               'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json'); SELECT phone FROM mine;";
    let alice = person("alice", &[]);
    for flink in [flink, None] {
        let gate = gate(Paths::Trino {
            access: access.clone(),
            flink,
            row_filters: row_filters.clone(),
            masks: masks.clone(),
        });
        let sql = said(&gate, &alice, "SELECT order_id FROM shop.web.orders").expect("allowed");
        assert!(sql.contains("region = 'beijing'"), "{sql}");
        let sql = said(&gate, &alice, "SELECT cost FROM shop.web.products").expect("allowed");
        assert!(sql.contains("NULL"), "{sql}");
        for sql in [
            own,
            "CALL shop.web.audit(1)",
            "ADD JAR 'hdfs://x/y.jar'",
            "CREATE CATALOG c WITH ('type' = 'jdbc')",
        ] {
            let codes = said(&gate, &alice, sql).expect_err(sql);
            assert_eq!(codes, [Code::AccessDenied].into(), "{sql}");
        }
    }
}

#[test]
fn code_is_closed_but_for_what_a_rule_names() {
    let Some(server) = server() else { return };
    for (dialect, gate) in gates(&server, "sqlsec", &shop()) {
        let auditor = person("userC", &[]);
        let call = |name: &str| said(&gate, &auditor, &format!("CALL shop.web.{name}(1)"));
        assert!(call("audit").is_ok(), "{dialect}: {:?}", call("audit"));
        assert_eq!(call("other"), Err([Code::AccessDenied].into()), "{dialect}");
        for sql in [
            "CREATE TEMPORARY FUNCTION f AS 'com.corp.F'",
            "CREATE TEMPORARY FUNCTION Encryption_function AS 'com.corp.F'",
        ] {
            assert!(said(&gate, &auditor, sql).is_err(), "{dialect}: {sql}");
        }
    }
}
