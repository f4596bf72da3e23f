//! Reads the little language: `||`, `&&`, `!`, comparisons, brackets, literals, the listed names and calls, and around it `if (…) ctx.result = true;`.

use super::lexer::{Token, tokens};
use super::list::{Joined, List, Of};
use super::time::Civil;
use super::{Attribute, Comparison, Node, Test, Value};

/// Deeper brackets are refused.
const DEEPEST: usize = 32;

pub(super) fn parse(text: &str) -> Option<Node> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        depth: 0,
    };
    let node = parser.statement()?;
    while parser.sign(";") {}
    parser.tokens.is_empty().then_some(node)
}

struct Parser<'a> {
    tokens: &'a [Token],
    depth: usize,
}

/// An argument of a call.
enum Argument {
    Text(String),
    Null,
}

impl Parser<'_> {
    /// `E`, `ctx.result = E`, or `if (E) ctx.result = true`.
    fn statement(&mut self) -> Option<Node> {
        if self.word("if") {
            self.expect("(")?;
            let node = self.or()?;
            self.expect(")")?;
            let braces = self.sign("{");
            self.result()?;
            self.word("true").then_some(())?;
            while self.sign(";") {}
            if braces {
                self.expect("}")?;
            }
            return Some(node);
        }
        let before = self.tokens;
        if self.result().is_none() {
            self.tokens = before;
        }
        self.or()
    }

    /// `ctx.result =`.
    fn result(&mut self) -> Option<()> {
        self.word("ctx").then_some(())?;
        self.expect(".")?;
        self.word("result").then_some(())?;
        self.expect("=")
    }

    fn or(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut left = self.and()?;
        while self.sign("||") {
            left = Node::Or(Box::new(left), Box::new(self.and()?));
        }
        self.depth -= 1;
        Some(left)
    }

    fn and(&mut self) -> Option<Node> {
        let mut left = self.comparison()?;
        while self.sign("&&") {
            left = Node::And(Box::new(left), Box::new(self.comparison()?));
        }
        Some(left)
    }

    fn comparison(&mut self) -> Option<Node> {
        let left = self.not()?;
        let signs = [
            ("==", Comparison::Equal),
            ("===", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("!==", Comparison::NotEqual),
            ("<", Comparison::Less),
            ("<=", Comparison::LessOrEqual),
            (">", Comparison::Greater),
            (">=", Comparison::GreaterOrEqual),
        ];
        for (sign, comparison) in signs {
            if self.sign(sign) {
                let right = self.not()?;
                return Some(Node::Compare(comparison, Box::new(left), Box::new(right)));
            }
        }
        Some(left)
    }

    fn not(&mut self) -> Option<Node> {
        let mut negated = false;
        while self.sign("!") {
            negated = !negated;
        }
        let node = self.primary()?;
        Some(if negated {
            Node::Not(Box::new(node))
        } else {
            node
        })
    }

    fn primary(&mut self) -> Option<Node> {
        if self.sign("(") {
            let node = self.or()?;
            self.expect(")")?;
            return Some(node);
        }
        if self.sign("-") {
            let Some((Token::Number(number), rest)) = self.tokens.split_first() else {
                return None;
            };
            self.tokens = rest;
            return Some(Node::Value(Value::Number(-number)));
        }
        let (token, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        match token {
            Token::Text(text) => Some(Node::Value(Value::Text(text.clone()))),
            Token::Number(number) => Some(Node::Value(Value::Number(*number))),
            Token::Word(word) => match word.as_str() {
                "true" => Some(Node::Value(Value::Boolean(true))),
                "false" => Some(Node::Value(Value::Boolean(false))),
                word => self.named(word),
            },
            Token::Sign(_) => None,
        }
    }

    fn named(&mut self, word: &str) -> Option<Node> {
        let attribute = match word {
            "USER" => Attribute::User(self.member()?),
            "UG" => Attribute::Group(self.member()?, self.member()?),
            "UGA" => {
                (self.member()? == "sVal").then_some(())?;
                Attribute::AnyGroup(self.member()?)
            }
            "TAG" | "tag" => Attribute::Tag(self.member()?),
            "TAGS" => Attribute::TagOf(self.member()?, self.member()?),
            "tagAttr" => self.tag_attribute()?,
            "REQ" => match self.member()?.as_str() {
                "accessType" => Attribute::AccessType,
                "user" => Attribute::User("_name".to_owned()),
                _ => return None,
            },
            "RES" => match self.member()? {
                name if name == "_ownerUser" => Attribute::Owner,
                name => Attribute::Level(name),
            },
            "UGNAMES" => return self.names(Of::Groups),
            "URNAMES" => return self.names(Of::Roles),
            "TAGNAMES" => return self.names(Of::Tags),
            "ctx" => return self.context(),
            _ => return self.macro_call(word),
        };
        Some(Node::Attribute(attribute))
    }

    /// `tagAttr.get('score')` or `tagAttr.score`.
    fn tag_attribute(&mut self) -> Option<Attribute> {
        let name = self.member()?;
        if name != "get" || !self.sign("(") {
            return Some(Attribute::Tag(name));
        }
        let name = self.text()?;
        self.expect(")")?;
        Some(Attribute::Tag(name))
    }

    /// The names themselves, or whether one is among them.
    fn names(&mut self, of: Of) -> Option<Node> {
        let list = List {
            of,
            joined: Joined::plain(false),
        };
        if !self.sign(".") {
            return Some(Node::List(list));
        }
        self.word("includes").then_some(())?;
        self.expect("(")?;
        let item = self.or()?;
        self.expect(")")?;
        Some(Node::Includes(list, Box::new(item)))
    }

    fn context(&mut self) -> Option<Node> {
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

    fn macro_call(&mut self, word: &str) -> Option<Node> {
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

    /// `.name` or `['name']`.
    fn member(&mut self) -> Option<String> {
        if self.sign("[") {
            let text = self.text()?;
            self.expect("]")?;
            return Some(text);
        }
        self.expect(".")?;
        let (token, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        match token {
            Token::Word(word) => Some(word.clone()),
            Token::Text(_) | Token::Number(_) | Token::Sign(_) => None,
        }
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

    fn text(&mut self) -> Option<String> {
        let (token, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        match token {
            Token::Text(text) => Some(text.clone()),
            Token::Word(_) | Token::Number(_) | Token::Sign(_) => None,
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(found)) if found == word);
        if found {
            self.tokens = self.tokens.get(1..).unwrap_or_default();
        }
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Sign(found)) if *found == sign);
        if found {
            self.tokens = self.tokens.get(1..).unwrap_or_default();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Option<()> {
        self.sign(sign).then_some(())
    }
}

fn not(test: Test) -> Node {
    Node::Not(Box::new(Node::Test(test)))
}
