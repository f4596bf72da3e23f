//! A protected table changes the text where it is referred to, and nowhere else.
//!
//! The places are those that the generator has put the names at: not the library's own.

use proptest::prelude::*;
use sqlsec::syntax::quote;
use sqlsec::{Catalog, Engine, Policy, Principal, Reply, Request, SubmitCheck};

use super::choices::Choices;
use super::on_random_cases;
use super::query::{Generator, Node, Source};
use super::world::{Table, tables};

const POLICY: &str = "
apiVersion: sqlsec/v1
version: 1
defaults: { unknown_connector: allow }
rules:
  - { id: rows, type: row_filter, to: { users: [alice] }, on: { table: '*.*.* twin' }, filter: 'k > 1' }
  - { id: k, type: column_mask, to: { users: [alice] }, on: { table: '*.*.* twin', columns: [k] }, mask: MASK_NULL }
";

/// What may stand around a query.
const AROUND: [(&str, &str); 6] = [
    ("", ""),
    ("EXPLAIN ", ""),
    ("INSERT INTO sink ", ""),
    ("CREATE TEMPORARY VIEW made AS ", ""),
    ("EXECUTE STATEMENT SET BEGIN INSERT INTO sink ", "; END"),
    ("-- 表\n/* before */ ", " -- after"),
];

/// A query whose references can be written by a table's name or by that of its protected twin.
struct Tree {
    text: String,
    nodes: Vec<Node>,
}

/// The text of a tree, and the byte range of every reference in it.
struct Written {
    sql: String,
    places: Vec<std::ops::Range<usize>>,
}

impl Tree {
    fn new(choices: &mut Choices<'_>, tables: &[Table]) -> Self {
        let sources: Vec<Source> = tables
            .iter()
            .enumerate()
            .map(|(i, t)| Source::table(i, t))
            .collect();
        let (before, after) = choices.pick(&AROUND);
        let mut generator = Generator::new(choices, &sources);
        generator.nodes = Some(Vec::new());
        let (query, _) = generator.query(2, false);
        Self {
            text: format!("{before}{query}{after}"),
            nodes: generator.nodes.unwrap_or_default(),
        }
    }

    /// Each reference as `write` says: its text, and what follows it.
    fn written(&self, write: impl Fn(usize, &Node) -> (String, String)) -> Written {
        let mut sql = String::new();
        let mut places = vec![0..0; self.nodes.len()];
        let mut pieces = self.text.split('\u{1}');
        sql.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (index, rest) = piece.split_once('\u{2}').expect("a mark has two ends");
            let index: usize = index.parse().expect("a mark holds a number");
            let (name, behind) = write(index, &self.nodes[index]);
            places[index] = sql.len()..sql.len() + name.len();
            sql.push_str(&name);
            sql.push_str(&behind);
            sql.push_str(rest);
        }
        Written { sql, places }
    }
}

/// A reference by its own name, or by its twin's under the alias that its own name was.
fn named(node: &Node, twin: bool) -> (String, String) {
    if !twin {
        return (node.text(&node.table), String::new());
    }
    let alias = format!(" AS {}", quote(&node.table));
    let behind = if node.has_alias { String::new() } else { alias };
    (node.text(&format!("{} twin", node.table)), behind)
}

fn engine(tables: &[Table]) -> Engine {
    let mut ddl = vec!["CREATE TABLE sink (c INT)".to_owned()];
    for table in tables {
        let own = table.ddl("");
        ddl.push(own.replacen(
            &quote(table.name),
            &quote(&format!("{} twin", table.name)),
            1,
        ));
        ddl.push(own);
    }
    let mut catalog = Catalog::default();
    catalog.add_sql(&ddl.join(";\n"), "case").expect("DDL");
    Engine::new(Policy::load(POLICY, "case").expect("a policy"), catalog)
}

fn allowed(engine: &Engine, sql: &str) -> Result<(Reply, String), String> {
    let user = Principal {
        user: "alice".to_owned(),
        ..Principal::default()
    };
    let reply = engine.check(&Request {
        at: Some(0),
        ..Request::new(user, sql)
    });
    match reply.decision.sql() {
        Some(output) => {
            let output = output.to_owned();
            Ok((reply, output))
        }
        None => Err(format!("{:?}\n{sql}", reply.decision.errors())),
    }
}

/// The numbers that a case is made of: for the tables, the query.
type Numbers = (Vec<u16>, Vec<u16>);

fn numbers() -> impl Strategy<Value = Numbers> {
    let list = |least: usize, most: usize| proptest::collection::vec(any::<u16>(), least..most);
    (list(20, 60), list(20, 240))
}

/// What was looked at.
#[derive(Debug, Default)]
struct Count {
    trees: usize,
    references: usize,
}

fn check(numbers: &Numbers, count: &mut Count) -> Result<(), String> {
    let tables = tables(&mut Choices::new(&numbers.0));
    let tree = Tree::new(&mut Choices::new(&numbers.1), &tables);
    let engine = engine(&tables);
    let plain = tree.written(|_, node| named(node, false));
    let (_, output) = allowed(&engine, &plain.sql)?;
    if output != plain.sql {
        return Err(format!(
            "nothing is protected, and\n{}\nbecame\n{output}",
            plain.sql
        ));
    }
    let mut made = Vec::new();
    for one in 0..tree.nodes.len() {
        let written = tree.written(|i, node| named(node, i == one));
        let place = written.places[one].clone();
        let (reply, output) = allowed(&engine, &written.sql)?;
        let edits: Vec<_> = reply.statements.iter().flat_map(|s| &s.edits).collect();
        let outside = |e: &&&sqlsec::check::Replacement| {
            (e.span.start as usize) < place.start || e.span.end as usize > place.end
        };
        if edits.is_empty() || edits.iter().any(|e| outside(&e)) {
            return Err(format!(
                "edits outside of {place:?}: {edits:?}\n{}",
                written.sql
            ));
        }
        let (before, after) = (&written.sql[..place.start], &written.sql[place.end..]);
        let inside = output
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after));
        let Some(inside) = inside else {
            return Err(format!(
                "{place:?} of\n{}\nis not all that changed in\n{output}",
                written.sql
            ));
        };
        made.push(inside.to_owned());
        count.references += 1;
    }
    // Each on its own is each among the others.
    let all = tree.written(|_, node| named(node, true));
    let (_, output) = allowed(&engine, &all.sql)?;
    let wanted = tree.written(|i, node| (made[i].clone(), named(node, true).1));
    if output != wanted.sql {
        return Err(format!("together\n{output}\none by one\n{}", wanted.sql));
    }
    count.trees += 1;
    Ok(())
}

#[test]
fn a_protected_table_changes_its_own_place_and_no_other() {
    let counts = on_random_cases(250, 250, numbers, check);
    let trees: usize = counts.iter().map(|c| c.trees).sum();
    let references: usize = counts.iter().map(|c| c.references).sum();
    println!("places: {references} references in {trees} trees");
    assert!(references > trees * 2, "{references} references");
}
