//! Standard output and standard error.

use std::io::{self, ErrorKind, IsTerminal, Write};

use super::failure::{Failure, Status};
use super::render::Message;

/// More messages than this help nobody: the rest is counted.
const MESSAGES: usize = 100;

/// Where a command prints, and whether in colour.
pub(super) struct Streams {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    colour_out: bool,
    colour_err: bool,
}

impl Streams {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is where the environment is read"
    )]
    pub fn of_process() -> Self {
        let wanted = std::env::var("NO_COLOR").map_or(true, |v| v.is_empty())
            && std::env::var("TERM").map_or(true, |v| v != "dumb");
        Self {
            colour_out: wanted && io::stdout().is_terminal(),
            colour_err: wanted && io::stderr().is_terminal(),
            out: Box::new(io::stdout().lock()),
            // Not locked: a panic of another thread has to be able to say where it happened.
            err: Box::new(io::stderr()),
        }
    }

    /// Whether what goes to standard output may have colours.
    pub const fn colour_out(&self) -> bool {
        self.colour_out
    }

    /// Prints to standard output. A reader that has seen enough (`| head`) is no failure.
    pub fn out(&mut self, text: &str) -> Result<(), Failure> {
        match self
            .out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush())
        {
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
                Status::Usage,
                "output-unwritable",
                format!("cannot write to standard output: {e}"),
            )),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Prints messages to standard error; when nobody reads it there is nobody to tell.
    pub fn messages<'m>(&mut self, messages: impl ExactSizeIterator<Item = &'m Message>) {
        let rest = messages.len().saturating_sub(MESSAGES);
        let mut text: String = messages
            .take(MESSAGES)
            .map(|m| m.render(self.colour_err))
            .collect();
        if rest > 0 {
            text.push_str(&format!("... and {rest} more\n"));
        }
        let _ = self
            .err
            .write_all(text.as_bytes())
            .and_then(|()| self.err.flush());
    }
}
