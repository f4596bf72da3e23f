//! Where Ranger's engine decides otherwise, and why that stays.

use serde_json::Value;

fn any(request: &Value) -> bool {
    matches!(request["access"].as_str(), Some("" | "_any"))
}

/// Nothing that this product asks needs it, and more is masked than in Ranger.
const ANY_MASK: &str = "a mask or filter for any access that heeds denies below: Ranger wants one item for every access type";

/// Less is allowed here.
const STOPS: &str =
    "Ranger stops at a policy without denies that it only finds by what the values begin with";

/// A higher priority goes before what a tag gives, here after a policy about something else too; what it gives hides something.
const KEEPS: &str = "Ranger keeps what a tag gives after one policy of a higher priority, also one that it only finds by what the values begin with";

/// Why the two may differ here.
pub fn reason(
    documents: &Value,
    request: &Value,
    ours: &Value,
    theirs: &Value,
) -> Option<&'static str> {
    let same = |part: usize| ours[part] == theirs[part];
    let shown =
        |answer: &Value| !answer[0].is_null() && answer[0] != "MASK_NONE" && answer[0] != "";
    let passed_by = |part: usize| {
        let harmless = theirs[part][0].is_null() || shown(&ours[part]);
        same(part) || (harmless && partial(documents, part, &ours[part], &theirs[part]))
    };
    if any(request) && request["heed"] == true && same(0) && passed_by(1) && passed_by(2) {
        return Some(ANY_MASK);
    }
    if same(1) && same(2) && stops(documents, request, &ours[0], &theirs[0]) {
        return Some(STOPS);
    }
    let hides_the_same = |part: usize| {
        same(part) || (shown(&ours[part]) && keeps(documents, part, &ours[part], &theirs[part]))
    };
    if same(0) && hides_the_same(1) && hides_the_same(2) {
        return Some(KEEPS);
    }
    None
}

/// Whether the policy that is named here has an item that lacks an access type of the definition, for which Ranger may have passed it by.
fn partial(documents: &Value, part: usize, ours: &Value, theirs: &Value) -> bool {
    let Some(id) = ours.as_array().and_then(|answer| answer.last()) else {
        return false;
    };
    if theirs.as_array().and_then(|answer| answer.last()) == Some(id) {
        return false;
    }
    let policies = &documents["policies"];
    let of = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let zones = policies["securityZones"].as_object().into_iter().flatten();
    let zoned = zones.flat_map(|(_, zone)| of(&zone["policies"]));
    let tags = of(&policies["tagPolicies"]["policies"]);
    let own = of(&policies["policies"]).into_iter().chain(zoned);
    let named = own
        .chain(tags)
        .find(|policy| policy["policyType"] == part && policy["id"] == *id);
    let types = of(&policies["serviceDef"]["accessTypes"]).len();
    let items = match part {
        1 => "dataMaskPolicyItems",
        _ => "rowFilterPolicyItems",
    };
    named.is_some_and(|policy| {
        let items = of(&policy[items]);
        let lacks = |item: &Value| {
            let listed = of(&item["accesses"]);
            let mut names: Vec<&str> = listed.iter().filter_map(|a| a["type"].as_str()).collect();
            names.sort_unstable();
            names.dedup();
            names.len() < types
        };
        items.iter().any(lacks)
    })
}

/// Whether Ranger names a tag policy, and this engine one of a higher priority that need not have been the first to be asked.
fn keeps(documents: &Value, part: usize, ours: &Value, theirs: &Value) -> bool {
    let of_kind = |policies: &'_ Value| -> Vec<Value> {
        let all = policies.as_array().into_iter().flatten();
        let own = all.filter(|policy| policy["policyType"] == part);
        own.cloned().collect()
    };
    let priority = |policy: &Value| policy["policyPriority"].as_i64().unwrap_or(0);
    let named = |answer: &Value| answer.as_array().and_then(|answer| answer.last().cloned());
    let policies = &documents["policies"];
    let (own, tags) = (
        of_kind(&policies["policies"]),
        of_kind(&policies["tagPolicies"]["policies"]),
    );
    let is_named =
        |policy: &&Value, answer: &Value| named(answer).is_some_and(|id| policy["id"] == id);
    let mine = own.iter().find(|policy| is_named(policy, ours));
    let tag = tags.iter().find(|policy| is_named(policy, theirs));
    let (Some(mine), Some(tag)) = (mine, tag) else {
        return false;
    };
    let mut others = own.iter().filter(|other| other["id"] != mine["id"]);
    priority(mine) > priority(tag) && others.any(|other| priority(other) >= priority(mine))
}

/// Whether a policy without denies, asked before the one named here, can have ended Ranger's search once something was allowed.
fn stops(documents: &Value, request: &Value, ours: &Value, theirs: &Value) -> bool {
    let has =
        |policy: &Value, list: &str| policy[list].as_array().is_some_and(|list| !list.is_empty());
    let denies = |policy: &Value| policy["isDenyAllElse"] == true || has(policy, "denyPolicyItems");
    let priority = |policy: &Value| policy["policyPriority"].as_i64().unwrap_or(0);
    let policies = documents["policies"]["policies"].as_array();
    let access = policies.into_iter().flatten();
    let access = access.filter(|policy| policy["policyType"].as_i64().unwrap_or(0) == 0);
    let (denying, others): (Vec<_>, Vec<_>) = access.partition(|policy| denies(policy));
    if theirs[0] != true || others.is_empty() {
        return false;
    }
    if ours[0] == true {
        // The same is allowed, by a later policy of those that allow some access.
        return any(request);
    }
    let named = denying.iter().find(|policy| policy["id"] == ours[1]);
    named.is_some_and(|named| {
        // A deny that Ranger did not come to; or an allow that Ranger did not take back for what a tag denies.
        ours[1] == theirs[1] || others.iter().any(|other| priority(other) > priority(named))
    })
}

/// Ranger threw in place of an answer.
pub fn thrown(answer: &Value) -> bool {
    let mut parts = answer.as_array().into_iter().flatten();
    parts.any(Value::is_string)
}
