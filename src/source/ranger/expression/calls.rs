//! The calls of the little language: `ctx.…(…)` and the macros.

use super::lexer::Token;
use super::list::{Joined, List, Of};
use super::parser::Parser;
use super::time::Civil;
use super::{Node, Test};

/// An argument of a call.
enum Argument {
    Text(String),
    Null,
}

impl Parser<'_> {
    pub fn context(&mut self) -> Option<Node> {
        self.expect(".")?;
        let (token, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        let Token::Word(word) = token else {
            return None;
        };
        let mut arguments = self.arguments()?.into_iter();
        let (first, none) = (arguments.next(), arguments.next().is_none());
        let one = match first {
            Some(Argument::Text(text)) if none => Some(text),
            None => None,
            Some(_) => return None,
        };
        let test = match (word.as_str(), one) {
            ("isAccessedAfter", Some(name)) => Test::AccessedAfter(name),
            ("isAccessedBefore", Some(name)) => Test::AccessedBefore(name),
            ("hasTag", Some(name)) => Test::HasTag(name),
            ("hasAnyTag", None) => Test::HasAnyTag,
            ("hasUserAttr", Some(name)) => Test::HasUserAttribute(name),
            ("hasUgAttr", Some(name)) => Test::HasGroupAttribute(name),
            ("hasTagAttr", Some(name)) => Test::HasTagAttribute(name),
            ("isInGroup", Some(name)) => Test::InGroup(name),
            ("isInRole", Some(name)) => Test::InRole(name),
            ("isInAnyGroup", None) => Test::InAnyGroup,
            ("isInAnyRole", None) => Test::InAnyRole,
            _ => return None,
        };
        Some(Node::Test(test))
    }

    pub fn macro_call(&mut self, word: &str) -> Option<Node> {
        let test = match word {
            "HAS_ANY_TAG" => return Some(Node::Test(Test::HasAnyTag)),
            "HAS_NO_TAG" => return Some(not(Test::HasAnyTag)),
            "IS_IN_ANY_GROUP" => return Some(Node::Test(Test::InAnyGroup)),
            "IS_IN_ANY_ROLE" => return Some(Node::Test(Test::InAnyRole)),
            "IS_NOT_IN_ANY_GROUP" => return Some(not(Test::InAnyGroup)),
            "IS_NOT_IN_ANY_ROLE" => return Some(not(Test::InAnyRole)),
            "HAS_TAG" => Test::HasTag(self.one_text()?),
            "HAS_USER_ATTR" => Test::HasUserAttribute(self.one_text()?),
            "HAS_UG_ATTR" => Test::HasGroupAttribute(self.one_text()?),
            "HAS_TAG_ATTR" => Test::HasTagAttribute(self.one_text()?),
            "IS_IN_GROUP" => Test::InGroup(self.one_text()?),
            "IS_IN_ROLE" => Test::InRole(self.one_text()?),
            "IS_ACCESS_TIME_AFTER" => {
                let (time, zone) = self.time_and_zone()?;
                Test::Within(Some(Civil::read(&time, zone.as_deref())?), None)
            }
            "IS_ACCESS_TIME_BEFORE" => {
                let (time, zone) = self.time_and_zone()?;
                Test::Within(None, Some(Civil::read(&time, zone.as_deref())?))
            }
            "IS_ACCESS_TIME_BETWEEN" => self.between()?,
            _ => return self.list_macro(word).map(Node::List),
        };
        Some(Node::Test(test))
    }

    fn time_and_zone(&mut self) -> Option<(String, Option<String>)> {
        let mut texts = self.texts()?.into_iter();
        let found = (texts.next()?, texts.next());
        texts.next().is_none().then_some(found)
    }

    fn between(&mut self) -> Option<Test> {
        let mut texts = self.texts()?.into_iter();
        let (from, until, zone) = (texts.next()?, texts.next()?, texts.next());
        texts.next().is_none().then_some(())?;
        let zone = zone.as_deref();
        Some(Test::Within(
            Some(Civil::read(&from, zone)?),
            Some(Civil::read(&until, zone)?),
        ))
    }

    /// `GET_UG_NAMES_Q(…)`, `UG_NAMES_CSV`, `GET_UG_ATTR_Q_CSV('a')` and their like.
    fn list_macro(&mut self, word: &str) -> Option<List> {
        let (word, csv) = word
            .strip_suffix("_CSV")
            .map_or((word, false), |word| (word, true));
        let (word, quoted) = word
            .strip_suffix("_Q")
            .map_or((word, false), |word| (word, true));
        let (word, called) = word
            .strip_prefix("GET_")
            .map_or((word, false), |word| (word, true));
        let needs_name = matches!(word, "USER_ATTR" | "UG_ATTR" | "TAG_ATTR");
        // `GET_` and brackets go together, and the forms without are all `_CSV`.
        if called != (needs_name || !csv) || (csv && word == "USER_ATTR") {
            return None;
        }
        let mut arguments = if called {
            self.arguments()?.into_iter()
        } else {
            Vec::new().into_iter()
        };
        let mut name = || match arguments.next() {
            Some(Argument::Text(name)) => Some(name),
            Some(Argument::Null) | None => None,
        };
        let of = match word {
            "USER_ATTR" => Of::UserAttribute(name()?),
            "UG_ATTR" => Of::GroupAttribute(name()?),
            "TAG_ATTR" => Of::TagAttribute(name()?),
            "UG_NAMES" => Of::Groups,
            "UR_NAMES" => Of::Roles,
            "TAG_NAMES" => Of::Tags,
            "USER_ATTR_NAMES" => Of::UserAttributeNames,
            "UG_ATTR_NAMES" => Of::GroupAttributeNames,
            "TAG_ATTR_NAMES" => Of::TagAttributeNames,
            _ => return None,
        };
        let mut joined = Joined::plain(quoted);
        let text = |argument| match argument {
            Argument::Text(text) => text,
            Argument::Null => String::new(),
        };
        joined.otherwise = arguments.next().and_then(|argument| match argument {
            Argument::Text(text) => Some(text),
            Argument::Null => None,
        });
        if let Some(separator) = arguments.next() {
            joined.separator = text(separator);
        }
        if let Some(open) = arguments.next().map(text) {
            let close = arguments.next().map_or_else(|| open.clone(), text);
            joined.quotes = joined.quotes.map(|_| (open, close));
        }
        arguments.next().is_none().then_some(List { of, joined })
    }

    fn one_text(&mut self) -> Option<String> {
        let mut texts = self.texts()?.into_iter();
        let text = texts.next()?;
        texts.next().is_none().then_some(text)
    }

    fn texts(&mut self) -> Option<Vec<String>> {
        let arguments = self.arguments()?.into_iter();
        arguments
            .map(|argument| match argument {
                Argument::Text(text) => Some(text),
                Argument::Null => None,
            })
            .collect()
    }

    fn arguments(&mut self) -> Option<Vec<Argument>> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        if self.sign(")") {
            return Some(arguments);
        }
        loop {
            arguments.push(if self.word("null") {
                Argument::Null
            } else {
                Argument::Text(self.text()?)
            });
            if self.sign(")") {
                return Some(arguments);
            }
            self.expect(",")?;
        }
    }
}

fn not(test: Test) -> Node {
    Node::Not(Box::new(Node::Test(test)))
}
