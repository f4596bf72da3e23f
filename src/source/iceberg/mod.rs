//! Apache Iceberg's `read-restrictions`: what the REST catalog's `loadTable` says a principal may read of a table.
//!
//! In: the text of a `loadTable` reply (`metadata`, `read-restrictions`), the principal that it was given to, the table. Out: [`Translated`], a
//! native document. `schema` reads which columns the field ids mean, `expression` the row filter, `action` the projections.
//! Source: RANGER.md §1.4 and the OpenAPI document of Iceberg's REST catalog. Stays out: fetching.
//! Invariant: an action, an expression, a type or a field that is not known closes the table; so does an answer that cannot be read.

mod action;
mod expression;
mod schema;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::foreign::{self, ForeignTable, Restrictions, Translated, Untranslatable, no};
use crate::policy::Principal;
use schema::Schema;

/// The fields of a `loadTable` reply; what else is in it is no restriction.
const REPLY: [&str; 5] = [
    "metadata-location",
    "metadata",
    "config",
    "storage-credentials",
    "read-restrictions",
];

/// Translates the reply. It holds for the principal that it was given to and for nobody else.
#[must_use]
pub fn translate(reply: &str, principal: &Principal, table: &ForeignTable<'_>) -> Translated {
    foreign::translated("iceberg", principal, table, restrictions(reply, table))
}

fn restrictions(reply: &str, table: &ForeignTable<'_>) -> Result<Restrictions, Untranslatable> {
    let reply: Value = serde_json::from_str(reply)
        .map_err(|error| Untranslatable(format!("the reply is no JSON: {error}")))?;
    let fields = foreign::fields(&reply, &REPLY, "the reply")?;
    let Some(metadata) = fields.get("metadata") else {
        return no("the reply has no `metadata`: it is not that of loadTable");
    };
    let said = match fields.get("read-restrictions") {
        // The specification: absent is the same as none.
        None | Some(Value::Null) => return Ok(Restrictions::default()),
        Some(said) => said,
    };
    let known = ["required-row-filter", "required-column-projections"];
    let said = foreign::fields(said, &known, "`read-restrictions`")?;
    let schema = Schema::of(metadata)?;
    let mut restrictions = Restrictions::default();
    if let Some(filter) = said.get("required-row-filter").filter(|f| !f.is_null()) {
        restrictions
            .filters
            .extend(expression::condition(filter, &schema, table)?);
    }
    let projections = match said.get("required-column-projections") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(list)) => list,
        Some(_) => return no("`required-column-projections` is no list"),
    };
    for projection in projections {
        restrictions
            .masks
            .push(action::mask(projection, &schema, table)?);
    }
    for (index, mask) in restrictions.masks.iter().enumerate() {
        let others = restrictions.masks.iter().skip(index.saturating_add(1));
        for other in others {
            if mask.path.starts_with(&other.path) || other.path.starts_with(&mask.path) {
                let path = mask.path.join(".");
                return no(format!("column `{path}` is restricted twice"));
            }
        }
    }
    Ok(restrictions)
}
