//! Finds the few policies that a resource may be about among many (issue 7, speed).
//!
//! A tree of the levels from the root down. At each level a policy hangs under its values: whole, by what they begin with (also with `?` in it), or
//! by what they end with, as hashes of the text without regard to case; or under `any` where an index cannot tell. Where few are left they are not
//! told apart any further. A look-up follows what the request's value could belong to.
//! Invariant: every chain that lies to the resource as [`Match`](super::chain::Match) says is found. What is found may be about something else:
//! the caller compares.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::chain::Chain;
use super::definition::Levels;
use super::level::{Atom, Value};
use super::request::Resource;
use super::text::{Text, hash};

/// More combinations of values than this, and a level is hung under `any`.
const MOST_PATHS: usize = 1_024;

/// So many are compared one by one.
const FEW: usize = 4;

/// Room for what most look-ups find.
const FOUND: usize = 16;

/// The tree.
#[derive(Debug, Default)]
pub(super) struct Index {
    root: Child,
    nodes: Vec<Node>,
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
#[derive(Debug)]
struct Node {
    /// The level.
    position: usize,
    branch: Branch,
    /// Those that do not have the level.
    without: Option<Child>,
}

/// The children below one level.
#[derive(Debug, Default)]
struct Branch {
    any: Option<Child>,
    whole: Hashed,
    prefixes: Hashed,
    /// In bytes, ascending.
    prefix_lengths: Vec<usize>,
    suffixes: Hashed,
    suffix_lengths: Vec<usize>,
    shaped: Hashed,
    shapes: Vec<Shape>,
}

/// A beginning of ASCII with `?` in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    /// In bytes, 64 at most.
    length: usize,
    /// The places of `?`, as bits.
    open: u64,
}

type Hashed = HashMap<u64, Child, BuildHasherDefault<Identity>>;

/// Keys are hashes already.
#[derive(Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Where a value hangs.
#[derive(Debug, Clone, Copy)]
enum Key {
    Any,
    Whole(u64),
    Prefix(u64, usize),
    Suffix(u64, usize),
    Shaped(u64, Shape),
}

impl Key {
    /// What hangs together: two beginnings of one hash do, whatever their lengths.
    fn place(self) -> (u8, u64) {
        match self {
            Self::Any => (0, 0),
            Self::Whole(hash) => (1, hash),
            Self::Prefix(hash, _) => (2, hash),
            Self::Suffix(hash, _) => (3, hash),
            Self::Shaped(hash, _) => (4, hash),
        }
    }
}

/// A chain on its way down the tree.
#[derive(Clone, Copy)]
struct Item<'a> {
    chain: &'a Chain,
    entry: u32,
    /// In how many places it hangs so far.
    paths: usize,
}

impl Index {
    pub fn build<'a>(levels: &Levels, chains: impl Iterator<Item = (&'a Chain, u32)>) -> Self {
        let items: Vec<_> = chains
            .map(|(chain, entry)| Item {
                chain,
                entry,
                paths: 1,
            })
            .collect();
        let mut index = Self::default();
        index.root = index.grow(&levels.order, &items);
        index
    }

    fn grow(&mut self, levels: &[usize], items: &[Item<'_>]) -> Child {
        let Some((position, deeper)) = levels.split_first().filter(|_| items.len() > FEW) else {
            return self.leaf(items.iter());
        };
        let (with, without): (Vec<_>, Vec<_>) = items
            .iter()
            .partition(|item| item.chain.level(*position).is_some());
        if with.is_empty() {
            return self.grow(deeper, items);
        }
        let mut keyed: Vec<(Key, Item<'_>)> = Vec::with_capacity(with.len());
        for item in with {
            keys(item, *position, &mut keyed);
        }
        keyed.sort_unstable_by_key(|(key, _)| key.place());
        let mut branch = Branch::default();
        for together in keyed.chunk_by(|(one, _), (other, _)| one.place() == other.place()) {
            let child = if together.len() > FEW {
                let items: Vec<_> = together.iter().map(|(_, item)| *item).collect();
                self.grow(deeper, &items)
            } else {
                self.leaf(together.iter().map(|(_, item)| item))
            };
            for (key, _) in together {
                branch.hang(*key, child);
            }
        }
        let without = (!without.is_empty()).then(|| {
            let items: Vec<_> = without.into_iter().copied().collect();
            self.grow(deeper, &items)
        });
        let at = u32::try_from(self.nodes.len()).unwrap_or(NODE);
        self.nodes.push(Node {
            position: *position,
            branch,
            without,
        });
        Child { at, count: NODE }
    }

    fn leaf<'i, 'a: 'i>(&mut self, items: impl Iterator<Item = &'i Item<'a>>) -> Child {
        let at = self.entries.len();
        self.entries.extend(items.map(|item| item.entry));
        let count = self.entries.len().saturating_sub(at);
        // Documents with more entries than numbers do not fit into memory.
        Child {
            at: u32::try_from(at).unwrap_or(NODE),
            count: u32::try_from(count).unwrap_or(NODE),
        }
    }

    /// The entries that may be about a resource; with `descend` also those about what lies below it. Ascending, each once.
    pub fn find(&self, resource: &Resource, descend: bool) -> Vec<u32> {
        let mut found = Vec::with_capacity(FOUND);
        self.walk(self.root, resource, descend, &mut found);
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    fn walk(&self, child: Child, resource: &Resource, descend: bool, found: &mut Vec<u32>) {
        let Ok(at) = usize::try_from(child.at) else {
            return;
        };
        if child.count != NODE {
            let end = usize::try_from(child.count).map_or(at, |count| at.saturating_add(count));
            found.extend_from_slice(self.entries.get(at..end).unwrap_or_default());
            return;
        }
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        let mut go = |child: Child| self.walk(child, resource, descend, found);
        if let Some(without) = node.without {
            go(without);
        }
        let branch = &node.branch;
        if let Some(any) = branch.any {
            go(any);
        }
        let value = resource.values.get(node.position).unwrap_or(&Value::Absent);
        match value {
            Value::One(text) if !value.is_all() => branch.of(text, &mut go),
            // All values of a level that is there are a policy's only where it is about all: `any` above.
            Value::One(_) => {}
            Value::Absent if !descend => {}
            Value::Absent | Value::Many(_) => branch.all(&mut go),
        }
    }
}

/// Where a chain hangs below one level.
fn keys<'a>(item: &Item<'a>, position: usize, into: &mut Vec<(Key, Item<'a>)>) {
    let patterns = item
        .chain
        .level(position)
        .and_then(|level| level.indexable());
    let Some(patterns) =
        patterns.filter(|list| list.len().saturating_mul(item.paths) <= MOST_PATHS)
    else {
        return into.push((Key::Any, *item));
    };
    let paths = item.paths.saturating_mul(patterns.len());
    into.extend(
        patterns
            .into_iter()
            .map(|pattern| (key(pattern), Item { paths, ..*item })),
    );
}

impl Branch {
    fn hang(&mut self, key: Key, child: Child) {
        let lengthen = |lengths: &mut Vec<usize>, length| {
            if let Err(place) = lengths.binary_search(&length) {
                lengths.insert(place, length);
            }
        };
        match key {
            Key::Any => self.any = Some(child),
            Key::Whole(hash) => drop(self.whole.insert(hash, child)),
            Key::Prefix(hash, length) => {
                lengthen(&mut self.prefix_lengths, length);
                self.prefixes.insert(hash, child);
            }
            Key::Suffix(hash, length) => {
                lengthen(&mut self.suffix_lengths, length);
                self.suffixes.insert(hash, child);
            }
            Key::Shaped(hash, shape) => {
                if !self.shapes.contains(&shape) {
                    self.shapes.push(shape);
                }
                self.shaped.insert(hash, child);
            }
        }
    }

    fn of(&self, value: &Text, go: &mut impl FnMut(Child)) {
        let mut look = |hashed: &Hashed, hash: u64| {
            if let Some(child) = hashed.get(&hash) {
                go(*child);
            }
        };
        if !self.whole.is_empty() {
            look(&self.whole, value.hash());
        }
        // The shortest first: where one is too long, so are the others.
        for hash in self.prefix_lengths.iter().map_while(|at| value.prefix(*at)) {
            look(&self.prefixes, hash);
        }
        for hash in self.suffix_lengths.iter().map_while(|at| value.suffix(*at)) {
            look(&self.suffixes, hash);
        }
        let value = value.folded.as_bytes();
        for shape in &self.shapes {
            let Some(beginning) = value.get(..shape.length) else {
                continue;
            };
            if !beginning.is_ascii() {
                // A character of several bytes may stand for `?`: all are compared.
                self.shaped.values().for_each(|child| go(*child));
                return;
            }
            if let Some(child) = self.shaped.get(&shape.hash(beginning.iter())) {
                go(*child);
            }
        }
    }

    fn all(&self, go: &mut impl FnMut(Child)) {
        for hashed in [&self.whole, &self.prefixes, &self.suffixes, &self.shaped] {
            hashed.values().for_each(|child| go(*child));
        }
    }
}

fn key(pattern: &[Atom]) -> Key {
    match pattern {
        [] => Key::Whole(hash("".bytes())),
        [Atom::Text(text)] => Key::Whole(hash(text.bytes())),
        [Atom::Text(_), Atom::One, ..] | [Atom::One, ..] => shaped(pattern),
        [Atom::Text(text), ..] => Key::Prefix(hash(text.bytes()), text.len()),
        [.., Atom::Text(text)] => Key::Suffix(hash(text.bytes().rev()), text.len()),
        _ => Key::Any,
    }
}

/// What comes before the first `*`.
fn shaped(pattern: &[Atom]) -> Key {
    let mut beginning: Vec<u8> = Vec::new();
    let mut open = 0;
    for atom in pattern {
        match atom {
            Atom::Any => break,
            Atom::One => {
                open |= 1_u64
                    .checked_shl(u32::try_from(beginning.len()).unwrap_or(64))
                    .unwrap_or(0);
                beginning.push(b'?');
            }
            Atom::Text(text) => beginning.extend_from_slice(text.as_bytes()),
        }
    }
    if beginning.len() > 64 || !beginning.is_ascii() {
        return Key::Any;
    }
    let shape = Shape {
        length: beginning.len(),
        open,
    };
    Key::Shaped(shape.hash(beginning.iter()), shape)
}

impl Shape {
    /// Of the bytes that are not open, and of the shape itself.
    fn hash<'a>(self, bytes: impl Iterator<Item = &'a u8>) -> u64 {
        let open = |at: usize| self.open >> at & 1 == 1;
        let bytes = bytes.enumerate();
        let shown = bytes.map(|(at, byte)| if open(at) { b'?' } else { *byte });
        hash(self.open.to_le_bytes().into_iter().chain(shown))
    }
}
