//! The lineage of the estate's own jobs, gathered before they are judged: what one job wrote protects what another one reads.
//!
//! In: jobs. Out: a [`LineageSource`] for the check. In which order jobs ran nobody says here: nothing replaces anything.
//! All that is written is kept, packed (`lineage::store`): so much in memory, the rest in a file. Stays out: which file that is.
//! Invariant: a job is gathered under its owner's own masks where the policy allows it; else as somebody would write it who sees everything, which
//! masks more for its readers. A job of which neither is known is counted.

use std::sync::{Arc, PoisonError, RwLock};

use super::job::Job;
use crate::catalog::Catalog;
use crate::check::{Engine, Request, SubmitCheck};
use crate::lineage::store::{
    Known, LineageError, LineageSource, OpenFile, PackedJob, Packing,
};
use crate::policy::{Policy, PolicyError, Principal};

/// Protects nothing and closes nothing.
const OPEN_POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: allow, no_matching_filter: deny, unknown_lineage: allow }
rules:
  - { id: all, type: access, effect: allow, to: { groups: [public] }, on: { object: '**' }, privileges: [create, drop, function, catalog] }
";

/// What is known of the estate; empty until it is gathered.
#[derive(Debug, Default)]
pub struct Gathered(RwLock<Arc<Known>>);

impl LineageSource for Gathered {
    fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
        Ok(Arc::clone(
            &self.0.read().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

impl Gathered {
    /// From now on this is known.
    pub fn is(&self, known: Known) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }
}

/// Makes records of jobs.
pub struct Gatherer<'g> {
    check: &'g dyn SubmitCheck,
    open: Engine,
    request: Request,
}

impl<'g> Gatherer<'g> {
    /// `request` is what is asked of every job beside its script and principal.
    ///
    /// # Errors
    /// None in practice: the open policy is our own.
    pub fn new(
        check: &'g dyn SubmitCheck,
        catalog: Catalog,
        request: Request,
    ) -> Result<Self, PolicyError> {
        let open = Engine::new(Policy::load(OPEN_POLICY, "audit")?, catalog);
        Ok(Self {
            check,
            open,
            request,
        })
    }

    /// What a job writes.
    ///
    /// # Errors
    /// [`Unknown`] where nobody can say.
    pub fn record(&self, job: &Job) -> Result<Told, Unknown> {
        let Ok(text) = &job.text else {
            return Err(Unknown);
        };
        let ask = |check: &dyn SubmitCheck, principal: &Principal| {
            let reply = check.check(&Request {
                principal: principal.clone(),
                sql: text.clone(),
                job: Some(job.name.clone()),
                ..self.request.clone()
            });
            let allowed = reply.decision.sql().is_some();
            allowed.then(|| Told(reply.lineage.as_ref().map(PackedJob::from)))
        };
        let owner = job.owner.as_ref();
        let owned = owner.and_then(|owner| ask(self.check, owner));
        let nobody = Principal::default();
        owned
            .or_else(|| ask(&self.open, owner.unwrap_or(&nobody)))
            .ok_or(Unknown)
    }
}

/// Nobody can say what a job writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown;

/// What a job says that it writes; absent where that is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told(Option<PackedJob>);

/// So many bytes of packed lineage are kept in memory: that of some 30,000 jobs of 20 statements.
pub const IN_MEMORY: usize = 64 << 20;

/// Takes what jobs say, one after the other.
#[derive(Debug)]
pub struct Gathering {
    packing: Packing,
    /// How many jobs nobody knows the lineage of.
    pub unknown: u64,
}

impl Gathering {
    /// One that keeps so many bytes in memory ([`IN_MEMORY`]). `open` is asked for the file of the rest when there is more.
    #[must_use]
    pub fn keeping(bytes: usize, open: OpenFile) -> Self {
        Self {
            packing: Packing::new(bytes, open),
            unknown: 0,
        }
    }

    /// Adds what a job writes.
    ///
    /// # Errors
    /// A file that cannot be opened or written.
    pub fn add(&mut self, told: Result<Told, Unknown>) -> Result<(), LineageError> {
        match told {
            Ok(Told(Some(job))) => self.packing.add(job),
            Ok(Told(None)) => Ok(()),
            Err(Unknown) => {
                self.unknown = self.unknown.saturating_add(1);
                Ok(())
            }
        }
    }

    /// All that is known.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn known(self) -> Result<Known, LineageError> {
        self.packing.finish().map(Known::from)
    }
}

