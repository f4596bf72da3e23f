//! Every byte of a text that the lexer takes lies in exactly one token, comment or blank, and tokens stand in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sqlsec::syntax::{Limits, tokens};
use sqlsec::FlinkVersion;

fuzz_target!(|text: &str| {
    for version in [FlinkVersion::V1_20, FlinkVersion::V2_3] {
        let Ok(tokens) = tokens(text, version, &Limits::default()) else { continue };
        let mut end = 0;
        for token in tokens {
            assert!(token.span.start >= end && token.span.end > token.span.start);
            assert!(text.get(token.span.start as usize..token.span.end as usize).is_some());
            end = token.span.end;
        }
    }
});
