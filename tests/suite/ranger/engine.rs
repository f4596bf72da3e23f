//! Documents with policies, requests and what Ranger's engine says: `policyengine/core` and `policyengine/tags`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlsec::source::ranger::document::{
    Member, Role, Roles, ServicePolicies, ServiceTags, TagPolicies, UserStore,
};
use sqlsec::source::ranger::{
    Access, Context, Documents, Filter, Mask, Mode, Options, Request, Resource, Scope, Service,
    Subject,
};

use super::tally::{Tally, settle};
use super::{files, folder, json as read, strings};

/// Reads a value as a type of the documents.
pub fn of<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("a document of the download API")
}

/// As Ranger's tests run: a fixed time for requests that name none, and everything as Ranger does it.
pub fn like_ranger() -> Options {
    Options {
        mode: Mode::LikeRanger,
        zone: jiff::tz::TimeZone::get("America/Los_Angeles").expect("a zone"),
        ..Options::default()
    }
}

pub fn now() -> Timestamp {
    "2026-08-01T12:00:00Z".parse().expect("a time")
}

fn documents(file: &Value) -> Documents {
    let policies = ServicePolicies {
        service_name: file["serviceName"].as_str().unwrap_or_default().to_owned(),
        policies: of(&file["policies"]),
        service_def: of(&file["serviceDef"]),
        tag_policies: file.get("tagPolicyInfo").map(of::<TagPolicies>),
        ..ServicePolicies::default()
    };
    Documents {
        policies,
        roles: Some(roles(file)),
        tags: Some(tags(file)),
        users: None,
    }
}

/// `userRoles` and `groupRoles` list roles by their members; `roleRoles` the roles that contain one.
fn roles(file: &Value) -> Roles {
    let mut roles: BTreeMap<String, Role> = BTreeMap::new();
    for (field, which) in [("userRoles", 0), ("groupRoles", 1), ("roleRoles", 2)] {
        for (member, names) in file[field].as_object().into_iter().flatten() {
            for name in strings(names) {
                let role = roles.entry(name.clone()).or_insert_with(|| Role {
                    name,
                    ..Role::default()
                });
                let list = [&mut role.users, &mut role.groups, &mut role.roles];
                list[which].push(Member {
                    name: member.clone(),
                });
            }
        }
    }
    Roles {
        role_version: None,
        ranger_roles: roles.into_values().collect(),
    }
}

/// The tag store that the document names.
pub fn tags(file: &Value) -> ServiceTags {
    let text = file.to_string();
    let Some((_, rest)) = text.split_once("serviceTagsFileName") else {
        return ServiceTags::default();
    };
    let name = rest
        .split("/policyengine/")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let path = folder("policyengine/stores")
        .expect("stores")
        .join(name.expect("a store"));
    ServiceTags {
        service_name: String::new(),
        ..of(&read(&path))
    }
}

/// The resource of a request.
pub fn resource(service: &Service, written: &Value) -> Resource {
    let elements = written["elements"].as_object().into_iter().flatten();
    let values = elements
        .filter(|(_, value)| !value.is_null())
        .map(|(level, value)| {
            let one = value.as_str().map(|value| vec![value.to_owned()]);
            (level.as_str(), one.unwrap_or_else(|| strings(value)))
        });
    let mut resource = service.resource_of_many(values);
    resource.owner = written["ownerUser"].as_str().map(str::to_owned);
    resource
}

fn context(service: &Service, request: &Value) -> Context {
    let mut context = Context {
        client_ip: request["remoteIPAddress"].as_str().map(str::to_owned),
        ..Context::default()
    };
    for (key, value) in request["context"].as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        match key.as_str() {
            "TAGS" if text.is_empty() => context.tags = Some(Vec::new()),
            "TAGS" => context.tags = Some(serde_json::from_str(text).expect("tags")),
            "REQUESTED_RESOURCES" if text.is_empty() => {}
            "REQUESTED_RESOURCES" => {
                let resources: Value = serde_json::from_str(text).expect("resources");
                let resources = resources["requestedResources"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                context.requested = resources.iter().map(|one| resource(service, one)).collect();
            }
            _ => match key.strip_prefix("token:") {
                Some(token) => drop(context.tokens.insert(token.to_owned(), text.to_owned())),
                None => drop(context.values.insert(key.clone(), text.to_owned())),
            },
        }
    }
    context
}

fn at(request: &Value) -> Timestamp {
    let Some(text) = request["accessTime"].as_str() else {
        return now();
    };
    time(text)
}

/// `yyyyMMdd-HH:mm:ss.SSSZ`.
pub fn time(text: &str) -> Timestamp {
    let read = jiff::fmt::strtime::parse("%Y%m%d-%H:%M:%S%.f%z", text);
    read.and_then(|time| time.to_timestamp())
        .expect("an access time")
}

fn access(request: &Value) -> Access {
    let several = request["context"]["ACCESSTYPES"].as_array();
    let written = Access::written(request["accessType"].as_str().unwrap_or_default());
    match several {
        Some(_) if written != Access::Any => {
            Access::OneOf(strings(&request["context"]["ACCESSTYPES"]))
        }
        Some(_) | None => written,
    }
}

/// Runs one request of a test.
pub fn ask<T>(
    service: &Service,
    written: &Value,
    ask: impl FnOnce(&Subject<'_>, &Request<'_>) -> T,
) -> T {
    let context = context(service, written);
    let resource = resource(service, &written["resource"]);
    let access = access(written);
    let mut request = Request::new(&resource, &access, at(written), &context);
    if written["resourceMatchingScope"] == "SELF_OR_DESCENDANTS" {
        request.scope = Scope::Descendants;
    }
    request.heed_denies_below = written["isDescendantDenyIgnored"] == json!(false);
    let groups = strings(&written["userGroups"]);
    let user = written["user"].as_str().unwrap_or_default();
    let roles = strings(&written["userRoles"]);
    let subject = if roles.is_empty() {
        service.subject(user, &groups)
    } else {
        service.subject_with_roles(user, &groups, &roles)
    };
    ask(&subject, &request)
}

/// The masks and filters as Ranger's tests write them.
fn masked(mask: &Mask) -> Value {
    match mask {
        Mask::None => json!({"policyId": -1, "maskType": null, "maskedValue": null}),
        Mask::Exempt { by, kind } => {
            json!({"policyId": by.policy, "maskType": kind, "maskedValue": null})
        }
        Mask::Masked {
            by, kind, value, ..
        } => {
            json!({"policyId": by.policy, "maskType": kind, "maskedValue": value})
        }
        Mask::Closed { by, why } => json!({"policyId": by.policy, "closed": why}),
    }
}

fn filtered(filter: &Filter) -> Value {
    match filter {
        Filter::None => json!({"policyId": -1, "filterExpr": null}),
        Filter::Exempt { by } => json!({"policyId": by.policy, "filterExpr": ""}),
        Filter::Rows { by, sql } => json!({"policyId": by.policy, "filterExpr": sql}),
        Filter::Closed { by, why } => json!({"policyId": by.policy, "closed": why}),
    }
}

fn run(file: &str, written: &Value, mode: Mode) -> Tally {
    let mut tally = Tally::new(file);
    let mut documents = documents(written);
    for (number, test) in written["tests"]
        .as_array()
        .expect("tests")
        .iter()
        .enumerate()
    {
        documents.users = Some(UserStore {
            user_attr_mapping: test.get("userAttributes").map(of).unwrap_or_default(),
            group_attr_mapping: test.get("groupAttributes").map(of).unwrap_or_default(),
            ..UserStore::default()
        });
        let options = Options {
            mode,
            ..like_ranger()
        };
        let service = Service::load(&documents, options).expect("a service");
        let request = &test["request"];
        let name = |what: &str| {
            format!(
                "{number} {what}: {}",
                test["name"].as_str().unwrap_or_default()
            )
        };
        if let Some(wanted) = test.get("result") {
            let said = ask(&service, request, |subject, request| {
                subject.access(request)
            });
            tally.case(
                name("access"),
                json!(said.yes) == wanted["isAllowed"],
                || format!("{said:?}, not {wanted}"),
            );
        }
        if let Some(wanted) = test.get("dataMaskResult") {
            let said = masked(&ask(&service, request, |subject, request| {
                subject.mask(request)
            }));
            let info = &wanted["additionalInfo"];
            let same = said["policyId"] == wanted["policyId"]
                && said["maskType"] == info["maskType"]
                && said["maskedValue"] == info["maskedValue"];
            tally.case(name("mask"), same, || format!("{said}, not {wanted}"));
        }
        if let Some(wanted) = test.get("rowFilterResult") {
            let said = filtered(&ask(&service, request, |subject, request| {
                subject.filter(request)
            }));
            let same = said["policyId"] == wanted["policyId"]
                && said["filterExpr"] == wanted["additionalInfo"]["filterExpr"];
            tally.case(name("filter"), same, || format!("{said}, not {wanted}"));
        }
    }
    tally
}

#[test]
fn ranger_decides_the_same_on_its_core_documents() {
    let files = files("policyengine/core");
    settle(
        &files
            .iter()
            .map(|(file, written)| run(file, written, Mode::LikeRanger))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn ranger_decides_the_same_on_its_documents_with_tags() {
    let files = files("policyengine/tags");
    settle(
        &files
            .iter()
            .map(|(file, written)| run(file, written, Mode::LikeRanger))
            .collect::<Vec<_>>(),
    );
}

/// What this product refuses on purpose can only close: whoever is allowed or shown something here is so in Ranger, too.
#[test]
fn nothing_opens_that_ranger_closes() {
    let (mut cases, mut closed) = (0, 0);
    for folder in ["policyengine/core", "policyengine/tags"] {
        for (file, written) in files(folder) {
            let service = Service::load(
                &documents(&written),
                Options {
                    mode: Mode::Closed,
                    ..like_ranger()
                },
            );
            let service = service.expect("a service");
            for test in written["tests"].as_array().expect("tests") {
                let Some(wanted) = test.get("result") else {
                    continue;
                };
                let said = ask(&service, &test["request"], |subject, request| {
                    subject.access(request)
                });
                assert!(
                    !said.yes || wanted["isAllowed"] == json!(true),
                    "{file}: {test}"
                );
                cases += 1;
                closed += usize::from(!said.yes && wanted["isAllowed"] == json!(true));
            }
        }
    }
    println!("as this product decides: {cases} cases, {closed} of them closed that Ranger opens");
}
