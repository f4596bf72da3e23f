//! Which column a field id means, and of which type it is in Flink.
//!
//! Only structs are walked: an element of a list or map has an id too, and cannot be filtered or masked by itself.

use std::collections::HashMap;

use serde_json::Value;

use super::super::foreign::{ForeignTable, Untranslatable, column, no};
use crate::catalog::{DataType, TypeKind};
use crate::syntax::MAX_LENGTH;

/// The current schema of a table.
pub(super) struct Schema {
    by_id: HashMap<i64, Field>,
    by_name: HashMap<String, i64>,
}

/// A column or a field of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub path: Vec<String>,
    /// Its type in Flink; `None` for a type that has no filter or mask here.
    pub kind: Option<TypeKind>,
    /// Whether it can never be NULL.
    pub required: bool,
}

impl Schema {
    pub(super) fn of(metadata: &Value) -> Result<Self, Untranslatable> {
        let current = metadata.get("current-schema-id").and_then(Value::as_i64);
        let schemas = metadata.get("schemas").and_then(Value::as_array);
        let (Some(current), Some(schemas)) = (current, schemas) else {
            return no("`metadata` names no current schema");
        };
        let is_current =
            |schema: &&Value| schema.get("schema-id").and_then(Value::as_i64) == Some(current);
        let mut found = schemas.iter().filter(is_current);
        let (Some(schema), None) = (found.next(), found.next()) else {
            return no(format!(
                "`metadata` does not have schema {current} exactly once"
            ));
        };
        let mut all = Self {
            by_id: HashMap::new(),
            by_name: HashMap::new(),
        };
        all.walk(schema, &[])?;
        Ok(all)
    }

    fn walk(&mut self, of: &Value, above: &[String]) -> Result<(), Untranslatable> {
        let Some(fields) = of.get("fields").and_then(Value::as_array) else {
            return no("a struct of the schema has no fields");
        };
        for field in fields {
            let id = field.get("id").and_then(Value::as_i64);
            let name = field.get("name").and_then(Value::as_str);
            let required = field.get("required").and_then(Value::as_bool);
            let (Some(id), Some(name), Some(required), Some(kind)) =
                (id, name, required, field.get("type"))
            else {
                return no("a field of the schema has no id, name, type or `required`");
            };
            let mut path = above.to_vec();
            path.push(name.to_owned());
            let known = Field {
                kind: kind.as_str().and_then(primitive),
                path: path.clone(),
                required,
            };
            let twice = self.by_id.insert(id, known).is_some()
                || self.by_name.insert(path.join("."), id).is_some();
            if twice {
                return no(format!("field {id} `{name}` is there twice"));
            }
            if kind.get("type").and_then(Value::as_str) == Some("struct") {
                self.walk(kind, &path)?;
            }
        }
        Ok(())
    }

    /// The field of an id, which the table must have as the schema says.
    pub(super) fn by_id(
        &self,
        id: i64,
        table: &ForeignTable<'_>,
    ) -> Result<&Field, Untranslatable> {
        match self.by_id.get(&id) {
            Some(field) => field.as_in(table),
            None => no(format!("the table has no field {id} that stands alone")),
        }
    }

    /// The field of a name, parts joined by dots.
    pub(super) fn by_name(
        &self,
        name: &str,
        table: &ForeignTable<'_>,
    ) -> Result<&Field, Untranslatable> {
        match self.by_name.get(name) {
            Some(id) => self.by_id(*id, table),
            None => no(format!("the table has no field `{name}` that stands alone")),
        }
    }
}

impl Field {
    fn as_in(&self, table: &ForeignTable<'_>) -> Result<&Self, Untranslatable> {
        let Some((first, fields)) = self.path.split_first() else {
            return no("a field without a name");
        };
        if table.columns.is_none() {
            return Ok(self);
        }
        let mut data_type: &DataType = column(table, first)?;
        for name in fields {
            let TypeKind::Row(inside) = &data_type.kind else {
                return no(format!("`{first}` has no fields in Flink"));
            };
            match inside.iter().find(|field| field.name == *name) {
                Some(field) => data_type = &field.data_type,
                None => {
                    return no(format!(
                        "`{}` has no field `{name}` in Flink",
                        self.path.join(".")
                    ));
                }
            }
        }
        let same = match &self.kind {
            Some(TypeKind::Time(_)) => matches!(data_type.kind, TypeKind::Time(_)),
            Some(kind) => data_type.kind == *kind,
            // A type that we do not name: no filter and no mask but NULL is made of it.
            None => true,
        };
        if same {
            Ok(self)
        } else {
            let path = self.path.join(".");
            no(format!(
                "`{path}` is of another type in Flink: {}",
                data_type.kind
            ))
        }
    }
}

/// The Flink type of a primitive type of Iceberg.
fn primitive(name: &str) -> Option<TypeKind> {
    Some(match name {
        "boolean" => TypeKind::Boolean,
        "int" => TypeKind::Int,
        "long" => TypeKind::BigInt,
        "float" => TypeKind::Float,
        "double" => TypeKind::Double,
        "date" => TypeKind::Date,
        "time" => TypeKind::Time(0),
        "timestamp" => TypeKind::Timestamp(6),
        "timestamptz" => TypeKind::TimestampLtz(6),
        "timestamp_ns" => TypeKind::Timestamp(9),
        "timestamptz_ns" => TypeKind::TimestampLtz(9),
        "string" => TypeKind::Varchar(MAX_LENGTH),
        "binary" => TypeKind::Varbinary(MAX_LENGTH),
        "uuid" => TypeKind::Binary(16),
        other => {
            let inside = |head: &str, end: char| {
                let rest = other.strip_prefix(head)?.strip_suffix(end)?;
                Some(rest.to_owned())
            };
            if let Some(length) = inside("fixed[", ']') {
                return length.trim().parse().ok().map(TypeKind::Binary);
            }
            let both = inside("decimal(", ')')?;
            let (precision, scale) = both.split_once(',')?;
            let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
            TypeKind::Decimal(precision, scale)
        }
    })
}
