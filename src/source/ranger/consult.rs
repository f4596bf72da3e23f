//! What decisions on access, masks and filters have in common: tags, zones, and which policies are about a resource.

use super::chain::{Chain, Match};
use super::definition::{Definition, Kind};
use super::document::Tag;
use super::facts::Facts;
use super::options::Mode;
use super::policy::{Compiled, Repositories, Wanted};
use super::request::{Access, Request, Resource, Scope};
use super::service::Service;
use super::subject::Subject;
use super::tags::{self, InForce};
use super::zones::{self, Zone};

/// Whose policies count for a resource of which parts lie in several zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Those outside zones, unless anything is asked for: so Ranger decides about the resource itself.
    AsRanger,
    /// Those of all its zones: what may be about something below it.
    All,
}

/// A decision that is being made.
pub(super) struct Consultation<'a> {
    pub subject: &'a Subject<'a>,
    pub service: &'a Service,
    pub request: &'a Request<'a>,
    pub facts: Facts<'a>,
    pub tags: &'a [InForce<'a>],
    pub zone: Option<&'a Zone>,
    /// Anything is asked for, not one access type.
    pub any: bool,
}

impl<'a> Consultation<'a> {
    /// Whether policies about what lies below the resource count.
    pub fn wide(&self) -> bool {
        self.any || self.request.scope == Scope::Descendants
    }

    /// The policies outside zones, or of the zone.
    pub fn policies(&self) -> &'a Repositories {
        self.zone
            .map_or(&self.service.policies, |zone| &zone.policies)
    }

    /// How the alternatives of a policy lie to the resource, those that count.
    pub fn lies(
        &self,
        policy: &'a Compiled,
        kind: Kind,
    ) -> impl Iterator<Item = (Match, bool)> + use<'a> {
        let shape = self.service.definition.shape(kind);
        let (resource, facts, wide) = (self.request.resource, self.facts, self.wide());
        // Ranger finds a policy by any of its resources, and compares all of them then.
        let several = policy.chains.len() > 1;
        let found = several
            && policy.chains.iter().any(Chain::is_looked_for)
            && policy.chains.iter().any(|chain| chain.finds(resource));
        let lying = policy.chains.iter().filter_map(move |chain| {
            if found {
                chain.found().lies(shape, resource, &facts)
            } else {
                chain.lies(shape, resource, &facts)
            }
        });
        lying.filter(move |(lies, _)| match lies {
            Match::Itself | Match::AllBelow => true,
            Match::Descendant => wide,
            Match::Ancestor => false,
        })
    }

    /// The tag policies of a kind that are about one of the resource's tags and hold now, in no order.
    pub fn tag_policies(&self, kind: Kind) -> Vec<(&'a Compiled, InForce<'a>)> {
        let mut found = Vec::new();
        let Some(definition) = &self.service.tag_definition else {
            return found;
        };
        let Some(level) = definition
            .levels
            .names
            .first()
            .filter(|_| !self.tags.is_empty())
        else {
            return found;
        };
        let shape = definition.shape(kind);
        for tag in self.tags {
            let resource = Resource::new(
                &definition.levels,
                [(level.as_str(), vec![tag.tag.kind.clone()])],
            );
            let facts = self.with_tag(tag.tag);
            for policy in self.service.tag_policies.of(kind).policies() {
                let mut chains = policy.chains.iter();
                if !chains.any(|chain| chain.begins(&resource))
                    || !self.in_zone(policy)
                    || policy.schedules.decide(&facts) == Some(false)
                {
                    continue;
                }
                let mut chains = policy.chains.iter();
                let exact = chains.any(|chain| {
                    matches!(
                        chain.lies(shape, &resource, &facts),
                        Some((Match::Itself | Match::AllBelow, true))
                    )
                });
                // Ranger finds a tag's policies by what their values begin with, and never compares the rest. So do we, but such a policy allows
                // nothing here, exempts from nothing, and closes where it is the first that would mask or filter.
                let sure = exact || facts.mode == Mode::LikeRanger;
                let sure = sure && tag.sure;
                found.push((policy, InForce { sure, ..*tag }));
            }
        }
        found
    }

    /// Tag policies outside zones count but where a zone has its own.
    fn in_zone(&self, policy: &Compiled) -> bool {
        match self.zone {
            Some(zone) if zone.own_tag_policies => policy.zone == zone.name,
            Some(_) | None => policy.zone.is_empty(),
        }
    }

    pub fn with_tag(&self, tag: &'a Tag) -> Facts<'a> {
        Facts {
            tag: Some(tag),
            ..self.facts
        }
    }

    /// The access types that are asked for, in a definition's numbers.
    pub fn wanted(&self, definition: &Definition) -> Asked {
        let number = |name: &str| Wanted::Type(definition.types.find(name));
        match self.request.access {
            Access::Any => {
                let own = &self.service.definition.types;
                let all = own.defined.iter();
                Asked::Several(all.map(|one| number(own.name(*one))).collect())
            }
            Access::Admin => Asked::One([Wanted::Admin]),
            Access::SuperUser => Asked::One([Wanted::Type(None)]),
            Access::Type(name) => Asked::One([number(name)]),
            Access::OneOf(names) => Asked::Several(names.iter().map(|name| number(name)).collect()),
        }
    }
}

/// The access types of a question; mostly one, without a list made for it.
pub(super) enum Asked {
    One([Wanted; 1]),
    Several(Vec<Wanted>),
}

impl std::ops::Deref for Asked {
    type Target = [Wanted];

    fn deref(&self) -> &[Wanted] {
        match self {
            Self::One(one) => one,
            Self::Several(several) => several,
        }
    }
}

impl Subject<'_> {
    /// Finds the tags and the zones of the resource, and asks `decide` for each zone that counts, until one `settles`. `together` makes one answer
    /// of those that came before and the next.
    pub(super) fn consult<T>(
        &self,
        request: &Request<'_>,
        mut decide: impl FnMut(&Consultation<'_>) -> T,
        settles: impl Fn(&T) -> bool,
        together: impl Fn(T, T) -> T,
        which: Which,
    ) -> T {
        let service = self.service;
        let mut facts = self.facts(request);
        let any = *request.access == Access::Any;
        let wide = any || request.scope == Scope::Descendants;
        let nothing = request.resource.is_nothing();
        let tags = match &request.context.tags {
            Some(tags) => tags::given(tags, &facts),
            // Nothing is asked about: Ranger finds no tags then, or all where anything may be done.
            None if nothing && any => service.tags.all(&facts),
            None if nothing => Vec::new(),
            None => service
                .tags
                .of(request.resource, wide, &facts, &service.definition),
        };
        // Conditions about tags see those too that are no longer in force, where all tags are taken.
        let all: Vec<&Tag> = if request.context.tags.is_none() && nothing && any {
            service.tags.every().collect()
        } else {
            tags.iter().map(|tag| tag.tag).collect()
        };
        facts.tags = &all;
        let zones = if service.zones.is_empty() || (nothing && !any) {
            Vec::new()
        } else if nothing {
            let all = service.zones.iter().map(Some);
            std::iter::once(None).chain(all).collect()
        } else {
            zones::of(
                &service.zones,
                request.resource,
                &facts,
                &service.definition,
            )
        };
        let mut consultation = Consultation {
            subject: self,
            service,
            request,
            facts,
            tags: &tags,
            zone: None,
            any,
        };
        let counted = match zones.as_slice() {
            [_, _, ..] if !any && which == Which::AsRanger => &[],
            zones => zones,
        };
        let Some((first, others)) = counted.split_first() else {
            return decide(&consultation);
        };
        consultation.zone = *first;
        let mut said = decide(&consultation);
        for zone in others {
            if settles(&said) {
                break;
            }
            consultation.zone = *zone;
            said = together(said, decide(&consultation));
        }
        said
    }
}
