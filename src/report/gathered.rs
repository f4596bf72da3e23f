//! The lineage of the estate's own jobs, gathered before they are judged: what one job wrote protects what another one reads.
//!
//! In: jobs. Out: a [`LineageSource`] for the check. In which order jobs ran nobody says here: nothing replaces anything.
//! Invariant: a job is gathered under its owner's own masks where the policy allows it; else as somebody would write it who sees everything, which
//! masks more for its readers. A job of which neither is known is counted.

use std::sync::{Arc, PoisonError, RwLock};

use super::job::Job;
use crate::catalog::Catalog;
use crate::check::{Engine, Request, SubmitCheck};
use crate::lineage::store::{Event, Known, LineageError, LineageSource, RecordId};
use crate::lineage::{Change, Record};
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

    /// What a job writes: `Ok(None)` where it writes nothing.
    ///
    /// # Errors
    /// [`Unknown`] where nobody can say.
    pub fn record(&self, job: &Job) -> Result<Option<Record>, Unknown> {
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
            reply.decision.sql().is_some().then_some(reply.lineage)
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

/// Adds records, one after the other.
#[derive(Debug, Default)]
pub struct Gathering {
    known: Known,
    nothing: Known,
    /// How many jobs nobody knows the lineage of.
    pub unknown: u64,
}

impl Gathering {
    /// Adds what a job writes.
    ///
    /// # Errors
    /// As [`Known::apply`].
    pub fn add(&mut self, record: Result<Option<Record>, Unknown>) -> Result<(), LineageError> {
        match record {
            Ok(None) => Ok(()),
            Err(Unknown) => {
                self.unknown = self.unknown.saturating_add(1);
                Ok(())
            }
            Ok(Some(mut record)) => {
                for statement in &mut record.statements {
                    let outputs = &mut statement.lineage.outputs;
                    outputs
                        .iter_mut()
                        .for_each(|output| output.replaces = false);
                    let changes = &mut statement.changes;
                    changes.retain(|change| !matches!(change, Change::Emptied(_)));
                }
                if record.statements.iter().all(|s| s.changes.is_empty()) {
                    self.entries(&record);
                    return Ok(());
                }
                let number = self.apply(Event::Pending(record))?;
                // What replaces nothing may end: its entries stay, and the record itself need not be kept beside them.
                self.apply(Event::Commit(RecordId(number)))?;
                self.apply(Event::Ended(RecordId(number)))?;
                Ok(())
            }
        }
    }

    /// As the statements of one script are kept for one another: entries alone, nothing of the record.
    fn entries(&mut self, record: &Record) {
        let whose = (record.job.as_str(), record.user.as_str(), record.at);
        for statement in &record.statements {
            self.known.overlay(whose, statement, &self.nothing);
        }
    }

    fn apply(&mut self, event: Event) -> Result<u64, LineageError> {
        let number = self.known.version().saturating_add(1);
        self.known.apply(number, &event)?;
        Ok(number)
    }

    /// All that is known.
    #[must_use]
    pub fn known(self) -> Known {
        self.known
    }
}
