//! Finds the few policies that a resource may be about among many (issue 7, speed).
//!
//! A tree of the levels from the root down. At each level a policy hangs under the [`Key`](super::level::Key)s of its values: whole, by what they
//! begin with (also with `?` in it), end with or have in the middle; or where it is always found, because an index cannot tell or it does not have the
//! level. Where few are left they are not told apart any further. A look-up follows what the request's value could belong to.
//!
//! All nodes share one hash table and one list for each thing they have several of: a tree of thousands of nodes is a handful of allocations.
//! Invariant: every chain that lies to the resource as [`Match`](super::chain::Match) says is found. What is found may be about something else:
//! the caller compares.

mod build;

use std::collections::HashMap;

use super::hasher::Fast;
use super::level::{Shape, Value};
use super::request::Resource;
use super::text::Text;

/// The tree.
#[derive(Debug, Default)]
pub(super) struct Index {
    root: Child,
    nodes: Vec<Node>,
    /// By node, kind of key and hash, as [`slot`] says.
    hashed: HashMap<u64, Child, Fast>,
    /// Of all nodes.
    children: Vec<Child>,
    /// Of all nodes, in bytes.
    lengths: Vec<usize>,
    /// Of all nodes.
    shapes: Vec<Shape>,
    /// What the leaves hold.
    entries: Vec<u32>,
}

/// A leaf: a stretch of the entries; or a node.
#[derive(Debug, Clone, Copy, Default)]
struct Child {
    at: u32,
    /// [`NODE`] for a node.
    count: u32,
}

const NODE: u32 = u32::MAX;

/// Tells the values of one level apart.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// The level.
    position: usize,
    has_whole: bool,
    /// The children that are always looked at.
    always: Stretch,
    /// All other children.
    keyed: Stretch,
    /// Those of them that hang by a [`Shape`].
    shaped: Stretch,
    /// Ascending.
    prefixes: Stretch,
    /// Ascending.
    suffixes: Stretch,
    /// Ascending.
    infixes: Stretch,
    shapes: Stretch,
}

/// Some of a list.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    at: u32,
    count: u32,
}

impl Stretch {
    fn of<T>(self, list: &[T]) -> &[T] {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        let count = usize::try_from(self.count).unwrap_or_default();
        list.get(at..at.saturating_add(count)).unwrap_or_default()
    }
}

/// The kinds of keys that are hashed.
#[derive(Debug, Clone, Copy)]
enum Hashed {
    Whole,
    Prefix,
    Suffix,
    Shaped,
    Infix,
}

/// Different for different places: an index that took two for one would lose a policy.
fn slot(node: u32, kind: Hashed, hash: u32) -> u64 {
    let kind: u64 = match kind {
        Hashed::Whole => 0,
        Hashed::Prefix => 1,
        Hashed::Suffix => 2,
        Hashed::Shaped => 3,
        Hashed::Infix => 4,
    };
    // There are fewer nodes than 2^29: the index is not made otherwise.
    (u64::from(node) << 35) | (kind << 32) | u64::from(hash)
}

impl Index {
    /// The entries that may be about a resource; with `descend` also those about what lies below it. Ascending, each once.
    pub fn find(&self, resource: &Resource, descend: bool) -> Vec<u32> {
        let mut found = Vec::new();
        self.walk(self.root, resource, descend, &mut found);
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    fn walk(&self, child: Child, resource: &Resource, descend: bool, found: &mut Vec<u32>) {
        if child.count != NODE {
            let leaf = Stretch {
                at: child.at,
                count: child.count,
            };
            found.extend_from_slice(leaf.of(&self.entries));
            return;
        }
        let node = usize::try_from(child.at)
            .ok()
            .and_then(|at| self.nodes.get(at));
        let Some(node) = node else {
            return;
        };
        let mut go = |child: Child| self.walk(child, resource, descend, found);
        node.always
            .of(&self.children)
            .iter()
            .copied()
            .for_each(&mut go);
        let value = resource.values.get(node.position).unwrap_or(&Value::Absent);
        match value {
            Value::One(text) if !value.is_all() => self.look(child.at, node, text, &mut go),
            // All values of a level that is there are a policy's only where it is about all: such a policy is always looked at.
            Value::One(_) => {}
            Value::Absent if !descend => {}
            Value::Absent | Value::Many(_) => {
                node.keyed.of(&self.children).iter().copied().for_each(go);
            }
        }
    }

    fn look(&self, number: u32, node: &Node, value: &Text, go: &mut impl FnMut(Child)) {
        let mut look = |kind: Hashed, hash: u32| {
            if let Some(child) = self.hashed.get(&slot(number, kind, hash)) {
                go(*child);
            }
        };
        if node.has_whole {
            look(Hashed::Whole, value.hash());
        }
        // The shortest first: where one is too long, so are the others.
        let lengths = node.prefixes.of(&self.lengths).iter();
        for hash in lengths.map_while(|length| value.prefix(*length)) {
            look(Hashed::Prefix, hash);
        }
        let lengths = node.suffixes.of(&self.lengths).iter();
        for hash in lengths.map_while(|length| value.suffix(*length)) {
            look(Hashed::Suffix, hash);
        }
        for length in node.infixes.of(&self.lengths) {
            for hash in value.infixes(*length) {
                look(Hashed::Infix, hash);
            }
        }
        for shape in node.shapes.of(&self.shapes) {
            let Some(hash) = value.prefix_without(shape.length, shape.open) else {
                continue;
            };
            if !value.begins_with_ascii(shape.length) {
                // A character of several bytes may stand for `?`: all are compared.
                node.shaped.of(&self.children).iter().copied().for_each(go);
                return;
            }
            look(Hashed::Shaped, hash);
        }
    }
}
