//! What a dataset is called: its logical name, and the bytes it stands for.

use std::collections::BTreeMap;

use super::super::Dataset;
use crate::catalog::{CatalogSource, Found, Object, Session, locate};
use crate::syntax::ast::Setting;

/// Whoever can say which bytes a name stands for.
pub struct Naming<'a> {
    session: &'a Session,
    catalog: &'a dyn CatalogSource,
}

impl<'a> Naming<'a> {
    /// The names as `session` has them now.
    #[must_use]
    pub const fn new(session: &'a Session, catalog: &'a dyn CatalogSource) -> Self {
        Self { session, catalog }
    }

    /// The dataset of a name; `hints` are the settings of its OPTIONS hints. A view has no bytes of its own.
    #[must_use]
    pub fn dataset(&self, found: &Found, hints: &[Setting]) -> Dataset {
        Dataset {
            name: found.name.clone(),
            physical: self.physical(found, hints),
        }
    }

    fn physical(&self, found: &Found, hints: &[Setting]) -> Vec<String> {
        let mut options: Option<BTreeMap<String, String>> = match &found.object {
            Some(Object::Table(table)) => Some(table.options.clone()),
            Some(Object::View(_) | Object::SessionView(_)) => return Vec::new(),
            None => None,
        };
        if !hints.is_empty() {
            let pairs = hints
                .iter()
                .map(|hint| (hint.key.value.clone(), hint.value.value.clone()));
            options.get_or_insert_default().extend(pairs);
        }
        let catalog = self.session.options(&found.name.catalog, self.catalog);
        let identity = locate(
            &found.name,
            options.as_ref(),
            catalog.as_ref().map(|c| &c.0),
        );
        let mut names = identity.names();
        names.sort_unstable();
        names
    }
}
