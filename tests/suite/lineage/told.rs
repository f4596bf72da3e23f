//! What people are told: why a column is masked of which no rule speaks, what a large store knows of one table, which cards are one table.

use std::time::Instant;

use serde_json::{Value, json};
use sqlsec::lineage::graph::{Beside, Graph};
use sqlsec::lineage::store::{Event, LineageSource, SqliteStore};
use sqlsec::lineage::{Change, ColumnLineage, Dataset, Direct, Edge, Record, Relationship};
use sqlsec::lineage::{SourceColumn, StatementLineage, StatementRecord, Written};
use sqlsec::syntax::Span;

use super::command::{BASICS, desk, store};
use super::sample::dataset;

/// A job that copies `age` of one table into another.
fn copy(job: &str, from: &Dataset, to: &Dataset) -> Record {
    let written = Written {
        target: Some(to.clone()),
        replaces: false,
        columns: vec![ColumnLineage {
            name: "age".to_owned(),
            data_type: None,
            edges: vec![Edge {
                source: SourceColumn::new(from, "age"),
                relationship: Relationship::Direct(Direct::SAME),
                span: Span::default(),
            }],
        }],
        whole: Vec::new(),
        span: Span::default(),
    };
    let statement = StatementRecord {
        lineage: StatementLineage {
            outputs: vec![written],
        },
        ..StatementRecord::default()
    };
    job_of(job, statement)
}

fn job_of(job: &str, statement: StatementRecord) -> Record {
    Record {
        job: job.to_owned(),
        user: "u".to_owned(),
        at: 100,
        statements: vec![statement],
    }
}

fn renamed(from: &Dataset, to: &Dataset) -> Record {
    let change = Change::Renamed {
        from: from.clone(),
        to: to.clone(),
    };
    let statement = StatementRecord {
        changes: vec![change],
        ..StatementRecord::default()
    };
    job_of("rename", statement)
}

#[test]
fn an_account_says_from_which_column_a_mask_comes_and_by_which_jobs() {
    let desk = desk("explain");
    let explain = ["explain", "--user", "ann", "read.sql"];
    let told = |more: &[&str]| desk.run(&[&explain[..], &BASICS, more].concat());
    assert_eq!(told(&[]).status, 3, "a store that is not there is not made");
    assert!(!desk.path("lineage.db").exists());
    let submit = ["rewrite", "--user", "bob", "copy.sql", "--job", "nightly"];
    assert_eq!(desk.run(&[&submit[..], &BASICS].concat()).status, 0);
    let ran = told(&[]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let line = "column age: encrypt by `ages`, inherited from lake.d.a.age by nightly";
    assert!(ran.out.contains(line), "{}", ran.out);
    let ran = told(&["--format", "json"]);
    let account: Value = serde_json::from_str(&ran.out).expect("JSON");
    let tables = account["statements"][0]["tables"].as_array().unwrap();
    let c = tables
        .iter()
        .find(|t| t["name"] == json!(["lake", "d", "c"]));
    let inherited = &c.unwrap_or_else(|| panic!("{account:#}"))["inherited"];
    assert_eq!(inherited.as_array().map(Vec::len), Some(1), "{inherited}");
    assert_eq!(inherited[0]["column"], json!(["age"]));
    assert_eq!(inherited[0]["inherited"]["jobs"], json!(["nightly"]));
    assert_eq!(inherited[0]["inherited"]["from"]["column"], json!("age"));
    // Without a store nobody knows of it.
    let bare = [&explain[..], &BASICS[..4]].concat();
    let ran = desk.run(&bare);
    assert!(!ran.out.contains("inherited"), "{}", ran.out);
}

#[test]
fn of_one_table_in_a_large_store_only_its_own_events_are_read() {
    let desk = desk("large");
    let table = |n: usize| dataset(&format!("t{n}"), &[&format!("s3://lake/t{n}")]);
    let path = desk.path("lineage.db");
    let mut connection = rusqlite::Connection::open(&path).expect("a database");
    // A file of the first version, which is indexed when it is opened.
    let schema = "CREATE TABLE event (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
         PRAGMA application_id = 1936813171; PRAGMA user_version = 1;";
    connection.execute_batch(schema).expect("a schema");
    let writing = connection.transaction().expect("a transaction");
    for n in 1..=5000 {
        let record = copy(&format!("job{n}"), &table(n - 1), &table(n));
        let body = serde_json::to_string(&Event::Pending(record)).expect("JSON");
        let row = (n as i64, body);
        let insert = "INSERT INTO event (number, body) VALUES (?1, ?2)";
        writing.execute(insert, row).expect("a row");
    }
    writing.commit().expect("a commit");
    drop(connection);
    drop(SqliteStore::open(&path).expect("a store"));
    // Whoever asks for everything is told how much that is.
    let ran = desk.run(&store(&["show"]));
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    assert!(
        ran.err.contains("the store holds 5000 events"),
        "{}",
        ran.err
    );
    let ran = desk.run(&store(&["show", "--all"]));
    assert_eq!(ran.out.matches(" from shop.core.t").count(), 5000);
    let connection = rusqlite::Connection::open(&path).expect("a database");
    let damage = "UPDATE event SET body = '{' WHERE number <> 1234";
    assert_eq!(connection.execute(damage, ()).expect("damage"), 4999);
    drop(connection);
    for name in ["shop.core.t1234", "s3://lake/t1234"] {
        let started = Instant::now();
        let ran = desk.run(&store(&["show", "--table", name]));
        println!("one table of 5000 records: {:?}", started.elapsed());
        assert_eq!(ran.status, 0, "{}", ran.err);
        let lines: Vec<&str> = ran.out.lines().collect();
        assert_eq!(
            lines,
            [
                "version 5000",
                "shop.core.t1234 = s3://lake/t1234",
                "  job1234 by u (record 1234, pending)",
                "    age from shop.core.t1233.age: IDENTITY",
                "pending 1234: job1234 by u",
            ]
        );
    }
    let ran = desk.run(&store(&["show", "shop.core.t1234", "--format", "json"]));
    let shown: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(shown["datasets"].as_array().map(Vec::len), Some(1));
    assert_eq!(shown["pending"][0]["record"]["job"], json!("job1234"));
    let ran = desk.run(&store(&["show", "--all"]));
    assert_eq!(ran.status, 3, "the others cannot be read");
    let known = SqliteStore::open(&path).expect("a store");
    let known = known.snapshot().expect("a snapshot");
    let none = known
        .entries_of(None, Some("s3://lake/t"))
        .expect("entries");
    assert!(none.is_empty(), "a folder above is another table");
}

#[test]
fn a_renamed_table_is_one_card_under_both_names() {
    let (a, b) = (
        dataset("a", &["s3://lake/a"]),
        dataset("b", &["s3://lake/b"]),
    );
    let (c, d) = (dataset("c", &[]), dataset("d", &[]));
    let end = dataset("end", &["s3://lake/end"]);
    let records = [
        copy("first", &dataset("raw", &[]), &a),
        copy("other", &dataset("raw", &[]), &c),
        renamed(&a, &b),
        renamed(&b, &c),
        copy("second", &c, &end),
    ];
    let graph = Graph::new(&records, &Beside::default());
    let titles: Vec<(usize, usize)> = graph
        .tables
        .iter()
        .map(|table| (table.logical.len(), table.physical.len()))
        .collect();
    assert_eq!(titles, [(1, 0), (3, 2), (1, 1)], "{:?}", graph.tables);
    let ways: Vec<(usize, usize)> = graph
        .links
        .iter()
        .map(|link| (link.from.table, link.table))
        .collect();
    assert_eq!(ways, [(0, 1), (0, 1), (1, 2)], "one way through both names");
    for link in &graph.links {
        assert!(link.from.table < graph.tables.len() && link.table < graph.tables.len());
    }
    // What nobody renamed stays apart, and a name that nothing drawn has had is not drawn.
    let records = [copy("first", &a, &end), renamed(&c, &d)];
    let graph = Graph::new(&records, &Beside::default());
    assert_eq!(graph.tables.len(), 2);
    // A table over two topics is two: no rename says which of them it was.
    let both = dataset("both", &["kafka://k/a", "kafka://k/b"]);
    let one = dataset("one", &["kafka://k/a"]);
    let records = [
        copy("x", &both, &end),
        copy("y", &one, &end),
        renamed(&both, &b),
    ];
    let graph = Graph::new(&records, &Beside::default());
    assert_eq!(graph.tables.len(), 4, "{:?}", graph.tables);
}
