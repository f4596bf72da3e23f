//! Who has which role (RANGER.md §2.2).

use std::collections::{BTreeSet, HashMap};

use super::document::{Member, Roles};

/// Roles by their members.
#[derive(Debug, Default)]
pub(super) struct RoleMembers {
    users: HashMap<String, Vec<String>>,
    groups: HashMap<String, Vec<String>>,
    roles: HashMap<String, Vec<String>>,
}

impl RoleMembers {
    pub fn compile(written: &Roles) -> Self {
        let mut members = Self::default();
        for role in &written.ranger_roles {
            let add = |map: &mut HashMap<String, Vec<String>>, list: &[Member]| {
                for member in list {
                    let roles = map.entry(member.name.clone()).or_default();
                    roles.push(role.name.clone());
                }
            };
            add(&mut members.users, &role.users);
            add(&mut members.groups, &role.groups);
            add(&mut members.roles, &role.roles);
        }
        members
    }

    /// The roles of a user of these groups, of those, of everybody, and those that have one of them as a member. Sorted.
    pub fn of(&self, user: &str, groups: &[String]) -> Vec<String> {
        let groups = groups.iter().map(String::as_str).chain(["public"]);
        let groups = groups.filter_map(|group| self.groups.get(group));
        let direct = self.users.get(user).into_iter().chain(groups).flatten();
        self.closed(direct.collect())
    }

    /// A role, and those that have it as a member. Sorted.
    pub fn above(&self, role: &String) -> Vec<String> {
        self.closed(vec![role])
    }

    fn closed<'a>(&'a self, mut open: Vec<&'a String>) -> Vec<String> {
        let mut found: BTreeSet<&String> = BTreeSet::new();
        while let Some(role) = open.pop() {
            if found.insert(role) {
                open.extend(self.roles.get(role).into_iter().flatten());
            }
        }
        found.into_iter().cloned().collect()
    }
}
