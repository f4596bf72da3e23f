//! `--lineage STORE`, and `lineage show|commit|abort|ended|import|forget|declassify`: the lineage of all jobs, kept in a file or in PostgreSQL.
//!
//! Stays out: what is inherited. Whoever changes what is known says who they are, and why: that is the audit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::args::Format;
use super::failure::{Failure, Status};
use super::input;
use super::lineage_show;
use super::render::{Message, printable};
use super::streams::Streams;
use crate::catalog::TableName;
use crate::check::Reply;
use crate::lineage::store::{
    AtlasNames, Cut, CutAt, Event, Forget, Known, LineageError, LineageStore, RecordId, is_address,
    is_atlas, record_of_event, records_of_atlas,
};
use crate::lineage::{Dataset, SourceColumn};
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
  sqlsec lineage show --lineage lineage.db --format json --table lake.core.orders
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
    /// The same.
    #[arg(long, value_name = "DATASET", conflicts_with = "dataset")]
    pub table: Option<String>,
    /// Everything, however much there is.
    #[arg(long)]
    pub all: bool,
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

    /// The store, which must be there, for a command that leaves nothing in it.
    pub fn read(&self) -> Result<Option<Arc<dyn LineageStore>>, Failure> {
        self.lineage
            .as_deref()
            .map(|path| open(path, false))
            .transpose()
    }
}

/// A store by a file's name or by the address of a PostgreSQL database.
pub(super) fn open(place: &Path, create: bool) -> Result<Arc<dyn LineageStore>, Failure> {
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

pub(super) fn failed(error: &LineageError) -> Failure {
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
        StoreCommand::Show(args) => lineage_show::show(args, streams),
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
    let name = named(text)?;
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

pub(super) fn named(text: &str) -> Result<TableName, Failure> {
    table_name(text).ok_or_else(|| {
        let message =
            format!("`{text}` is no dataset: write catalog.database.table, or a physical name");
        Failure::usage(message)
    })
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
