//! What a call costs without a border: `sqlsec-time CONFIG REQUEST` (files). Prints the median and the fastest tenth, as `CallTime` of the Java tests does.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a tool for measuring stops where it stands"
)]

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use sqlsec::host::{Config, Guarded, open};

fn main() {
    let files: Vec<Vec<u8>> = std::env::args_os()
        .skip(1)
        .map(|file| fs::read(file).expect("a readable file"))
        .collect();
    let config = Config::parse(&files[0]).expect("a configuration");
    let engine = Guarded::new(open(&config).expect("an engine").judge);
    let call = || engine.check_json(black_box(&files[1])).expect("a reply");
    let size = call().json.len();
    (0..20_000).for_each(|_| drop(black_box(call())));
    let mut rounds: Vec<f64> = (0..200)
        .map(|_| {
            let start = Instant::now();
            (0..500).for_each(|_| drop(black_box(call())));
            start.elapsed().as_secs_f64() * 1e6 / 500.0
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!(
        "{:<20} {} B in, {size} B out: median {:.2} us, fastest tenth {:.2} us",
        "Rust",
        files[1].len(),
        rounds[100],
        rounds[20]
    );
}
