//! Messages as people read them: one line with the code, the place, and the line of text with the place underlined.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::check::Denial;
use crate::policy::{Finding, Severity};
use crate::syntax::{Position, Span};

/// A longer line is cut before it is handed to the renderer, which takes half a second for ten megabytes.
const WHOLE_LINE: usize = 10_000;
/// So many bytes of such a line are shown before a place, and as many after it.
const SHOWN: usize = 60;

/// One thing that is wrong.
#[derive(Debug)]
pub(super) struct Message {
    severity: Severity,
    code: String,
    text: String,
    pub place: Option<Place>,
}

/// Where it is wrong.
#[derive(Debug)]
pub(super) struct Place {
    origin: String,
    position: Position,
    shown: Option<Shown>,
}

/// A line or the part of it around a place, and the bytes of it that are underlined.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    line: String,
    at: Range<usize>,
    cut: bool,
}

impl Message {
    pub fn error(code: &str, text: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            text: text.into(),
            place: None,
        }
    }

    /// Something that is not wrong, and that somebody must know.
    pub fn note(code: &str, text: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(code, text)
        }
    }

    /// The line, without code and place.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A refusal, and its place in the submitted text.
    pub fn denial(denial: &Denial, origin: &str, source: &str) -> Self {
        let position = Position {
            line: denial.line,
            column: denial.column,
        };
        let place = Place {
            origin: origin.to_owned(),
            position,
            shown: shown(source, denial.span),
        };
        Self {
            place: Some(place),
            ..Self::error(denial.code.as_str(), denial.message.as_str())
        }
    }

    /// A finding, and its place in the policy document.
    pub fn finding(finding: &Finding, origin: &str, source: &str) -> Self {
        let text = match &finding.rule {
            Some(rule) => format!("rule `{rule}`: {}", finding.message),
            None => finding.message.clone(),
        };
        let place = Place::new(
            origin,
            Position {
                line: finding.line,
                column: finding.column,
            },
            source,
        );
        Self {
            severity: finding.severity,
            place: Some(place),
            ..Self::error(finding.code, text)
        }
    }

    /// The message with a line end after it.
    pub fn render(&self, colour: bool) -> String {
        // What a library says of an error may run over several lines.
        let text = self
            .text
            .split(['\n', '\r'])
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(": ");
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level.primary_title(text).id(self.code.as_str());
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let Some(place) = &self.place else {
            return format!(
                "{}\n",
                renderer.render(&[title.elements(Vec::<Origin<'_>>::new())])
            );
        };
        let (line, column) = (place.position.line as usize, place.position.column as usize);
        let at_origin = Origin::path(place.origin.as_str())
            .line(line)
            .char_column(column);
        let Some(shown) = &place.shown else {
            return format!("{}\n", renderer.render(&[title.element(at_origin)]));
        };
        let underlined = AnnotationKind::Primary.span(shown.at.clone());
        let snippet = Snippet::source(shown.line.as_str())
            .line_start(line)
            .annotation(underlined);
        if shown.cut {
            // The column counts from the start of the line, so the renderer cannot work it out.
            let text = Group::with_level(Level::NOTE).element(snippet);
            return format!(
                "{}\n{}\n",
                renderer.render(&[title.element(at_origin)]),
                renderer.render(&[text])
            );
        }
        format!(
            "{}\n",
            renderer.render(&[title.element(snippet.path(place.origin.as_str()))])
        )
    }
}

impl Place {
    /// A place of which only the position is known: its word is underlined.
    pub fn new(origin: &str, position: Position, source: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            position,
            shown: offset(source, position).and_then(|at| shown(source, word(source, at))),
        }
    }

    /// A place in a text that cannot be shown.
    pub fn bare(origin: &str, position: Position) -> Self {
        Self {
            origin: origin.to_owned(),
            position,
            shown: None,
        }
    }
}

/// The byte of a position: [`Position::of`] backwards.
fn offset(source: &str, position: Position) -> Option<usize> {
    let (mut line, mut start, mut after_cr) = (1, 0, false);
    for (index, byte) in source.bytes().enumerate() {
        if line == position.line && !(after_cr && byte == b'\n') {
            break;
        }
        match byte {
            b'\n' if after_cr => start = index + 1,
            b'\n' | b'\r' => (line, start) = (line + 1, index + 1),
            _ => {}
        }
        after_cr = byte == b'\r';
    }
    let rest = source.get(start..).filter(|_| line == position.line)?;
    let column = (position.column as usize).saturating_sub(1);
    let within = rest
        .char_indices()
        .map(|(i, _)| i)
        .chain([rest.len()])
        .nth(column)?;
    Some(start + within)
}

/// From a byte to the end of its word.
fn word(source: &str, start: usize) -> Span {
    let rest = source.get(start..).unwrap_or_default();
    let stops = |c: char| c.is_whitespace() || ",:;{}[]()\"'".contains(c);
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let length = rest.find(stops).unwrap_or(rest.len()).max(first);
    let end = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(end(start), end(start + length))
}

/// The line that holds the first byte of `span`, with the part of the span that lies in it. A long line is cut on both sides.
fn shown(source: &str, span: Span) -> Option<Shown> {
    let at = span.start as usize;
    let (before, after) = (source.get(..at)?, source.get(at..)?);
    let line_start = before.rfind(['\n', '\r']).map_or(0, |i| i + 1);
    let line_end = after.find(['\n', '\r']).map_or(source.len(), |i| at + i);
    let end = (span.end as usize).clamp(at, line_end);
    let border = |mut at: usize| {
        while !source.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let cut = line_end - line_start > WHOLE_LINE;
    let (from, to) = match cut {
        true => (
            border(at.saturating_sub(SHOWN).max(line_start)),
            border((at + SHOWN).min(line_end)),
        ),
        false => (line_start, line_end),
    };
    let (cut_before, cut_after) = (
        if from > line_start { "..." } else { "" },
        if to < line_end { "..." } else { "" },
    );
    let line = format!("{cut_before}{}{cut_after}", source.get(from..to)?);
    let shift = |byte: usize| byte.clamp(from, to) - from + cut_before.len();
    Some(Shown {
        at: shift(at)..shift(end),
        line,
        cut,
    })
}

/// The difference between the submitted and the protected text, as `diff -u` prints it.
pub(super) fn diff(origin: &str, submitted: &str, protected: &str, colour: bool) -> String {
    // Long scripts that differ everywhere would take minutes for the shortest answer; any right one will do.
    let diff = similar::TextDiff::configure()
        .timeout(std::time::Duration::from_secs(2))
        .diff_lines(submitted, protected);
    let plain = diff
        .unified_diff()
        .context_radius(3)
        .header(&printable(origin), "protected")
        .to_string();
    if !colour {
        return plain;
    }
    let paint = |line: &str| match line.as_bytes().first() {
        Some(b'-') => format!("\x1b[31m{line}\x1b[0m\n"),
        Some(b'+') => format!("\x1b[32m{line}\x1b[0m\n"),
        _ => format!("{line}\n"),
    };
    plain.lines().map(paint).collect()
}

/// A name for a terminal: control characters, which could move the cursor or recolour what stands before, are written out.
pub(super) fn printable(name: &str) -> String {
    let unsafe_ =
        |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    name.chars()
        .map(|c| {
            if unsafe_(c) {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_character_is_underlined_in_its_full_width() {
        let source = "SELECT 1;\nSELECT 姓名, 年龄 FROM t";
        let start = source.find("年龄").unwrap();
        let message = Message {
            place: Some(Place {
                origin: "a.sql".into(),
                position: Position {
                    line: 2,
                    column: 12,
                },
                shown: shown(source, Span::new(start as u32, (start + 6) as u32)),
            }),
            ..Message::error("column-unknown", "no such column")
        };
        let expected = "\
error[column-unknown]: no such column
 --> a.sql:2:12
  |
2 | SELECT 姓名, 年龄 FROM t
  |              ^^^^
";
        assert_eq!(message.render(false), expected);
    }

    #[test]
    fn a_long_line_is_cut_on_character_borders_and_its_column_is_that_of_the_file() {
        let source = format!("{}x{}", "表".repeat(5000), "名".repeat(5000));
        let shown = shown(&source, Span::new(15000, 15001)).unwrap();
        assert!(
            shown.line.len() <= 2 * SHOWN + 6 + 3,
            "{}",
            shown.line.len()
        );
        assert_eq!(shown.line.get(shown.at.clone()), Some("x"));
        let place = Place {
            origin: "a.sql".into(),
            position: Position {
                line: 3,
                column: 5001,
            },
            shown: Some(shown),
        };
        let text = Message {
            place: Some(place),
            ..Message::error("c", "m")
        }
        .render(false);
        assert!(
            text.starts_with("error[c]: m\n--> a.sql:3:5001\n  |\n3 | ..."),
            "{text}"
        );
    }

    #[test]
    fn a_span_over_several_lines_is_underlined_to_the_end_of_its_first() {
        assert_eq!(
            shown("a (b\nc)", Span::new(2, 7)),
            Some(Shown {
                line: "a (b".into(),
                at: 2..4,
                cut: false
            })
        );
        assert_eq!(
            shown("a\r\n", Span::new(3, 3)),
            Some(Shown {
                line: String::new(),
                at: 0..0,
                cut: false
            })
        );
        assert_eq!(shown("a", Span::new(9, 9)), None);
    }

    #[test]
    fn offset_is_position_backwards() {
        let text = "a\r\n表b\rc\nd";
        for (at, _) in text.char_indices().filter(|(_, c)| *c != '\n') {
            assert_eq!(
                offset(text, Position::of(text, at as u32)),
                Some(at),
                "byte {at}"
            );
        }
        assert_eq!(offset(text, Position { line: 9, column: 1 }), None);
    }

    #[test]
    fn what_would_drive_a_terminal_is_written_out() {
        assert_eq!(printable("a\x1b[2Jb\u{202E}c"), "a\\u{1b}[2Jb\\u{202e}c");
        let message = Message::error("x", "a\x1b[2Jb\nc").render(false);
        assert!(!message.contains('\x1b'), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
