//! Policies: from few names, so that many of them meet in one resource.

use serde_json::{Map, Value, json};

use super::definition::{ACCESS_TYPES, Definition, Kind, MASK_TYPES, NAME};
use super::draw::Draw;

pub const USERS: &[&str] = &["u1", "u2", "u3", "ab"];
pub const GROUPS: &[&str] = &["g1", "g2", "g3"];
pub const ROLES: &[&str] = &["r1", "r2", "r3", "r4"];
pub const TAGS: &[&str] = &["PII", "SECRET", "OLD"];
pub const ZONES: &[&str] = &["z1", "z2"];
pub const NAMES: &[&str] = &["a", "ab", "abc", "b", "B", "u1"];
pub const PATHS: &[&str] = &["/", "/a", "/a/", "/a/b", "/a/b/c", "/A/b", "/b", "a"];
pub const URLS: &[&str] = &[
    "s3://x/a",
    "s3://x/a/",
    "s3://x/a/b",
    "s3://x",
    "hdfs://n:1/a",
    "S3://x/a",
];

const PATTERNS: &[&str] = &[
    "*", "*", "a*", "*b", "?b", "a?", "*b*", "A*", "**", "?", "", "{USER}", "{USER}*", "a{OWNER}",
    "{OWNER}", "{NOBODY}", "{USER", "\\{USER}", "a*c", "*?", "<USER>", "\"a", "\"A*",
];
const PATH_PATTERNS: &[&str] = &[
    "*",
    "/*",
    "/a/*",
    "/a*",
    "/*/b",
    "/a/?",
    "/{USER}",
    "/a/{USER}/*",
];
const URL_PATTERNS: &[&str] = &["*", "s3://*", "s3://x/*", "s3://x/a*", "s3://?/a"];
const STARTS: &[&str] = &[
    "2026/01/01 00:00:00",
    "2026/08/01 11:59:59",
    "2026/08/01 05:00:00",
];
const ENDS: &[&str] = &[
    "2026/08/01 12:00:00",
    "2026/08/01 12:30:00",
    "2027/01/01 00:00:00",
];

pub fn value(draw: &mut Draw, kind: Kind, patterns: usize) -> &'static str {
    let (names, wild) = match kind {
        Kind::Plain => (NAMES, PATTERNS),
        Kind::Path => (PATHS, PATH_PATTERNS),
        Kind::Url => (URLS, URL_PATTERNS),
    };
    if draw.chance(patterns) {
        draw.pick(wild)
    } else {
        draw.pick(names)
    }
}

pub fn resources(draw: &mut Draw, chain: &[(&'static str, Kind)], excludes: usize) -> Value {
    let mut resources = Map::new();
    for (level, kind) in chain {
        // A level that is left out makes a gap, or ends the chain.
        if !resources.is_empty() && draw.chance(4) {
            continue;
        }
        let count = 1 + draw.below(3) * usize::from(draw.chance(40));
        let values: Vec<_> = (0..count).map(|_| value(draw, *kind, 55)).collect();
        let recursive = draw.chance(if *kind == Kind::Plain { 4 } else { 50 });
        resources.insert(
            (*level).to_owned(),
            json!({ "values": values, "isExcludes": draw.chance(excludes), "isRecursive": recursive }),
        );
    }
    Value::Object(resources)
}

fn accesses(draw: &mut Draw, prefix: &str, only_select: bool) -> Vec<Value> {
    let types = if only_select && draw.chance(90) {
        vec!["select"]
    } else {
        draw.some(ACCESS_TYPES, 1, 3)
    };
    let types = types.into_iter().map(|name| {
        let allowed = !draw.chance(4);
        json!({ "type": format!("{prefix}{name}"), "isAllowed": allowed })
    });
    types.collect()
}

fn conditions(draw: &mut Draw, percent: usize) -> Vec<Value> {
    if !draw.chance(percent) {
        return Vec::new();
    }
    let count = 1 + draw.below(2);
    let condition = |draw: &mut Draw| {
        let (kind, values): (&str, &[&str]) = match draw.below(7) {
            0 => ("ip", &["10.1.1.1", "10.1.*", "10.2.1.1", "*"]),
            1 => ("team-in", &["red", "blue"]),
            2 => ("team-not-in", &["red", "blue"]),
            3 => ("tags-all", TAGS),
            4 => ("tags-any", TAGS),
            5 => ("tags-none", TAGS),
            _ => ("no-such-condition", &["x"]),
        };
        json!({ "type": kind, "values": draw.some(values, 1, 2) })
    };
    (0..count).map(|_| condition(draw)).collect()
}

fn item(draw: &mut Draw, prefix: &str, only_select: bool) -> Value {
    let mut item = json!({ "accesses": accesses(draw, prefix, only_select), "conditions": conditions(draw, 12) });
    let mut users = draw.some(USERS, 0, 2);
    if draw.chance(6) {
        users.push("{USER}");
    }
    if draw.chance(12) {
        users.push("{OWNER}");
    }
    let mut groups = draw.some(GROUPS, 0, 1);
    if draw.chance(25) {
        groups.push("public");
    }
    let roles = if draw.chance(35) {
        draw.some(ROLES, 1, 2)
    } else {
        Vec::new()
    };
    item["users"] = json!(users);
    item["groups"] = json!(groups);
    item["roles"] = json!(roles);
    item["delegateAdmin"] = json!(draw.chance(15));
    item
}

fn items(draw: &mut Draw, prefix: &str, most: usize) -> Vec<Value> {
    let count = draw.below(most + 1);
    (0..count).map(|_| item(draw, prefix, false)).collect()
}

fn schedules(draw: &mut Draw) -> Value {
    let schedule = |draw: &mut Draw| {
        let mut schedule =
            json!({ "timeZone": draw.pick(&["", "UTC", "America/Los_Angeles", "Asia/Tokyo"]) });
        if draw.chance(70) {
            schedule["startTime"] = json!(draw.pick(STARTS));
        }
        if schedule["startTime"].is_null() || draw.chance(60) {
            schedule["endTime"] = json!(draw.pick(ENDS));
        }
        if draw.chance(25) {
            schedule["recurrences"] = json!([recurrence(draw)]);
        }
        schedule
    };
    let count = 1 + draw.below(2);
    (0..count).map(|_| schedule(draw)).collect()
}

fn recurrence(draw: &mut Draw) -> Value {
    json!({
        "schedule": {
            "minute": draw.pick(&["0", "30", "0,30", "*"]), "hour": draw.pick(&["*", "12", "3", "9-17"]),
            "dayOfMonth": draw.pick(&["*", "1", "1-7"]), "dayOfWeek": draw.pick(&["*", "*", "7", "2-6"]),
            "month": draw.pick(&["*", "8", "1,8"]), "year": draw.pick(&["*", "2026"]),
        },
        "interval": { "days": draw.below(2), "hours": draw.below(9), "minutes": 1 + draw.below(30) },
    })
}

fn mask_items(draw: &mut Draw, prefix: &str) -> Vec<Value> {
    let count = 1 + draw.below(3);
    let one = |draw: &mut Draw| {
        let mut item = item(draw, prefix, true);
        let kind = draw.pick(MASK_TYPES);
        item["dataMaskInfo"] = json!({ "dataMaskType": format!("{prefix}{kind}") });
        if kind == "CUSTOM" {
            item["dataMaskInfo"]["valueExpr"] = json!(draw.pick(&["upper({col})", "'x'"]));
        }
        item
    };
    (0..count).map(|_| one(draw)).collect()
}

fn filter_items(draw: &mut Draw, prefix: &str) -> Vec<Value> {
    let count = 1 + draw.below(3);
    let one = |draw: &mut Draw| {
        let mut item = item(draw, prefix, true);
        item["rowFilterInfo"] =
            json!({ "filterExpr": draw.pick(&["a = 1", "b < 2", "", "c IN (1, 2)"]) });
        item
    };
    (0..count).map(|_| one(draw)).collect()
}

fn fill(draw: &mut Draw, policy: &mut Value, kind: usize, prefix: &str) {
    policy["policyType"] = json!(kind);
    match kind {
        0 => {
            policy["policyItems"] = json!(items(draw, prefix, 3));
            if draw.chance(35) {
                policy["denyPolicyItems"] = json!(items(draw, prefix, 2));
            }
            if draw.chance(25) {
                policy["allowExceptions"] = json!(items(draw, prefix, 2));
            }
            if draw.chance(25) {
                policy["denyExceptions"] = json!(items(draw, prefix, 2));
            }
            policy["isDenyAllElse"] = json!(draw.chance(7));
        }
        1 => policy["dataMaskPolicyItems"] = json!(mask_items(draw, prefix)),
        _ => policy["rowFilterPolicyItems"] = json!(filter_items(draw, prefix)),
    }
    policy["policyPriority"] = json!(usize::from(draw.chance(15)));
    policy["isEnabled"] = json!(!draw.chance(4));
    policy["isAuditEnabled"] = json!(true);
    policy["conditions"] = json!(conditions(draw, 8));
    if draw.chance(12) {
        policy["validitySchedules"] = schedules(draw);
    }
}

/// A policy of the service.
pub fn policy(draw: &mut Draw, definition: &Definition, id: usize, zone: Option<&str>) -> Value {
    let kind = [0, 0, 0, 1, 1, 2][draw.below(6)];
    let chain = match kind {
        0 => definition.chains[draw.below(definition.chains.len())].clone(),
        1 => definition.main.clone(),
        _ => definition.main[..definition.main.len().saturating_sub(1).max(1)].to_vec(),
    };
    let mut policy = json!({ "id": id, "guid": id.to_string(), "name": format!("p{}", (id * 7) % 10), "service": "s", "version": 1,
        "resources": resources(draw, &chain, 12) });
    if draw.chance(8) {
        policy["additionalResources"] = json!([resources(draw, &chain, 10)]);
    }
    if let Some(zone) = zone {
        policy["zoneName"] = json!(zone);
    }
    fill(draw, &mut policy, kind, "");
    policy
}

/// A policy of the tag service.
pub fn tag_policy(draw: &mut Draw, id: usize) -> Value {
    let kind = [0, 0, 0, 1, 1, 2][draw.below(6)];
    let mut values = draw.some(TAGS, 1, 2);
    if draw.chance(20) {
        values.push(draw.pick(&["*", "P*", "?LD", "pii"]));
    }
    let mut policy = json!({ "id": id, "guid": id.to_string(), "name": format!("t{}", (id * 7) % 10), "service": "tags", "serviceType": "tag",
        "version": 1, "resources": { "tag": { "values": values, "isExcludes": draw.chance(6), "isRecursive": false } } });
    if draw.chance(15) {
        policy["zoneName"] = json!(draw.pick(ZONES));
    }
    fill(draw, &mut policy, kind, &format!("{NAME}:"));
    policy
}
