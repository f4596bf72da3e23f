//! The resources of a policy against the resource of a request: a chain of levels (RANGER.md §2.3, §2.5).

use std::sync::Arc;

use super::definition::{Hierarchy, Levels, Shape};
use super::document::{Resource as Written, Resources};
use super::facts::Facts;
use super::level::{Level, Options, Value};
use super::request::Resource;

/// How a policy's resource lies to the one asked for, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    /// It is the one.
    Itself,
    /// It is the one and all that lies below.
    AllBelow,
    /// It lies above.
    Ancestor,
    /// It lies below.
    Descendant,
}

/// The resources of a policy: one value list a level.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// By position; those that are written alike are one.
    levels: Box<[(usize, Arc<Level>)]>,
    /// As bits.
    keys: u64,
    /// The place in the shape's chains, where only one fits.
    only: Option<usize>,
    /// Whether some value is a token or an expression.
    pub moving: bool,
}

impl Chain {
    /// `None` where the levels fit no chain: then it is about nothing.
    pub fn compile(shape: &Shape, levels: &Levels, written: &Resources) -> Option<Self> {
        Self::compile_with(shape, levels, written, |_, options, resource| {
            Level::compile(options, resource).into()
        })
    }

    /// The same, where `level` makes each level by its position, or has it already.
    pub fn compile_with<'w>(
        shape: &Shape,
        levels: &Levels,
        written: &'w Resources,
        mut level: impl FnMut(usize, &Arc<Options>, &'w Written) -> Arc<Level>,
    ) -> Option<Self> {
        let mut keys = 0;
        let mut own = Vec::with_capacity(written.len());
        for (name, resource) in written {
            let position = levels.position(name)?;
            let options = shape.options.get(position)?.as_ref()?;
            keys |= 1 << position;
            own.push((position, level(position, options, resource)));
        }
        let fitting =
            |(_, chain): &(usize, &Hierarchy)| chain.keys & keys == keys && chain.begins_with(keys);
        let mut chains = shape.chains.iter().enumerate().filter(fitting);
        let first = chains.next()?;
        let only = chains.next().is_none().then_some(first.0);
        let moving = own.iter().any(|(_, level)| level.is_moving());
        Some(Self {
            levels: own.into(),
            keys,
            only,
            moving,
        })
    }

    pub fn level(&self, position: usize) -> Option<&Level> {
        let found = self.levels.iter().find(|(own, _)| *own == position);
        found.map(|(_, level)| &**level)
    }

    /// The levels that it has, as bits of their positions.
    pub const fn keys(&self) -> u64 {
        self.keys
    }

    /// Whether each value of the resource begins as one of this chain's does, up to a wildcard.
    pub fn begins(&self, resource: &Resource) -> bool {
        let mut levels = self.levels.iter();
        levels.all(|(position, level)| {
            resource
                .values
                .get(*position)
                .is_some_and(|value| level.begins(value))
        })
    }

    /// Whether Ranger looks for this before it compares.
    pub fn is_looked_for(&self) -> bool {
        self.levels.iter().any(|(_, level)| level.is_looked_for())
    }

    /// Whether Ranger finds the policy by this.
    pub fn finds(&self, resource: &Resource) -> bool {
        let finds = |level: &Level, value: &Value| {
            value.is_all()
                || if level.is_looked_for() {
                    level.finds(value)
                } else {
                    level.begins(value)
                }
        };
        let found = |(position, level): &(usize, Arc<Level>)| {
            let value = resource.values.get(*position);
            value.is_some_and(|value| finds(level, value))
        };
        self.levels.iter().all(found)
    }

    /// The same where the policy was found by another of its resources.
    pub fn found(&self) -> Self {
        let levels = self.levels.iter();
        let found = |level: &Level| Arc::new(level.clone().found());
        Self {
            levels: levels.map(|(at, level)| (*at, found(level))).collect(),
            ..*self
        }
    }

    /// How this lies to the resource that is asked for, and whether that is certain. `None`: it is about something else.
    pub fn lies(
        &self,
        shape: &Shape,
        resource: &Resource,
        facts: &Facts<'_>,
    ) -> Option<(Match, bool)> {
        if self.levels.is_empty() {
            return (resource.size == 0 && !resource.foreign).then_some((Match::Itself, true));
        }
        let hierarchy = self.hierarchy(shape, resource)?;
        let mut found = (resource.size == 0).then_some(Match::Itself);
        let mut certain = true;
        for position in &hierarchy.order {
            let value = resource.values.get(*position)?;
            match self.level(*position) {
                Some(level) if *value != Value::Absent || level.any => {
                    match level.matches(value, facts) {
                        Some(true) => {}
                        Some(false) => return None,
                        None => certain = false,
                    }
                    found = Some(Match::Itself);
                }
                Some(_) => {}
                None => {
                    if *value != Value::Absent {
                        found = Some(Match::Ancestor);
                    }
                    break;
                }
            }
        }
        if found == Some(Match::Itself) && resource.size < self.levels.len() {
            let particular = self.last_particular(hierarchy);
            found = Some(if particular.is_none_or(|last| resource.size > last) {
                Match::AllBelow
            } else {
                Match::Descendant
            });
        }
        found.map(|found| (found, certain))
    }

    fn hierarchy<'s>(&self, shape: &'s Shape, resource: &Resource) -> Option<&'s Hierarchy> {
        if resource.foreign {
            return None;
        }
        let keys = resource.keys;
        let hierarchy = match self.only {
            Some(only) => shape.chains.get(only),
            None if self.keys & keys == keys => shape.shortest(self.keys),
            None if self.keys & keys == self.keys => shape.shortest(keys),
            None => None,
        }?;
        (hierarchy.keys & keys == keys && hierarchy.begins_with(keys)).then_some(hierarchy)
    }

    /// The depth of the last level that is not about all values.
    fn last_particular(&self, hierarchy: &Hierarchy) -> Option<usize> {
        let own = hierarchy
            .order
            .iter()
            .map_while(|position| self.level(*position));
        let particular = own.enumerate().filter(|(_, level)| !level.any);
        particular.map(|(depth, _)| depth).last()
    }
}
