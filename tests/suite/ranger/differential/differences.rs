//! Where Ranger's engine decides otherwise, and why that stays.

use serde_json::Value;

fn any(request: &Value) -> bool {
    matches!(request["access"].as_str(), Some("" | "_any"))
}

/// Nothing that this product asks needs it, and more is masked than in Ranger.
const ANY_MASK: &str = "a mask or filter for any access that heeds denies below: Ranger wants one item for every access type";

/// Nothing that this product asks is for any access; never less is masked, and by the same policy.
const ANY_ITEM: &str = "a mask or filter for any access: Ranger takes the item of the first access type of a hash table";

/// Why the two may differ here.
pub fn reason(request: &Value, ours: &Value, theirs: &Value) -> Option<&'static str> {
    if !any(request) || ours[0] != theirs[0] {
        return None;
    }
    let heeds = request["heed"] == true;
    let known = |part: usize, exempt: &str| {
        let (own, their) = (&ours[part], &theirs[part]);
        let (by, their_by) = (own.as_array()?.last(), their.as_array()?.last());
        if own == their {
            Some(None)
        } else if heeds && their[0].is_null() {
            Some(Some(ANY_MASK))
        } else if by == their_by && !own[0].is_null() && own[0] != exempt {
            Some(Some(ANY_ITEM))
        } else {
            None
        }
    };
    known(1, "MASK_NONE")?.or(known(2, "")?)
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
