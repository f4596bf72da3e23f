//! Whom a rule is for, and which roles somebody has.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Attribute;
use super::document::{RoleDecl, Subjects};

/// The group that everyone is in.
pub(super) const PUBLIC: &str = "public";

/// The roles of a document: who has them, and which follow from which.
#[derive(Debug, Default)]
pub(super) struct Roles {
    of_user: HashMap<String, Vec<String>>,
    of_group: HashMap<String, Vec<String>>,
    /// From a role to those that its holders have besides.
    of_role: HashMap<String, Vec<String>>,
}

impl Roles {
    pub fn compile(roles: &[RoleDecl]) -> Self {
        let mut compiled = Self::default();
        for role in roles {
            let kinds = [
                (&role.users, &mut compiled.of_user),
                (&role.groups, &mut compiled.of_group),
                (&role.roles, &mut compiled.of_role),
            ];
            for (members, map) in kinds {
                for member in members {
                    map.entry(member.clone())
                        .or_default()
                        .push(role.name.clone());
                }
            }
        }
        compiled
    }

    /// Adds the names of all roles and members.
    pub fn name_all(&self, all: &mut Subjects) {
        let kinds = [
            (&self.of_user, &mut all.users),
            (&self.of_group, &mut all.groups),
        ];
        for (members, names) in kinds {
            names.extend(members.keys().cloned());
        }
        all.roles.extend(self.of_role.keys().cloned());
        let maps = [&self.of_user, &self.of_group, &self.of_role];
        let given = maps.into_iter().flat_map(HashMap::values).flatten();
        all.roles.extend(given.cloned());
    }

    /// Whether the document says who has this role, directly or through other roles.
    pub fn has_members(&self, role: &str) -> bool {
        let named = self.of_user.values().chain(self.of_group.values());
        let mut open: Vec<&str> = named.flatten().map(String::as_str).collect();
        let mut seen: HashSet<&str> = HashSet::new();
        while let Some(held) = open.pop() {
            if seen.insert(held) {
                let more = self.of_role.get(held).into_iter().flatten();
                open.extend(more.map(String::as_str));
            }
        }
        seen.contains(role)
    }

    /// All roles of somebody: those that are claimed or stated, and those of the document, transitively.
    pub fn resolve<'a>(
        &'a self,
        user: &str,
        groups: &BTreeSet<String>,
        claimed: &'a BTreeSet<String>,
    ) -> HashSet<&'a str> {
        let mut roles: HashSet<&str> = HashSet::new();
        let of = |map: &'a HashMap<String, Vec<String>>, name: &str| {
            map.get(name).into_iter().flatten().map(String::as_str)
        };
        let groups = groups.iter().map(String::as_str).chain([PUBLIC]);
        let mut open: Vec<&str> = claimed.iter().map(String::as_str).collect();
        open.extend(of(&self.of_user, user));
        open.extend(groups.flat_map(|group| of(&self.of_group, group)));
        while let Some(role) = open.pop() {
            if roles.insert(role) {
                open.extend(of(&self.of_role, role));
            }
        }
        roles
    }
}

/// The roles on a cycle, or between two: what is left when roles without members and roles that are nobody's member are taken away, again and again.
pub(super) fn cyclic(roles: &[RoleDecl]) -> Vec<usize> {
    let numbers: HashMap<&str, usize> = roles
        .iter()
        .enumerate()
        .map(|(number, role)| (role.name.as_str(), number))
        .collect();
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for (number, role) in roles.iter().enumerate() {
        let members = role.roles.iter().filter_map(|m| numbers.get(m.as_str()));
        edges.extend(members.map(|member| (number, *member)));
    }
    let left = peel(roles.len(), &edges);
    edges = edges.into_iter().map(|(a, b)| (b, a)).collect();
    edges.retain(|(a, b)| left.contains(a) && left.contains(b));
    let both = peel(roles.len(), &edges);
    left.intersection(&both).copied().collect()
}

/// The nodes from which one can walk without end.
fn peel(nodes: usize, edges: &[(usize, usize)]) -> BTreeSet<usize> {
    let mut out: HashMap<usize, usize> = HashMap::new();
    let mut into: HashMap<usize, Vec<usize>> = HashMap::new();
    for (from, to) in edges {
        *out.entry(*from).or_default() += 1;
        into.entry(*to).or_default().push(*from);
    }
    let mut left: BTreeSet<usize> = (0..nodes).collect();
    let mut open: Vec<usize> = (0..nodes).filter(|n| !out.contains_key(n)).collect();
    while let Some(node) = open.pop() {
        left.remove(&node);
        for from in into.get(&node).into_iter().flatten() {
            if let Some(count) = out.get_mut(from) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    open.push(*from);
                }
            }
        }
    }
    left
}

/// Somebody, roles resolved.
#[derive(Debug)]
pub(super) struct Who<'a> {
    pub user: &'a str,
    pub groups: &'a BTreeSet<String>,
    pub attributes: &'a BTreeMap<String, Attribute>,
    /// Whether `${user.…}` stays as it is written. Such a text cannot be run: it holds no literal, and Flink knows no `${`.
    pub as_written: bool,
    pub(super) roles: HashSet<&'a str>,
}

impl Who<'_> {
    /// All roles.
    pub fn roles(&self) -> BTreeSet<String> {
        self.roles.iter().map(|role| (*role).to_owned()).collect()
    }

    /// Whether the subjects hold this principal. Names compare exactly.
    pub fn is_in(&self, subjects: &Subjects) -> bool {
        let Subjects {
            users,
            groups,
            roles,
        } = subjects;
        users.iter().any(|user| user == self.user)
            || groups
                .iter()
                .any(|group| group == PUBLIC || self.groups.contains(group))
            || roles.iter().any(|role| self.roles.contains(role.as_str()))
    }
}
