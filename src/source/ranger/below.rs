//! What lies below a table, where its columns are not all known: whether some mask may be about one of them, or a deny.
//!
//! Stays out: what is done about it; whoever asks closes the table.

use std::collections::BTreeSet;

use super::consult::Which;
use super::definition::{Definition, Kind};
use super::facts::Facts;
use super::level::Atom;
use super::policy::{Compiled, Payload};
use super::request::{Request, Scope};
use super::subject::Subject;
use crate::mask::MaskSpec;

/// The columns of a table that are masked for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MasksBelow {
    /// Those that policies name, without regard to case.
    pub named: BTreeSet<String>,
    /// Every column.
    pub all: bool,
    /// Columns that cannot be listed: patterns, tags, conditions that are not decided.
    pub others: bool,
}

impl Subject<'_> {
    /// The masks below a table: the resource has the levels down to the table.
    #[must_use]
    pub fn masks_below(&self, request: &Request<'_>, column: &str) -> MasksBelow {
        if self.super_user {
            return MasksBelow::default();
        }
        let Some(position) = self.service.definition.levels.position(column) else {
            return MasksBelow {
                others: true,
                ..MasksBelow::default()
            };
        };
        let request = Request {
            scope: Scope::Descendants,
            ..request.clone()
        };
        let collect = |consultation: &super::consult::Consultation<'_>| {
            let mut below = MasksBelow::default();
            let definition = &self.service.definition;
            let repository = consultation.policies().of(Kind::Mask);
            for policy in repository.likely(consultation.request.resource, true) {
                let lies = consultation.lies(policy, Kind::Mask).next().is_some();
                if lies && self.masks(policy, consultation, &consultation.facts, definition) {
                    below.add(policy, position);
                }
            }
            let Some(tags) = &self.service.tag_definition else {
                return below;
            };
            for (policy, tag) in consultation.tag_policies(Kind::Mask) {
                below.others |=
                    self.masks(policy, consultation, &consultation.with_tag(tag.tag), tags);
            }
            below
        };
        let together = |mut before: MasksBelow, next: MasksBelow| {
            before.named.extend(next.named);
            before.all |= next.all;
            before.others |= next.others;
            before
        };
        self.consult(&request, collect, |_| false, together, Which::All)
    }

    /// Whether a policy may mask something for this principal.
    fn masks(
        &self,
        policy: &Compiled,
        consultation: &super::consult::Consultation<'_>,
        facts: &Facts<'_>,
        definition: &Definition,
    ) -> bool {
        if policy.schedules.decide(facts) == Some(false) {
            return false;
        }
        let wanted = consultation.wanted(definition);
        let shown = wanted
            .iter()
            .find_map(|wanted| policy.shows(&self.who, *wanted, facts, definition));
        match shown {
            Some((Payload::Mask { kind, .. }, true)) => {
                !matches!(MaskSpec::from_ranger(kind), Some(MaskSpec::None))
            }
            Some(_) => true,
            None => policy.broken.is_some(),
        }
    }
}

impl MasksBelow {
    fn add(&mut self, policy: &Compiled, position: usize) {
        for chain in &policy.chains {
            match chain.level(position) {
                None => self.others = true,
                Some(level) if level.any && !level.excludes => self.all = true,
                Some(level) => match level.indexable() {
                    None => self.others = true,
                    Some(patterns) => {
                        for pattern in patterns {
                            match pattern {
                                [Atom::Text(text)] => drop(self.named.insert(text.to_string())),
                                _ => self.others = true,
                            }
                        }
                    }
                },
            }
        }
    }
}
