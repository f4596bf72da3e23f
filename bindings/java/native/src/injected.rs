//! Test builds only: a check that panics on demand, so that tests can see what a panic does.

use sqlsec::host::Opened;
use sqlsec::{Reply, Request, SubmitCheck};

/// Panics for the script `SQLSEC PANIC`; asks the engine about everything else.
struct Injected(Box<dyn SubmitCheck>);

/// The same engine, whose checks can be made to panic.
pub(crate) fn injected(opened: Opened) -> Opened {
    Opened {
        judge: Box::new(Injected(opened.judge)),
        ..opened
    }
}

impl SubmitCheck for Injected {
    fn check(&self, request: &Request) -> Reply {
        assert!(request.sql != "SQLSEC PANIC", "a test has asked for it");
        self.0.check(request)
    }
}
