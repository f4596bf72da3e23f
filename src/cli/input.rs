//! What a command reads: scripts, catalogs, policies, sessions, attributes.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Failure;
use super::args::Who;
use crate::catalog::{Catalog, Session};
use crate::policy::{Attribute, Policy, Principal};
use crate::syntax::Position;

/// A script with the name that messages give it.
pub(super) struct ScriptText {
    pub origin: String,
    pub text: String,
}

/// Reads the script from a file or standard input.
pub(super) fn script(file: Option<&Path>) -> Result<ScriptText, Failure> {
    match file {
        Some(path) if path != Path::new("-") => Ok(ScriptText {
            origin: path.display().to_string(),
            text: read_text(path)?,
        }),
        _ => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|e| Failure::usage(format!("cannot read standard input: {e}")))?;
            Ok(ScriptText {
                origin: "<stdin>".to_owned(),
                text: utf8("<stdin>", bytes)?,
            })
        }
    }
}

/// Reads a file of UTF-8 text.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path)
        .map_err(|e| Failure::usage(format!("cannot read {}: {e}", path.display())))?;
    utf8(&path.display().to_string(), bytes)
}

fn utf8(origin: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before =
            String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
        let Position { line, column } = Position::of(&before, u32::MAX);
        Failure::usage(format!(
            "{origin}:{line}:{column}: invalid UTF-8 at byte {valid}"
        ))
    })
}

/// The catalog of all files, later ones over earlier ones.
pub(super) fn catalog(files: &[PathBuf]) -> Result<Catalog, Failure> {
    let mut catalog = Catalog::default();
    for path in files {
        let text = read_text(path)?;
        let origin = path.display().to_string();
        let added = match path.extension().and_then(|e| e.to_str()) {
            Some("sql") => catalog.add_sql(&text, &origin),
            Some("json") => catalog.add_json(&text, &origin),
            _ => {
                return Err(Failure::usage(format!(
                    "{origin}: a catalog file ends in .sql or .json"
                )));
            }
        };
        added.map_err(|e| Failure::usage(e.to_string()))?;
    }
    Ok(catalog)
}

/// The policy of the command line.
pub(super) fn policy(who: &Who) -> Result<Policy, Failure> {
    let Some(path) = &who.policy else {
        return Err(Failure::usage("no policy: give --policy FILE"));
    };
    let text = read_text(path)?;
    Policy::load(&text, &path.display().to_string()).map_err(|e| Failure::policy(e.to_string()))
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
    for pair in &who.attr {
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(Failure::usage(format!("--attr {pair}: write NAME=VALUE")));
        };
        if principal
            .attributes
            .insert(name.to_owned(), attribute(value))
            .is_some()
        {
            return Err(Failure::usage(format!("--attr {name} is given twice")));
        }
    }
    Ok(principal)
}

/// A typed value: a boolean, a whole number, a list in brackets, else text; quotes force text.
fn attribute(value: &str) -> Attribute {
    if let Some(list) = value.strip_prefix('[').and_then(|v| v.strip_suffix(']')) {
        let items = list.split(',').map(str::trim).filter(|i| !i.is_empty());
        return Attribute::List(items.map(attribute).collect());
    }
    if let Some(text) = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
        return Attribute::Text(text.to_owned());
    }
    match value {
        "true" => Attribute::Boolean(true),
        "false" => Attribute::Boolean(false),
        _ => value
            .parse()
            .map_or_else(|_| Attribute::Text(value.to_owned()), Attribute::Integer),
    }
}

/// The session state of a file, or a fresh one.
pub(super) fn session(file: Option<&Path>) -> Result<Session, Failure> {
    let Some(path) = file else {
        return Ok(Session::default());
    };
    let text = read_text(path)?;
    serde_json::from_str(&text).map_err(|e| Failure::usage(format!("{}: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_the_type_they_look_like_and_quotes_force_text() {
        assert_eq!(attribute("true"), Attribute::Boolean(true));
        assert_eq!(attribute("-3"), Attribute::Integer(-3));
        assert_eq!(attribute("HR"), Attribute::Text("HR".into()));
        assert_eq!(attribute("'007'"), Attribute::Text("007".into()));
        assert_eq!(
            attribute("[a, 2]"),
            Attribute::List(vec![Attribute::Text("a".into()), Attribute::Integer(2)])
        );
        assert_eq!(
            attribute("x' OR '1'='1"),
            Attribute::Text("x' OR '1'='1".into())
        );
    }
}
