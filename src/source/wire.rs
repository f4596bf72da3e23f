//! A question as the query of a URL, and back: both sides of our own contract (docs/permission-service.md, `schema/policies.openapi.yaml`).
//!
//! `user`, `group`, `role`, `table`, `physical`, `object` may come several times but for `user`. A table is
//! `catalog.database.table`, a part in back-ticks where it is no plain word, a back-tick in it doubled.
//! Invariant: what `question` reads is what `query` wrote: no name turns into another, whatever characters it has.

use std::collections::BTreeSet;

use super::Scope;
use crate::catalog::TableName;
use crate::policy::{Principal, Privilege, Resource};

/// The pairs of a query.
#[must_use]
pub fn query(principal: &Principal, scope: &Scope) -> Vec<(&'static str, String)> {
    let mut who = vec![("user", principal.user.clone())];
    who.extend(principal.groups.iter().map(|g| ("group", g.clone())));
    who.extend(principal.roles.iter().map(|r| ("role", r.clone())));
    let mut tables: BTreeSet<&TableName> = BTreeSet::new();
    let mut physical: BTreeSet<&String> = BTreeSet::new();
    for (name, met) in &scope.tables {
        tables.insert(name);
        for asked in met {
            tables.extend(&asked.also);
            physical.extend(&asked.physical);
        }
    }
    who.extend(tables.into_iter().map(|t| ("table", spelled(t))));
    who.extend(physical.into_iter().map(|p| ("physical", p.clone())));
    who.extend(scope.objects.keys().map(|o| ("object", o.clone())));
    who
}

/// Who asks about what.
///
/// # Errors
/// One line: what is missing, given twice or not a name.
pub fn question(
    pairs: impl IntoIterator<Item = (String, String)>,
) -> Result<(Principal, Scope), String> {
    let mut principal = Principal::default();
    let mut scope = Scope::default();
    let mut user = None;
    let (mut tables, mut physical) = (Vec::new(), Vec::new());
    for (key, value) in pairs {
        match key.as_str() {
            "user" => {
                if user.replace(value).is_some() {
                    return Err("`user` is given twice".to_owned());
                }
            }
            "group" => drop(principal.groups.insert(value)),
            "role" => drop(principal.roles.insert(value)),
            "table" => tables.push(
                parsed(&value)
                    .ok_or_else(|| format!("`table={value}` is not `catalog.database.table`"))?,
            ),
            "physical" => physical.push(value),
            "object" => scope.about_object(&value, Privilege::Use),
            // A parameter that is not understood could have made the question another.
            _ => return Err(format!("unknown parameter `{key}`")),
        }
    }
    principal.user = user
        .filter(|user| !user.is_empty())
        .ok_or("`user` is missing")?;
    if tables.is_empty() && !physical.is_empty() {
        return Err("`physical` without a `table`".to_owned());
    }
    // Which of the tables has which address is not said: the rules of all are due.
    let mut physical = Some(physical);
    for table in &tables {
        let addresses = physical.take().unwrap_or_default();
        let resource = Resource {
            physical: &addresses,
            ..Resource::named(table)
        };
        scope.about(&resource, None);
    }
    Ok((principal, scope))
}

/// `catalog.database.table`, quoted where that is needed to read it back.
fn spelled(name: &TableName) -> String {
    let part = |text: &String| {
        let plain = !text.is_empty() && !text.contains(['.', '`']);
        if plain {
            text.clone()
        } else {
            format!("`{}`", text.replace('`', "``"))
        }
    };
    [&name.catalog, &name.database, &name.table]
        .map(part)
        .join(".")
}

fn parsed(text: &str) -> Option<TableName> {
    let mut rest = text;
    let mut parts = [String::new(), String::new(), String::new()];
    for (index, part) in parts.iter_mut().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('.')?;
        }
        rest = match rest.strip_prefix('`') {
            Some(quoted) => take_quoted(quoted, part)?,
            None => {
                let (plain, _) = rest.split_once('.').unwrap_or((rest, ""));
                if plain.is_empty() || plain.contains('`') {
                    return None;
                }
                part.push_str(plain);
                rest.strip_prefix(plain)?
            }
        };
    }
    let [catalog, database, table] = parts;
    rest.is_empty()
        .then(|| TableName::new(catalog, database, table))
}

/// Takes the text up to the closing back-tick, and answers with what follows.
fn take_quoted<'t>(text: &'t str, part: &mut String) -> Option<&'t str> {
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('`')?;
        part.push_str(before);
        match after.strip_prefix('`') {
            Some(more) => {
                part.push('`');
                rest = more;
            }
            None => return Some(after),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[(&str, &str)]) -> Result<(Principal, Scope), String> {
        question(text.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn a_bad_query_is_refused_and_says_why() {
        for (pairs, why) in [
            (&[][..], "`user` is missing"),
            (&[("user", "")], "`user` is missing"),
            (&[("user", "a"), ("user", "b")], "`user` is given twice"),
            (
                &[("user", "a"), ("table", "t")],
                "is not `catalog.database.table`",
            ),
            (&[("user", "a"), ("table", "c.d.t.x")], "is not `catalog"),
            (&[("user", "a"), ("table", "c.d.`t")], "is not `catalog"),
            (
                &[("user", "a"), ("physical", "kafka://b/t")],
                "without a `table`",
            ),
            (
                &[("user", "a"), ("tabel", "c.d.t")],
                "unknown parameter `tabel`",
            ),
        ] {
            let error = read(pairs).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_name_comes_back_as_it_was(parts in ["[a-z.`é ]{1,4}", "[a-z.`é ]{1,4}", "[a-z.`é ]{0,4}"]) {
            let [catalog, database, table] = parts;
            let name = TableName::new(catalog, database, table);
            prop_assert_eq!(parsed(&spelled(&name)), Some(name));
        }
    }
}
