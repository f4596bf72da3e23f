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
            writeln!(text, "    {name}: {}", edges.join(", ")).expect("text");
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
