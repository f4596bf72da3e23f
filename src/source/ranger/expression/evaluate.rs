//! What an expression is worth.
//!
//! Comparisons are JavaScript's for the values that there are: text with text, numbers as numbers, text that meets a number as one. A value that
//! is missing makes the answer unknown; with [`Mode::LikeRanger`] it is JavaScript's `undefined`.

use std::cmp::Ordering;

use super::{Attribute, Comparison, Node, Test, Value};
use crate::source::ranger::facts::Facts;
use crate::source::ranger::options::Mode;

impl Node {
    pub(super) fn truth(&self, facts: &Facts<'_>) -> Option<bool> {
        match self {
            Self::Not(inner) => inner.truth(facts).map(|truth| !truth),
            Self::And(left, right) => match (left.truth(facts), right.truth(facts)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                (None, _) | (_, None) => None,
            },
            Self::Or(left, right) => match (left.truth(facts), right.truth(facts)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                (None, _) | (_, None) => None,
            },
            Self::Compare(comparison, left, right) => compare(
                *comparison,
                &left.value(facts),
                &right.value(facts),
                facts.mode,
            ),
            Self::Includes(list, item) => match item.value(facts) {
                Value::Text(item) => Some(list.values(facts).contains(&item)),
                _ => unknown(facts.mode),
            },
            Self::Test(test) => test.answer(facts),
            Self::Value(_) | Self::Attribute(_) | Self::List(_) => match self.value(facts) {
                Value::Boolean(truth) => Some(truth),
                Value::Text(text) => Some(!text.is_empty()),
                Value::Number(number) => Some(number != 0.0),
                Value::List(..) => Some(true),
                Value::Missing => unknown(facts.mode),
            },
        }
    }

    pub(super) fn value(&self, facts: &Facts<'_>) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Attribute(attribute) => attribute
                .find(facts)
                .map_or(Value::Missing, |text| Value::Text(text.to_owned())),
            Self::List(list) => Value::List(list.values(facts), list.joined.clone()),
            Self::Not(_)
            | Self::And(..)
            | Self::Or(..)
            | Self::Compare(..)
            | Self::Includes(..)
            | Self::Test(_) => self.truth(facts).map_or(Value::Missing, Value::Boolean),
        }
    }
}

/// What a missing value means.
fn unknown(mode: Mode) -> Option<bool> {
    match mode {
        Mode::Closed => None,
        Mode::LikeRanger => Some(false),
    }
}

impl Attribute {
    fn find<'a>(&self, facts: &Facts<'a>) -> Option<&'a str> {
        match self {
            Self::User(name) => facts.user_attribute(name),
            Self::Group(group, name) => facts.group_attribute(group, name),
            Self::AnyGroup(name) => facts
                .groups
                .iter()
                .find_map(|group| facts.group_attribute(group, name)),
            Self::Tag(name) if name == "_type" => facts.tag.map(|tag| tag.kind.as_str()),
            Self::Tag(name) => facts.tag?.attributes.get(name).map(String::as_str),
            Self::TagOf(kind, name) => {
                let tag = facts.tags.iter().find(|tag| tag.kind == *kind)?;
                tag.attributes.get(name).map(String::as_str)
            }
            Self::AccessType => Some(facts.access_type),
            Self::Level(name) => facts.resource.named(name),
            Self::Owner => facts.resource.owner.as_deref(),
        }
    }
}

impl Test {
    fn answer(&self, facts: &Facts<'_>) -> Option<bool> {
        Some(match self {
            Self::HasTag(kind) => facts.tags.iter().any(|tag| tag.kind == *kind),
            Self::HasAnyTag => !facts.tags.is_empty(),
            Self::HasUserAttribute(name) => facts.user_attribute(name).is_some(),
            Self::HasGroupAttribute(name) => facts
                .groups
                .iter()
                .any(|group| facts.group_attribute(group, name).is_some()),
            Self::HasTagAttribute(name) => facts
                .tags
                .iter()
                .any(|tag| tag.attributes.contains_key(name)),
            Self::InGroup(name) => facts.groups.contains(name),
            Self::InRole(name) => facts.roles.contains(name),
            Self::InAnyGroup => !facts.groups.is_empty(),
            Self::InAnyRole => !facts.roles.is_empty(),
            Self::AccessedAfter(name) => {
                tag_time(name, facts).is_none_or(|expiry| facts.at >= expiry)
            }
            Self::AccessedBefore(name) => {
                tag_time(name, facts).is_some_and(|expiry| facts.at <= expiry)
            }
            Self::Within(from, until) => {
                let instant = |civil: &Option<super::time::Civil>| {
                    civil.as_ref().map(|civil| civil.instant(facts.zone))
                };
                match (instant(from), instant(until)) {
                    (Some(from), None) => facts.at > from?,
                    (None, Some(until)) => facts.at < until?,
                    (Some(from), Some(until)) => facts.at >= from? && facts.at < until?,
                    (None, None) => return None,
                }
            }
        })
    }
}

fn tag_time(name: &str, facts: &Facts<'_>) -> Option<jiff::Timestamp> {
    super::tag_time(facts.tag?.attributes.get(name)?)
}

fn compare(comparison: Comparison, left: &Value, right: &Value, mode: Mode) -> Option<bool> {
    let (left, right) = (&single(left), &single(right));
    let order = match (left, right) {
        (Value::Missing, Value::Missing) if mode == Mode::LikeRanger => Some(Ordering::Equal),
        (Value::Missing, _) | (_, Value::Missing) => match mode {
            Mode::Closed => return None,
            Mode::LikeRanger => None,
        },
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::List(..), _) | (_, Value::List(..)) => None,
        (
            Value::Text(_) | Value::Number(_) | Value::Boolean(_),
            Value::Text(_) | Value::Number(_) | Value::Boolean(_),
        ) => number(left).partial_cmp(&number(right)),
    };
    Some(match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    })
}

/// A list is compared as the text that it is written as.
fn single(value: &Value) -> Value {
    match value {
        Value::List(values, joined) => joined.text(values).map_or(Value::Missing, Value::Text),
        Value::Text(_) | Value::Number(_) | Value::Boolean(_) | Value::Missing => value.clone(),
    }
}

/// As JavaScript's `Number(…)` reads it; text that is no number compares with none.
fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => *number,
        Value::Boolean(truth) => f64::from(u8::from(*truth)),
        Value::Text(text) if text.trim().is_empty() => 0.0,
        Value::Text(text) => {
            let plain = text
                .trim()
                .chars()
                .all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
            if plain {
                text.trim().parse().unwrap_or(f64::NAN)
            } else {
                f64::NAN
            }
        }
        Value::List(..) | Value::Missing => f64::NAN,
    }
}

/// A value as Ranger puts it into a text.
pub(super) fn text(value: &Value, mode: Mode) -> Option<String> {
    let found = match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::List(values, joined) => joined.text(values),
        Value::Missing => None,
    };
    match mode {
        Mode::Closed => found,
        Mode::LikeRanger => Some(found.unwrap_or_default()),
    }
}
