//! Where Ranger's engine decides otherwise, and why that stays.

use serde_json::Value;

/// Why the two may differ here.
pub fn reason(
    _documents: &Value,
    _request: &Value,
    _ours: &Value,
    _theirs: &Value,
) -> Option<&'static str> {
    None
}

/// Ranger threw in place of an answer.
pub fn thrown(answer: &Value) -> bool {
    let mut parts = answer.as_array().into_iter().flatten();
    parts.any(Value::is_string)
}
