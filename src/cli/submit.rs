//! `rewrite`, `check` and `tables`.

use std::fs;
use std::sync::Arc;

use serde_json::Value;

use super::args::{Check, Common, Format, Rewrite, Tables, Who};
use super::failure::{Failure, Status};
use super::input::{self, Source};
use super::lineage_store::Kept;
use super::render::{self, Message};
use super::streams::Streams;
use super::{config, lineage_store, report, watch};
use crate::audit::{Audit, AuditError, AuditFile, Audited, Rotation};
use crate::check::{
    Code, Decision, Denial, Engine, Reply, Request, SubmitCheck, Unnoted, with_notes,
};
use crate::lineage::store::{LineageSource, LineageStore};
use crate::policy::{Policy, Principal};
use crate::rewrite::Style;
use crate::verify::RewrittenSql;

/// A policy that protects nothing and closes nothing: `tables` and `lineage` ask what is read, not whether it may be.
pub(super) const OPEN_POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: allow, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: all, type: access, effect: allow, to: { groups: [public] }, on: { object: '**' }, privileges: [create, drop, function, catalog] }
";

pub(super) fn rewrite(mut args: Rewrite, streams: &mut Streams) -> Result<Status, Failure> {
    config::apply(
        &mut args.common,
        Some(&mut args.who),
        Some(&mut args.style),
        Some(&mut args.kept),
    )?;
    let format = args.common.format.unwrap_or_default();
    if args.diff && format == Format::Json {
        return Err(Failure::usage(
            "--diff prints text: leave out --format json",
        ));
    }
    if args.explain && format == Format::Json {
        let message =
            "--explain writes comments into SQL: with --format json, `applied` says the same";
        return Err(Failure::usage(message));
    }
    if args.watch.watch.is_some() {
        return watch::run(&args, streams);
    }
    let style = args.style.map_or(Style::Derived, Style::from);
    let store = args.kept.store()?;
    let keeping = (store.as_ref(), &args.kept);
    let (script, mut reply) = decide(&args.common, Some((&args.who, keeping)), style)?;
    let noted = noted(&args, &reply)?;
    // Before anything is printed: SQL whose lineage nobody knows must not be submitted.
    let pending = match (&store, &args.kept.lineage) {
        (Some(store), Some(path)) => lineage_store::keep(&**store, path, &mut reply)?,
        _ => None,
    };
    save_session(&args.common, &reply)?;
    let protected = noted.as_ref().map(RewrittenSql::as_str);
    let protected = protected.or_else(|| reply.decision.sql());
    let text = match (format, protected) {
        (Format::Text, None) => String::new(),
        (Format::Text, Some(sql)) if args.diff => {
            render::diff(&script.origin, &script.text, sql, streams.colour_out())
        }
        (Format::Text, Some(sql)) => with_line_end(sql),
        (Format::Json, Some(_)) => json(&reply)?,
        (Format::Json, None) => {
            // The edits of statements that were allowed in a script that was not are SQL too.
            reply.statements.iter_mut().for_each(|s| s.edits.clear());
            json(&reply)?
        }
    };
    let status = finish(&text, &script, &reply, format, streams)?;
    streams.messages(pending.iter());
    Ok(status)
}

/// The protected script with its notes, where they are wanted and it is allowed.
pub(super) fn noted(args: &Rewrite, reply: &Reply) -> Result<Option<RewrittenSql>, Failure> {
    if !args.explain || reply.decision.sql().is_none() {
        return Ok(None);
    }
    let flink = args.common.flink.map(Into::into).unwrap_or_default();
    let splitter = args.common.splitter.map(Into::into);
    let noted = with_notes(reply, flink, splitter).map_err(|error| {
        let status = match error {
            Unnoted::Splitter(_) | Unnoted::Denied => Status::Denied,
            Unnoted::Unproved(_) => Status::Internal,
        };
        Failure::new(status, "notes-refused", error.to_string())
    })?;
    Ok(Some(noted))
}

pub(super) fn check(mut args: Check, streams: &mut Streams) -> Result<Status, Failure> {
    config::apply(
        &mut args.common,
        Some(&mut args.who),
        None,
        Some(&mut args.kept),
    )?;
    let format = args.common.format.unwrap_or_default();
    let store = args.kept.store()?;
    let keeping = (store.as_ref(), &args.kept);
    let (script, reply) = decide(&args.common, Some((&args.who, keeping)), Style::Derived)?;
    save_session(&args.common, &reply)?;
    let text = match (format, &reply.decision) {
        (Format::Text, Decision::Allow { .. }) => report::applied(&reply),
        (Format::Text, Decision::Deny { .. }) => String::new(),
        (Format::Json, _) => {
            // Answers without SQL, and a session holds the texts of its views.
            let mut value = serde_json::to_value(&reply).map_err(|e| Failure::internal(&e))?;
            remove(&mut value, &["sql", "session"]);
            each_statement(&mut value, &["edits"]);
            json(&value)?
        }
    };
    finish(&text, &script, &reply, format, streams)
}

pub(super) fn tables(mut args: Tables, streams: &mut Streams) -> Result<Status, Failure> {
    config::apply(&mut args.common, None, None, None)?;
    let format = args.common.format.unwrap_or_default();
    let (script, reply) = decide(&args.common, None, Style::Derived)?;
    save_session(&args.common, &reply)?;
    // What could be read is listed also when something else could not: the status says that it may not be all.
    let text = match format {
        Format::Text => report::tables(&reply.statements),
        Format::Json => {
            let mut value = serde_json::json!({ "statements": reply.statements, "errors": reply.decision.errors() });
            each_statement(&mut value, &["edits", "applied"]);
            json(&value)?
        }
    };
    finish(&text, &script, &reply, format, streams)
}

/// The store of lineage, and the name of the job there.
type Keeping<'k> = (Option<&'k Arc<dyn LineageStore>>, &'k Kept);

fn decide(
    common: &Common,
    who: Option<(&Who, Keeping<'_>)>,
    style: Style,
) -> Result<(Source, Reply), Failure> {
    let catalog = input::catalog(&common.catalog)?;
    let (judge, principal): (Box<dyn SubmitCheck>, Principal) = match who {
        Some((who, (store, _))) => {
            let lineage = store.map(|store| Arc::clone(store) as Arc<dyn LineageSource>);
            let judge = input::judge(who, catalog, lineage)?;
            (recorded(judge, who)?, input::principal(who)?)
        }
        None => {
            let policy = Policy::load(OPEN_POLICY, "tables").map_err(|e| Failure::internal(&e))?;
            let nobody = Principal {
                user: "tables".to_owned(),
                ..Principal::default()
            };
            (Box::new(Engine::new(policy, catalog)), nobody)
        }
    };
    let script = input::script(common.file.as_deref())?;
    let request = Request {
        principal,
        style,
        job: who.and_then(|(_, (_, kept))| kept.job.clone()),
        ..request(common, who.map(|(who, _)| who), &script.text)?
    };
    let reply = judge.check(&request);
    Ok((script, reply))
}

/// The same judge, of whom every answer is recorded where the command line asks for it.
pub(super) fn recorded(
    judge: Box<dyn SubmitCheck>,
    who: &Who,
) -> Result<Box<dyn SubmitCheck>, Failure> {
    let Some(path) = &who.audit else {
        return Ok(judge);
    };
    let failed =
        |error: &AuditError| Failure::new(Status::Usage, "audit-unwritable", error.to_string());
    let file = AuditFile::open(path, Rotation::default()).map_err(|e| failed(&e))?;
    Ok(Box::new(Audited::new(judge, Audit::new(Arc::new(file)))))
}

/// The request of a command; without a principal it is of nobody.
pub(super) fn request(
    common: &Common,
    who: Option<&Who>,
    script: &str,
) -> Result<Request, Failure> {
    let principal = match who {
        Some(who) => input::principal(who)?,
        None => Principal::default(),
    };
    Ok(Request {
        session: input::session(common.session.as_deref())?,
        flink: common.flink.map(Into::into).unwrap_or_default(),
        splitter: common.splitter.map(Into::into),
        strict: who.is_some_and(|who| who.strict),
        ..Request::new(principal, script)
    })
}

/// Prints the answer, and the reasons where it is no.
pub(super) fn finish(
    text: &str,
    script: &Source,
    reply: &Reply,
    format: Format,
    streams: &mut Streams,
) -> Result<Status, Failure> {
    streams.out(text)?;
    let errors = reply.decision.errors();
    if format == Format::Text {
        let messages: Vec<Message> = errors
            .iter()
            .map(|e| Message::denial(e, &script.origin, &script.text))
            .collect();
        streams.messages(messages.iter());
    }
    Ok(status(errors))
}

/// The status of a script with these reasons against it.
pub(super) fn status(errors: &[Denial]) -> Status {
    let unanswered = |code: Code| {
        matches!(
            code,
            Code::PolicyUnavailable | Code::LineageUnavailable | Code::AuditUnavailable
        )
    };
    let ours = |code: Code| matches!(code, Code::Internal | Code::VerifyFailed);
    match errors {
        [] => Status::Allowed,
        errors if errors.iter().any(|e| ours(e.code)) => Status::Internal,
        errors if errors.iter().any(|e| unanswered(e.code)) => Status::Policy,
        _ => Status::Denied,
    }
}

/// Before anything is printed: SQL without the state that belongs to it would be submitted into a session that nobody remembers.
fn save_session(common: &Common, reply: &Reply) -> Result<(), Failure> {
    let (Some(path), Decision::Allow { session, .. }) = (&common.session_out, &reply.decision)
    else {
        return Ok(());
    };
    let text = json(session)?;
    fs::write(path, text).map_err(|e| {
        Failure::new(
            Status::Usage,
            "output-unwritable",
            format!("cannot write `{}`: {e}", path.display()),
        )
    })
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map(|t| format!("{t}\n"))
        .map_err(|e| Failure::internal(&e))
}

fn remove(value: &mut Value, fields: &[&str]) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|key, _| !fields.contains(&key.as_str()));
    }
}

fn each_statement(reply: &mut Value, without: &[&str]) {
    let statements = reply.get_mut("statements").and_then(Value::as_array_mut);
    statements
        .into_iter()
        .flatten()
        .for_each(|statement| remove(statement, without));
}

pub(super) fn with_line_end(sql: &str) -> String {
    if sql.ends_with('\n') {
        sql.to_owned()
    } else {
        format!("{sql}\n")
    }
}
