//! A catalog view over protected tables: its text takes the place of its name, with the caller's rules on what it reads.

use super::error::{RewriteError, RewriteErrorKind};
use super::{EditSet, Protection, Rewriter, Style, Unit};
use crate::resolve::Relation;
use crate::syntax::Span;

impl Rewriter<'_> {
    /// The rewritten text of a view in brackets. Its names are written in full: where it goes, they could mean something else.
    pub(super) fn view_text(
        &self,
        relation: &Relation,
        protection: &Protection,
    ) -> Result<String, RewriteError> {
        let at = |kind: RewriteErrorKind| kind.at(relation.name);
        let (Some(view), Some(inside)) = (&relation.view, &protection.inside) else {
            return Err(at(RewriteErrorKind::Internal("a view without its text")));
        };
        // Flink refuses OPTIONS on a view, and behind a query there is no place for any hint.
        if !hints(relation, self.unit.source).trim().is_empty() {
            return Err(at(RewriteErrorKind::HintOnView(
                relation.found.name.clone(),
            )));
        }
        let unit = Unit {
            source: &view.text,
            queries: &view.statement.queries,
            resolution: &view.resolution,
        };
        let mut inner = Rewriter {
            unit,
            protections: inside,
            style: Style::Derived,
            qualify: true,
            edits: Vec::new(),
            replaced: Vec::new(),
            ctes: Vec::new(),
            lower: std::cell::OnceCell::new(),
        };
        // The reason lies in a text that the submitter did not write: the place shown is that of the view's name.
        inner.run().map_err(|error| at(error.kind))?;
        let edits = EditSet::new(&view.text, inner.edits)
            .map_err(|_| at(RewriteErrorKind::Internal("edits of a view overlap")))?;
        // From its first token to its last: what lies around it, a `;` or a line comment, would swallow the bracket.
        let text = edits.apply(&view.text, view.statement.span);
        Ok(format!("({text}\n)"))
    }
}

/// The text of a reference's hints.
pub(super) fn hints<'s>(relation: &Relation, source: &'s str) -> &'s str {
    Span::new(relation.name.end, relation.span.end).text(source)
}
