//! The combined dialect: one request with the whole question as input, and a native document as result.
//!
//! What a native document leaves unwritten has a meaning that opens (`defaults.access` is allow, no rules are no rules). In Rego a field is easily
//! left out by a rule that has no value: so what carries weight must be written here.

use serde_json::{Map, Value, json};

use super::OpaError;
use super::face::{Face, tables};
use super::input::{context, table_name};
use super::reply::result;
use crate::policy::{Document, Policy};
use crate::source::Question;

/// OPA knows no versions: a result without one has this.
pub(super) const VERSION: u64 = 1;

/// `{"input": {"context": …, "tables": […], "objects": […]}}`.
pub(super) fn body(question: &Question) -> Value {
    let tables: Value = tables(question).map(|face| table(&face)).collect();
    let objects = question.scope().objects.iter();
    let objects: Value = objects
        .map(|(name, privileges)| json!({ "name": name, "privileges": privileges }))
        .collect();
    json!({ "input": {
        "context": context(&question.principal),
        "tables": tables,
        "objects": objects,
    } })
}

fn table(face: &Face<'_>) -> Value {
    let asked = face.asked;
    let mut fields = table_name(face.name);
    fields.insert("physicalNames".to_owned(), json!(asked.physical));
    let also = asked.also.iter();
    let also: Value = also.map(|name| Value::Object(table_name(name))).collect();
    fields.insert("alsoKnownAs".to_owned(), also);
    fields.insert("userNamed".to_owned(), json!(asked.user_named));
    fields.insert("ignoreCase".to_owned(), json!(asked.ignore_case));
    fields.insert("privileges".to_owned(), json!(asked.privileges));
    if asked.columns.is_some() {
        let columns = face.columns().iter().map(|column| {
            let mut known = Map::new();
            known.insert("columnName".to_owned(), json!(column.name));
            if let Some(data_type) = &column.data_type {
                known.insert("columnType".to_owned(), json!(data_type.to_string()));
            }
            Value::Object(known)
        });
        fields.insert("columns".to_owned(), columns.collect());
    }
    Value::Object(fields)
}

/// The document of the result.
///
/// # Errors
/// [`OpaError::Document`]: undefined, not of this shape, or without one of `apiVersion`, `defaults.access`, `rules`.
pub(super) fn document(reply: &Value) -> Result<Document, OpaError> {
    let refuse = |why: &str| OpaError::Document(why.to_owned());
    let result = result(Some(reply)).map_err(|unclear| refuse(&unclear.to_string()))?;
    let mut fields = match result {
        Value::Object(fields) => fields.clone(),
        _ => return Err(refuse("the result is not an object")),
    };
    fields.entry("version").or_insert_with(|| json!(VERSION));
    let defaults = fields.get("defaults").and_then(Value::as_object);
    if !defaults.is_some_and(|defaults| defaults.contains_key("access")) {
        return Err(refuse("`defaults.access` is not written"));
    }
    if !fields.get("rules").is_some_and(Value::is_array) {
        return Err(refuse("`rules` is not a list"));
    }
    let whole = Value::Object(fields);
    // Which rules the compile refuses is said here too, while the place is still that of OPA's own text.
    let text = whole.to_string();
    Policy::load_answer(&text, "result").map_err(|error| {
        let mut codes: Vec<&str> = error.findings.iter().map(|f| f.code).collect();
        codes.sort_unstable();
        codes.dedup();
        refuse(&codes.join(", "))
    })?;
    // The text of serde's errors quotes values.
    serde_json::from_value(whole).map_err(|_| refuse("document-shape"))
}
