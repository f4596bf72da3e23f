//! OpenLineage events as records: what other systems tell of their jobs. [`atlas`] does the same for Apache Atlas' documents.
//!
//! In: one event as JSON. Out: a [`Record`] whose edges protect; how the data were written nobody can say.
//! Pure. Invariant: what is not understood is the edge that protects most: a direct one, from any column where none is named.

mod atlas;

pub use atlas::{AtlasNames, is_atlas, records_of_atlas};

use jiff::Timestamp;
use serde_json::Value;

use crate::catalog::TableName;
use crate::lineage::{
    ColumnLineage, Dataset, Direct, Edge, Form, Indirect, Record, Reduction, Relationship,
    SourceColumn, StatementLineage, StatementRecord, Written,
};
use crate::syntax::Span;

/// Any expression: what holds where an event says nothing finer.
const DERIVED: Relationship = Relationship::Direct(Direct {
    form: Form::Derived,
    reduction: Reduction::None,
});

/// The record of an event; nothing where it has no outputs.
///
/// # Errors
/// What is no run or job event of OpenLineage.
pub fn record_of_event(event: &Value) -> Result<Option<Record>, String> {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str);
    let (Some(namespace), Some(name)) = (text("/job/namespace"), text("/job/name")) else {
        return Err("it names no job".to_owned());
    };
    let at = text("/eventTime").and_then(|time| time.parse::<Timestamp>().ok());
    let at = at.ok_or("its `eventTime` is no time")?.as_second();
    let inputs = datasets(event, "inputs")?;
    let mut outputs = Vec::new();
    for (dataset, output) in datasets(event, "outputs")? {
        outputs.push(written(dataset, output, &inputs)?);
    }
    if outputs.is_empty() {
        return Ok(None);
    }
    let statement = StatementRecord {
        lineage: StatementLineage { outputs },
        ..StatementRecord::default()
    };
    Ok(Some(Record {
        job: format!("{namespace}/{name}"),
        user: "openlineage".to_owned(),
        at,
        statements: vec![statement],
    }))
}

fn datasets<'e>(event: &'e Value, field: &str) -> Result<Vec<(Dataset, &'e Value)>, String> {
    let list = match event.get(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(list) => list.as_array(),
    };
    let list = list.ok_or_else(|| format!("its `{field}` are no list"))?;
    list.iter().map(|one| Ok((dataset(one)?, one))).collect()
}

/// A dataset by its physical name, and by the logical one that a `symlinks` facet gives.
fn dataset(one: &Value) -> Result<Dataset, String> {
    let text = |field: &str| one.get(field).and_then(Value::as_str);
    let (Some(namespace), Some(name)) = (text("namespace"), text("name")) else {
        return Err("a dataset without namespace and name".to_owned());
    };
    let links = one.pointer("/facets/symlinks/identifiers");
    let links = links.and_then(Value::as_array).into_iter().flatten();
    let logical = links
        .filter(|link| link.get("type").and_then(Value::as_str) == Some("TABLE"))
        .filter_map(|link| link.get("name").and_then(Value::as_str))
        .find_map(crate::policy::table_name);
    Ok(Dataset {
        name: logical.unwrap_or_else(|| TableName::new("openlineage", namespace, name)),
        physical: vec![physical(namespace, name)],
    })
}

fn physical(namespace: &str, name: &str) -> String {
    let name = name.trim_start_matches('/');
    let namespace = namespace.trim_end_matches('/');
    let joined = if namespace.contains("://") {
        format!("{namespace}/{name}")
    } else if namespace == "file" {
        format!("file:///{name}")
    } else {
        format!("{namespace}://{name}")
    };
    joined.trim_end_matches('/').to_owned()
}

fn written(
    target: Dataset,
    output: &Value,
    inputs: &[(Dataset, &Value)],
) -> Result<Written, String> {
    let facet = output.pointer("/facets/columnLineage");
    let fields = facet
        .and_then(|facet| facet.get("fields"))
        .and_then(Value::as_object);
    let mut columns = Vec::new();
    let mut whole = Vec::new();
    match fields {
        Some(fields) => {
            for (name, field) in fields {
                let said = field.get("transformationType").and_then(Value::as_str);
                columns.push(ColumnLineage {
                    name: name.clone(),
                    data_type: None,
                    edges: edges(field.get("inputFields"), said)?,
                });
            }
            whole = edges(facet.and_then(|facet| facet.get("dataset")), None)?;
        }
        // Of its columns nobody says anything: each may be made of each.
        None => whole.extend(inputs.iter().map(|(dataset, _)| Edge {
            source: SourceColumn {
                dataset: dataset.clone(),
                column: None,
            },
            relationship: DERIVED,
            span: Span::default(),
        })),
    }
    Ok(Written {
        target: Some(target),
        replaces: false,
        columns,
        whole,
        span: Span::default(),
    })
}

/// `said`: the kind that versions before 1-1-0 give a whole field.
fn edges(list: Option<&Value>, said: Option<&str>) -> Result<Vec<Edge>, String> {
    let list = match list {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(list) => list.as_array().ok_or("input fields that are no list")?,
    };
    let mut edges = Vec::new();
    for input in list {
        let source = SourceColumn {
            dataset: dataset(input)?,
            column: input
                .get("field")
                .and_then(Value::as_str)
                .map(str::to_owned),
        };
        let steps = input.get("transformations").and_then(Value::as_array);
        let mut relationships: Vec<Relationship> =
            steps.into_iter().flatten().map(relationship).collect();
        if relationships.is_empty() {
            relationships.push(match said {
                Some("IDENTITY") => Relationship::Direct(Direct::SAME),
                _ => DERIVED,
            });
        }
        edges.extend(relationships.into_iter().map(|relationship| Edge {
            source: source.clone(),
            relationship,
            span: Span::default(),
        }));
    }
    edges.sort();
    edges.dedup();
    Ok(edges)
}

fn relationship(step: &Value) -> Relationship {
    let text = |field: &str| step.get(field).and_then(Value::as_str).unwrap_or_default();
    match (text("type"), text("subtype")) {
        ("DIRECT", kind @ ("IDENTITY" | "AGGREGATION")) => relationship_of(kind),
        (
            "INDIRECT",
            kind @ ("JOIN" | "GROUP_BY" | "FILTER" | "SORT" | "WINDOW" | "CONDITIONAL"),
        ) => relationship_of(kind),
        ("INDIRECT", "CONDITION") => relationship_of("CONDITIONAL"),
        _ => DERIVED,
    }
}

/// A kind by OpenLineage's name; any other protects most.
fn relationship_of(kind: &str) -> Relationship {
    match kind {
        "IDENTITY" => Relationship::Direct(Direct::SAME),
        // Which aggregate it was is not said: one of those that show single values.
        "AGGREGATION" => Relationship::Direct(Direct {
            form: Form::Derived,
            reduction: Reduction::Picked,
        }),
        "JOIN" => Relationship::Indirect(Indirect::Join),
        "GROUP_BY" => Relationship::Indirect(Indirect::GroupBy),
        "FILTER" => Relationship::Indirect(Indirect::Filter),
        "SORT" => Relationship::Indirect(Indirect::Sort),
        "WINDOW" => Relationship::Indirect(Indirect::Window),
        "CONDITIONAL" => Relationship::Indirect(Indirect::Conditional),
        _ => DERIVED,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_becomes_edges_between_physical_names() {
        let event = json!({
            "eventTime": "2026-01-31T08:00:00Z",
            "job": { "namespace": "spark", "name": "daily" },
            "inputs": [{ "namespace": "s3://lake", "name": "a" }],
            "outputs": [
                { "namespace": "kafka://b1:9092", "name": "t", "facets": { "columnLineage": {
                    "fields": { "x": { "inputFields": [
                        { "namespace": "s3://lake", "name": "/a", "field": "age",
                          "transformations": [{ "type": "DIRECT", "subtype": "IDENTITY" }] },
                        { "namespace": "s3://lake", "name": "a", "field": "name",
                          "transformations": [{ "type": "FOO" }] }
                    ] } },
                    "dataset": [{ "namespace": "s3://lake", "name": "a", "field": "id",
                        "transformations": [{ "type": "INDIRECT", "subtype": "JOIN" }] }]
                } } },
                { "namespace": "file", "name": "/tmp/out",
                  "facets": { "symlinks": { "identifiers": [{ "namespace": "n", "name": "c.d.e", "type": "TABLE" }] } } }
            ]
        });
        let record = record_of_event(&event).unwrap().unwrap();
        assert_eq!(
            (record.job.as_str(), record.at),
            ("spark/daily", 1_769_846_400)
        );
        let [topic, file] = record.statements[0].lineage.outputs.as_slice() else {
            panic!("{record:?}")
        };
        let physical = |written: &Written| written.target.clone().unwrap().physical;
        assert_eq!(physical(topic), ["kafka://b1:9092/t"]);
        let edges = &topic.columns[0].edges;
        assert_eq!(edges[0].source.dataset.physical, ["s3://lake/a"]);
        assert_eq!(edges[0].relationship, Relationship::Direct(Direct::SAME));
        assert_eq!(
            edges[1].relationship, DERIVED,
            "what is not understood protects most"
        );
        assert_eq!(
            topic.whole[0].relationship,
            Relationship::Indirect(Indirect::Join)
        );
        assert_eq!(physical(file), ["file:///tmp/out"]);
        assert_eq!(file.target.clone().unwrap().name.to_string(), "c.d.e");
        assert_eq!(
            file.whole[0].source.column, None,
            "without columns any may be meant"
        );
    }

    #[test]
    fn what_is_no_event_is_an_error_and_one_without_outputs_is_nothing() {
        let none = json!({ "eventTime": "2026-01-31T08:00:00Z", "job": { "namespace": "n", "name": "j" } });
        assert_eq!(record_of_event(&none), Ok(None));
        for event in [
            json!({}),
            json!({ "job": { "namespace": "n", "name": "j" }, "eventTime": "soon" }),
            json!({ "job": { "namespace": "n", "name": "j" }, "eventTime": "2026-01-31T08:00:00Z", "outputs": [{}] }),
            json!({ "job": { "namespace": "n", "name": "j" }, "eventTime": "2026-01-31T08:00:00Z", "outputs": 7 }),
        ] {
            assert!(record_of_event(&event).is_err(), "{event}");
        }
    }
}
