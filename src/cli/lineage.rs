//! `lineage`: where each written column comes from. Needs no policy: it asks what is read, not whether it may be.
//!
//! A script runs through a session, so that what its earlier statements declare counts for the later ones.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};

use super::args::Flink;
use super::failure::{Failure, Status};
use super::input::{self, Source};
use super::lineage_export::{Export, Form};
use super::lineage_store::{self, StoreCommand};
use super::lineage_view::{Run, View};
use super::render::{Message, Place};
use super::streams::Streams;
use super::submit::OPEN_POLICY;
use crate::Session;
use crate::catalog::{Catalog, Object, TableName};
use crate::check::{Decision, Engine, Request, SubmitCheck};
use crate::lineage::graph::{Beside, Graph, Schema};
use crate::lineage::{Edge, Naming, Record, StatementRecord, lineage};
use crate::policy::{Policy, Principal};
use crate::resolve::resolve;
use crate::syntax::ast::{Statement, StatementKind};
use crate::syntax::{FlinkVersion, Limits, Script, Span, with_stack};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Lineage {
    #[command(subcommand)]
    pub store: Option<StoreCommand>,
    /// The scripts; standard input when absent or `-`. Each runs in a session of its own.
    pub files: Vec<PathBuf>,
    /// The site's tables and views: Flink DDL (.sql) or JSON (.json).
    #[arg(long, value_name = "FILE")]
    pub catalog: Vec<PathBuf>,
    /// The Flink that will run the script [default: 2.3].
    #[arg(long, value_name = "VERSION", value_enum)]
    pub flink: Option<Flink>,
    /// The state of the session before the script, as JSON.
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: LineageFormat,
    #[command(flatten)]
    pub view: View,
    #[command(flatten)]
    pub export: Export,
}

/// A form of lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum LineageFormat {
    /// A JSON object a line for each edge: source_table, source_col, target_table, target_col, kind. Tables of the current database by their
    /// last name. Without target_table an edge belongs to the rows of a query, without target_col to every column; without source_col any
    /// column may be meant.
    #[default]
    Edges,
    /// All that is known, with places in the text, as one JSON array of records.
    Json,
    /// OpenLineage events, one a line: of jobs, or with --run of runs.
    Openlineage,
    /// Apache Atlas: the body for `POST /api/atlas/v2/entity/bulk`.
    Atlas,
    /// Apache Atlas: the body for `POST /api/atlas/v2/types/typedefs`, once.
    AtlasTypes,
    /// Apache Atlas: bodies for `POST /api/atlas/v2/relationship`, one a line, after the entities: edges over which no classification travels.
    AtlasRelationships,
    /// Apache Atlas: messages for the topic ATLAS_HOOK, one a line.
    AtlasHook,
    /// Graphviz.
    Dot,
    /// A Mermaid flowchart.
    Mermaid,
    /// The picture: one HTML file without network.
    Html,
}

pub(super) fn run(args: &Lineage, streams: &mut Streams) -> Result<Status, Failure> {
    if let Some(command) = &args.store {
        return lineage_store::run(command, streams);
    }
    let catalog = input::catalog(&args.catalog)?;
    let session = input::session(args.session.as_deref())?;
    let flink = args.flink.map(Into::into).unwrap_or_default();
    let standard = [PathBuf::from("-")];
    let files = if args.files.is_empty() {
        standard.as_slice()
    } else {
        args.files.as_slice()
    };
    let mut records = Vec::with_capacity(files.len());
    let mut sessions = Vec::with_capacity(files.len());
    let mut beside = Beside::default();
    let mut status = Status::Allowed;
    for file in files {
        let script = input::script(Some(file.as_path()))?;
        let schemas = &mut beside.schemas;
        let mut after = session.clone();
        let (mut record, messages) =
            record(&script, job(file), &mut after, &catalog, flink, schemas)?;
        record
            .user
            .clone_from(args.export.user.as_ref().unwrap_or(&String::new()));
        if !messages.is_empty() {
            status = Status::Denied;
        }
        streams.messages(messages.iter());
        records.push(record);
        sessions.push(after);
        beside.texts.push(Some(script.text));
    }
    let texts = beside.texts.iter().map(Option::as_deref);
    let runs: Vec<Run<'_>> = records
        .iter()
        .zip(&sessions)
        .zip(texts)
        .map(|((record, after), text)| Run {
            text: text.unwrap_or_default(),
            record,
            before: &session,
            session: after,
        })
        .collect();
    let seen = args
        .view
        .viewpoints(&runs, &beside.schemas, &catalog, flink)?;
    let mut beside = args.export.beside(beside)?;
    beside.viewpoints.extend(seen);
    #[cfg(feature = "service")]
    if args.export.send(&Graph::new(&records, &beside))? {
        return Ok(status);
    }
    let drawn = |form| args.export.render(form, &Graph::new(&records, &beside));
    let text = match args.format {
        LineageFormat::Edges => edges(&records, &session),
        LineageFormat::Json => json(&records)?,
        LineageFormat::Openlineage => drawn(Form::OpenLineage)?,
        LineageFormat::Atlas => drawn(Form::Atlas)?,
        LineageFormat::AtlasTypes => drawn(Form::AtlasTypes)?,
        LineageFormat::AtlasRelationships => drawn(Form::AtlasRelationships)?,
        LineageFormat::AtlasHook => drawn(Form::AtlasHook)?,
        LineageFormat::Dot => drawn(Form::Dot)?,
        LineageFormat::Mermaid => drawn(Form::Mermaid)?,
        LineageFormat::Html => drawn(Form::Html)?,
    };
    args.export.put(&text, streams)?;
    Ok(status)
}

/// The name of a job: that of its file.
fn job(file: &Path) -> String {
    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned());
    stem.filter(|s| s != "-")
        .unwrap_or_else(|| "stdin".to_owned())
}

/// The lineage of a script, and what in it could not be read.
fn record(
    script: &Source,
    job: String,
    session: &mut Session,
    catalog: &Catalog,
    flink: FlinkVersion,
    schemas: &mut Vec<Schema>,
) -> Result<(Record, Vec<Message>), Failure> {
    let policy = Policy::load(OPEN_POLICY, "lineage").map_err(|e| Failure::internal(&e))?;
    let engine = Engine::new(policy, catalog.clone());
    let text = script.text.as_str();
    let parsed = Script::parse(text, flink, &Limits::default()).map_err(|error| {
        let place = Place::new(&script.origin, error.span.position(text), text);
        Failure::new(Status::Denied, "syntax-error", error.to_string()).at(place)
    })?;
    let mut statements = Vec::new();
    let mut messages = Vec::new();
    with_stack(text.len(), || {
        for (index, statement) in parsed.statements.iter().enumerate() {
            match resolve(statement, session, catalog) {
                Ok(resolution) => {
                    let naming = Naming::new(session, catalog);
                    let lineage = lineage(statement, &resolution, &|found, hints| {
                        naming.dataset(found, hints)
                    });
                    if !lineage.outputs.is_empty() {
                        statements.push(StatementRecord {
                            statement: index,
                            lineage,
                            ..StatementRecord::default()
                        });
                    }
                }
                Err(error) => {
                    let mut message = Message::error("unresolved", error.to_string());
                    let position = error.span.position(text);
                    message.place = Some(Place::new(&script.origin, position, text));
                    messages.push(message);
                    continue;
                }
            }
            messages.extend(advance(session, statement, script, &engine, flink));
            if let Some(last) = statements.last() {
                describe(last, session, catalog, schemas);
            }
        }
        drop(parsed);
    });
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH);
    let record = Record {
        job,
        user: String::new(),
        at: seconds.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)),
        statements,
    };
    Ok((record, messages))
}

/// Adds the schemas of the tables that a statement names.
fn describe(
    statement: &StatementRecord,
    session: &Session,
    catalog: &Catalog,
    schemas: &mut Vec<Schema>,
) {
    for written in &statement.lineage.outputs {
        let own = written.columns.iter().flat_map(|c| &c.edges);
        let sources = own.chain(&written.whole).map(|e| &e.source.dataset);
        for dataset in sources.chain(&written.target) {
            if schemas.iter().any(|s| s.dataset == *dataset) {
                continue;
            }
            let found = session.find(dataset.name.clone(), catalog);
            let Ok(Some(Object::Table(table))) = found.map(|f| f.object) else {
                continue;
            };
            let columns = table.columns.iter().flatten();
            schemas.push(Schema {
                dataset: dataset.clone(),
                columns: columns
                    .map(|c| (c.name.clone(), c.data_type.clone()))
                    .collect(),
            });
        }
    }
}

/// Brings the session to the state after a statement; says why where that cannot be.
fn advance(
    session: &mut Session,
    statement: &Statement,
    script: &Source,
    engine: &Engine,
    flink: FlinkVersion,
) -> Vec<Message> {
    match &statement.kind {
        // They change nothing that a name means.
        StatementKind::Query(_)
        | StatementKind::Insert(_)
        | StatementKind::StatementSet(_)
        | StatementKind::Explain(_)
        | StatementKind::CompilePlan(_)
        | StatementKind::Update(_)
        | StatementKind::Delete(_)
        | StatementKind::Truncate(_)
        | StatementKind::Analyze(_)
        | StatementKind::Describe(_)
        | StatementKind::Show(_)
        | StatementKind::Call(_)
        | StatementKind::Module(_)
        | StatementKind::Jar(_)
        | StatementKind::Set(_)
        | StatementKind::Reset(_)
        | StatementKind::BeginStatementSet
        | StatementKind::EndStatementSet => return Vec::new(),
        StatementKind::CreateTable(_)
        | StatementKind::CreateView(_)
        | StatementKind::CreateMaterializedTable(_)
        | StatementKind::CreateObject(_)
        | StatementKind::AlterTable(_)
        | StatementKind::AlterView(_)
        | StatementKind::AlterObject(_)
        | StatementKind::Drop(_)
        | StatementKind::Use(_)
        | StatementKind::Refused(_) => {}
    }
    let nobody = Principal {
        user: "lineage".to_owned(),
        ..Principal::default()
    };
    let request = Request {
        session: session.clone(),
        flink,
        ..Request::new(nobody, statement.span.text(&script.text))
    };
    match engine.check(&request).decision {
        Decision::Allow { session: after, .. } => {
            *session = after;
            Vec::new()
        }
        Decision::Deny { errors } => {
            let errors = errors.as_slice().iter().map(|error| {
                let mut message = Message::error(error.code.as_str(), error.message.clone());
                let start = statement.span.start.saturating_add(error.span.start);
                let position = Span::at(start).position(&script.text);
                message.place = Some(Place::new(&script.origin, position, &script.text));
                message
            });
            errors.collect()
        }
    }
}

fn json(records: &[Record]) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(records);
    text.map(|text| text + "\n")
        .map_err(|e| Failure::internal(&e))
}

/// Edges, one a line; `session` is the one that the scripts begin in.
fn edges(records: &[Record], session: &Session) -> String {
    let name = |name: &TableName| {
        if name.catalog == session.catalog && name.database == session.database {
            name.table.clone()
        } else {
            name.to_string()
        }
    };
    let mut lines: Vec<String> = Vec::new();
    let statements = records.iter().flat_map(|record| &record.statements);
    for written in statements.flat_map(|s| &s.lineage.outputs) {
        let target = written.target.as_ref().map(|t| name(&t.name));
        let line = |edge: &Edge, column: Option<&str>| {
            let object = serde_json::json!({
                "source_table": name(&edge.source.dataset.name),
                "source_col": edge.source.column,
                "target_table": target,
                "target_col": column,
                "kind": edge.relationship.kind(),
            });
            format!("{object}\n")
        };
        let start = lines.len();
        for column in &written.columns {
            lines.extend(column.edges.iter().map(|e| line(e, Some(&column.name))));
        }
        lines.extend(written.whole.iter().map(|e| line(e, None)));
        // Several relationships have one standard kind.
        let mut own = lines.split_off(start);
        own.dedup();
        lines.extend(own);
    }
    lines.concat()
}
