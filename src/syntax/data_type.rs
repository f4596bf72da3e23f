//! Flink's data types: as parsed from DDL, and printed back as Flink SQL.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A Flink type with its nullability.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataType {
    /// What it is.
    pub kind: TypeKind,
    /// Whether it admits NULL. Types are nullable unless written `NOT NULL`.
    pub nullable: bool,
}

/// The kinds of Flink's types (Flink documentation, "Data Types"; FLINK.md §5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// `CHAR(n)`.
    Char(u32),
    /// `VARCHAR(n)`; `STRING` is `VARCHAR(2147483647)`.
    Varchar(u32),
    /// `BOOLEAN`.
    Boolean,
    /// `BINARY(n)`.
    Binary(u32),
    /// `VARBINARY(n)`; `BYTES` is `VARBINARY(2147483647)`.
    Varbinary(u32),
    /// `DECIMAL(precision, scale)`.
    Decimal(u32, u32),
    /// `TINYINT`.
    TinyInt,
    /// `SMALLINT`.
    SmallInt,
    /// `INT`.
    Int,
    /// `BIGINT`.
    BigInt,
    /// `FLOAT`.
    Float,
    /// `DOUBLE`.
    Double,
    /// `DATE`.
    Date,
    /// `TIME(p)`.
    Time(u32),
    /// `TIMESTAMP(p)`.
    Timestamp(u32),
    /// `TIMESTAMP(p) WITH TIME ZONE`.
    TimestampTz(u32),
    /// `TIMESTAMP_LTZ(p)`.
    TimestampLtz(u32),
    /// An interval, as written after `INTERVAL`.
    Interval(String),
    /// `ARRAY<t>`.
    Array(Box<DataType>),
    /// `MULTISET<t>`.
    Multiset(Box<DataType>),
    /// `MAP<k, v>`.
    Map(Box<DataType>, Box<DataType>),
    /// `ROW<name type, …>`.
    Row(Vec<RowField>),
    /// A type that has no mask of its own but NULL: `RAW(..)`, `VARIANT`, `BITMAP`, a structured type; as written.
    Other(String),
}

/// A field of a `ROW`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowField {
    /// Its name, unquoted.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
}

/// The length of `STRING` and `BYTES`.
pub const MAX_LENGTH: u32 = 2_147_483_647;

impl DataType {
    /// A nullable type.
    #[must_use]
    pub const fn nullable(kind: TypeKind) -> Self {
        Self {
            kind,
            nullable: true,
        }
    }

    /// The same kind, nullable.
    #[must_use]
    pub fn as_nullable(&self) -> Self {
        Self {
            kind: self.kind.clone(),
            nullable: true,
        }
    }
}

/// As Flink SQL text that Flink reads back to the same type, `NOT NULL` included.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if self.nullable {
            Ok(())
        } else {
            f.write_str(" NOT NULL")
        }
    }
}

/// As Flink SQL text without a top-level `NOT NULL`: what stands in a CAST.
impl fmt::Display for TypeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Varchar(MAX_LENGTH) => f.write_str("STRING"),
            Self::Varbinary(MAX_LENGTH) => f.write_str("BYTES"),
            Self::Char(n) => write!(f, "CHAR({n})"),
            Self::Varchar(n) => write!(f, "VARCHAR({n})"),
            Self::Boolean => f.write_str("BOOLEAN"),
            Self::Binary(n) => write!(f, "BINARY({n})"),
            Self::Varbinary(n) => write!(f, "VARBINARY({n})"),
            Self::Decimal(p, s) => write!(f, "DECIMAL({p}, {s})"),
            Self::TinyInt => f.write_str("TINYINT"),
            Self::SmallInt => f.write_str("SMALLINT"),
            Self::Int => f.write_str("INT"),
            Self::BigInt => f.write_str("BIGINT"),
            Self::Float => f.write_str("FLOAT"),
            Self::Double => f.write_str("DOUBLE"),
            Self::Date => f.write_str("DATE"),
            Self::Time(p) => write!(f, "TIME({p})"),
            Self::Timestamp(p) => write!(f, "TIMESTAMP({p})"),
            Self::TimestampTz(p) => write!(f, "TIMESTAMP({p}) WITH TIME ZONE"),
            Self::TimestampLtz(p) => write!(f, "TIMESTAMP_LTZ({p})"),
            Self::Interval(unit) => write!(f, "INTERVAL {unit}"),
            Self::Array(item) => write!(f, "ARRAY<{item}>"),
            Self::Multiset(item) => write!(f, "MULTISET<{item}>"),
            Self::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            Self::Row(fields) => {
                f.write_str("ROW<")?;
                for (index, field) in fields.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{} {}", super::quote(&field.name), field.data_type)?;
                }
                f.write_str(">")
            }
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// In JSON a type is its Flink SQL text.
impl Serialize for DataType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for DataType {
    fn schema_name() -> Cow<'static, str> {
        "DataType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A Flink type as SQL text, `NOT NULL` included.",
            "type": "string",
            "examples": ["DECIMAL(10, 2) NOT NULL", "ROW<`zip` STRING, `tags` ARRAY<STRING>>"]
        })
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_data_type(&text).map_err(serde::de::Error::custom)
    }
}
