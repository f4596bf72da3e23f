//! What a reviewer should not have to look for: module docs, forbidden imports, undocumented codes, paths of one machine, forgotten files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sqlsec::check::Code;

use crate::case::root;

const MOST_LINES: usize = 700;

/// The Rust files below a folder, sorted, with their text.
fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    collect(&root().join(folder), &mut files);
    files.sort();
    assert!(!files.is_empty(), "{folder} holds no Rust file");
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a readable source file");
            (path, text)
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

fn below_root(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_file_opens_with_its_job() {
    let silent = |(_, text): &(PathBuf, String)| !text.starts_with("//!");
    let files = rust_files("src").into_iter().filter(silent);
    none(&files.map(|(path, _)| below_root(&path)).collect::<Vec<_>>());
}

#[test]
fn no_source_file_is_a_heap() {
    let lines = rust_files("src")
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()));
    let long = lines.filter(|(_, lines)| *lines > MOST_LINES);
    none(
        &long
            .map(|(path, lines)| format!("{}: {lines} lines", below_root(&path)))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_second_look_shares_no_code_with_the_rewriter() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src/verify") {
        for line in text.lines().map(str::trim) {
            if !line.starts_with("//") && line.contains("rewrite::") {
                wrong.push(format!("{}: {line}", below_root(&path)));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_code_is_in_the_manual() {
    let manual = fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md");
    let missing = Code::ALL
        .iter()
        .filter(|code| !manual.contains(&format!("| `{code}` |")));
    none(&missing.map(ToString::to_string).collect::<Vec<_>>());
}

#[test]
fn no_code_of_the_manual_is_made_up() {
    let manual = fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md");
    let rows = manual
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let made_up = rows.filter(|(word, _)| Code::ALL.iter().all(|code| code.as_str() != *word));
    none(&made_up.map(|(word, _)| word.to_owned()).collect::<Vec<_>>());
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output();
    let Ok(listed) = listed else {
        println!("skipped: git is not installed");
        return;
    };
    if !listed.status.success() {
        println!("skipped: this is not a git checkout");
        return;
    }
    // Put together here, so that this file does not find itself.
    let places = ["work", "root", "home"].map(|folder| format!("/{folder}/"));
    let mut wrong = Vec::new();
    for file in String::from_utf8_lossy(&listed.stdout)
        .split('\0')
        .filter(|f| !f.is_empty())
    {
        // A file that is listed and gone, or is no text, says nothing.
        let Ok(text) = fs::read_to_string(root().join(file)) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place)) {
                wrong.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_file_of_this_suite_is_part_of_it() {
    let main = fs::read_to_string(root().join("tests/suite/main.rs")).expect("main.rs");
    let mut forgotten = Vec::new();
    for entry in fs::read_dir(root().join("tests/suite")).expect("tests/suite") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let declared = main
            .lines()
            .any(|line| line.trim_end() == format!("mod {name};"));
        if path.extension().is_some_and(|e| e == "rs") && name != "main" && !declared {
            forgotten.push(name.into_owned());
        }
    }
    none(&forgotten);
}
