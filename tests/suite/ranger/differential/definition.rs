//! Service definitions: chains of one to four levels with branches, paths and addresses, and how their values are compared.

use serde_json::{Value, json};

use super::draw::Draw;

pub const NAME: &str = "made";
pub const ACCESS_TYPES: &[&str] = &["select", "update", "create", "drop", "all"];
pub const MASK_TYPES: &[&str] = &["MASK", "MASK_HASH", "MASK_NULL", "MASK_NONE", "CUSTOM"];

const CHAIN: [&str; 4] = ["db", "table", "column", "field"];
const DEFAULT: &str = "org.apache.ranger.plugin.resourcematcher.RangerDefaultResourceMatcher";
const PATH: &str = "org.apache.ranger.plugin.resourcematcher.RangerPathResourceMatcher";
const URL: &str = "org.apache.ranger.plugin.resourcematcher.RangerURLResourceMatcher";

/// How the values of a level look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Path,
    Url,
}

/// A definition, and what there is to draw from it.
pub struct Definition {
    pub json: Value,
    /// From the root to each level.
    pub chains: Vec<Vec<(&'static str, Kind)>>,
    /// The longest chain: masks are about it, and row filters about it without its last level.
    pub main: Vec<(&'static str, Kind)>,
}

fn matcher_options(draw: &mut Draw) -> Value {
    let mut options = json!({ "wildCard": (!draw.chance(15)).to_string(), "ignoreCase": (!draw.chance(30)).to_string() });
    if draw.chance(8) {
        options["quotedCaseSensitive"] = json!("true");
        options["quoteChars"] = json!("\"");
    }
    if draw.chance(6) {
        options["replaceTokens"] = json!("false");
    }
    if draw.chance(4) {
        options["tokenDelimiterStart"] = json!("<");
        options["tokenDelimiterEnd"] = json!(">");
    }
    if draw.chance(15) {
        return json!({});
    }
    options
}

fn level(draw: &mut Draw, name: &str, parent: &str, order: usize, kind: Kind) -> Value {
    let (matcher, mut options) = match kind {
        Kind::Plain => (DEFAULT, matcher_options(draw)),
        Kind::Path => (PATH, matcher_options(draw)),
        Kind::Url => (URL, matcher_options(draw)),
    };
    if kind == Kind::Path && draw.chance(10) {
        options["pathSeparatorChar"] = json!("/");
    }
    json!({ "itemId": order, "name": name, "level": order * 10, "parent": parent, "matcher": matcher, "matcherOptions": options,
        "isValidLeaf": draw.chance(60), "recursiveSupported": kind != Kind::Plain, "excludesSupported": true, "lookupSupported": false })
}

/// The levels of masks or filters, some with matcher options of their own.
fn part(draw: &mut Draw, levels: &[(&'static str, Kind)]) -> Vec<Value> {
    let part = levels.iter().map(|(name, _)| {
        let mut level = json!({ "name": name });
        if draw.chance(40) {
            level["matcherOptions"] = json!({ "wildCard": draw.chance(50).to_string() });
        }
        level
    });
    part.collect()
}

pub fn definition(draw: &mut Draw) -> Definition {
    let depth = 1 + draw.below(4);
    let mut resources = Vec::new();
    let mut chains: Vec<Vec<_>> = Vec::new();
    for (order, name) in CHAIN.iter().enumerate().take(depth) {
        let parent = order.checked_sub(1).map_or("", |above| CHAIN[above]);
        resources.push(level(draw, name, parent, order + 1, Kind::Plain));
        let mut chain: Vec<_> = chains.last().cloned().unwrap_or_default();
        chain.push((*name, Kind::Plain));
        chains.push(chain);
    }
    let main = chains.last().cloned().unwrap_or_default();
    if depth > 1 && draw.chance(40) {
        resources.push(level(draw, "udf", "db", 2, Kind::Plain));
        chains.push(vec![("db", Kind::Plain), ("udf", Kind::Plain)]);
    }
    if draw.chance(35) {
        resources.push(level(draw, "path", "", 1, Kind::Path));
        chains.push(vec![("path", Kind::Path)]);
    }
    if draw.chance(15) {
        resources.push(level(draw, "url", "", 1, Kind::Url));
        chains.push(vec![("url", Kind::Url)]);
    }
    for at in 0..resources.len() {
        // Ranger knows no levels at all if a chain ends where none may.
        let name = resources[at]["name"].clone();
        if resources.iter().all(|level| level["parent"] != name) {
            resources[at]["isValidLeaf"] = json!(true);
        }
    }
    let filtered = &main[..main.len().saturating_sub(1).max(1)];
    let mut json = json!({
        "id": 1, "name": NAME, "resources": resources,
        "accessTypes": [
            { "itemId": 1, "name": "select", "category": "READ" }, { "itemId": 2, "name": "update", "category": "UPDATE" },
            { "itemId": 3, "name": "create", "category": "CREATE" }, { "itemId": 4, "name": "drop", "category": "DELETE" },
            { "itemId": 5, "name": "all", "category": "MANAGE", "impliedGrants": ["select", "update", "create"] },
        ],
        "policyConditions": conditions(),
        "dataMaskDef": {
            "accessTypes": [{ "itemId": 1, "name": "select" }], "resources": part(draw, &main),
            "maskTypes": MASK_TYPES.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        },
        "rowFilterDef": { "accessTypes": [{ "itemId": 1, "name": "select" }], "resources": part(draw, filtered) },
    });
    if draw.chance(12) {
        json["options"] =
            json!({ "enableDenyAndExceptionsInPolicies": draw.chance(20).to_string() });
    }
    Definition { json, chains, main }
}

pub fn conditions() -> Value {
    let class = |name: &str| format!("org.apache.ranger.plugin.conditionevaluator.{name}");
    json!([
        { "itemId": 1, "name": "ip", "evaluator": class("RangerIpMatcher"), "evaluatorOptions": {} },
        { "itemId": 3, "name": "team-in", "evaluator": class("RangerContextAttributeValueInCondition"), "evaluatorOptions": { "attributeName": "TEAM" } },
        { "itemId": 4, "name": "team-not-in", "evaluator": class("RangerContextAttributeValueNotInCondition"), "evaluatorOptions": { "attributeName": "TEAM" } },
        { "itemId": 5, "name": "tags-all", "evaluator": class("RangerTagsAllPresentConditionEvaluator"), "evaluatorOptions": {} },
        { "itemId": 6, "name": "tags-any", "evaluator": class("RangerAnyOfExpectedTagsPresentConditionEvaluator"), "evaluatorOptions": {} },
        { "itemId": 7, "name": "tags-none", "evaluator": class("RangerNoneOfExpectedTagsPresentConditionEvaluator"), "evaluatorOptions": {} },
    ])
}

/// The definition of the tag service, with the access types of the service behind a prefix.
pub fn tag_definition() -> Value {
    let types = ACCESS_TYPES.iter().enumerate().map(|(at, name)| {
        let mut kind = json!({ "itemId": at + 1001, "name": format!("{NAME}:{name}") });
        if *name == "all" {
            kind["impliedGrants"] = json!([
                format!("{NAME}:select"),
                format!("{NAME}:update"),
                format!("{NAME}:create")
            ]);
        }
        kind
    });
    let types: Vec<_> = types
        .chain([json!({ "itemId": 9001, "name": "other:read" })])
        .collect();
    json!({
        "id": 100, "name": "tag",
        "resources": [{ "itemId": 1, "name": "tag", "level": 1, "matcher": DEFAULT,
            "matcherOptions": { "wildCard": "true", "ignoreCase": "false" }, "isValidLeaf": true, "excludesSupported": true }],
        "accessTypes": types, "policyConditions": conditions(),
        "dataMaskDef": { "accessTypes": [{ "itemId": 1, "name": format!("{NAME}:select") }], "resources": [{ "name": "tag" }],
            "maskTypes": MASK_TYPES.iter().map(|name| json!({ "name": format!("{NAME}:{name}") })).collect::<Vec<_>>() },
        "rowFilterDef": { "accessTypes": [{ "itemId": 1, "name": format!("{NAME}:select") }], "resources": [{ "name": "tag" }] },
    })
}
