//! Perturbation on real Flink: the same random statements, in batch, on tables that are literals.
//!
//! What Flink refuses of them, for its types are stricter than SQLite's, is counted and not asked again.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use sqlsec::syntax::quote;

use super::{Case, numbers, sources};
use crate::flink::Flink;
use crate::properties::choices::Choices;
use crate::properties::world::{Cell, Column, Kind, Table};

/// So many perturbations are run, or as many as `SQLSEC_CASES` says, up to 300.
const PERTURBED: usize = 60;

/// Of one case, so that many cases are met.
const OF_ONE: usize = 4;

fn cell(cell: &Cell, column: &Column) -> String {
    let data_type = column.data_type;
    match cell {
        Cell::Null => format!("CAST(NULL AS {data_type})"),
        Cell::Int(n) if column.kind == Kind::Flag => (*n == 1).to_string().to_uppercase(),
        Cell::Int(n) => format!("CAST({n} AS {data_type})"),
        Cell::Real(n) => format!("CAST({n} AS {data_type})"),
        Cell::Text(text) => format!("CAST('{}' AS {data_type})", text.replace('\'', "''")),
    }
}

/// A table with these rows.
fn table(table: &Table, rows: &[Vec<Cell>]) -> String {
    let line = |row: &Vec<Cell>| {
        let cells = row.iter().zip(&table.columns);
        let cells: Vec<String> = cells.map(|(value, column)| cell(value, column)).collect();
        format!("({})", cells.join(", "))
    };
    let lines: Vec<String> = rows.iter().map(line).collect();
    let names: Vec<String> = table.columns.iter().map(|c| quote(c.name)).collect();
    format!(
        "CREATE VIEW {} ({}) AS SELECT * FROM (VALUES {})",
        quote(table.name),
        names.join(", "),
        lines.join(", ")
    )
}

fn job(case: &Case, rows: &[Vec<Vec<Cell>>]) -> Value {
    let mut setup: Vec<String> = case
        .tables
        .iter()
        .zip(rows)
        .map(|(t, rows)| table(t, rows))
        .collect();
    setup.extend(case.views.iter().map(|view| format!("CREATE VIEW {view}")));
    let (last, first) = case.statements.split_last().expect("a statement");
    setup.extend(first.iter().cloned());
    json!({ "op": "execute", "id": "perturbed", "mode": "batch", "setup": setup, "sql": last })
}

/// The values of each column of an answer, in an order of their own.
fn columns(answer: &Value, count: usize) -> Option<Vec<Vec<String>>> {
    let rows = answer["values"]
        .as_array()
        .filter(|_| answer["ok"] == true)?;
    let column = |index: usize| {
        let mut values: Vec<String> = rows.iter().map(|row| row[index].to_string()).collect();
        values.sort_unstable();
        values
    };
    assert!(
        rows.iter()
            .all(|r| r.as_array().is_some_and(|r| r.len() == count)),
        "{answer}"
    );
    Some((0..count).map(column).collect())
}

/// Data in which one column of one table differs, with that table and column.
type Perturbed<'c> = (&'c str, &'c str, Vec<Vec<Vec<Cell>>>);

fn perturbed<'c>(case: &'c Case, raw: &[Vec<Vec<Cell>>], others: &[u16]) -> Vec<Perturbed<'c>> {
    let mut choices = Choices::new(others);
    let mut all = Vec::new();
    for (of, table) in case.tables.iter().enumerate() {
        let texts = case.statements.iter().chain(&case.views);
        if !texts.clone().any(|text| text.contains(&quote(table.name))) {
            continue;
        }
        for (index, column) in table.columns.iter().enumerate() {
            let mut rows = raw.to_vec();
            for row in &mut rows[of] {
                row[index] = column.literal(&mut choices);
            }
            if rows != raw {
                all.push((table.name, column.name, rows));
            }
        }
    }
    // Some from everywhere, not the first table alone.
    let step = all.len().div_ceil(OF_ONE).max(1);
    all.into_iter().step_by(step).collect()
}

#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    refused: usize,
    perturbed: usize,
    changed: usize,
    unchanged: usize,
    unchanged_named: usize,
}

#[test]
fn a_source_whose_values_show_on_flink_has_an_edge() {
    let mut flink = match Flink::shared() {
        Ok(flink) => flink,
        Err(why) => return println!("skipped: {why}"),
    };
    let asked = std::env::var("SQLSEC_CASES").ok();
    let wanted = asked.map_or(PERTURBED, |n| {
        n.parse::<usize>().expect("a number").min(300)
    });
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut tally = Tally::default();
    while tally.perturbed < wanted && tally.cases < 10 * wanted {
        let numbers = numbers().new_tree(&mut runner).expect("a case").current();
        let case = Case::new(&numbers.0, &numbers.1);
        if case.sink.is_some() {
            continue;
        }
        tally.cases += 1;
        let raw: Vec<_> = case.tables.iter().map(|t| t.rows.clone()).collect();
        let others = perturbed(&case, &raw, &numbers.2);
        let mut jobs = vec![job(&case, &raw)];
        jobs.extend(others.iter().map(|(_, _, rows)| job(&case, rows)));
        let answers = flink.ask(&jobs);
        let lineage = case.lineage();
        let written = lineage.outputs.last().expect("an output");
        let count = written.columns.len();
        let (before, after) = answers.split_first().expect("an answer");
        let Some(before) = columns(before, count) else {
            tally.refused += 1;
            continue;
        };
        for ((table, column, rows), after) in others.iter().zip(after) {
            // Other values may not be cast as the first ones could.
            let Some(after) = columns(after, count) else {
                continue;
            };
            tally.perturbed += 1;
            for output in 0..count {
                let named = sources(written, output, false).contains(&(*table, *column));
                match (before[output] == after[output], named) {
                    (false, true) => tally.changed += 1,
                    (false, false) => panic!(
                        "`{table}`.`{column}` changes output {output} on Flink\n{}\nviews {:?}\nrows {raw:?}\nother rows {rows:?}\nbefore {before:?}\nafter {after:?}",
                        case.statements.join(";\n"),
                        case.views,
                    ),
                    (true, named) => {
                        tally.unchanged += 1;
                        tally.unchanged_named += usize::from(named);
                    }
                }
            }
        }
    }
    println!("perturbation on Flink: {tally:?}");
    assert!(tally.perturbed >= wanted, "{tally:?}");
    // A test that changes nothing tells nothing, nor does a lineage that names everything.
    assert!(4 * tally.changed > tally.perturbed, "{tally:?}");
    assert!(2 * tally.unchanged_named < tally.unchanged, "{tally:?}");
}
