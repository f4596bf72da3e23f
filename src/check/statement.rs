//! One statement: datasets, decision, rewrite, second look, effect on the session.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;
use std::time::SystemTime;

use super::account::{applied, describe};
use super::classify::{self, Class};
use super::datasets::{Datasets, Decided, Refused};
use super::inherited::Lineage;
use super::refusal::resolve_refusal;
use super::reply::StatementReport;
use super::{Code, Engine, strict};
use crate::catalog::Session;
use crate::lineage::StatementRecord;
use crate::lineage::store::Known;
use crate::policy::Principal;
use crate::resolve::{Relation, resolve};
use crate::rewrite::Style;
use crate::syntax::ast::{Statement, StatementKind};
use crate::syntax::{FlinkVersion, Lines};
use crate::verify::RewrittenSql;

/// What a statement came to.
pub(super) struct Outcome {
    pub report: StatementReport,
    pub result: Result<RewrittenSql, Vec<Refused>>,
}

/// The circumstances of one statement.
pub(super) struct Work<'a> {
    pub engine: &'a Engine,
    pub principal: &'a Principal,
    pub at: SystemTime,
    pub style: Style,
    pub flink: FlinkVersion,
    pub strict: bool,
    pub source: &'a str,
    pub lines: &'a Lines<'a>,
    /// What the store said of lineage.
    pub known: Arc<Known>,
    /// What the statements before this one write.
    pub overlay: RefCell<Arc<Known>>,
    /// The name that the submitter gave the job.
    pub named: Option<&'a str>,
    /// The name of the job, as soon as something is recorded of it.
    pub job: OnceCell<String>,
    /// The lineage of the statements so far.
    pub record: RefCell<Vec<StatementRecord>>,
}

impl Work<'_> {
    /// What is known of lineage now.
    pub(super) fn lineage(&self) -> Lineage {
        Lineage::over(&self.known, &self.overlay.borrow())
    }

    /// Checks one statement and, when it is allowed, brings the session to the state after it.
    pub(super) fn run(
        &self,
        index: usize,
        statement: &Statement,
        session: &mut Session,
    ) -> Outcome {
        let mut report = StatementReport {
            kind: classify::name(&statement.kind),
            span: statement.span,
            line: self.lines.position(statement.span.start).line,
            inputs: Vec::new(),
            outputs: Vec::new(),
            applied: Vec::new(),
            edits: Vec::new(),
        };
        let result = self.steps(index, statement, session, &mut report);
        Outcome { report, result }
    }

    fn steps(
        &self,
        index: usize,
        statement: &Statement,
        session: &mut Session,
        report: &mut StatementReport,
    ) -> Result<RewrittenSql, Vec<Refused>> {
        if classify::class(&statement.kind) == Class::Denied {
            let (construct, span) = match &statement.kind {
                StatementKind::Refused(refusal) => (refusal.construct.name(), refusal.span),
                _ => ("EXPLAIN of this statement", statement.span),
            };
            let message = format!("`{construct}` is not supported");
            return Err(vec![Refused::new(
                Code::UnsupportedStatement,
                message,
                span,
            )]);
        }
        let datasets = Datasets {
            engine: self.engine,
            principal: self.principal,
            at: self.at,
            session,
            strict: self.strict,
            lineage: self.lineage(),
            decided: Decided::default(),
        };
        let resolution = resolve(statement, session, self.engine.catalog()).map_err(|e| {
            // Whether a column or a table is there is nobody's business who may not read it.
            let closed = datasets.closed(statement);
            vec![closed.unwrap_or_else(|| resolve_refusal(&e))]
        })?;
        describe(report, &resolution, self.source, &datasets);
        let mut refused = Vec::new();
        let protections = datasets
            .protections(&resolution)
            .unwrap_or_else(|mut errors| {
                refused.append(&mut errors);
                Vec::new()
            });
        if let Err(mut errors) =
            self.privileges(&datasets, &statement.kind, statement.span, &resolution)
        {
            refused.append(&mut errors);
        }
        if self.strict && refused.is_empty() {
            let functions = self.engine.policy().strict_functions();
            let text = (self.source, self.flink);
            let decide = |relation: &Relation| datasets.obligations(relation).ok();
            refused = strict::refusals(text, statement, &resolution, &decide, functions);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        report.applied = applied(&resolution, &protections);
        let sql = self
            .protect(statement, &resolution, &protections, &datasets, report)
            .map_err(|e| vec![e])?;
        let effect = self
            .effect(&statement.kind, statement, &resolution, session)
            .map_err(|e| vec![e])?;
        self.keep(self.recorded(index, statement, &resolution, &datasets)?);
        effect(session);
        Ok(sql)
    }
}
