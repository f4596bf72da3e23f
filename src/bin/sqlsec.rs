//! The `sqlsec` command: hands arguments, standard streams and the environment to the library's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    sqlsec::cli::main()
}
