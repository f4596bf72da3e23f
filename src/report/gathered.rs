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
use crate::lineage::Record;
use crate::lineage::store::{Known, LineageError, LineageSource, OpenFile, PackedJob, Packing};
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
    pub fn told(&self, job: &Job) -> Result<Told, Unknown> {
        let record = self.record(job)?;
        Ok(Told(record.as_ref().map(PackedJob::from)))
    }

    fn record(&self, job: &Job) -> Result<Option<Record>, Unknown> {
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
            allowed.then_some(reply.lineage)
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

/// So many bytes of packed lineage are kept in memory: that of tens of thousands of jobs of 20 statements.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineage::Change;
    use crate::lineage::store::{Event, RecordId};
    use crate::report::Place;

    const POLICY: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: allow, no_matching_filter: deny, unknown_lineage: UNKNOWN }
rules:
  - { id: phone, type: column_mask, to: { users: [bob] }, on: { table: '*.*.t0', columns: [phone] }, mask: MASK_HASH }
  - { id: mail, type: column_mask, to: { users: [bob, eve] }, on: { table: '*.*.t1', columns: [mail] }, mask: MASK_NULL }
  - { id: part, type: column_mask, to: { users: [eve] }, on: { table: '*.*.t2', columns: [phone] }, mask: MASK_SHOW_LAST_4 }
  - { id: shown, type: column_mask, to: { users: [bob] }, on: { table: '*.*.t3', columns: [phone] }, mask: MASK_NONE }
  - { id: rows, type: row_filter, to: { groups: [public] }, on: { table: '*.*.t4' }, filter: 'id > 0' }
  - { id: closed, type: access, effect: deny, to: { users: [eve] }, on: { table: '*.*.t5' }, privileges: [select] }
  - { id: all, type: access, effect: allow, to: { groups: [public] }, on: { object: '**' }, privileges: [create, drop, function, catalog] }
";
    const TABLES: usize = 9;

    /// `t8` lies at the bytes of `t7`; `t6` lies above a file that jobs declare.
    fn catalog() -> Catalog {
        let table = |number: usize| {
            let at = number.min(7);
            let place = match number {
                6 => "'connector' = 'filesystem', 'path' = 's3://lake/a'".to_owned(),
                _ => format!(
                    "'connector' = 'kafka', 'topic' = 't{at}', 'properties.bootstrap.servers' = 'k:9092'"
                ),
            };
            format!(
                "CREATE TABLE t{number} (id INT, phone STRING, mail STRING) WITH ({place}, 'format' = 'json');\n"
            )
        };
        let mut text: String = (0..TABLES).map(table).collect();
        text += "CREATE VIEW seen AS SELECT id, phone, mail FROM t7;\n";
        let mut catalog = Catalog::default();
        catalog.add_sql(&text, "test").unwrap();
        catalog
    }

    fn script(mut seed: usize) -> String {
        let mut next = |bound: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % bound
        };
        let mut text = String::new();
        for _ in 0..=next(3) {
            let (from, other, into) = (next(TABLES), next(TABLES), next(TABLES));
            text += &match next(9) {
                0 => format!("INSERT INTO t{into} SELECT id, phone, mail FROM t{from};\n"),
                1 => format!(
                    "INSERT INTO t{into} SELECT a.id, SHA256(a.phone), b.mail FROM t{from} AS a JOIN t{other} AS b ON a.id = b.id WHERE b.phone <> '';\n"
                ),
                2 => format!(
                    "INSERT INTO t{into} (id, phone) SELECT CAST(COUNT(*) AS INT), phone FROM t{from} GROUP BY phone;\n"
                ),
                3 => format!(
                    "INSERT INTO t{into} (id, mail) SELECT id, CONCAT(phone, mail) FROM t{from};\n"
                ),
                4 => format!(
                    "CREATE TEMPORARY VIEW v{next} AS SELECT id, UPPER(phone) AS phone, mail FROM t{from};\nINSERT INTO t{into} SELECT id, mail, phone FROM v{next};\n",
                    next = next(1000)
                ),
                5 => format!("INSERT INTO t{into} SELECT id, mail, phone FROM seen;\n"),
                6 => format!(
                    "CREATE TEMPORARY TABLE f{next} (phone STRING, mail STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/a/b', 'format' = 'csv');\nINSERT INTO f{next} SELECT phone, mail FROM t{from};\n",
                    next = next(1000)
                ),
                7 => format!("ALTER TABLE t{from} RENAME TO t{from}_{into};\n"),
                _ => format!("SELECT id, phone, mail FROM t{from};\n"),
            };
        }
        text
    }

    fn jobs(seed: usize) -> Vec<Job> {
        let job = |number: usize| Job {
            name: format!("job-{number}"),
            place: Place {
                file: String::new(),
                part: None,
            },
            owner: Some(user(["ann", "bob", "eve"][number % 3])),
            text: Ok(script(seed * 100 + number)),
        };
        (0..12).map(job).collect()
    }

    fn user(name: &str) -> Principal {
        Principal {
            user: name.to_owned(),
            ..Principal::default()
        }
    }

    fn request() -> Request {
        Request::new(Principal::default(), "")
    }

    /// An engine, what it knows, and a gatherer's request.
    fn engine(unknown: &str) -> (Engine, Arc<Gathered>) {
        let policy = Policy::load(&POLICY.replace("UNKNOWN", unknown), "test").unwrap();
        let gathered = Arc::new(Gathered::default());
        let engine = Engine::new(policy, catalog());
        (
            engine.lineage(Arc::clone(&gathered) as Arc<dyn LineageSource>),
            gathered,
        )
    }

    /// The reference: all records as they are, in memory.
    fn unpacked(gatherer: &Gatherer<'_>, jobs: &[Job]) -> Known {
        let mut known = Known::default();
        for mut record in jobs
            .iter()
            .filter_map(|job| gatherer.record(job).ok().flatten())
        {
            for statement in &mut record.statements {
                let outputs = &mut statement.lineage.outputs;
                outputs
                    .iter_mut()
                    .for_each(|output| output.replaces = false);
                statement
                    .changes
                    .retain(|change| !matches!(change, Change::Emptied(_)));
            }
            let number = known.version() + 1;
            known.apply(number, &Event::Pending(record)).unwrap();
            let id = RecordId(number);
            known.apply(number + 1, &Event::Commit(id)).unwrap();
            known.apply(number + 2, &Event::Ended(id)).unwrap();
        }
        known
    }

    fn packed(gatherer: &Gatherer<'_>, jobs: &[Job], memory: usize) -> (Known, u64) {
        let mut gathering = Gathering::keeping(memory, Box::new(tempfile::tempfile));
        for job in jobs {
            gathering.add(gatherer.told(job)).unwrap();
        }
        let unknown = gathering.unknown;
        (gathering.known().unwrap(), unknown)
    }

    /// What every job may do as each of three users, with all masks and where they come from.
    fn judged(engine: &Engine, jobs: &[Job]) -> Vec<String> {
        let users = ["ann", "bob", "eve"].map(user);
        let pairs = jobs
            .iter()
            .flat_map(|job| users.iter().map(move |user| (job, user)));
        let said = pairs.map(|(job, user)| {
            let reply = engine.check(&Request {
                principal: user.clone(),
                sql: job.text.clone().unwrap(),
                ..request()
            });
            let applied = reply.statements.iter().map(|s| &s.applied);
            format!("{:?} {:?}", reply.decision, applied.collect::<Vec<_>>())
        });
        said.collect()
    }

    #[test]
    fn what_is_inherited_is_the_same_packed_and_not() {
        let (mut inherited, mut denied, mut unknowns) = (0, 0, 0);
        for seed in 0..6 {
            let unknown = if seed % 3 == 0 { "deny" } else { "allow" };
            let jobs = jobs(seed);
            let (reference, known) = engine(unknown);
            let gatherer = Gatherer::new(&reference, catalog(), request()).unwrap();
            let all = unpacked(&gatherer, &jobs);
            // Another engine: what the first one knew is nothing that the second may remember.
            let (reference, again) = engine(unknown);
            again.is(all);
            let wanted = judged(&reference, &jobs);
            drop(known);
            inherited += wanted
                .iter()
                .filter(|said| said.contains("inherited: Some"))
                .count();
            denied += wanted
                .iter()
                .filter(|said| said.starts_with("Deny"))
                .count();
            for memory in [usize::MAX, 600, 0] {
                let (engine, known) = engine(unknown);
                let gatherer = Gatherer::new(&engine, catalog(), request()).unwrap();
                let (all, unknown) = packed(&gatherer, &jobs, memory);
                known.is(all);
                assert_eq!(judged(&engine, &jobs), wanted, "{seed} {memory}");
                unknowns += unknown;
            }
        }
        assert!(
            inherited > 20 && denied > 5,
            "{inherited} {denied} {unknowns}"
        );
    }

    #[test]
    fn what_was_decided_before_the_jobs_were_gathered_is_not_remembered() {
        let job = |owner: &str, text: &str| Job {
            owner: Some(user(owner)),
            text: Ok(text.to_owned()),
            ..jobs(0).remove(0)
        };
        let jobs = [
            job("ann", "INSERT INTO t2 SELECT id, phone, mail FROM t0;"),
            job("bob", "SELECT phone FROM t2;"),
        ];
        // A rule speaks of `t2`, so that it can be read before anybody is known to have written it.
        let (engine, known) = engine("deny");
        let gatherer = Gatherer::new(&engine, catalog(), request()).unwrap();
        known.is(packed(&gatherer, &jobs, usize::MAX).0);
        let said = judged(&engine, &jobs);
        assert!(said[4].contains("inherited: Some"), "{}", said[4]);
    }
}
