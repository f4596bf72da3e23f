//! How the rules of one face of a table come to what they say.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::bind::bind;
use super::super::columns;
use super::super::decide::{Hit, Verdict, verdict};
use super::super::document::Mode;
use super::super::masks::{self, Looked};
use super::super::rule::{RuleKind, Standing, same_mask};
use super::super::subject::Who;
use super::super::{Effect, Policy, Privilege, Resource, RuleId};
use super::account::{
    ColumnAccount, Face, FilterAccount, Lost, Part, PrivilegeAccount, ReadAccount, Why,
};

/// The faces of a table, in the order in which they are decided; those without rules are left out where there are others.
pub(super) fn all(
    policy: &Policy,
    who: &Who<'_>,
    resource: &Resource<'_>,
    privileges: &BTreeSet<Privilege>,
    now: Timestamp,
) -> Vec<Face> {
    let faces = policy.faces(resource, Some(now));
    let reads = privileges.contains(&Privilege::Select);
    let name = |index: usize| match resource.physical.get(index) {
        Some(physical) => physical.clone(),
        None => resource.name.to_string(),
    };
    let full = faces.full.iter().enumerate();
    let full = full.map(|(index, hits)| (name(index), true, hits));
    let adding = faces.adding.iter();
    let adding = adding.map(|hits| (adding_name(resource, hits), false, hits));
    let told = full
        .chain(adding)
        .filter(|(_, opens, hits)| *opens || !hits.is_empty());
    told.map(|(name, opens, hits)| Face {
        name,
        opens,
        access: privileges
            .iter()
            .map(|privilege| self::privilege(hits, who, *privilege))
            .collect(),
        filters: if reads {
            filters(hits, who, resource)
        } else {
            Vec::new()
        },
        readable: if reads {
            readable(hits, who, resource)
        } else {
            Vec::new()
        },
        columns: if reads {
            masked(hits, who, resource)
        } else {
            Vec::new()
        },
    })
    .collect()
}

/// A face that can only protect has no name of its own: a name that the submitter chose, another table over the same bytes, an address that
/// may be the one that a rule means.
fn adding_name(resource: &Resource<'_>, hits: &[Hit<'_>]) -> String {
    let about = |name| {
        let mut targets = hits.iter().flat_map(|hit| &hit.targets);
        targets.any(|target| target.has_name(name, true))
    };
    let also = resource.also.iter().find(|name| about(name));
    also.unwrap_or(resource.name).to_string()
}

/// What the access rules among `hits` say of one privilege.
pub(super) fn privilege(hits: &[Hit<'_>], who: &Who<'_>, privilege: Privilege) -> PrivilegeAccount {
    let (effect, by) = match verdict(hits, who, privilege) {
        Verdict::Allow(rules) => (Some(Effect::Allow), rules),
        Verdict::Deny(rules) => (Some(Effect::Deny), rules),
        Verdict::Silent => (None, Vec::new()),
    };
    let highest = |id: &RuleId| hits.iter().find(|hit| hit.rule.id == *id);
    let priority = by.first().and_then(highest).map(|hit| hit.rule.priority);
    let mut lost = Vec::new();
    for hit in hits {
        let RuleKind::Access(_, privileges) = &hit.rule.kind else {
            continue;
        };
        let speaks = privileges.contains(&privilege)
            && hit.rule.standing(who) == Standing::Speaks
            && !by.contains(&hit.rule.id);
        if speaks {
            let why = if priority == Some(hit.rule.priority) {
                Why::DenyWins
            } else {
                Why::Priority
            };
            lost.push(Lost {
                rule: hit.rule.id.clone(),
                why,
            });
        }
    }
    PrivilegeAccount {
        privilege,
        effect,
        by,
        lost,
    }
}

/// Who may read which columns, by the rules among `hits`: those that lost too.
fn readable(hits: &[Hit<'_>], who: &Who<'_>, resource: &Resource<'_>) -> Vec<ReadAccount> {
    // A refusal is the outcome, which has been told.
    let said = columns::said(hits, who, resource).unwrap_or_default();
    let speaks = |hit: &&Hit<'_>| {
        matches!(hit.rule.kind, RuleKind::Columns(_)) && hit.rule.standing(who) == Standing::Speaks
    };
    let told = said.into_iter().map(|(column, said)| {
        let about = |hit: &&Hit<'_>| {
            let mut patterns = hit.targets.iter().flat_map(|target| &target.columns);
            patterns.any(|p| {
                p.expand(resource)
                    .iter()
                    .any(|path| path.first() == Some(&column))
            })
        };
        let others = hits.iter().filter(speaks).filter(about);
        let others = others.filter(|hit| !said.rules.contains(&hit.rule.id));
        let lost = others.map(|hit| Lost {
            rule: hit.rule.id.clone(),
            why: if hit.rule.priority == said.priority {
                Why::DenyWins
            } else {
                Why::Priority
            },
        });
        ReadAccount {
            lost: lost.collect(),
            effect: said.effect,
            by: said.rules.clone(),
            column: column.clone(),
        }
    });
    told.collect()
}

fn filters(hits: &[Hit<'_>], who: &Who<'_>, resource: &Resource<'_>) -> Vec<FilterAccount> {
    let mut told = Vec::new();
    for hit in hits {
        let RuleKind::Filter(mode, condition) = &hit.rule.kind else {
            continue;
        };
        let part = match hit.rule.standing(who) {
            Standing::NotForYou => Part::ForOthers,
            Standing::Excepted => Part::Exempt,
            Standing::Speaks => match bind(condition, &hit.rule.id, who, resource) {
                Ok(_) => Part::Counts,
                Err(_) => Part::Unusable,
            },
        };
        told.push(FilterAccount {
            rule: hit.rule.id.clone(),
            mode: *mode,
            filter: condition.text.clone(),
            part,
        });
    }
    let permissive = |told: &FilterAccount| told.mode == Mode::Permissive;
    let open = told.iter().any(|t| permissive(t) && t.part == Part::Exempt);
    for filter in &mut told {
        // P OR TRUE is TRUE.
        if open && permissive(filter) && filter.part == Part::Counts {
            filter.part = Part::Pointless;
        }
    }
    told
}

fn masked<'p>(hits: &[Hit<'p>], who: &Who<'_>, resource: &Resource<'_>) -> Vec<ColumnAccount> {
    let mut told = Vec::new();
    let mut watch = |looked: &Looked<'_, 'p>| {
        if looked.stack.is_empty() {
            return;
        }
        let mut lost = lost(looked);
        for (rule, _) in looked.below {
            let outranked = Lost {
                rule: rule.id.clone(),
                why: Why::Priority,
            };
            if !lost.contains(&outranked) {
                lost.push(outranked);
            }
        }
        told.push(ColumnAccount {
            column: looked.path.to_vec(),
            by: looked.by.ok().flatten().cloned(),
            lost,
        });
    };
    // A refusal is the outcome, which has been told; what was looked at until then is told all the same.
    let _ = masks::watched(hits, who, resource, &mut watch);
    told
}

/// The rules of a stack that do not decide, and why.
fn lost(looked: &Looked<'_, '_>) -> Vec<Lost> {
    let Looked {
        stack, by, apart, ..
    } = *looked;
    let decides = |id: &RuleId| by.is_ok_and(|by| by == Some(id));
    let winner = stack.iter().find(|(rule, _)| decides(&rule.id));
    let others = stack.iter().filter(|(rule, _)| !decides(&rule.id));
    let told = others.map(|(rule, mask)| {
        let why = match (by, winner) {
            (Err(refusal), _) if refusal.rules.contains(&rule.id) => Why::Closes,
            (Err(_), _) => Why::NotReached,
            (Ok(_), None) => Why::NothingToShow,
            (Ok(_), Some((first, _))) if rule.priority < first.priority => {
                // Without it the column would be masked as a whole.
                let apart = apart.contains(&&rule.id);
                if apart {
                    Why::TakesApart
                } else {
                    Why::Priority
                }
            }
            (Ok(_), Some((_, deciding))) if same_mask(&mask.mask, &deciding.mask) => Why::Agrees,
            (Ok(_), Some(_)) => Why::Narrows,
        };
        Lost {
            rule: rule.id.clone(),
            why,
        }
    });
    told.collect()
}
