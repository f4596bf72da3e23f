//! A [`Node`] as a serde deserializer: wrong types, unknown and missing fields come back with the place of the value they are about.

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

use super::yaml::{Node, Value};
use super::{Document, Finding, PolicyError, yaml};
use crate::syntax::Position;

/// Reads a node as `T`.
///
/// # Errors
/// `document-shape`: an unknown or missing field, a wrong type, an unknown word.
pub(crate) fn decode<T: de::DeserializeOwned>(node: &Node) -> Result<T, Finding> {
    T::deserialize(Reader::of(node)).map_err(ShapeError::into_finding)
}

impl Document {
    /// Reads a document as it is written, with nothing compiled.
    ///
    /// # Errors
    /// The first thing that has another shape.
    pub(crate) fn read(text: &str, origin: &str) -> Result<Self, PolicyError> {
        let read = yaml::parse(text).and_then(|root| decode(&root));
        read.map_err(|finding| PolicyError {
            origin: origin.to_owned(),
            findings: vec![finding],
        })
    }
}

/// Reads a mapping as `T`, leaving out the field `without`, which has chosen `T`.
pub(super) fn decode_without<T: de::DeserializeOwned>(
    node: &Node,
    without: &str,
) -> Result<T, Finding> {
    T::deserialize(Reader {
        node,
        without: Some(without),
    })
    .map_err(ShapeError::into_finding)
}

/// What serde says, and the innermost place it said it about.
#[derive(Debug)]
struct ShapeError {
    at: Option<Position>,
    message: String,
}

impl ShapeError {
    fn at(mut self, at: Position) -> Self {
        self.at.get_or_insert(at);
        self
    }

    fn into_finding(self) -> Finding {
        let at = self.at.unwrap_or(Position { line: 1, column: 1 });
        Finding::error(at, "document-shape", self.message)
    }
}

impl std::fmt::Display for ShapeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ShapeError {}

impl de::Error for ShapeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self {
            at: None,
            message: message.to_string(),
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'n> {
    node: &'n Node,
    without: Option<&'n str>,
}

impl<'n> Reader<'n> {
    fn of(node: &'n Node) -> Self {
        Self {
            node,
            without: None,
        }
    }

    /// A scalar without quotes by the YAML 1.2 core schema, for a reader that takes what comes.
    fn plain<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, ShapeError> {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => visitor.visit_unit(),
            "true" | "True" | "TRUE" => visitor.visit_bool(true),
            "false" | "False" | "FALSE" => visitor.visit_bool(false),
            _ => match (text.parse::<u64>(), text.parse::<i64>()) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => visitor.visit_str(text),
            },
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = ShapeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        let read: Result<_, ShapeError> = match &self.node.value {
            Value::Plain(text) => Self::plain(text, visitor),
            Value::Quoted(text) => visitor.visit_str(text),
            Value::List(items) => visitor.visit_seq(Items(items.iter())),
            Value::Map(entries) => visitor.visit_map(Entries {
                entries: entries.iter(),
                value: None,
                without: self.without,
            }),
        };
        read.map_err(|error| error.at(self.node.at))
    }

    /// Where a string is due, a scalar without quotes is its own text; no value is no string.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match &self.node.value {
            Value::Plain(text) if !self.node.is_null() => visitor
                .visit_str(text)
                .map_err(|error: ShapeError| error.at(self.node.at)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        if self.node.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        visitor.visit_newtype_struct(self)
    }

    /// Fields have names: serde would take those of a list by their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        match &self.node.value {
            Value::List(_) => {
                let error: ShapeError = de::Error::custom(format!(
                    "invalid type: sequence, expected a mapping ({name})"
                ));
                Err(error.at(self.node.at))
            }
            Value::Plain(_) | Value::Quoted(_) | Value::Map(_) => self.deserialize_any(visitor),
        }
    }

    /// Only enums of plain words are read.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        let Some(word) = self.node.text() else {
            return self.deserialize_any(visitor);
        };
        let word: de::value::StrDeserializer<'_, ShapeError> = word.into_deserializer();
        visitor
            .visit_enum(word)
            .map_err(|error| error.at(self.node.at))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple tuple_struct map
        identifier ignored_any
    }
}

struct Items<'n>(std::slice::Iter<'n, Node>);

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = ShapeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ShapeError> {
        self.0
            .next()
            .map(|node| seed.deserialize(Reader::of(node)))
            .transpose()
    }
}

struct Entries<'n> {
    entries: std::slice::Iter<'n, (yaml::Key, Node)>,
    value: Option<&'n Node>,
    without: Option<&'n str>,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = ShapeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ShapeError> {
        let without = self.without;
        let Some((key, value)) = self
            .entries
            .find(|(key, _)| Some(key.text.as_str()) != without)
        else {
            return Ok(None);
        };
        self.value = Some(value);
        let text: de::value::StrDeserializer<'_, ShapeError> =
            key.text.as_str().into_deserializer();
        seed.deserialize(text)
            .map(Some)
            .map_err(|error| error.at(key.at))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ShapeError> {
        match self.value.take() {
            Some(node) => seed
                .deserialize(Reader::of(node))
                .map_err(|error| error.at(node.at)),
            None => Err(de::Error::custom("a value is missing")),
        }
    }
}
