//! Tables that are met more than once: what one circumstance is granted opens no other. And all replies together: a table is open only when each
//! of them is clear.

use serde_json::json;

use super::*;

const TOPIC: &str = "kafka://b:9092/t";

/// A table under one circumstance.
struct Met {
    name: &'static str,
    physical: Vec<String>,
    user_named: bool,
}

impl Met {
    fn site(name: &'static str, physical: &[&str]) -> Self {
        Self {
            name,
            physical: physical.iter().map(|p| (*p).to_owned()).collect(),
            user_named: false,
        }
    }

    fn declared(name: &'static str, physical: &[&str]) -> Self {
        Self {
            user_named: true,
            ..Self::site(name, physical)
        }
    }
}

/// Which of the tables can be read, when `granted` says so of each request's resource, and their filters and masks are `filters` and none.
fn readable(met: &[Met], granted: impl Fn(&Value) -> bool, filters: &Value) -> Vec<bool> {
    let columns = columns();
    let names: Vec<TableName> = met
        .iter()
        .map(|met| TableName::new("c", "d", met.name))
        .collect();
    let resources: Vec<Resource<'_>> = met
        .iter()
        .zip(&names)
        .map(|(met, name)| Resource {
            physical: &met.physical,
            user_named: met.user_named,
            columns: Some(&columns),
            ..Resource::named(name)
        })
        .collect();
    let mut scope = Scope::default();
    for resource in &resources {
        scope.about(resource, Some(Privilege::Select));
    }
    let question = Question::new(ann(), scope);
    let asked = asks(&question, &Paths::trino("p"));
    let replies = asked.iter().map(|ask| {
        let action = &ask.body["input"]["action"];
        let result = match action["operation"].as_str() {
            Some("SelectFromColumns") => json!(granted(&action["resource"])),
            Some("GetRowFilters") => filters.clone(),
            _ => json!([]),
        };
        json!({ "result": result })
    });
    let replies: Vec<Value> = replies.collect();
    let text = serde_json::to_string(&document(&asked, &replies).unwrap()).unwrap();
    let policy = Arc::new(Policy::load_answer(&text, "OPA").unwrap());
    let answer = Asked::answer(&Answer::to(Arc::new(question.clone()), policy));
    let now = SystemTime::now();
    let who = &question.principal;
    resources
        .iter()
        .map(|resource| {
            answer.access(who, resource, Privilege::Select, now).is_ok()
                && answer.obligations(who, resource, now).is_ok()
        })
        .collect()
}

#[test]
fn a_grant_on_bytes_opens_only_the_tables_that_were_granted() {
    let met = [
        Met::declared("mine", &[TOPIC]),
        Met::declared("yours", &[TOPIC]),
        Met::site("t", &[TOPIC]),
    ];
    let named = |resource: &Value, name: &str| {
        let table = resource.get("table").or(resource.get("declaredTable"));
        table.is_some_and(|table| table["tableName"] == name)
    };
    let none = json!([]);
    let only = |name: &'static str| readable(&met, move |r| named(r, name), &none);
    assert_eq!(only("mine"), [true, false, false]);
    assert_eq!(only("yours"), [false, true, false]);
    assert_eq!(only("t"), [false, false, true]);
    assert_eq!(readable(&met, |_| true, &none), [true; 3]);
    assert_eq!(readable(&met, |_| true, &Value::Null), [false; 3]);
}

#[test]
fn a_name_that_is_granted_to_the_site_is_not_the_submitters() {
    let met = [Met::site("t", &[]), Met::declared("t", &[TOPIC])];
    let is_site = |resource: &Value| resource.get("table").is_some();
    assert_eq!(
        readable(&met, |r| !is_site(r), &json!([])),
        [false, false],
        "one name, one denial: both are closed"
    );
    assert_eq!(readable(&met, is_site, &json!([])), [false, false]);
    assert_eq!(readable(&met, |_| true, &json!([])), [true, true]);
    // A table of several addresses needs a grant for itself, not for one of them.
    let met = [
        Met::declared("one", &[TOPIC]),
        Met::declared("two", &[TOPIC, "kafka://b:9092/u"]),
    ];
    let short = |r: &Value| r["declaredTable"]["physicalNames"] == json!([TOPIC]);
    assert_eq!(readable(&met, short, &json!([])), [true, false]);
}

#[test]
fn a_folder_that_is_granted_opens_no_folder_in_it() {
    let met = [
        Met::declared("above", &["file:///data/a"]),
        Met::declared("below", &["file:///data/a/b"]),
    ];
    let above = |r: &Value| r["declaredTable"]["tableName"] == "above";
    assert_eq!(readable(&met, above, &json!([])), [true, false]);
}

#[test]
fn a_table_is_open_only_when_every_reply_is_clear() {
    let junk = [
        json!({}),
        json!({ "result": null }),
        json!({ "result": "true" }),
        json!({ "result": [null] }),
        json!({ "result": [{ "index": 0 }] }),
    ];
    let clear = [
        vec![json!({ "result": true })],
        vec![
            json!({ "result": [] }),
            json!({ "result": [{ "expression": "id = 1" }] }),
        ],
        vec![
            json!({ "result": [] }),
            json!({ "result": [{ "index": 0, "viewExpression": { "expression": "NULL" } }] }),
        ],
    ];
    // What is clear for one request is not for another.
    let mut all: Vec<&Value> = Vec::new();
    for reply in clear.iter().flatten().chain(&junk) {
        if !all.contains(&reply) {
            all.push(reply);
        }
    }
    let question = about_one();
    let asked = asks(&question, &Paths::trino("p"));
    let mut open = 0;
    for access in &all {
        for filters in &all {
            for masks in &all {
                let replies = [access, filters, masks].map(|reply| (*reply).clone());
                let made = document(&asked, &replies).unwrap();
                let is_open = decided(&question, &made).is_ok();
                let each_clear = replies.iter().zip(&clear);
                let is_clear = each_clear
                    .into_iter()
                    .all(|(reply, clear)| clear.contains(reply));
                assert_eq!(is_open, is_clear, "{replies:?}");
                open += usize::from(is_open);
            }
        }
    }
    assert_eq!(open, 4);
}
