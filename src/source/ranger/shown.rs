//! How a column is shown, and which rows (RANGER.md §2.10): the first mask or filter in Ranger's order.

use std::borrow::Cow;

use super::chain::Match;
use super::consult::{Consultation, Which};
use super::definition::{Definition, Kind};
use super::facts::Facts;
use super::options::Mode;
use super::policy::{self, Compiled, Payload, Wanted};
use super::request::Request;
use super::subject::Subject;
use super::template::{Template, Unfilled};
use super::verdict::{Decided, Filter, Mask};
use crate::mask::MaskSpec;

/// The mask or filter that was found.
struct Found<'a> {
    policy: &'a Compiled,
    what: What<'a>,
    tag: Option<&'a str>,
    facts: Facts<'a>,
    /// The place of the access type that it is for.
    at: usize,
}

enum What<'a> {
    Payload(&'a Payload),
    /// There is one, and it is not known whether it is this one.
    Unsure(String),
}

impl Subject<'_> {
    /// How a column is shown: the resource has all levels down to the column.
    #[must_use]
    pub fn mask(&self, request: &Request<'_>) -> Mask {
        if let Some(resource) = self.service.fit(request.resource) {
            return self.mask(&Request {
                resource: &resource,
                ..request.clone()
            });
        }
        if self.super_user {
            return Mask::None;
        }
        self.consult(
            request,
            |consultation| match find(consultation, Kind::Mask) {
                None => Mask::None,
                Some(found) => found.mask(consultation),
            },
            |mask| match (mask, self.service.options.mode) {
                (Mask::None, _) | (Mask::Exempt { .. }, Mode::Closed) => false,
                (Mask::Masked { .. } | Mask::Closed { .. }, _)
                | (Mask::Exempt { .. }, Mode::LikeRanger) => true,
            },
            |before, next| match (&before, &next) {
                (Mask::None, _)
                | (Mask::Exempt { .. }, Mask::Masked { .. } | Mask::Closed { .. }) => next,
                _ => before,
            },
            Which::AsRanger,
        )
    }

    /// Which rows are shown: the resource has the levels down to the table.
    #[must_use]
    pub fn filter(&self, request: &Request<'_>) -> Filter {
        if let Some(resource) = self.service.fit(request.resource) {
            return self.filter(&Request {
                resource: &resource,
                ..request.clone()
            });
        }
        if self.super_user {
            return Filter::None;
        }
        self.consult(
            request,
            |consultation| match find(consultation, Kind::Filter) {
                None => Filter::None,
                Some(found) => found.filter(consultation),
            },
            |filter| match (filter, self.service.options.mode) {
                (Filter::None, _) | (Filter::Exempt { .. }, Mode::Closed) => false,
                (Filter::Rows { .. } | Filter::Closed { .. }, _)
                | (Filter::Exempt { .. }, Mode::LikeRanger) => true,
            },
            |before, next| match (&before, &next) {
                (Filter::None, _)
                | (Filter::Exempt { .. }, Filter::Rows { .. } | Filter::Closed { .. }) => next,
                _ => before,
            },
            Which::AsRanger,
        )
    }
}

fn find<'a>(consultation: &Consultation<'a>, kind: Kind) -> Option<Found<'a>> {
    // Where several access types all must be allowed, Ranger waits for one item of each: what exempts is no last word then.
    let waits = consultation.any && consultation.request.heed_denies_below;
    let mut by_tag = by_tags(consultation, kind);
    let mut exempt = by_tag.take_if(|found| waits && found.exempts());
    let facts = consultation.facts;
    let repository = consultation.policies().of(kind);
    let definition = &consultation.service.definition;
    let wanted = consultation.wanted(definition);
    let likely = repository.likely_shown(consultation.request.resource, consultation.wide());
    for policy in likely {
        if by_tag
            .as_ref()
            .is_some_and(|found| found.policy.priority >= policy.priority)
        {
            break;
        }
        if policy.schedules.decide(&facts) == Some(false) {
            continue;
        }
        let mut lies = consultation.lies(policy, kind).peekable();
        if lies.peek().is_none() {
            continue;
        }
        let what =
            lies.find_map(|(_, sure)| ask(consultation, policy, sure, &facts, definition, &wanted));
        if let Some((at, what)) = what {
            let found = Found {
                policy,
                what,
                tag: None,
                facts,
                at,
            };
            if waits && found.exempts() {
                exempt = exempt.or(Some(found));
                continue;
            }
            return Some(match by_tag {
                Some(tag) if tag.stays_before(&found) => tag,
                Some(_) | None => found,
            });
        }
        // Ranger asks one policy of a higher priority than the tag's, and no more.
        if by_tag.is_some() && !policy.has_deny {
            break;
        }
    }
    by_tag.or(exempt)
}

fn by_tags<'a>(consultation: &Consultation<'a>, kind: Kind) -> Option<Found<'a>> {
    let definition = consultation.service.tag_definition.as_ref()?;
    let wanted = consultation.wanted(definition);
    let mut policies = consultation.tag_policies(kind);
    policies.sort_by(|(one, tag), (other, other_tag)| {
        let by_name = policy::compare_by_name(one, other);
        match kind {
            Kind::Access | Kind::Filter => by_name,
            Kind::Mask => tag.closer(other_tag).then(by_name),
        }
    });
    policies.into_iter().find_map(|(policy, tag)| {
        if tag.lies == Match::Descendant && !consultation.wide() {
            return None;
        }
        let facts = consultation.with_tag(tag.tag);
        let (at, what) = ask(consultation, policy, tag.sure, &facts, definition, &wanted)?;
        Some(Found {
            policy,
            what,
            tag: Some(&tag.tag.kind),
            facts,
            at,
        })
    })
}

fn ask<'a>(
    consultation: &Consultation<'a>,
    policy: &'a Compiled,
    sure: bool,
    facts: &Facts<'a>,
    definition: &Definition,
    wanted: &[Wanted],
) -> Option<(usize, What<'a>)> {
    if let Some(broken) = &policy.broken {
        return Some((0, What::Unsure(broken.to_string())));
    }
    let conditions = policy.conditions.hold(facts, definition);
    if conditions == Some(false) {
        return None;
    }
    let who = &consultation.subject.who;
    let shown = wanted.iter().enumerate();
    let mut shown = shown.filter_map(|(at, wanted)| {
        let (payload, certain) = policy.shows(who, *wanted, facts, definition)?;
        Some((at, payload, certain))
    });
    let first = shown.next()?;
    // Of several access types Ranger takes the first of a hash table. One that shows less comes before one that exempts here.
    let less = |(_, payload, _): &(usize, &Payload, bool)| !payload.exempts();
    let (at, payload, certain) = match facts.mode {
        Mode::Closed if !less(&first) => shown.find(less).unwrap_or(first),
        Mode::Closed | Mode::LikeRanger => first,
    };
    let in_force = policy.schedules.decide(facts);
    let sure = certain && sure && conditions == Some(true) && in_force == Some(true);
    let what = if sure {
        What::Payload(payload)
    } else {
        What::Unsure("whether it holds cannot be decided: a condition or a value in it is not understood or missing".to_owned())
    };
    Some((at, what))
}

impl Found<'_> {
    /// Whether what a tag gives for one access type stays, though a resource policy of a higher priority gives something for a later one.
    fn stays_before(&self, other: &Self) -> bool {
        self.at < other.at && (self.facts.mode == Mode::LikeRanger || !self.exempts())
    }

    fn exempts(&self) -> bool {
        match &self.what {
            What::Payload(payload) => payload.exempts(),
            What::Unsure(_) => false,
        }
    }

    fn by(&self, consultation: &Consultation<'_>) -> Decided {
        Decided::new(self.policy, self.tag, consultation.zone)
    }

    fn mask(&self, consultation: &Consultation<'_>) -> Mask {
        let by = self.by(consultation);
        let (kind, value, condition) = match &self.what {
            What::Unsure(why) => {
                return Mask::Closed {
                    by,
                    why: why.clone(),
                };
            }
            What::Payload(Payload::Mask {
                kind,
                value,
                condition,
            }) => (kind, value, condition),
            What::Payload(Payload::Nothing | Payload::Filter(_)) => {
                return Mask::Closed {
                    by,
                    why: "it has no mask".to_owned(),
                };
            }
        };
        let known = MaskSpec::from_ranger(kind);
        if matches!(known, Some(MaskSpec::None)) {
            return Mask::Exempt {
                by,
                kind: name(kind),
            };
        }
        let closed = self.facts.mode == Mode::Closed;
        let custom = kind == "CUSTOM";
        if closed && known.is_none() && !custom {
            return Mask::Closed {
                by,
                why: format!("mask type `{kind}` is not known"),
            };
        }
        if closed && custom && value.is_empty() {
            return Mask::Closed {
                by,
                why: "a `CUSTOM` mask without an expression".to_owned(),
            };
        }
        // What the other masks have as an expression nobody reads.
        let value = if closed && !custom {
            Ok(None)
        } else {
            self.filled(value)
        };
        match (value, self.filled(condition)) {
            (Ok(value), Ok(condition)) => Mask::Masked {
                by,
                kind: name(kind),
                value,
                condition,
            },
            (Err(why), _) | (_, Err(why)) => Mask::Closed {
                by,
                why: why.to_string(),
            },
        }
    }

    fn filter(&self, consultation: &Consultation<'_>) -> Filter {
        let by = self.by(consultation);
        let filter = match &self.what {
            What::Unsure(why) => {
                return Filter::Closed {
                    by,
                    why: why.clone(),
                };
            }
            What::Payload(Payload::Filter(filter)) => filter,
            What::Payload(Payload::Nothing | Payload::Mask { .. }) => {
                return Filter::Closed {
                    by,
                    why: "it has no filter".to_owned(),
                };
            }
        };
        match self.filled(filter) {
            Ok(None) => Filter::Exempt { by },
            Ok(Some(sql)) => Filter::Rows { by, sql },
            Err(why) => Filter::Closed {
                by,
                why: why.to_string(),
            },
        }
    }

    fn filled(&self, template: &Template) -> Result<Option<String>, Unfilled> {
        if template.is_empty() {
            return Ok(None);
        }
        match self.facts.mode {
            Mode::Closed => template.sql(&self.facts).map(Some),
            Mode::LikeRanger => Ok(Some(template.as_ranger(&self.facts))),
        }
    }
}

/// Without a copy for the names that everybody has.
fn name(kind: &str) -> Cow<'static, str> {
    const KNOWN: [&str; 9] = [
        "MASK",
        "MASK_SHOW_LAST_4",
        "MASK_SHOW_FIRST_4",
        "MASK_HASH",
        "MASK_NULL",
        "MASK_NONE",
        "NONE",
        "MASK_DATE_SHOW_YEAR",
        "CUSTOM",
    ];
    match KNOWN.into_iter().find(|known| *known == kind) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(kind.to_owned()),
    }
}
