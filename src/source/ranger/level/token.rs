//! A value of a policy in pieces: text, `{tokens}`, `${{expressions}}` (RANGER.md §2.4, §2.13).
//!
//! Wildcards are looked for in the policy's own text only. What a token or an expression stands for is compared as it is: a user called `*` is
//! not everybody.

use super::glob::{self, Atom};
use super::options::{Delimiters, Options};
use crate::source::ranger::expression::Expression;
use crate::source::ranger::facts::Facts;
use crate::source::ranger::text::fold;

/// A piece of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// The policy's own text, with wildcards where the level has them.
    Text(String),
    /// A token, and what stands for it where nobody knows it.
    Token { name: String, raw: String },
    /// `${{…}}`.
    Expression(Expression),
    /// `${{…}}` that is not understood.
    Unknown,
}

/// Whether there is nothing to take apart.
pub(super) fn is_plain(value: &str, options: &Options) -> bool {
    let token = |delimiters: &Delimiters| value.contains([delimiters.start, delimiters.escape]);
    let expression = options.expressions && value.contains("${{");
    let token = options.tokens.as_ref().is_some_and(token);
    !expression && !token
}

/// Whether a value has a token or an expression, or the sign that makes text of one.
pub(super) fn is_moving(value: &str, options: &Options) -> bool {
    let token = |delimiters: &Delimiters| {
        value.contains(delimiters.escape)
            || (value.contains(delimiters.start) && value.contains(delimiters.end))
    };
    (options.expressions && value.contains("${{")) || options.tokens.as_ref().is_some_and(token)
}

/// Where the first sign is at which Ranger stops to take a value for text, wildcards aside.
pub(super) fn special(value: &str, options: &Options) -> Option<usize> {
    let token = options.tokens.as_ref();
    let token = token.and_then(|d: &Delimiters| value.find([d.start, d.end, d.escape]));
    let expression = options.expressions.then(|| value.find('$')).flatten();
    token.into_iter().chain(expression).min()
}

/// Takes a value apart.
pub(super) fn pieces(value: &str, options: &Options) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = value;
    let next = |rest| options.expressions.then(|| expression(rest)).flatten();
    while let Some((before, expression, after)) = next(rest) {
        tokens(before, options.tokens.as_ref(), &mut pieces);
        pieces.push(match Expression::parse(expression) {
            Ok(expression) => Piece::Expression(expression),
            Err(_) => Piece::Unknown,
        });
        rest = after;
    }
    tokens(rest, options.tokens.as_ref(), &mut pieces);
    pieces
}

/// `before ${{expression}} after`.
pub(in crate::source::ranger) fn expression(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${{")?;
    let (expression, after) = rest.split_once("}}")?;
    Some((before, expression, after))
}

fn tokens(text: &str, delimiters: Option<&Delimiters>, into: &mut Vec<Piece>) {
    let own = |text: String, into: &mut Vec<Piece>| {
        if !text.is_empty() {
            into.push(Piece::Text(text));
        }
    };
    let delimiters = delimiters
        .filter(|d| text.contains(d.escape) || (text.contains(d.start) && text.contains(d.end)));
    let Some(delimiters) = delimiters else {
        return own(text.to_owned(), into);
    };
    let mut plain = String::new();
    let mut token: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == delimiters.escape {
            let closing = if token.is_some() {
                delimiters.end
            } else {
                delimiters.start
            };
            let target = token.as_mut().unwrap_or(&mut plain);
            let next = chars.next();
            if next.is_none_or(|next| next != delimiters.escape && next != closing) {
                target.push(delimiters.escape);
            }
            target.extend(next);
        } else if let Some(name) = token.as_mut() {
            if c != delimiters.end {
                name.push(c);
                continue;
            }
            let raw = format!("{}{name}{}", delimiters.start, delimiters.end);
            match name.strip_prefix(&delimiters.prefix) {
                Some(name) => {
                    own(std::mem::take(&mut plain), into);
                    into.push(Piece::Token {
                        name: name.to_owned(),
                        raw,
                    });
                }
                None => plain.push_str(&raw),
            }
            token = None;
        } else if c == delimiters.start {
            token = Some(String::new());
        } else {
            plain.push(c);
        }
    }
    if let Some(open) = token {
        plain.push(delimiters.start);
        plain.push_str(&open);
    }
    own(plain, into);
}

/// The atoms of pieces that need nothing from a request.
pub(super) fn fixed(pieces: &[Piece], wildcards: bool, sensitive: bool) -> Option<Vec<Atom>> {
    let mut atoms = Vec::new();
    for piece in pieces {
        let Piece::Text(text) = piece else {
            return None;
        };
        push(text, wildcards, sensitive, &mut atoms);
    }
    Some(atoms)
}

/// The atoms for one request; `None` where an expression has no value or is not understood.
pub(super) fn expand(
    pieces: &[Piece],
    wildcards: bool,
    sensitive: bool,
    facts: &Facts<'_>,
) -> Option<Vec<Atom>> {
    let mut atoms = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => push(text, wildcards, sensitive, &mut atoms),
            Piece::Token { name, raw } => match facts.token(name) {
                Some(value) => push(value, false, sensitive, &mut atoms),
                None => push(raw, wildcards, sensitive, &mut atoms),
            },
            Piece::Expression(expression) => {
                push(&expression.text(facts)?, false, sensitive, &mut atoms);
            }
            Piece::Unknown => return None,
        }
    }
    Some(atoms)
}

fn push(text: &str, wildcards: bool, sensitive: bool, into: &mut Vec<Atom>) {
    if sensitive {
        glob::atoms(text, wildcards, into);
    } else {
        glob::atoms(&fold(text), wildcards, into);
    }
}
