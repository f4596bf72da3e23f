//! Finds the few policies that a resource may be about among many (issue 7, speed).
//!
//! A tree of the levels from the root down. At each level a policy hangs under its values: whole, by what they begin with, or by what they end
//! with, as hashes of the text without regard to case; or under `any` where an index cannot tell. A look-up follows what the request's value
//! could belong to.
//! Invariant: every chain that lies to the resource as [`Match`](super::chain::Match) says is found. What is found may be about something else:
//! the caller compares.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::chain::Chain;
use super::definition::Levels;
use super::level::{Atom, Value};
use super::request::Resource;

/// More combinations of values than this, and a level is hung under `any`.
const MOST_PATHS: usize = 1_024;

/// The tree; the first node is the root.
#[derive(Debug)]
pub(super) struct Index {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// What ends here.
    here: Vec<u32>,
    /// The next levels, by their positions.
    below: Vec<(usize, Branch)>,
}

/// The nodes below one level.
#[derive(Debug, Default)]
struct Branch {
    any: Option<u32>,
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

type Hashed = HashMap<u64, u32, BuildHasherDefault<Identity>>;

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
enum Key {
    Any,
    Whole(u64),
    Prefix(u64, usize),
    Suffix(u64, usize),
    Shaped(u64, Shape),
}

impl Default for Index {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

impl Index {
    pub fn insert(&mut self, levels: &Levels, chain: &Chain, entry: u32) {
        let mut ends = vec![0_u32];
        for position in &levels.order {
            let Some(level) = chain.level(*position) else {
                continue;
            };
            let keys: Vec<Key> = match level.indexable() {
                Some(patterns) if patterns.len() * ends.len() <= MOST_PATHS => {
                    patterns.into_iter().map(key).collect()
                }
                Some(_) | None => vec![Key::Any],
            };
            let mut next = Vec::with_capacity(keys.len() * ends.len());
            for end in ends {
                next.extend(
                    keys.iter()
                        .filter_map(|key| self.child(end, *position, key)),
                );
            }
            ends = next;
        }
        for end in ends {
            if let Some(node) = self.node(end)
                && node.here.last() != Some(&entry)
            {
                node.here.push(entry);
            }
        }
    }

    fn node(&mut self, at: u32) -> Option<&mut Node> {
        self.nodes.get_mut(usize::try_from(at).ok()?)
    }

    fn child(&mut self, at: u32, position: usize, key: &Key) -> Option<u32> {
        let next = u32::try_from(self.nodes.len()).ok()?;
        let node = self.node(at)?;
        let found = node.below.iter().position(|(own, _)| *own == position);
        let place = found.unwrap_or_else(|| {
            node.below.push((position, Branch::default()));
            node.below.len() - 1
        });
        let (_, branch) = node.below.get_mut(place)?;
        let child = branch.child(key, next);
        if child == next {
            self.nodes.push(Node::default());
        }
        Some(child)
    }

    /// The entries that may be about a resource; with `descend` also those about what lies below it. Ascending, each once.
    pub fn find(&self, resource: &Resource, descend: bool) -> Vec<u32> {
        let mut found = Vec::new();
        if self.nodes.len() == 1 && self.nodes.first().is_some_and(|root| root.here.is_empty()) {
            return found;
        }
        self.walk(0, resource, descend, &mut found);
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    fn walk(&self, at: u32, resource: &Resource, descend: bool, found: &mut Vec<u32>) {
        let Some(node) = usize::try_from(at).ok().and_then(|at| self.nodes.get(at)) else {
            return;
        };
        found.extend_from_slice(&node.here);
        for (position, branch) in &node.below {
            let value = resource.values.get(*position).unwrap_or(&Value::Absent);
            let mut go = |child: u32| self.walk(child, resource, descend, found);
            if let Some(any) = branch.any {
                go(any);
            }
            match value {
                Value::One(text) if !value.is_all() => branch.of(text.folded.as_bytes(), &mut go),
                // All values of a level that is there are a policy's only where it is about all: `any` above.
                Value::One(_) => {}
                Value::Absent if !descend => {}
                Value::Absent | Value::Many(_) => branch.all(&mut go),
            }
        }
    }
}

impl Branch {
    fn child(&mut self, key: &Key, next: u32) -> u32 {
        let lengthen = |lengths: &mut Vec<usize>, length| {
            if let Err(place) = lengths.binary_search(&length) {
                lengths.insert(place, length);
            }
        };
        match key {
            Key::Any => *self.any.get_or_insert(next),
            Key::Whole(hash) => *self.whole.entry(*hash).or_insert(next),
            Key::Prefix(hash, length) => {
                lengthen(&mut self.prefix_lengths, *length);
                *self.prefixes.entry(*hash).or_insert(next)
            }
            Key::Suffix(hash, length) => {
                lengthen(&mut self.suffix_lengths, *length);
                *self.suffixes.entry(*hash).or_insert(next)
            }
            Key::Shaped(hash, shape) => {
                if !self.shapes.contains(shape) {
                    self.shapes.push(*shape);
                }
                *self.shaped.entry(*hash).or_insert(next)
            }
        }
    }

    fn of(&self, value: &[u8], go: &mut impl FnMut(u32)) {
        if !self.whole.is_empty()
            && let Some(child) = self.whole.get(&hash(value.iter()))
        {
            go(*child);
        }
        parts(&self.prefixes, &self.prefix_lengths, value.iter(), go);
        parts(&self.suffixes, &self.suffix_lengths, value.iter().rev(), go);
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

    fn all(&self, go: &mut impl FnMut(u32)) {
        for hashed in [&self.whole, &self.prefixes, &self.suffixes, &self.shaped] {
            hashed.values().for_each(|child| go(*child));
        }
    }
}

/// Looks up the beginnings of a value: hashed once, byte by byte.
fn parts<'a>(
    hashed: &Hashed,
    lengths: &[usize],
    value: impl Iterator<Item = &'a u8>,
    go: &mut impl FnMut(u32),
) {
    let mut lengths = lengths.iter().copied();
    let Some(mut next) = lengths.next() else {
        return;
    };
    let mut state = SEED;
    for (at, byte) in value.enumerate() {
        state = step(state, *byte);
        if at + 1 == next {
            if let Some(child) = hashed.get(&finish(state)) {
                go(*child);
            }
            match lengths.next() {
                Some(length) => next = length,
                None => return,
            }
        }
    }
}

fn key(pattern: &[Atom]) -> Key {
    match pattern {
        [] => Key::Whole(hash([].iter())),
        [Atom::Text(text)] => Key::Whole(hash(text.as_bytes().iter())),
        [Atom::Text(_), Atom::One, ..] | [Atom::One, ..] => shaped(pattern),
        [Atom::Text(text), ..] => Key::Prefix(hash(text.as_bytes().iter()), text.len()),
        [.., Atom::Text(text)] => Key::Suffix(hash(text.as_bytes().iter().rev()), text.len()),
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
        finish(bytes.fold(SEED ^ self.open, |state, (at, byte)| {
            step(state, if open(at) { b'?' } else { *byte })
        }))
    }
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn step(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Spreads the bits: the table takes them from both ends.
fn finish(state: u64) -> u64 {
    let mixed = (state ^ (state >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

fn hash<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    finish(bytes.fold(SEED, |state, byte| step(state, *byte)))
}
