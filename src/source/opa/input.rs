//! The inputs that a Rego policy sees: Trino's fields where they fit, and more beside them. Fields that have no value are left out.
//!
//! Source of Trino's shapes: RANGER.md §1.3.

use serde_json::{Map, Value, json};

use super::face::Face;
use crate::catalog::{Column, TableName};
use crate::policy::Principal;

/// `{"input": {"context": …, "action": {"operation": …, …}}}`.
pub(super) fn action(who: &Principal, operation: &str, about: (&str, Value)) -> Value {
    let (field, resource) = about;
    json!({ "input": {
        "context": context(who),
        "action": { "operation": operation, field: resource },
    } })
}

/// Who asks.
pub(super) fn context(who: &Principal) -> Value {
    let mut identity = Map::new();
    identity.insert("user".to_owned(), json!(who.user));
    identity.insert("groups".to_owned(), json!(who.groups));
    if !who.roles.is_empty() {
        identity.insert("roles".to_owned(), json!(who.roles));
    }
    if !who.attributes.is_empty() {
        identity.insert("attributes".to_owned(), json!(who.attributes));
    }
    json!({
        "identity": identity,
        "softwareStack": { "sqlsecVersion": env!("CARGO_PKG_VERSION") },
    })
}

/// A table as `resource`: `{"table": …}`, or `{"declaredTable": …}` where the submitter chose the name.
pub(super) fn table(face: &Face<'_>) -> Value {
    let mut fields = place(face);
    if face.asked.columns.is_some() {
        let names = face.columns().iter().map(|column| named(face, column));
        fields.insert("columns".to_owned(), names.collect());
        let types = face.columns().iter().map(|column| {
            let mut known = Map::new();
            put_column(&mut known, face, column);
            Value::Object(known)
        });
        fields.insert("columnTypes".to_owned(), types.collect());
    }
    kind(face, ["table", "declaredTable"], fields)
}

/// A column as `resource`: `{"column": …}` or `{"declaredColumn": …}`.
pub(super) fn column(face: &Face<'_>, column: &Column) -> Value {
    let mut fields = place(face);
    put_column(&mut fields, face, column);
    kind(face, ["column", "declaredColumn"], fields)
}

/// An object as `resource`: its name as rules know it, and Trino's shape where the name has the parts for it.
pub(super) fn object(name: &str, operation: &str) -> Value {
    let parts: Vec<&str> = name.split('.').collect();
    match (operation, parts.as_slice()) {
        ("CreateSchema" | "DropSchema" | "AlterSchema", [catalog, schema]) => json!({
            "object": { "name": name },
            "schema": { "catalogName": catalog, "schemaName": schema },
        }),
        ("ExecuteProcedure", [catalog, schema, function]) => json!({
            "object": { "name": name },
            "function": { "catalogName": catalog, "schemaName": schema, "functionName": function },
        }),
        _ => json!({ "object": { "name": name } }),
    }
}

/// `{"catalogName": …, "schemaName": …, "tableName": …}`.
pub(super) fn table_name(name: &TableName) -> Map<String, Value> {
    let fields = [
        ("catalogName", &name.catalog),
        ("schemaName", &name.database),
        ("tableName", &name.table),
    ];
    let pairs = fields.into_iter();
    pairs
        .map(|(field, text)| (field.to_owned(), json!(text)))
        .collect()
}

/// The names of a face, logical and physical.
fn place(face: &Face<'_>) -> Map<String, Value> {
    let name = face.site_name().unwrap_or(face.name);
    let mut fields = table_name(&TableName {
        catalog: name.catalog.clone(),
        database: spelled(face, &name.database),
        table: spelled(face, &name.table),
    });
    fields.insert("physicalNames".to_owned(), physical(face));
    if face.is_declared() {
        let also = face.asked.also.iter();
        let also: Value = also.map(|name| Value::Object(table_name(name))).collect();
        fields.insert("alsoKnownAs".to_owned(), also);
    }
    fields
}

/// The addresses as they are. Where letter case does not count, in lower case too: a rule on either spelling finds them.
fn physical(face: &Face<'_>) -> Value {
    let mut names = face.asked.physical.clone();
    if face.asked.ignore_case {
        names.extend(face.asked.physical.iter().map(|name| name.to_lowercase()));
        names.sort();
        names.dedup();
    }
    json!(names)
}

fn put_column(fields: &mut Map<String, Value>, face: &Face<'_>, column: &Column) {
    fields.insert("columnName".to_owned(), named(face, column));
    if let Some(data_type) = &column.data_type {
        fields.insert("columnType".to_owned(), json!(data_type.to_string()));
    }
}

fn named(face: &Face<'_>, column: &Column) -> Value {
    json!(spelled(face, &column.name))
}

/// Where a catalog finds names in any letter case, a policy sees one spelling: the lower one, as in Trino.
fn spelled(face: &Face<'_>, name: &str) -> String {
    if face.asked.ignore_case {
        name.to_lowercase()
    } else {
        name.to_owned()
    }
}

fn kind(face: &Face<'_>, [of_the_site, declared]: [&str; 2], fields: Map<String, Value>) -> Value {
    let field = if face.is_declared() {
        declared
    } else {
        of_the_site
    };
    json!({ field: fields })
}
