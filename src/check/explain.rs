//! The account of a script: per statement what the check asked of the policy, and why it was answered as it was.
//!
//! In: a policy or what a permission service answered, a catalog, a request. Out: a [`ScriptAccount`] whose reply is that of the check. The script is
//! run as ever, under a policy that notes what it is asked; each of these questions is put to `Policy::explain`. So an account has the tables, addresses and circumstances of the
//! decision itself. For people who write rules: it quotes the policy, and must not reach a submitter.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;

use super::reply::{AppliedMask, Denial, PolicyStamp, Reply, StatementReport};
use super::statement::Work;
use super::{Engine, Request, SubmitCheck, engine};
use crate::catalog::{CatalogSource, TableName};
use crate::lineage::store::LineageSource;
use crate::policy::{Account, Effect, ObjectAccount, Policy, Principal, Privilege, Resource};
use crate::source::{Asked, Scope};
use crate::syntax::{Limits, Lines, Script, with_stack};

/// The account of a script.
#[derive(Debug, Clone)]
pub struct ScriptAccount {
    /// Whether it is allowed, with all that the check says of it.
    pub reply: Reply,
    /// Whom the rules took the submitter for: groups, roles and attributes as the service states them, or else as they were claimed.
    pub principal: Principal,
    /// Its statements; none where it cannot be read.
    pub statements: Vec<StatementAccount>,
}

/// A script's account as JSON: what `sqlsec explain --format json` prints. It holds no SQL.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccountDocument<'a> {
    /// Whether the script is allowed.
    pub decision: Effect,
    /// Why not; empty where it is.
    pub errors: &'a [Denial],
    /// The rules that decided.
    pub policy: &'a PolicyStamp,
    /// Whom they took the submitter for.
    pub principal: &'a Principal,
    /// The statements; none where the script cannot be read, or there are no rules.
    pub statements: &'a [StatementAccount],
}

impl ScriptAccount {
    /// The account as JSON.
    #[must_use]
    pub fn document(&self) -> AccountDocument<'_> {
        let errors = self.reply.decision.errors();
        AccountDocument {
            decision: if errors.is_empty() {
                Effect::Allow
            } else {
                Effect::Deny
            },
            errors,
            policy: &self.reply.policy,
            principal: &self.principal,
            statements: &self.statements,
        }
    }
}

/// The account of one statement.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatementAccount {
    /// What kind of statement.
    pub kind: String,
    /// 1-based line of its first token.
    pub line: u32,
    /// The tables that the policy was asked about.
    pub tables: Vec<TableAccount>,
    /// What is no table, and was asked about.
    pub objects: Vec<NamedObject>,
    /// Why it is denied.
    pub denials: Vec<Denial>,
}

/// The account of one table in one statement.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TableAccount {
    /// Its logical name.
    pub name: TableName,
    /// Its physical names, as the check understood them.
    pub physical: Vec<String>,
    /// Tables of the site over the same bytes.
    pub also: Vec<TableName>,
    /// Whether the submitter chose the logical name.
    pub user_named: bool,
    /// Whether the statement itself names it; else it lies below a view.
    pub named: bool,
    /// The columns that are read by name.
    pub columns: Vec<String>,
    /// The masks that its columns have because of where their data came from: from which column, and by which jobs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inherited: Vec<AppliedMask>,
    /// Why the principal may do with it, and sees of it, what they do.
    #[serde(flatten)]
    pub account: Account,
}

/// The account of something that is no table.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NamedObject {
    /// Its name, as a rule sees it.
    pub name: String,
    /// Why the principal may do with it what they may.
    #[serde(flatten)]
    pub account: ObjectAccount,
}

/// Judges a script and accounts for it. Where a permission service has the rules: [`super::Gate::explain`].
#[must_use]
pub fn explain(
    policy: &Arc<Policy>,
    catalog: Arc<dyn CatalogSource>,
    request: &Request,
) -> ScriptAccount {
    account(&watched(policy, catalog), request)
}

/// The same with what earlier jobs wrote: which masks come with the data.
#[must_use]
pub fn explain_with_lineage(
    policy: &Arc<Policy>,
    catalog: Arc<dyn CatalogSource>,
    lineage: Arc<dyn LineageSource>,
    request: &Request,
) -> ScriptAccount {
    account(&watched(policy, catalog).lineage(lineage), request)
}

fn watched(policy: &Arc<Policy>, catalog: Arc<dyn CatalogSource>) -> Engine {
    let bytes = Arc::new(policy.bytes(catalog.addresses()));
    let asked = Asked::everything(Arc::clone(policy)).watched();
    Engine::over(asked, catalog, bytes)
}

/// The account of a script under an engine whose policy is watched.
pub(super) fn account(engine: &Engine, request: &Request) -> ScriptAccount {
    let reply = engine.check(request);
    drop(engine.policy().take());
    let statements = with_stack(request.sql.len(), || statements(engine, request, &reply));
    ScriptAccount {
        reply,
        principal: engine.policy().principal(&request.principal),
        statements,
    }
}

/// The statements once more, one by one. A script that cannot be read has none, and the reply says why.
fn statements(engine: &Engine, request: &Request, reply: &Reply) -> Vec<StatementAccount> {
    let source = request.sql.as_str();
    let Ok(script) = Script::parse(source, request.flink, &Limits::default()) else {
        return Vec::new();
    };
    // What earlier jobs wrote could be anything: the reply has refused all of it.
    let Ok(known) = engine.known() else {
        return Vec::new();
    };
    let lines = Lines::new(source);
    let policy = engine.policy();
    let at = request.at.map_or_else(SystemTime::now, engine::time);
    let work = Work {
        engine,
        principal: &request.principal,
        at,
        style: request.style,
        flink: request.flink,
        strict: request.strict || policy.defaults().strict,
        source,
        lines: &lines,
        known,
        overlay: RefCell::default(),
        named: Some(""),
        job: OnceCell::new(),
        record: RefCell::default(),
    };
    let mut session = request.session.clone();
    let told = script.statements.iter().enumerate();
    let told = told.map(|(index, statement)| {
        let outcome = work.run(index, statement, &mut session);
        let scope = policy.take();
        let denials = reply.decision.errors().iter();
        StatementAccount {
            tables: tables(policy, request, &outcome.report, &scope, at),
            objects: objects(policy, request, &scope, at),
            denials: denials.filter(|d| d.statement == index).cloned().collect(),
            kind: outcome.report.kind,
            line: outcome.report.line,
        }
    });
    told.collect()
}

fn tables(
    policy: &Asked,
    request: &Request,
    report: &StatementReport,
    scope: &Scope,
    at: SystemTime,
) -> Vec<TableAccount> {
    let mut told = Vec::new();
    for (name, met) in &scope.tables {
        for asked in met.iter().filter(|asked| !asked.privileges.is_empty()) {
            let resource = Resource {
                name,
                physical: &asked.physical,
                also: &asked.also,
                columns: asked.columns.as_deref(),
                user_named: asked.user_named,
                ignore_case: asked.ignore_case,
            };
            let inputs = report.inputs.iter().filter(|input| input.name == *name);
            let columns: BTreeSet<&String> = inputs.clone().flat_map(|i| &i.columns).collect();
            let writes = report.outputs.iter().any(|output| output.name == *name);
            told.push(TableAccount {
                name: name.clone(),
                physical: asked.physical.clone(),
                also: asked.also.clone(),
                user_named: asked.user_named,
                named: writes || inputs.count() > 0,
                columns: columns.into_iter().cloned().collect(),
                inherited: inherited(report, name),
                account: policy.explain(&request.principal, &resource, &asked.privileges, at),
            });
        }
    }
    told
}

/// What a table inherits in a statement; once, however often it is read there.
fn inherited(report: &StatementReport, name: &TableName) -> Vec<AppliedMask> {
    let mut masks: Vec<AppliedMask> = Vec::new();
    let applied = report.applied.iter().filter(|a| a.table == *name);
    for mask in applied.flat_map(|a| &a.masks) {
        if mask.inherited.is_some() && !masks.contains(mask) {
            masks.push(mask.clone());
        }
    }
    masks
}

fn objects(policy: &Asked, request: &Request, scope: &Scope, at: SystemTime) -> Vec<NamedObject> {
    let told = scope.objects.iter().map(|(name, privileges)| {
        let privileges: &BTreeSet<Privilege> = privileges;
        NamedObject {
            name: name.clone(),
            account: policy.explain_object(&request.principal, name, privileges, at),
        }
    });
    told.collect()
}
