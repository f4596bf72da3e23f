//! Tests of the grammar, on SQL of our own.

mod limits;
mod places;
mod policy;
mod queries;
mod refusals;
mod statements;

use super::ast::{Queries, Query, QueryId, Select, Statement, StatementKind, Term};
use super::tables::tables;
use super::{FlinkVersion, Limits, Script, SyntaxError, SyntaxErrorKind};

fn try_script(sql: &str) -> Result<Script, SyntaxError> {
    Script::parse(sql, FlinkVersion::V2_3, &Limits::default())
}

/// The only statement of `sql`.
fn statement(sql: &str) -> Statement {
    match try_script(sql) {
        Ok(mut script) => {
            assert_eq!(script.statements.len(), 1, "{sql}");
            script.statements.remove(0)
        }
        Err(error) => panic!("{sql}: {error} at {:?}", error.span.text(sql)),
    }
}

fn error(sql: &str) -> SyntaxError {
    match try_script(sql) {
        Ok(_) => panic!("parsed: {sql}"),
        Err(error) => error,
    }
}

fn main_query(statement: &Statement) -> &Query {
    let StatementKind::Query(id) = &statement.kind else {
        panic!("no query: {statement:?}");
    };
    get(&statement.queries, *id)
}

fn get(queries: &Queries, id: QueryId) -> &Query {
    queries.get(id).expect("a query of the statement")
}

fn select(query: &Query) -> &Select {
    match &query.body.first {
        Term::Select(select) => select,
        other => panic!("no SELECT: {other:?}"),
    }
}

/// The tables read, joined by blanks.
fn reads(sql: &str) -> String {
    let statement = statement(sql);
    let found = tables(&statement).expect("a known tree");
    let names: Vec<String> = found
        .reads
        .iter()
        .map(|name| {
            let parts: Vec<_> = name.parts.iter().map(|part| part.value.as_str()).collect();
            parts.join(".")
        })
        .collect();
    names.join(" ")
}
