//! Apache Ranger's own test files, read from the shared folder: the engine decides what Ranger's decides, but for what `known.rs` lists with a
//! reason. Skipped, saying so, where the folder is absent.

mod acl;
mod answers;
mod authz;
mod baseplugin;
mod behaviours;
mod differential;
mod download;
mod engine;
mod known;
mod matchers;
mod schedules;
mod tally;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::case::root;

/// A folder of the shared test data.
fn folder(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/ranger").join(name);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: Ranger's test data is not here ({name})");
    None
}

/// The files of a folder and what is in them, by name.
fn files(name: &str) -> Vec<(String, Value)> {
    let Some(folder) = folder(name) else {
        return Vec::new();
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let file = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (file, json(&path))
        })
        .collect();
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    files
}

fn json(path: &std::path::Path) -> Value {
    let text = fs::read(path).expect("a readable file");
    serde_json::from_slice(&text).expect("JSON")
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
