//! Where Ranger's engine decides otherwise, and why that stays.

use serde_json::Value;

fn any(request: &Value) -> bool {
    matches!(request["access"].as_str(), Some("" | "_any"))
}

/// Nothing that this product asks needs it, and more is masked than in Ranger.
const ANY_MASK: &str = "a mask or filter for any access that heeds denies below: Ranger wants one item for every access type";

/// Nothing that this product asks is about no level at all; the same policies are found.
const NOTHING: &str = "a mask or filter for no resource at all: Ranger asks policies by name then, and not in their order";

/// Ranger remembers for each policy whether it has an access type, in the letters of the definition; it allows less then.
const LETTERS: &str = "an access type in other letters than the definition's: Ranger compares case in a shortcut after the first request";

/// Not settled yet: the decision is the same, and the policy that is named is not; seen where a tag allows and a resource policy does, too.
const NAMED: &str = "open: allowed or denied alike, by another policy, where tags are";

/// Not settled yet: seen after other requests, and not when asked alone; Ranger keeps tags in hash sets.
const TAG_MASK: &str = "open: which of two tag policies masks or filters";

/// Why the two may differ here.
pub fn reason(
    documents: &Value,
    request: &Value,
    ours: &Value,
    theirs: &Value,
) -> Option<&'static str> {
    let more = |part: usize| ours[part] == theirs[part] || theirs[part][0].is_null();
    if any(request) && request["heed"] == true && ours[0] == theirs[0] && more(1) && more(2) {
        return Some(ANY_MASK);
    }
    let letters =
        |text: &str| text.bytes().any(|b| b.is_ascii_uppercase()) && !text.starts_with('_');
    if request["access"].as_str().is_some_and(letters)
        && (ours[0] == theirs[0] || theirs[0][0] == false)
        && more(1)
        && more(2)
    {
        return Some(LETTERS);
    }
    let either = |part: usize| ours[part][0].is_null() == theirs[part][0].is_null();
    let nothing = request["resource"]
        .as_object()
        .is_some_and(serde_json::Map::is_empty);
    if nothing && ours[0] == theirs[0] && either(1) && either(2) {
        return Some(NOTHING);
    }
    let tagged = documents.get("tags").is_some();
    let of_tags = |part: usize, id: usize| {
        ours[part] == theirs[part]
            || (ours[part][id].as_i64() >= Some(100) && theirs[part][id].as_i64() >= Some(100))
    };
    if tagged && ours[0][0] == theirs[0][0] && ours[1] == theirs[1] && ours[2] == theirs[2] {
        return Some(NAMED);
    }
    if tagged && ours[0] == theirs[0] && of_tags(1, 2) && of_tags(2, 1) {
        return Some(TAG_MASK);
    }
    None
}

/// What is not compared: which of several policies allows some access is the order of a hash table in Ranger.
pub fn plain(request: &Value, mut answer: Value) -> Value {
    if any(request) && answer.is_array() {
        answer[0][1] = Value::Null;
    }
    answer
}

/// Ranger threw in place of an answer.
pub fn thrown(answer: &Value) -> bool {
    let mut parts = answer.as_array().into_iter().flatten();
    parts.any(Value::is_string)
}
