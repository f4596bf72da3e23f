//! Perturbation: when one source column holds other values, every output column that changes must have it among its sources.
//!
//! Needs no reference: SQLite runs random queries on data and on data in which one column differs (and, some of them, Flink: `on_flink`).
//! `SQLSEC_CASES=10000` runs so many from a fresh seed. What a column is made of is its own edges and those of the whole output.
//!
//! UNION, INTERSECT and EXCEPT without ALL compare rows as a whole, and OpenLineage's kinds, as the shared cases use them, say nothing of
//! that: here they become UNION ALL before the query is run.

mod on_flink;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sqlsec::Catalog;
use sqlsec::lineage::{StatementLineage, Written};
use sqlsec::syntax::quote;

use super::script;
use crate::properties::choices::Choices;
use crate::properties::on_random_cases;
use crate::properties::query::{Generator, Source};
use crate::properties::sqlite::{Answer, database, run};
use crate::properties::world::{Cell, Table, tables};

/// The numbers that a case is made of: for the world, the statement, the other values.
type Numbers = (Vec<u16>, Vec<u16>, Vec<u16>);

fn numbers() -> impl Strategy<Value = Numbers> {
    let list = |least: usize, most: usize| proptest::collection::vec(any::<u16>(), least..most);
    (list(40, 200), list(20, 240), list(20, 120))
}

/// A script over random tables: views of the site, perhaps one of the script, and a statement that is asked for.
struct Case {
    tables: Vec<Table>,
    views: Vec<String>,
    statements: Vec<String>,
    sink: Option<String>,
    features: BTreeSet<&'static str>,
}

impl Case {
    fn new(world: &[u16], statement: &[u16]) -> Self {
        let tables = tables(&mut Choices::new(world));
        let mut choices = Choices::new(statement);
        let mut sources: Vec<Source> = tables
            .iter()
            .enumerate()
            .map(|(i, t)| Source::table(i, t))
            .collect();
        let mut views = Vec::new();
        let mut statements = Vec::new();
        let mut features = BTreeSet::new();
        for i in 0..[0, 1, 0, 2][choices.below(4)] {
            let mine = choices.percent(30);
            let mut generator = Generator::new(&mut choices, &sources);
            let (text, columns) = generator.query(1, false);
            let text = with_all(&text);
            let reads = generator.reads;
            let name = format!("view {i}");
            // A view of the script is not there for one of the site.
            let mine = mine && i > 0;
            if mine {
                features.insert("session view");
                statements.push(format!("CREATE TEMPORARY VIEW {} AS {text}", quote(&name)));
            } else {
                features.insert("catalog view");
                views.push(format!("{} AS {text}", quote(&name)));
            }
            sources.push(Source {
                name,
                columns,
                has_database: !mine,
                reads,
            });
        }
        let insert = choices.percent(10);
        let mut generator = Generator::new(&mut choices, &sources);
        let (text, columns) = generator.query(2, !insert);
        features.extend(generator.features);
        let text = with_all(&text);
        let names: Vec<_> = (0..columns.len())
            .map(|i| format!("`o{i}` STRING"))
            .collect();
        statements.push(if insert {
            features.insert("insert");
            format!("INSERT INTO `sink` {text}")
        } else {
            text
        });
        let sink = format!("`sink` ({})", names.join(", "));
        Self {
            tables,
            views,
            statements,
            sink: insert.then_some(sink),
            features,
        }
    }

    /// Flink puts merged columns first in a star, SQLite where they stand on the left: then positions say nothing.
    fn is_told_by_position(&self) -> bool {
        let texts = || self.statements.iter().chain(&self.views);
        let has = |word: &str| texts().any(|text| text.contains(word));
        !((has(" USING ") || has("NATURAL "))
            && has("SELECT *")
            && (has(" UNION ALL ") || has("INSERT ")))
    }

    fn lineage(&self) -> StatementLineage {
        let mut catalog = Catalog::default();
        let tables = self.tables.iter().map(|t| t.ddl(""));
        let sink = self.sink.iter().map(|sink| format!("CREATE TABLE {sink}"));
        let views = self.views.iter().map(|v| format!("CREATE VIEW {v}"));
        let ddl: Vec<String> = tables.chain(sink).chain(views).collect();
        catalog
            .add_sql(&ddl.join(";\n"), "case")
            .unwrap_or_else(|e| panic!("{e}\n{}", ddl.join("\n")));
        let (last, first) = self.statements.split_last().expect("a statement");
        let session = script::session(&catalog, first);
        script::of(last, &session, &catalog)
    }

    fn answer(&self, rows: &[Vec<Vec<Cell>>]) -> Result<Answer, String> {
        let sink = self.sink.iter();
        let sink = sink.map(|sink| {
            format!(
                "CREATE TABLE default_database.{}",
                sink.replace(" STRING", "")
            )
        });
        let views = self
            .views
            .iter()
            .map(|v| format!("CREATE VIEW default_database.{v}"));
        let others: Vec<String> = sink.chain(views).collect();
        let database = database(&self.tables, rows, &others)?;
        run(&database, &self.statements, self.sink.is_some())
    }
}

/// The same query with set operations that look at no row as a whole.
fn with_all(text: &str) -> String {
    text.replace(" UNION SELECT", " UNION ALL SELECT")
        .replace(" INTERSECT SELECT", " UNION ALL SELECT")
        .replace(" EXCEPT SELECT", " UNION ALL SELECT")
}

/// The tables and columns that an output column is made of; with `direct` those alone whose values it has.
fn sources(written: &Written, column: usize, direct: bool) -> BTreeSet<(&str, &str)> {
    let own = &written.columns[column].edges;
    let edges = own.iter().chain(&written.whole);
    let edges = edges.filter(|e| !direct || e.relationship.kind().is_direct());
    let named = edges.map(|edge| {
        let column = edge
            .source
            .column
            .as_deref()
            .expect("all schemas are known");
        (edge.source.dataset.name.table.as_str(), column)
    });
    named.collect()
}

/// For each output column its place in the answer: by position, or by name where that is unique.
fn places(written: &Written, answer: &Answer) -> Vec<Option<usize>> {
    let names: Vec<&str> = written.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(
        names.len(),
        answer.columns.len(),
        "{names:?} {:?}",
        answer.columns
    );
    let same = names.iter().zip(&answer.columns).all(|(a, b)| a == b);
    let once =
        |list: &mut dyn Iterator<Item = &str>, name: &str| list.filter(|n| *n == name).count() == 1;
    let place = |(index, name): (usize, &&str)| {
        if same {
            return Some(index);
        }
        let unique = once(&mut names.iter().copied(), name)
            && once(&mut answer.columns.iter().map(String::as_str), name);
        let mut answers = answer.columns.iter();
        unique.then(|| answers.position(|c| c == name)).flatten()
    };
    names.iter().enumerate().map(place).collect()
}

/// The values of one column, in an order of their own.
fn values(answer: &Answer, column: usize) -> Vec<&str> {
    let mut values: Vec<&str> = answer.rows.iter().map(|row| row[column].as_str()).collect();
    values.sort_unstable();
    values
}

#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    /// Merged columns stand elsewhere in SQLite.
    elsewhere: usize,
    not_run: usize,
    perturbed: usize,
    /// Output columns that changed.
    changed: usize,
    /// Of these, by what decides which rows there are or which value is taken.
    changed_indirectly: usize,
    /// Output columns that did not: of these the lineage names the source all the same.
    unchanged: usize,
    unchanged_named: usize,
    features: BTreeMap<&'static str, usize>,
}

fn check((world, statement, others): &Numbers, tally: &mut Tally) -> Result<(), String> {
    let case = Case::new(world, statement);
    tally.cases += 1;
    if !case.is_told_by_position() {
        tally.elsewhere += 1;
        return Ok(());
    }
    let raw: Vec<_> = case.tables.iter().map(|t| t.rows.clone()).collect();
    let Ok(before) = case.answer(&raw) else {
        tally.not_run += 1;
        return Ok(());
    };
    let lineage = case.lineage();
    let written = lineage.outputs.last().ok_or("no output")?;
    // What a sink holds has its names, which SQLite answers.
    let places = places(written, &before);
    let sources: Vec<_> = (0..written.columns.len())
        .map(|column| [false, true].map(|direct| sources(written, column, direct)))
        .collect();
    let mut choices = Choices::new(others);
    let mut changed_any = false;
    let texts = || case.statements.iter().chain(&case.views);
    let read = |table: &Table| texts().any(|text| text.contains(&quote(table.name)));
    for (of, table) in case.tables.iter().enumerate().filter(|(_, t)| read(t)) {
        for (index, column) in table.columns.iter().enumerate() {
            let mut rows = raw.clone();
            for row in &mut rows[of] {
                if choices.percent(80) {
                    row[index] = if column.not_null || choices.percent(80) {
                        column.literal(&mut choices)
                    } else {
                        Cell::Null
                    };
                }
            }
            if rows == raw {
                continue;
            }
            let Ok(after) = case.answer(&rows) else {
                continue;
            };
            tally.perturbed += 1;
            for (output, place) in places.iter().enumerate() {
                let Some(place) = *place else { continue };
                let changed = values(&before, place) != values(&after, place);
                let source = (table.name, column.name);
                let [named, directly] = [0, 1].map(|i| sources[output][i].contains(&source));
                match (changed, named) {
                    (true, true) => {
                        tally.changed += 1;
                        tally.changed_indirectly += usize::from(!directly);
                        changed_any = true;
                    }
                    (true, false) => {
                        return Err(format!(
                            "`{}`.`{}` changes output `{}`, whose sources are {:?}\n{}\nviews {:?}\nrows {raw:?}\nother rows {:?}\nbefore {before:?}\nafter {after:?}",
                            table.name,
                            column.name,
                            written.columns[output].name,
                            sources[output][0],
                            case.statements.join(";\n"),
                            case.views,
                            rows[of],
                        ));
                    }
                    (false, named) => {
                        tally.unchanged += 1;
                        tally.unchanged_named += usize::from(named);
                    }
                }
            }
        }
    }
    for feature in case.features.iter().filter(|_| changed_any) {
        *tally.features.entry(feature).or_default() += 1;
    }
    Ok(())
}

#[test]
fn a_source_whose_values_show_has_an_edge() {
    let mut tally = Tally::default();
    for part in on_random_cases(1_000, 1_000, numbers, check) {
        tally.cases += part.cases;
        tally.elsewhere += part.elsewhere;
        tally.not_run += part.not_run;
        tally.perturbed += part.perturbed;
        tally.changed += part.changed;
        tally.changed_indirectly += part.changed_indirectly;
        tally.unchanged += part.unchanged;
        tally.unchanged_named += part.unchanged_named;
        for (feature, n) in part.features {
            *tally.features.entry(feature).or_default() += n;
        }
    }
    println!("perturbation on SQLite: {tally:#?}");
    // A test that changes nothing tells nothing.
    assert!(tally.changed >= tally.cases, "{tally:#?}");
    assert!(
        10 * (tally.not_run + tally.elsewhere) < tally.cases,
        "{tally:#?}"
    );
    assert!(5 * tally.changed_indirectly > tally.changed, "{tally:#?}");
    // Nor does a lineage that names everything.
    assert!(2 * tally.unchanged_named < tally.unchanged, "{tally:#?}");
    for feature in [
        "LEFT JOIN",
        "RIGHT JOIN",
        "FULL JOIN",
        "natural join",
        "using",
        "comma",
        "derived table",
        "exists",
        "in subquery",
        "scalar subquery",
        "correlated",
        "common table expression",
        "hidden table",
        "set operation",
        "groups",
        "filtered aggregate",
        "window",
        "distinct",
        "star",
        "order and limit",
        "catalog view",
        "session view",
        "insert",
    ] {
        let met = tally.features.get(feature).copied().unwrap_or_default();
        assert!(met * 1_000 >= tally.cases * 5, "{feature}: {met}");
    }
}
