//! The command line: reads arguments and files, asks the engine, prints.
//!
//! SQL goes to standard output, everything else to standard error. Exit status: 0 allowed, 1 denied, 2 usage or unreadable input, 3 policy
//! unusable, 4 internal. Stays out: every decision. Colours only on a terminal, and never when `NO_COLOR` is set.

mod args;
mod config;
mod input;
mod policy;
mod render;
mod submit;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command, PolicyCommand};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Everything is allowed, or nothing was wrong.
    Allowed = 0,
    /// The request is denied.
    Denied = 1,
    /// The arguments or an input cannot be used.
    Usage = 2,
    /// The policy cannot be used.
    Policy = 3,
    /// A mistake of sqlsec itself.
    Internal = 4,
}

/// A command that could not be carried out: one line for standard error.
#[derive(Debug)]
pub(crate) struct Failure {
    status: Status,
    message: String,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            status: Status::Usage,
            message: message.into(),
        }
    }

    pub(crate) fn policy(message: impl Into<String>) -> Self {
        Self {
            status: Status::Policy,
            message: message.into(),
        }
    }
}

/// Where a command prints.
pub(crate) struct Streams {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// Whether standard error takes colours.
    pub(crate) colour: bool,
}

impl Streams {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is where the environment is read"
    )]
    fn of_process() -> Self {
        let colour =
            io::stderr().is_terminal() && std::env::var("NO_COLOR").map_or(true, |v| v.is_empty());
        Self {
            out: Box::new(io::stdout().lock()),
            err: Box::new(io::stderr().lock()),
            colour,
        }
    }

    /// Prints to standard output.
    ///
    /// # Errors
    /// A reader that went away, or a full disk.
    pub(crate) fn out(&mut self, text: &str) -> Result<(), Failure> {
        let written = self
            .out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush());
        written.map_err(|e| Failure::usage(format!("cannot write to standard output: {e}")))
    }

    /// Prints to standard error; a reader that went away there is nobody to tell.
    pub(crate) fn err(&mut self, text: &str) {
        let _ = self
            .err
            .write_all(text.as_bytes())
            .and_then(|()| self.err.flush());
    }
}

/// Runs the command of this process.
#[must_use]
pub fn main() -> ExitCode {
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
    let status = run(cli, &mut streams).unwrap_or_else(|failure| {
        streams.err(&format!("error: {}\n", failure.message));
        failure.status
    });
    ExitCode::from(status as u8)
}

fn run(cli: Cli, streams: &mut Streams) -> Result<Status, Failure> {
    match cli.command {
        Command::Rewrite(rewrite) => submit::rewrite(rewrite, streams),
        Command::Check(check) => submit::check(check, streams),
        Command::Tables(tables) => submit::tables(tables, streams),
        Command::Policy(PolicyCommand::Lint(lint)) => policy::lint(&lint, streams),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "sqlsec", &mut script);
            streams.out(&String::from_utf8_lossy(&script))?;
            Ok(Status::Allowed)
        }
    }
}
