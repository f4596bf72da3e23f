//! Makes a document and a request smaller as long as both engines still differ about them.

use serde_json::{Value, json};

use super::difference;
use super::oracle::Oracle;

/// So many tries a difference: each is a document that both engines read.
const TRIES: usize = 1_500;

/// Where something can be taken out.
fn places(value: &Value, path: &str, all: &mut Vec<String>) {
    let mut below = |key: &str, value: &Value| {
        let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        all.push(path.clone());
        places(value, &path, all);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, value)| below(&at.to_string(), value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn without(case: &Value, path: &str) -> Option<Value> {
    let mut case = case.clone();
    let (above, key) = path.rsplit_once('/')?;
    match case.pointer_mut(above)? {
        // Nothing at all is another thing than something: a resource keeps a level.
        Value::Object(fields)
            if fields.len() == 1
                && (above.ends_with("/resources")
                    || above.ends_with("/resource")
                    || above.ends_with("/resourceElements")) =>
        {
            return None;
        }
        Value::Object(fields) => drop(fields.remove(&key.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => {
            // Its place may have moved since the places were listed.
            let at = key.parse().ok().filter(|at| *at < items.len())?;
            // No values are another thing than some.
            if above.ends_with("/values") && items.len() == 1 {
                return None;
            }
            drop(items.remove(at));
        }
        _ => return None,
    }
    Some(case)
}

/// What must stay for the documents to be any: a definition loses levels, types and options, and nothing of what is left.
fn needed(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let (last, above) = (
        parts[parts.len() - 1],
        parts.get(parts.len() - 2).copied().unwrap_or_default(),
    );
    let item = last.parse::<usize>().is_ok();
    // A schedule that cannot be read is another thing than one that can.
    if above == "schedule" || above == "interval" {
        return true;
    }
    if parts.contains(&"serviceDef") {
        // Without a level that is the parent of another it is no definition.
        let level = above == "resources" && item;
        return level || !(item || above == "matcherOptions" || last == "options");
    }
    let roots = [
        "documents",
        "tagPolicies",
        "request",
        "policies",
        "resource",
        "resources",
        "validitySchedules",
        "user",
        "filterExpr",
        "isValidLeaf",
        "dataMaskInfo",
        "rowFilterInfo",
        "dataMaskType",
        "resourceElements",
        "startTime",
        "endTime",
        "access",
        "at",
        "values",
        "type",
        "accesses",
        "op",
    ];
    !item
        && (roots.contains(&last)
            || [
                "name",
                "id",
                "guid",
                "serviceName",
                "policyVersion",
                "schedule",
                "interval",
            ]
            .contains(&last))
}

/// The smallest `{documents, request}` found.
pub fn shrink(oracle: &mut Oracle, documents: &Value, request: &Value) -> Value {
    let mut case = json!({ "documents": documents, "request": request });
    let mut tries = 0;
    loop {
        let mut all = Vec::new();
        places(&case, "", &mut all);
        // Large parts first.
        all.sort_by_key(|path| path.matches('/').count());
        let before = case.clone();
        for path in all {
            if needed(&path) || tries > TRIES {
                continue;
            }
            let Some(smaller) = without(&case, &path).filter(|smaller| *smaller != case) else {
                continue;
            };
            tries += 1;
            if difference(oracle, &smaller["documents"], &smaller["request"]).is_some() {
                case = smaller;
            }
        }
        if case == before {
            return case;
        }
    }
}
