//! Reads the little language: `||`, `&&`, `!`, comparisons, brackets, literals, the listed names, and around it `if (…) ctx.result = true;`.

use super::lexer::{Token, tokens};
use super::list::{Joined, List, Of};
use super::{Attribute, Comparison, Node, Value};

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

pub(super) struct Parser<'a> {
    pub tokens: &'a [Token],
    depth: usize,
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

    /// `.name` or `['name']`.
    pub fn member(&mut self) -> Option<String> {
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

    pub fn text(&mut self) -> Option<String> {
        let (token, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        match token {
            Token::Text(text) => Some(text.clone()),
            Token::Word(_) | Token::Number(_) | Token::Sign(_) => None,
        }
    }

    pub fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(found)) if found == word);
        if found {
            self.tokens = self.tokens.get(1..).unwrap_or_default();
        }
        found
    }

    pub fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Sign(found)) if *found == sign);
        if found {
            self.tokens = self.tokens.get(1..).unwrap_or_default();
        }
        found
    }

    pub fn expect(&mut self, sign: &str) -> Option<()> {
        self.sign(sign).then_some(())
    }
}
