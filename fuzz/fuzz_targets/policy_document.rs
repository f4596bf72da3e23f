//! See `sqlsec_fuzz::policy_document`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sqlsec_fuzz::policy_document(text));
