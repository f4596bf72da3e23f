//! What the store keeps, whatever happens to whoever writes.

#[cfg(all(feature = "postgres", unix))]
mod postgres;
#[cfg(feature = "store")]
mod random;

use std::path::{Path, PathBuf};
use std::thread;

use sqlsec::catalog::TableName;
use sqlsec::lineage::store::{
    Cut, CutAt, Event, Forget, Known, LineageError, LineageSource, LineageStore, MemoryStore,
    RecordId,
};
use sqlsec::lineage::{
    Change, ColumnLineage, Dataset, Direct, Edge, Record, Relationship, SourceColumn,
    StatementLineage, StatementRecord, Written,
};
use sqlsec::syntax::Span;

fn dataset(physical: &str) -> Dataset {
    let table = physical.rsplit('/').next().unwrap_or(physical);
    Dataset {
        name: TableName::new("c", "d", table),
        physical: if physical.contains("://") {
            vec![physical.to_owned()]
        } else {
            Vec::new()
        },
    }
}

/// A job that copies `x` of one dataset into another.
fn copy(job: &str, from: &str, to: &str, replaces: bool) -> Record {
    let written = Written {
        target: Some(dataset(to)),
        replaces,
        columns: vec![ColumnLineage {
            name: "x".to_owned(),
            data_type: None,
            edges: vec![Edge {
                source: SourceColumn::new(&dataset(from), "x"),
                relationship: Relationship::Direct(Direct::SAME),
                span: Span::default(),
            }],
        }],
        whole: Vec::new(),
        span: Span::default(),
    };
    Record {
        job: job.to_owned(),
        user: "u".to_owned(),
        at: 100,
        statements: vec![StatementRecord {
            lineage: StatementLineage {
                outputs: vec![written],
            },
            ..StatementRecord::default()
        }],
    }
}

fn changed(change: Change) -> Record {
    Record {
        job: "change".to_owned(),
        user: "u".to_owned(),
        at: 100,
        statements: vec![StatementRecord {
            changes: vec![change],
            ..StatementRecord::default()
        }],
    }
}

fn commit(store: &dyn LineageStore, record: &Record) -> RecordId {
    let id = store.pending(record).expect("pending");
    store.commit(id).expect("a commit");
    id
}

/// A job that was submitted and has finished.
fn finish(store: &dyn LineageStore, record: &Record) -> RecordId {
    let id = commit(store, record);
    store.ended(id).expect("an end");
    id
}

/// All jobs that are known to have written a dataset.
fn ever(store: &dyn LineageStore, physical: &str) -> usize {
    let known = store.snapshot().expect("a snapshot");
    known.writers(&dataset(physical), &|a, b| a == b).len()
}

/// The jobs whose data may be in a dataset, in the order of their events. What was replaced is still known, for what was made of it.
fn jobs(known: &Known, physical: &str) -> Vec<String> {
    let entries = known.writers(&dataset(physical), &|a, b| a == b);
    let mut jobs: Vec<(u64, String)> = entries
        .iter()
        .filter(|e| !e.superseded)
        .map(|e| (e.record.0, e.job.to_string()))
        .collect();
    jobs.sort();
    jobs.into_iter().map(|(_, job)| job).collect()
}

fn written(store: &dyn LineageStore, physical: &str) -> Vec<String> {
    jobs(&store.snapshot().expect("a snapshot"), physical)
}

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sqlsec-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("lineage.db")
    }

    #[cfg(feature = "store")]
    fn address(&self) -> String {
        self.file().to_str().expect("text").to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes a store that is empty.
type Opener = std::rc::Rc<dyn Fn() -> Box<dyn LineageStore>>;

std::thread_local! {
    /// Whence stores come now, where from elsewhere than usual.
    static NOW: std::cell::RefCell<Option<Opener>> = const { std::cell::RefCell::new(None) };
}

/// Tests that go over every store, over one alone.
#[cfg(feature = "postgres")]
fn on(open: Opener, tests: &dyn Fn()) {
    NOW.with(|now| now.replace(Some(open)));
    tests();
    NOW.with(|now| now.take());
}

/// The same test of every store.
fn each(test: &dyn Fn(&dyn LineageStore)) {
    let now = NOW.with(|now| now.borrow().clone());
    if let Some(open) = now {
        return test(&*open());
    }
    test(&MemoryStore::default());
    #[cfg(feature = "store")]
    {
        let folder = Folder::new(&format!("each-{:?}", thread::current().id()));
        let store = sqlsec::lineage::store::SqliteStore::open(&folder.file()).expect("a store");
        test(&store);
    }
}

#[test]
fn appends_add_and_outlive_their_sources() {
    each(&|store| {
        commit(store, &copy("one", "s3://l/a", "s3://l/c", false));
        commit(store, &copy("two", "s3://l/b", "s3://l/c", false));
        commit(store, &copy("three", "s3://l/z", "s3://l/a", true));
        assert_eq!(written(store, "s3://l/c"), ["one", "two"]);
    });
}

#[test]
fn an_overwrite_that_has_ended_supersedes_what_had_ended_before_it_began() {
    each(&|store| {
        finish(store, &copy("old", "s3://l/a", "s3://l/c", false));
        let running = commit(store, &copy("running", "s3://l/a", "s3://l/c", false));
        let streaming = store
            .pending(&copy("streaming", "s3://l/a", "s3://l/c", false))
            .expect("pending");
        let overwrite = store
            .pending(&copy("overwrite", "s3://l/b", "s3://l/c", true))
            .expect("pending");
        assert_eq!(
            written(store, "s3://l/c"),
            ["old", "running", "streaming", "overwrite"]
        );
        finish(store, &copy("between", "s3://l/a", "s3://l/c", false));
        store.commit(streaming).expect("a commit");
        store.ended(streaming).expect("an end");
        store.ended(running).expect("an end");
        store.commit(overwrite).expect("a commit");
        // That it was submitted says nothing of the data: a job that was committed before may still write, and this one may have written nothing.
        assert_eq!(
            written(store, "s3://l/c"),
            ["old", "running", "streaming", "overwrite", "between"]
        );
        store.ended(overwrite).expect("an end");
        assert_eq!(
            written(store, "s3://l/c"),
            ["running", "streaming", "overwrite", "between"]
        );
        assert_eq!(ever(store, "s3://l/c"), 5);
        assert!(matches!(
            store.ended(overwrite),
            Err(LineageError::Unfit(_))
        ));
    });
}

#[test]
fn topics_only_grow_until_an_operator_ages_them_out() {
    each(&|store| {
        let topic = "kafka://b1:9092/t";
        finish(store, &copy("one", "s3://l/a", topic, false));
        finish(store, &copy("two", "s3://l/b", topic, true));
        finish(store, &changed(Change::Emptied(dataset(topic))));
        assert_eq!(written(store, topic), ["one", "two"]);
        let mut late = copy("three", "s3://l/b", topic, false);
        late.at = 500;
        commit(store, &late);
        let forget = Forget {
            dataset: dataset(topic),
            job: None,
            before: Some(400),
            who: "operator".to_owned(),
            at: 600,
            why: "retention".to_owned(),
        };
        store.append(Event::Forget(forget), None).expect("an event");
        assert_eq!(written(store, topic), ["three"]);
        assert_eq!(
            ever(store, topic),
            3,
            "what was made of old messages lives on"
        );
        let audit = store.events().expect("events");
        let said = audit.iter().any(|(_, event)| matches!(event, Event::Forget(f) if f.who == "operator" && f.why == "retention"));
        assert!(said, "{audit:?}");
    });
}

#[test]
fn truncate_and_drop_empty_and_rename_carries_along() {
    each(&|store| {
        finish(store, &copy("one", "s3://l/a", "s3://l/c", false));
        let renamed = Change::Renamed {
            from: dataset("s3://l/c"),
            to: dataset("s3://l/c2"),
        };
        commit(store, &changed(renamed));
        assert_eq!(written(store, "s3://l/c2"), ["one"]);
        assert_eq!(
            written(store, "s3://l/c"),
            ["one"],
            "an address can be declared again"
        );
        finish(store, &changed(Change::Emptied(dataset("s3://l/c2"))));
        assert!(written(store, "s3://l/c2").is_empty());
        assert_eq!(written(store, "s3://l/c"), ["one"]);
    });
}

#[test]
fn a_dataset_is_found_by_any_of_its_names() {
    each(&|store| {
        let mut list = copy("list", "s3://l/a", "kafka://b1:9092/t", false);
        let target = list.statements[0].lineage.outputs[0]
            .target
            .as_mut()
            .expect("a target");
        target.physical.push("kafka://b1:9092/u".to_owned());
        commit(store, &list);
        commit(store, &copy("plain", "s3://l/a", "t", false));
        assert_eq!(written(store, "kafka://b1:9092/t"), ["list", "plain"]);
        assert_eq!(written(store, "kafka://b1:9092/u"), ["list"]);
        assert_eq!(
            written(store, "t"),
            ["list", "plain"],
            "without an address by its name"
        );
        assert!(
            written(store, "kafka://b2:9092/t").len() == 1,
            "another server, but the one without address"
        );
    });
}

#[test]
fn what_is_not_pending_is_neither_committed_nor_aborted() {
    each(&|store| {
        let id = commit(store, &copy("one", "s3://l/a", "s3://l/c", false));
        assert!(matches!(store.commit(id), Err(LineageError::Unfit(_))));
        assert!(matches!(store.abort(id), Err(LineageError::Unfit(_))));
        assert!(matches!(
            store.commit(RecordId(99)),
            Err(LineageError::Unfit(_))
        ));
        let before = store.snapshot().expect("a snapshot").version();
        assert_eq!(before, 2, "what is refused leaves no event");
        let id = store
            .pending(&copy("two", "s3://l/a", "s3://l/c", false))
            .expect("pending");
        let whole = store.snapshot().expect("a snapshot").whole();
        assert_eq!(whole.expect("all of it").pending().count(), 1);
        store.abort(id).expect("an abort");
        assert_eq!(written(store, "s3://l/c"), ["one"]);
    });
}

#[test]
fn a_cut_holds_until_its_time_and_can_be_taken_back() {
    each(&|store| {
        let at = SourceColumn::new(&dataset("s3://l/c"), "x");
        let cut = Cut {
            cut: CutAt::Column(at.clone()),
            who: "officer".to_owned(),
            at: 100,
            why: "aggregated by hand".to_owned(),
            until: Some(200),
        };
        let number = store
            .append(Event::Declassify(cut), None)
            .expect("an event");
        let holds = |now| {
            let known = store.snapshot().expect("a snapshot");
            known.is_declassified(&at, &|a, b| a == b, now)
        };
        assert!(holds(150) && !holds(200));
        let back = Event::Classify {
            cut: number,
            who: "officer".to_owned(),
            at: 160,
            why: "it was not".to_owned(),
        };
        store.append(back.clone(), None).expect("an event");
        assert!(!holds(150));
        assert!(matches!(
            store.append(back, None),
            Err(LineageError::Unfit(_))
        ));
    });
}

#[test]
fn an_edge_is_cut_for_one_job_and_one_expression() {
    let record = copy("one", "s3://l/a", "s3://l/c", false);
    let store = MemoryStore::default();
    commit(&store, &record);
    let cut = |job: &str, expression: Option<&str>| {
        Event::Declassify(Cut {
            cut: CutAt::Edge {
                job: job.to_owned(),
                source: SourceColumn::new(&dataset("s3://l/a"), "x"),
                target: SourceColumn::new(&dataset("s3://l/c"), "x"),
                expression: expression.map(str::to_owned),
            },
            who: "officer".to_owned(),
            at: 0,
            why: "masked by the job itself".to_owned(),
            until: None,
        })
    };
    let is_cut = |known: &Known| {
        let same = |a: &str, b: &str| a == b;
        let entries = known.writers(&dataset("s3://l/c"), &same);
        let entry = entries.first().expect("an entry");
        let edge = &entry.written().columns[0].edges[0];
        known.is_cut(entry, "x", edge, &same, 0)
    };
    store.append(cut("other", None), None).expect("an event");
    store
        .append(cut("one", Some("hash of another expression")), None)
        .expect("an event");
    assert!(!is_cut(&store.snapshot().expect("a snapshot")));
    store.append(cut("one", None), None).expect("an event");
    assert!(is_cut(&store.snapshot().expect("a snapshot")));
}

/// A store by its address: a file, or a database.
#[cfg(feature = "store")]
fn open_any(address: &str) -> Box<dyn LineageStore> {
    #[cfg(feature = "postgres")]
    if address.starts_with("postgres://") {
        use sqlsec::lineage::store::{PostgresOptions, PostgresStore};
        let store = PostgresStore::open(address, &PostgresOptions::default());
        return Box::new(store.expect("a store"));
    }
    Box::new(file::open(Path::new(address)))
}

#[test]
fn what_was_written_since_a_check_is_stale() {
    each(&|store| {
        let reads_c = copy("reader", "s3://l/c", "s3://l/d", false);
        commit(store, &copy("one", "s3://l/a", "s3://l/c", false));
        let checked = store.snapshot().expect("a snapshot").version();
        commit(store, &copy("elsewhere", "s3://l/x", "s3://l/y", false));
        store
            .pending_since(&reads_c, checked)
            .expect("nothing of it has changed");
        commit(store, &copy("above", "s3://l/x", "s3://l/a", false));
        let stale = store.pending_since(&reads_c, checked);
        assert_eq!(stale, Err(LineageError::Stale));
        let now = store.snapshot().expect("a snapshot").version();
        store.pending_since(&reads_c, now).expect("checked again");
    });
}

#[cfg(feature = "store")]
fn is_the_same_after_it_was_closed(address: &str) {
    let store = open_any(address);
    commit(&*store, &copy("one", "s3://l/a", "s3://l/c", false));
    store
        .pending(&copy("two", "s3://l/a", "s3://l/c", false))
        .expect("pending");
    let events = store.events().expect("events");
    drop(store);
    let store = open_any(address);
    assert_eq!(store.events().expect("events"), events);
    assert_eq!(written(&*store, "s3://l/c"), ["one", "two"]);
}

#[cfg(feature = "store")]
/// Eight write and eight read, each with a connection of its own, as processes would.
fn many_see_one_history(address: &str) {
    const EACH: usize = 12;
    drop(open_any(address));
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let address = address.to_owned();
            thread::spawn(move || {
                let store = open_any(&address);
                (0..EACH)
                    .map(|turn| {
                        let job = format!("w{writer}-{turn}");
                        let replaces = turn % 4 == 3;
                        let record = copy(&job, "s3://l/a", "s3://l/c", replaces);
                        let id = store.pending(&record).expect("pending");
                        if turn % 3 == 2 {
                            store.abort(id).expect("an abort");
                        } else {
                            store.commit(id).expect("a commit");
                        }
                        id
                    })
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let address = address.to_owned();
            thread::spawn(move || {
                let store = open_any(&address);
                let mut seen = Vec::new();
                for _ in 0..20 {
                    let known = store.snapshot().expect("a snapshot");
                    seen.push((known.version(), jobs(&known, "s3://l/c")));
                    thread::yield_now();
                }
                seen
            })
        })
        .collect();
    let ids: Vec<RecordId> = writers
        .into_iter()
        .flat_map(|w| w.join().expect("a writer"))
        .collect();
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), 8 * EACH);
    // The history in the file, told once more: every reader must have seen one of its states.
    let events = open_any(address).events().expect("events");
    assert_eq!(events.len(), 2 * 8 * EACH);
    let mut known = Known::default();
    let mut states = vec![(0, jobs(&known, "s3://l/c"))];
    for (number, event) in &events {
        known.apply(*number, event).expect("an event that fits");
        states.push((*number, jobs(&known, "s3://l/c")));
    }
    for reader in readers {
        for state in reader.join().expect("a reader") {
            assert!(states.contains(&state), "version {} was never so", state.0);
        }
    }
}

#[cfg(feature = "store")]
const CHILD: &str = "SQLSEC_TEST_STORE_TO_WRITE";

#[cfg(feature = "store")]
/// What the process does that is killed below.
fn write_until_killed(address: &str) {
    use std::io::Write;
    let store = open_any(address);
    let mut out = std::io::stdout();
    for number in 0.. {
        let record = copy(&format!("job {number}"), "s3://l/a", "s3://l/c", false);
        let id = commit(&*store, &record);
        writeln!(out, "\nacknowledged {number} {id}").expect("a reader");
        out.flush().expect("a reader");
    }
}

#[cfg(feature = "store")]
/// A program of its own, for the tests that kill it.
#[test]
fn writes_until_it_is_killed() {
    if let Ok(address) = std::env::var(CHILD) {
        write_until_killed(&address);
    }
}

#[cfg(feature = "store")]
fn killed_in_the_middle(address: &str) {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "lineage::store::writes_until_it_is_killed",
                "--exact",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(CHILD, address)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let due = acknowledged.len() + 15 + round * 7;
        while acknowledged.len() < due {
            let line = lines.next().expect("a line").expect("text");
            acknowledged.extend(line.strip_prefix("acknowledged ").and_then(|rest| {
                let (_, id) = rest.split_once(' ')?;
                id.parse().ok().map(RecordId)
            }));
        }
        // SIGKILL, wherever it is.
        child.kill().expect("a kill");
        acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| {
            let rest = line.strip_prefix("acknowledged ")?.to_owned();
            rest.split_once(' ')?.1.parse().ok().map(RecordId)
        }));
        child.wait().expect("an end");
        let known = open_any(address).snapshot().expect("a snapshot");
        let entries = known.writers(&dataset("s3://l/c"), &|a, b| a == b);
        for id in &acknowledged {
            let kept = entries.iter().find(|e| e.record == *id).expect("an entry");
            assert!(kept.settled.is_some(), "{id} was committed");
        }
    }
    assert!(acknowledged.len() >= 45 + 21);
}

#[cfg(feature = "store")]
mod file {
    use sqlsec::lineage::store::SqliteStore;

    use super::*;

    pub fn open(path: &Path) -> SqliteStore {
        SqliteStore::open(path).expect("a store")
    }

    #[test]
    fn a_store_is_the_same_after_it_was_closed() {
        let folder = Folder::new("again");
        is_the_same_after_it_was_closed(&folder.address());
    }

    #[test]
    fn a_file_of_something_else_is_no_store() {
        let folder = Folder::new("else");
        std::fs::write(
            folder.file(),
            "this is a text, and a long one at that, but no database",
        )
        .expect("a file");
        assert!(SqliteStore::open(&folder.file()).is_err());
        let other = folder.0.join("other.db");
        let connection = rusqlite::Connection::open(&other).expect("a database");
        connection
            .execute_batch("CREATE TABLE t (x)")
            .expect("a table");
        drop(connection);
        assert!(matches!(
            SqliteStore::open(&other),
            Err(LineageError::Unreadable(_))
        ));
        assert!(SqliteStore::existing(&folder.0.join("missing.db")).is_err());
        let newer = folder.0.join("newer.db");
        drop(open(&newer));
        let connection = rusqlite::Connection::open(&newer).expect("a database");
        connection
            .execute_batch("PRAGMA user_version = 99")
            .expect("a version");
        drop(connection);
        assert!(matches!(
            SqliteStore::open(&newer),
            Err(LineageError::Unreadable(_))
        ));
    }

    #[test]
    fn eight_writers_and_eight_readers_see_one_history() {
        let folder = Folder::new("many");
        many_see_one_history(&folder.address());
    }

    #[test]
    fn whoever_is_killed_in_the_middle_loses_nothing_that_was_acknowledged() {
        let folder = Folder::new("killed");
        killed_in_the_middle(&folder.address());
    }

    /// A file as the first version of the schema had it: events, and nothing else.
    fn first_version(path: &Path, events: &[Event]) {
        let connection = rusqlite::Connection::open(path).expect("a database");
        let schema = "CREATE TABLE event (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
             PRAGMA application_id = 1936813171; PRAGMA user_version = 1; BEGIN";
        connection.execute_batch(schema).expect("a schema");
        for (number, event) in (1..).zip(events) {
            let body = serde_json::to_string(event).expect("JSON");
            let insert = "INSERT INTO event (number, body) VALUES (?1, ?2)";
            let row: (i64, String) = (number, body);
            connection.execute(insert, row).expect("a row");
        }
        connection.execute_batch("COMMIT").expect("a commit");
    }

    #[test]
    fn a_file_of_the_first_version_is_brought_to_this_one() {
        let folder = Folder::new("first");
        let memory = MemoryStore::default();
        finish(&memory, &copy("one", "s3://l/a", "s3://l/c", false));
        let renamed = Change::Renamed {
            from: dataset("s3://l/c"),
            to: dataset("s3://l/c2"),
        };
        commit(&memory, &changed(renamed));
        finish(&memory, &copy("two", "s3://l/b", "s3://l/c2", true));
        let cut = Cut {
            cut: CutAt::Column(SourceColumn::new(&dataset("s3://l/c"), "x")),
            who: "officer".to_owned(),
            at: 100,
            why: "seen".to_owned(),
            until: None,
        };
        memory.append(Event::Declassify(cut), None).expect("a cut");
        let events = memory.events().expect("events");
        let bodies: Vec<Event> = events.iter().map(|(_, event)| event.clone()).collect();
        first_version(&folder.file(), &bodies);
        let store = open(&folder.file());
        assert_eq!(store.events().expect("events"), events);
        for name in ["s3://l/c", "s3://l/c2"] {
            assert_eq!(written(&store, name), written(&memory, name));
            assert_eq!(ever(&store, name), ever(&memory, name));
        }
        let known = store.snapshot().expect("a snapshot");
        assert_eq!(known.cuts().count(), 1);
        assert_eq!(known.moved(&dataset("s3://l/c")), [&dataset("s3://l/c2")]);
        commit(&store, &copy("three", "s3://l/b", "s3://l/c2", false));
        assert_eq!(written(&store, "s3://l/c2"), ["two", "three"]);
    }

    #[test]
    fn readers_of_an_old_snapshot_and_of_a_new_one_do_not_wait_for_each_other() {
        let folder = Folder::new("order");
        let store = open(&folder.file());
        commit(&store, &copy("first", "s3://l/a", "s3://l/b", false));
        let store = std::sync::Arc::new(store);
        let (done, ended) = std::sync::mpsc::channel();
        for thread in 0..3 {
            let (store, done) = (std::sync::Arc::clone(&store), done.clone());
            // Not scoped: threads that wait for ever would keep the test too.
            std::thread::spawn(move || {
                for round in 0..60 {
                    if thread == 0 {
                        commit(
                            &*store,
                            &copy(&format!("job{round}"), "s3://l/a", "s3://l/b", false),
                        );
                    }
                    let known = store.snapshot().expect("a snapshot");
                    for path in ["s3://l/b".to_owned(), format!("s3://l/{round}")] {
                        let entries = known.writers(&dataset(&path), &|a, b| a == b);
                        assert!(entries.iter().all(|entry| !entry.is_unreadable()));
                    }
                }
                done.send(()).expect("somebody who waits");
            });
        }
        for _ in 0..3 {
            ended
                .recv_timeout(std::time::Duration::from_secs(60))
                .expect("no thread waits for ever");
        }
    }

    #[test]
    fn what_cannot_be_read_hides_all_columns() {
        let folder = Folder::new("damaged");
        let store = open(&folder.file());
        commit(&store, &copy("one", "s3://l/a", "s3://l/c", false));
        commit(&store, &copy("two", "s3://l/a", "s3://l/d", false));
        let connection = rusqlite::Connection::open(folder.file()).expect("a database");
        connection
            .execute("UPDATE event SET body = '{' WHERE number = 1", [])
            .expect("a damage");
        let known = store.snapshot().expect("a snapshot");
        assert_eq!(jobs(&known, "s3://l/d"), ["two"]);
        assert_eq!(known.failure(), None);
        let entries = known.writers(&dataset("s3://l/c"), &|a, b| a == b);
        assert!(entries.iter().all(|entry| entry.is_unreadable()));
        assert_eq!(entries.len(), 1);
        assert!(matches!(known.failure(), Some(LineageError::Unreadable(_))));
        // From now on nothing that it says can be relied upon.
        let entries = known.writers(&dataset("s3://l/never"), &|a, b| a == b);
        assert!(entries.iter().any(|entry| entry.is_unreadable()));
        assert!(!known.is_empty());
        assert!(known.whole().is_err() && store.events().is_err());
        // The next snapshot tries again.
        assert_eq!(
            jobs(&store.snapshot().expect("a snapshot"), "s3://l/d"),
            ["two"]
        );
        // A script that is judged by it is denied: what it does not say could be anything.
        let mut catalog = sqlsec::Catalog::default();
        for (name, path) in [("c", "s3://l/c"), ("d", "s3://l/d")] {
            let table = format!(
                "CREATE TABLE {name} (v STRING) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json')"
            );
            catalog.add_sql(&table, "test").expect("a table");
        }
        let policy = sqlsec::Policy::load("apiVersion: sqlsec/v1\nversion: 1\nrules: []", "test");
        let store = std::sync::Arc::new(store);
        let engine = sqlsec::Engine::new(policy.expect("a policy"), catalog);
        let engine = engine.lineage(std::sync::Arc::clone(&store)
            as std::sync::Arc<dyn sqlsec::lineage::store::LineageSource>);
        let errors = |sql: &str| {
            use sqlsec::SubmitCheck;
            let reply = engine.check(&sqlsec::Request::new(sqlsec::Principal::default(), sql));
            reply
                .decision
                .errors()
                .iter()
                .map(|e| e.code.as_str())
                .collect::<Vec<_>>()
        };
        assert!(!errors("SELECT v FROM d").contains(&"lineage-unavailable"));
        assert_eq!(errors("SELECT v FROM c"), ["lineage-unavailable"]);
        let id = RecordId(1);
        assert!(matches!(store.ended(id), Err(LineageError::Unreadable(_))));
    }
}
