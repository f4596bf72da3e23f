//! The reference of the policy's keys is made from its schema.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::case::root;

const MARK: &str =
    "<!-- Made from schema/policy.json by `SQLSEC_BLESS=1 cargo test --test suite manual`. -->\n";

/// One line of a table cell.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

fn name(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// What may stand there, in words.
fn shape(value: &Value) -> String {
    if let Some(reference) = value["$ref"].as_str() {
        let name = name(reference);
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(constant) = value["const"].as_str() {
        return format!("`{constant}`");
    }
    if let Some(any) = value["anyOf"].as_array() {
        let shapes: Vec<String> = any.iter().map(shape).filter(|s| s != "nothing").collect();
        return shapes.join(" or ");
    }
    match &value["type"] {
        Value::Array(types) => {
            let types = types.iter().filter_map(Value::as_str);
            let types: Vec<&str> = types.filter(|t| *t != "null").collect();
            types.join(" or ")
        }
        Value::String(kind) => match kind.as_str() {
            "array" => format!("list of {}", shape(&value["items"])),
            "object" => match value.get("additionalProperties") {
                Some(values) if values.is_object() => format!("a name each: {}", shape(values)),
                _ => "object".to_owned(),
            },
            "null" => "nothing".to_owned(),
            "integer" => "whole number".to_owned(),
            other => other.to_owned(),
        },
        _ => "anything".to_owned(),
    }
}

fn keys(value: &Value, text: &mut String) {
    let Some(properties) = value["properties"].as_object() else {
        return;
    };
    let required: BTreeSet<&str> = value["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    text.push_str("| key | shape | when it is not written | |\n|---|---|---|---|\n");
    for (key, property) in properties {
        let missing = match &property["default"] {
            _ if required.contains(key.as_str()) => "an error".to_owned(),
            Value::Null => String::new(),
            Value::Object(fields) if !fields.is_empty() => String::new(),
            Value::Array(items) if items.is_empty() => "none".to_owned(),
            Value::Object(_) => "none".to_owned(),
            Value::String(word) => format!("`{word}`"),
            default => format!("`{default}`"),
        };
        let says = cell(property["description"].as_str().unwrap_or_default());
        let shape = shape(property);
        writeln!(text, "| `{key}` | {shape} | {missing} | {says} |").expect("a text");
    }
    text.push('\n');
}

fn section(title: &str, value: &Value) -> String {
    let mut text = format!("### {title}\n\n");
    let says = value["description"].as_str().unwrap_or_default();
    if !says.is_empty() {
        writeln!(text, "{}\n", says.replace('\n', " ")).expect("a text");
    }
    if let Some(choices) = value["oneOf"].as_array().or(value["anyOf"].as_array()) {
        let words = choices.iter().all(|choice| choice["const"].is_string());
        if words {
            text.push_str("| value | |\n|---|---|\n");
            for choice in choices {
                let says = cell(choice["description"].as_str().unwrap_or_default());
                writeln!(text, "| {} | {says} |", shape(choice)).expect("a text");
            }
            text.push('\n');
        } else {
            for choice in choices {
                let says = choice["description"].as_str().unwrap_or_default();
                let kind = choice["properties"]["type"]["const"].as_str();
                let kind = kind
                    .map(|kind| format!("**`type: {kind}`** "))
                    .unwrap_or_default();
                writeln!(
                    text,
                    "{kind}{}: {}\n",
                    says.trim_end_matches('.'),
                    shape(choice)
                )
                .expect("a text");
                keys(choice, &mut text);
            }
        }
    }
    keys(value, &mut text);
    text
}

#[test]
fn the_reference_is_that_of_the_schema() {
    let schema = fs::read_to_string(root().join("schema/policy.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let mut made = section("The document", &schema);
    for (name, value) in schema["$defs"].as_object().expect("definitions") {
        made.push_str(&section(name, value));
    }
    let path = root().join("docs/policy.md");
    let page = fs::read_to_string(&path).expect("docs/policy.md");
    let (head, written) = page.split_once(MARK).expect("a mark");
    let made = format!("\n{}\n", made.trim_end());
    if std::env::var_os("SQLSEC_BLESS").is_some() {
        fs::write(&path, format!("{head}{MARK}{made}")).expect("a writable page");
        return;
    }
    assert!(
        written == made,
        "docs/policy.md is old: run with SQLSEC_BLESS=1"
    );
}
