//! The index against a plain walk over all policies, and what an engine must hold for any documents.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::definition::{Definition, Kind};
use super::document::ServicePolicies;
use super::request::{Access, Context, Request, Resource};
use super::service::{Documents, Service};
use super::*;

fn service(policies: &[Value], mode: Mode) -> Service {
    let level = |name: &str, parent: &str, case: bool| json!({ "name": name, "parent": parent, "isValidLeaf": true, "matcherOptions": { "ignoreCase": case } });
    let definition = json!({
        "name": "s",
        "resources": [level("database", "", true), level("table", "database", true), level("column", "table", false), level("udf", "database", true)],
        "accessTypes": [{ "name": "select" }, { "name": "insert" }],
        "dataMaskDef": { "resources": [{ "name": "database" }, { "name": "table" }, { "name": "column" }] },
        "rowFilterDef": { "resources": [{ "name": "database" }, { "name": "table" }] },
    });
    let document = json!({ "serviceName": "s", "policies": policies, "serviceDef": definition });
    let documents = Documents {
        policies: serde_json::from_value::<ServicePolicies>(document).unwrap(),
        ..Documents::default()
    };
    Service::load(
        &documents,
        Options {
            mode,
            ..Options::default()
        },
    )
    .unwrap()
}

/// Few letters, so that patterns and names meet.
fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[abAé]{1,3}",
        3 => "[ab]{0,2}[*?][abB]{0,2}",
        1 => "[ab]{1,2}[?][ab][*]",
        1 => "[*?]{1,2}[ab]{0,2}[*]",
        2 => "[*][abA]{1,3}",
        4 => "[*][abA]{2,4}[*]",
        1 => "[*][ab]{1,2}[*?][ab]{0,1}[*]",
        1 => "[ab]{0,1}[?][abé][?][ab]{0,1}",
        1 => Just("*".to_owned()),
        1 => Just("{USER}".to_owned()),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    (
        prop::collection::vec(pattern(), 0..3),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(values, excludes)| json!({ "values": values, "isExcludes": excludes }))
}

fn resources() -> impl Strategy<Value = Value> {
    (values(), values(), values(), 0..4).prop_map(|(database, table, column, which)| match which {
        0 => json!({ "database": database }),
        1 => json!({ "database": database, "table": table }),
        2 => json!({ "database": database, "udf": table }),
        _ => json!({ "database": database, "table": table, "column": column }),
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[abABé]{1,3}", 4 => "[ab]{1,5}", 1 => Just(String::new()), 1 => Just("*".to_owned())]
}

/// One value, or several of which any may be meant.
fn names() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![9 => prop::collection::vec(name(), 1), 1 => prop::collection::vec(name(), 2..4)]
}

fn asked() -> impl Strategy<Value = Vec<(&'static str, Vec<String>)>> {
    (names(), names(), names(), 0..5).prop_map(|(database, table, column, which)| match which {
        0 => vec![],
        1 => vec![("database", database)],
        2 => vec![("database", database), ("table", table)],
        3 => vec![("database", database), ("udf", table)],
        _ => vec![("database", database), ("table", table), ("column", column)],
    })
}

fn resource(service: &Service, asked: &[(&'static str, Vec<String>)]) -> Resource {
    service.resource_of_many(asked.iter().cloned())
}

proptest! {
    #[test]
    fn the_index_finds_what_a_walk_over_all_policies_finds(
        policies in prop::collection::vec(resources(), 1..80),
        asked in prop::collection::vec(asked(), 1..8),
        descend in any::<bool>(),
    ) {
        let policies: Vec<_> = policies.into_iter().enumerate()
            .map(|(id, resources)| json!({ "id": id, "name": id.to_string(), "resources": resources }))
            .collect();
        let service = service(&policies, Mode::Closed);
        let subject = service.subject("ab", &[]);
        let (access, context) = (Access::Any, Context::default());
        let shape = service.definition.shape(Kind::Access);
        for asked in asked {
            let resource = resource(&service, &asked);
            let request = Request::new(&resource, &access, jiff::Timestamp::UNIX_EPOCH, &context);
            let facts = subject.facts(&request);
            let about = |policy: &&policy::Compiled| policy.chains.iter().any(|chain| {
                chain.lies(shape, &resource, &facts).is_some_and(|(lies, _)| descend || lies != chain::Match::Descendant)
            });
            let ids = |found: Vec<&policy::Compiled>| found.iter().map(|policy| policy.id).collect::<Vec<_>>();
            let walked = ids(service.policies.access.policies().iter().filter(about).collect());
            let found = ids(service.policies.access.likely(&resource, descend).filter(about).collect());
            prop_assert_eq!(found, walked, "{:?}", asked);
        }
    }

    #[test]
    fn decisions_are_those_of_a_walk_over_all_policies(
        policies in prop::collection::vec((resources(), 0..4_u8, any::<bool>(), 0..2), 1..60),
        asked in prop::collection::vec(asked(), 1..8),
        descend in any::<bool>(),
    ) {
        let policies: Vec<_> = policies.into_iter().enumerate().map(|(id, (resources, what, all, priority))| {
            let (kind, field) = [(0, "policyItems"), (0, "denyPolicyItems"), (1, "dataMaskPolicyItems"), (2, "rowFilterPolicyItems")][usize::from(what)];
            let item = json!([{ "accesses": [{ "type": "select" }], "groups": [if all { "public" } else { "nobody" }],
                "dataMaskInfo": { "dataMaskType": "MASK" }, "rowFilterInfo": { "filterExpr": format!("x = {id}") } }]);
            json!({ "id": id, "name": id.to_string(), "policyType": kind, "policyPriority": priority, "resources": resources, field: item })
        }).collect();
        let indexed = service(&policies, Mode::Closed);
        let mut walked = service(&policies, Mode::Closed);
        walked.policies.unindexed();
        let context = Context::default();
        for (asked, access) in asked.iter().flat_map(|asked| [(asked, Access::Any), (asked, Access::Type("select".into()))]) {
            let [one, other] = [&indexed, &walked].map(|service| {
                let resource = resource(service, asked);
                let mut request = Request::new(&resource, &access, jiff::Timestamp::UNIX_EPOCH, &context);
                if descend {
                    request.scope = Scope::Descendants;
                }
                let subject = service.subject("ab", &[]);
                (subject.access(&request), subject.mask(&request), subject.filter(&request))
            });
            prop_assert_eq!(one, other, "{:?}", asked);
        }
    }

    /// More is denied with each policy that cannot be read, and never less.
    #[test]
    fn a_policy_that_is_not_understood_opens_nothing(
        policies in prop::collection::vec((resources(), any::<bool>()), 1..6),
        strange in resources(),
        asked in asked(),
        how in 0..4,
    ) {
        let item = json!([{ "accesses": [{ "type": "select" }], "groups": ["public"] }]);
        let mut all: Vec<Value> = policies.into_iter().enumerate().map(|(id, (resources, deny))| {
            let field = if deny { "denyPolicyItems" } else { "policyItems" };
            json!({ "id": id, "name": id.to_string(), "resources": resources, field: item })
        }).collect();
        let says = |policies: &[Value]| {
            let service = service(policies, Mode::Closed);
            let resource = resource(&service, &asked);
            let (access, context) = (Access::Type("select".into()), Context::default());
            service.subject("ab", &[]).access(&Request::new(&resource, &access, jiff::Timestamp::UNIX_EPOCH, &context)).yes
        };
        let before = says(&all);
        let mut odd = json!({ "id": 99, "name": "odd", "resources": strange, "policyItems": item });
        match how {
            0 => odd["conditions"] = json!([{ "type": "unheard-of", "values": ["x"] }]),
            1 => odd["policyItems"][0]["conditions"] = json!([{ "type": "_expression", "values": ["java.exit()"] }]),
            2 => odd["validitySchedules"] = json!([{ "startTime": "soon" }]),
            _ => odd["policyType"] = json!(17),
        }
        all.push(odd);
        prop_assert!(before || !says(&all));
    }
}

#[test]
fn what_is_noted_of_an_item_is_noted_of_every_policy_that_has_it() {
    let odd = json!([{ "accesses": [{ "type": "select" }], "groups": ["public"], "conditions": [{ "type": "unheard-of", "values": ["x"] }] }]);
    let policy = |id: i64| json!({ "id": id, "name": id.to_string(), "resources": { "database": { "values": ["d"] } }, "policyItems": odd });
    let service = service(&[policy(1), policy(2)], Mode::Closed);
    let noted: Vec<_> = service.notes().iter().map(|note| note.policy).collect();
    assert_eq!(noted, [1, 2]);
}

#[test]
fn a_resource_of_an_older_service_is_read_again() {
    let deny = json!([{ "accesses": [{ "type": "select" }], "groups": ["public"] }]);
    let policy = json!({ "id": 1, "name": "p", "resources": { "database": { "values": ["d"] } }, "policyItems": deny });
    let (old, new) = (service(&[], Mode::Closed), service(&[policy], Mode::Closed));
    let resource = old.resource([("database", "d")]);
    let (access, context) = (Access::Type("select".into()), Context::default());
    let request = Request::new(&resource, &access, jiff::Timestamp::UNIX_EPOCH, &context);
    assert!(new.subject("u", &[]).access(&request).yes);
}

fn written(definition: Value) -> Definition {
    Definition::compile(&serde_json::from_value(definition).unwrap()).unwrap()
}

#[test]
fn a_chain_of_masks_ends_where_its_own_part_says_and_not_where_the_level_does() {
    let chains = |part_leaf: Option<bool>| {
        let definition = written(json!({
            "name": "s",
            "resources": [{ "name": "database", "isValidLeaf": true }, { "name": "table", "parent": "database", "isValidLeaf": true }],
            "dataMaskDef": { "resources": [{ "name": "database", "isValidLeaf": part_leaf }, { "name": "table" }] },
        }));
        [Kind::Access, Kind::Mask].map(|kind| definition.shape(kind).chains.len())
    };
    assert_eq!(chains(None), [2, 1]);
    assert_eq!(chains(Some(true)), [2, 2]);
}

#[test]
fn any_access_is_asked_for_in_the_order_of_a_java_hash_table() {
    let names = ["select", "update", "create", "drop", "all"];
    let types = names.map(|name| json!({ "name": name }));
    let definition = written(
        json!({ "name": "s", "resources": [{ "name": "database" }], "accessTypes": types }),
    );
    let order = definition.types.defined.iter();
    let order: Vec<_> = order.map(|number| definition.types.name(*number)).collect();
    assert_eq!(order, ["drop", "all", "select", "update", "create"]);
}

#[test]
fn documents_that_cannot_be_used_are_refused() {
    let load = |document: Value| {
        let policies = serde_json::from_value(document).unwrap();
        let documents = Documents {
            policies,
            ..Documents::default()
        };
        Service::load(&documents, Options::default()).map(|_| ())
    };
    let definition = json!({ "name": "s", "resources": [{ "name": "database" }] });
    assert_eq!(load(json!({ "policies": [] })), Err(LoadError::NoLevels));
    let deltas = json!({ "serviceDef": definition, "policyDeltas": [{ "changeType": 0 }] });
    assert_eq!(load(deltas), Err(LoadError::OnlyChanges));
    assert_eq!(
        load(json!({ "serviceDef": definition, "policies": null })),
        Ok(())
    );
    for text in [
        "",
        "<html>",
        r#"{"policies": {}}"#,
        r#"{"policies": [{"isEnabled": "perhaps"}]}"#,
        r#"{"policyVersion": "x"}"#,
    ] {
        assert!(
            matches!(
                read::<ServicePolicies>(text.as_bytes()),
                Err(LoadError::Unreadable(_))
            ),
            "{text}"
        );
    }
}
