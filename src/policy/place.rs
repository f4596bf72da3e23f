//! `on:` of a rule becomes the places it is about.

use std::collections::HashMap;

use super::Finding;
use super::document::Target as TargetDecl;
use super::pattern::{Glob, parts};
use super::physical::{Physical, Servers};
use super::rule::{ColumnPattern, Place, Target};
use super::yaml::Node;
use crate::syntax::Position;

/// For what a place is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceKind {
    /// A row filter: a table, no columns.
    Rows,
    /// A column mask: a table and at least one column.
    Columns,
    /// An access rule: a table, with columns where it is about reading these, or an object.
    Access,
    /// Something tagged: a table, with or without columns.
    Tagged,
}

/// The targets of a rule: one, or one for everything tagged.
///
/// # Errors
/// `bad-target`: none or several of `table`, `physical`, `tags`, `object`; `bad-pattern`; `unknown-tag`.
pub(super) fn targets(
    node: &Node,
    on: &TargetDecl,
    kind: PlaceKind,
    tags: &HashMap<String, Vec<Target>>,
    servers: &Servers,
) -> Result<Vec<Target>, Finding> {
    if on.tags.is_empty() {
        return target(node, on, kind, servers).map(|target| vec![target]);
    }
    if on.table.is_some() || on.physical.is_some() || on.object.is_some() || !on.exclude.is_empty()
    {
        return Err(bad(
            node.place(&["tags"]),
            "a rule on tags names nothing else but columns",
        ));
    }
    let own = columns(node, on)?;
    let mut found = Vec::new();
    for (index, tag) in on.tags.iter().enumerate() {
        let at = node.place(&["tags", &index.to_string()]);
        let tagged = tags.get(tag).ok_or_else(|| {
            Finding::error(at, "unknown-tag", format!("tag `{tag}` is not declared"))
        })?;
        for target in tagged {
            let columns = if own.is_empty() {
                target.columns.clone()
            } else {
                own.clone()
            };
            if kind == PlaceKind::Columns && columns.is_empty() {
                let message = format!("tag `{tag}` is on a table without columns: name them here");
                return Err(bad(at, message));
            }
            found.push(Target {
                place: target.place.clone(),
                exclude: Vec::new(),
                // Where an access rule names no columns it is about the tables that carry the tag.
                columns: match kind {
                    PlaceKind::Columns => columns,
                    PlaceKind::Access => own.clone(),
                    PlaceKind::Rows | PlaceKind::Tagged => Vec::new(),
                },
            });
        }
    }
    Ok(found)
}

/// The one target that is named without tags.
pub(super) fn target(
    node: &Node,
    on: &TargetDecl,
    kind: PlaceKind,
    servers: &Servers,
) -> Result<Target, Finding> {
    let make: &dyn Fn(&str) -> Result<Place, String>;
    let physical = |text: &str| Physical::new(text, servers).map(Place::Physical);
    let (field, text) = match (&on.table, &on.physical, &on.object) {
        (Some(text), None, None) => {
            make = &table;
            ("table", text)
        }
        (None, Some(text), None) => {
            make = &physical;
            ("physical", text)
        }
        (None, None, Some(text)) if kind == PlaceKind::Access => {
            make = &object;
            ("object", text)
        }
        (None, None, Some(_)) => {
            return Err(bad(
                node.place(&["object"]),
                "only access rules are about objects",
            ));
        }
        (None, None, None) => return Err(bad(node.at, "names neither a table nor a dataset")),
        _ => {
            return Err(bad(
                node.at,
                "names two things at once: `table`, `physical` and `object` each need a rule of their own",
            ));
        }
    };
    let pattern =
        |at, text: &str| make(text).map_err(|message| Finding::error(at, "bad-pattern", message));
    let place = pattern(node.place(&[field]), text)?;
    let exclude = on.exclude.iter().enumerate().map(|(index, text)| {
        let at = node.place(&["exclude", &index.to_string()]);
        pattern(at, text)
    });
    let exclude = exclude.collect::<Result<_, _>>()?;
    let columns = columns(node, on)?;
    match kind {
        PlaceKind::Columns if columns.is_empty() => {
            return Err(bad(node.at, "a column mask names its `columns`"));
        }
        PlaceKind::Rows if !columns.is_empty() => {
            return Err(bad(
                node.place(&["columns"]),
                "a row filter is about no columns",
            ));
        }
        PlaceKind::Access if !columns.is_empty() && on.object.is_some() => {
            return Err(bad(node.place(&["columns"]), "an object has no columns"));
        }
        PlaceKind::Rows | PlaceKind::Columns | PlaceKind::Access | PlaceKind::Tagged => {}
    }
    Ok(Target {
        place,
        exclude,
        columns,
    })
}

fn table(text: &str) -> Result<Place, String> {
    let parts = parts(text).map_err(|bad| bad.to_string())?;
    let count = parts.len();
    let three: [Glob; 3] = parts.try_into().map_err(|_| {
        format!(
            "pattern `{text}` has {count} part(s): a table is `catalog.database.table`, such as `*.*.orders`"
        )
    })?;
    Ok(Place::Table(three))
}

fn object(text: &str) -> Result<Place, String> {
    if text.trim() != text || text.is_empty() {
        return Err(format!(
            "pattern `{text}` has blanks around it, or nothing in it"
        ));
    }
    Ok(Place::Object(Glob::new(text)))
}

fn columns(node: &Node, on: &TargetDecl) -> Result<Vec<ColumnPattern>, Finding> {
    let columns = on.columns.iter().enumerate().map(|(index, text)| {
        let at = node.place(&["columns", &index.to_string()]);
        parts(text)
            .map(ColumnPattern)
            .map_err(|bad| Finding::error(at, "bad-pattern", bad.to_string()))
    });
    columns.collect()
}

fn bad(at: Position, message: impl Into<String>) -> Finding {
    Finding::error(at, "bad-target", message)
}
