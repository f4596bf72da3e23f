//! `--lineage STORE`, and `lineage show|commit|abort|ended|import|forget|declassify`: the lineage of all jobs, kept in a file or in PostgreSQL.
//!
//! Stays out: what is inherited. Whoever changes what is known says who they are, and why: that is the audit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::args::Format;
use super::failure::{Failure, Status};
use super::input;
use super::render::{Message, printable};
use super::streams::Streams;
use crate::catalog::TableName;
use crate::check::Reply;
use crate::lineage::store::{
    AtlasNames, Cut, CutAt, Entry, Event, Fold, Forget, Known, LineageError, LineageStore,
    RecordId, is_address, is_atlas, record_of_event, records_of_atlas,
};
use crate::lineage::{Dataset, Edge, Indirect, Relationship, SourceColumn};
use crate::policy::{moment, table_name};

/// What a submission reads of the store, and leaves in it.
#[derive(Debug, Args)]
pub(super) struct Kept {
    /// What earlier jobs wrote, and where this one is kept: a file, made where there is none, or `postgres://user@host/database` (password: PGPASSWORD).
    #[arg(long, value_name = "STORE")]
    pub lineage: Option<PathBuf>,
    /// The name of this job there.
    #[arg(long)]
    pub job: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Print what is known: who wrote which columns from which, what is pending, what was declassified.
    #[command(after_help = "\
Examples:
  sqlsec lineage show --lineage lineage.db
  sqlsec lineage show --lineage lineage.db --format json lake.core.orders
  sqlsec lineage show --lineage lineage.db --history | jq .")]
    Show(Show),
    /// Say that submissions were made: what they wrote stays known.
    Commit(Ids),
    /// Say that submissions were not made, and wrote nothing.
    Abort(Ids),
    /// Say that jobs have finished and done what they were to do: what an overwriting one has replaced is no longer in its table.
    Ended(Ids),
    /// Take in what other systems told: OpenLineage events and documents of Apache Atlas, as JSON, a list of them, or one a line.
    #[command(after_help = "\
Examples:
  sqlsec lineage import --lineage lineage.db events.jsonl
  sqlsec lineage import --lineage lineage.db --atlas-name 'hive_table=hive://ms:9083/{name}' atlas.json")]
    Import(Import),
    /// Take entries away from the readers of a dataset: of a topic whose old messages have expired.
    #[command(after_help = "\
Examples:
  sqlsec lineage forget --lineage lineage.db kafka://b1:9092/orders --before 2026-01-31 --who ops --why 'retention is 7 days'")]
    Forget(ForgetArgs),
    /// End inheritance at a column, or at the edges of one job into it.
    #[command(after_help = "\
Examples:
  sqlsec lineage declassify --lineage lineage.db lake.core.sums --column total --who officer --why 'sums of whole regions'
  sqlsec lineage declassify --lineage lineage.db lake.core.sums --column total --job nightly --from lake.core.orders --from-column amount \\
      --until 2027-01-01 --who officer --why 'reviewed'
  sqlsec lineage declassify --lineage lineage.db --undo 17 --who officer --why 'the job has changed'")]
    Declassify(Declassify),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The store: a file, or `postgres://user@host/database`.
    #[arg(long, value_name = "STORE")]
    pub lineage: PathBuf,
    /// Only this dataset: `catalog.database.table`, or a physical name.
    pub dataset: Option<String>,
    /// All events instead, oldest first, a JSON object a line: the audit.
    #[arg(long)]
    pub history: bool,
    /// How to print [default: text].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Args)]
pub(super) struct Ids {
    /// The store: a file, or `postgres://user@host/database`.
    #[arg(long, value_name = "STORE")]
    pub lineage: PathBuf,
    /// The numbers of the records, as `rewrite` printed them.
    #[arg(required = true)]
    pub ids: Vec<u64>,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The store: a file, or `postgres://user@host/database`.
    #[arg(long, value_name = "STORE")]
    pub lineage: PathBuf,
    /// What the names of a type of Atlas mean: `{name}` is the qualified name up to its last `@`, `{cluster}` what follows it.
    #[arg(long, value_name = "TYPE=DATASET", value_parser = atlas_name)]
    pub atlas_name: Vec<(String, String)>,
    /// Files of events or documents.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

/// Who changes what is known, and why.
#[derive(Debug, Args)]
pub(super) struct Reason {
    /// Who says so.
    #[arg(long)]
    pub who: String,
    /// Why.
    #[arg(long)]
    pub why: String,
}

#[derive(Debug, Args)]
pub(super) struct ForgetArgs {
    /// The store: a file, or `postgres://user@host/database`.
    #[arg(long, value_name = "STORE")]
    pub lineage: PathBuf,
    /// The dataset: `catalog.database.table`, or a physical name.
    pub dataset: String,
    /// Only what this job wrote.
    #[arg(long)]
    pub job: Option<String>,
    /// Only what was written before: `2026-01-31`, `2026-01-31T08:00:00Z`.
    #[arg(long)]
    pub before: Option<String>,
    #[command(flatten)]
    pub reason: Reason,
}

#[derive(Debug, Args)]
pub(super) struct Declassify {
    /// The store: a file, or `postgres://user@host/database`.
    #[arg(long, value_name = "STORE")]
    pub lineage: PathBuf,
    /// The dataset: `catalog.database.table`, or a physical name.
    #[arg(required_unless_present = "undo", requires = "column")]
    pub dataset: Option<String>,
    /// The column.
    #[arg(long)]
    pub column: Option<String>,
    /// Only the edges that this job left, from `--from` and `--from-column`.
    #[arg(long, requires = "from", requires = "from_column")]
    pub job: Option<String>,
    /// The dataset that they come from.
    #[arg(long, requires = "job")]
    pub from: Option<String>,
    /// The column that they come from.
    #[arg(long, requires = "job")]
    pub from_column: Option<String>,
    /// The hash of the expression there (`show --format json` has it): another expression ends the cut.
    #[arg(long, requires = "job")]
    pub expression: Option<String>,
    /// Until when: `2026-01-31`, `2026-01-31T08:00:00Z`.
    #[arg(long)]
    pub until: Option<String>,
    /// Take one back instead: its number, as `show` prints it.
    #[arg(long, conflicts_with = "dataset")]
    pub undo: Option<u64>,
    #[command(flatten)]
    pub reason: Reason,
}

impl Kept {
    /// The store, where one is named.
    pub fn store(&self) -> Result<Option<Arc<dyn LineageStore>>, Failure> {
        self.lineage
            .as_deref()
            .map(|path| open(path, true))
            .transpose()
    }
}

/// A store by a file's name or by the address of a PostgreSQL database.
fn open(place: &Path, create: bool) -> Result<Arc<dyn LineageStore>, Failure> {
    match place.to_str().filter(|place| is_address(place)) {
        Some(address) => in_database(address, create),
        None => in_file(place, create),
    }
}

#[cfg(feature = "store")]
fn in_file(path: &Path, create: bool) -> Result<Arc<dyn LineageStore>, Failure> {
    use crate::lineage::store::SqliteStore;
    let opened = if create {
        SqliteStore::open(path)
    } else {
        SqliteStore::existing(path)
    };
    Ok(Arc::new(opened.map_err(|e| failed(&e))?))
}

#[cfg(not(feature = "store"))]
fn in_file(_: &Path, _: bool) -> Result<Arc<dyn LineageStore>, Failure> {
    Err(Failure::usage(
        "this sqlsec was built without feature `store`: it keeps no lineage",
    ))
}

#[cfg(feature = "postgres")]
fn in_database(address: &str, create: bool) -> Result<Arc<dyn LineageStore>, Failure> {
    use crate::lineage::store::{PostgresOptions, PostgresStore};
    let options = PostgresOptions {
        password: password()?,
        ..PostgresOptions::default()
    };
    let opened = if create {
        PostgresStore::open(address, &options)
    } else {
        PostgresStore::existing(address, &options)
    };
    Ok(Arc::new(opened.map_err(|e| failed(&e))?))
}

#[cfg(not(feature = "postgres"))]
fn in_database(_: &str, _: bool) -> Result<Arc<dyn LineageStore>, Failure> {
    Err(Failure::usage(
        "this sqlsec was built without feature `postgres`: it keeps lineage in files alone",
    ))
}

/// The password of the database: `PGPASSWORD`, or what the file holds that `SQLSEC_LINEAGE_PASSWORD_FILE` names.
#[cfg(feature = "postgres")]
#[expect(
    clippy::disallowed_methods,
    reason = "the command line is where the environment is read"
)]
fn password() -> Result<Option<String>, Failure> {
    let Some(file) = std::env::var_os("SQLSEC_LINEAGE_PASSWORD_FILE") else {
        return Ok(std::env::var("PGPASSWORD").ok());
    };
    let text = std::fs::read_to_string(&file).map_err(|e| {
        let file = Path::new(&file).display();
        Failure::new(
            Status::Policy,
            "lineage-unavailable",
            format!("cannot read `{file}`: {e}"),
        )
    })?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn failed(error: &LineageError) -> Failure {
    let (status, code) = match error {
        LineageError::Unavailable(_) | LineageError::Unreadable(_) => {
            (Status::Policy, "lineage-unavailable")
        }
        LineageError::Stale => (Status::Denied, "lineage-stale"),
        LineageError::Unfit(_) => (Status::Usage, "usage"),
    };
    Failure::new(status, code, error.to_string())
}

/// Keeps what an allowed script is about to write, before its SQL is printed, and notes it in the reply. What is said to whoever submits it.
pub(super) fn keep(
    store: &dyn LineageStore,
    path: &Path,
    reply: &mut Reply,
) -> Result<Option<Message>, Failure> {
    let Some(record) = &reply.lineage else {
        return Ok(None);
    };
    let version = reply.lineage_version.unwrap_or_default();
    let id = store
        .pending_since(record, version)
        .map_err(|e| failed(&e))?;
    let text = format!(
        "lineage record {id} is pending: `sqlsec lineage commit {id} --lineage {}` when it was submitted, `abort` when not",
        printable(&path.display().to_string())
    );
    reply.lineage_id = Some(id);
    Ok(Some(Message::note("lineage-pending", text)))
}

pub(super) fn run(command: &StoreCommand, streams: &mut Streams) -> Result<Status, Failure> {
    match command {
        StoreCommand::Show(args) => show(args, streams),
        StoreCommand::Commit(args) => each(args, |store, id| store.commit(id)),
        StoreCommand::Abort(args) => each(args, |store, id| store.abort(id)),
        StoreCommand::Ended(args) => each(args, |store, id| store.ended(id)),
        StoreCommand::Import(args) => import(args, streams),
        StoreCommand::Forget(args) => forget(args),
        StoreCommand::Declassify(args) => declassify(args, streams),
    }
}

fn each(
    args: &Ids,
    change: impl Fn(&dyn LineageStore, RecordId) -> Result<(), LineageError>,
) -> Result<Status, Failure> {
    let store = open(&args.lineage, false)?;
    for id in &args.ids {
        change(&*store, RecordId(*id)).map_err(|e| failed(&e))?;
    }
    Ok(Status::Allowed)
}

fn import(args: &Import, streams: &mut Streams) -> Result<Status, Failure> {
    let names: AtlasNames = args.atlas_name.iter().cloned().collect();
    let mut records = Vec::new();
    let mut catalogue = Vec::new();
    let mut origins = Vec::new();
    for file in &args.files {
        let source = input::read(file, Status::Usage)?;
        let unfit = |why: String| {
            let message = format!("`{}`: {why}", source.origin);
            Failure::new(Status::Usage, "input-unreadable", message)
        };
        for event in events(&source.text).map_err(unfit)? {
            if is_atlas(&event) {
                catalogue.push(event);
            } else {
                records.extend(record_of_event(&event).map_err(unfit)?);
            }
        }
        origins.push(source.origin.clone());
    }
    let documents: Vec<&Value> = catalogue.iter().collect();
    let told = records_of_atlas(&documents, &names, now()).map_err(|why| {
        let message = format!("`{}`: {why}", origins.join("`, `"));
        Failure::new(Status::Usage, "input-unreadable", message)
    })?;
    records.extend(told);
    // Nothing is taken in when something cannot be read.
    let store = open(&args.lineage, true)?;
    let count = records.len();
    for record in records {
        store
            .append(Event::Import(record), None)
            .map_err(|e| failed(&e))?;
    }
    streams.out(&format!("{count} jobs imported\n"))?;
    Ok(Status::Allowed)
}

fn atlas_name(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, pattern)) if pattern.contains("{name}") => {
            Ok((name.trim().to_owned(), pattern.trim().to_owned()))
        }
        _ => Err(
            "write TYPE=DATASET with {name} in it, as hive_table=hive://ms:9083/{name}".to_owned(),
        ),
    }
}

/// One event, a list of them, or one a line.
fn events(text: &str) -> Result<Vec<Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Array(list)) => Ok(list),
        Ok(one) => Ok(vec![one]),
        Err(_) => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            let read = lines.map(|line| serde_json::from_str(line).map_err(|e| e.to_string()));
            read.collect()
        }
    }
}

fn forget(args: &ForgetArgs) -> Result<Status, Failure> {
    let store = open(&args.lineage, false)?;
    let known = store.snapshot().map_err(|e| failed(&e))?;
    let event = Event::Forget(Forget {
        dataset: dataset(&known, &args.dataset)?,
        job: args.job.clone(),
        before: args.before.as_deref().map(seconds).transpose()?,
        who: args.reason.who.clone(),
        at: now(),
        why: args.reason.why.clone(),
    });
    store.append(event, None).map_err(|e| failed(&e))?;
    Ok(Status::Allowed)
}

fn declassify(args: &Declassify, streams: &mut Streams) -> Result<Status, Failure> {
    let store = open(&args.lineage, false)?;
    let known = store.snapshot().map_err(|e| failed(&e))?;
    let (who, why) = (args.reason.who.clone(), args.reason.why.clone());
    let event = match (args.undo, &args.dataset, &args.column) {
        (Some(cut), ..) => Event::Classify {
            cut,
            who,
            at: now(),
            why,
        },
        (None, Some(named), Some(column)) => {
            let target = SourceColumn::new(&dataset(&known, named)?, column);
            let cut = match (&args.job, &args.from, &args.from_column) {
                (Some(job), Some(from), Some(column)) => CutAt::Edge {
                    job: job.clone(),
                    source: SourceColumn::new(&dataset(&known, from)?, column),
                    target,
                    expression: args.expression.clone(),
                },
                _ => CutAt::Column(target),
            };
            Event::Declassify(Cut {
                cut,
                who,
                at: now(),
                why,
                until: args.until.as_deref().map(seconds).transpose()?,
            })
        }
        (None, ..) => return Err(Failure::usage("name a dataset and a --column")),
    };
    let number = store.append(event, None).map_err(|e| failed(&e))?;
    if args.undo.is_none() {
        streams.out(&format!("cut {number}\n"))?;
    }
    Ok(Status::Allowed)
}

/// A dataset as an operator names it: by a physical name, or as the store knows a table.
fn dataset(known: &Known, text: &str) -> Result<Dataset, Failure> {
    if text.contains("://") {
        return Ok(Dataset {
            name: TableName::new("", "", ""),
            physical: vec![text.trim_end_matches('/').to_owned()],
        });
    }
    let Some(name) = table_name(text) else {
        let message =
            format!("`{text}` is no dataset: write catalog.database.table, or a physical name");
        return Err(Failure::usage(message));
    };
    let called = known.called(&name).map_err(|e| failed(&e))?;
    if let Some(written) = called.first() {
        return Ok((**written).clone());
    }
    // Of what only others were made.
    let fold = known.whole().map_err(|e| failed(&e))?;
    let entries = fold.datasets().flat_map(|(_, entries)| entries);
    let mut sources = entries.flat_map(|entry| {
        let own = entry.written().columns.iter().flat_map(|c| &c.edges);
        own.chain(&entry.written().whole)
            .map(|edge| &edge.source.dataset)
    });
    let found = sources.find(|dataset| dataset.name == name);
    Ok(found.cloned().unwrap_or(Dataset {
        name,
        physical: Vec::new(),
    }))
}

fn seconds(text: &str) -> Result<i64, Failure> {
    let Some(moment) = moment(text) else {
        let message = format!("`{text}` is no time: write 2026-01-31 or 2026-01-31T08:00:00Z");
        return Err(Failure::usage(message));
    };
    Ok(since_1970(moment))
}

fn now() -> i64 {
    since_1970(SystemTime::now())
}

fn since_1970(moment: SystemTime) -> i64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn show(args: &Show, streams: &mut Streams) -> Result<Status, Failure> {
    let store = open(&args.lineage, false)?;
    if args.history {
        let mut text = String::new();
        for (number, event) in store.events().map_err(|e| failed(&e))? {
            text.push_str(&format!(
                "{}\n",
                json!({ "number": number, "event": event })
            ));
        }
        streams.out(&text)?;
        return Ok(Status::Allowed);
    }
    let known = store.snapshot().map_err(|e| failed(&e))?;
    let wanted = args
        .dataset
        .as_deref()
        .map(|text| dataset(&known, text))
        .transpose()?;
    let is_wanted = |dataset: &Dataset| {
        wanted.as_ref().is_none_or(|wanted| {
            let mut names = wanted.physical.iter();
            names.any(|name| dataset.physical.contains(name)) || wanted.name == dataset.name
        })
    };
    let known = known.whole().map_err(|e| failed(&e))?;
    let shown: Vec<(&Dataset, &[Arc<Entry>])> = known
        .datasets()
        .filter(|(dataset, _)| is_wanted(dataset))
        .collect();
    let text = match args.format.unwrap_or_default() {
        Format::Text => as_text(&known, &shown),
        Format::Json => {
            let value = as_json(&known, &shown);
            let text = serde_json::to_string_pretty(&value).map_err(|e| Failure::internal(&e))?;
            format!("{text}\n")
        }
    };
    streams.out(&text)?;
    Ok(Status::Allowed)
}

fn state(entry: &Entry) -> &'static str {
    match (entry.unknown, entry.settled, entry.ended) {
        _ if entry.superseded => "superseded",
        (true, ..) => "told by another system",
        (false, None, _) => "pending",
        (false, Some(_), None) => "written",
        (false, Some(_), Some(_)) => "ended",
    }
}

fn as_text(known: &Fold, shown: &[(&Dataset, &[Arc<Entry>])]) -> String {
    let mut text = format!("version {}\n", known.version());
    let mut line = |depth: usize, what: &str| {
        text.push_str(&format!("{}{}\n", "  ".repeat(depth), printable(what)));
    };
    for (dataset, entries) in shown {
        let physical = dataset.physical.join(", ");
        line(0, &format!("{} = {physical}", dataset.name));
        for entry in *entries {
            let said = format!(
                "{} by {} (record {}, {})",
                entry.job,
                entry.user,
                entry.record,
                state(entry)
            );
            line(1, &said);
            let written = entry.written();
            let columns = written.columns.iter();
            let own = columns.flat_map(|c| c.edges.iter().map(|edge| (c.name.as_str(), edge)));
            let whole = written.whole.iter().map(|edge| ("every column", edge));
            for (target, edge) in own.chain(whole) {
                let source = edge.source.column.as_deref().unwrap_or("*");
                let kind = kind(edge);
                let only = match edge.relationship.is_told() {
                    true => "",
                    false => " (for inheritance alone)",
                };
                let under = match entry.read_under(&edge.source) {
                    Some(print) => format!(", read masked ({})", print.hides().word()),
                    None => String::new(),
                };
                let name = &edge.source.dataset.name;
                let said = format!("{target} from {name}.{source}: {kind}{only}{under}");
                line(2, &said);
            }
        }
    }
    for (number, cut) in known.cuts() {
        let at = match &cut.cut {
            CutAt::Column(column) => place(column),
            CutAt::Edge {
                job,
                source,
                target,
                ..
            } => format!("{} to {} in {job}", place(source), place(target)),
        };
        line(
            0,
            &format!("cut {number}: {at}, by {}: {}", cut.who, cut.why),
        );
    }
    for (id, record) in known.pending() {
        line(
            0,
            &format!("pending {id}: {} by {}", record.job, record.user),
        );
    }
    text
}

/// OpenLineage's name for an edge; for those of which it knows nothing, their own.
fn kind(edge: &Edge) -> &'static str {
    match edge.relationship {
        Relationship::Indirect(Indirect::Rows) => "ROWS",
        Relationship::Indirect(Indirect::Count) => "COUNT",
        Relationship::Indirect(Indirect::Twin) => "TWIN",
        Relationship::Direct(_) | Relationship::Indirect(_) => edge.relationship.kind().name(),
    }
}

fn place(column: &SourceColumn) -> String {
    let dataset = &column.dataset;
    let name = match dataset.physical.first() {
        Some(physical) if dataset.name.table.is_empty() => physical.clone(),
        Some(_) | None => dataset.name.to_string(),
    };
    format!("{name}.{}", column.column.as_deref().unwrap_or("*"))
}

fn as_json(known: &Fold, shown: &[(&Dataset, &[Arc<Entry>])]) -> Value {
    let entry = |entry: &Arc<Entry>| {
        json!({
            "record": entry.record,
            "job": &*entry.job,
            "user": &*entry.user,
            "at": entry.at,
            "state": state(entry),
            "columns": entry.written().columns.iter().map(|column| json!({
                "name": column.name,
                "edges": column.edges.iter().map(|edge| json!({
                    "source": edge.source,
                    "kind": kind(edge),
                    "inheritance_only": !edge.relationship.is_told(),
                    "read_under": entry.read_under(&edge.source),
                    "expression": entry.text(edge).map(|text| &text.hash),
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "whole": entry.written().whole,
        })
    };
    let datasets = shown.iter().map(|(dataset, entries)| {
        json!({
            "dataset": dataset,
            "entries": entries.iter().map(entry).collect::<Vec<_>>(),
        })
    });
    json!({
        "version": known.version(),
        "datasets": datasets.collect::<Vec<_>>(),
        "cuts": known.cuts().map(|(number, cut)| json!({ "number": number, "cut": cut })).collect::<Vec<_>>(),
        "pending": known.pending().map(|(id, record)| json!({ "id": id, "record": record })).collect::<Vec<_>>(),
    })
}
