//! The check with rules from a permission service.
//!
//! A first look at the script finds the tables and objects that it needs; the service is asked about these; the script is judged by the answer. Where
//! the judgement needs more than was asked, such as a table that a session statement brings into sight, the question grows and is asked again.
//! Invariant: of the first look nothing but a question leaves this file: what it allows is thrown away.
//! Invariant: a script is judged by one answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::explain::{ScriptAccount, account};
use super::reply::{PolicyStamp, Reply};
use super::{Code, Engine, Request, SubmitCheck};
use crate::catalog::{CatalogSource, Session, TableName};
use crate::lineage::store::LineageSource;
use crate::policy::{Bytes, Policy, Principal};
use crate::source::{Answer, Asked, Covers, PolicySource, Question, Scope, SourceError};
use crate::syntax::{FlinkVersion, Limits};

/// How often the question may grow: once for tables that come into sight with the policy's own list of servers, and a reserve.
const ROUNDS: usize = 4;

/// A permission service and a catalog, ready to decide.
pub struct Gate {
    source: Arc<dyn PolicySource>,
    catalog: Arc<dyn CatalogSource>,
    addresses: Vec<(TableName, Vec<String>)>,
    lineage: Option<Arc<dyn LineageSource>>,
    limits: Limits,
    /// The addresses as the policies of late have read them: that of the first look, and that of answers.
    bytes: Mutex<Vec<(Arc<Policy>, Arc<Bytes>)>>,
    questions: Questions,
}

impl Gate {
    /// A gate over a permission service, and a site's catalog. The catalog is asked for all its addresses now, and not again: where tables are added
    /// to it, a new gate is due, or rules on their names do not reach a script's own tables over their bytes.
    #[must_use]
    pub fn new(source: Arc<dyn PolicySource>, catalog: Arc<dyn CatalogSource>) -> Self {
        Self {
            source,
            addresses: catalog.addresses(),
            catalog,
            lineage: None,
            limits: Limits::default(),
            bytes: Mutex::default(),
            questions: Questions::default(),
        }
    }

    /// The same gate, which knows what earlier jobs wrote: see [`Engine::lineage`].
    #[must_use]
    pub fn lineage(mut self, lineage: Arc<dyn LineageSource>) -> Self {
        self.lineage = Some(lineage);
        self
    }

    fn engine(&self, asked: Asked, bytes: Arc<Bytes>) -> Engine {
        let engine = Engine::over(asked, Arc::clone(&self.catalog), bytes).limits(self.limits);
        match &self.lineage {
            Some(lineage) => engine.lineage(Arc::clone(lineage)),
            None => engine,
        }
    }

    /// The same gate with other limits on texts.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What a request needs to know, as far as a look without rules can tell: what an operator sees asked.
    #[must_use]
    pub fn question(&self, request: &Request) -> Question {
        let asked = Asked::notebook();
        let bytes = self.bytes(asked.rules());
        let engine = self.engine(asked, bytes);
        // The reply is of no policy: it must not leave this function.
        drop(engine.check(request));
        Question::new(request.principal.clone(), engine.policy().beyond())
    }

    /// Who judges by an answer.
    ///
    /// # Errors
    /// An answer that was given about somebody else: the refusal.
    fn engine_of(
        &self,
        request: &Request,
        answer: &Answer,
        asked: Asked,
    ) -> Result<Engine, Box<Reply>> {
        let principal = &request.principal;
        let theirs = match &answer.covers {
            Covers::Everything => true,
            Covers::Question(asked) => asked.principal == *principal,
        };
        if !theirs || !answer.policy.is_about(&principal.user) {
            let message = "the permission service has answered for somebody else";
            let stamp = PolicyStamp::default();
            let reply = Reply::denied(Code::PolicyIncomplete, message, stamp);
            return Err(Box::new(reply));
        }
        let bytes = self.bytes(&answer.policy);
        Ok(self.engine(asked, bytes).aged(answer.age))
    }

    fn judge(&self, request: &Request, answer: &Answer) -> (Reply, Scope) {
        match self.engine_of(request, answer, Asked::answer(answer)) {
            Ok(engine) => (engine.check(request), engine.policy().beyond()),
            Err(reply) => (*reply, Scope::default()),
        }
    }

    /// Judges a script and accounts for it, by the answer that decides: per table what the rules of that answer say. Where the service gave none, there is a
    /// reply and no statements. For people who write rules, as [`super::explain`].
    #[must_use]
    pub fn explain(&self, request: &Request) -> ScriptAccount {
        let (reply, answer) = self.settle(request);
        let watched = |answer: &Answer| {
            let asked = Asked::answer(answer).watched();
            self.engine_of(request, answer, asked)
        };
        let nothing = |reply: Reply| ScriptAccount {
            reply,
            principal: request.principal.clone(),
            statements: Vec::new(),
        };
        match answer.as_ref().map(watched) {
            Some(Ok(engine)) => account(&engine, request),
            Some(Err(reply)) => nothing(*reply),
            None => nothing(reply),
        }
    }

    /// Asks until the answer is about all that the script needs; with the answer that the reply was made by.
    fn settle(&self, request: &Request) -> (Reply, Option<Answer>) {
        let mut recalled = self.questions.recall(request);
        let mut question = match &recalled {
            Some(question) => question.clone(),
            None => self.question(request),
        };
        let mut last = None;
        for _ in 0..ROUNDS {
            let answer = match self.source.answer(&question) {
                Ok(answer) => answer,
                Err(error) => return (unavailable(&error), None),
            };
            let (reply, beyond) = self.judge(request, &answer);
            if beyond.is_empty() || reply.decision.sql().is_some() {
                self.questions.remember(request, &question);
                return (reply, Some(answer));
            }
            question = if recalled.take().is_some() {
                // Something has changed since: what it was is not asked about any more.
                self.question(request)
            } else {
                let mut scope = question.scope().clone();
                scope.widen(&beyond);
                Question::new(request.principal.clone(), scope)
            };
            last = Some((reply, Some(answer)));
        }
        last.unwrap_or_else(|| {
            let message = "the permission service has given no rules for this script";
            let stamp = PolicyStamp::default();
            (Reply::denied(Code::PolicyIncomplete, message, stamp), None)
        })
    }

    /// The site's addresses as this policy reads them.
    fn bytes(&self, policy: &Arc<Policy>) -> Arc<Bytes> {
        let mut held = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = held
            .iter()
            .find(|(known, _)| Arc::ptr_eq(known, policy) || known.has_servers_of(policy));
        if let Some((_, bytes)) = known {
            return Arc::clone(bytes);
        }
        let bytes = Arc::new(policy.bytes(self.addresses.clone()));
        if held.len() > 1 {
            held.pop();
        }
        held.push((Arc::clone(policy), Arc::clone(&bytes)));
        bytes
    }
}

impl SubmitCheck for Gate {
    fn check(&self, request: &Request) -> Reply {
        self.settle(request).0
    }
}

/// The submitter learns that it is not their fault, and the operator, to whom the message belongs, what to do.
fn unavailable(error: &SourceError) -> Reply {
    let message = error.to_string();
    Reply::denied(
        Code::PolicyUnavailable,
        message.lines().next().unwrap_or_default(),
        PolicyStamp::default(),
    )
}

/// Questions by script: the first look at a text that comes again and again, as those of 500 jobs do, is spared. A question that no longer fits, as when
/// the catalog has changed, does no harm: what it lacks is refused and asked for.
#[derive(Default)]
struct Questions(Mutex<HashMap<String, Remembered>>);

struct Remembered {
    session: Session,
    flink: FlinkVersion,
    question: Question,
}

impl Questions {
    const ENTRIES: usize = 512;
    const LONGEST: usize = 64 * 1024;
    /// Names in a question.
    const WIDEST: usize = 2_000;

    fn recall(&self, request: &Request) -> Option<Question> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.get(&request.sql)?;
        let same = found.flink == request.flink && found.session == request.session;
        same.then(|| found.question.of(request.principal.clone()))
    }

    fn remember(&self, request: &Request, question: &Question) {
        if request.sql.len() > Self::LONGEST || question.scope().size() > Self::WIDEST {
            return;
        }
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= Self::ENTRIES && !held.contains_key(&request.sql) {
            held.clear();
        }
        let remembered = Remembered {
            session: request.session.clone(),
            flink: request.flink,
            // Whose it was is not kept.
            question: question.of(Principal::default()),
        };
        held.insert(request.sql.clone(), remembered);
    }
}
