//! Who may do what on a resource, listed without a user: `policyengine/acl`. This engine is asked by somebody and makes no such lists, so each line of one is
//! put to it as a question: this user, alone; somebody of this group; somebody with this role.
//!
//! A line that depends on a condition, a schedule or a tag's validity (`result` 2, `isConditional`) has no answer without a request: it is counted, and not asked.

use serde_json::{Value, json};
use sqlsec::source::ranger::document::{Roles, ServicePolicies};
use sqlsec::source::ranger::{
    Access, Context, Documents, Filter, Mask, Request, Scope, Service, Subject,
};

use super::engine::{like_ranger, now, of, resource, tags};
use super::files;
use super::tally::{Tally, settle};

/// Who a list may name, by the field of its lines.
const KINDS: [&str; 3] = ["user", "group", "role"];

fn service(written: &Value) -> Service {
    let policies = &written["servicePolicies"];
    let documents = Documents {
        policies: of::<ServicePolicies>(policies),
        roles: Some(Roles::default()),
        tags: Some(tags(policies)),
        users: None,
    };
    Service::load(&documents, like_ranger()).expect("a service")
}

/// Somebody of whom nothing else is known.
fn subject<'s>(service: &'s Service, kind: &str, name: &str) -> Subject<'s> {
    let named = [name.to_owned()];
    match kind {
        "user" => service.subject_with_roles(name, &[], &[]),
        "group" => service.subject_with_roles("somebody else", &named, &[]),
        _ => service.subject_with_roles("somebody else", &[], &named),
    }
}

/// The lines of one test; how many of them depend on more than is known.
fn run(service: &Service, test: &Value, tally: &mut Tally, depends: &mut usize) {
    let name = test["name"].as_str().expect("a name");
    let resource = resource(service, &test["resource"]);
    let context = Context::default();
    let below = test["resourceMatchingScope"] == json!("SELF_OR_DESCENDANTS");
    let scope = match below {
        true => Scope::Descendants,
        false => Scope::default(),
    };
    for kind in KINDS {
        for (who, listed) in test[format!("{kind}Permissions")]
            .as_object()
            .into_iter()
            .flatten()
        {
            for (access, line) in listed.as_object().expect("access types") {
                let allowed = match line["result"].as_i64() {
                    Some(1) => true,
                    Some(-1) => false,
                    _ => {
                        *depends += 1;
                        continue;
                    }
                };
                let wanted = Access::written(access);
                // A list of what lies below a resource heeds what is denied there.
                let request = Request {
                    scope,
                    heed_denies_below: below,
                    ..Request::new(&resource, &wanted, now(), &context)
                };
                let said = subject(service, kind, who).access(&request);
                let by = said.by.as_ref().map(|by| json!(by.policy));
                let same = said.yes == allowed && by.as_ref() == Some(&line["policy"]["id"]);
                tally.case(format!("{name}: {kind} {who}: {access}"), same, || {
                    format!("{said:?}, not {line}")
                });
            }
        }
    }
    for (field, asks) in [("dataMasks", true), ("rowFilters", false)] {
        let lines = test[field].as_array().cloned().unwrap_or_default();
        let mut told = std::collections::BTreeSet::new();
        for line in &lines {
            for kind in KINDS {
                for who in super::strings(&line[format!("{kind}s")]) {
                    // The first line that holds for somebody decides; where one may hold, those behind it do not.
                    let first = told.insert((kind, who.clone()));
                    if line["isConditional"] == json!(true) {
                        *depends += 1;
                        continue;
                    }
                    if !first {
                        continue;
                    }
                    let select = Access::Type("select".into());
                    let request = Request::new(&resource, &select, now(), &context);
                    let somebody = subject(service, kind, &who);
                    let (said, wanted) = if asks {
                        let said = match somebody.mask(&request) {
                            Mask::None => Value::Null,
                            Mask::Exempt { kind, .. } => json!(kind),
                            Mask::Masked { kind, .. } => json!(kind),
                            Mask::Closed { why, .. } => json!({ "closed": why }),
                        };
                        (said, &line["maskInfo"]["dataMaskType"])
                    } else {
                        let said = match somebody.filter(&request) {
                            Filter::None => Value::Null,
                            Filter::Exempt { .. } => json!(""),
                            Filter::Rows { sql, .. } => json!(sql),
                            Filter::Closed { why, .. } => json!({ "closed": why }),
                        };
                        (said, &line["filterInfo"]["filterExpr"])
                    };
                    tally.case(
                        format!("{name}: {kind} {who}: {field}"),
                        said == *wanted,
                        || format!("{said}, not {line}"),
                    );
                }
            }
        }
    }
}

#[test]
fn what_ranger_lists_for_a_resource_is_what_each_of_the_listed_gets() {
    let (mut tallies, mut depends) = (Vec::new(), 0);
    for (file, written) in files("policyengine/acl") {
        let mut tally = Tally::new(&file);
        for written in written["testCases"].as_array().expect("test cases") {
            let service = service(written);
            for test in written["tests"].as_array().expect("tests") {
                run(&service, test, &mut tally, &mut depends);
            }
        }
        tallies.push(tally);
    }
    if tallies.is_empty() {
        return;
    }
    settle(&tallies);
    println!(
        "lines that depend on a condition, a schedule or a tag's validity, and are not asked: {depends}"
    );
}
