//! The rewrite of one statement, and the second look at it.

use super::Code;
use super::datasets::{Datasets, Refused};
use super::refusal::rewrite_code;
use super::reply::{Replacement, StatementReport};
use super::statement::Work;
use crate::resolve::{Relation, Resolution};
use crate::rewrite::{EditSet, Protection, Unit, rewrite};
use crate::syntax::ast::Statement;
use crate::verify::{RewrittenSql, attest, attest_unchanged};

impl Work<'_> {
    /// Rewrites, and has the result looked at again.
    pub(super) fn protect(
        &self,
        statement: &Statement,
        resolution: &Resolution,
        protections: &[Protection],
        datasets: &Datasets<'_>,
        report: &mut StatementReport,
    ) -> Result<RewrittenSql, Refused> {
        let decide = |relation: &Relation| datasets.obligations(relation).ok();
        let unverified = |e: crate::verify::VerifyError| {
            Refused::new(Code::VerifyFailed, e.to_string(), statement.span)
        };
        let unit = Unit {
            source: self.source,
            queries: &statement.queries,
            resolution,
        };
        let edits = rewrite(unit, protections, self.style)
            .map_err(|e| Refused::new(rewrite_code(&e.kind), e.to_string(), e.span))?;
        let edits = EditSet::new(self.source, edits)
            .map_err(|e| Refused::new(Code::Internal, e.to_string(), statement.span))?;
        if edits.edits().is_empty() {
            return attest_unchanged(self.source, statement, resolution, &decide)
                .map_err(unverified);
        }
        report.edits = edits
            .edits()
            .iter()
            .map(|e| Replacement {
                span: e.span,
                text: e.replacement.clone(),
            })
            .collect();
        let output = edits.apply(self.source, statement.span);
        attest(
            output,
            statement,
            self.flink,
            datasets.session,
            self.engine.catalog(),
            &decide,
        )
        .map_err(unverified)
    }
}
