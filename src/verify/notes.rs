//! Comments in attested SQL: a line of its own before a statement.
//!
//! In: attested SQL and, for each of its statements, [`Note`]s. Out: attested SQL with them, proved to say the same.
//! Stays out: what a note says.
//! Invariant: a note has no sign that ends a line, a comment, a literal, a name or a statement for any program that we know, and begins no hint and no
//! variable.
//! Invariant: the tokens of the whole script and the text of each of its statements are the same before and after, or there is no SQL.

use super::{RewrittenSql, VerifyError};
use crate::syntax::{FlinkVersion, Limits, Script, Span, TokenKind, tokens};

/// What stands before each note, so that readers and programs know whose it is.
const MARK: &str = "-- sqlsec: ";

/// A line of text that may stand in a comment. Made by [`Note::new`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// `None` for a text with other signs than letters, digits, blanks and `_ . , : ( ) % -`, or with `--`.
    #[must_use]
    pub fn new(text: String) -> Option<Self> {
        let plain = |c: char| c.is_alphanumeric() || " _.,:()%-".contains(c);
        (text.chars().all(plain) && !text.contains("--")).then_some(Self(text))
    }
}

impl RewrittenSql {
    /// The same script with `notes` before its statements, one list each.
    ///
    /// # Errors
    /// The lists are not as many as the statements, or the script would be read otherwise.
    pub(crate) fn with_notes(
        &self,
        notes: &[Vec<Note>],
        version: FlinkVersion,
    ) -> Result<Self, VerifyError> {
        let spans = spans(&self.0, version)?;
        if spans.len() != notes.len() {
            return Err(VerifyError("it has not the statements that were checked"));
        }
        let mut sql = String::with_capacity(self.0.len());
        let mut at = 0;
        for (span, notes) in spans.iter().zip(notes) {
            let before = Span::new(at, span.start).text(&self.0);
            at = span.start;
            sql.push_str(before.trim_end_matches([' ', '\t']));
            let indent = before
                .get(before.trim_end_matches([' ', '\t']).len()..)
                .unwrap_or_default();
            if !(notes.is_empty() || sql.is_empty() || sql.ends_with('\n')) {
                sql.push('\n');
            }
            for note in notes {
                sql.extend([indent, MARK, note.0.as_str(), "\n"]);
            }
            sql.push_str(indent);
        }
        let end = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        sql.push_str(Span::new(at, end).text(&self.0));
        if said(&sql, version)? != said(&self.0, version)? {
            return Err(VerifyError("a comment would change what it says"));
        }
        Ok(Self(sql))
    }
}

/// What was made is not bounded as what is submitted is.
const LIMITS: Limits = Limits {
    script_bytes: usize::MAX,
    operators: usize::MAX,
    nesting: 1_000,
    set_operations: usize::MAX,
};

fn spans(sql: &str, version: FlinkVersion) -> Result<Vec<Span>, VerifyError> {
    let script =
        Script::parse(sql, version, &LIMITS).map_err(|_| VerifyError("it does not parse"))?;
    Ok(script.statements.iter().map(|s| s.span).collect())
}

/// All that a script says: its tokens, and its statements to the letter.
type Said<'s> = (Vec<(TokenKind, &'s str)>, Vec<&'s str>);

fn said(sql: &str, version: FlinkVersion) -> Result<Said<'_>, VerifyError> {
    let list = tokens(sql, version, &LIMITS).map_err(|_| VerifyError("it does not parse"))?;
    let list = list.iter().map(|t| (t.kind, t.span.text(sql))).collect();
    let statements = spans(sql, version)?;
    let texts = statements.iter().map(|span| span.text(sql)).collect();
    Ok((list, texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(sql: &str, notes: &[&[&str]]) -> Result<String, VerifyError> {
        let note = |text: &&str| Note((*text).to_owned());
        let notes: Vec<Vec<Note>> = notes
            .iter()
            .map(|list| list.iter().map(note).collect())
            .collect();
        let attested = RewrittenSql(sql.to_owned());
        let done = attested.with_notes(&notes, FlinkVersion::default())?;
        Ok(done.as_str().to_owned())
    }

    #[test]
    fn a_note_stands_on_a_line_of_its_own() {
        assert_eq!(
            noted("SELECT 1", &[&["a", "b"]]).unwrap(),
            "-- sqlsec: a\n-- sqlsec: b\nSELECT 1"
        );
        assert_eq!(
            noted("SELECT 1;\n  SELECT 2; SELECT 3;", &[&[], &["a"], &["b"]]).unwrap(),
            "SELECT 1;\n  -- sqlsec: a\n  SELECT 2;\n -- sqlsec: b\n SELECT 3;"
        );
        assert_eq!(
            noted("/* x */ SELECT 1 -- y", &[&["a"]]).unwrap(),
            "/* x */\n -- sqlsec: a\n SELECT 1 -- y"
        );
        assert_eq!(noted(" SELECT 1 ;\n", &[&[]]).unwrap(), " SELECT 1 ;\n");
    }

    #[test]
    fn a_carriage_return_behind_a_comment_swallows_no_note() {
        assert_eq!(
            noted("-- x\rSELECT 1", &[&["a"]]).unwrap(),
            "-- x\r\n-- sqlsec: a\nSELECT 1"
        );
    }

    #[test]
    fn a_note_that_would_say_something_is_neither_made_nor_proved() {
        for text in [
            "a\nDROP TABLE t",
            "a\rb",
            "a\u{2028}b",
            "a\u{85}b",
            "a;",
            "it's",
            "a\"b",
            "a`b",
            "*/",
            "/*+ x",
            "+",
            "${user}",
            "a -- b",
            "a\u{202e}b",
            "a\\u000a",
        ] {
            assert!(Note::new(text.to_owned()).is_none(), "{text:?}");
        }
        // Also were such a note made: the script would be another one.
        assert!(noted("SELECT 1", &[&["a\nSELECT 2;"]]).is_err());
        assert!(noted("SELECT 1", &[&["a\nEXPLAIN"]]).is_err());
        assert!(noted("SELECT 1", &[]).is_err());
    }

    #[test]
    fn names_in_any_letters_are_plain() {
        for text in [
            "users.phone masked by user-phone v42 (mask MASK_HASH)",
            "订单.电话 x",
            "%3B",
        ] {
            assert!(Note::new(text.to_owned()).is_some(), "{text:?}");
        }
    }
}
