//! A store of a million edges: how long a new process takes to open it and to answer, cold and warm, and what a long chain costs.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlsec::catalog::TableName;
use sqlsec::lineage::inherit::{Own, OwnColumn, Settings, Sources, Walk};
use sqlsec::lineage::store::{Entry, Event, Known, LineageSource, LineageStore, SqliteStore};
use sqlsec::lineage::{
    ColumnLineage, Dataset, Direct, Edge, Record, Relationship, SourceColumn, StatementLineage,
    StatementRecord, Written,
};
use sqlsec::mask::MaskSpec;
use sqlsec::policy::{Aggregate, ColumnMask, Inherit, Inheritance};
use sqlsec::syntax::Span;
use sqlsec::{Catalog, Engine, Policy, Principal, Request, SubmitCheck};

const HOPS: usize = 10;

fn dataset(chain: usize, hop: usize) -> Dataset {
    Dataset {
        name: TableName::new("lake", "core", format!("t{chain}_{hop}")),
        physical: vec![format!("s3://lake/core/t{chain}_{hop}")],
    }
}

/// The job that copies all columns of one table of a chain into the next.
fn copy(chain: usize, hop: usize, columns: usize) -> Record {
    let columns = (0..columns).map(|column| {
        let name = format!("c{column}");
        ColumnLineage {
            data_type: None,
            edges: vec![Edge {
                source: SourceColumn::new(&dataset(chain, hop), &name),
                relationship: Relationship::Direct(Direct::SAME),
                span: Span::default(),
            }],
            name,
        }
    });
    let written = Written {
        target: Some(dataset(chain, hop + 1)),
        replaces: false,
        columns: columns.collect(),
        whole: Vec::new(),
        span: Span::default(),
    };
    Record {
        job: format!("job {chain} {hop}"),
        user: "etl".to_owned(),
        at: 0,
        statements: vec![StatementRecord {
            lineage: StatementLineage {
                outputs: vec![written],
            },
            ..StatementRecord::default()
        }],
    }
}

/// A file as the first version of the schema had it: events alone.
fn events(path: &Path, records: impl Iterator<Item = Record>) {
    let mut connection = rusqlite::Connection::open(path).expect("a database");
    let schema = "CREATE TABLE event (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
         PRAGMA application_id = 1936813171; PRAGMA user_version = 1;";
    connection.execute_batch(schema).expect("a schema");
    let write = connection.transaction().expect("a transaction");
    for (number, record) in (1_i64..).zip(records) {
        let body = serde_json::to_string(&Event::Import(record)).expect("JSON");
        let insert = "INSERT INTO event (number, body) VALUES (?1, ?2)";
        write.execute(insert, (number, body)).expect("a row");
    }
    write.commit().expect("a commit");
}

/// A reader for whom one column of the first table is masked, and of whom nothing else is known.
struct Reader<'k> {
    known: &'k Known,
    own: BTreeMap<Dataset, Vec<ColumnMask>>,
}

impl<'k> Reader<'k> {
    fn new(known: &'k Known, chain: usize, columns: usize) -> Self {
        let mask = |column: usize| ColumnMask {
            path: vec![format!("c{column}")],
            mask: MaskSpec::Hash,
            when: None,
            rule: Arc::from("hash"),
            inherit: Inherit::default(),
            aggregate: Aggregate::default(),
            inherited: None,
        };
        let masks = (0..columns).map(mask).collect();
        Self {
            known,
            own: BTreeMap::from([(dataset(chain, 0), masks)]),
        }
    }
}

impl Sources for Reader<'_> {
    type Error = Infallible;

    fn own(&self, column: &SourceColumn) -> Result<OwnColumn, Infallible> {
        let masks = self.own.get(&column.dataset);
        let masks = masks.map(|masks| {
            let named = column.column.as_deref().unwrap_or_default();
            let index = named.trim_start_matches('c').parse::<usize>();
            let mask = index.ok().and_then(|index| masks.get(index));
            Own::Masked(mask.cloned().into_iter().collect())
        });
        Ok(OwnColumn {
            own: masks.unwrap_or(Own::Silent),
            data_type: None,
        })
    }

    fn writers(&self, dataset: &Dataset) -> Vec<Arc<Entry>> {
        self.known.distinct_writers(dataset, &|a, b| a == b)
    }

    fn is_cut(&self, _: &Entry, _: &str, _: &Edge) -> bool {
        false
    }

    fn is_declassified(&self, column: &SourceColumn) -> bool {
        self.known.is_declassified(column, &|a, b| a == b, 0)
    }
}

/// What the columns of the last table of a chain inherit.
fn walked(known: &Known, chain: usize, columns: usize) {
    let reader = Reader::new(known, chain, columns);
    let inheritance = Inheritance::default();
    let settings = Settings::from(&inheritance);
    let mut walk = Walk::new(&reader, &settings);
    for column in 0..columns {
        let column = SourceColumn::new(&dataset(chain, HOPS), &format!("c{column}"));
        let found = walk.inherited(&column, None).expect("an answer");
        assert_eq!(found.masks.len(), 1, "the mask has come all the way");
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// Least and median of some runs.
fn told(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let (least, median) = (times[0], times[times.len() / 2]);
    println!("{what:<58} {least:>10.1?} {median:>10.1?}");
}

pub fn million() {
    let folder = std::env::temp_dir().join(format!("sqlsec-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("lineage.db");
    const CHAINS: usize = 10_000;
    const COLUMNS: usize = 10;
    let chains = (0..CHAINS).flat_map(|chain| (0..HOPS).map(move |hop| copy(chain, hop, COLUMNS)));
    let ((), written) = timed(|| events(&path, chains));
    println!("\n1,000,000 edges, 100,000 records, 10 hops: events written in {written:.1?}");
    let (_, migrated) = timed(|| SqliteStore::open(&path).expect("a store"));
    let size = std::fs::metadata(&path).expect("a file").len() / 1_000_000;
    println!("brought from version 1 of the schema to 2 in {migrated:.1?}; {size} MB");
    println!("{:<58} {:>10} {:>10}", "", "least", "median");
    let runs: Vec<usize> = (0..25).map(|n| n * 397 % CHAINS).collect();
    let opened = runs.iter().map(|_| {
        let (store, time) = timed(|| {
            let store = SqliteStore::existing(&path).expect("a store");
            store.snapshot().expect("a snapshot");
            store
        });
        drop(store);
        time
    });
    told("opened, and a first snapshot", opened.collect());
    let first = runs.iter().map(|chain| {
        let store = SqliteStore::existing(&path).expect("a store");
        let known = store.snapshot().expect("a snapshot");
        timed(|| known.distinct_writers(&dataset(*chain, HOPS), &|a, b| a == b)).1
    });
    told(
        "who wrote a table, first question after opening",
        first.collect(),
    );
    let store = SqliteStore::existing(&path).expect("a store");
    let known = store.snapshot().expect("a snapshot");
    let cold = runs
        .iter()
        .map(|chain| timed(|| walked(&known, *chain, COLUMNS)).1);
    told(
        "10 columns over 10 hops, tables never asked before",
        cold.collect(),
    );
    let warm = runs
        .iter()
        .map(|chain| timed(|| walked(&known, *chain, COLUMNS)).1);
    told("the same, warm", warm.collect());
    let again = runs
        .iter()
        .map(|_| timed(|| store.snapshot().expect("a snapshot")).1);
    told("a snapshot when nothing was written", again.collect());
    let appended = runs.iter().map(|chain| {
        let record = copy(*chain, 3, COLUMNS);
        timed(|| store.pending_since(&record, known.version())).1
    });
    told("a record appended, kept on the disk", appended.collect());
    let after = runs.iter().map(|chain| {
        store.pending(&copy(*chain, 3, COLUMNS)).expect("pending");
        timed(|| store.snapshot().expect("a snapshot")).1
    });
    told("a snapshot after another record", after.collect());
    drop(store);
    let _ = std::fs::remove_dir_all(&folder);
}

pub fn wide() {
    let folder = std::env::temp_dir().join(format!("sqlsec-wide-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("lineage.db");
    const COLUMNS: usize = 1_000;
    events(&path, (0..HOPS).map(|hop| copy(0, hop, COLUMNS)));
    let store = Arc::new(SqliteStore::open(&path).expect("a store"));
    let known = store.snapshot().expect("a snapshot");
    println!(
        "\n{:<58} {:>10} {:>10}",
        "1,000 columns over 10 hops", "least", "median"
    );
    told(
        "the walk, cold",
        vec![timed(|| walked(&known, 0, COLUMNS)).1],
    );
    let warm = (0..25).map(|_| timed(|| walked(&known, 0, COLUMNS)).1);
    told("the walk, warm", warm.collect());
    let one = (0..25).map(|_| timed(|| walked(&known, 0, 1)).1);
    told("the walk of one column, warm", one.collect());

    let mut ddl = String::new();
    for hop in [0, HOPS] {
        let columns: Vec<String> = (0..COLUMNS).map(|c| format!("c{c} STRING")).collect();
        ddl.push_str(&format!(
            "CREATE TABLE lake.core.t0_{hop} ({}) WITH ('connector' = 'filesystem', \
             'path' = 's3://lake/core/t0_{hop}', 'format' = 'json');\n",
            columns.join(", ")
        ));
    }
    let mut catalog = Catalog::default();
    catalog.add_sql(&ddl, "bench").expect("DDL of the bench");
    let names: Vec<String> = (0..COLUMNS).map(|c| format!("c{c}")).collect();
    let policy = format!(
        "apiVersion: sqlsec/v1\nversion: 1\n\
         defaults: {{ access: allow, unknown_connector: deny, no_matching_filter: deny, unknown_lineage: allow }}\n\
         rules:\n  - {{ id: hash, type: column_mask, to: {{ groups: [public] }}, \
         on: {{ table: lake.core.t0_0, columns: [{}] }}, mask: MASK_HASH }}\n",
        names.join(", ")
    );
    let load = |policy: &str| Policy::load(policy, "bench").expect("a policy");
    let inherits = Engine::new(load(&policy), catalog.clone())
        .lineage(Arc::clone(&store) as Arc<dyn LineageSource>);
    // What lineage costs a check is what the same masks do not cost it when the rules are on the table itself.
    let own = Engine::new(load(&policy.replace("t0_0", "t0_10")), catalog);
    let (one, all) = (
        "SELECT c0 FROM lake.core.t0_10",
        "SELECT * FROM lake.core.t0_10",
    );
    // It is refused once the decision says that something of the table is hidden: nothing is rewritten.
    let decision = "SHOW CREATE TABLE lake.core.t0_10";
    for (what, engine, sql) in [
        (
            "the decision alone, inherited masks, warm",
            &inherits,
            decision,
        ),
        (
            "the same, masks by rules of the table itself",
            &own,
            decision,
        ),
        ("check of one column, inherited masks, warm", &inherits, one),
        ("the same, masks by rules of the table itself", &own, one),
        (
            "check of all columns, inherited masks, warm",
            &inherits,
            all,
        ),
        ("the same, masks by rules of the table itself", &own, all),
    ] {
        let request = Request::new(
            Principal {
                user: "reader".to_owned(),
                ..Principal::default()
            },
            sql,
        );
        let times = (0..25).map(|_| {
            let (reply, time) = timed(|| engine.check(&request));
            let code = reply.decision.errors().first().map(|e| e.code.as_str());
            assert_eq!(code, (sql == decision).then_some("change-protected"));
            black_box(reply);
            time
        });
        told(what, times.collect());
    }
    let _ = std::fs::remove_dir_all(&folder);
}
