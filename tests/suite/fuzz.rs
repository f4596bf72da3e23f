//! The seeds of the fuzz targets pass the targets' own checks: what the fuzzer once found stays found.

use std::fs;

use crate::case::root;

#[path = "../../fuzz/src/lib.rs"]
pub mod checks;

fn every_seed_passes(kind: &str, check: fn(&str)) {
    let folder = root().join("fuzz/seeds").join(kind);
    let mut seeds = 0;
    for entry in fs::read_dir(&folder).expect("a folder of seeds") {
        let path = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("a readable seed");
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        println!("{}", path.display());
        check(&text);
        seeds += 1;
    }
    assert!(seeds > 10, "{seeds} seeds of {kind}");
}

#[test]
fn the_lexer_covers_every_byte_of_the_seeds() {
    every_seed_passes("sql", checks::lexer);
}

#[test]
fn the_parser_reads_the_seeds_the_same_way_twice() {
    every_seed_passes("sql", checks::script);
}

#[test]
fn no_request_among_the_seeds_leaks() {
    every_seed_passes("sql", checks::request);
}

#[test]
fn the_policy_documents_among_the_seeds_decide() {
    every_seed_passes("policy", checks::policy_document);
}

#[test]
fn the_catalog_files_among_the_seeds_can_be_read() {
    every_seed_passes("catalog", checks::catalog_file);
}
