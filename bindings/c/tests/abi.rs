//! The header and the list of symbols are those of the crate; the statuses are those of the library.

#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a test stops where it stands"
)]

use std::fs;
use std::path::{Path, PathBuf};

use sqlsec::host::HostCode;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a text with a file, or writes it there.
fn is_checked_in(file: &Path, made: &str) {
    if std::env::var_os("SQLSEC_BLESS").is_some() {
        fs::write(file, made).expect("a writable file");
    }
    let held = fs::read_to_string(file).unwrap_or_default();
    assert!(
        held == made,
        "{} differs: SQLSEC_BLESS=1 writes it",
        file.display()
    );
}

fn header() -> String {
    let mut made = Vec::new();
    cbindgen::generate(here())
        .expect("a header")
        .write(&mut made);
    let made = String::from_utf8(made).expect("UTF-8");
    // What Rust calls a section on safety.
    made.replace("// # Safety", "// The caller promises:")
}

#[test]
fn the_header_is_made_of_the_crate() {
    is_checked_in(&here().join("include/sqlsec.h"), &header());
}

#[test]
fn the_list_of_symbols_is_that_of_the_header() {
    let header = header();
    let mut symbols: Vec<&str> = header
        .lines()
        .filter(|line| !line.starts_with("//"))
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .filter(|word| word.starts_with("sqlsec_"))
        .collect();
    symbols.sort_unstable();
    symbols.dedup();
    is_checked_in(&here().join("symbols.txt"), &(symbols.join("\n") + "\n"));
}

#[test]
fn the_statuses_are_those_of_the_library() {
    let header = header();
    for code in HostCode::ALL {
        let name = code.as_str().replace('-', "_").to_uppercase();
        let line = format!("#define SQLSEC_{name} {}", code.status());
        assert!(header.lines().any(|l| l == line), "{line}");
    }
}

#[test]
fn no_text_of_the_header_is_left_in_rust_words() {
    for word in ["Box", "Vec<", "Result", "# "] {
        assert!(!header().contains(word), "{word}");
    }
}

#[test]
fn the_manual_names_every_code() {
    let manual = here().join(PathBuf::from("../../docs/embedding-c.md"));
    let manual = fs::read_to_string(manual).expect("docs/embedding-c.md");
    for code in HostCode::ALL {
        let row = format!("| {} | `{code}` |", code.status());
        assert!(manual.contains(&row), "{row}");
    }
}
