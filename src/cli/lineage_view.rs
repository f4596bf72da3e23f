//! `lineage --policy FILE --as WHO`: what principals see of each column that a record names.
//!
//! Nothing is worked out here: the check is asked for each column, with the records of the scripts as its lineage. These are the check's own, of
//! somebody who sees everything: a printed edge says less than a record. Where the check makes none of a script, nothing is said of any column.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use super::input;
use super::submit::OPEN_POLICY;
use crate::Session;
use crate::catalog::Catalog;
use crate::check::{Code, Decision, Engine, Reply, Request, SubmitCheck};
use crate::lineage::graph::{Protection, Schema, Viewpoint};
use crate::lineage::store::{LineageStore, MemoryStore};
use crate::lineage::{Dataset, Record, SourceColumn};
use crate::policy::{Policy, Principal};
use crate::syntax::{FlinkVersion, quote};

#[derive(Debug, Args)]
pub(super) struct View {
    /// The rules by which `--as` is answered.
    #[arg(long, value_name = "FILE", requires = "viewers")]
    pub policy: Option<PathBuf>,
    /// Shows what this principal sees of each column, with the groups after the user; may be given several times.
    #[arg(id = "viewers", long = "as", value_name = "USER[,GROUP]", value_parser = viewer, requires = "policy")]
    pub viewers: Vec<Principal>,
}

/// A script, its record as it is printed, and the states of the session before and after it.
pub(super) struct Run<'r> {
    pub text: &'r str,
    pub record: &'r Record,
    pub before: &'r Session,
    pub session: &'r Session,
}

impl View {
    /// What each principal sees of the columns of `schemas`.
    pub fn viewpoints(
        &self,
        runs: &[Run<'_>],
        schemas: &[Schema],
        catalog: &Catalog,
        flink: FlinkVersion,
    ) -> Result<Vec<Viewpoint>, Failure> {
        let Some(path) = &self.policy else {
            return Ok(Vec::new());
        };
        let policy = Arc::new(input::policy_file(path)?);
        let store = Arc::new(MemoryStore::default());
        let open =
            Policy::load(OPEN_POLICY, "lineage").map_err(|error| Failure::internal(&error))?;
        let all = Engine::new(open, catalog.clone());
        let mut recorded = true;
        for run in runs {
            let reply = all.check(&Request {
                session: run.before.clone(),
                flink,
                job: Some(run.record.job.clone()),
                ..Request::new(Principal::default(), run.text)
            });
            match (&reply.decision, &reply.lineage) {
                (Decision::Allow { .. }, None) => {}
                (Decision::Allow { .. }, Some(record)) => {
                    let kept = store.pending(record);
                    kept.map_err(|error| Failure::internal(&error))?;
                }
                (Decision::Deny { .. }, _) => recorded = false,
            }
        }
        let engine = Engine::with_source(policy, Arc::new(catalog.clone())).lineage(store);
        let seen = |viewer: &Principal| {
            // What is written by a script without a record, or behind it, may be made of anything.
            let told = schemas.iter().filter(|_| recorded);
            let columns = told.flat_map(|schema| {
                let session = session_of(runs, &schema.dataset);
                let asked = schema.columns.iter().map(|(name, _)| name);
                asked
                    .filter_map(|name| {
                        let protection =
                            ask(&engine, viewer, session?, &schema.dataset, name, flink)?;
                        let column = SourceColumn {
                            dataset: schema.dataset.clone(),
                            column: Some(name.clone()),
                        };
                        Some((column, protection))
                    })
                    .collect::<Vec<_>>()
            });
            Viewpoint {
                principal: viewer.user.clone(),
                columns: columns.collect::<BTreeMap<_, _>>(),
            }
        };
        Ok(self.viewers.iter().map(seen).collect())
    }
}

/// The session of a script that names the dataset: a temporary table is there only.
fn session_of<'r>(runs: &[Run<'r>], dataset: &Dataset) -> Option<&'r Session> {
    let names = |run: &&Run<'_>| {
        let outputs = run
            .record
            .statements
            .iter()
            .flat_map(|s| &s.lineage.outputs);
        outputs.into_iter().any(|written| {
            let own = written.columns.iter().flat_map(|c| &c.edges);
            let mut sources = own.chain(&written.whole).map(|e| &e.source.dataset);
            written.target.as_ref() == Some(dataset) || sources.any(|d| d == dataset)
        })
    };
    runs.iter().find(names).map(|run| run.session)
}

/// What the principal gets who asks for this column; nothing where that cannot be said.
fn ask(
    engine: &Engine,
    viewer: &Principal,
    session: &Session,
    dataset: &Dataset,
    column: &str,
    flink: FlinkVersion,
) -> Option<Protection> {
    let name = &dataset.name;
    let table = [&name.catalog, &name.database, &name.table].map(|part| quote(part));
    let sql = format!("SELECT {} FROM {}", quote(column), table.join("."));
    let reply = engine.check(&Request {
        session: session.clone(),
        flink,
        ..Request::new(viewer.clone(), sql)
    });
    match &reply.decision {
        Decision::Allow { .. } => Some(shown(&reply, column)),
        Decision::Deny { .. } => {
            let denied = |code: Code| code == Code::AccessDenied;
            let errors = reply.decision.errors();
            errors
                .iter()
                .any(|e| denied(e.code))
                .then_some(Protection::Denied { rule: None })
        }
    }
}

fn shown(reply: &Reply, column: &str) -> Protection {
    let applied = reply.statements.iter().flat_map(|s| &s.applied);
    let mut masks = applied.flat_map(|a| &a.masks);
    let Some(mask) = masks.find(|m| m.column.first().is_some_and(|c| c == column)) else {
        return Protection::Raw;
    };
    match &mask.inherited {
        None => Protection::Masked {
            mask: mask.mask.clone(),
            rule: Some(mask.rule.clone()),
        },
        Some(inherited) => Protection::Inherited {
            mask: mask.mask.clone(),
            rule: Some(mask.rule.clone()),
            from: inherited.from.iter().cloned().collect(),
        },
    }
}

/// A principal as `--as` names it.
pub(super) fn viewer(text: &str) -> Result<Principal, String> {
    let mut names = text.split(',').map(str::trim);
    let user = names.next().filter(|user| !user.is_empty());
    let user = user.ok_or_else(|| "a user's name is missing".to_owned())?;
    Ok(Principal {
        user: user.to_owned(),
        groups: names.filter(|g| !g.is_empty()).map(str::to_owned).collect(),
        ..Principal::default()
    })
}
