//! Requests and replies without a server.

mod asked;
mod masked;
mod met;
mod replied;
mod whole;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::{Ask, Masks, Paths, asks, document};
use crate::catalog::{Column, ColumnKind, TableName};
use crate::policy::{
    Document, Effect, Obligations, Policy, Principal, Privilege, Refusal, Resource, RuleDecl,
};
use crate::source::{Answer, Asked, Question, Scope};
use crate::syntax::parse_data_type;

fn column(name: &str, data_type: &str) -> Column {
    Column {
        name: name.to_owned(),
        data_type: Some(parse_data_type(data_type).unwrap()),
        kind: ColumnKind::Physical,
    }
}

fn columns() -> Vec<Column> {
    vec![column("id", "INT"), column("phone", "STRING")]
}

fn ann() -> Principal {
    Principal {
        user: "ann".to_owned(),
        groups: ["ops".to_owned()].into(),
        ..Principal::default()
    }
}

fn each() -> Paths {
    let Paths::Trino {
        access,
        flink,
        row_filters,
        ..
    } = Paths::trino("p")
    else {
        unreachable!("Trino's dialect")
    };
    Paths::Trino {
        access,
        flink,
        row_filters,
        masks: Masks::Each("/v1/data/p/columnMask".to_owned()),
    }
}

/// A question about reading one table of the site, `c.d.t`.
fn about_one() -> Question {
    about(|resource| resource)
}

/// The same, of a table that is made otherwise.
fn about<'t>(make: impl FnOnce(Resource<'t>) -> Resource<'t>) -> Question {
    let name = Box::leak(Box::new(TableName::new("c", "d", "t")));
    let columns = Vec::leak(columns());
    let resource = make(Resource {
        columns: Some(columns),
        ..Resource::named(name)
    });
    let mut scope = Scope::default();
    scope.about(&resource, Some(Privilege::Select));
    Question::new(ann(), scope)
}

/// Replies by the end of a path and the operation: what is missing is `{}`.
fn replied(question: &Question, paths: &Paths, known: &[(&str, Value)]) -> Document {
    let asked = asks(question, paths);
    let known: BTreeMap<&str, &Value> = known.iter().map(|(key, value)| (*key, value)).collect();
    let reply = |ask: &Ask| {
        let operation = ask.body["input"]["action"]["operation"].as_str().unwrap();
        known
            .get(operation)
            .map_or_else(|| json!({}), |result| json!({ "result": result }))
    };
    let replies: Vec<Value> = asked.iter().map(reply).collect();
    document(&asked, &replies).unwrap()
}

/// The decision of a document about the only table of a question: what is to be done to it.
fn decided(question: &Question, document: &Document) -> Result<Obligations, Refusal> {
    let text = serde_json::to_string(document).unwrap();
    let policy = Arc::new(Policy::load_answer(&text, "OPA").unwrap());
    let asked = Asked::answer(&Answer::to(Arc::new(question.clone()), policy));
    let (name, met) = question.scope().tables.iter().next().unwrap();
    let table = met.first().unwrap();
    let resource = Resource {
        name,
        physical: &table.physical,
        also: &table.also,
        columns: table.columns.as_deref(),
        user_named: table.user_named,
        ignore_case: table.ignore_case,
    };
    let (who, now) = (&question.principal, SystemTime::now());
    asked.access(who, &resource, Privilege::Select, now)?;
    asked.obligations(who, &resource, now)
}

fn open() -> [(&'static str, Value); 3] {
    [
        ("SelectFromColumns", json!(true)),
        ("GetRowFilters", json!([])),
        ("GetColumnMask", json!([])),
    ]
}

/// The same with another result for one operation.
fn with(operation: &'static str, result: Value) -> Vec<(&'static str, Value)> {
    let mut known = open().to_vec();
    known.retain(|(known, _)| *known != operation);
    known.push((operation, result));
    known
}

/// Why the table is closed, as the rule that closes it says.
fn reason(document: &Document) -> String {
    let denials = document.rules.iter().filter_map(|rule| match rule {
        RuleDecl::Access(rule) if rule.effect == Effect::Deny => rule.description.clone(),
        RuleDecl::Access(_) | RuleDecl::RowFilter(_) | RuleDecl::ColumnMask(_) => None,
    });
    denials.collect::<Vec<_>>().join("; ")
}
