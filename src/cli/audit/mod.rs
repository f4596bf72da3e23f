//! `audit`: hundreds of jobs under the current policy, as one report (docs/report.md).
//!
//! The jobs are read twice: once for what they write, so that masks follow the data from one job to the next, and once to be judged. Each reading
//! streams. Stays out: every decision, what a report says (`report`).

mod args;
mod dump;
mod estate;
mod out;
mod packed;
mod pipeline;
mod progress;
mod tables;
mod text;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

pub(super) use args::Audit;
use args::{FailOn, OwnerFrom, ReportFormat};
use estate::{Estate, Owners};
use out::{Out, unwritable};
use pipeline::{Work, ordered};
use progress::Progress;

use super::failure::{Failure, Status};
use super::input;
use super::lineage_store::Kept;
use super::render::Message;
use super::streams::Streams;
use crate::check::{Request, SubmitCheck};
use crate::lineage::store::{LineageError, LineageSource};
use crate::policy::Principal;
use crate::report::form::{Csv, Form, Head, Html, JUnit, Json, Sarif};
use crate::report::{
    Former, Gathered, Gatherer, Gathering, IN_MEMORY, Job, Judge, Manifest, Survey, Unknown,
    Variables,
};

pub(super) fn run(args: Audit, streams: &mut Streams) -> Result<Status, Failure> {
    if args.owner_from.is_none() && args.others.is_empty() {
        let message =
            "for whom? give --owner-from path, header-comment, column or a .csv file, or --as USER";
        return Err(Failure::usage(message));
    }
    let estate = estate(&args)?;
    let former = args.against.as_deref().map(former).transpose()?;
    let catalog = input::catalog(&args.catalog)?;
    let request = Request {
        session: input::session(args.session.as_deref())?,
        flink: args.flink.map(Into::into).unwrap_or_default(),
        splitter: args.splitter.map(Into::into),
        strict: args.rules.strict,
        ..Request::new(Principal::default(), "")
    };
    let head = Head {
        sqlsec: env!("CARGO_PKG_VERSION").to_owned(),
        time: format!(
            "{:.0}",
            jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default()
        ),
        rules: args.rules.title(),
        against: args.against.as_ref().map(|path| path.display().to_string()),
    };
    let gathered = Arc::new(Gathered::default());
    let kept = Kept {
        lineage: args.lineage.clone(),
        job: None,
    };
    // A name that is misspelt must not become an empty store.
    if let Some(path) = args.lineage.as_ref().filter(|path| !path.is_file()) {
        return Err(Failure::usage(format!(
            "`{}`: there is no such store of lineage",
            path.display()
        )));
    }
    let lineage: Option<Arc<dyn LineageSource>> = match kept.store()? {
        Some(store) => Some(store),
        None if args.without_lineage => None,
        None => Some(Arc::clone(&gathered) as Arc<dyn LineageSource>),
    };
    let check = input::judge(&args.rules.who(), catalog.clone(), lineage)?;
    let threads = args.threads.map_or_else(
        || std::thread::available_parallelism().map_or(2, usize::from),
        usize::from,
    );
    let mut survey = Survey::default();
    let mut total = None;
    if args.lineage.is_none() && !args.without_lineage {
        let gatherer = Gatherer::new(&*check, catalog, request.clone());
        let gatherer = gatherer.map_err(|error| Failure::internal(&error))?;
        let (gathering, jobs) = gather(&estate, &gatherer, threads)?;
        total = Some(jobs);
        survey.sums.lineage_unknown = gathering.unknown;
        gathered.is(gathering.known().map_err(|error| unkept(&error))?);
    }
    let judge = Judge {
        check: &*check as &dyn SubmitCheck,
        request,
        for_owner: args.owner_from.is_some(),
        others: args.others,
        former,
        with_scripts: args.format == ReportFormat::Html,
    };
    let mut out = Out::open(args.output.as_deref(), streams)?;
    let drifting = judge.former.is_some();
    let form = form(args.format);
    let writing = Writing {
        form,
        out: &mut out,
        survey: &mut survey,
    };
    write(&estate, &judge, threads, total, &head, writing)?;
    if survey.sums.entries == 0 {
        // A report on nothing would pass for one on everything.
        return Err(Failure::usage("there is no job in what was named"));
    }
    out.close()?;
    if args.output.is_some() {
        let summary = text::summary(&survey, drifting);
        streams.messages([Message::note("audit", summary)].iter());
    }
    Ok(status(&args.fail_on, &survey))
}

fn estate(args: &Audit) -> Result<Estate, Failure> {
    for path in &args.paths {
        if let Err(error) = fs::metadata(path) {
            return Err(unreadable(path, &error));
        }
    }
    for path in &args.dumps {
        // It is read more than once: what comes out of a pipe cannot be.
        let known = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if !known.is_file() {
            let message = format!("`{}`: a dump is a file", path.display());
            return Err(Failure::usage(message));
        }
    }
    let variables = match &args.variables {
        None => Variables::default(),
        Some(path) => {
            let source = input::read(path, Status::Usage)?;
            Variables::read(&source.text).map_err(|e| unusable("variables-invalid", path, &e))?
        }
    };
    let manifest = match &args.owner_from {
        Some(OwnerFrom::Manifest(path)) => {
            let file = File::open(path).map_err(|e| unreadable(path, &e))?;
            let read = Manifest::read(BufReader::new(file));
            Some(read.map_err(|e| unusable("owners-invalid", path, &e))?)
        }
        Some(OwnerFrom::Path | OwnerFrom::HeaderComment | OwnerFrom::Column) | None => None,
    };
    let except = args.catalog.iter().chain(&args.dumps);
    let except = except.filter_map(|path| fs::canonicalize(path).ok());
    Ok(Estate {
        paths: args.paths.clone(),
        dumps: args.dumps.clone(),
        except: except.collect::<BTreeSet<_>>(),
        variables,
        owners: Owners::of(args.owner_from.as_ref(), manifest),
    })
}

fn former(path: &Path) -> Result<Former, Failure> {
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    Former::read(BufReader::new(file)).map_err(|e| unusable("against-invalid", path, &e))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot read `{}`: {error}", path.display());
    Failure::new(Status::Usage, "input-unreadable", message)
}

fn unusable(code: &str, path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Status::Usage,
        code,
        format!("`{}`: {error}", path.display()),
    )
}

fn form(format: ReportFormat) -> Box<dyn Form> {
    match format {
        ReportFormat::Text => Box::new(text::Text::default()),
        ReportFormat::Json => Box::new(Json::default()),
        ReportFormat::Csv => Box::new(Csv),
        ReportFormat::Sarif => Box::new(Sarif::default()),
        ReportFormat::Junit => Box::new(JUnit::default()),
        ReportFormat::Html => Box::new(Html::default()),
    }
}

/// The first reading: what every job writes.
fn gather(
    estate: &Estate,
    gatherer: &Gatherer<'_>,
    threads: usize,
) -> Result<(Gathering, u64), Failure> {
    // What lies in it are names of tables, columns and jobs: nobody else can open it, and it is gone with the process.
    let mut gathering = Gathering::keeping(IN_MEMORY, Box::new(tempfile::tempfile));
    let mut progress = Progress::new("reading", None);
    ordered(
        threads,
        |push| estate.visit(push),
        Work {
            work: |job: &Job| gatherer.told(job),
            broken: |_: &Job| Err(Unknown),
        },
        |record| {
            progress.step();
            gathering.add(record).map_err(|error| unkept(&error))
        },
    )?;
    Ok((gathering, progress.end()))
}

fn unkept(error: &LineageError) -> Failure {
    Failure::new(Status::Usage, "lineage-unavailable", error.to_string())
}

/// What is written to, and what is counted on the way.
struct Writing<'w, 's> {
    form: Box<dyn Form>,
    out: &'w mut Out<'s>,
    survey: &'w mut Survey,
}

/// The second reading: the report.
fn write(
    estate: &Estate,
    judge: &Judge<'_>,
    threads: usize,
    total: Option<u64>,
    head: &Head,
    writing: Writing<'_, '_>,
) -> Result<(), Failure> {
    let Writing {
        mut form,
        out,
        survey,
    } = writing;
    let failed = |error: io::Error| unwritable("the report", &error);
    form.begin(head, out).map_err(failed)?;
    let mut progress = Progress::new("judging", total);
    ordered(
        threads,
        |push| estate.visit(push),
        Work {
            work: |job: &Job| judge.entries(job),
            broken: |job: &Job| vec![judge.broken(job)],
        },
        |entries| {
            progress.step();
            for (entry, script) in entries {
                survey.add(&entry);
                form.entry(&entry, script.as_ref(), out).map_err(failed)?;
            }
            Ok(())
        },
    )?;
    progress.end();
    let gone = judge.former.as_ref().map(Former::gone);
    survey.finish(gone.unwrap_or_default());
    form.end(survey, out).map_err(failed)
}

fn status(fail_on: &[FailOn], survey: &Survey) -> Status {
    let sums = &survey.sums;
    let drifted = || {
        let states = crate::report::DriftState::ALL.into_iter();
        states
            .filter(|s| s.is_drift())
            .map(|s| sums.drifted(s))
            .sum::<u64>()
    };
    let found = |fail_on: &FailOn| match fail_on {
        FailOn::Denied => sums.denied > 0,
        FailOn::Unjudged => sums.unjudged > 0,
        FailOn::Drift => drifted() > 0 || sums.gone > 0,
    };
    if fail_on.iter().any(found) {
        Status::Denied
    } else {
        Status::Allowed
    }
}
