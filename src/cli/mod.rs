//! `cli`: the command line: reads arguments and files, asks the engine, prints.
//!
//! SQL goes to standard output, and only when all of a script is allowed; messages go to standard error. `failure::Status` has the
//! exit statuses. Stays out: every decision. Colours only on a terminal, and never when `NO_COLOR` is set.

mod args;
mod attribute;
mod audit;
mod cases;
mod catalog_reply;
mod config;
mod explain;
mod failure;
mod input;
mod junit;
mod lineage;
mod lineage_export;
mod lineage_show;
mod lineage_store;
mod lineage_view;
mod man;
mod policy;
mod policy_args;
mod policy_diff;
mod policy_import;
mod ranger;
mod render;
mod report;
#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "server")]
mod serve_policies;
#[cfg(feature = "service")]
mod service;
mod streams;
mod submit;
mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use failure::{Failure, Status};
use policy_args::PolicyCommand;
use streams::Streams;

/// Runs the command of this process.
#[must_use]
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(say_where));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap picks the stream and the colours.
            let status = if error.use_stderr() {
                Status::Usage
            } else {
                Status::Allowed
            };
            let _ = error.print();
            return ExitCode::from(status as u8);
        }
    };
    let mut streams = Streams::of_process();
    let result = catch_unwind(AssertUnwindSafe(|| run(cli, &mut streams)));
    let status = result
        .unwrap_or_else(|_| Err(Failure::internal(&"the command did not finish")))
        .unwrap_or_else(|failure| {
            streams.messages(failure.messages.iter());
            failure.status
        });
    ExitCode::from(status as u8)
}

/// Where a panic happened; its message stays out, for it may hold what somebody submitted.
fn say_where(panic: &std::panic::PanicHookInfo<'_>) {
    use std::io::Write;
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    let _ = writeln!(std::io::stderr(), "note: sqlsec stopped at {place}");
}

fn run(cli: Cli, streams: &mut Streams) -> Result<Status, Failure> {
    match cli.command {
        Command::Rewrite(rewrite) => submit::rewrite(rewrite, streams),
        Command::Check(check) => submit::check(check, streams),
        Command::Explain(args) => explain::run(args, streams),
        Command::Lineage(args) => lineage::run(&args, streams),
        Command::Tables(tables) => submit::tables(tables, streams),
        Command::Audit(args) => audit::run(*args, streams),
        Command::Policy(PolicyCommand::Import(import)) => policy_import::run(&import, streams),
        Command::Policy(PolicyCommand::Lint(lint)) => policy::lint(&lint, streams),
        Command::Policy(PolicyCommand::Diff(diff)) => policy_diff::run(&diff, streams),
        Command::Policy(PolicyCommand::Test(test)) => cases::test(&test, streams),
        #[cfg(feature = "server")]
        Command::Serve(args) => serve::serve(args, streams),
        #[cfg(feature = "server")]
        Command::ServePolicies(args) => serve_policies::serve(args, streams),
        Command::Man(args) => man::run(&args, streams),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "sqlsec", &mut script);
            streams.out(&String::from_utf8_lossy(&script))?;
            Ok(Status::Allowed)
        }
    }
}
