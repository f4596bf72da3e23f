//! One job judged for one principal.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::drift::{Drift, Former};
use super::job::{Job, Place};
use super::reason::{Obstacle, ObstacleCode, Reason, ReasonCode};
use super::script::Script;
use crate::audit::{AuditPrincipal, AuditRecord};
use crate::catalog::TableName;
use crate::check::{Code, Decision, Reply, Request, SubmitCheck};
use crate::policy::Principal;

/// What came out for one job and one principal (an element of `jobs` in `schema/report.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The job.
    pub job: String,
    /// Where it was found.
    pub place: Place,
    /// For whom it was judged; absent where nobody says whose job it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<AuditPrincipal>,
    /// What came out.
    pub verdict: Verdict,
    /// Why it is denied, or cannot be judged, in text order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// What has become of it since the former check; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// Which of the names in the record are views: what hides their data applies to the tables below them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub views: BTreeSet<TableName>,
    /// What an audit record of this check would hold; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<AuditRecord>,
}

/// What came out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be submitted in its protected form.
    Allowed,
    /// The rules stand against it.
    Denied,
    /// It cannot be judged: the text, the catalog, the owner or an answer is missing. It would not be submitted.
    Unjudged,
}

impl Verdict {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Unjudged => "unjudged",
        }
    }

    /// A denial that only says what is missing leaves a job unjudged.
    fn of(decision: &Decision, reasons: &[Reason]) -> Self {
        match decision {
            Decision::Allow { .. } => Self::Allowed,
            Decision::Deny { .. } if reasons.iter().all(|r| r.code.leaves_it_unjudged()) => {
                Self::Unjudged
            }
            Decision::Deny { .. } => Self::Denied,
        }
    }
}

/// Whoever makes entries of jobs.
pub struct Judge<'j> {
    /// Decides.
    pub check: &'j dyn SubmitCheck,
    /// What is asked of every job beside its script and its principal.
    pub request: Request,
    /// Whether each job is judged for its owner.
    pub for_owner: bool,
    /// Everybody else each job is judged for.
    pub others: Vec<Principal>,
    /// What former checks said.
    pub former: Option<Former>,
    /// Whether scripts are wanted.
    pub with_scripts: bool,
}

impl Judge<'_> {
    /// The entries of a job, one for each principal; at least one.
    #[must_use]
    pub fn entries(&self, job: &Job) -> Vec<(Entry, Option<Script>)> {
        let text = match &job.text {
            Ok(text) => text,
            Err(obstacle) => return vec![self.unread(job, obstacle)],
        };
        let mut entries = Vec::new();
        if self.for_owner {
            entries.push(match &job.owner {
                Some(owner) => self.entry(job, text, owner),
                None => {
                    let code = ObstacleCode::OwnerUnknown;
                    self.unread(job, &Obstacle::new(code, code.meaning().trim()))
                }
            });
        }
        let others = self.others.iter();
        let others = others.filter(|other| !(self.for_owner && job.owner.as_ref() == Some(other)));
        entries.extend(others.map(|other| self.entry(job, text, other)));
        entries
    }

    /// The entry of a job whose judging did not finish.
    #[must_use]
    pub fn broken(&self, job: &Job) -> (Entry, Option<Script>) {
        let code = ReasonCode::Check(Code::Internal);
        let obstacle = Obstacle {
            code,
            at: None,
            message: code.meaning().to_owned(),
        };
        self.unread(job, &obstacle)
    }

    fn unread(&self, job: &Job, obstacle: &Obstacle) -> (Entry, Option<Script>) {
        let owner = job.owner.as_ref().map(AuditPrincipal::from);
        let drift = self.former.as_ref().map(|former| former.unread(&job.name));
        let entry = Entry {
            job: job.name.clone(),
            place: job.place.clone(),
            principal: owner,
            verdict: Verdict::Unjudged,
            reasons: vec![obstacle.into()],
            drift,
            views: BTreeSet::new(),
            record: None,
        };
        let text = job.text.as_deref().ok();
        let script = self.with_scripts.then(|| Script::unread(text, obstacle));
        (entry, script)
    }

    fn entry(&self, job: &Job, text: &str, principal: &Principal) -> (Entry, Option<Script>) {
        let request = Request {
            principal: principal.clone(),
            sql: text.to_owned(),
            job: Some(job.name.clone()),
            ..self.request.clone()
        };
        let started = Instant::now();
        let reply = self.check.check(&request);
        let record = self.record(&request, &reply, started.elapsed());
        let reasons: Vec<Reason> = reply.decision.errors().iter().map(Reason::from).collect();
        let entry = Entry {
            job: job.name.clone(),
            place: job.place.clone(),
            principal: Some(record.principal.clone()),
            verdict: Verdict::of(&reply.decision, &reasons),
            reasons,
            drift: self.former.as_ref().map(|former| former.drift(&record)),
            views: views(&reply),
            record: Some(record),
        };
        let script = self.with_scripts.then(|| Script::of(text, &reply));
        (entry, script)
    }

    fn record(&self, request: &Request, reply: &Reply, took: Duration) -> AuditRecord {
        AuditRecord::new(request, reply, SystemTime::now(), took)
    }
}

/// Views that are read, and those that a statement makes.
fn views(reply: &Reply) -> BTreeSet<TableName> {
    let statements = reply.statements.iter();
    let names = statements.flat_map(|statement| {
        let read = statement.inputs.iter().filter(|input| input.view);
        let makes_view = statement.kind.split(' ').any(|word| word == "VIEW");
        let made = statement.outputs.iter().filter(move |_| makes_view);
        read.map(|input| &input.name)
            .chain(made.map(|output| &output.name))
    });
    names.cloned().collect()
}
