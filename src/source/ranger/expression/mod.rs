//! The closed little language in place of JavaScript (RANGER.md §2.13): what it can say is what stands here, and the rest is refused when the
//! document is loaded.
//!
//! In: text of a condition or of `${{…}}`; then facts. Out: yes, no, [`None`] for "cannot be known"; or a value. Stays out: SQL, and what an
//! unknown answer means.
//! Invariant: no loops, no definitions, no calls but those listed; time is bounded by the text's length.

mod calls;
mod evaluate;
mod lexer;
mod list;
mod parser;
mod time;

#[cfg(test)]
mod tests;

pub(super) use list::Joined;
pub(super) use time::tag_time;

use super::facts::Facts;

/// An expression that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression(Node);

/// What an expression is worth.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    Boolean(bool),
    /// Several values, and how Ranger writes them as text.
    List(Vec<String>, Joined),
    /// Nothing is known by that name.
    Missing,
}

/// Why a text is no expression of the little language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not written in the language of conditions that is understood")]
pub(super) struct NotUnderstood;

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Value(Value),
    Attribute(Attribute),
    List(list::List),
    Test(Test),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// `UGNAMES.includes('x')`.
    Includes(list::List, Box<Node>),
}

/// A single value that is looked up.
#[derive(Debug, Clone, PartialEq)]
enum Attribute {
    User(String),
    /// Of this group of the user's.
    Group(String, String),
    /// Of the first of the user's groups that has it.
    AnyGroup(String),
    /// Of the tag at hand.
    Tag(String),
    /// Of the tag of this type.
    TagOf(String, String),
    AccessType,
    Level(String),
    Owner,
}

/// A question with an answer of its own.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    HasTag(String),
    HasAnyTag,
    HasUserAttribute(String),
    HasGroupAttribute(String),
    HasTagAttribute(String),
    InGroup(String),
    InRole(String),
    InAnyGroup,
    InAnyRole,
    /// Since the time in this attribute of the tag; equal counts; unreadable is yes.
    AccessedAfter(String),
    /// Until that time; equal counts; unreadable is no.
    AccessedBefore(String),
    /// From a time on (exclusive alone, inclusive with an end), and before another.
    Within(Option<time::Civil>, Option<time::Civil>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Anything that is not of the little language.
    pub fn parse(text: &str) -> Result<Self, NotUnderstood> {
        parser::parse(text).map(Self).ok_or(NotUnderstood)
    }

    /// Whether it holds.
    pub fn holds(&self, facts: &Facts<'_>) -> Option<bool> {
        self.0.truth(facts)
    }

    /// Its value.
    pub fn value(&self, facts: &Facts<'_>) -> Value {
        self.0.value(facts)
    }

    /// Its value as Ranger puts it into a text: `None` where it is missing and Ranger would put nothing there.
    pub fn text(&self, facts: &Facts<'_>) -> Option<String> {
        evaluate::text(&self.value(facts), facts.mode)
    }
}
