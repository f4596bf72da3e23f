//! See `sqlsec_fuzz::lexer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sqlsec_fuzz::lexer(text));
