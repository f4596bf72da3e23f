//! The tags of resources (RANGER.md §2.9).

use std::cmp::Ordering;

use super::chain::{Chain, Match};
use super::definition::{Definition, Kind};
use super::document::{Resources, ServiceTags, Tag};
use super::error::LoadError;
use super::facts::Facts;
use super::index::Index;
use super::request::Resource;
use super::schedule::{BadSchedule, Schedules};

/// What is tagged with what.
#[derive(Debug, Default)]
pub(super) struct TagStore {
    tagged: Vec<Tagged>,
    tags: Vec<(Tag, Schedules)>,
    index: Index,
}

#[derive(Debug)]
struct Tagged {
    chain: Chain,
    kind: Kind,
    tags: Vec<usize>,
    /// How many levels it goes down, not counting those that are `*` or empty.
    depth: usize,
    /// Its levels, as bits.
    keys: u64,
}

/// A tag of the resource that is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct InForce<'a> {
    pub tag: &'a Tag,
    /// How the tagged resource lies to the one asked for.
    pub lies: Match,
    /// Whether it certainly holds, and a policy that was found is certainly about it.
    pub sure: bool,
}

impl InForce<'_> {
    /// The closest first.
    pub fn closer(&self, other: &Self) -> Ordering {
        self.lies.cmp(&other.lies)
    }
}

impl TagStore {
    /// Reads tags. A validity that cannot be read is told: what is tagged so is not known.
    pub fn compile(
        written: &ServiceTags,
        definition: &Definition,
        mut unreadable: impl FnMut(&Tag, BadSchedule),
    ) -> Result<Self, LoadError> {
        let mut store = Self::default();
        // Without a tagged resource Ranger knows no tags at all.
        if written.service_resources.is_empty() {
            return Ok(store);
        }
        let mut places = std::collections::BTreeMap::new();
        for (id, tag) in &written.tags {
            let schedules = Schedules::compile(&tag.validity_periods).unwrap_or_else(|bad| {
                unreadable(tag, bad);
                Schedules::default()
            });
            places.insert(*id, store.tags.len());
            store.tags.push((tag.clone(), schedules));
        }
        for resource in &written.service_resources {
            let ids = resource
                .id
                .and_then(|id| written.resource_to_tag_ids.get(&id));
            let ids = ids.into_iter().flatten();
            let tags: Vec<_> = ids.filter_map(|id| places.get(id).copied()).collect();
            // As Ranger does: the first kind of policy whose levels the resource fits.
            let kinds = [Kind::Access, Kind::Mask, Kind::Filter];
            let found = kinds.into_iter().find_map(|kind| {
                let shape = definition.shape(kind);
                Chain::compile(shape, &definition.levels, &resource.resource_elements)
                    .map(|chain| (kind, chain))
            });
            let Some((kind, chain)) = found.filter(|_| !tags.is_empty()) else {
                continue;
            };
            let depth = depth(&resource.resource_elements, definition);
            let positions = resource.resource_elements.keys();
            let positions = positions.filter_map(|name| definition.levels.position(name));
            let keys = positions.fold(0, |keys, position| keys | 1 << position);
            store.tagged.push(Tagged {
                chain,
                kind,
                tags,
                depth,
                keys,
            });
        }
        if u32::try_from(store.tagged.len()).is_err() {
            return Err(LoadError::TooLarge);
        }
        let numbered = (0_u32..).zip(&store.tagged);
        let chains = numbered.map(|(at, tagged)| (&tagged.chain, at));
        store.index = Index::build(&definition.levels, chains)?;
        Ok(store)
    }

    /// Every tag.
    pub fn every(&self) -> impl Iterator<Item = &Tag> {
        self.tags.iter().map(|(tag, _)| tag)
    }

    /// Every tag that is in force, as of something below: what Ranger takes where anything may be done with no resource in particular.
    pub fn all<'a>(&'a self, facts: &Facts<'_>) -> Vec<InForce<'a>> {
        let mut found: Vec<InForce<'a>> = Vec::new();
        for (tag, schedules) in &self.tags {
            let in_force = schedules.decide(facts);
            if in_force != Some(false) && !found.iter().any(|other| other.tag == tag) {
                found.push(InForce {
                    tag,
                    lies: Match::Descendant,
                    sure: in_force == Some(true),
                });
            }
        }
        found
    }

    /// The tags of a resource: its own, those of what lies above it, and with `below` those of what lies below.
    pub fn of<'a>(
        &'a self,
        resource: &Resource,
        below: bool,
        facts: &Facts<'_>,
        definition: &Definition,
    ) -> Vec<InForce<'a>> {
        let mut found: Vec<InForce<'a>> = Vec::new();
        for entry in self.index.find(resource, below) {
            let tagged = usize::try_from(entry)
                .ok()
                .and_then(|at| self.tagged.get(at));
            let Some(tagged) = tagged else {
                continue;
            };
            let shape = definition.shape(tagged.kind);
            let Some((lies, _)) = tagged.chain.lies(shape, resource, facts) else {
                continue;
            };
            // Ranger looks no deeper than the resource; a level that is `*` is not looked at.
            if !below && (lies == Match::Descendant || tagged.depth > resource.size) {
                continue;
            }
            // What has no value at all lies above nothing.
            if tagged.depth == 0 && resource.keys & !tagged.keys != 0 {
                continue;
            }
            for (tag, schedules) in tagged.tags.iter().filter_map(|at| self.tags.get(*at)) {
                let same = |other: &InForce<'_>| other.lies == lies && other.tag == tag;
                let in_force = schedules.decide(facts);
                if in_force != Some(false) && !found.iter().any(same) {
                    found.push(InForce {
                        tag,
                        lies,
                        sure: in_force == Some(true),
                    });
                }
            }
        }
        found
    }
}

/// The depth of the last level that has a value and not `*` among them; a root may be `*`, and 0 is nothing at all.
fn depth(elements: &Resources, definition: &Definition) -> usize {
    let levels = definition.levels.order.iter();
    let named = levels.filter_map(|at| elements.get(definition.levels.names.get(*at)?));
    let particular = named.enumerate().filter(|(at, level)| {
        level.values.iter().any(|value| !value.trim().is_empty())
            && (*at == 0 || !level.values.iter().any(|value| value == "*"))
    });
    particular.map(|(at, _)| at + 1).last().unwrap_or(0)
}

/// Tags that came with the request.
pub(super) fn given<'a>(tags: &'a [Tag], facts: &Facts<'_>) -> Vec<InForce<'a>> {
    let lies = |tag: &Tag| match tag.match_type.as_str() {
        "SELF_AND_ALL_DESCENDANTS" => Match::AllBelow,
        "ANCESTOR" => Match::Ancestor,
        "DESCENDANT" => Match::Descendant,
        _ => Match::Itself,
    };
    let in_force = |tag: &'a Tag| {
        // A validity that cannot be read does not end the tag.
        let schedules = Schedules::compile(&tag.validity_periods);
        let holds = schedules.map_or(Some(true), |schedules| schedules.decide(facts));
        (holds != Some(false)).then(|| InForce {
            tag,
            lies: lies(tag),
            sure: holds == Some(true),
        })
    };
    tags.iter().filter_map(in_force).collect()
}
