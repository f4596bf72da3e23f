//! What the comparison with Ranger's own engine has taught, one small case each, so that it holds without Java too.
//! The answers are those that Ranger gave for these documents; where this engine closes on purpose, both are named.

use serde_json::{Value, json};
use sqlsec::source::ranger::{Access, Context, LoadError, Mode, Options, Request, Service};

use super::differential::ours;

const BOTH: [Mode; 2] = [Mode::LikeRanger, Mode::Closed];

fn definition() -> Value {
    let level =
        |name: &str, parent: &str| json!({ "name": name, "parent": parent, "isValidLeaf": true });
    json!({
        "name": "made",
        "resources": [level("db", ""), level("table", "db"), level("column", "table")],
        "accessTypes": [{ "name": "select" }, { "name": "update" }, { "name": "all", "impliedGrants": ["select"] }],
        "dataMaskDef": { "accessTypes": [{ "name": "select" }], "resources": [{ "name": "db" }, { "name": "table" }, { "name": "column" }] },
        "rowFilterDef": { "accessTypes": [{ "name": "select" }], "resources": [{ "name": "db" }, { "name": "table" }] },
    })
}

fn documents(policies: &Value) -> Value {
    json!({ "policies": { "serviceName": "s", "serviceDef": definition(), "policies": policies } })
}

/// With tag policies, and databases that have a tag each.
fn tagged(policies: &Value, tag_policies: &Value, tagged: &[(Value, &str)]) -> Value {
    let mut all = documents(policies);
    let types = ["select", "update", "all"].map(|name| json!({ "name": format!("made:{name}") }));
    all["policies"]["tagPolicies"] = json!({ "serviceName": "tags", "policies": tag_policies, "serviceDef": { "name": "tag", "accessTypes": types,
        "resources": [{ "name": "tag", "isValidLeaf": true, "matcherOptions": { "ignoreCase": "false" } }],
        "dataMaskDef": { "resources": [{ "name": "tag" }] }, "rowFilterDef": { "resources": [{ "name": "tag" }] } } });
    all["tags"] =
        json!({ "serviceName": "s", "tags": {}, "serviceResources": [], "resourceToTagIds": {} });
    for (at, (elements, tag)) in (1..).zip(tagged) {
        let id = at.to_string();
        all["tags"]["tags"][&id] = json!({ "id": at, "type": tag });
        all["tags"]["resourceToTagIds"][&id] = json!([at]);
        let resources = all["tags"]["serviceResources"]
            .as_array_mut()
            .expect("a list");
        resources.push(json!({ "id": at, "serviceName": "s", "resourceElements": elements }));
    }
    all
}

fn items(kind: &str) -> Value {
    json!([{ "accesses": [{ "type": kind }], "groups": ["public"] }])
}

fn mask(id: usize, kind: &str, resources: &Value) -> Value {
    let mut items = items("select");
    items[0]["dataMaskInfo"] = json!({ "dataMaskType": kind });
    json!({ "id": id, "name": id.to_string(), "policyType": 1, "resources": resources, "dataMaskPolicyItems": items })
}

fn ask(documents: &Value, mode: Mode, resource: &Value, access: &str) -> Value {
    let service = ours::service(documents, mode).expect("a service");
    let request = json!({ "resource": resource, "access": access, "user": "u", "groups": [], "at": 1_785_585_600_000_u64 });
    ours::answer(&service, &request)
}

fn db(value: &str) -> Value {
    json!({ "db": { "values": [value] } })
}

#[test]
fn what_a_tag_denies_is_final_with_the_first_policy_of_a_higher_priority_that_does_not_allow_it() {
    let deny = json!([{ "id": 9, "name": "t", "resources": { "tag": { "values": ["PII"] } }, "denyPolicyItems": items("made:select") }]);
    let policy = |id: usize, name: &str, kind: &str| json!({ "id": id, "name": name, "policyPriority": 1, "resources": db("a"), "policyItems": items(kind) });
    let answer = |first: Value| {
        let policies = json!([first, policy(2, "b", "select")]);
        let documents = tagged(&policies, &deny, &[(db("a"), "PII")]);
        BOTH.map(|mode| ask(&documents, mode, &json!({ "db": "a" }), "select")[0].clone())
    };
    assert_eq!(
        answer(policy(1, "a", "update")),
        [json!([false, 9]), json!([false, 9])]
    );
    // A policy without items is not asked.
    let empty = json!({ "id": 1, "name": "a", "policyPriority": 1, "resources": db("a") });
    assert_eq!(answer(empty), [json!([true, 2]), json!([true, 2])]);
}

#[test]
fn an_allow_of_a_higher_priority_is_named_in_place_of_a_tags() {
    let allow = json!([{ "id": 9, "name": "t", "resources": { "tag": { "values": ["PII"] } }, "policyItems": items("made:select") }]);
    for (priority, named) in [(0, 9), (1, 1)] {
        let policies = json!([{ "id": 1, "name": "a", "policyPriority": priority, "resources": db("a"), "policyItems": items("select") }]);
        let documents = tagged(&policies, &allow, &[(db("a"), "PII")]);
        assert_eq!(
            ask(&documents, Mode::Closed, &json!({ "db": "a" }), "select")[0],
            json!([true, named])
        );
    }
}

#[test]
fn of_an_access_type_that_is_listed_twice_the_first_says_what_it_implies() {
    let listed = |accesses: Value| {
        let documents = documents(
            &json!([{ "id": 1, "name": "a", "resources": db("a"), "policyItems": [{ "accesses": accesses, "groups": ["public"] }] }]),
        );
        let answer = |access: &str| {
            ask(&documents, Mode::Closed, &json!({ "db": "a" }), access)[0][0].clone()
        };
        (answer("all"), answer("select"))
    };
    let (not, yes) = (
        json!({ "type": "all", "isAllowed": false }),
        json!({ "type": "all" }),
    );
    assert_eq!(listed(json!([not, yes])), (json!(true), json!(false)));
    assert_eq!(listed(json!([yes, not])), (json!(true), json!(true)));
}

#[test]
fn a_tag_policy_is_found_by_what_its_values_begin_with_and_opens_only_where_all_of_it_fits() {
    let policy = |value: &str, items_of: &str| json!([{ "id": 9, "name": "t", "resources": { "tag": { "values": [value] } }, items_of: items("made:select") }]);
    let answer = |value: &str, items_of: &str| {
        let documents = tagged(&json!([]), &policy(value, items_of), &[(db("a"), "PII")]);
        BOTH.map(|mode| ask(&documents, mode, &json!({ "db": "a" }), "select")[0].clone())
    };
    let (denied, allowed, nothing) = (json!([false, 9]), json!([true, 9]), json!([false, -1]));
    for value in ["*_LD", "?LD", "P*X"] {
        assert_eq!(
            answer(value, "denyPolicyItems"),
            [denied.clone(), denied.clone()],
            "{value}"
        );
        assert_eq!(
            answer(value, "policyItems"),
            [allowed.clone(), nothing.clone()],
            "{value}"
        );
    }
    assert_eq!(answer("P*", "policyItems"), [allowed.clone(), allowed]);
    assert_eq!(answer("OLD", "denyPolicyItems"), [nothing.clone(), nothing]);
}

#[test]
fn tags_count_from_above_and_from_below_only_where_the_levels_below_are_all() {
    let deny = json!([{ "id": 9, "name": "t", "resources": { "tag": { "values": ["PII"] } }, "denyPolicyItems": items("made:select") }]);
    let denied = |elements: Value, resource: Value| {
        let documents = tagged(&json!([]), &deny, &[(elements, "PII")]);
        let [one, other] = BOTH.map(|mode| ask(&documents, mode, &resource, "select")[0][1] == 9);
        assert_eq!(one, other);
        one
    };
    let (only_db, column) = (
        json!({ "db": "a" }),
        json!({ "db": "a", "table": "t", "column": "c" }),
    );
    assert!(denied(db("a"), column.clone()), "above");
    assert!(
        !denied(
            json!({ "db": { "values": ["a"] }, "table": { "values": ["t"] } }),
            only_db.clone()
        ),
        "below"
    );
    assert!(
        denied(
            json!({ "db": { "values": ["a"] }, "table": { "values": ["*"] } }),
            only_db.clone()
        ),
        "all below"
    );
    assert!(
        denied(
            json!({ "db": { "values": ["*"] }, "table": { "values": [""] } }),
            only_db.clone()
        ),
        "no value is all"
    );
    assert!(denied(db(""), only_db), "no value at all");
    assert!(
        !denied(db(""), column),
        "no value at all lies above nothing"
    );
}

#[test]
fn in_the_resources_of_a_zone_tokens_and_their_escapes_are_text() {
    for (value, inside) in [("{USER}", false), ("u", true), ("\\{USER}", false)] {
        let mut documents = documents(&json!([]));
        let policy =
            json!([{ "id": 1, "name": "a", "resources": db("*"), "policyItems": items("select") }]);
        documents["policies"]["securityZones"] = json!({ "z": { "zoneName": "z", "resources": [{ "db": [value] }], "policies": policy } });
        let answer = |name: &str| {
            ask(&documents, Mode::Closed, &json!({ "db": name }), "select")[0][0] == true
        };
        assert_eq!(answer("u"), inside, "{value}");
        assert_eq!(answer("{USER}"), value == "{USER}", "{value}");
    }
}

#[test]
fn a_definition_whose_chain_ends_where_none_may_is_refused() {
    let mut documents = documents(&json!([]));
    documents["policies"]["serviceDef"]["resources"][2]["isValidLeaf"] = json!(false);
    let read = serde_json::from_value(documents["policies"].clone()).expect("a document");
    let documents = sqlsec::source::ranger::Documents {
        policies: read,
        ..Default::default()
    };
    let refused = Service::load(&documents, Options::default()).expect_err("no definition");
    assert_eq!(refused, LoadError::DeadEnd("column".to_owned()));
}

#[test]
fn wildcards_of_a_mask_count_only_where_those_of_the_level_do() {
    let masked = |level: &str, part: &str, value: &str| {
        let mut documents = documents(&json!([mask(1, "MASK", &db(value))]));
        let definition = &mut documents["policies"]["serviceDef"];
        definition["resources"][0]["matcherOptions"] = json!({ "wildCard": level });
        definition["dataMaskDef"]["resources"][0]["matcherOptions"] = json!({ "wildCard": part });
        ask(&documents, Mode::Closed, &json!({ "db": "ab" }), "select")[1][2] == 1
    };
    assert!(masked("true", "true", "a*"));
    assert!(!masked("true", "false", "a*"));
    assert!(!masked("false", "true", "a*"));
    assert!(masked("false", "true", "*"), "everything");
}

#[test]
fn without_a_resource_masks_come_in_the_order_of_their_names() {
    let mut policies = json!([mask(2, "MASK", &db("*")), mask(1, "MASK_NULL", &db("a"))]);
    policies[0]["name"] = json!("z");
    let answer =
        |resource: Value| ask(&documents(&policies), Mode::Closed, &resource, "_any")[1][2].clone();
    assert_eq!(answer(json!({})), json!(1));
    assert_eq!(
        answer(json!({ "db": "a" })),
        json!(2),
        "else the broader one comes first"
    );
}

#[test]
fn of_any_access_types_one_that_masks_comes_before_one_that_exempts() {
    let mut policy = mask(1, "MASK_NONE", &db("a"));
    let mut second = mask(1, "MASK", &db("a"))["dataMaskPolicyItems"][0].clone();
    // Ranger asks for `all`, `select` and `update` in this order, that of a hash table.
    policy["dataMaskPolicyItems"][0]["accesses"][0]["type"] = json!("select");
    second["accesses"][0]["type"] = json!("update");
    policy["dataMaskPolicyItems"]
        .as_array_mut()
        .expect("a list")
        .push(second);
    let kind = |mode: Mode| {
        ask(
            &documents(&json!([policy])),
            mode,
            &json!({ "db": "a" }),
            "_any",
        )[1][0]
            .clone()
    };
    assert_eq!(kind(Mode::Closed), json!("MASK"));
    assert_eq!(kind(Mode::LikeRanger), json!("MASK_NONE"));
}

/// Saturday the 1st of August: Ranger looks for the last Friday, finds it in July, takes the 31st of August for it, which has not come.
#[test]
fn where_rangers_search_for_a_start_comes_to_another_answer_a_policy_only_closes() {
    let recurrence = json!({ "interval": { "days": 0, "hours": 2, "minutes": 5 }, "schedule": { "minute": "0,30", "hour": "3", "dayOfMonth": "1-7",
        "dayOfWeek": "2-6", "month": "8", "year": "2026" } });
    let schedules = json!([{ "startTime": "2026/01/01 00:00:00", "recurrences": [recurrence] }]);
    let answer = |mode: Mode, items_of: &str| {
        let documents = documents(
            &json!([{ "id": 1, "name": "a", "resources": db("a"), "validitySchedules": schedules, items_of: items("select") }]),
        );
        let service = ours::service(&documents, mode).expect("a service");
        let request = json!({ "resource": { "db": "a" }, "access": "select", "user": "u", "at": 1_785_554_160_000_u64 });
        ours::answer(&service, &request)[0].clone()
    };
    assert_eq!(answer(Mode::LikeRanger, "policyItems"), json!([false, -1]));
    assert_eq!(answer(Mode::Closed, "policyItems"), json!([false, -1]));
    assert_eq!(
        answer(Mode::LikeRanger, "denyPolicyItems"),
        json!([false, -1])
    );
    assert_eq!(answer(Mode::Closed, "denyPolicyItems"), json!([false, 1]));
}

#[test]
fn masks_below_a_table_are_looked_for_in_every_zone_of_its_columns() {
    let column = json!({ "db": { "values": ["a"] }, "table": { "values": ["t"] }, "column": { "values": ["c"] } });
    let mut documents = documents(&json!([]));
    documents["policies"]["securityZones"] = json!({ "z": { "zoneName": "z", "resources": [{ "db": ["a"], "table": ["t"], "column": ["c"] }],
        "policies": [mask(1, "MASK", &column)] } });
    let service = ours::service(&documents, Mode::Closed).expect("a service");
    let resource = service.resource([("db", "a"), ("table", "t")]);
    let (select, context) = (Access::Type("select".into()), Context::default());
    let at = "2026-08-01T12:00:00Z".parse().expect("a time");
    let subject = service.subject("u", &[]);
    let below = subject.masks_below(&Request::new(&resource, &select, at, &context), "column");
    assert_eq!(below.named, ["c".to_owned()].into());
}

/// The table's pattern stands for something in masks alone, so Ranger does not find the policy by it; by its other resource it does, and compares both then.
#[test]
fn a_policy_that_is_found_by_one_of_its_resources_is_compared_by_all() {
    let mut document = documents(&json!([]));
    document["policies"]["serviceDef"]["resources"][1]["matcherOptions"] =
        json!({ "wildCard": "false" });
    document["policies"]["serviceDef"]["dataMaskDef"]["resources"][1]["matcherOptions"] =
        json!({ "wildCard": "true" });
    let column = json!({ "db": { "values": ["*"] }, "table": { "values": ["a*"] }, "column": { "values": ["c"] } });
    let shown = |other: Option<&str>, mode: Mode| {
        let mut policy = mask(3, "MASK", &column);
        if let Some(other) = other {
            policy["additionalResources"] = json!([db(other)]);
        }
        let mut document = document.clone();
        document["policies"]["policies"] = json!([policy]);
        let resource = json!({ "db": "b", "table": "abc", "column": "c" });
        ask(&document, mode, &resource, "select")[1][0].clone()
    };
    for mode in BOTH {
        assert_eq!(shown(Some("b"), mode), json!("MASK"));
        assert_eq!(shown(None, mode), json!(null));
        assert_eq!(shown(Some("x"), mode), json!(null));
    }
    // A token that is not closed begins with nothing: Ranger finds the policy by it, whatever the table is called.
    document["policies"]["policies"] = json!([mask(3, "MASK", &column)]);
    document["policies"]["policies"][0]["additionalResources"] =
        json!([{ "db": { "values": ["b"] }, "table": { "values": ["{USER"] } }]);
    let resource = json!({ "db": "b", "table": "abc", "column": "c" });
    for mode in BOTH {
        assert_eq!(
            ask(&document, mode, &resource, "select")[1][0],
            json!("MASK")
        );
    }
}
