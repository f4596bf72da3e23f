//! Test builds only: a check that panics on demand, so that tests can see what a panic does.

use sqlsec::{Reply, Request, SubmitCheck};

/// Panics for the script `SQLSEC PANIC`; asks the engine about everything else.
pub(crate) struct Injected(pub Box<dyn SubmitCheck>);

impl SubmitCheck for Injected {
    fn check(&self, request: &Request) -> Reply {
        assert!(request.sql != "SQLSEC PANIC", "a test has asked for it");
        self.0.check(request)
    }
}
