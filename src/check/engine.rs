//! The engine: policy and catalog in, replies out.

use std::cell::{OnceCell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::datasets::Refused;
use super::inherited::Kept;
use super::refusal::syntax_code;
use super::reply::{Decision, Denial, Denials, PolicyStamp, Reply};
use super::statement::Work;
use super::{Code, Request, settings};
use crate::catalog::{Catalog, CatalogDocument, CatalogSource, Live, TableName};
use crate::lineage::Record;
use crate::lineage::store::{Known, LineageError, LineageSource};
use crate::policy::{Bytes, Policy, Principal};
use crate::source::{Age, Asked};
use crate::splitter::Splitter;
use crate::syntax::{FlinkVersion, Limits, Lines, Script, Span, TokenKind};
use crate::verify::RewrittenSql;

/// What is said of a check that panicked.
pub(crate) const UNFINISHED: &str = "internal error: the check did not finish";

/// What a submitter calls before it submits.
pub trait SubmitCheck: Send + Sync {
    /// Decides about one request. Always answers: what goes wrong is a `Deny`.
    fn check(&self, request: &Request) -> Reply;
}

impl<C: SubmitCheck + ?Sized> SubmitCheck for Box<C> {
    fn check(&self, request: &Request) -> Reply {
        (**self).check(request)
    }
}

/// A policy and a catalog, ready to decide. Immutable: a new policy is a new engine, so that a script is judged by one snapshot.
///
/// ```
/// use sqlsec::{Catalog, Engine, Policy, Principal, Request, SubmitCheck};
///
/// let policy = Policy::load(
///     "apiVersion: sqlsec/v1
/// version: 1
/// rules:
///   - { id: region, type: row_filter, to: { users: [userA] }, on: { table: '*.*.orders' }, filter: \"region = 'beijing'\" }",
///     "policy.yaml",
/// )?;
/// let engine = Engine::new(policy, Catalog::default());
/// let user = Principal { user: "userA".into(), ..Principal::default() };
/// let reply = engine.check(&Request::new(user, "SELECT * FROM orders"));
/// assert_eq!(reply.decision.sql(), Some("SELECT * FROM (SELECT * FROM orders WHERE `orders`.region = 'beijing') AS `orders`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Engine {
    policy: Arc<Asked>,
    catalog: Arc<dyn CatalogSource>,
    bytes: Arc<Bytes>,
    age: Option<Age>,
    lineage: Option<Arc<dyn LineageSource>>,
    kept: Kept,
    limits: Limits,
}

impl Engine {
    /// An engine over a site's catalog snapshot.
    #[must_use]
    pub fn new(policy: Policy, catalog: Catalog) -> Self {
        Self::with_source(Arc::new(policy), Arc::new(catalog))
    }

    /// An engine that asks a host for tables.
    #[must_use]
    pub fn with_source(policy: Arc<Policy>, catalog: Arc<dyn CatalogSource>) -> Self {
        let bytes = Arc::new(policy.bytes(catalog.addresses()));
        Self::over(Asked::everything(policy), catalog, bytes)
    }

    /// An engine over what a permission service has answered.
    pub(super) fn over(policy: Asked, catalog: Arc<dyn CatalogSource>, bytes: Arc<Bytes>) -> Self {
        Self {
            bytes,
            policy: Arc::new(policy),
            catalog,
            age: None,
            lineage: None,
            kept: Kept::default(),
            limits: Limits::default(),
        }
    }

    /// The same engine with rules of this age.
    pub(super) const fn aged(mut self, age: Option<Age>) -> Self {
        self.age = age;
        self
    }

    /// The same engine, which knows what earlier jobs wrote. Without a store it knows what the earlier statements of a script do.
    #[must_use]
    pub fn lineage(mut self, lineage: Arc<dyn LineageSource>) -> Self {
        self.lineage = Some(lineage);
        self.kept = Kept::default();
        self
    }

    /// The same engine with other limits on texts.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Asked {
        &self.policy
    }

    pub(super) fn catalog(&self) -> &dyn CatalogSource {
        &*self.catalog
    }

    /// What was found out about lineage before.
    pub(super) const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The site's tables over these bytes.
    pub(super) fn tables_over(&self, physical: &[String]) -> Vec<TableName> {
        let over = physical.iter();
        over.flat_map(|name| self.policy.tables_over(&self.bytes, name))
            .collect()
    }

    /// For whom and under which policy something was protected.
    pub(super) fn stamp_for(&self, principal: &Principal) -> String {
        // A service may know somebody otherwise tomorrow, under rules of the same version.
        let who = self.policy.principal(principal);
        let who = serde_json::to_string(&who).unwrap_or_default();
        format!("{who} {}", self.policy.edition())
    }

    /// Decides by the tables that came with the request, over those of the engine.
    fn decide_live(&self, request: &Request, document: &CatalogDocument) -> Reply {
        let live = Arc::new(Live::new(document, Arc::clone(&self.catalog)));
        let engine = Self {
            policy: Arc::clone(&self.policy),
            catalog: Arc::clone(&live) as Arc<dyn CatalogSource>,
            bytes: Arc::clone(&self.bytes),
            age: self.age,
            lineage: self.lineage.clone(),
            kept: Kept::default(),
            limits: self.limits,
        };
        let reply = engine.decide(request);
        Reply {
            undescribed: live.undescribed(),
            ..reply
        }
    }

    /// What is known of earlier jobs now.
    pub(super) fn known(&self) -> Result<Arc<Known>, LineageError> {
        let store = self.lineage.as_ref();
        store.map_or_else(|| Ok(Arc::default()), |store| store.snapshot())
    }

    fn decide(&self, request: &Request) -> Reply {
        let known = match self.known() {
            Ok(known) => known,
            // What earlier jobs wrote could be anything.
            Err(error) => {
                return Reply::denied(Code::LineageUnavailable, error.to_string(), self.stamp());
            }
        };
        let version = self.lineage.as_ref().map(|_| known.version());
        let mut told = Told::default();
        let decision = self
            .script(request, Arc::clone(&known), &mut told)
            .unwrap_or_else(|errors| Decision::Deny { errors });
        // A store that went away meanwhile has said less than it knows.
        if let Some(error) = known.failure() {
            return Reply::denied(Code::LineageUnavailable, error.to_string(), self.stamp());
        }
        let allowed = decision.sql().is_some();
        Reply {
            decision,
            statements: told.reports,
            policy: self.stamp(),
            lineage: told.record.filter(|_| allowed),
            lineage_version: version,
            lineage_id: None,
            unrecorded: false,
            undescribed: Vec::new(),
            stated: None,
        }
    }

    fn stamp(&self) -> PolicyStamp {
        PolicyStamp {
            version: self.policy.version(),
            hash: self.policy.hash().to_owned(),
            age_s: self.age.map(|age| age.since.as_secs()),
            stale: self.age.is_some_and(|age| age.stale),
        }
    }

    fn script(
        &self,
        request: &Request,
        known: Arc<Known>,
        told: &mut Told,
    ) -> Result<Decision, Denials> {
        let reports = &mut told.reports;
        let source = request.sql.as_str();
        let lines = Lines::new(source);
        let denial = |statement: usize, refused: Refused| {
            let at = lines.position(refused.span.start);
            Denial {
                code: refused.code,
                message: one_line(&refused.message),
                statement,
                line: at.line,
                column: at.column,
                span: refused.span,
            }
        };
        // Text is read by the rules of Flink's own dialect: in another one it means something else.
        if let Some(dialect) = settings::foreign_dialect(&request.session.settings) {
            let message = format!("the session is in another SQL dialect: `{dialect}`");
            let refused = Refused::new(Code::SettingDenied, message, Span::default());
            return Err(Denials::one(denial(0, refused)));
        }
        let script = Script::parse(source, request.flink, &self.limits).map_err(|error| {
            Denials::one(denial(
                statement_at(source, error.span, request.flink),
                Refused::new(syntax_code(&error.kind), error.to_string(), error.span),
            ))
        })?;
        let work = Work {
            engine: self,
            principal: &request.principal,
            at: request.at.map_or_else(SystemTime::now, time),
            style: request.style,
            flink: request.flink,
            strict: request.strict || self.policy.defaults().strict,
            source,
            lines: &lines,
            known,
            overlay: RefCell::default(),
            named: request.job.as_deref(),
            job: OnceCell::new(),
            record: RefCell::default(),
        };
        let mut session = request.session.clone();
        let mut denials = Vec::new();
        let mut pieces: Vec<(Span, RewrittenSql)> = Vec::with_capacity(script.statements.len());
        for (index, statement) in script.statements.iter().enumerate() {
            let outcome = work.run(index, statement, &mut session);
            reports.push(outcome.report);
            match outcome.result {
                Ok(sql) => pieces.push((statement.span, sql)),
                Err(refused) => denials.extend(refused.into_iter().map(|r| denial(index, r))),
            }
        }
        told.record = work.into_record();
        match Denials::new(denials) {
            Some(errors) => {
                // Edits hold policy text: a denied reply has none.
                reports.iter_mut().for_each(|report| report.edits.clear());
                Err(errors)
            }
            None => {
                let sql = RewrittenSql::script(source, &pieces);
                let agrees = |splitter: Splitter| splitter.agrees(sql.as_str(), request.flink);
                if let Some(splitter) = request.splitter
                    && let Err(index) = agrees(splitter)
                {
                    reports.iter_mut().for_each(|report| report.edits.clear());
                    let span = pieces.get(index).map(|(span, _)| *span).unwrap_or_default();
                    let message = format!(
                        "the splitter of `{}` makes something else of this statement: no comments, no `;` and no line ends in names and literals, one statement a line",
                        splitter.name()
                    );
                    let refused = Refused::new(Code::SplitterMismatch, message, span);
                    return Err(Denials::one(denial(index, refused)));
                }
                Ok(Decision::Allow { sql, session })
            }
        }
    }

    fn broken(&self) -> Reply {
        Reply::denied(Code::Internal, UNFINISHED, self.stamp())
    }
}

/// What a script is found to be, whatever is decided.
#[derive(Default)]
struct Told {
    reports: Vec<super::StatementReport>,
    record: Option<Record>,
}

impl SubmitCheck for Engine {
    fn check(&self, request: &Request) -> Reply {
        // The engine is immutable, so a panic leaves nothing half done in it.
        let decide = || match &request.catalog {
            None => self.decide(request),
            Some(document) => self.decide_live(request, document),
        };
        let run = || crate::syntax::with_stack(request.sql.len(), decide);
        let mut reply = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| self.broken());
        reply.stated = self.policy.stated().cloned();
        reply
    }
}

/// Which statement a place of a script that does not parse lies in: the semicolons before it, as far as they can be read.
fn statement_at(source: &str, place: Span, version: FlinkVersion) -> usize {
    let before = Span::new(0, place.start).text(source);
    let tokens = crate::syntax::tokens(before, version, &Limits::default()).unwrap_or_default();
    tokens
        .iter()
        .filter(|t| t.kind == TokenKind::Semicolon)
        .count()
}

/// Seconds since 1970; before that it is 1970.
pub(super) fn time(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

/// A message quotes names as they were written: what would break its line, or turn it around, is written as an escape.
fn one_line(message: &str) -> String {
    let mut line = String::with_capacity(message.len());
    for c in message.chars() {
        let turns = matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_whatever_the_names_in_it() {
        let policy = "apiVersion: sqlsec/v1\nversion: 1\nrules: []";
        let policy = Policy::load(policy, "test").unwrap();
        let engine = Engine::new(policy, Catalog::default());
        let sql = "SELECT * FROM t /*+ OPTIONS('a\nb\r\u{85}表' = 'x') */";
        let reply = engine.check(&Request::new(Principal::default(), sql));
        let [error] = reply.decision.errors() else {
            panic!("{reply:?}")
        };
        let said = "table option `a\\nb\\r\\u{85}表` may not be set in a hint";
        assert_eq!(error.message, said);
    }
}
