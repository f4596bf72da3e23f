//! `verify`: an independent second look at what the rewriter made. The only place that can make a [`RewrittenSql`].
//!
//! In: the output text of one statement and the decision for any table. The text is parsed and resolved again, and every protected table must
//! sit inside a relation generated for it: its filter the first condition of its own block, its masked columns read nowhere but inside their
//! masks. Last, a scan of the bare tokens looks for protected names in table position that the parser did not see.
//! Stays out: how the text came about. Invariant: shares no code with `rewrite`, so that one mistake is not made twice.

mod guard;
mod notes;
mod scan;

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::{CatalogSource, ColumnKind, Object, Session};
use crate::policy::Obligations;
use crate::resolve::{Relation, Resolution, resolve};
use crate::syntax::ast::{Statement, StatementKind};
use crate::syntax::{FlinkVersion, Limits, Script, Span};

pub use notes::Note;

/// SQL that `verify` has read again and accepted. Private field; no `From`, `Default`, `Deserialize`: [`attest`] is its only origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RewrittenSql(String);

impl RewrittenSql {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The script made of attested statements: `source` with each span replaced. What lies between statements is blanks, comments and `;`.
    #[must_use]
    pub(crate) fn script(source: &str, statements: &[(Span, Self)]) -> Self {
        let mut sql = String::with_capacity(source.len());
        let mut at = 0;
        for (span, statement) in statements {
            sql.push_str(Span::new(at, span.start).text(source));
            sql.push_str(&statement.0);
            at = span.end;
        }
        sql.push_str(Span::new(at, u32::try_from(source.len()).unwrap_or(u32::MAX)).text(source));
        Self(sql)
    }
}

/// Attests a statement that needed no edit: every decision is asked again, and none may oblige to anything.
///
/// # Errors
/// A relation with an obligation.
pub fn attest_unchanged(
    source: &str,
    statement: &Statement,
    resolution: &Resolution,
    decide: &Decide<'_>,
) -> Result<RewrittenSql, VerifyError> {
    let open = |relation: &Relation| {
        decide(relation).is_some_and(|o| o.is_empty()) && view_is_open(relation, decide)
    };
    if resolution.relations.iter().all(open) {
        Ok(RewrittenSql(statement.span.text(source).to_owned()))
    } else {
        Err(VerifyError("a protected table was left as it is"))
    }
}

/// Why the second look refused. A mistake of ours, or an attack that the first look missed: code `verify-failed`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rewritten statement did not pass verification: {0}")]
pub struct VerifyError(pub(crate) &'static str);

impl VerifyError {
    /// A name of the output means nothing.
    pub(crate) const UNRESOLVED: Self = Self("its names do not resolve");
}

/// The decision for a relation, asked again for the output: `None` where this principal may not read it at all.
pub type Decide<'d> = dyn Fn(&Relation) -> Option<Arc<Obligations>> + 'd;

/// Reads the output for one statement again and attests it.
///
/// `original` is the submitted statement; `session` and `catalog` are those it was resolved with.
///
/// # Errors
/// Whatever is not proved.
pub fn attest(
    output: String,
    original: &Statement,
    version: FlinkVersion,
    session: &Session,
    catalog: &dyn CatalogSource,
    decide: &Decide<'_>,
) -> Result<RewrittenSql, VerifyError> {
    // What was added may be longer than what people may submit.
    let limits = Limits {
        script_bytes: usize::MAX,
        operators: usize::MAX,
        nesting: 1_000,
        set_operations: usize::MAX,
    };
    let (script, names) = Script::parse_with_names(&output, version, &limits)
        .map_err(|_| VerifyError("it does not parse"))?;
    let [statement] = script.statements.as_slice() else {
        return Err(VerifyError("it is not one statement"));
    };
    if kind_name(&statement.kind) != kind_name(&original.kind) {
        return Err(VerifyError("it became another kind of statement"));
    }
    let resolution = resolve(statement, session, catalog).map_err(|_| VerifyError::UNRESOLVED)?;
    let look = guard::Look {
        text: &output,
        statement,
        resolution: &resolution,
    };
    let mut protected = Vec::new();
    let mut regions: Vec<(usize, Span)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (id, relation) in resolution.relations.iter().enumerate() {
        match decide(relation) {
            Some(obligations) if obligations.is_empty() && view_is_open(relation, decide) => {}
            Some(obligations) => {
                protected.push(relation.found.name.table.clone());
                match look.guard(id, relation, &obligations) {
                    Some(own) if view_is_open(relation, decide) => {
                        regions.extend(own.into_iter().map(|r| (id, r)))
                    }
                    _ => open.push(id),
                }
            }
            None => open.push(id),
        }
    }
    // Tables that a subquery of a filter or mask reads are read for the policy, not for the user.
    let is_the_policys = |id: usize| {
        let span = resolution
            .relations
            .get(id)
            .map(|r| r.span)
            .unwrap_or_default();
        regions
            .iter()
            .any(|(owner, region)| *owner != id && region.contains(span))
    };
    if !open.into_iter().all(is_the_policys) {
        return Err(VerifyError(
            "a protected table stands outside the relation generated for it",
        ));
    }
    scan::scan(&names, &resolution, &protected)?;
    drop(names);
    Ok(RewrittenSql(output))
}

/// Whether a view that was not expanded reads nothing that is protected.
fn view_is_open(relation: &Relation, decide: &Decide<'_>) -> bool {
    match (&relation.found.object, &relation.view) {
        // Flink holds the protected text of a view made in this session; `check` has compared what its names mean.
        (Some(Object::SessionView(_) | Object::Table(_)) | None, _)
        | (Some(Object::View(_)), None) => true,
        (Some(Object::View(_)), Some(view)) => view.resolution.relations.iter().all(|inner| {
            decide(inner).is_some_and(|o| o.is_empty()) && view_is_open(inner, decide)
        }),
    }
}

/// The columns of a relation that may not be read raw: masked ones, and computed ones over them.
fn hidden_columns(relation: &Relation, obligations: &Obligations) -> BTreeSet<String> {
    let mut hidden: BTreeSet<String> = obligations
        .masks
        .iter()
        .filter_map(|m| m.path.first().cloned())
        .collect();
    for column in relation.columns().into_iter().flatten() {
        if let ColumnKind::Computed { reads, .. } = &column.kind
            && reads.iter().any(|r| hidden.contains(r))
        {
            hidden.insert(column.name.clone());
        }
    }
    hidden
}

fn kind_name(kind: &StatementKind) -> String {
    match kind {
        StatementKind::Query(_) => "query".to_owned(),
        StatementKind::Insert(_) => "insert".to_owned(),
        StatementKind::StatementSet(inserts) => format!("statement set of {}", inserts.len()),
        StatementKind::Explain(inner) => format!("explain {}", kind_name(inner)),
        StatementKind::CreateTable(_) => "create table".to_owned(),
        StatementKind::CreateView(_) => "create view".to_owned(),
        StatementKind::CreateMaterializedTable(_) => "create materialized table".to_owned(),
        StatementKind::CreateObject(_) => "create".to_owned(),
        StatementKind::AlterTable(_) => "alter table".to_owned(),
        StatementKind::AlterView(_) => "alter view".to_owned(),
        StatementKind::AlterObject(_) => "alter".to_owned(),
        StatementKind::Update(_) => "update".to_owned(),
        StatementKind::Delete(_) => "delete".to_owned(),
        StatementKind::Truncate(_) => "truncate".to_owned(),
        StatementKind::Analyze(_) => "analyze".to_owned(),
        StatementKind::Describe(_) => "describe".to_owned(),
        StatementKind::Show(_) => "show".to_owned(),
        StatementKind::Call(_) => "call".to_owned(),
        StatementKind::Module(_) => "module".to_owned(),
        StatementKind::Jar(_) => "jar".to_owned(),
        StatementKind::CompilePlan(plan) => format!("compile plan of {}", plan.inserts.len()),
        StatementKind::Drop(_) => "drop".to_owned(),
        StatementKind::Use(_) => "use".to_owned(),
        StatementKind::Set(_) => "set".to_owned(),
        StatementKind::Reset(_) => "reset".to_owned(),
        StatementKind::BeginStatementSet => "begin statement set".to_owned(),
        StatementKind::EndStatementSet => "end".to_owned(),
        StatementKind::Refused(refusal) => refusal.construct.name().to_owned(),
    }
}
