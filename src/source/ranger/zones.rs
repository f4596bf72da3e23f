//! Security zones: whose policies a resource is under (RANGER.md §2.14).

use std::collections::BTreeMap;

use super::chain::{Chain, Match};
use super::definition::{Definition, Kind};
use super::document::{Resource as Written, Resources, SecurityZone};
use super::facts::Facts;
use super::java;
use super::options::Mode;
use super::policy::Repositories;
use super::request::Resource;

/// A resource of a zone.
#[derive(Debug)]
struct Place {
    chain: Chain,
    /// Its levels as bits, where none has a value: then it lies above nothing.
    blank: Option<u64>,
}

/// A zone.
#[derive(Debug)]
pub(super) struct Zone {
    pub name: String,
    chains: Vec<Place>,
    pub policies: Repositories,
    /// Tag policies of this zone count in it, and not those outside zones.
    pub own_tag_policies: bool,
}

impl Zone {
    pub fn new(
        name: &str,
        written: &SecurityZone,
        policies: Repositories,
        definition: &Definition,
    ) -> Self {
        let shape = &definition.shape(Kind::Access).textual();
        let chains = written.resources.iter().filter_map(|resource| {
            let own = resources(resource, definition);
            let chain = Chain::compile(shape, &definition.levels, &own)?;
            let mut values = resource.values().flatten();
            let positions = resource
                .keys()
                .filter_map(|name| definition.levels.position(name));
            let blank = values.all(|value| value.trim().is_empty());
            let blank = blank.then(|| positions.fold(0, |keys, position| keys | 1 << position));
            Some(Place { chain, blank })
        });
        Self {
            name: name.to_owned(),
            chains: chains.collect(),
            policies,
            own_tag_policies: written.contains_associated_tag_service == Some(true),
        }
    }
}

fn resources(written: &BTreeMap<String, Vec<String>>, definition: &Definition) -> Resources {
    let resource = |(level, values): (&String, &Vec<String>)| {
        let resource = Written {
            values: values.clone(),
            is_excludes: None,
            is_recursive: Some(definition.recursive.contains(level)),
        };
        (level.clone(), resource)
    };
    written.iter().map(resource).collect()
}

/// The zones of a resource; `None` is what lies outside of them all. As Ranger asks them, where that is to be found out.
pub(super) fn of<'a>(
    zones: &'a [Zone],
    resource: &Resource,
    facts: &Facts<'_>,
    definition: &Definition,
) -> Vec<Option<&'a Zone>> {
    let shape = definition.shape(Kind::Access);
    let mut found: Vec<Option<&Zone>> = Vec::new();
    let mut places = 0;
    for zone in zones {
        let lies = zone
            .chains
            .iter()
            .filter(|place| place.blank.is_none_or(|keys| resource.keys & !keys == 0))
            .filter_map(|place| place.chain.lies(shape, resource, facts));
        for (lies, _) in lies {
            places += 1;
            // Only a part of the resource lies in the zone: the rest is outside.
            let outside = (lies == Match::Descendant).then_some(None);
            for one in outside.into_iter().chain([Some(zone)]) {
                let name = |zone: &Option<&Zone>| zone.map(|zone| zone.name.clone());
                if !found.iter().any(|other| name(other) == name(&one)) {
                    found.push(one);
                }
            }
        }
    }
    if facts.mode == Mode::LikeRanger {
        java::sort(&mut found, places, |zone| {
            zone.map(|zone| zone.name.as_str())
        });
    }
    found
}
