//! What OPA replied, read strictly: each shape that is known, and a reason for everything else.
//!
//! In: the body of one reply and what is due in it. Out: a value, or [`Unclear`], which closes the table. Nothing here reads as "none" but what the
//! policy says is none. Beside `result` a reply may hold what OPA adds (`decision_id`, `metrics`, …); inside `result` an unknown field is refused, as
//! it may carry a condition.

use serde_json::{Map, Value};

/// Why a reply says nothing that may be used. For operators: it holds no text of the reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unclear {
    /// OPA was not asked this, for want of a path.
    #[error("OPA is not asked about this")]
    Missing,
    /// `{}`: no rule of the policy has a value for this input.
    #[error("the result is undefined: the rule does not exist, or has no value for this input")]
    Undefined,
    /// `null` where a list or an answer is due.
    #[error("the result is null: an empty list means none")]
    Null,
    /// Another type.
    #[error("the result is not {0}")]
    Shape(&'static str),
    /// An expression to be judged as somebody else.
    #[error("an expression asks for the identity of another user")]
    Identity,
    /// A mask for a column that was not asked about.
    #[error("`index` {0} is out of range")]
    OutOfRange(u64),
    /// Two masks for one column.
    #[error("`index` {0} is given twice")]
    Twice(u64),
}

/// The result of a reply.
///
/// # Errors
/// No reply, one that is no object, one without a result.
pub(super) fn result(reply: Option<&Value>) -> Result<&Value, Unclear> {
    let reply = reply.ok_or(Unclear::Missing)?;
    let fields = reply.as_object().ok_or(Unclear::Shape("in an object"))?;
    fields.get("result").ok_or(Unclear::Undefined)
}

/// A decision.
///
/// # Errors
/// Everything that is neither `true` nor `false`.
pub(super) fn decision(reply: Option<&Value>) -> Result<bool, Unclear> {
    match result(reply)? {
        Value::Bool(allowed) => Ok(*allowed),
        Value::Null => Err(Unclear::Null),
        _ => Err(Unclear::Shape("true or false")),
    }
}

/// The expressions of row filters; none when the list is empty.
///
/// # Errors
/// Everything else.
pub(super) fn filters<'r>(reply: Option<&'r Value>, user: &str) -> Result<Vec<&'r str>, Unclear> {
    match result(reply)? {
        Value::Array(filters) => filters.iter().map(|filter| view(filter, user)).collect(),
        Value::Null => Err(Unclear::Null),
        _ => Err(Unclear::Shape("a list of expressions")),
    }
}

/// The expression of one column's mask; `None` for `null`.
///
/// # Errors
/// Everything else.
pub(super) fn mask<'r>(reply: Option<&'r Value>, user: &str) -> Result<Option<&'r str>, Unclear> {
    match result(reply)? {
        Value::Null => Ok(None),
        mask => view(mask, user).map(Some),
    }
}

/// The expressions of the masks of a table's columns, each with the place of its column; a column that is not in the list has none.
///
/// # Errors
/// A list of another shape, a place outside of `columns`, one that comes twice.
pub(super) fn masks<'r>(
    reply: Option<&'r Value>,
    columns: usize,
    user: &str,
) -> Result<Vec<(usize, &'r str)>, Unclear> {
    let items = match result(reply)? {
        Value::Array(items) => items,
        Value::Null => return Err(Unclear::Null),
        _ => return Err(Unclear::Shape("a list of masks")),
    };
    let mut found: Vec<(usize, &str)> = Vec::new();
    for item in items {
        let (index, mask) = batched(item)?;
        let place = usize::try_from(index).ok().filter(|place| *place < columns);
        let place = place.ok_or(Unclear::OutOfRange(index))?;
        if found.iter().any(|(known, _)| *known == place) {
            return Err(Unclear::Twice(index));
        }
        found.push((place, view(mask, user)?));
    }
    Ok(found)
}

/// `{"index": …, "viewExpression": …}`, and nothing else.
fn batched(item: &Value) -> Result<(u64, &Value), Unclear> {
    const DUE: Unclear = Unclear::Shape("a list of `index` and `viewExpression`");
    let fields = exactly(item, &["index", "viewExpression"]).ok_or(DUE)?;
    let index = fields.get("index").and_then(Value::as_u64).ok_or(DUE)?;
    let mask = fields.get("viewExpression").ok_or(DUE)?;
    Ok((index, mask))
}

/// `{"expression": …, "identity"?: …}`, and nothing else.
fn view<'r>(value: &'r Value, user: &str) -> Result<&'r str, Unclear> {
    const DUE: Unclear = Unclear::Shape("made of `expression`, with or without `identity`");
    let fields = exactly(value, &["expression", "identity"]).ok_or(DUE)?;
    let expression = fields.get("expression").and_then(Value::as_str);
    match fields.get("identity") {
        None | Some(Value::Null) => {}
        // All is judged as the person who asks; nobody else can be meant.
        Some(Value::String(name)) if name == user => {}
        Some(_) => return Err(Unclear::Identity),
    }
    expression.ok_or(DUE)
}

fn exactly<'r>(value: &'r Value, known: &[&str]) -> Option<&'r Map<String, Value>> {
    let fields = value.as_object()?;
    let strange = |field: &String| !known.contains(&field.as_str());
    (!fields.keys().any(strange)).then_some(fields)
}
