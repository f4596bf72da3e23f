//! Tables that come with a request: a host that describes only what it is asked for, as the Flink SQL Gateway plug-in does, is answered as one whose engine
//! has the whole catalog.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlsec::catalog::{Catalog, CatalogSource, Lookup, TableName};
use sqlsec::{Engine, FlinkVersion, Policy, Reply, Request, SubmitCheck};

use crate::case::{Mode, World, cases};

/// What a host says of some names.
fn describe(catalog: &Catalog, names: &BTreeSet<TableName>) -> Value {
    let (mut tables, mut views, mut absent, mut catalogs) = (vec![], vec![], vec![], vec![]);
    for name in names {
        if let Some(options) = catalog.options(&name.catalog) {
            catalogs.push(json!({ "name": name.catalog, "options": *options }));
        }
        let named = |object: Value| {
            let mut object = object;
            object["name"] = json!(name);
            object
        };
        match catalog.find(name).expect("it always answers") {
            Lookup::Table(table) => tables.push(named(serde_json::to_value(&*table).unwrap())),
            Lookup::View(view) => views.push(named(serde_json::to_value(&*view).unwrap())),
            Lookup::Absent => absent.push(json!(name)),
            Lookup::Unlisted => {}
        }
    }
    json!({ "tables": tables, "views": views, "absent": absent, "catalogs": catalogs })
}

/// Asks until everything that was looked up has been described.
fn ask(engine: &Engine, request: &Request, catalog: &Catalog) -> Reply {
    let mut known = BTreeSet::new();
    for _ in 0..32 {
        let mut request = request.clone();
        let document = describe(catalog, &known);
        request.catalog = Some(serde_json::from_value(document).expect("a catalog document"));
        let reply = engine.check(&request);
        let before = known.len();
        known.extend(reply.undescribed.iter().cloned());
        if known.len() == before {
            return reply;
        }
    }
    panic!("it never has enough");
}

#[test]
fn a_catalog_that_is_described_name_by_name_is_the_whole_catalog() {
    let (mut same, mut closed) = (0, Vec::new());
    for case in &cases() {
        let world = World::load(&case.settings.world, Mode::Streaming);
        let policy = &case.settings.policies[0];
        let whole = world.engine(policy, &case.settings.catalog);
        let mut script = case.settings.setup.clone();
        script.push(case.submitted.clone());
        let (style, _) = case.settings.style.list()[0];
        let mut request = case
            .settings
            .request(&script.join(";\n"), style, &whole, &world);
        request.at = Some(1_780_000_000);
        let mut catalog = Catalog::default();
        let ddl = world.tables.iter().map(|(_, ddl)| ddl);
        for text in ddl.chain(&case.settings.catalog) {
            catalog.add_sql(text, "world").expect("a world's tables");
        }
        let rules = Policy::load(&world.policy_text(policy), policy).expect("a policy");
        let live = ask(&Engine::new(rules, Catalog::default()), &request, &catalog);
        let known = whole.check(&request);
        match (known.decision.sql(), live.decision.sql()) {
            (had, has) if had == has => same += 1,
            (_, None) => closed.push(case.id.clone()),
            (had, has) => panic!("{}: {had:?}, but live {has:?}", case.id),
        }
    }
    assert!(same > 500, "only {same} cases are the same");
    assert!(closed.len() < 20, "{closed:?}");
}

#[test]
fn a_request_with_a_catalog_tells_what_it_does_not_describe() {
    let rules = "apiVersion: sqlsec/v1
version: 1
rules:
  - { id: r, type: row_filter, to: { users: [u] }, on: { table: '*.*.orders' }, filter: \"region = 'x'\" }";
    let engine = Engine::new(Policy::load(rules, "rules").unwrap(), Catalog::default());
    let request = |catalog: Option<&str>| -> Request {
        let mut request =
            json!({ "principal": { "user": "u" }, "sql": "SELECT region FROM c.d.orders" });
        if let Some(catalog) = catalog {
            request["catalog"] = serde_json::from_str(catalog).unwrap();
        }
        request["flink"] = json!(FlinkVersion::V1_20);
        serde_json::from_value(request).unwrap()
    };
    assert!(engine.check(&request(None)).undescribed.is_empty());
    let first = engine.check(&request(Some("{}")));
    assert_eq!(first.undescribed, [TableName::new("c", "d", "orders")]);
    let absent = engine.check(&request(Some(r#"{"absent": [["c", "d", "orders"]]}"#)));
    assert_eq!(absent.decision.errors()[0].code.as_str(), "table-unknown");
    let there = r#"{"tables": [{"name": ["c", "d", "orders"], "columns": [{"name": "region", "type": "STRING"}]}]}"#;
    let there = engine.check(&request(Some(there)));
    assert!(there.undescribed.is_empty());
    assert!(there.decision.sql().unwrap().contains("WHERE"));
    let other = r#"{"tables": [{"name": ["c", "d", "orders"], "columns": [{"name": "area", "type": "STRING"}]}]}"#;
    assert!(engine.check(&request(Some(other))).decision.sql().is_none());
}
