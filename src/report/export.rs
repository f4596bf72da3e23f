//! Exports of other programs: the row of a table becomes a job.
//!
//! In: rows as names and values. Out: [`Job`]s. Known are StreamPark's `t_flink_sql` (its `sql` is zlib and base64, as `DeflaterUtils` makes it), Dinky's
//! `dinky_task` (`statement` in plain text), and whatever has a column of such a name.
//! Stays out: CSV, JSON, files.
//! Invariant: a script is read in one way: what could be base64 is base64, or the row is not judged.

use std::collections::BTreeMap;
use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::job::{Job, Place, SCRIPT_BYTES};
use super::owner::named;
use super::reason::{Obstacle, ObstacleCode};

/// A row: column names in lower case, and what stands there.
pub type Row = BTreeMap<String, String>;

/// Columns that hold a script, in this order.
const SCRIPT: [&str; 3] = ["sql", "statement", "script"];
const NAME: [&str; 5] = ["job_name", "job", "task_name", "app_name", "name"];
const OWNER: [&str; 6] = [
    "owner",
    "user_name",
    "username",
    "user",
    "creator",
    "create_user",
];
const GROUPS: [&str; 4] = ["groups", "group", "team_name", "team"];

/// Whether a table with these columns holds scripts.
#[must_use]
pub fn holds_scripts<'c>(mut columns: impl Iterator<Item = &'c str>) -> bool {
    columns.any(|column| SCRIPT.iter().any(|name| column.eq_ignore_ascii_case(name)))
}

/// The job of a row, the `number`th of its file, from 1. Its owner is that of the row's own columns, if it has such.
#[must_use]
pub fn job(row: &Row, file: &str, number: u64) -> Job {
    let first = |names: &[&str]| {
        let values = names.iter().filter_map(|name| row.get(*name));
        values.map(|v| v.trim()).find(|v| !v.is_empty())
    };
    let owner = first(&OWNER).and_then(|user| named(user, first(&GROUPS).unwrap_or_default()));
    Job {
        name: name(row, number, first(&NAME)),
        place: Place {
            file: file.to_owned(),
            part: Some(format!("row {number}")),
        },
        owner,
        text: text(row),
    }
}

/// StreamPark keeps every version of an application's script: each is a job of its own.
fn name(row: &Row, number: u64, named: Option<&str>) -> String {
    let value = |column: &str| row.get(column).map(|v| v.trim()).filter(|v| !v.is_empty());
    let name = match (named, value("app_id"), value("id")) {
        (Some(name), ..) => name.to_owned(),
        (None, Some(app), _) => format!("app-{app}"),
        (None, None, Some(id)) => format!("job-{id}"),
        (None, None, None) => format!("row-{number}"),
    };
    match (value("app_id"), value("version")) {
        (Some(_), Some(version)) => format!("{name}/v{version}"),
        _ => name,
    }
}

fn text(row: &Row) -> Result<String, Obstacle> {
    if let Some(dialect) = row.get("dialect").map(|d| d.trim().to_ascii_lowercase())
        && !["", "flinksql", "flinksqlenv"].contains(&dialect.as_str())
    {
        let message = format!("its dialect is `{}`", dialect.escape_default());
        return Err(Obstacle::new(ObstacleCode::NotSql, message));
    }
    let (column, text) = SCRIPT
        .iter()
        .find_map(|name| Some((*name, row.get(*name)?)))
        .filter(|(_, text)| !text.trim().is_empty())
        .ok_or_else(|| Obstacle::new(ObstacleCode::NotSql, "it has no script"))?;
    if column == "sql" && looks_coded(text) {
        return decoded(text);
    }
    bounded(text.len()).map(|()| text.clone())
}

fn bounded(length: usize) -> Result<(), Obstacle> {
    if length > SCRIPT_BYTES {
        let message = format!("the script has more than {SCRIPT_BYTES} bytes");
        return Err(Obstacle::new(ObstacleCode::TooLarge, message));
    }
    Ok(())
}

/// No statement can be written in these letters alone but single words that mean nothing.
fn looks_coded(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.all(|b| b.is_ascii_alphanumeric() || b"+/=\r\n".contains(&b))
}

/// Base64, then zlib, then UTF-8.
fn decoded(text: &str) -> Result<String, Obstacle> {
    let undecodable = |what: &str| Obstacle::new(ObstacleCode::Undecodable, what);
    let mut letters = text.as_bytes().to_vec();
    letters.retain(|b| !b.is_ascii_whitespace());
    let packed = STANDARD
        .decode(&letters)
        .map_err(|_| undecodable("it is no base64"))?;
    let mut script = Vec::new();
    flate2::read::ZlibDecoder::new(packed.as_slice())
        .take(SCRIPT_BYTES as u64 + 1)
        .read_to_end(&mut script)
        .map_err(|_| undecodable("it is base64 of something that is not deflated"))?;
    bounded(script.len())?;
    String::from_utf8(script)
        .map_err(|_| Obstacle::new(ObstacleCode::NotUtf8, "the script is not UTF-8"))
}
