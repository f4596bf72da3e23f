//! See `sqlsec_fuzz::catalog_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sqlsec_fuzz::catalog_file(text));
