//! See `sqlsec_fuzz::script`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sqlsec_fuzz::script(text));
