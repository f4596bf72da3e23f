//! Paimon's predicates as Flink SQL.
//!
//! A leaf is false for NULL, whatever its function, but for `IS_NULL`; there is no NOT. So UNKNOWN, which hides a row as FALSE does, is right
//! wherever SQL says it, and no leaf needs words for NULL.

use serde_json::Value;

use super::super::foreign::{ForeignTable, Untranslatable, column, fields, no, text};
use super::super::literal::literal;
use crate::catalog::{DataType, TypeKind};
use crate::syntax::{quote, quote_literal};

/// Predicates below one another. JSON itself is read no deeper than 128.
const MOST_DEEP: usize = 100;

/// The condition; `None` where all rows pass.
pub(super) fn condition(
    predicate: &Value,
    table: &ForeignTable<'_>,
) -> Result<Option<String>, Untranslatable> {
    let condition = read(predicate, table, 0)?;
    Ok((condition != "TRUE").then_some(condition))
}

fn read(said: &Value, table: &ForeignTable<'_>, deep: usize) -> Result<String, Untranslatable> {
    if deep > MOST_DEEP {
        return no("a filter is too deep");
    }
    match said.get("kind").and_then(Value::as_str) {
        Some("COMPOUND") => compound(said, table, deep),
        Some("LEAF") => leaf(said, table),
        Some(other) => no(format!("a predicate of kind `{other}` is not known")),
        None => no("a predicate has no `kind`"),
    }
}

fn compound(said: &Value, table: &ForeignTable<'_>, deep: usize) -> Result<String, Untranslatable> {
    let object = fields(said, &["kind", "function", "children"], "a predicate")?;
    let operator = match text(object, "function", "a predicate")? {
        "AND" => " AND ",
        "OR" => " OR ",
        other => return no(format!("the function `{other}` is not known")),
    };
    let children = object.get("children").and_then(Value::as_array);
    let children = children.map(Vec::as_slice).unwrap_or_default();
    if children.is_empty() {
        return no("an AND or OR of nothing");
    }
    let below = deep.saturating_add(1);
    let children: Result<Vec<String>, _> = children
        .iter()
        .map(|child| read(child, table, below).map(|child| format!("({child})")))
        .collect();
    Ok(children?.join(operator))
}

fn leaf(said: &Value, table: &ForeignTable<'_>) -> Result<String, Untranslatable> {
    let known = ["kind", "transform", "function", "literals"];
    let object = fields(said, &known, "a predicate")?;
    let function = text(object, "function", "a predicate")?;
    let literals = match object.get("literals") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(list)) => list,
        Some(_) => return no("`literals` is no list"),
    };
    let Some(transform) = object.get("transform") else {
        return no("a predicate has no `transform`");
    };
    // TRUE and FALSE are about no column.
    if transform.get("name").and_then(Value::as_str) == Some("NULL") {
        return match (function, literals) {
            ("TRUE", []) => Ok("TRUE".to_owned()),
            ("FALSE", []) => Ok("FALSE".to_owned()),
            _ => no(format!("`{function}` of nothing")),
        };
    }
    let operand = operand(transform, table)?;
    compare(function, &operand, literals)
}

/// What is compared.
struct Operand<'a> {
    sql: String,
    data_type: &'a DataType,
}

fn operand<'a>(transform: &Value, table: &ForeignTable<'a>) -> Result<Operand<'a>, Untranslatable> {
    let name = transform.get("name").and_then(Value::as_str);
    match name {
        Some("FIELD_REF") => {
            let object = fields(transform, &["name", "fieldRef"], "a transform")?;
            match object.get("fieldRef") {
                Some(reference) => of_column(reference, table),
                None => no("`FIELD_REF` has no `fieldRef`"),
            }
        }
        Some(function @ ("UPPER" | "LOWER")) => {
            let object = fields(transform, &["name", "inputs"], "a transform")?;
            let Some([input]) = object
                .get("inputs")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
            else {
                return no(format!("`{function}` is of one input"));
            };
            let inner = of_column(input, table)?;
            match inner.data_type.kind {
                TypeKind::Char(_) | TypeKind::Varchar(_) => Ok(Operand {
                    sql: format!("{function}({})", inner.sql),
                    ..inner
                }),
                _ => no(format!("`{function}` is of a text")),
            }
        }
        Some(other) => no(format!(
            "the transform `{other}` in a filter is not translated"
        )),
        None => no("a transform has no `name`"),
    }
}

fn of_column<'a>(
    reference: &Value,
    table: &ForeignTable<'a>,
) -> Result<Operand<'a>, Untranslatable> {
    let name = referenced(reference)?;
    Ok(Operand {
        sql: quote(name),
        data_type: column(table, name)?,
    })
}

/// The name of a `fieldRef`. Its index and type are those of the server's schema: the name is what counts.
pub(super) fn referenced(reference: &Value) -> Result<&str, Untranslatable> {
    let object = fields(reference, &["index", "name", "type"], "a reference")?;
    text(object, "name", "a reference")
}

fn compare(
    function: &str,
    operand: &Operand<'_>,
    literals: &[Value],
) -> Result<String, Untranslatable> {
    let (sql, kind) = (&operand.sql, &operand.data_type.kind);
    let one = || match literals {
        [only] => literal(only, kind),
        _ => no(format!("`{function}` has not exactly one literal")),
    };
    let string = || match (kind, literals) {
        (TypeKind::Char(_) | TypeKind::Varchar(_), [Value::String(text)]) => Ok(text.as_str()),
        _ => no(format!("`{function}` is of a text, with one literal")),
    };
    let list = || {
        let values: Result<Vec<String>, _> = literals.iter().map(|v| literal(v, kind)).collect();
        values.map(|values| values.join(", "))
    };
    let none = || match literals {
        [] => Ok(()),
        _ => no(format!("`{function}` has literals")),
    };
    Ok(match function {
        "IS_NULL" => none().map(|()| format!("{sql} IS NULL"))?,
        "IS_NOT_NULL" => none().map(|()| format!("{sql} IS NOT NULL"))?,
        "EQUAL" => format!("{sql} = {}", one()?),
        "NOT_EQUAL" => format!("{sql} <> {}", one()?),
        "LESS_THAN" => format!("{sql} < {}", one()?),
        "LESS_OR_EQUAL" => format!("{sql} <= {}", one()?),
        "GREATER_THAN" => format!("{sql} > {}", one()?),
        "GREATER_OR_EQUAL" => format!("{sql} >= {}", one()?),
        "IN" if literals.is_empty() => "FALSE".to_owned(),
        "IN" => format!("{sql} IN ({})", list()?),
        "NOT_IN" if literals.is_empty() => format!("{sql} IS NOT NULL"),
        "NOT_IN" => format!("{sql} NOT IN ({})", list()?),
        "BETWEEN" => match literals {
            [low, high] => {
                let (low, high) = (literal(low, kind)?, literal(high, kind)?);
                format!("{sql} BETWEEN {low} AND {high}")
            }
            _ => return no("`BETWEEN` has not exactly two literals"),
        },
        "STARTS_WITH" => side("LEFT", sql, string()?),
        "ENDS_WITH" => side("RIGHT", sql, string()?),
        "CONTAINS" => format!("POSITION({} IN {sql}) > 0", quote_literal(string()?)),
        // What escapes a wildcard is not the same on both sides.
        "LIKE" => match string()? {
            pattern if pattern.contains('\\') => return no("a pattern with a backslash"),
            pattern => format!("{sql} LIKE {}", quote_literal(pattern)),
        },
        other => return no(format!("the function `{other}` is not known")),
    })
}

fn side(function: &str, sql: &str, text: &str) -> String {
    let length = text.chars().count();
    format!("{function}({sql}, {length}) = {}", quote_literal(text))
}
