//! What a policy names, and what it says of tables with attributes left as they are written: for tools that compare policies.
//!
//! Stays out: decisions for a submission. What comes from here cannot be run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use super::rule::{Place, RuleKind};
use super::{Obligations, Policy, Principal, Privilege, Refusal, Resource, Subjects};

/// The patterns of objects that access rules name, each with a text that it matches, and the privileges that are named with it.
pub type NamedObjects = BTreeMap<String, (String, BTreeSet<Privilege>)>;

impl Policy {
    /// All users, groups and roles that the document names: in rules, in exceptions, as members and as roles.
    #[must_use]
    pub fn subjects(&self) -> Subjects {
        let mut all = Subjects::default();
        for rule in &self.compiled.rules {
            for subjects in [&rule.to, &rule.except] {
                all.users.extend(subjects.users.iter().cloned());
                all.groups.extend(subjects.groups.iter().cloned());
                all.roles.extend(subjects.roles.iter().cloned());
            }
        }
        self.compiled.roles.name_all(&mut all);
        for names in [&mut all.users, &mut all.groups, &mut all.roles] {
            names.sort();
            names.dedup();
        }
        all
    }

    /// The objects that access rules name.
    #[must_use]
    pub fn named_objects(&self) -> NamedObjects {
        let mut all = NamedObjects::new();
        for rule in &self.compiled.rules {
            let RuleKind::Access(_, privileges) = &rule.kind else {
                continue;
            };
            for target in &rule.targets {
                if let Place::Object(glob) = &target.place {
                    let named = all.entry(glob.text()).or_default();
                    named.0 = glob.sample();
                    named.1.extend(privileges);
                }
            }
        }
        all
    }

    /// As [`Policy::obligations`], with `${user.…}` as it stands: for comparison, whoever the principal is.
    ///
    /// # Errors
    /// As [`Policy::obligations`], but for attributes that are missing or unusable.
    pub fn obligations_as_written(
        &self,
        who: &Principal,
        resource: &Resource<'_>,
        now: SystemTime,
    ) -> Result<Obligations, Refusal> {
        let mut who = self.who(who);
        who.as_written = true;
        self.obligations_of(&who, resource, now)
    }
}
