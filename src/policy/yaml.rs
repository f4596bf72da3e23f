//! YAML and JSON text become a tree in which every value knows its line and column.
//!
//! JSON is read as the YAML that it is, so both have positions. What a policy does not need and what hides meaning is refused: anchors and
//! aliases (also a memory bomb), tags, merge keys, directives, several documents, keys that are no strings, a key given twice, deep nesting.
//! Plain scalars keep their text: `users: [007]` is the user `007`, and `no` is a string (YAML 1.2).

use granit_parser::{Event, Marker, Parser, ScalarStyle};

use super::Finding;
use crate::syntax::Position;

/// Open brackets or indented blocks at one place. The model needs six.
const MAX_DEPTH: usize = 32;

/// A value and where it begins.
#[derive(Debug)]
pub(crate) struct Node {
    pub at: Position,
    pub value: Value,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Value {
    /// A scalar without quotes: null, boolean, number or string, as the reader wants it.
    Plain(String),
    /// A string: in quotes, or a block.
    Quoted(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in order of the text. No key is there twice.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Debug)]
pub(crate) struct Key {
    pub at: Position,
    pub text: String,
}

impl Node {
    /// The value of a key, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        entries.iter().find(|(k, _)| k.text == key).map(|(_, v)| v)
    }

    /// Where the value below `path` begins, or else the nearest thing above it.
    pub fn place(&self, path: &[&str]) -> Position {
        let mut node = self;
        for step in path {
            let next = match &node.value {
                Value::List(items) => step.parse::<usize>().ok().and_then(|i| items.get(i)),
                Value::Map(_) => node.get(step),
                Value::Plain(_) | Value::Quoted(_) => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node.at
    }

    /// The items, when this is a list.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Plain(_) | Value::Quoted(_) | Value::Map(_) => &[],
        }
    }

    /// The entries, when this is a mapping.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Plain(_) | Value::Quoted(_) | Value::List(_) => &[],
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Plain(text) | Value::Quoted(text) => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Whether the scalar says "no value".
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Plain(text) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// Reads one document.
///
/// # Errors
/// `document-syntax`, `duplicate-key`: the first of them, since what follows cannot be trusted.
pub(crate) fn parse(text: &str) -> Result<Node, Finding> {
    let options = granit_parser::options! {
        // Another crate in the same build may have switched the parser's comments on.
        emit_comments: false,
        disallow_directives: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
    };
    let mut root = None;
    loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
            (Event::StreamEnd, _) => break,
            (event, at) if root.is_none() => root = Some(reader.node(event, at)?),
            (_, at) => return Err(syntax(at, "more than one document in the text")),
        }
    }
    root.ok_or_else(|| syntax(Position { line: 1, column: 1 }, "the document is empty"))
}

struct Reader<'t> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Position), Finding> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, position(&span.start))),
            Some(Err(error)) => Err(syntax(position(error.marker()), &error.to_string())),
            None => Err(syntax(
                Position { line: 1, column: 1 },
                "the text ends too early",
            )),
        }
    }

    /// The value that `event` begins. INVARIANT (bounded depth): the parser refuses what is deeper than `MAX_DEPTH`, so recursion is safe.
    fn node(&mut self, event: Event<'t>, at: Position) -> Result<Node, Finding> {
        let value = match event {
            Event::Scalar(text, style, 0, None) => match style {
                ScalarStyle::Plain => Value::Plain(text.into_owned()),
                ScalarStyle::SingleQuoted
                | ScalarStyle::DoubleQuoted
                | ScalarStyle::Literal
                | ScalarStyle::Folded => Value::Quoted(text.into_owned()),
            },
            Event::SequenceStart(_, 0, None) => self.list()?,
            Event::MappingStart(_, 0, None) => self.map()?,
            Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::MappingStart(..)
            | Event::Alias(_) => {
                return Err(syntax(
                    at,
                    "anchors, aliases and tags are not read in a policy",
                ));
            }
            _ => return Err(syntax(at, "a value is missing here")),
        };
        Ok(Node { at, value })
    }

    fn list(&mut self) -> Result<Value, Finding> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, at) => items.push(self.node(event, at)?),
            }
        }
    }

    fn map(&mut self) -> Result<Value, Finding> {
        let mut entries = Vec::new();
        let mut seen = std::collections::HashSet::new();
        loop {
            let (event, at) = self.next()?;
            let text = match event {
                Event::MappingEnd => return Ok(Value::Map(entries)),
                Event::Scalar(text, _, 0, None) if text != "<<" => text.into_owned(),
                _ => {
                    return Err(syntax(
                        at,
                        "a key is a string, without anchor, tag or merge",
                    ));
                }
            };
            if !seen.insert(text.clone()) {
                return Err(Finding::error(
                    at,
                    "duplicate-key",
                    format!("key `{text}` is given twice"),
                ));
            }
            let (event, value_at) = self.next()?;
            let value = self.node(event, value_at)?;
            entries.push((Key { at, text }, value));
        }
    }
}

fn position(marker: &Marker) -> Position {
    let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: clamp(marker.line()).max(1),
        column: clamp(marker.col().saturating_add(1)),
    }
}

fn syntax(at: Position, message: &str) -> Finding {
    Finding::error(at, "document-syntax", message.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> Position {
        Position { line, column }
    }

    #[test]
    fn yaml_and_json_have_positions() {
        let yaml = "a: 1\nrules:\n  - { id: x, on: 'é' }\n";
        let root = parse(yaml).unwrap();
        assert_eq!(root.place(&["rules", "0", "on"]), at(3, 18));
        assert_eq!(root.place(&["rules", "7"]), at(3, 3));
        let json = "{\"a\":1,\n\t\"rules\":[{\"id\":\"\\ud83d\\ude00\",\"on\":null}]}";
        let root = parse(json).unwrap();
        assert_eq!(root.place(&["rules", "0", "id"]), at(2, 17));
        assert!(
            matches!(&root.get("rules").unwrap().items()[0].get("id").unwrap().value, Value::Quoted(t) if t == "😀")
        );
    }

    #[test]
    fn what_hides_meaning_is_refused() {
        let bad = [
            ("", "document-syntax"),
            ("a: &x 1\nb: *x", "document-syntax"),
            ("a: !!str 1", "document-syntax"),
            ("a: 1\n---\nb: 2", "document-syntax"),
            ("%YAML 1.1\n---\na: 1", "document-syntax"),
            ("<<: {a: 1}", "document-syntax"),
            ("? [a]\n: 1", "document-syntax"),
            ("a: 1\na: 2", "duplicate-key"),
            ("{\"a\":1,\"\\u0061\":2}", "duplicate-key"),
            ("a: [1, 2", "document-syntax"),
            ("<html><body>503</body></html>", ""),
        ];
        for (text, code) in bad {
            match parse(text) {
                Err(finding) => assert_eq!(finding.code, code, "{text}"),
                Ok(node) => assert!(
                    code.is_empty() && node.entries().is_empty(),
                    "{text}: {node:?}"
                ),
            }
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep).unwrap_err().code, "document-syntax");
    }
}
