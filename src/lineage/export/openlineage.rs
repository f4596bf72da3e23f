//! OpenLineage events: one for each job, as RunEvent or JobEvent, with the facets that are listed in docs/lineage-exports.md.
//!
//! In: a graph and settings. Out: JSON values, valid by the schemas of OpenLineage 2-0-2 and our own (`schema/openlineage`).
//! `columnLineage` is 1-2-0: edges that hold for every column stand once in `dataset`; CONDITIONAL and WINDOW stand at their field.
//! Stays out: how events travel (`endpoint`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::naming::{self, Name};
use super::words;
use crate::lineage::graph::{ColumnAt, Graph, Job, Link, Protection, Table};

const SPEC: &str = "https://openlineage.io/spec";
/// Where the schemas of our own facets are; the files are in `schema/openlineage`.
const OWN: &str = "https://sqlsec.example/openlineage/1-0-0";

/// How events are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which event.
    pub event: Event,
    /// The namespace of jobs, such as `streampark://prod`.
    pub job_namespace: String,
    /// The namespace of tables that have no physical name, and of logical names.
    pub dataset_namespace: String,
    /// Whether jobs run on and on.
    pub streaming: bool,
    /// The engine's version, such as `2.3.0`, for run events.
    pub engine: Option<String>,
    /// Who made the event, as a URI.
    pub producer: String,
    /// Whether the submitted SQL and its expressions go along. Values of table options never do.
    pub texts: bool,
    /// Index in [`Graph::principals`] of the one whose protection goes along as a facet.
    pub principal: Option<usize>,
}

/// Which event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// What a job does, without a run: right for an audit of a script.
    Job,
    /// What happened to a run.
    Run(Moment, Option<RunId>),
}

/// What happened to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It has been submitted.
    Start,
    /// It goes on.
    Running,
    /// It is done.
    Complete,
    /// It was stopped.
    Abort,
    /// It failed.
    Fail,
}

/// A run's UUID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunId(String);

impl RunId {
    /// Reads a UUID as it is usually written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shape: Vec<usize> = text.split('-').map(str::len).collect();
        let hex = text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
        (shape == [8, 4, 4, 4, 12] && hex).then(|| Self(text.to_ascii_lowercase()))
    }

    /// A UUID (version 8) that is always the same for a submission.
    fn of(namespace: &str, job: &Job) -> Self {
        let mut digest = Sha256::new();
        for part in [namespace, &job.name, &job.user, &job.at.to_string()] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let bytes: [u8; 32] = digest.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(bytes.first_chunk::<16>().unwrap_or(&[0; 16]));
        let bits = u128::from_be_bytes(half);
        let bits = bits & !(0xf << 76) | 8 << 76;
        let bits = bits & !(0b11 << 62) | 0b10 << 62;
        let hex = format!("{bits:032x}");
        let mut text = String::new();
        for (at, c) in hex.chars().enumerate() {
            if [8, 12, 16, 20].contains(&at) {
                text.push('-');
            }
            text.push(c);
        }
        Self(text)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            event: Event::Job,
            job_namespace: "flink".to_owned(),
            dataset_namespace: "flink".to_owned(),
            streaming: true,
            engine: None,
            producer: concat!("https://sqlsec.example/", env!("CARGO_PKG_VERSION")).to_owned(),
            texts: true,
            principal: None,
        }
    }
}

/// The events, one for each job in order.
#[must_use]
pub fn events(graph: &Graph, settings: &Settings) -> Vec<Value> {
    let jobs = graph.jobs.iter().enumerate();
    let exports = jobs.map(|(at, job)| {
        let links = graph.links.iter().filter(|l| l.by.job == at).collect();
        Export {
            graph,
            settings,
            job,
            links,
        }
    });
    exports.map(|export| export.event()).collect()
}

/// One job on its way out.
struct Export<'g> {
    graph: &'g Graph,
    settings: &'g Settings,
    job: &'g Job,
    links: Vec<&'g Link>,
}

impl Export<'_> {
    fn event(&self) -> Value {
        let definition = match &self.settings.event {
            Event::Job => "JobEvent",
            Event::Run(..) => "RunEvent",
        };
        let mut event = json!({
            "eventTime": words::instant(self.job.at),
            "producer": self.settings.producer,
            "schemaURL": format!("{SPEC}/2-0-2/OpenLineage.json#/$defs/{definition}"),
            "job": {
                "namespace": self.settings.job_namespace,
                "name": self.job.name,
                "facets": self.job_facets(),
            },
            "inputs": self.inputs(),
            "outputs": self.outputs(),
        });
        if let (Event::Run(moment, id), Some(fields)) =
            (&self.settings.event, event.as_object_mut())
        {
            let id = id.clone();
            let id = id.unwrap_or_else(|| RunId::of(&self.settings.job_namespace, self.job));
            let mut facets = Map::new();
            if let Some(version) = &self.settings.engine {
                let body = json!({ "name": "flink", "version": version });
                facets.insert(
                    "processing_engine".to_owned(),
                    self.facet("1-1-1/ProcessingEngineRunFacet.json", body),
                );
            }
            fields.insert("eventType".to_owned(), json!(moment.name()));
            fields.insert("run".to_owned(), json!({ "runId": id.0, "facets": facets }));
        }
        event
    }

    /// A facet of OpenLineage's own.
    fn facet(&self, schema: &str, body: Value) -> Value {
        self.with_schema(format!("{SPEC}/facets/{schema}"), body)
    }

    fn with_schema(&self, schema: String, mut body: Value) -> Value {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("_producer".to_owned(), json!(self.settings.producer));
            fields.insert("_schemaURL".to_owned(), json!(schema));
        }
        body
    }

    fn job_facets(&self) -> Value {
        let mut facets = Map::new();
        let kind = json!({
            "processingType": if self.settings.streaming { "STREAMING" } else { "BATCH" },
            "integration": "FLINK",
            "jobType": "SQL_JOB",
        });
        facets.insert(
            "jobType".to_owned(),
            self.facet("2-0-4/JobTypeJobFacet.json", kind),
        );
        let mut texts: Vec<&str> = Vec::new();
        for text in self.job.writes.iter().filter_map(|w| w.text.as_deref()) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        if self.settings.texts && !texts.is_empty() {
            let body = json!({ "query": texts.join(";\n"), "dialect": "flink" });
            facets.insert("sql".to_owned(), self.facet("1-1-0/SQLJobFacet.json", body));
        }
        let statements = self.job.writes.iter().map(|write| {
            let tables = write.tables.iter().filter_map(|t| self.graph.table(*t));
            let names = tables.flat_map(|t| self.names(t)).map(|n| json!(n));
            json!({
                "statement": write.statement,
                "replaces": write.replaces,
                "outputs": names.collect::<Vec<_>>(),
            })
        });
        let body = json!({ "user": self.job.user, "statements": statements.collect::<Vec<_>>() });
        let schema = format!("{OWN}/SqlsecSubmissionJobFacet.json");
        facets.insert(
            "sqlsec_submission".to_owned(),
            self.with_schema(schema, body),
        );
        Value::Object(facets)
    }

    fn names(&self, table: &Table) -> Vec<Name> {
        naming::names(table, &self.settings.dataset_namespace)
    }

    fn inputs(&self) -> Vec<Value> {
        let tables: BTreeSet<usize> = self.links.iter().map(|l| l.from.table).collect();
        let tables = tables.into_iter().filter_map(|t| self.graph.table(t));
        tables
            .flat_map(|table| self.datasets(table, None))
            .collect()
    }

    fn outputs(&self) -> Vec<Value> {
        let tables: BTreeSet<usize> = self
            .job
            .writes
            .iter()
            .flat_map(|w| w.tables.clone())
            .collect();
        let datasets = tables.into_iter().flat_map(|at| {
            let table = self.graph.table(at);
            let lineage = self.column_lineage(at);
            table.map_or_else(Vec::new, |t| self.datasets(t, Some(&lineage)))
        });
        datasets.collect()
    }

    /// A table as datasets: one for each of its names.
    fn datasets(&self, table: &Table, lineage: Option<&Value>) -> Vec<Value> {
        let names = self.names(table).into_iter();
        let made = names.map(|name| {
            let mut facets = Map::new();
            facets.insert("symlinks".to_owned(), self.symlinks(table, &name));
            let columns = table.columns.iter();
            let fields = columns.filter_map(|column| {
                let name = column.name.as_ref()?;
                Some(match &column.data_type {
                    Some(data_type) => json!({ "name": name, "type": data_type.to_string() }),
                    None => json!({ "name": name }),
                })
            });
            let schema = json!({ "fields": fields.collect::<Vec<_>>() });
            facets.insert(
                "schema".to_owned(),
                self.facet("1-2-0/SchemaDatasetFacet.json", schema),
            );
            if let Some(lineage) = lineage {
                facets.insert("columnLineage".to_owned(), lineage.clone());
            }
            if let Some(protection) = self.protection(table) {
                facets.insert("sqlsec_protection".to_owned(), protection);
            }
            json!({ "namespace": name.namespace, "name": name.name, "facets": facets })
        });
        made.collect()
    }

    /// The other names of a dataset: the logical ones, and the whole of a physical one that the pair is only a part of.
    fn symlinks(&self, table: &Table, name: &Name) -> Value {
        let logical = table.logical.iter().map(|n| {
            json!({
                "namespace": self.settings.dataset_namespace,
                "name": naming::dotted(n),
                "type": "TABLE",
            })
        });
        let physical = table.physical.iter();
        let whole =
            physical.filter(|p| naming::split(p, &self.settings.dataset_namespace) == *name);
        let hosts = whole.flat_map(|p| naming::hosts(p)).filter(|n| n != name);
        let hosts =
            hosts.map(|n| json!({ "namespace": n.namespace, "name": n.name, "type": "LOCATION" }));
        let identifiers: Vec<Value> = logical.chain(hosts).collect();
        self.facet(
            "1-0-1/SymlinksDatasetFacet.json",
            json!({ "identifiers": identifiers }),
        )
    }

    fn column_lineage(&self, table: usize) -> Value {
        let mut fields: BTreeMap<&str, Inputs> = BTreeMap::new();
        let writes = self.job.writes.iter().filter(|w| w.tables.contains(&table));
        for column in writes.flat_map(|w| &w.columns) {
            fields.entry(column).or_default();
        }
        let mut whole = Inputs::default();
        for link in self.links.iter().filter(|l| l.table == table) {
            let column = link
                .column
                .and_then(|column| self.graph.column(ColumnAt { table, column }));
            let inputs = match column {
                Some(column) => fields.entry(column.title()).or_default(),
                None => &mut whole,
            };
            let Some((source, field)) = self
                .graph
                .table(link.from.table)
                .zip(self.graph.column(link.from))
            else {
                continue;
            };
            for name in self.names(source) {
                inputs.add(name, field.title(), self.transformation(link));
            }
        }
        let fields: BTreeMap<&str, Value> = fields
            .into_iter()
            .map(|(name, inputs)| (name, json!({ "inputFields": inputs.list() })))
            .collect();
        let body = json!({ "fields": fields, "dataset": whole.list() });
        self.facet("1-2-0/ColumnLineageDatasetFacet.json", body)
    }

    fn transformation(&self, link: &Link) -> Value {
        let kind = link.relationship.kind();
        let said = words::says(link.relationship).to_owned();
        let text = link.text.clone().filter(|_| self.settings.texts);
        json!({
            "type": if kind.is_direct() { "DIRECT" } else { "INDIRECT" },
            "subtype": kind.name(),
            "description": text.unwrap_or(said),
            "masking": link.masked.is_some() || link.relationship.is_masking(),
        })
    }

    /// What the chosen principal sees of each column.
    fn protection(&self, table: &Table) -> Option<Value> {
        let at = self.settings.principal?;
        let principal = self.graph.principals.get(at)?;
        let columns = table.columns.iter();
        let fields = columns.filter_map(|column| {
            let field = self.protected(column.protection.get(at)?);
            Some((column.title().to_owned(), field))
        });
        let fields: Map<String, Value> = fields.collect();
        let body = json!({ "principal": principal, "fields": fields });
        Some(self.with_schema(format!("{OWN}/SqlsecProtectionDatasetFacet.json"), body))
    }

    fn protected(&self, protection: &Protection) -> Value {
        let mut field = Map::new();
        field.insert("state".to_owned(), json!(protection.state().to_uppercase()));
        match protection {
            Protection::Raw | Protection::Unknown => {}
            Protection::Declassified(audit) => {
                field.insert("by".to_owned(), json!(audit.by));
                field.insert("why".to_owned(), json!(audit.why));
                if let Some(until) = audit.until {
                    field.insert("until".to_owned(), json!(words::instant(until)));
                }
            }
            Protection::Denied { rule } => {
                if let Some(rule) = rule {
                    field.insert("rule".to_owned(), json!(rule));
                }
            }
            Protection::Masked { mask, rule } | Protection::Inherited { mask, rule, .. } => {
                field.insert("mask".to_owned(), json!(mask));
                if let Some(rule) = rule {
                    field.insert("rule".to_owned(), json!(rule));
                }
            }
        }
        if let Protection::Inherited { from, .. } = protection {
            let sources = from.iter().flat_map(|source| {
                let table = Table::of(&source.dataset);
                let column = source.column.as_deref().unwrap_or("*");
                let names = self.names(&table).into_iter();
                names.map(
                    move |n| json!({ "namespace": n.namespace, "name": n.name, "field": column }),
                )
            });
            field.insert("from".to_owned(), sources.collect());
        }
        Value::Object(field)
    }
}

impl Moment {
    /// As OpenLineage writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::Running => "RUNNING",
            Self::Complete => "COMPLETE",
            Self::Abort => "ABORT",
            Self::Fail => "FAIL",
        }
    }
}

/// Input fields, each once, with all that is done to it.
#[derive(Default)]
struct Inputs(BTreeMap<(Name, String), Vec<Value>>);

impl Inputs {
    fn add(&mut self, name: Name, field: &str, transformation: Value) {
        let done = self.0.entry((name, field.to_owned())).or_default();
        if !done.contains(&transformation) {
            done.push(transformation);
        }
    }

    fn list(self) -> Vec<Value> {
        let fields = self.0.into_iter().map(|((name, field), transformations)| {
            json!({
                "namespace": name.namespace,
                "name": name.name,
                "field": field,
                "transformations": transformations,
            })
        });
        fields.collect()
    }
}
