//! How far it is, on a terminal: one line of standard error that is written over, and gone at the end.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// So often it is written.
const EVERY: Duration = Duration::from_millis(100);

/// A line on a terminal, or nothing.
pub(super) struct Progress {
    shown: bool,
    what: &'static str,
    total: Option<u64>,
    done: u64,
    last: Instant,
}

impl Progress {
    /// Says what is done, of how many where that is known.
    pub fn new(what: &'static str, total: Option<u64>) -> Self {
        Self {
            shown: io::stderr().is_terminal(),
            what,
            total,
            done: 0,
            last: Instant::now(),
        }
    }

    /// One more.
    pub fn step(&mut self) {
        self.done = self.done.saturating_add(1);
        if self.shown && self.last.elapsed() >= EVERY {
            self.last = Instant::now();
            let _ = write!(io::stderr(), "\r\x1b[K{}", self.line());
        }
    }

    fn line(&self) -> String {
        const WIDTH: u64 = 30;
        match self.total.filter(|total| *total > 0) {
            None => format!("{} {}", self.what, self.done),
            Some(total) => {
                let full = self
                    .done
                    .saturating_mul(WIDTH)
                    .checked_div(total)
                    .unwrap_or_default()
                    .min(WIDTH);
                let bar: String = (0..WIDTH)
                    .map(|at| if at < full { '#' } else { '.' })
                    .collect();
                format!("{} [{bar}] {} of {total}", self.what, self.done)
            }
        }
    }

    /// How many there were; the line is gone.
    pub fn end(self) -> u64 {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        let mut progress = Progress {
            shown: false,
            ..Progress::new("judging", Some(4))
        };
        progress.step();
        assert_eq!(
            progress.line(),
            "judging [#######.......................] 1 of 4"
        );
        assert_eq!(Progress::new("reading", None).line(), "reading 0");
    }
}
