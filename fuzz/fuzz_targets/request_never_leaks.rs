//! See `sqlsec_fuzz::request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sqlsec_fuzz::request(text));
