//! The lineage of the estate's own jobs, gathered before they are judged: what one job wrote protects what another one reads.
//!
//! In: jobs. Out: a [`LineageSource`] for the check. In which order jobs ran nobody says here: nothing replaces anything.
//! Invariant: a job is gathered under its owner's own masks where the policy allows it; else as somebody would write it who sees everything, which
//! masks more for its readers. A job of which neither is known is counted.
//! Invariant: of a large estate only that is kept which somebody reads. Where it is not certain what is read, all is.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use super::job::Job;
use crate::catalog::Catalog;
use crate::check::{Engine, Reply, Request, SubmitCheck};
use crate::lineage::store::{Event, Known, LineageError, LineageSource, RecordId};
use crate::lineage::{Change, Dataset, Record, StatementLineage, StatementRecord, Written};
use crate::policy::{Policy, PolicyError, Principal};
use crate::syntax::Span;

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

    /// What a job writes and reads.
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
            allowed.then(|| Told::of(reply))
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

/// What a job says of itself.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// What it writes; absent where that is nothing.
    record: Option<Record>,
    /// What it reads.
    reads: BTreeSet<Dataset>,
    /// Whether it reads a view that it has not made: what lies below it is not among its reads.
    opaque: bool,
}

impl Told {
    fn of(reply: Reply) -> Self {
        let statements = || reply.statements.iter();
        let made: BTreeSet<_> = statements()
            .flat_map(|s| s.outputs.iter().map(|output| &output.name))
            .collect();
        let inputs = || statements().flat_map(|s| &s.inputs);
        let opaque = inputs().any(|input| input.view && !made.contains(&input.name));
        let inputs = inputs().map(|input| Dataset {
            name: input.name.clone(),
            physical: input.physical.clone(),
        });
        let written = reply.lineage.iter().flat_map(|r| &r.statements);
        let written = written
            .flat_map(|s| &s.lineage.outputs)
            .flat_map(|written| {
                let own = written.columns.iter().flat_map(|c| &c.edges);
                own.chain(&written.whole).map(|e| e.source.dataset.clone())
            });
        Self {
            reads: inputs.chain(written).collect(),
            opaque,
            record: reply.lineage,
        }
    }
}

/// So many edges and columns are kept whoever reads them, some 100 MB: the lineage of 500 jobs of 20 statements.
const KEPT: usize = 160_000;

/// Adds records, one after the other. An estate whose lineage is too much to be kept as a whole is read once more ([`Gathering::again`]).
#[derive(Debug)]
pub struct Gathering {
    known: Known,
    nothing: Known,
    /// How many jobs nobody knows the lineage of.
    pub unknown: u64,
    edges: usize,
    most: usize,
    reads: BTreeSet<Dataset>,
    opaque: bool,
    /// What somebody reads, in the second reading.
    wanted: Option<Known>,
}

impl Default for Gathering {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Gathering {
    /// One that keeps so many edges whoever reads them.
    #[must_use]
    pub fn keeping(edges: usize) -> Self {
        Self {
            known: Known::default(),
            nothing: Known::default(),
            unknown: 0,
            edges: 0,
            most: edges,
            reads: BTreeSet::new(),
            opaque: false,
            wanted: None,
        }
    }

    /// Adds what a job writes.
    ///
    /// # Errors
    /// As [`Known::apply`].
    pub fn add(&mut self, told: Result<Told, Unknown>) -> Result<(), LineageError> {
        let Ok(told) = told else {
            self.unknown = self.unknown.saturating_add(1);
            return Ok(());
        };
        if self.wanted.is_none() {
            self.opaque |= told.opaque;
            self.reads.extend(told.reads);
        }
        let Some(record) = told.record else {
            return Ok(());
        };
        self.edges = self.edges.saturating_add(edges(&record));
        if self.is_too_much() {
            // Of what was kept nothing is needed: all is read once more.
            self.known = Known::default();
            return Ok(());
        }
        self.keep(record)
    }

    /// Whether the sources must be read once more, for what was written was too much to be kept.
    #[must_use]
    pub const fn is_too_much(&self) -> bool {
        self.wanted.is_none() && self.edges > self.most
    }

    /// The second reading: only what somebody reads is kept.
    #[must_use]
    pub fn again(self) -> Self {
        let mut wanted = Known::default();
        if !self.opaque {
            for dataset in self.reads {
                let read = StatementRecord {
                    lineage: StatementLineage {
                        outputs: vec![nothing_into(dataset)],
                    },
                    ..StatementRecord::default()
                };
                wanted.overlay(("", "", 0), &read, &self.nothing);
            }
        }
        Self {
            // Where nobody knows what is read below a view, everything may be.
            most: usize::MAX,
            wanted: (!self.opaque).then_some(wanted),
            ..Self::default()
        }
    }

    fn keep(&mut self, mut record: Record) -> Result<(), LineageError> {
        let changes = record.statements.iter().any(|statement| {
            let mut changes = statement.changes.iter();
            changes.any(|change| !matches!(change, Change::Emptied(_)))
        });
        for statement in &mut record.statements {
            let outputs = &mut statement.lineage.outputs;
            // What is renamed may be read under another name than it was written.
            if let Some(wanted) = self.wanted.as_ref().filter(|_| !changes) {
                outputs.retain(|output| output.target.as_ref().is_some_and(|t| is_read(wanted, t)));
            }
            outputs
                .iter_mut()
                .for_each(|output| output.replaces = false);
            let changes = &mut statement.changes;
            changes.retain(|change| !matches!(change, Change::Emptied(_)));
        }
        if !changes {
            self.entries(&record);
            return Ok(());
        }
        let number = self.apply(Event::Pending(record))?;
        // What replaces nothing may end: its entries stay, and the record itself need not be kept beside them.
        self.apply(Event::Commit(RecordId(number)))?;
        self.apply(Event::Ended(RecordId(number)))?;
        Ok(())
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

fn edges(record: &Record) -> usize {
    let outputs = record.statements.iter().flat_map(|s| &s.lineage.outputs);
    outputs
        .map(|w| w.whole.len() + w.columns.iter().map(|c| c.edges.len() + 1).sum::<usize>())
        .sum()
}

fn nothing_into(target: Dataset) -> Written {
    Written {
        target: Some(target),
        replaces: false,
        columns: Vec::new(),
        whole: Vec::new(),
        span: Span::default(),
    }
}

/// Whether what is written here may be what somebody reads: under the same name, or at bytes that lie at, below or above theirs.
fn is_read(wanted: &Known, target: &Dataset) -> bool {
    let near = |_: &str, _: &str| true;
    !wanted.writers(target, &near).is_empty() || !wanted.named(&target.name).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TableName;
    use crate::report::Place;

    /// Under two names `second` lies at the bytes of `first`; `folder` lies above `file`.
    fn tables() -> Catalog {
        let kafka = |name: &str, topic: &str| {
            format!(
                "CREATE TABLE {name} (id INT, phone STRING) WITH ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = 'k:9092');\n"
            )
        };
        let files = |name: &str, path: &str| {
            format!(
                "CREATE TABLE {name} (id INT, phone STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/{path}', 'format' = 'json');\n"
            )
        };
        let mut text: String = ["orders", "first", "sink", "unread"]
            .map(|name| kafka(name, name))
            .concat();
        text += &kafka("other_name", "first");
        text += &files("file", "a/b");
        text += &files("folder", "a");
        text += "CREATE VIEW seen AS SELECT * FROM unread;\n";
        let mut catalog = Catalog::default();
        catalog.add_sql(&text, "test").unwrap();
        catalog
    }

    fn gathered(scripts: &[&str], most: usize) -> (Gathering, bool) {
        let policy = Policy::load(OPEN_POLICY, "test").unwrap();
        let engine = Engine::new(policy, tables());
        let request = Request::new(Principal::default(), "");
        let gatherer = Gatherer::new(&engine, tables(), request).unwrap();
        let read = |gathering: &mut Gathering| {
            for (number, text) in scripts.iter().enumerate() {
                let job = Job {
                    name: format!("job-{number}"),
                    place: Place {
                        file: String::new(),
                        part: None,
                    },
                    owner: None,
                    text: Ok((*text).to_owned()),
                };
                gathering.add(gatherer.record(&job)).unwrap();
            }
        };
        let mut gathering = Gathering::keeping(most);
        read(&mut gathering);
        let again = gathering.is_too_much();
        if again {
            gathering = gathering.again();
            read(&mut gathering);
        }
        (gathering, again)
    }

    fn written(known: &Known, table: &str) -> usize {
        let name = TableName {
            catalog: "default_catalog".to_owned(),
            database: "default_database".to_owned(),
            table: table.to_owned(),
        };
        known.named(&name).len()
    }

    const JOBS: [&str; 6] = [
        "INSERT INTO first SELECT id, phone FROM orders",
        "INSERT INTO sink SELECT id, phone FROM other_name",
        "INSERT INTO unread SELECT id, phone FROM orders",
        "INSERT INTO file SELECT id, phone FROM orders",
        "SELECT phone FROM folder",
        "INSERT INTO sink SELECT id, FROM nothing",
    ];

    #[test]
    fn of_a_large_estate_only_what_is_read_is_kept() {
        let (all, again) = gathered(&JOBS, usize::MAX);
        assert!(!again);
        let (few, again) = gathered(&JOBS, 3);
        assert!(again);
        assert_eq!((all.unknown, few.unknown), (1, 1));
        let (all, few) = (all.known(), few.known());
        // By another name of the same topic, by a folder above it.
        for table in ["first", "file"] {
            assert_eq!(
                (written(&all, table), written(&few, table)),
                (1, 1),
                "{table}"
            );
        }
        for table in ["sink", "unread"] {
            assert_eq!(
                (written(&all, table), written(&few, table)),
                (1, 0),
                "{table}"
            );
        }
    }

    #[test]
    fn where_it_is_not_certain_what_is_read_everything_is_kept() {
        let mut jobs = JOBS.to_vec();
        jobs.push("SELECT phone FROM seen");
        let (few, again) = gathered(&jobs, 3);
        assert!(again);
        let known = few.known();
        for table in ["first", "file", "sink", "unread"] {
            assert_eq!(written(&known, table), 1, "{table}");
        }
        // A view of the script's own is looked through.
        let mut jobs = JOBS.to_vec();
        jobs.push("CREATE TEMPORARY VIEW v AS SELECT phone FROM unread;\nSELECT phone FROM v");
        let known = gathered(&jobs, 3).0.known();
        assert_eq!((written(&known, "unread"), written(&known, "sink")), (1, 0));
    }

    #[test]
    fn what_is_renamed_is_kept_under_each_name() {
        let jobs = [
            "INSERT INTO unread SELECT id, phone FROM orders;\nALTER TABLE unread RENAME TO renamed;",
            "INSERT INTO first SELECT id, phone FROM orders",
        ];
        let all = gathered(&jobs, usize::MAX).0.known();
        let few = gathered(&jobs, 1).0.known();
        assert!(written(&all, "renamed") > 0, "it is recorded");
        for table in ["unread", "renamed"] {
            assert_eq!(written(&few, table), written(&all, table), "{table}");
        }
        assert_eq!(written(&few, "first"), 0);
    }
}
