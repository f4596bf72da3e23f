//! Catalogs and databases that statements of a session register, change and drop: from then on the site's description of them no longer holds.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `CREATE CATALOG … WITH (…)` said: it gives the tables in the catalog their address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CatalogOptions(pub BTreeMap<String, String>);

/// What a session has done to a catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegisteredCatalog {
    /// Registered in this session, with these options.
    Made(CatalogOptions),
    /// There before or not, with options that nobody has told: `IF NOT EXISTS`, or ALTER of a catalog of the site.
    Uncertain,
    /// Dropped.
    Dropped,
}

/// The catalogs and databases that this session has touched, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    catalogs: BTreeMap<String, RegisteredCatalog>,
    /// Databases (catalog, name) that were dropped, or made anew: nothing that the site describes is in them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    emptied: BTreeSet<(String, String)>,
}

impl Registered {
    /// What this session has done to a catalog; `None` when nothing.
    #[must_use]
    pub fn catalog(&self, name: &str) -> Option<&RegisteredCatalog> {
        self.catalogs.get(name)
    }

    /// Whether the catalogs are those of the site.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.catalogs.is_empty() && self.emptied.is_empty()
    }

    /// The options of a catalog that this session has registered.
    #[must_use]
    pub fn options(&self, name: &str) -> Option<&CatalogOptions> {
        match self.catalogs.get(name) {
            Some(RegisteredCatalog::Made(options)) => Some(options),
            Some(RegisteredCatalog::Uncertain | RegisteredCatalog::Dropped) | None => None,
        }
    }

    /// Whether nothing that the site describes is in a database any more; `is_it` knows the database by its name.
    #[must_use]
    pub fn is_emptied(&self, catalog: &str, is_it: impl Fn(&str) -> bool) -> bool {
        let mut in_catalog = self.emptied.iter().filter(|(c, _)| c == catalog);
        in_catalog.any(|(_, database)| is_it(database))
    }

    /// `CREATE CATALOG`. With `if_not_exists` Flink keeps a catalog that is there, whatever the statement says of it.
    pub fn create_catalog(&mut self, name: &str, options: CatalogOptions, if_not_exists: bool) {
        let state = match (self.catalogs.get(name), if_not_exists) {
            (Some(RegisteredCatalog::Made(_) | RegisteredCatalog::Uncertain), true) => return,
            (None, true) => RegisteredCatalog::Uncertain,
            _ => RegisteredCatalog::Made(options),
        };
        self.catalogs.insert(name.to_owned(), state);
    }

    /// `ALTER CATALOG … SET` (a value) and `RESET` (none).
    pub fn alter_catalog(&mut self, name: &str, changes: Vec<(String, Option<String>)>) {
        let state = self
            .catalogs
            .entry(name.to_owned())
            .or_insert(RegisteredCatalog::Uncertain);
        if let RegisteredCatalog::Made(CatalogOptions(options)) = state {
            for (key, value) in changes {
                match value {
                    Some(value) => options.insert(key, value),
                    None => options.remove(&key),
                };
            }
        }
    }

    /// `DROP CATALOG`.
    pub fn drop_catalog(&mut self, name: &str) {
        self.catalogs
            .insert(name.to_owned(), RegisteredCatalog::Dropped);
    }

    /// `DROP DATABASE`.
    pub fn empty_database(&mut self, catalog: &str, database: &str) {
        self.emptied
            .insert((catalog.to_owned(), database.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> CatalogOptions {
        let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        CatalogOptions(pairs.iter().map(own).collect())
    }

    #[test]
    fn a_catalog_has_the_options_that_were_said_last() {
        let mut registered = Registered::default();
        registered.create_catalog("c", options(&[("type", "jdbc"), ("a", "b")]), false);
        registered.create_catalog("c", options(&[("type", "other")]), true);
        let changes = vec![
            ("a".to_owned(), None),
            ("x".to_owned(), Some("y".to_owned())),
        ];
        registered.alter_catalog("c", changes);
        let said = options(&[("type", "jdbc"), ("x", "y")]);
        assert_eq!(registered.options("c"), Some(&said));
        registered.drop_catalog("c");
        assert_eq!(registered.catalog("c"), Some(&RegisteredCatalog::Dropped));
        registered.create_catalog("c", options(&[]), true);
        assert_eq!(registered.options("c"), Some(&options(&[])));
    }

    #[test]
    fn what_may_have_been_there_before_has_no_options() {
        let mut registered = Registered::default();
        registered.create_catalog("c", options(&[("type", "jdbc")]), true);
        assert_eq!(registered.catalog("c"), Some(&RegisteredCatalog::Uncertain));
        registered.alter_catalog("site", vec![("a".to_owned(), None)]);
        assert_eq!(
            registered.catalog("site"),
            Some(&RegisteredCatalog::Uncertain)
        );
        assert_eq!(registered.options("site"), None);
    }
}
