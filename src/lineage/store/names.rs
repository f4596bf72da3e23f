//! Which datasets may be the same one, by their names alone. Pure.
//!
//! A dataset is found by any of its physical names, else by its logical name. Physical names are compared by whoever asks, who knows which servers
//! are the same; here they are only brought near: candidates have the same path below their server, or one above or below it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::TableName;
use crate::lineage::Dataset;
use crate::policy::fold;

/// Datasets by their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Directory {
    /// By folded logical name.
    by_name: BTreeMap<TableName, Named>,
    /// By folded path below the server.
    by_path: BTreeMap<String, Vec<Arc<Dataset>>>,
}

/// The datasets of one logical name, in order of appearance.
#[derive(Debug, Clone, Default)]
struct Named {
    all: Vec<Arc<Dataset>>,
    /// Those without a physical name.
    placeless: Vec<Arc<Dataset>>,
}

impl Directory {
    /// Adds a dataset that is not there yet.
    pub fn add(&mut self, dataset: &Arc<Dataset>) {
        let named = self.by_name.entry(folded(&dataset.name)).or_default();
        named.all.push(Arc::clone(dataset));
        if dataset.physical.is_empty() {
            named.placeless.push(Arc::clone(dataset));
        }
        for name in &dataset.physical {
            let at = self.by_path.entry(path(name)).or_default();
            at.push(Arc::clone(dataset));
        }
    }

    /// The datasets of a logical name without letter case, in order of appearance.
    pub fn named(&self, name: &TableName) -> &[Arc<Dataset>] {
        let named = self.by_name.get(&folded(name));
        named.map_or(&[], |named| &named.all)
    }

    /// The datasets that are, or may be, the one that is asked for. `itself`: that one, where it is here. `shares`: whether two physical names may be of
    /// the same bytes.
    pub fn alike<'k>(
        &'k self,
        dataset: &Dataset,
        itself: Option<&'k Arc<Dataset>>,
        shares: &dyn Fn(&str, &str) -> bool,
    ) -> BTreeSet<&'k Arc<Dataset>> {
        let mut found: BTreeSet<&Arc<Dataset>> = itself.into_iter().collect();
        // Under another address the same name is another table; where one of the two has none it may be the same. Jobs call many tables `sink`, each at
        // an address of its own: these are not gone through.
        if let Some(named) = self.by_name.get(&folded(&dataset.name)) {
            found.extend(match dataset.physical.is_empty() {
                true => &named.all,
                false => &named.placeless,
            });
        }
        for asked in &dataset.physical {
            for kept in self.near(asked) {
                if kept.physical.iter().any(|name| shares(name, asked)) {
                    found.insert(kept);
                }
            }
        }
        found
    }

    /// The datasets whose path is that of a physical name, or above or below it.
    fn near(&self, physical: &str) -> impl Iterator<Item = &Arc<Dataset>> {
        let path = path(physical);
        let mut found: Vec<&Arc<Dataset>> = above(&path)
            .iter()
            .filter_map(|path| self.by_path.get(*path))
            .flatten()
            .collect();
        let inside = format!("{path}/");
        let below = self.by_path.range(inside.clone()..);
        let below = below.take_while(|(path, _)| path.starts_with(&inside));
        found.extend(below.flat_map(|(_, kept)| kept));
        found.into_iter()
    }
}

/// A logical name without letter case.
pub(super) fn folded(name: &TableName) -> TableName {
    TableName::new(fold(&name.catalog), fold(&name.database), fold(&name.table))
}

/// What stands behind the server, without letter case.
pub(super) fn path(physical: &str) -> String {
    let Some((_, tail)) = physical.split_once("://") else {
        return fold(physical);
    };
    let rest = tail.find('/').and_then(|at| tail.get(at..));
    fold(rest.unwrap_or_default())
}

/// A path, and those above it.
pub(super) fn above(path: &str) -> Vec<&str> {
    let slashes = path.char_indices().filter(|(_, c)| *c == '/');
    let mut above = vec![path];
    above.extend(slashes.filter_map(|(at, _)| path.get(..at)));
    above
}

/// Whether a dataset that is kept is, or may be, the one that is asked for.
#[cfg(feature = "store")]
pub(super) fn is_found(
    kept: &Dataset,
    asked: &Dataset,
    shares: &dyn Fn(&str, &str) -> bool,
) -> bool {
    // Under another address the same name is another table; where one of the two has none it may be the same.
    let by_name = (kept.physical.is_empty() || asked.physical.is_empty() || kept == asked)
        && folded(&kept.name) == folded(&asked.name);
    by_name
        || asked.physical.iter().any(|asked| {
            let wanted = path(asked);
            let near = kept.physical.iter().any(|name| nests(&path(name), &wanted));
            near && kept.physical.iter().any(|name| shares(name, asked))
        })
}

/// Whether one path is the other, or above it.
#[cfg(feature = "store")]
fn nests(one: &str, other: &str) -> bool {
    let below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
    one == other || below(one, other) || below(other, one)
}

/// Whether a cut at one dataset is one at the other.
pub(super) fn is_alike(
    one: &Dataset,
    other: &Dataset,
    shares: &dyn Fn(&str, &str) -> bool,
) -> bool {
    if one.physical.is_empty() || other.physical.is_empty() {
        return one.name == other.name;
    }
    let mut pairs = one
        .physical
        .iter()
        .flat_map(|a| other.physical.iter().map(move |b| (a, b)));
    pairs.any(|(a, b)| shares(a, b))
}
