//! What a command reads: scripts, catalogs, policies, sessions.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Who;
use super::failure::{Failure, Status};
use super::render::{Message, Place};
use crate::catalog::{Catalog, Session};
use crate::check::{Engine, Gate, SubmitCheck};
use crate::lineage::store::LineageSource;
use crate::policy::{Policy, Principal, Severity};
use crate::source::PolicySource;
use crate::syntax::{Limits, Position};

/// Catalogs and policies beyond this are a mistake: a directory of data, a device.
const FILE_BYTES: usize = 256 << 20;

/// A text with the name that messages give it.
pub(super) struct Source {
    pub origin: String,
    pub text: String,
}

/// Reads the script from a file or standard input. What is longer than a script may be is not read to its end.
pub(super) fn script(file: Option<&Path>) -> Result<Source, Failure> {
    let limit = Limits::default().script_bytes;
    let too_long = || {
        Failure::new(
            Status::Denied,
            "limit-exceeded",
            format!("the script has more than {limit} bytes"),
        )
    };
    let (origin, bytes) = match file {
        Some(path) if path != Path::new("-") => (
            path.display().to_string(),
            File::open(path).and_then(|f| bytes(f, limit)),
        ),
        _ => ("<stdin>".to_owned(), bytes(io::stdin().lock(), limit)),
    };
    let bytes = bytes.map_err(|e| unreadable(Status::Usage, &origin, &e))?;
    if bytes.len() > limit {
        return Err(too_long().at(Place::bare(&origin, Position { line: 1, column: 1 })));
    }
    source(Status::Usage, origin, bytes)
}

/// Reads a file of UTF-8 text; what goes wrong ends the command with `status`.
pub(super) fn read(path: &Path, status: Status) -> Result<Source, Failure> {
    let origin = path.display().to_string();
    let bytes = File::open(path)
        .and_then(|f| bytes(f, FILE_BYTES))
        .map_err(|e| unreadable(status, &origin, &e))?;
    source(status, origin, bytes)
}

fn bytes(from: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(status: Status, origin: &str, error: &io::Error) -> Failure {
    Failure::new(
        status,
        "input-unreadable",
        format!("cannot read `{origin}`: {error}"),
    )
}

fn source(status: Status, origin: String, bytes: Vec<u8>) -> Result<Source, Failure> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { origin, text }),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = error
                .as_bytes()
                .get(..valid)
                .and_then(|b| std::str::from_utf8(b).ok())
                .unwrap_or_default();
            let place = Place::bare(&origin, Position::of(before, u32::MAX));
            Err(Failure::new(
                status,
                "input-not-utf8",
                format!("byte {valid} is not UTF-8"),
            )
            .at(place))
        }
    }
}

/// The catalog of all files, later ones over earlier ones.
pub(super) fn catalog(files: &[PathBuf]) -> Result<Catalog, Failure> {
    let mut catalog = Catalog::default();
    for path in files {
        let source = read(path, Status::Usage)?;
        let added = match path.extension().and_then(|e| e.to_str()) {
            Some("sql") => catalog.add_sql(&source.text, &source.origin),
            Some("json") => catalog.add_json(&source.text, &source.origin),
            _ => {
                return Err(Failure::usage(format!(
                    "`{}`: a catalog file ends in .sql or .json",
                    source.origin
                )));
            }
        };
        added.map_err(|e| {
            let place = Place::new(&source.origin, e.position, &source.text);
            Failure::new(Status::Usage, "catalog-invalid", without_place(&e.message)).at(place)
        })?;
    }
    Ok(catalog)
}

/// Whoever decides by the rules of the command line: those of a policy document, a catalog's reply, Ranger, or a permission service.
pub(super) fn judge(
    who: &Who,
    catalog: Catalog,
    lineage: Option<Arc<dyn LineageSource>>,
) -> Result<Box<dyn SubmitCheck>, Failure> {
    let Some(source) = source_of_rules(who)? else {
        let engine = Engine::new(policy(who)?, catalog);
        return Ok(match lineage {
            Some(lineage) => Box::new(engine.lineage(lineage)),
            None => Box::new(engine),
        });
    };
    let gate = Gate::new(source, Arc::new(catalog));
    Ok(match lineage {
        Some(lineage) => Box::new(gate.lineage(lineage)),
        None => Box::new(gate),
    })
}

/// Where the rules come from, if not from a policy document.
pub(super) fn source_of_rules(who: &Who) -> Result<Option<Arc<dyn PolicySource>>, Failure> {
    let reply = who.reply.source(who.user.as_deref())?;
    let named = [
        who.policy.is_some(),
        reply.is_some(),
        who.ranger.ranger.is_some(),
        names_service(who),
    ];
    if named.iter().filter(|named| **named).count() > 1 {
        let message =
            "two sources of rules: give one of --policy, --iceberg, --paimon, --ranger, --service";
        return Err(Failure::usage(message));
    }
    Ok(match (reply, &who.ranger.ranger) {
        (Some(reply), _) => Some(Arc::new(reply)),
        (None, Some(_)) if who.ranger.url().is_some() => Some(server(who)?),
        (None, Some(policies)) => Some(who.ranger.files(Path::new(policies))?),
        (None, None) if names_service(who) => Some(server(who)?),
        (None, None) => None,
    })
}

#[cfg(feature = "service")]
const fn names_service(who: &Who) -> bool {
    who.service.is_named()
}

#[cfg(not(feature = "service"))]
const fn names_service(_: &Who) -> bool {
    false
}

#[cfg(feature = "service")]
fn server(who: &Who) -> Result<Arc<dyn PolicySource>, Failure> {
    who.service.source(&who.ranger)
}

#[cfg(not(feature = "service"))]
fn server(_: &Who) -> Result<Arc<dyn PolicySource>, Failure> {
    Err(Failure::usage(
        "this sqlsec was built without feature `service`: it asks no servers",
    ))
}

/// The policy of the command line.
pub(super) fn policy(who: &Who) -> Result<Policy, Failure> {
    let Some(path) = &who.policy else {
        return Err(Failure::usage(
            "no rules: give --policy FILE, --ranger FILE or (built with feature `service`) --service URL",
        ));
    };
    policy_file(path)
}

/// The policy of a file.
pub(super) fn policy_file(path: &Path) -> Result<Policy, Failure> {
    let source = read(path, Status::Policy)?;
    Policy::load(&source.text, &source.origin).map_err(|e| {
        let errors = e.findings.iter().filter(|f| f.severity == Severity::Error);
        Failure {
            status: Status::Policy,
            messages: errors
                .map(|f| Message::finding(f, &source.origin, &source.text))
                .collect(),
        }
    })
}

/// The principal of the command line.
pub(super) fn principal(who: &Who) -> Result<Principal, Failure> {
    let Some(user) = who.user.clone().filter(|u| !u.is_empty()) else {
        return Err(Failure::usage("no user: give --user NAME"));
    };
    let mut principal = Principal {
        user,
        groups: who.group.iter().cloned().collect(),
        roles: who.role.iter().cloned().collect(),
        ..Principal::default()
    };
    for (name, value) in &who.attr {
        if principal
            .attributes
            .insert(name.clone(), value.clone())
            .is_some()
        {
            return Err(Failure::usage(format!("attribute `{name}` is given twice")));
        }
    }
    Ok(principal)
}

/// The session state of a file, or a fresh one.
pub(super) fn session(file: Option<&Path>) -> Result<Session, Failure> {
    let Some(path) = file else {
        return Ok(Session::default());
    };
    let source = read(path, Status::Usage)?;
    serde_json::from_str(&source.text).map_err(|e| {
        let position = Position::of_json(&source.text, e.line(), e.column());
        Failure::new(
            Status::Usage,
            "session-invalid",
            without_place(&e.to_string()),
        )
        .at(Place::new(&source.origin, position, &source.text))
    })
}

/// What serde_json says, without the place that it writes behind it: that is said once, beside the message.
fn without_place(message: &str) -> &str {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(what, _)| what)
}
