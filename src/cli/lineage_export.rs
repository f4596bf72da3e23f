//! The forms of `lineage` that other programs and people read: what `lineage::export` makes, with the options of each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::Value;

use super::failure::{Failure, Status};
use super::input;
use super::streams::Streams;
use crate::lineage::export::{atlas, dot, html, mermaid, openlineage};
use crate::lineage::graph::{Account, Beside, Cut, Graph};

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Write to this file, not to standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The user who submits, for the record.
    #[arg(long)]
    pub user: Option<String>,
    /// What principals see of each column, and where inheritance was ended: JSON (docs/lineage-exports.md).
    #[arg(long, value_name = "FILE")]
    pub protection: Option<PathBuf>,
    /// Leave out the submitted SQL and its expressions. Values of table options are left out always.
    #[arg(long)]
    pub no_text: bool,
    /// The namespace of jobs, such as `streampark://prod`.
    #[arg(long, value_name = "NAME", default_value = "flink")]
    pub namespace: String,
    /// The namespace of tables whose physical name is not known, and of logical names.
    #[arg(long, value_name = "NAME", default_value = "flink")]
    pub dataset_namespace: String,
    /// OpenLineage: a run's event in place of the job's.
    #[arg(long, value_enum, value_name = "MOMENT")]
    pub run: Option<Moment>,
    /// OpenLineage: the run's UUID [default: made of job, user and time].
    #[arg(long, value_name = "UUID", requires = "run")]
    pub run_id: Option<String>,
    /// OpenLineage: the jobs end by themselves.
    #[arg(long)]
    pub batch: bool,
    /// Atlas: the cluster, at the end of each qualified name.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub cluster: String,
    /// Atlas: entities that the site has already, such as `kafka=kafka_topic:{name}@{cluster}`, or with columns
    /// `mysql=rdbms_table:{host}/{name}@{cluster},rdbms_column:{host}/{name}.{column}@{cluster}`; may be given several times.
    #[arg(long, value_name = "SCHEME=TYPE:PATTERN", value_parser = existing)]
    pub atlas_type: Vec<(String, atlas::Existing)>,
    #[cfg(feature = "service")]
    #[command(flatten)]
    pub endpoint: Endpoint,
}

/// Where events go.
#[cfg(feature = "service")]
#[derive(Debug, Args)]
pub(super) struct Endpoint {
    /// OpenLineage: send the events to this endpoint, such as Marquez; prints nothing.
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// The file with the bearer token for it.
    #[arg(long, value_name = "FILE", requires = "to")]
    pub token_file: Option<PathBuf>,
    /// The certificates (PEM) of the authorities to trust, in place of the system's.
    #[arg(long, value_name = "FILE", requires = "to")]
    pub ca: Option<PathBuf>,
    /// Plain HTTP to another machine will do.
    #[arg(long, requires = "to")]
    pub plain: bool,
    /// How long to wait for each event, in seconds [default: 5].
    #[arg(long, value_name = "SECONDS", requires = "to")]
    pub timeout: Option<f64>,
}

/// What happened to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Moment {
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

/// A form of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    OpenLineage,
    Atlas,
    AtlasTypes,
    AtlasRelationships,
    AtlasHook,
    Dot,
    Mermaid,
    Html,
}

/// What is told beside the script.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    #[serde(default)]
    viewpoints: Vec<Account>,
    #[serde(default)]
    cuts: Vec<Cut>,
}

impl Export {
    /// What is known beside the records, with what the arguments name.
    pub fn beside(&self, mut beside: Beside) -> Result<Beside, Failure> {
        if self.no_text {
            beside.texts.clear();
        }
        if let Some(path) = &self.protection {
            let source = input::read(path, Status::Usage)?;
            let known: Known = serde_json::from_str(&source.text).map_err(|error| {
                Failure::new(
                    Status::Usage,
                    "input-unreadable",
                    format!("`{}`: {error}", source.origin),
                )
            })?;
            beside.viewpoints = known.viewpoints.into_iter().map(Into::into).collect();
            beside.cuts = known.cuts;
        }
        Ok(beside)
    }

    /// The graph in a form.
    pub fn render(&self, form: Form, graph: &Graph) -> Result<String, Failure> {
        let principal = (!graph.principals.is_empty()).then_some(0);
        Ok(match form {
            Form::OpenLineage => lines(&self.events(graph)?),
            Form::Atlas => pretty(&atlas::entities(graph, &self.atlas(graph)))?,
            Form::AtlasTypes => pretty(&atlas::typedefs())?,
            Form::AtlasRelationships => lines(&atlas::relationships(graph, &self.atlas(graph))),
            Form::AtlasHook => lines(&atlas::hook_messages(graph, &self.atlas(graph))),
            Form::Dot => dot::text(graph, principal),
            Form::Mermaid => mermaid::text(graph, principal),
            Form::Html => html::page(graph),
        })
    }

    /// Prints, or writes to the file that was named.
    pub fn put(&self, text: &str, streams: &mut Streams) -> Result<(), Failure> {
        let Some(path) = &self.output else {
            return streams.out(text);
        };
        std::fs::write(path, text).map_err(|error| {
            Failure::new(
                Status::Usage,
                "output-unwritable",
                format!("cannot write `{}`: {error}", path.display()),
            )
        })
    }

    /// Sends the events where an endpoint is named; whether it was.
    #[cfg(feature = "service")]
    pub fn send(&self, graph: &Graph) -> Result<bool, Failure> {
        use crate::lineage::export::endpoint;
        use crate::source::remote::{Auth, Settings};
        use std::time::Duration;

        let Some(url) = &self.endpoint.to else {
            return Ok(false);
        };
        let mut settings = Settings::new(url);
        if let Some(token_file) = self.endpoint.token_file.clone() {
            settings.auth = Auth::BearerFile { token_file };
        }
        settings.tls.ca.clone_from(&self.endpoint.ca);
        settings.plain = self.endpoint.plain;
        if let Some(seconds) = self.endpoint.timeout {
            settings.patience.total = Duration::try_from_secs_f64(seconds)
                .map_err(|error| Failure::usage(format!("--timeout: {error}")))?;
        }
        let endpoint = endpoint::Endpoint::new(&settings)
            .map_err(|problem| Failure::usage(format!("the lineage endpoint: {problem}")))?;
        endpoint
            .send(&self.events(graph)?)
            .map_err(|error| Failure::new(Status::Policy, "endpoint-failed", error.to_string()))?;
        Ok(true)
    }

    fn events(&self, graph: &Graph) -> Result<Vec<Value>, Failure> {
        let event = match self.run {
            None => openlineage::Event::Job,
            Some(moment) => openlineage::Event::Run(moment.into(), self.run_id(graph)?),
        };
        let settings = openlineage::Settings {
            event,
            job_namespace: self.namespace.clone(),
            dataset_namespace: self.dataset_namespace.clone(),
            streaming: !self.batch,
            texts: !self.no_text,
            principal: (!graph.principals.is_empty()).then_some(0),
            ..openlineage::Settings::default()
        };
        Ok(openlineage::events(graph, &settings))
    }

    fn run_id(&self, graph: &Graph) -> Result<Option<openlineage::RunId>, Failure> {
        let Some(text) = &self.run_id else {
            return Ok(None);
        };
        if graph.jobs.len() > 1 {
            return Err(Failure::usage("--run-id is for one script alone"));
        }
        let id = openlineage::RunId::parse(text);
        id.map(Some)
            .ok_or_else(|| Failure::usage("--run-id is no UUID"))
    }

    fn atlas(&self, graph: &Graph) -> atlas::Settings {
        atlas::Settings {
            cluster: self.cluster.clone(),
            job_namespace: self.namespace.clone(),
            dataset_namespace: self.dataset_namespace.clone(),
            existing: self.atlas_type.iter().cloned().collect::<BTreeMap<_, _>>(),
            principal: (!graph.principals.is_empty()).then_some(0),
            texts: !self.no_text,
        }
    }
}

impl From<Moment> for openlineage::Moment {
    fn from(moment: Moment) -> Self {
        match moment {
            Moment::Start => Self::Start,
            Moment::Running => Self::Running,
            Moment::Complete => Self::Complete,
            Moment::Abort => Self::Abort,
            Moment::Fail => Self::Fail,
        }
    }
}

/// Reads `SCHEME=TYPE:PATTERN` or `SCHEME=TYPE:PATTERN,TYPE:PATTERN`.
fn existing(text: &str) -> Result<(String, atlas::Existing), String> {
    let wrong = || "write SCHEME=TYPE:PATTERN, and after a comma the same for columns".to_owned();
    let (scheme, entities) = text.split_once('=').ok_or_else(wrong)?;
    let pair = |entity: &str| {
        let (type_name, pattern) = entity.split_once(':').ok_or_else(wrong)?;
        Ok::<_, String>((type_name.to_owned(), pattern.to_owned()))
    };
    let (table, column) = match entities.split_once(',') {
        Some((table, column)) => (pair(table)?, Some(pair(column)?)),
        None => (pair(entities)?, None),
    };
    Ok((scheme.to_owned(), atlas::Existing { table, column }))
}

/// One value a line.
fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

fn pretty(value: &Value) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n")
        .map_err(|error| Failure::internal(&error))
}
