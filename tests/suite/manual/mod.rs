//! The manual: every page is in it, every link leads somewhere, every command in it runs.

mod commands;
mod pages;
mod policy;

use std::fs;
use std::path::PathBuf;

use crate::case::root;

/// The pages, by name, with their texts.
fn pages() -> Vec<(String, String)> {
    let files = fs::read_dir(root().join("docs")).expect("docs");
    let paths = files.map(|file| file.expect("a file").path());
    let mut pages: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.sort();
    let named = pages.iter().map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        (name.into_owned(), fs::read_to_string(path).expect("a page"))
    });
    named.collect()
}
