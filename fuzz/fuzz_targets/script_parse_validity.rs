//! Whatever the script: the parser answers, its spans lie in the text and in order, and a statement parses again alone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sqlsec::syntax::{Limits, Script};
use sqlsec::FlinkVersion;

fuzz_target!(|text: &str| {
    match Script::parse(text, FlinkVersion::default(), &Limits::default()) {
        Ok(script) => {
            let mut end = 0;
            for statement in &script.statements {
                assert!(statement.span.start >= end && statement.span.end as usize <= text.len());
                end = statement.span.end;
                let alone = statement.span.text(text);
                let again = Script::parse(alone, FlinkVersion::default(), &Limits::default()).expect("a statement parses alone");
                assert_eq!(again.statements.len(), 1);
                assert_eq!(again.statements[0].queries.0.len(), statement.queries.0.len());
            }
        }
        Err(error) => assert!(error.span.end as usize <= text.len() && text.is_char_boundary(error.span.start as usize)),
    }
});
