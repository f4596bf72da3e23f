//! Whole documents of the download API, and requests about what they are about.

use serde_json::{Map, Value, json};

use super::definition::{self, ACCESS_TYPES, Definition, Kind};
use super::draw::Draw;
use super::policies::{self, GROUPS, ROLES, TAGS, USERS, ZONES};

/// Milliseconds since 1970 around what schedules name: 2026-08-01 12:00:00 UTC is the third.
const TIMES: &[i64] = &[
    1_767_225_600_000,
    1_785_585_599_000,
    1_785_585_600_000,
    1_785_587_400_000,
    1_785_587_401_000,
    1_785_554_160_000,
    1_800_000_000_000,
];

fn roles(draw: &mut Draw) -> Value {
    let members = |names: Vec<&str>| -> Vec<Value> {
        names
            .into_iter()
            .map(|name| json!({ "name": name, "isAdmin": false }))
            .collect()
    };
    let roles = ROLES.iter().map(|name| {
        let mut groups = draw.some(GROUPS, 0, 1);
        if draw.chance(5) {
            groups.push("public");
        }
        // A role may hold itself, by a way round: the documents do not forbid it.
        let held = if draw.chance(40) {
            draw.some(ROLES, 1, 1)
        } else {
            Vec::new()
        };
        json!({ "name": name, "users": members(draw.some(USERS, 0, 1)), "groups": members(groups), "roles": members(held) })
    });
    let roles: Vec<_> = roles.collect();
    json!({ "serviceName": "s", "roleVersion": 1, "rangerRoles": roles })
}

fn tags(draw: &mut Draw, definition: &Definition) -> Value {
    let mut tags = Map::new();
    for (at, kind) in TAGS.iter().chain(&["PII"]).enumerate() {
        let mut tag = json!({ "id": at + 1, "type": kind, "attributes": {}, "owner": 0 });
        if draw.chance(15) {
            tag["validityPeriods"] = json!([{ "startTime": "2026/01/01 00:00:00", "endTime": draw.pick(&["2026/08/01 12:00:00", "2027/01/01 00:00:00"]), "timeZone": "UTC" }]);
        }
        tags.insert((at + 1).to_string(), tag);
    }
    let (mut resources, mut ids) = (Vec::new(), Map::new());
    for id in 1..=1 + draw.below(5) {
        let chain = definition.chains[draw.below(definition.chains.len())].clone();
        resources.push(json!({ "id": id, "guid": id.to_string(), "serviceName": "s", "resourceElements": policies::resources(draw, &chain, 8) }));
        let tagged: Vec<_> = (0..1 + draw.below(2)).map(|_| 1 + draw.below(4)).collect();
        ids.insert(id.to_string(), json!(tagged));
    }
    json!({ "op": "add_or_update", "serviceName": "s", "tagVersion": 1, "isDelta": false, "tagDefinitions": {}, "tags": tags,
        "serviceResources": resources, "resourceToTagIds": ids })
}

fn zones(draw: &mut Draw, definition: &Definition) -> Value {
    let mut zones = Map::new();
    for (at, name) in ZONES.iter().enumerate() {
        if at > 0 && draw.chance(40) {
            continue;
        }
        let resources = (0..1 + draw.below(2)).map(|_| {
            let chain = &definition.chains[draw.below(definition.chains.len())];
            let levels = chain.iter().map(|(level, kind)| {
                let values = [
                    policies::value(draw, *kind, 40),
                    policies::value(draw, *kind, 20),
                ];
                ((*level).to_owned(), json!(&values[..1 + draw.below(2)]))
            });
            Value::Object(levels.collect())
        });
        let resources: Vec<_> = resources.collect();
        let count = draw.below(5);
        let policies: Vec<_> = (0..count)
            .map(|number| policies::policy(draw, definition, 200 + at * 50 + number, Some(name)))
            .collect();
        zones.insert(
            (*name).to_owned(),
            json!({ "zoneName": name, "resources": resources, "policies": policies,
            "containsAssociatedTagService": draw.chance(50) }),
        );
    }
    Value::Object(zones)
}

/// `{policies, roles, tags?}`
pub fn documents(draw: &mut Draw) -> (Definition, Value) {
    let definition = definition::definition(draw);
    let count = 1 + draw.below(9);
    let own: Vec<_> = (0..count)
        .map(|number| policies::policy(draw, &definition, 1 + number, None))
        .collect();
    let mut policies = json!({ "serviceName": "s", "serviceId": 1, "policyVersion": 1, "policies": own, "serviceDef": definition.json });
    if draw.chance(25) {
        policies["securityZones"] = zones(draw, &definition);
    }
    let mut documents = json!({ "roles": roles(draw) });
    if draw.chance(45) {
        let count = 1 + draw.below(5);
        let own: Vec<_> = (0..count)
            .map(|number| policies::tag_policy(draw, 100 + number))
            .collect();
        policies["tagPolicies"] = json!({ "serviceName": "tags", "serviceId": 2, "policyVersion": 1, "policies": own,
            "serviceDef": definition::tag_definition() });
        documents["tags"] = tags(draw, &definition);
    }
    documents["policies"] = policies;
    (definition, documents)
}

/// `{resource, owner?, access, user, groups, at, descendants, heed, ip?, context}`
pub fn request(draw: &mut Draw, definition: &Definition) -> Value {
    // Masks and filters are only asked for on the longest chain.
    let chain = if draw.chance(60) {
        &definition.main
    } else {
        &definition.chains[draw.below(definition.chains.len())]
    };
    let length = if draw.chance(70) {
        chain.len()
    } else {
        draw.below(chain.len() + 1)
    };
    let mut resource = Map::new();
    for (level, kind) in &chain[..length] {
        if draw.chance(2) {
            continue;
        }
        let value = match draw.below(100) {
            0..=3 => "*",
            4..=5 if *kind == Kind::Plain => "",
            6..=8 if *kind == Kind::Plain => {
                draw.pick(&["\"a", "\"Ab", "AB", "{USER}", "a*", "zz"])
            }
            _ => policies::value(draw, *kind, 0),
        };
        resource.insert((*level).to_owned(), json!(value));
    }
    if draw.chance(1) {
        resource.insert("no-such-level".to_owned(), json!("a"));
    }
    let access = match draw.below(100) {
        0..=54 => "select",
        55..=79 => draw.pick(ACCESS_TYPES),
        80..=88 => draw.pick(&["", "_any"]),
        89..=92 => "_admin",
        93..=94 => draw.pick(&["SELECT", "Update"]),
        95..=96 => "no-such-type",
        _ => draw.pick(&["_READ", "_ALL", "_MANAGE"]),
    };
    let user = if draw.chance(2) {
        "nobody"
    } else {
        draw.pick(USERS)
    };
    let mut request = json!({ "resource": resource, "access": access, "user": user, "groups": draw.some(GROUPS, 0, 2),
        "at": TIMES[draw.below(TIMES.len())], "descendants": draw.chance(8), "heed": draw.chance(8) });
    if draw.chance(40) {
        request["owner"] = json!(draw.pick(USERS));
    }
    if draw.chance(60) {
        request["ip"] = json!(draw.pick(&["10.1.1.1", "10.1.2.3", "10.2.1.1"]));
    }
    let mut context = Map::new();
    if draw.chance(50) {
        context.insert("TEAM".to_owned(), json!(draw.pick(&["red", "green"])));
    }
    request["context"] = Value::Object(context);
    request
}
