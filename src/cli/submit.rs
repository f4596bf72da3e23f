//! `rewrite`, `check` and `tables`.

use std::fmt::Write;
use std::fs;

use super::args::{Check, Common, Format, Rewrite, Tables, Who};
use super::input::{self, ScriptText};
use super::{Failure, Status, Streams, config, render};
use crate::check::{Code, Decision, Denial, Engine, Reply, Request, StatementReport, SubmitCheck};
use crate::policy::{Policy, Principal};
use crate::rewrite::Style;

/// A policy that protects nothing and closes nothing: `tables` asks what is read, not whether it may be.
const OPEN_POLICY: &str =
    "apiVersion: sqlsec/v1\nversion: 1\ndefaults: { unknown_connector: allow }\nrules: []\n";

pub(super) fn rewrite(mut args: Rewrite, streams: &mut Streams) -> Result<Status, Failure> {
    config::apply(&mut args.common, Some(&mut args.who), Some(&mut args.style))?;
    let style = args.style.map_or(Style::Derived, Style::from);
    let (script, reply) = decide(&args.common, Some(&args.who), style)?;
    let Decision::Allow { sql, .. } = &reply.decision else {
        return denied(&reply, &script, args.common.format, streams);
    };
    save_session(&args.common, &reply)?;
    match (args.common.format, args.diff) {
        (Format::Json, _) => streams.out(&json(&reply)?)?,
        (Format::Text, true) => {
            streams.out(&render::diff(&script.origin, &script.text, sql.as_str()))?
        }
        (Format::Text, false) => streams.out(&with_line_end(sql.as_str()))?,
    }
    Ok(Status::Allowed)
}

pub(super) fn check(mut args: Check, streams: &mut Streams) -> Result<Status, Failure> {
    config::apply(&mut args.common, Some(&mut args.who), None)?;
    let (script, reply) = decide(&args.common, Some(&args.who), Style::Derived)?;
    if let Decision::Deny { .. } = reply.decision {
        return denied(&reply, &script, args.common.format, streams);
    }
    save_session(&args.common, &reply)?;
    match args.common.format {
        Format::Json => {
            let mut value = serde_json::to_value(&reply).map_err(|e| internal(&e))?;
            // `check` answers without SQL.
            if let Some(fields) = value.as_object_mut() {
                fields.remove("sql");
            }
            streams.out(&format!("{value:#}\n"))?;
        }
        Format::Text => streams.out(&format!("allowed\n{}", applied(&reply.statements)))?,
    }
    Ok(Status::Allowed)
}

pub(super) fn tables(mut args: Tables, streams: &mut Streams) -> Result<Status, Failure> {
    config::apply(&mut args.common, None, None)?;
    let (script, reply) = decide(&args.common, None, Style::Derived)?;
    if let Decision::Deny { .. } = reply.decision {
        return denied(&reply, &script, args.common.format, streams);
    }
    save_session(&args.common, &reply)?;
    match args.common.format {
        Format::Json => {
            let text = serde_json::to_string_pretty(&reply.statements).map_err(|e| internal(&e))?;
            streams.out(&format!("{text}\n"))?;
        }
        Format::Text => streams.out(&listed(&reply.statements))?,
    }
    Ok(Status::Allowed)
}

fn decide(
    common: &Common,
    who: Option<&Who>,
    style: Style,
) -> Result<(ScriptText, Reply), Failure> {
    let (policy, principal) = match who {
        Some(who) => (input::policy(who)?, input::principal(who)?),
        None => {
            let policy = Policy::load(OPEN_POLICY, "tables").map_err(|e| internal(&e))?;
            (
                policy,
                Principal {
                    user: "tables".to_owned(),
                    ..Principal::default()
                },
            )
        }
    };
    let engine = Engine::new(policy, input::catalog(&common.catalog)?);
    let session = input::session(common.session.as_deref())?;
    let script = input::script(common.file.as_deref())?;
    let flink = common.flink.map(Into::into).unwrap_or_default();
    let request = Request {
        session,
        style,
        flink,
        ..Request::new(principal, script.text.clone())
    };
    Ok((script, engine.check(&request)))
}

fn denied(
    reply: &Reply,
    script: &ScriptText,
    format: Format,
    streams: &mut Streams,
) -> Result<Status, Failure> {
    let errors = reply.decision.errors();
    match format {
        // A denied reply holds no SQL, so it may go where SQL would go.
        Format::Json => streams.out(&json(reply)?)?,
        Format::Text => {
            for error in errors {
                let text = render::denial(error, &script.origin, &script.text, streams.colour);
                streams.err(&text);
            }
        }
    }
    let internal = |e: &Denial| matches!(e.code, Code::Internal | Code::VerifyFailed);
    Ok(if errors.iter().any(internal) {
        Status::Internal
    } else {
        Status::Denied
    })
}

fn save_session(common: &Common, reply: &Reply) -> Result<(), Failure> {
    let (Some(path), Decision::Allow { session, .. }) = (&common.session_out, &reply.decision)
    else {
        return Ok(());
    };
    let text = serde_json::to_string_pretty(session).map_err(|e| internal(&e))?;
    fs::write(path, text)
        .map_err(|e| Failure::usage(format!("cannot write {}: {e}", path.display())))
}

fn json(reply: &Reply) -> Result<String, Failure> {
    serde_json::to_string_pretty(reply)
        .map(|t| format!("{t}\n"))
        .map_err(|e| internal(&e))
}

fn internal(error: &dyn std::fmt::Display) -> Failure {
    Failure {
        status: Status::Internal,
        message: format!("internal error: {error}"),
    }
}

fn with_line_end(sql: &str) -> String {
    if sql.ends_with('\n') {
        sql.to_owned()
    } else {
        format!("{sql}\n")
    }
}

/// What applies, one line a table.
fn applied(statements: &[StatementReport]) -> String {
    let mut text = String::new();
    for statement in statements {
        for applied in &statement.applied {
            let mut what = Vec::new();
            if !applied.row_filter.is_empty() {
                what.push(format!("rows by {}", applied.row_filter.join(", ")));
            }
            for mask in &applied.masks {
                what.push(format!(
                    "{} by {} ({})",
                    mask.column.join("."),
                    mask.mask,
                    mask.rule
                ));
            }
            let what = if what.is_empty() {
                "no rows".to_owned()
            } else {
                what.join("; ")
            };
            let _ = writeln!(
                text,
                "line {}: {} {}: {what}",
                statement.line, statement.kind, applied.table
            );
        }
    }
    text
}

/// What is read and written, one line a reference.
fn listed(statements: &[StatementReport]) -> String {
    let mut text = String::new();
    let mut line = |statement: &StatementReport, way: &str, name: String, physical: &[String]| {
        let address = if physical.is_empty() {
            String::new()
        } else {
            format!("  ({})", physical.join(", "))
        };
        let _ = writeln!(
            text,
            "{}\t{}\t{way}\t{name}{address}",
            statement.line, statement.kind
        );
    };
    for statement in statements {
        for input in &statement.inputs {
            let way = if input.view { "reads view" } else { "reads" };
            line(statement, way, input.name.to_string(), &input.physical);
        }
        for output in &statement.outputs {
            line(
                statement,
                "writes",
                output.name.to_string(),
                &output.physical,
            );
        }
    }
    text
}
