//! Iceberg's column projections as masks. NULL stays NULL, and the result is of the column's type.

use serde_json::Value;

use super::super::foreign::{ForeignMask, ForeignTable, Untranslatable, What, fields, no, text};
use super::schema::{Field, Schema};
use crate::catalog::TypeKind;

/// What is kept of a text by `mask-alphanum`, besides the digits that become n.
const OTHERS: &str = "[^0-9(),.@-]";

/// The mask of one projection.
pub(super) fn mask(
    projection: &Value,
    schema: &Schema,
    table: &ForeignTable<'_>,
) -> Result<ForeignMask, Untranslatable> {
    let object = projection
        .as_object()
        .ok_or_else(|| Untranslatable("a projection is no object".to_owned()))?;
    let name = text(object, "action", "a projection")?;
    // An action that carries more than its column is one that we do not know.
    fields(projection, &["action", "field-id"], "a projection")?;
    let Some(id) = object.get("field-id").and_then(Value::as_i64) else {
        return no(format!("`{name}` has no `field-id`"));
    };
    let field = schema.by_id(id, table)?;
    Ok(ForeignMask {
        path: field.path.clone(),
        name: name.to_owned(),
        what: what(name, field)?,
    })
}

fn what(action: &str, field: &Field) -> Result<What, Untranslatable> {
    let unfit = || {
        let path = field.path.join(".");
        no(format!("`{action}` cannot be carried out on `{path}`"))
    };
    let is_text = matches!(field.kind, Some(TypeKind::Varchar(_)));
    let expression = match action {
        "replace-with-null" if field.required => return unfit(),
        "replace-with-null" => return Ok(What::Native("MASK_NULL")),
        "mask-alphanum" if is_text => alphanum("{col}", ""),
        "show-first-4" if is_text => {
            let rest = alphanum("SUBSTRING({col} FROM 5)", "");
            format!("CONCAT(LEFT({{col}}, 4), {rest})")
        }
        // A character that four others follow; the lookahead counts code points.
        "show-last-4" if is_text => alphanum("{col}", "(?=(?s:.{4}))"),
        "mask-to-fixed-value" => match fixed(field.kind.as_ref()) {
            Some(value) => value.to_owned(),
            None => return unfit(),
        },
        "truncate-to-year" | "truncate-to-month" => {
            let unit = if action == "truncate-to-year" {
                "YEAR"
            } else {
                "MONTH"
            };
            match field.kind {
                Some(TypeKind::Date) => format!("FLOOR({{col}} TO {unit})"),
                // Through its text: FLOOR of a TIMESTAMP rounds towards 1970 (docs/masks.md).
                Some(TypeKind::Timestamp(_)) => {
                    format!("FLOOR(CAST(CAST({{col}} AS STRING) AS DATE) TO {unit})")
                }
                // In UTC, says the specification; Flink would do it in the session's zone.
                _ => return unfit(),
            }
        }
        "sha-256-global" if is_text => "SHA256({col})".to_owned(),
        // Of numbers and bytes Flink's SHA256 makes something else; of a salt for each query a document cannot know.
        "mask-alphanum"
        | "show-first-4"
        | "show-last-4"
        | "sha-256-global"
        | "sha-256-query-local" => return unfit(),
        other => return no(format!("the action `{other}` is not known")),
    };
    Ok(What::Expression(expression))
}

/// Digits become n, and all else x but `( ) , . - @`. `ahead` is what must follow a character for it to be hidden.
fn alphanum(value: &str, ahead: &str) -> String {
    format!("REGEXP_REPLACE(REGEXP_REPLACE({value}, '{OTHERS}{ahead}', 'x'), '[0-9]{ahead}', 'n')")
}

/// The value that hides all others of a type.
fn fixed(kind: Option<&TypeKind>) -> Option<&'static str> {
    Some(match kind? {
        TypeKind::Boolean => "FALSE",
        TypeKind::Int | TypeKind::BigInt => "999999999",
        TypeKind::Float | TypeKind::Double => "CAST(0 AS DOUBLE)",
        TypeKind::Decimal(..) => "0",
        TypeKind::Varchar(_) => "'XXXXXXXX'",
        TypeKind::Date => "DATE '9999-12-31'",
        TypeKind::Time(_) => "TIME '00:00:00'",
        TypeKind::Timestamp(6) => "TIMESTAMP '9999-12-31 00:00:00'",
        TypeKind::Timestamp(9) => "TIMESTAMP '2261-12-31 00:00:00'",
        _ => return None,
    })
}
