//! Paimon's transforms as masks. A mask here reads its own column and no other: a transform of another column closes the table, for that column
//! may be masked itself.
//!
//! `SUBSTRING`, `TRIM` and casts to another type are refused: what they do differs between Paimon's versions, or from Flink.

use serde_json::Value;

use super::super::foreign::{ForeignMask, ForeignTable, Untranslatable, What, column, fields, no};
use super::predicate::referenced;
use crate::catalog::{DataType, TypeKind};
use crate::syntax::{parse_data_type, quote_literal};

/// The mask of one column.
pub(super) fn mask(
    name: &str,
    transform: &Value,
    table: &ForeignTable<'_>,
) -> Result<ForeignMask, Untranslatable> {
    let data_type = column(table, name)?;
    let Some(function) = transform.get("name").and_then(Value::as_str) else {
        return no(format!("the mask of `{name}` is empty"));
    };
    Ok(ForeignMask {
        path: vec![name.to_owned()],
        name: function.to_lowercase(),
        what: what(function, name, transform, data_type)?,
    })
}

fn what(
    function: &str,
    column: &str,
    transform: &Value,
    data_type: &DataType,
) -> Result<What, Untranslatable> {
    let is_text = matches!(data_type.kind, TypeKind::Char(_) | TypeKind::Varchar(_));
    match function {
        "NULL" => {
            fields(transform, &["name"], "a mask")?;
            if !data_type.nullable {
                return no(format!("`{column}` is NOT NULL, and its mask is NULL"));
            }
            Ok(What::Native("MASK_NULL"))
        }
        "FIELD_REF" => {
            let object = fields(transform, &["name", "fieldRef"], "a mask")?;
            match object.get("fieldRef") {
                Some(reference) => itself(reference, column).map(|()| What::Native("MASK_NONE")),
                None => no("`FIELD_REF` has no `fieldRef`"),
            }
        }
        "CAST" => {
            let object = fields(transform, &["name", "fieldRef", "type"], "a mask")?;
            let to = object
                .get("type")
                .and_then(Value::as_str)
                .map(parse_data_type);
            match (object.get("fieldRef"), to) {
                (Some(reference), Some(Ok(to))) if to.kind == data_type.kind => {
                    itself(reference, column).map(|()| What::Native("MASK_NONE"))
                }
                _ => no(format!("the mask of `{column}` casts to another type")),
            }
        }
        "UPPER" | "LOWER" | "CONCAT" | "CONCAT_WS" if !is_text => {
            no(format!("`{function}` is no mask of a {}", data_type.kind))
        }
        "UPPER" | "LOWER" => match inputs(transform, column)?.as_slice() {
            [Input::Column] => Ok(What::Expression(format!("{function}({{col}})"))),
            _ => no(format!("`{function}` is of one column")),
        },
        "CONCAT" | "CONCAT_WS" => {
            let inputs = inputs(transform, column)?;
            let of_column = inputs.contains(&Input::Column);
            let least = if function == "CONCAT" { 1 } else { 2 };
            if inputs.len() < least || (least == 2 && inputs.first() == Some(&Input::Column)) {
                return no(format!("`{function}` has too few texts"));
            }
            let inputs: Vec<String> = inputs.into_iter().map(Input::sql).collect();
            let expression = format!("{function}({})", inputs.join(", "));
            // A text that does not depend on the column hides whether there is a value; CONCAT_WS leaves NULLs out.
            if of_column && function == "CONCAT" {
                Ok(What::Expression(expression))
            } else {
                Ok(What::OfNulls(expression))
            }
        }
        other => no(format!("the transform `{other}` is not translated")),
    }
}

/// What a transform of texts is made of.
#[derive(PartialEq, Eq)]
enum Input {
    Column,
    Text(String),
}

impl Input {
    fn sql(self) -> String {
        match self {
            Self::Column => "{col}".to_owned(),
            Self::Text(text) => quote_literal(&text),
        }
    }
}

fn inputs(transform: &Value, column: &str) -> Result<Vec<Input>, Untranslatable> {
    let object = fields(transform, &["name", "inputs"], "a mask")?;
    let Some(inputs) = object.get("inputs").and_then(Value::as_array) else {
        return no("a mask has no `inputs`");
    };
    let inputs = inputs.iter().map(|input| match input {
        Value::String(text) => Ok(Input::Text(text.clone())),
        Value::Object(_) => itself(input, column).map(|()| Input::Column),
        _ => no("an input is neither a text nor a column"),
    });
    inputs.collect()
}

fn itself(reference: &Value, column: &str) -> Result<(), Untranslatable> {
    match referenced(reference)? {
        name if name == column => Ok(()),
        other => no(format!("the mask of `{column}` reads `{other}`")),
    }
}
