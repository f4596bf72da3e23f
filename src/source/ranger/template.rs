//! SQL of a policy with `${{…}}` in it (RANGER.md §2.13).
//!
//! In: the text of a filter, a mask or a mask's condition; then facts. Out: SQL in which every value is a literal (ATTACKS E2), or why not.
//! [`Template::as_ranger`] puts values in as bare text, as Ranger does: for comparison with it only.
//! Stays out: whether the text is SQL that this product understands; that is asked when the rule becomes a native one.

use super::expression::{Expression, Joined, Value};
use super::facts::Facts;
use super::level;
use crate::syntax::quote_literal;

/// A text with expressions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Template {
    written: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Expression {
        expression: Expression,
        written: String,
        place: Place,
    },
    /// What is between the brackets is not understood.
    Unknown(String),
}

/// Where in SQL an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Inside `'…'`.
    Literal,
    /// The whole of `IN ( … )`.
    InList,
    /// Somewhere between other words.
    Bare,
    /// In a comment or a quoted name: nothing may stand there.
    Nowhere,
}

/// Why a text has no SQL for this request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    /// No such attribute, and no value in its place.
    #[error("`{0}` has no value here")]
    Missing(String),
    /// The little language does not have it.
    #[error("`{0}` is not understood")]
    NotUnderstood(String),
    /// A list outside of `IN ( … )`, or a value in a comment or name.
    #[error("`{0}` cannot stand where it stands")]
    Misplaced(String),
}

impl Template {
    pub fn parse(written: &str) -> Self {
        if written.is_empty() {
            return Self {
                written: String::new(),
                pieces: Vec::new(),
            };
        }
        let mut pieces = Vec::new();
        let mut reader = Reader::default();
        let mut rest = written;
        while let Some((before, expression, after)) = level::expression(rest) {
            reader.read(before);
            pieces.push(Piece::Text(before.to_owned()));
            let place = reader.place(before, after);
            pieces.push(match Expression::parse(expression) {
                Ok(read) => Piece::Expression {
                    expression: read,
                    written: expression.to_owned(),
                    place,
                },
                Err(_) => Piece::Unknown(expression.to_owned()),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Self {
            written: written.to_owned(),
            pieces,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.written.trim().is_empty()
    }

    /// What is not understood in it.
    pub fn unknown(&self) -> Option<&str> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Unknown(written) => Some(written.as_str()),
            Piece::Text(_) | Piece::Expression { .. } => None,
        })
    }

    /// The words before an opening bracket: among them are the last parts of the names of all functions that are called.
    pub fn calls(&self) -> impl Iterator<Item = String> + use<'_> {
        let before = self
            .written
            .match_indices('(')
            .map(|(at, _)| self.written.get(..at).unwrap_or_default());
        before.filter_map(|text| {
            let word = text.trim_end().trim_end_matches('`');
            let word = word
                .rsplit(|c: char| !(c == '_' || c == '$' || c.is_alphanumeric()))
                .next()?;
            (!word.is_empty()).then(|| word.to_owned())
        })
    }

    /// The SQL for one request.
    pub fn sql(&self, facts: &Facts<'_>) -> Result<String, Unfilled> {
        let mut sql = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => sql.push_str(text),
                Piece::Unknown(written) => return Err(Unfilled::NotUnderstood(written.clone())),
                Piece::Expression {
                    expression,
                    written,
                    place,
                } => {
                    sql.push_str(&filled(expression, written, *place, facts)?);
                }
            }
        }
        Ok(sql)
    }

    /// What Ranger makes of it: values as bare text, nothing for what is missing.
    pub fn as_ranger(&self, facts: &Facts<'_>) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Unknown(_) => String::new(),
            Piece::Expression { expression, .. } => expression.text(facts).unwrap_or_default(),
        });
        pieces.collect()
    }
}

fn filled(
    expression: &Expression,
    written: &str,
    place: Place,
    facts: &Facts<'_>,
) -> Result<String, Unfilled> {
    let misplaced = || Unfilled::Misplaced(written.to_owned());
    let missing = || Unfilled::Missing(written.to_owned());
    let value = expression.value(facts);
    if value == Value::Missing {
        return Err(missing());
    }
    match (place, value) {
        (Place::Nowhere, _) => Err(misplaced()),
        (Place::Literal, Value::Text(text)) => Ok(text.replace('\'', "''")),
        (Place::Literal, Value::Number(number)) => Ok(number.to_string()),
        (Place::Literal, Value::Boolean(truth)) => Ok(truth.to_string()),
        (Place::InList | Place::Bare, Value::Text(text)) => Ok(literal(&text)),
        (Place::InList | Place::Bare, Value::Number(number)) => Ok(bare(&number.to_string())),
        (Place::InList | Place::Bare, Value::Boolean(truth)) => {
            Ok(if truth { "TRUE" } else { "FALSE" }.to_owned())
        }
        (Place::InList, Value::List(values, joined)) => list(values, &joined)
            .ok_or_else(misplaced)?
            .ok_or_else(missing),
        // One value is no list, whatever the macro is called.
        (Place::Literal | Place::Bare, Value::List(values, joined)) => {
            match listed(values, &joined).as_deref() {
                Some([]) => Err(missing()),
                Some([one]) if place == Place::Literal && joined.quotes.is_none() => {
                    Ok(one.replace('\'', "''"))
                }
                Some([one]) if place == Place::Bare => Ok(typed(one, &joined)),
                Some(_) | None => Err(misplaced()),
            }
        }
        (_, Value::Missing) => Err(missing()),
    }
}

/// The values, or what stands in place of none; `None` where Ranger's text would be no list of literals.
fn listed(values: Vec<String>, joined: &Joined) -> Option<Vec<String>> {
    if !joined.is_sql() {
        return None;
    }
    Some(if values.is_empty() {
        joined.otherwise.clone().into_iter().collect()
    } else {
        values
    })
}

fn list(values: Vec<String>, joined: &Joined) -> Option<Option<String>> {
    let values = listed(values, joined)?;
    let literals: Vec<_> = values.iter().map(|value| typed(value, joined)).collect();
    Some((!literals.is_empty()).then(|| literals.join(", ")))
}

/// Quoted where the macro quotes.
fn typed(value: &str, joined: &Joined) -> String {
    if joined.quotes.is_some() {
        quote_literal(value)
    } else {
        literal(value)
    }
}

/// A number where the value reads as one that is written the usual way, else text: `007` is text.
fn literal(value: &str) -> String {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let plain = number(whole) && number(fraction) && (whole == "0" || !whole.starts_with('0'));
    if plain && digits.len() <= 18 {
        bare(value)
    } else {
        quote_literal(value)
    }
}

/// In brackets when negative: after a minus sign it would begin a comment.
fn bare(number: &str) -> String {
    if number.starts_with('-') {
        format!("({number})")
    } else {
        number.to_owned()
    }
}

/// Where the text read so far ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Reader {
    #[default]
    Words,
    /// Inside this quote.
    Quoted(char),
    LineComment,
    BlockComment,
}

impl Reader {
    fn read(&mut self, text: &str) {
        let mut before = '\0';
        for c in text.chars() {
            *self = match (*self, before, c) {
                (Self::Words, _, '\'' | '"' | '`') => Self::Quoted(c),
                (Self::Words, '-', '-') => Self::LineComment,
                (Self::Words, '/', '/') => Self::LineComment,
                (Self::Words, '/', '*') => Self::BlockComment,
                (Self::LineComment, _, '\n') | (Self::BlockComment, '*', '/') => Self::Words,
                (Self::Quoted(quote), _, c) if c == quote => Self::Words,
                (state, _, _) => state,
            };
            before = c;
        }
    }

    fn place(self, before: &str, after: &str) -> Place {
        match self {
            Self::Quoted('\'') => Place::Literal,
            Self::Quoted(_) | Self::LineComment | Self::BlockComment => Place::Nowhere,
            Self::Words if opens_in(before) && after.trim_start().starts_with(')') => Place::InList,
            Self::Words => Place::Bare,
        }
    }
}

/// Whether a text ends with `IN (`.
fn opens_in(text: &str) -> bool {
    let Some(words) = text.trim_end().strip_suffix('(') else {
        return false;
    };
    let word = words
        .trim_end()
        .rsplit(|c: char| !(c == '_' || c.is_alphanumeric()))
        .next();
    word.is_some_and(|word| word.eq_ignore_ascii_case("in"))
}
