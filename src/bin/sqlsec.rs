//! The `sqlsec` command: hands arguments, standard streams and the environment to the library's command line.

use std::process::ExitCode;

/// The allocator of musl takes a lock for each call: with it a report on many jobs takes three times as long.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sqlsec::cli::main()
}
