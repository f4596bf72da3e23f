//! `explain`: why a decision is what it is: which rule decided, which spoke and did not count, which were about the table and had no say.
//!
//! In: what [`Policy::access`] and [`Policy::obligations`] take. Out: an [`Account`]. Its outcome *is* the decision: these two functions are
//! asked. How it came to that is told by the functions that they are made of: the faces of a table, the verdict of a face, the standing of a
//! rule, the rules that speak of a column. For people who write rules: it quotes the policy, and must not reach a submitter.
//! Stays out: a second way to decide.

mod account;
mod face;

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use jiff::Timestamp;

use super::decide::{Hit, clock};
use super::physical::{Meets, Spelled};
use super::rule::{Place, Rule, RuleKind, Standing};
use super::subject::Who;
use super::{
    Access, ColumnMask, Effect, Obligations, Policy, Principal, Privilege, Refusal, Resource, Rows,
    RuleId, Shown,
};

pub use account::{
    Account, Aside, Closed, ColumnAccount, DeniedOutcome, Face, FilterAccount, Lost, MaskOutcome,
    ObjectAccount, Part, PrivilegeAccount, PrivilegeOutcome, ReadAccount, RowsOutcome, Why,
};

impl Policy {
    /// Why this principal may do what they may with this table, and sees of it what they see.
    #[must_use]
    pub fn explain(
        &self,
        who: &Principal,
        resource: &Resource<'_>,
        privileges: &BTreeSet<Privilege>,
        now: SystemTime,
    ) -> Account {
        let access = privileges.iter().map(|privilege| {
            let decided = self.access(who, resource, *privilege, now);
            outcome(*privilege, decided)
        });
        let mut account = Account {
            access: access.collect(),
            rows: None,
            masks: Vec::new(),
            shown: Vec::new(),
            denied: Vec::new(),
            closed: None,
            faces: Vec::new(),
            aside: Vec::new(),
        };
        // Only who reads a table has obligations.
        let reads = privileges.contains(&Privilege::Select);
        if reads {
            match self.obligations(who, resource, now) {
                Ok(obligations) => fill(&mut account, &obligations),
                Err(refusal) => account.closed = Some(Closed::from(&refusal)),
            }
        }
        // Without a clock nothing is in force, and the decision has said so.
        if let Ok(now) = clock(now) {
            let who = self.who(who);
            account.faces = face::all(self, &who, resource, privileges, now);
            account.aside = self.aside(&who, resource, privileges, now);
            if account.closed.is_none() && reads {
                let spoken = self.without_columns(&who, resource, now, &account.faces);
                account.aside.extend(spoken);
                account.aside.sort_by(|a, b| a.rule.cmp(&b.rule));
            }
        }
        account
    }

    /// The same for something that is no table.
    #[must_use]
    pub fn explain_object(
        &self,
        who: &Principal,
        object: &str,
        privileges: &BTreeSet<Privilege>,
        now: SystemTime,
    ) -> ObjectAccount {
        let access = privileges.iter().map(|privilege| {
            let decided = self.access_object(who, object, *privilege, now);
            outcome(*privilege, decided)
        });
        let access: Vec<PrivilegeOutcome> = access.collect();
        let Ok(now) = clock(now) else {
            return ObjectAccount {
                access,
                how: Vec::new(),
                aside: Vec::new(),
            };
        };
        let who = self.who(who);
        let hits = |now| self.hits(self.index.of_object(), now, |t| t.has_object(object));
        let (ever, in_force) = (hits(None), hits(Some(now)));
        let how = privileges.iter();
        let how = how.map(|privilege| face::privilege(&in_force, &who, *privilege));
        let is_meant = |place: &Place| place.has_object(object);
        ObjectAccount {
            access,
            how: how.collect(),
            aside: self.set_aside(&who, &ever, privileges, now, is_meant),
        }
    }

    fn aside(
        &self,
        who: &Who<'_>,
        resource: &Resource<'_>,
        privileges: &BTreeSet<Privilege>,
        now: Timestamp,
    ) -> Vec<Aside> {
        let faces = self.faces(resource, None);
        let ever: Vec<Hit<'_>> = faces
            .full
            .into_iter()
            .chain(faces.adding)
            .flatten()
            .collect();
        let names = resource.physical.iter();
        let servers = &self.compiled.servers;
        let spelled: Vec<Spelled> = names.map(|name| Spelled::new(name, servers)).collect();
        let is_meant = |place: &Place| {
            place.has_name(resource.name, resource.ignore_case)
                || spelled.iter().any(|name| place.meets(name) != Meets::No)
        };
        self.set_aside(who, &ever, privileges, now, is_meant)
    }

    /// The masks that speak of no column: their patterns match none of this table.
    fn without_columns(
        &self,
        who: &Who<'_>,
        resource: &Resource<'_>,
        now: Timestamp,
        faces: &[Face],
    ) -> Vec<Aside> {
        let columns = || faces.iter().flat_map(|face| &face.columns);
        let told = |rule: &RuleId| {
            columns().any(|column| {
                column.by.as_ref() == Some(rule) || column.lost.iter().any(|l| l.rule == *rule)
            })
        };
        let faces = self.faces(resource, Some(now));
        let hits = faces.full.into_iter().chain(faces.adding).flatten();
        let silent: BTreeSet<RuleId> = hits
            .filter(|hit| {
                matches!(hit.rule.kind, RuleKind::Mask(_))
                    && no_say(hit.rule, who, now).is_none()
                    && !told(&hit.rule.id)
            })
            .map(|hit| hit.rule.id.clone())
            .collect();
        let aside = silent.into_iter();
        aside
            .map(|rule| Aside {
                rule,
                why: Why::NoColumn,
            })
            .collect()
    }

    /// The rules that would speak and do not: `ever` are those whose targets match, at any time and for anybody.
    fn set_aside(
        &self,
        who: &Who<'_>,
        ever: &[Hit<'_>],
        privileges: &BTreeSet<Privilege>,
        now: Timestamp,
        is_meant: impl Fn(&Place) -> bool,
    ) -> Vec<Aside> {
        let mut found: BTreeMap<RuleId, Why> = BTreeMap::new();
        let matters = |rule: &Rule| match &rule.kind {
            RuleKind::Access(_, named) => named.iter().any(|p| privileges.contains(p)),
            RuleKind::Filter(..) | RuleKind::Mask(_) | RuleKind::Columns(_) => {
                privileges.contains(&Privilege::Select)
            }
        };
        for hit in ever.iter().filter(|hit| matters(hit.rule)) {
            if let Some(why) = no_say(hit.rule, who, now) {
                found.insert(hit.rule.id.clone(), why);
            }
        }
        let speaks = |rule: &Rule| ever.iter().any(|hit| hit.rule.id == rule.id);
        for rule in self.compiled.rules.iter().filter(|rule| matters(rule)) {
            let mut targets = rule.targets.iter();
            if !speaks(rule) && targets.any(|target| is_meant(&target.place)) {
                found.insert(rule.id.clone(), Why::Excluded);
            }
        }
        let aside = found.into_iter();
        aside.map(|(rule, why)| Aside { rule, why }).collect()
    }
}

/// Why a rule that is about something has no say. A filter counts for others too: that it exists says that the table is filtered.
fn no_say(rule: &Rule, who: &Who<'_>, now: Timestamp) -> Option<Why> {
    if !rule.valid.holds(now) {
        return Some(Why::NotInForce);
    }
    let is_filter = matches!(rule.kind, RuleKind::Filter(..));
    match rule.standing(who) {
        Standing::NotForYou if !is_filter => Some(Why::NotForYou),
        Standing::Excepted if !is_filter => Some(Why::Exception),
        Standing::Speaks | Standing::NotForYou | Standing::Excepted => None,
    }
}

fn outcome(privilege: Privilege, decided: Result<Access, Refusal>) -> PrivilegeOutcome {
    let (effect, by) = match decided {
        Ok(access) => (Effect::Allow, access.rules),
        Err(refusal) => (Effect::Deny, refusal.rules),
    };
    PrivilegeOutcome {
        privilege,
        effect,
        by,
    }
}

fn fill(account: &mut Account, obligations: &Obligations) {
    account.rows = Some(match &obligations.rows {
        Rows::All => RowsOutcome::All,
        Rows::Nothing => RowsOutcome::Nothing,
        Rows::Matching(filter) => RowsOutcome::Matching {
            filter: filter.render(None),
            by: filter.rules.clone(),
        },
    });
    let masks = obligations.masks.iter();
    let masks = masks.filter(|mask| !mask.path.first().is_some_and(|c| obligations.denies(c)));
    account.masks = masks.map(masked).collect();
    let denied = obligations.denied.iter().map(|denied| DeniedOutcome {
        column: denied.column.clone(),
        by: denied.rules.clone(),
    });
    account.denied = denied.collect();
    account.shown = obligations.shown.iter().map(shown).collect();
}

fn masked(mask: &ColumnMask) -> MaskOutcome {
    MaskOutcome {
        column: mask.path.clone(),
        mask: mask.mask.name().to_owned(),
        when: mask.when.as_ref().map(|when| when.render(None)),
        by: mask.rule.clone(),
    }
}

fn shown(shown: &Shown) -> MaskOutcome {
    MaskOutcome {
        column: shown.path.clone(),
        mask: crate::mask::MaskSpec::None.name().to_owned(),
        when: None,
        by: shown.rule.clone(),
    }
}
