//! One level, and chains of levels, through the engine's door: a policy about the resource that allows everybody.

use serde_json::{Value, json};
use sqlsec::source::ranger::document::{ServiceDef, ServicePolicies, ServiceTags, TagPolicies};
use sqlsec::source::ranger::{Access, Context, Documents, Request, Resource, Scope, Service};

use super::engine::{like_ranger, now, of, resource};
use super::files;
use super::tally::{Tally, settle};

/// What everybody may do where the policy is about the resource.
const USE: &str = "use";

fn context(test: &Value) -> Context {
    let tokens = test["evalContext"].as_object().into_iter().flatten();
    let tokens = tokens.filter_map(|(key, value)| {
        let token = key.strip_prefix("token:")?;
        Some((token.to_owned(), value.as_str()?.to_owned()))
    });
    Context {
        tokens: tokens.collect(),
        ..Context::default()
    }
}

fn policy(resources: &Value) -> Value {
    json!([{ "id": 1, "name": "p", "resources": resources,
        "policyItems": [{ "accesses": [{ "type": USE }], "groups": ["public"] }] }])
}

fn load(definition: &Value, policies: &Value, tagged: Option<&Value>) -> Service {
    let mut service_def: ServiceDef = of(definition);
    service_def.access_types = of(&json!([{ "name": USE }]));
    let tag_policies = json!({
        "serviceDef": { "name": "tag", "resources": [{ "name": "tag" }], "accessTypes": [{ "name": USE }] },
        "policies": policy(&json!({ "tag": { "values": ["T"] } })),
    });
    let tags = tagged.map(|resources| {
        json!({ "tags": { "1": { "type": "T" } }, "serviceResources": [{ "id": 1, "resourceElements": resources }],
            "resourceToTagIds": { "1": [1] } })
    });
    let documents = Documents {
        policies: ServicePolicies {
            policies: of(policies),
            service_def,
            tag_policies: tagged.map(|_| of::<TagPolicies>(&tag_policies)),
            ..ServicePolicies::default()
        },
        tags: tags.map(|tags| of::<ServiceTags>(&tags)),
        ..Documents::default()
    };
    Service::load(&documents, like_ranger()).expect("a service")
}

fn allowed(service: &Service, resource: &Resource, scope: Scope, context: &Context) -> bool {
    let access = Access::Type(USE.to_owned());
    let request = Request {
        scope,
        ..Request::new(resource, &access, now(), context)
    };
    service.subject("", &[]).access(&request).yes
}

#[test]
fn one_level_is_compared_as_ranger_compares_it() {
    let mut tallies = Vec::new();
    for (file, written) in files("resourcematcher") {
        if written.get("serviceDef").is_some() {
            continue;
        }
        let mut tally = Tally::new(&file);
        for (at, case) in written["testCases"]
            .as_array()
            .expect("cases")
            .iter()
            .enumerate()
        {
            let mut level = case["resourceDef"].clone();
            level["name"] = json!("level");
            let definition = json!({ "name": "one", "resources": [level] });
            let service = load(
                &definition,
                &policy(&json!({ "level": case["policyResource"] })),
                None,
            );
            for (number, test) in case["tests"].as_array().expect("tests").iter().enumerate() {
                let input = test["input"].as_str().expect("an input");
                let said = allowed(
                    &service,
                    &service.resource([("level", input)]),
                    Scope::Itself,
                    &context(test),
                );
                let name = format!(
                    "{at}.{number} {}",
                    test["name"].as_str().unwrap_or_default()
                );
                tally.case(name, json!(said) == test["result"], || {
                    format!("{said} for `{input}` on {}", case["policyResource"])
                });
            }
        }
        tallies.push(tally);
    }
    settle(&tallies);
}

/// How the policy's resource lies to the one of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lies {
    Not,
    Exact,
    Above,
    Below,
}

struct Chains {
    plain: Service,
    tagged: Service,
}

impl Chains {
    fn lies(&self, elements: &Value, context: &Context) -> Lies {
        let plain = resource(&self.plain, elements);
        if allowed(&self.plain, &plain, Scope::Itself, context) {
            Lies::Exact
        } else if allowed(&self.plain, &plain, Scope::Descendants, context) {
            Lies::Below
        } else if allowed(
            &self.tagged,
            &resource(&self.tagged, elements),
            Scope::Itself,
            context,
        ) {
            Lies::Above
        } else {
            Lies::Not
        }
    }

    /// A policy in place of a resource: the first value of each level that lies somehow stays.
    fn lies_to_policy(&self, definition: &Value, resources: &Value, context: &Context) -> Lies {
        let mut elements = serde_json::Map::new();
        let mut lies = Lies::Not;
        for level in definition["resources"].as_array().expect("levels") {
            let name = level["name"].as_str().expect("a name");
            let Some(values) = resources[name]["values"]
                .as_array()
                .filter(|values| !values.is_empty())
            else {
                continue;
            };
            lies = Lies::Not;
            for value in values {
                elements.insert(name.to_owned(), value.clone());
                lies = self.lies(&json!({ "elements": elements }), context);
                if lies != Lies::Not {
                    break;
                }
            }
            if lies == Lies::Not {
                break;
            }
        }
        lies
    }
}

#[test]
fn chains_of_levels_lie_to_each_other_as_in_ranger() {
    let mut tallies = Vec::new();
    for (file, written) in files("resourcematcher") {
        let definition = &written["serviceDef"];
        if definition.is_null() {
            continue;
        }
        let mut tally = Tally::new(&file);
        for (at, case) in written["testCases"]
            .as_array()
            .expect("cases")
            .iter()
            .enumerate()
        {
            let resources = &case["policyResources"];
            let chains = Chains {
                plain: load(definition, &policy(resources), None),
                tagged: load(definition, &json!([]), Some(resources)),
            };
            for (number, test) in case["tests"].as_array().expect("tests").iter().enumerate() {
                let context = context(test);
                let lies = match test.get("policy") {
                    Some(policy) => {
                        chains.lies_to_policy(definition, &policy["resources"], &context)
                    }
                    None => chains.lies(&test["resource"], &context),
                };
                let said = match test["type"].as_str().expect("a type") {
                    "exactMatch" => lies == Lies::Exact,
                    "ancestorMatch" => lies == Lies::Above,
                    "descendantMatch" => lies == Lies::Below,
                    "selfOrAncestorMatch" => matches!(lies, Lies::Exact | Lies::Above),
                    "selfOrDescendantMatch" => matches!(lies, Lies::Exact | Lies::Below),
                    _ => lies != Lies::Not,
                };
                let name = format!(
                    "{at}.{number} {}",
                    test["name"].as_str().unwrap_or_default()
                );
                tally.case(name, json!(said) == test["result"], || {
                    format!("{lies:?} on {resources}: {test}")
                });
            }
        }
        tallies.push(tally);
    }
    settle(&tallies);
}
