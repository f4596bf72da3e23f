//! Users, groups and roles by number: comparing them is comparing numbers.

use std::collections::HashMap;

use super::hasher::Fast;

/// Names of one kind; with regard to case.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, u32, Fast>);

impl Names {
    /// The numbers of names, new ones if need be; sorted.
    pub fn numbers(&mut self, names: &[String]) -> Box<[u32]> {
        let mut numbers: Vec<_> = names.iter().map(|name| self.number(name)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into()
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.0.get(name) {
            return *number;
        }
        // More names than numbers do not fit into memory.
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(name.to_owned(), next);
        next
    }

    /// The numbers of those names that somebody has; sorted.
    pub fn known<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> Vec<u32> {
        let known = names
            .into_iter()
            .filter_map(|name| self.0.get(name).copied());
        let mut numbers: Vec<_> = known.collect();
        numbers.sort_unstable();
        numbers
    }
}

/// Whether two sorted lists have a number in common.
pub(super) fn meet(left: &[u32], right: &[u32]) -> bool {
    let (few, many) = if left.len() < right.len() {
        (left, right)
    } else {
        (right, left)
    };
    few.iter().any(|number| many.binary_search(number).is_ok())
}
