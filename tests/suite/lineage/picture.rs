//! The picture, as a file and in a browser.

use std::fs;
use std::path::{Path, PathBuf};

use sqlsec::lineage::export::html;

use super::sample::{Sample, large, sample};

/// Writes a page; its path.
fn page(name: &str, sample: &Sample) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("picture");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, html::page(&sample.graph())).unwrap();
    path
}

#[test]
fn pages() {
    page("small.html", &sample());
    let large = large(50, 1000, 3000);
    let graph = large.graph();
    let columns: usize = graph.tables.iter().map(|t| t.columns.len()).sum();
    assert_eq!((columns, graph.links.len()), (1000, 3000));
    page("large.html", &large);
}
