//! A script with its lineage: what the statements before the last one declare counts for it.

use std::collections::BTreeSet;

use sqlsec::catalog::Catalog;
use sqlsec::check::{Decision, Engine, Request, SubmitCheck};
use sqlsec::lineage::{Edge, Naming, StatementLineage, lineage};
use sqlsec::resolve::resolve;
use sqlsec::syntax::{FlinkVersion, Limits, Script};
use sqlsec::{Policy, Principal, Session};

/// A policy that protects and closes nothing.
const OPEN: &str = "\
apiVersion: sqlsec/v1
version: 1
defaults: { access: allow, unknown_connector: allow }
rules:
  - { id: all, type: access, effect: allow, to: { groups: [public] }, on: { object: '**' }, privileges: [create, drop, function, catalog] }
";

/// The session after `setup` over a catalog of a site.
pub fn session(catalog: &Catalog, setup: &[String]) -> Session {
    let policy = Policy::load(OPEN, "open").expect("a policy");
    let engine = Engine::new(policy, catalog.clone());
    let user = Principal {
        user: "u".to_owned(),
        ..Principal::default()
    };
    let reply = engine.check(&Request::new(user, setup.join(";\n")));
    match reply.decision {
        Decision::Allow { session, .. } => session,
        Decision::Deny { errors } => panic!("setup: {errors:?}"),
    }
}

/// The lineage of one statement in a session.
pub fn of(sql: &str, session: &Session, catalog: &Catalog) -> StatementLineage {
    let script = Script::parse(sql, FlinkVersion::default(), &Limits::default())
        .unwrap_or_else(|e| panic!("{e:?}\n{sql}"));
    let [statement] = script.statements.as_slice() else {
        panic!("one statement: {sql}")
    };
    let resolution =
        resolve(statement, session, catalog).unwrap_or_else(|e| panic!("{e:?}\n{sql}"));
    let naming = Naming::new(session, catalog);
    lineage(statement, &resolution, &|found, hints| {
        naming.dataset(found, hints)
    })
}

/// An edge in short: `table.column -> target: KIND`; `*` for every column of the output, `?` for any column of the source.
pub fn short(edge: &Edge, target: &str) -> String {
    let source = edge.source.column.as_deref().unwrap_or("?");
    let table = &edge.source.dataset.name.table;
    let kind = edge.relationship.kind().name();
    format!("{table}.{source} -> {target}: {kind}")
}

/// All edges of one output in short.
pub fn edges(lineage: &StatementLineage, output: usize) -> BTreeSet<String> {
    let written = &lineage.outputs[output];
    let columns = written.columns.iter();
    let own = columns.flat_map(|c| c.edges.iter().map(|e| short(e, &c.name)));
    own.chain(written.whole.iter().map(|e| short(e, "*")))
        .collect()
}
