//! Refusals as people read them: one line with the code, and the place in the SQL underlined.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::check::Denial;
use crate::syntax::Span;

/// Above this size a script is not shown with its errors: the line and column are.
const SHOWN_BYTES: usize = 1 << 20;
/// Above this length of a line the place alone is shown.
const SHOWN_LINE: usize = 400;

/// The text of one refusal.
pub(super) fn denial(denial: &Denial, origin: &str, source: &str, colour: bool) -> String {
    let Some((line, at)) = line_of(source, denial.span) else {
        return format!(
            "error[{}]: {}\n --> {origin}:{}:{}\n",
            denial.code, denial.message, denial.line, denial.column
        );
    };
    let code = denial.code.to_string();
    let snippet = Snippet::source(line)
        .path(origin)
        .line_start(denial.line as usize)
        .annotation(AnnotationKind::Primary.span(at.start as usize..at.end as usize));
    let report = [Level::ERROR
        .primary_title(denial.message.as_str())
        .id(code.as_str())
        .element(snippet)];
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    format!("{}\n", renderer.render(&report))
}

/// The line that holds the first byte of `span`, and the part of the span that lies in it.
fn line_of(source: &str, span: Span) -> Option<(&str, Span)> {
    if source.len() > SHOWN_BYTES {
        return None;
    }
    let at = span.start as usize;
    let before = source.get(..at)?;
    let start = before.rfind(['\n', '\r']).map_or(0, |i| i + 1);
    let rest = source.get(start..)?;
    let line = rest.split(['\n', '\r']).next()?;
    if line.len() > SHOWN_LINE {
        return None;
    }
    let from = at - start;
    let to = (span.end as usize)
        .saturating_sub(start)
        .min(line.len())
        .max(from);
    Some((
        line,
        Span::new(u32::try_from(from).ok()?, u32::try_from(to).ok()?),
    ))
}

/// The difference between the submitted and the protected text.
pub(super) fn diff(origin: &str, submitted: &str, protected: &str) -> String {
    let diff = similar::TextDiff::from_lines(submitted, protected);
    diff.unified_diff()
        .context_radius(3)
        .header(origin, "protected")
        .to_string()
}
