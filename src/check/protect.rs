//! The rewrite of one statement, and the second look at it.

use super::Code;
use super::datasets::{Datasets, Refused};
use super::refusal::rewrite_code;
use super::reply::{Replacement, StatementReport};
use super::statement::Work;
use crate::resolve::{Place, Relation, Resolution};
use crate::rewrite::{EditSet, Protection, Unit, rewrite};
use crate::syntax::Span;
use crate::syntax::ast::Statement;
use crate::verify::{RewrittenSql, VerifyError, attest, attest_unchanged};

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
        let unverified = |e: VerifyError| {
            // The submitter's names did resolve: those of a filter's own subquery do not.
            let asking = resolution.relations.iter().zip(protections);
            match asking.into_iter().find(|(_, p)| p.has_subquery()) {
                Some((relation, _)) if e == VerifyError::UNRESOLVED => {
                    let name = &relation.found.name;
                    let message = format!("`{name}`: a policy of this table cannot be applied");
                    Refused::new(Code::RuleUnusable, message, relation.name)
                }
                _ => named_in_pattern(&e, resolution, protections).unwrap_or_else(|| {
                    Refused::new(Code::VerifyFailed, e.to_string(), statement.span)
                }),
            }
        };
        // `verify` could not tell it from a table that was overlooked.
        let protected = protected_names(resolution, protections);
        let named = |(name, _): &&(String, Span)| protected.contains(&name.as_str());
        if let Some((name, span)) = resolution.functions.iter().find(named) {
            let message =
                format!("function `{name}` has the name of a protected table: rename one of them");
            return Err(Refused::new(Code::UnsupportedConstruct, message, *span));
        }
        let unit = Unit {
            source: self.source,
            queries: &statement.queries,
            resolution,
        };
        let edits = rewrite(unit, protections, self.style)
            .map_err(|e| Refused::new(rewrite_code(&e.kind), e.to_string(), e.span))?;
        let edits = EditSet::new(self.source, edits)
            .map_err(|e| Refused::new(Code::Internal, e.to_string(), statement.span))?;
        // What is masked and never read needs no edit in place: such a text gets the second look as well.
        if protections.iter().all(Protection::is_empty) {
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

/// The reason why names do not resolve that did: inside MATCH_RECOGNIZE and UNPIVOT the rows that take a table's place have no name, since the alias
/// stands behind and names the result. Flink lets `t.a` stand there for `t` itself.
fn named_in_pattern(
    error: &VerifyError,
    resolution: &Resolution,
    protections: &[Protection],
) -> Option<Refused> {
    if *error != VerifyError::UNRESOLVED {
        return None;
    }
    let mut asked = resolution.relations.iter().zip(protections);
    let (relation, _) = asked.find(|(relation, protection)| {
        !protection.is_empty() && matches!(&relation.place, Place::From(from) if from.pattern)
    })?;
    let message = format!(
        "`{}` is protected, and its name means nothing inside MATCH_RECOGNIZE or UNPIVOT: write its columns without it",
        relation.found.name
    );
    Some(Refused::new(
        Code::UnsupportedConstruct,
        message,
        relation.name,
    ))
}

/// The last parts of the names of all protected tables that the rewritten text reads: those below the site's views, and those that a filter asks, too.
fn protected_names<'r>(resolution: &'r Resolution, protections: &'r [Protection]) -> Vec<&'r str> {
    let mut names = Vec::new();
    for (relation, protection) in resolution.relations.iter().zip(protections) {
        if protection.is_empty() {
            continue;
        }
        names.push(relation.found.name.table.as_str());
        names.extend(protection.asked_tables().map(|name| name.table.as_str()));
        if let (Some(inside), Some(view)) = (&protection.inside, &relation.view) {
            names.extend(protected_names(&view.resolution, inside));
        }
    }
    names
}
