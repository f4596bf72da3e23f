//! How the tree of an index is made: what hangs below a node is sorted by its keys, and what is together then is a child.

use super::{Child, Hashed, Index, NODE, Node, Stretch, slot};
use crate::source::ranger::chain::Chain;
use crate::source::ranger::definition::Levels;
use crate::source::ranger::error::LoadError;
use crate::source::ranger::level::{Key, Shape};

/// More combinations of values than this, and a chain is no longer told apart by a level.
const MOST_PATHS: usize = 1_024;

/// So many are compared one by one.
const FEW: usize = 4;

/// The same where looking means to look at each place of a value.
const FEW_INFIXES: usize = 8;

/// A chain on its way down the tree.
#[derive(Clone, Copy)]
struct Hung<'a> {
    /// Where it hangs at the level above.
    key: Key,
    chain: &'a Chain,
    entry: u32,
    /// In how many places it hangs so far.
    paths: usize,
}

impl Hung<'_> {
    /// What hangs together: two beginnings of one hash do, whatever their lengths.
    fn place(&self) -> (u8, u32) {
        match self.key {
            Key::Any => (0, 0),
            Key::Whole(hash) => (1, hash),
            Key::Prefix(hash, _) => (2, hash),
            Key::Suffix(hash, _) => (3, hash),
            Key::Shaped(hash, _) => (4, hash),
            Key::Infix(hash, _) => (5, hash),
        }
    }
}

/// What a node has several of, before it is put to those of the others.
#[derive(Default)]
struct Parts {
    always: Vec<Child>,
    keyed: Vec<Child>,
    shaped: Vec<Child>,
    prefixes: Vec<usize>,
    suffixes: Vec<usize>,
    infixes: Vec<usize>,
    shapes: Vec<Shape>,
}

impl Index {
    /// # Errors
    /// There are more places than numbers for them: one without would be overlooked.
    pub fn build<'a>(
        levels: &Levels,
        chains: impl Iterator<Item = (&'a Chain, u32)>,
    ) -> Result<Self, LoadError> {
        let hung = chains.map(|(chain, entry)| Hung {
            key: Key::Any,
            chain,
            entry,
            paths: 1,
        });
        let hung: Vec<_> = hung.collect();
        let mut index = Self::default();
        index.hashed.reserve(hung.len());
        index.root = index.grow(&levels.order, &hung);
        let most = [
            index.entries.len(),
            index.children.len(),
            index.lengths.len(),
        ];
        let most = most
            .into_iter()
            .chain([index.shapes.len(), index.nodes.len()])
            .max();
        // An eighth of what 32 bits hold: a slot has 29 for the node.
        if most.is_some_and(|most| most > place(NODE >> 3)) {
            return Err(LoadError::TooLarge);
        }
        Ok(index)
    }

    fn grow(&mut self, order: &[usize], hung: &[Hung<'_>]) -> Child {
        if hung.len() <= FEW {
            return self.leaf(hung);
        }
        let keys = hung.iter().fold(0, |keys, one| keys | one.chain.keys());
        // Levels that none of them has tell nothing.
        let next = order.iter().position(|level| keys >> level & 1 == 1);
        let Some((position, deeper)) = next.and_then(|at| order.get(at..)?.split_first()) else {
            return self.leaf(hung);
        };
        let mut keyed: Vec<Hung<'_>> = Vec::with_capacity(hung.len());
        for one in hung {
            hang(one, *position, &mut keyed);
        }
        compare_few_infixes(&mut keyed);
        keyed.sort_unstable_by_key(Hung::place);
        let number = number(self.nodes.len());
        self.nodes.push(Node::default());
        let mut parts = Parts::default();
        for together in keyed.chunk_by(|one, other| one.place() == other.place()) {
            let child = self.grow(deeper, together);
            self.attach(number, child, together, &mut parts);
        }
        let has_whole = keyed.iter().any(|one| matches!(one.key, Key::Whole(_)));
        let node = self.node(*position, has_whole, parts);
        if let Some(slot) = self.nodes.get_mut(place(number)) {
            *slot = node;
        }
        Child {
            at: number,
            count: NODE,
        }
    }

    /// Where a child is found below its node.
    fn attach(&mut self, node: u32, child: Child, together: &[Hung<'_>], parts: &mut Parts) {
        for one in together {
            match one.key {
                Key::Any | Key::Whole(_) => break,
                Key::Prefix(_, length) => insert(&mut parts.prefixes, length),
                Key::Suffix(_, length) => insert(&mut parts.suffixes, length),
                Key::Infix(_, length) => insert(&mut parts.infixes, length),
                Key::Shaped(_, shape) if parts.shapes.contains(&shape) => {}
                Key::Shaped(_, shape) => parts.shapes.push(shape),
            }
        }
        let Some(first) = together.first() else {
            return;
        };
        let (kind, hash) = match first.key {
            Key::Any => return parts.always.push(child),
            Key::Whole(hash) => (Hashed::Whole, hash),
            Key::Prefix(hash, _) => (Hashed::Prefix, hash),
            Key::Suffix(hash, _) => (Hashed::Suffix, hash),
            Key::Infix(hash, _) => (Hashed::Infix, hash),
            Key::Shaped(hash, _) => {
                parts.shaped.push(child);
                (Hashed::Shaped, hash)
            }
        };
        if !matches!(kind, Hashed::Shaped) {
            parts.keyed.push(child);
        }
        self.hashed.insert(slot(node, kind, hash), child);
    }

    fn node(&mut self, position: usize, has_whole: bool, parts: Parts) -> Node {
        let always = put(&mut self.children, parts.always);
        let mut keyed = put(&mut self.children, parts.keyed);
        // Next to the others, so that all of them are one stretch too.
        let shaped = put(&mut self.children, parts.shaped);
        keyed.count = keyed.count.saturating_add(shaped.count);
        Node {
            position,
            has_whole,
            always,
            keyed,
            shaped,
            prefixes: put(&mut self.lengths, parts.prefixes),
            suffixes: put(&mut self.lengths, parts.suffixes),
            infixes: put(&mut self.lengths, parts.infixes),
            shapes: put(&mut self.shapes, parts.shapes),
        }
    }

    fn leaf(&mut self, hung: &[Hung<'_>]) -> Child {
        let at = number(self.entries.len());
        self.entries.extend(hung.iter().map(|one| one.entry));
        Child {
            at,
            count: number(hung.len()),
        }
    }
}

/// Where a chain hangs below one level.
fn hang<'a>(one: &Hung<'a>, position: usize, into: &mut Vec<Hung<'a>>) {
    let keys = one
        .chain
        .level(position)
        .map_or(&[][..], |level| level.keys());
    let paths = one.paths.saturating_mul(keys.len());
    if keys.is_empty() || keys.contains(&Key::Any) || paths > MOST_PATHS {
        return into.push(Hung {
            key: Key::Any,
            ..*one
        });
    }
    into.extend(keys.iter().map(|key| Hung {
        key: *key,
        paths,
        ..*one
    }));
}

/// A few patterns that are looked for at each place of a value are compared sooner than found.
fn compare_few_infixes(keyed: &mut [Hung<'_>]) {
    let infix = |one: &&mut Hung<'_>| matches!(one.key, Key::Infix(..));
    if keyed.iter_mut().filter(infix).count() <= FEW_INFIXES {
        for one in keyed.iter_mut().filter(infix) {
            one.key = Key::Any;
        }
    }
}

fn insert(lengths: &mut Vec<usize>, length: usize) {
    if let Err(place) = lengths.binary_search(&length) {
        lengths.insert(place, length);
    }
}

fn put<T>(list: &mut Vec<T>, own: Vec<T>) -> Stretch {
    let at = number(list.len());
    let count = number(own.len());
    list.extend(own);
    Stretch { at, count }
}

/// Documents with more entries than numbers do not fit into memory.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(NODE)
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
