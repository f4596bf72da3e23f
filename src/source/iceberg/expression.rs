//! Iceberg's expressions as Flink SQL.
//!
//! Iceberg's predicates have two values. Negations are pushed down to the predicates first, as Iceberg itself does, so that none is left above
//! a comparison; then UNKNOWN and FALSE hide a row alike, and only `not-eq`, `not-in` and `not-starts-with`, which NULL passes, need words for it.
//! Two deviations, both towards hiding: Iceberg sorts NULL first, so that `lt` and `lt-eq` let it pass, and NaN last, so that `gt` and `gt-eq`
//! do; here neither passes a comparison.

use serde_json::Value;

use super::super::foreign::{ForeignTable, Untranslatable, fields, no, text};
use super::super::literal::literal;
use super::schema::{Field, Schema};
use crate::catalog::TypeKind;
use crate::syntax::{quote, quote_literal};

/// Expressions below one another. JSON itself is read no deeper than 128.
const MOST_DEEP: usize = 100;

/// The condition; `None` where all rows pass.
pub(super) fn condition(
    expression: &Value,
    schema: &Schema,
    table: &ForeignTable<'_>,
) -> Result<Option<String>, Untranslatable> {
    let reader = Reader { schema, table };
    let condition = reader.condition(expression, false, 0)?;
    Ok((condition != "TRUE").then_some(condition))
}

struct Reader<'a> {
    schema: &'a Schema,
    table: &'a ForeignTable<'a>,
}

impl Reader<'_> {
    fn condition(&self, said: &Value, not: bool, deep: usize) -> Result<String, Untranslatable> {
        if deep > MOST_DEEP {
            return no("the row filter is too deep");
        }
        if let Some(value) = said.as_bool() {
            return Ok(constant(value != not));
        }
        let kind = said.get("type").and_then(Value::as_str);
        let Some(kind) = kind else {
            return no("an expression has no `type`");
        };
        let below = deep.saturating_add(1);
        match kind {
            "true" | "false" => {
                fields(said, &["type"], "a constant")?;
                Ok(constant((kind == "true") != not))
            }
            "and" | "or" => {
                let object = fields(said, &["type", "left", "right"], kind)?;
                let (Some(left), Some(right)) = (object.get("left"), object.get("right")) else {
                    return no(format!("`{kind}` has no two sides"));
                };
                // De Morgan.
                let operator = if (kind == "and") == not { "OR" } else { "AND" };
                let left = self.condition(left, not, below)?;
                let right = self.condition(right, not, below)?;
                Ok(format!("({left}) {operator} ({right})"))
            }
            "not" => match fields(said, &["type", "child"], kind)?.get("child") {
                Some(child) => self.condition(child, !not, below),
                None => no("`not` has no child"),
            },
            "literal" => {
                let object = fields(said, &["type", "value"], kind)?;
                match object.get("value").and_then(Value::as_bool) {
                    Some(value) => Ok(constant(value != not)),
                    None => no("a literal that is no condition stands alone"),
                }
            }
            _ => self.predicate(said, kind, not),
        }
    }

    fn predicate(&self, said: &Value, kind: &str, not: bool) -> Result<String, Untranslatable> {
        let known = ["type", "term", "value", "values", "left", "right", "child"];
        fields(said, &known, kind)?;
        let Some(operator) = Operator::of(kind) else {
            return no(format!("the operator `{kind}` is not known"));
        };
        let operator = if not { operator.negated() } else { operator };
        let field = self.reference(said)?;
        let column: Vec<String> = field.path.iter().map(|part| quote(part)).collect();
        let column = column.join(".");
        match operator {
            Operator::IsNull => Ok(format!("{column} IS NULL")),
            Operator::NotNull => Ok(format!("{column} IS NOT NULL")),
            Operator::Compare(comparison) => {
                let value = literal(one(said)?, comparable(field)?)?;
                Ok(format!("{column} {} {value}", comparison.sql()))
            }
            Operator::In { negated } => {
                let values = many(said)?;
                let kind = comparable(field)?;
                let values: Result<Vec<String>, _> =
                    values.iter().map(|value| literal(value, kind)).collect();
                let values = values?.join(", ");
                Ok(match (values.is_empty(), negated) {
                    (true, negated) => constant(negated),
                    (false, false) => format!("{column} IN ({values})"),
                    (false, true) => format!("{column} IS NULL OR {column} NOT IN ({values})"),
                })
            }
            Operator::StartsWith { negated } => {
                let (Some(TypeKind::Varchar(_)), Some(prefix)) = (&field.kind, one(said)?.as_str())
                else {
                    return no(format!("`{kind}` is about texts"));
                };
                let operator = if negated { "IS DISTINCT FROM" } else { "=" };
                let length = prefix.chars().count();
                let prefix = quote_literal(prefix);
                Ok(format!("LEFT({column}, {length}) {operator} {prefix}"))
            }
        }
    }

    /// The column of a predicate, in the older form (`term`) or the newer one (`left`, `child`).
    fn reference(&self, said: &Value) -> Result<&Field, Untranslatable> {
        let sides = ["term", "left", "child"];
        let mut terms = sides.iter().filter_map(|side| said.get(side));
        let (Some(term), None) = (terms.next(), terms.next()) else {
            return no("a predicate does not name exactly one column");
        };
        if let Some(name) = term.as_str() {
            return self.schema.by_name(name, self.table);
        }
        match term.get("type").and_then(Value::as_str) {
            Some("reference") => {
                let object = fields(term, &["type", "id", "term", "name"], "a reference")?;
                let mut named = ["term", "name"]
                    .iter()
                    .filter(|key| object.contains_key(**key));
                match (
                    object.get("id").map(Value::as_i64),
                    named.next(),
                    named.next(),
                ) {
                    (Some(Some(id)), None, None) => self.schema.by_id(id, self.table),
                    (None, Some(key), None) => {
                        let name = text(object, key, "a reference")?;
                        self.schema.by_name(name, self.table)
                    }
                    _ => no("a reference has neither an id nor a name, or both"),
                }
            }
            Some(other) => no(format!("`{other}` of a column is not translated")),
            None => no("a predicate is about something that is no column"),
        }
    }
}

/// Its value, in either form.
fn one(said: &Value) -> Result<&Value, Untranslatable> {
    match (said.get("value"), said.get("right"), said.get("values")) {
        (Some(value), None, None) => bare(value),
        (None, Some(right), None) => bare(right),
        _ => no("a predicate does not have exactly one value"),
    }
}

fn many(said: &Value) -> Result<Vec<&Value>, Untranslatable> {
    let list = match (said.get("values"), said.get("right"), said.get("value")) {
        (Some(list), None, None) => Some(list),
        (None, Some(right @ Value::Object(_)), None) => {
            let object = fields(right, &["type", "values"], "a list")?;
            let is_literal = object.get("type").and_then(Value::as_str) == Some("literal");
            object.get("values").filter(|_| is_literal)
        }
        (None, Some(right), None) => Some(right),
        _ => None,
    };
    match list.and_then(Value::as_array) {
        Some(values) => values.iter().map(bare).collect(),
        None => no("a predicate does not have exactly one list of values"),
    }
}

/// A value, or a literal that holds one.
fn bare(value: &Value) -> Result<&Value, Untranslatable> {
    if !value.is_object() {
        return Ok(value);
    }
    let object = fields(value, &["type", "value"], "a literal")?;
    match (
        object.get("type").and_then(Value::as_str),
        object.get("value"),
    ) {
        (Some("literal"), Some(value)) => Ok(value),
        _ => no("a value is no literal"),
    }
}

fn comparable(field: &Field) -> Result<&TypeKind, Untranslatable> {
    match &field.kind {
        Some(kind) => Ok(kind),
        None => no(format!(
            "`{}` is of a type without literals",
            field.path.join(".")
        )),
    }
}

fn constant(value: bool) -> String {
    if value { "TRUE" } else { "FALSE" }.to_owned()
}

/// A predicate that is left when no negation is.
#[derive(Clone, Copy)]
enum Operator {
    IsNull,
    NotNull,
    Compare(Comparison),
    In { negated: bool },
    StartsWith { negated: bool },
}

impl Operator {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "is-null" => Self::IsNull,
            "not-null" => Self::NotNull,
            "lt" => Self::Compare(Comparison::Less),
            "lt-eq" => Self::Compare(Comparison::LessOrEqual),
            "gt" => Self::Compare(Comparison::Greater),
            "gt-eq" => Self::Compare(Comparison::GreaterOrEqual),
            "eq" => Self::Compare(Comparison::Equal),
            "not-eq" => Self::Compare(Comparison::NotEqual),
            "in" => Self::In { negated: false },
            "not-in" => Self::In { negated: true },
            "starts-with" => Self::StartsWith { negated: false },
            "not-starts-with" => Self::StartsWith { negated: true },
            // Flink has no test for NaN that both of its versions plan alike.
            _ => return None,
        })
    }

    fn negated(self) -> Self {
        match self {
            Self::IsNull => Self::NotNull,
            Self::NotNull => Self::IsNull,
            Self::Compare(comparison) => Self::Compare(comparison.negated()),
            Self::In { negated } => Self::In { negated: !negated },
            Self::StartsWith { negated } => Self::StartsWith { negated: !negated },
        }
    }
}

#[derive(Clone, Copy)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Comparison {
    const fn negated(self) -> Self {
        match self {
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
        }
    }

    const fn sql(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "=",
            // NULL is unequal to every value.
            Self::NotEqual => "IS DISTINCT FROM",
        }
    }
}
