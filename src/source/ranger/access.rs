//! Whether something may be done (RANGER.md §2.8, §2.9).
//!
//! Tag policies first, then the resource's; the steps are those of Ranger's engine, because the order in which it stops looking is part of what
//! it decides.

use super::chain::Match;
use super::consult::{Consultation, Which};
use super::definition::{Definition, Kind};
use super::facts::Facts;
use super::policy::{self, Compiled, Says, Wanted};
use super::request::{Access, Request};
use super::subject::Subject;
use super::verdict::{Allowed, Decided};

/// What has been said so far.
#[derive(Debug, Clone, Default)]
struct Standing<'a> {
    allowed: bool,
    /// Nothing may change it.
    settled: bool,
    priority: i32,
    by: Option<(&'a Compiled, Option<&'a str>)>,
}

/// What has been said of one access type.
#[derive(Debug, Clone, Copy)]
struct One<'a> {
    allowed: bool,
    priority: i32,
    by: (&'a Compiled, Option<&'a str>),
}

impl Subject<'_> {
    /// Whether something may be done.
    #[must_use]
    pub fn access(&self, request: &Request<'_>) -> Allowed {
        if let Some(resource) = self.service.fit(request.resource) {
            return self.access(&Request {
                resource: &resource,
                ..request.clone()
            });
        }
        if self.super_user || *request.access == Access::SuperUser {
            return Allowed {
                yes: self.super_user,
                by: None,
            };
        }
        let nothing = request.resource.is_nothing();
        let together = |before: Allowed, next: Allowed| {
            if nothing && !next.yes { before } else { next }
        };
        self.consult(request, decide, |said| said.yes, together, Which::AsRanger)
    }
}

fn decide(consultation: &Consultation<'_>) -> Allowed {
    let mut decision = Decision {
        consultation,
        of_each: Vec::new(),
    };
    let standing = decision.run();
    Allowed {
        yes: standing.allowed,
        by: standing
            .by
            .map(|(policy, tag)| Decided::new(policy, tag, consultation.zone)),
    }
}

struct Decision<'c, 'a> {
    consultation: &'c Consultation<'a>,
    /// By the place in the list of access types; tag and resource policies share it.
    of_each: Vec<Option<One<'a>>>,
}

/// A policy that is asked, and by what it is about the resource.
struct Asked<'a> {
    policy: &'a Compiled,
    tag: Option<&'a str>,
    facts: Facts<'a>,
    definition: &'a Definition,
}

impl<'a> Decision<'_, 'a> {
    fn run(&mut self) -> Standing<'a> {
        let mut standing = self.tags();
        let by_tags = standing.settled.then_some(standing.allowed);
        let consultation = self.consultation;
        let definition = &consultation.service.definition;
        let wanted = consultation.wanted(definition);
        let repository = consultation.policies().of(Kind::Access);
        if repository.policies().is_empty() {
            return standing;
        }
        standing.settled = false;
        for policy in repository.likely(consultation.request.resource, consultation.wide()) {
            if policy.schedules.decide(&consultation.facts) == Some(false) {
                continue;
            }
            let mut lies = consultation.lies(policy, Kind::Access).peekable();
            if lies.peek().is_none() {
                continue;
            }
            let final_here = if by_tags == Some(false) {
                standing.priority >= policy.priority
            } else {
                standing.allowed && standing.priority > policy.priority
            };
            if final_here {
                standing.settled = true;
                break;
            }
            let asked = Asked {
                policy,
                tag: None,
                facts: consultation.facts,
                definition,
            };
            self.ask(&asked, lies, &wanted, &mut standing);
            standing.settled |= standing.allowed && !policy.has_deny;
            if standing.settled {
                break;
            }
        }
        if !standing.settled
            && let Some(allowed) = by_tags
        {
            standing.allowed = allowed;
        }
        standing
    }

    fn tags(&mut self) -> Standing<'a> {
        let mut standing = Standing::default();
        let consultation = self.consultation;
        let Some(definition) = &consultation.service.tag_definition else {
            return standing;
        };
        let mut policies = consultation.tag_policies(Kind::Access);
        policies.sort_by(|(one, _), (other, _)| policy::compare(one, other));
        let wanted = consultation.wanted(definition);
        for (policy, tag) in policies {
            let asked = Asked {
                policy,
                tag: Some(&tag.tag.kind),
                facts: consultation.with_tag(tag.tag),
                definition,
            };
            let counts = match tag.lies {
                Match::Itself | Match::AllBelow | Match::Ancestor => true,
                Match::Descendant => consultation.wide(),
            };
            let mut own = standing.clone();
            if counts {
                self.ask(
                    &asked,
                    [(tag.lies, tag.sure)].into_iter(),
                    &wanted,
                    &mut own,
                );
            }
            own.settled |= own.allowed && !policy.has_deny;
            if own.settled || (!standing.allowed && own.allowed) {
                standing = own;
            }
            if standing.settled {
                break;
            }
        }
        standing.settled |= standing.allowed;
        standing
    }

    fn ask(
        &mut self,
        asked: &Asked<'a>,
        lying: impl Iterator<Item = (Match, bool)>,
        wanted: &[Wanted],
        standing: &mut Standing<'a>,
    ) {
        for (lies, sure) in lying {
            if standing.settled || !asked.policy.has_items() {
                return;
            }
            let conditions = asked.policy.conditions.hold(&asked.facts, asked.definition);
            if conditions == Some(false) {
                continue;
            }
            let in_force = asked.policy.schedules.decide(&asked.facts);
            let certain = sure && conditions == Some(true) && in_force == Some(true);
            let ignored = lies == Match::Descendant && !self.consultation.request.heed_denies_below;
            let who = &self.consultation.subject.who;
            let says = |wanted: Wanted| match asked.policy.says(
                who,
                wanted,
                certain,
                &asked.facts,
                asked.definition,
            ) {
                Says::Deny if ignored => Says::Nothing,
                says => says,
            };
            self.each(asked, wanted, says, standing);
        }
    }

    /// Each access type keeps what was said of it, and together they make the answer: also after a policy that says nothing, so that what tags
    /// deny is final with the first policy of a higher priority that does not allow it.
    fn each(
        &mut self,
        asked: &Asked<'a>,
        wanted: &[Wanted],
        says: impl Fn(Wanted) -> Says,
        standing: &mut Standing<'a>,
    ) {
        self.of_each.resize(wanted.len(), None);
        let (any, heed) = (
            self.consultation.any,
            self.consultation.request.heed_denies_below,
        );
        for (slot, wanted) in self.of_each.iter_mut().zip(wanted) {
            let allowed = match says(*wanted) {
                Says::Nothing => continue,
                Says::Allow => true,
                Says::Deny => false,
            };
            let new = One {
                allowed,
                priority: asked.policy.priority,
                by: (asked.policy, asked.tag),
            };
            if slot.is_none_or(|old| new.replaces(&old, any)) {
                *slot = Some(new);
            }
            // Ranger asks this policy for no more types then.
            if any && allowed != heed {
                break;
            }
        }
        if let Some(one) = self.together() {
            *standing = Standing {
                allowed: one.allowed,
                settled: !one.allowed,
                priority: one.priority,
                by: Some(one.by),
            };
        }
    }

    fn together(&self) -> Option<One<'a>> {
        let each = &self.of_each;
        let first = |allowed: bool| {
            each.iter()
                .flatten()
                .find(|one| one.allowed == allowed)
                .copied()
        };
        let complete = each.iter().all(Option::is_some);
        if self.consultation.any && self.consultation.request.heed_denies_below {
            first(false).or_else(|| first(true).filter(|_| complete))
        } else {
            first(true).or_else(|| first(false).filter(|_| complete))
        }
    }
}

impl One<'_> {
    fn replaces(&self, old: &One<'_>, any: bool) -> bool {
        match (old.allowed, self.allowed) {
            (true, true) => self.priority > old.priority,
            (true, false) => self.priority >= old.priority,
            (false, true) if any => self.priority >= old.priority,
            (false, _) => self.priority > old.priority,
        }
    }
}
