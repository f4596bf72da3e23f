//! Where Ranger's engine decides otherwise, and why that stays.

use serde_json::Value;

fn any(request: &Value) -> bool {
    matches!(request["access"].as_str(), Some("" | "_any"))
}

/// Nothing that this product asks needs it, and more is masked than in Ranger.
const ANY_MASK: &str = "a mask or filter for any access that heeds denies below: Ranger wants one item for every access type";

/// Why the two may differ here.
pub fn reason(request: &Value, ours: &Value, theirs: &Value) -> Option<&'static str> {
    let more = |part: usize| ours[part] == theirs[part] || theirs[part][0].is_null();
    if any(request) && request["heed"] == true && ours[0] == theirs[0] && more(1) && more(2) {
        return Some(ANY_MASK);
    }
    None
}

/// Ranger threw in place of an answer.
pub fn thrown(answer: &Value) -> bool {
    let mut parts = answer.as_array().into_iter().flatten();
    parts.any(Value::is_string)
}
