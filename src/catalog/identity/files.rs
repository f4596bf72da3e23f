//! Paths: `file`, HDFS and object stores. A name is a folder and stands for all that lies below it.

use super::address::{host, without_credentials};
use super::scheme::scheme;

/// The canonical name of a path, as Flink's `Path` reads it: `//` and `.` fold, `..` climbs, a slash at the end says nothing.
pub(crate) fn folder(path: &str) -> Result<Vec<String>, &'static str> {
    canonical(path).map(|name| vec![name])
}

/// A folder below a path; `below` is made of plain names.
pub(super) fn below(path: &str, below: &[&str]) -> Result<String, &'static str> {
    canonical(&format!("{path}/{}", below.join("/")))
}

fn canonical(path: &str) -> Result<String, &'static str> {
    let path = path.trim();
    // Flink reads them as they stand, the file systems below it do not all.
    if path.contains(['*', '?', '[', ']', '{', '}', '\\', '%', '#', ';', '\'', '"'])
        || path.chars().any(char::is_control)
    {
        return Err("the path holds characters that not every file system reads alike");
    }
    let (name, rest) = path
        .split_once(':')
        .filter(|(name, _)| !name.contains('/'))
        .ok_or("the path has no scheme, so the cluster's default file system decides")?;
    let known = scheme(name).filter(|s| s.folder);
    let known = known.ok_or("the scheme of the path is not known")?;
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            rest.split_at_checked(end).unwrap_or((rest, ""))
        }
        None => ("", rest),
    };
    if !path.is_empty() && !path.starts_with('/') {
        return Err("the path is relative");
    }
    let authority = store(name, known.name, authority)?;
    Ok(format!("{}://{authority}{}", known.name, climbed(path)?))
}

/// The part of a path after its scheme: a bucket, a container, a name node; nothing for local files.
fn store(written: &str, scheme: &str, authority: &str) -> Result<String, &'static str> {
    const BAD: &str = "the store in the path is not understood";
    match scheme {
        "file" if authority.is_empty() || host(authority).is_ok_and(|h| h.name == "localhost") => {
            Ok(String::new())
        }
        "file" => Err("the path is a file of another machine"),
        "hdfs" => {
            let node = host(authority)?;
            let web = written.to_ascii_lowercase().ends_with("webhdfs");
            let port = match (web, node.port) {
                (_, None) => 8020,
                // The web door of the same name node.
                (true, Some(9870 | 9871 | 50_070 | 50_470)) => 8020,
                (true, Some(_)) => return Err(BAD),
                (false, Some(port)) => port,
            };
            Ok(format!("{}:{port}", node.name))
        }
        "abfss" => {
            let (container, account) = authority.split_once('@').ok_or(BAD)?;
            let account = host(account)?;
            let container = bucket(container)?;
            // The same account by its older address.
            let name = account
                .name
                .replace(".blob.core.windows.net", ".dfs.core.windows.net");
            match account.port {
                None => Ok(format!("{container}@{name}")),
                Some(_) => Err(BAD),
            }
        }
        _ => bucket(without_credentials(authority)),
    }
}

fn bucket(name: &str) -> Result<String, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !name.is_empty() && name.chars().all(allowed) {
        Ok(name.to_ascii_lowercase())
    } else {
        Err("the store in the path is not understood")
    }
}

fn climbed(path: &str) -> Result<String, &'static str> {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop().ok_or("the path climbs above its root")?;
            }
            other => segments.push(other),
        }
    }
    Ok(segments.iter().map(|s| format!("/{s}")).collect())
}
