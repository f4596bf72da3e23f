//! What the site's tables inherit, kept from check to check: a walk over many jobs is made once for each of those who read.
//!
//! Invariant: an answer is given again only where nothing that it was made of can have changed. What cannot be told by a [`Key`] is not kept: tables
//! and hints of a script, catalogs that a session has registered, what earlier statements of a script write, a host's catalog that may change, the
//! excerpts of a permission service.
//! Invariant: refusals are not kept, nor what a store said that could not read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::catalog::{Origin, TableName};
use crate::check::datasets::Datasets;
use crate::policy::{Obligations, Principal, Resource};
use crate::resolve::Relation;

/// As many masks are kept as fill some ten megabytes; then it begins anew.
const MOST: usize = 50_000;

/// The obligations of tables with the masks that they inherit.
#[derive(Debug, Default)]
pub(in crate::check) struct Kept(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    /// The version of the store that all of it is of.
    version: u64,
    masks: usize,
    by_key: HashMap<Key, Arc<Obligations>>,
}

/// All that an answer depends on, besides the policy and the catalog, which an engine has for good.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The number of the last event of the store.
    version: u64,
    /// How many rules have begun or ended, and how many cuts have ended.
    era: (usize, usize),
    /// The principal as decisions see them, with everything that rules may ask about them.
    who: Principal,
    table: TableName,
    physical: Vec<String>,
}

impl Datasets<'_> {
    /// Under which key the obligations of a relation may be kept, if at all.
    pub(super) fn key(&self, relation: &Relation, resource: &Resource<'_>) -> Option<Key> {
        let engine = self.engine;
        let found = &relation.found;
        let is_the_sites = found.origin == Origin::Catalog
            && relation.options.is_empty()
            && self.session.registered.is_empty();
        let is_settled = self.lineage.overlay.is_empty()
            && engine.policy().is_whole()
            && engine.catalog().is_fixed();
        if !is_the_sites || !is_settled {
            return None;
        }
        let known = &self.lineage.known;
        Some(Key {
            version: known.version(),
            era: (self.era(self.at)?, known.ended_cuts(self.seconds())),
            who: engine.policy().principal(self.principal),
            table: found.name.clone(),
            physical: resource.physical.to_vec(),
        })
    }

    fn era(&self, at: SystemTime) -> Option<usize> {
        self.engine.policy().rules().era(at)
    }
}

impl Kept {
    /// What was kept under a key.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Obligations>> {
        let shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.by_key.get(key).map(Arc::clone)
    }

    /// Keeps an answer. A newer version of the store puts an end to those of older ones.
    pub(super) fn put(&self, key: Key, obligations: Arc<Obligations>) {
        // A table without masks takes room too.
        let weight = obligations.masks.len().saturating_add(1);
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if key.version < shelf.version || weight > MOST {
            return;
        }
        if key.version > shelf.version || shelf.masks.saturating_add(weight) > MOST {
            *shelf = Shelf {
                version: key.version,
                ..Shelf::default()
            };
        }
        shelf.masks = shelf.masks.saturating_add(weight);
        shelf.by_key.insert(key, obligations);
    }
}
