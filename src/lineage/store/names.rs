//! Which datasets may be the same one, by their names alone. Pure.
//!
//! A dataset is found by any of its physical names, else by its logical name. Physical names are compared by whoever asks, who knows which servers
//! are the same; here they are only brought near: candidates have the same path below their server, or one above or below it.

use crate::catalog::TableName;
use crate::lineage::Dataset;
use crate::policy::fold;

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
