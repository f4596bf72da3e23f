//! Apache Paimon's `/auth`: what its REST catalog says a principal may read of a table.
//!
//! In: the text of the reply (`filter`, `columnMasking`), the principal that it was given to, the table with its columns. Out: [`Translated`], a
//! native document. `predicate` reads the filters, which all hold, `transform` the masks.
//! Source: RANGER.md §1.5. Stays out: fetching. Where a table has `query-auth.enabled`, Paimon's own reader masks: then this must not.
//! Invariant: a function, a transform, a type or a column that is not known closes the table, and so does an empty entry, which Paimon skips.

mod predicate;
#[cfg(test)]
mod tests;
mod transform;

use serde_json::Value;

use super::foreign::{self, ForeignTable, Restrictions, Translated, Untranslatable, no};
use crate::policy::Principal;

/// Translates the reply. It holds for the principal that it was given to and for nobody else.
#[must_use]
pub fn translate(reply: &str, principal: &Principal, table: &ForeignTable<'_>) -> Translated {
    foreign::translated("paimon", principal, table, restrictions(reply, table))
}

fn restrictions(reply: &str, table: &ForeignTable<'_>) -> Result<Restrictions, Untranslatable> {
    let reply: Value = serde_json::from_str(reply)
        .map_err(|error| Untranslatable(format!("the reply is no JSON: {error}")))?;
    let fields = foreign::fields(&reply, &["filter", "columnMasking"], "the reply")?;
    let mut restrictions = Restrictions::default();
    match fields.get("filter") {
        None | Some(Value::Null) => {}
        Some(Value::Array(filters)) => {
            for filter in filters {
                let filter = inside(filter, "a filter")?;
                restrictions
                    .filters
                    .extend(predicate::condition(&filter, table)?);
            }
        }
        Some(_) => return no("`filter` is no list"),
    }
    match fields.get("columnMasking") {
        None | Some(Value::Null) => {}
        Some(Value::Object(masks)) => {
            for (column, mask) in masks {
                let mask = inside(mask, "a mask")?;
                restrictions
                    .masks
                    .push(transform::mask(column, &mask, table)?);
            }
        }
        Some(_) => return no("`columnMasking` is no object"),
    }
    Ok(restrictions)
}

/// JSON in JSON: an entry is the text of an object, or the object.
fn inside(entry: &Value, what: &str) -> Result<Value, Untranslatable> {
    let value = match entry {
        Value::String(text) => serde_json::from_str(text)
            .map_err(|error| Untranslatable(format!("{what} is no JSON: {error}")))?,
        other => other.clone(),
    };
    if value.is_object() {
        Ok(value)
    } else {
        no(format!("{what} is empty, or no object"))
    }
}
