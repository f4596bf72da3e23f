//! Every construct of the grammar that carries values: `fixtures/lineage/constructs.txt` has a statement a block, with its edges below it.
//!
//! `SQLSEC_BLESS=1` writes the edges; read the difference before it is committed. Direct edges have their form and reduction, indirect ones
//! their kind; `*` stands for every column of the output, `?` for any column of the source, `=>` for a target that is replaced.

use std::fmt::Write;
use std::fs;

use sqlsec::Catalog;
use sqlsec::lineage::{Direct, Edge, Reduction, Relationship, StatementLineage};

use super::script;
use crate::case::root;

const SETUP: [&str; 5] = [
    "CREATE TABLE person (id BIGINT, name STRING, age INT, phone STRING, pay DECIMAL(10, 2), ts TIMESTAMP(3), tags ARRAY<STRING>,
     attrs MAP<STRING, STRING>, home ROW<town STRING, zip STRING>, now AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka')",
    "CREATE TABLE visit (id BIGINT, who BIGINT, town STRING, cost INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (id) NOT ENFORCED)
     WITH ('connector' = 'kafka')",
    "CREATE TABLE shop (id BIGINT, name STRING, n INT, dt STRING, m STRING METADATA FROM 'k', v2 BIGINT METADATA VIRTUAL, comp AS n + 1,
     comp2 AS comp * 2, r ROW<x INT, y STRING>) PARTITIONED BY (dt) WITH ('connector' = 'kafka')",
    "CREATE VIEW older AS SELECT id AS vid, age + 1 AS years FROM person WHERE pay > 10",
    "CREATE VIEW steps AS SELECT vid, years * 2 AS twice FROM older",
];

fn relationship(edge: &Edge) -> String {
    let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    match edge.relationship {
        Relationship::Direct(Direct { form, reduction }) => match reduction {
            Reduction::None => word(&form),
            Reduction::Picked | Reduction::Combined | Reduction::Counted => {
                format!("{} {}", word(&form), word(&reduction))
            }
        },
        Relationship::Indirect(_) => edge.relationship.kind().name().to_owned(),
    }
}

fn shown(lineage: &StatementLineage) -> String {
    let mut text = String::new();
    for written in &lineage.outputs {
        if let Some(target) = &written.target {
            let arrow = if written.replaces { "=>" } else { "->" };
            writeln!(text, "    {arrow} {}", target.name.table).expect("text");
        }
        let own = written.columns.iter().map(|c| (c.name.as_str(), &c.edges));
        for (name, edges) in own.chain([("*", &written.whole)]) {
            if name == "*" && edges.is_empty() {
                continue;
            }
            let edges = edges.iter().map(|edge| {
                let column = edge.source.column.as_deref().unwrap_or("?");
                let table = &edge.source.dataset.name.table;
                format!("{table}.{column} {}", relationship(edge))
            });
            let edges: Vec<String> = edges.collect();
            let made_of = match edges.as_slice() {
                [] => "nothing".to_owned(),
                edges => edges.join(", "),
            };
            writeln!(text, "    {name}: {made_of}").expect("text");
        }
    }
    text
}

#[test]
fn every_construct_has_the_edges_that_it_is_read_to_have() {
    let path = root().join("fixtures/lineage/constructs.txt");
    let text = fs::read_to_string(&path).expect("the constructs");
    let catalog = Catalog::default();
    let session = script::session(&catalog, &SETUP.map(str::to_owned));
    let mut made = Vec::new();
    for block in text.trim_end().split("\n\n") {
        let sql: Vec<&str> = block.lines().filter(|l| !l.starts_with("    ")).collect();
        let sql = sql.join("\n");
        let lineage = script::of(&sql, &session, &catalog);
        made.push(format!("{sql}\n{}", shown(&lineage)));
    }
    let made = made.join("\n");
    if std::env::var("SQLSEC_BLESS").is_ok() {
        fs::write(&path, made).expect("the constructs");
        return;
    }
    for (made, block) in made.split("\n\n").zip(text.split("\n\n")) {
        assert_eq!(made, block);
    }
    assert_eq!(made, text);
}

/// The text that each edge of an output points at, for `target: source`.
fn places(sql: &str, lineage: &StatementLineage) -> Vec<String> {
    let written = &lineage.outputs[0];
    let own = written.columns.iter().map(|c| (c.name.as_str(), &c.edges));
    let all = own.chain([("*", &written.whole)]);
    all.flat_map(|(name, edges)| {
        edges.iter().map(move |edge| {
            let column = edge.source.column.as_deref().unwrap_or("?");
            format!("{name}: {column} at `{}`", edge.span.text(sql))
        })
    })
    .collect()
}

#[test]
fn an_edge_stands_where_it_became_what_it_is() {
    let catalog = Catalog::default();
    let session = script::session(&catalog, &SETUP.map(str::to_owned));
    let cases: [(&str, &[&str]); 4] = [
        (
            "INSERT INTO shop (id, n) WITH q AS (SELECT id, age + 1 AS years FROM person WHERE pay > 3) SELECT id, years FROM q WHERE years > 2",
            &[
                "id: id at `id`",
                "n: age at `age + 1 AS years`",
                "*: age at `years > 2`",
                "*: pay at `pay > 3`",
            ],
        ),
        (
            "SELECT MAX(twice) AS m FROM steps WHERE vid = 1",
            &[
                "m: age at `MAX(twice) AS m`",
                "*: id at `vid = 1`",
                "*: pay at `steps`",
            ],
        ),
        (
            "SELECT * FROM steps",
            &[
                "vid: id at `steps`",
                "twice: age at `steps`",
                "*: pay at `steps`",
            ],
        ),
        (
            "SELECT comp2, SUM(n) OVER w AS s FROM shop WINDOW w AS (ORDER BY dt)",
            &[
                "comp2: n at `comp2`",
                "s: dt at `SUM(n) OVER w AS s`",
                "s: n at `SUM(n) OVER w AS s`",
            ],
        ),
    ];
    for (sql, wanted) in cases {
        assert_eq!(places(sql, &script::of(sql, &session, &catalog)), wanted);
    }
}

#[test]
fn a_dataset_is_the_bytes_that_options_and_hints_say() {
    let catalog = Catalog::default();
    let session = script::session(
        &catalog,
        &["CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'h:9092', 'topic' = 'x')".to_owned()],
    );
    let sql = "CREATE TABLE c WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'h:9092', 'topic' = 'z')
               AS SELECT a FROM t UNION ALL SELECT a FROM t /*+ OPTIONS('topic' = 'y') */";
    let lineage = script::of(sql, &session, &catalog);
    let written = &lineage.outputs[0];
    let target = written.target.as_ref().expect("a target");
    assert_eq!(target.physical, ["kafka://h:9092/z"]);
    let sources = written.columns[0].edges.iter();
    let sources: Vec<_> = sources.flat_map(|e| &e.source.dataset.physical).collect();
    assert_eq!(sources, ["kafka://h:9092/x", "kafka://h:9092/y"]);
}

#[test]
fn a_wide_table_through_a_function_has_an_edge_a_table() {
    let columns = |n: usize| {
        (0..n)
            .map(|i| format!("c{i} INT"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let catalog = Catalog::default();
    let tables = [600, 3].map(|n| {
        format!(
            "CREATE TABLE w{n} ({}) WITH ('connector' = 'kafka')",
            columns(n)
        )
    });
    let session = script::session(&catalog, &tables);
    for (n, columns) in [(600, 1), (3, 3)] {
        let sql = format!("INSERT INTO w{n} SELECT * FROM f(TABLE w{n})");
        let lineage = script::of(&sql, &session, &catalog);
        let written = &lineage.outputs[0];
        assert_eq!(written.columns.len(), n);
        for column in &written.columns {
            assert_eq!(column.edges.len(), columns);
            let any = column.edges.iter().all(|e| e.source.column.is_none());
            assert_eq!(any, n == 600);
        }
    }
}
