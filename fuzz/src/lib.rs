//! What must hold for any text: one function a fuzz target. `tests/suite/fuzz.rs` runs the same functions over all seeds.
//!
//! Each function returns or panics. A panic inside the engine is caught there and answered with `internal`: that word fails here too.

mod catalog;
mod policy;
mod request;
mod syntax;
mod world;

pub use catalog::catalog_file;
pub use policy::policy_document;
pub use request::{is_allowed, request};
pub use syntax::{lexer, script};

/// A thread of a JVM that calls native code has this much.
const SMALL_STACK: usize = 512 << 10;

/// Runs a check where the stack is small: deep text must be refused or get its own stack, never overflow.
fn on_a_small_stack(check: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(SMALL_STACK);
        let outcome = thread.spawn_scoped(scope, check).expect("a thread").join();
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// A place that an error names lies in the text: both numbers from 1, at most one line and one column past its end.
fn place_in(text: &str, line: u32, column: u32) {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let found = lines.split('\n').nth((line as usize).wrapping_sub(1));
    // A reader that stops at the end of the text may name the line after the last one.
    let after_the_end = line as usize == lines.split('\n').count() + 1;
    assert!(
        found.is_some() || after_the_end,
        "line {line} of a text without it"
    );
    let columns = found.map_or(0, |line| line.chars().count());
    assert!(
        (1..=columns + 2).contains(&(column as usize)),
        "column {column} of a line of {columns} characters"
    );
}
