//! What a permission service is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::catalog::{Column, TableName};
use crate::policy::{Principal, Privilege, Resource};

/// Who asks, about what. Two equal questions have the same answer. Cheap to clone and to hash: it is a key of caches.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// On whose behalf.
    pub principal: Principal,
    scope: Arc<Scope>,
    /// The hash of the scope, worked out once.
    hash: u64,
}

impl Question {
    /// A scope.
    #[must_use]
    pub fn new(principal: Principal, scope: Scope) -> Self {
        let mut hasher = DefaultHasher::new();
        scope.hash(&mut hasher);
        Self {
            principal,
            hash: hasher.finish(),
            scope: Arc::new(scope),
        }
    }

    /// The same question of somebody else.
    #[must_use]
    pub fn of(&self, principal: Principal) -> Self {
        Self {
            principal,
            ..self.clone()
        }
    }

    /// What it is about.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && self.principal == other.principal
            && (Arc::ptr_eq(&self.scope, &other.scope) || self.scope == other.scope)
    }
}

impl Eq for Question {}

impl Hash for Question {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.principal.hash(state);
        self.hash.hash(state);
    }
}

/// Tables and objects with what is wanted of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Scope {
    /// The tables, each under every circumstance in which it was met.
    pub tables: BTreeMap<TableName, Vec<AskedTable>>,
    /// What is no table: functions, jars, databases, configuration keys, with the privileges wanted on each.
    pub objects: BTreeMap<String, BTreeSet<Privilege>>,
}

/// A table as it was met: what a [`Resource`] says, owned, and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct AskedTable {
    /// Its physical names.
    pub physical: Vec<String>,
    /// Tables of the site over the same bytes.
    pub also: Vec<TableName>,
    /// Its columns where known.
    pub columns: Option<Vec<Column>>,
    /// Whether the submitter chose the logical name.
    pub user_named: bool,
    /// Whether its catalog finds names in any letter case.
    pub ignore_case: bool,
    /// What is wanted; none when only its existence matters.
    pub privileges: BTreeSet<Privilege>,
}

impl AskedTable {
    fn of(resource: &Resource<'_>) -> Self {
        Self {
            physical: resource.physical.to_vec(),
            also: resource.also.to_vec(),
            columns: resource.columns.map(<[Column]>::to_vec),
            user_named: resource.user_named,
            ignore_case: resource.ignore_case,
            privileges: BTreeSet::new(),
        }
    }

    /// Whether this is the resource, columns aside where one of the two does not know them.
    fn is(&self, resource: &Resource<'_>) -> bool {
        self.physical == resource.physical
            && self.also == resource.also
            && self.user_named == resource.user_named
            && self.ignore_case == resource.ignore_case
            && match (&self.columns, resource.columns) {
                (Some(mine), Some(its)) => mine == its,
                (None, None) | (Some(_), None) => true,
                // A service that decides by column has not been asked about these.
                (None, Some(_)) => false,
            }
    }
}

impl Scope {
    /// Takes in a table, and a privilege on it where one is wanted.
    pub fn about(&mut self, resource: &Resource<'_>, privilege: Option<Privilege>) {
        let met = self.tables.entry(resource.name.clone()).or_default();
        let known = met.iter().position(|asked| asked.is(resource));
        let index = known.unwrap_or_else(|| {
            // Met before without its columns: the same table, better known now.
            let nameless = Resource {
                columns: None,
                ..*resource
            };
            let earlier = met
                .iter()
                .position(|asked| asked.columns.is_none() && asked.is(&nameless));
            if let Some(asked) = earlier.and_then(|index| met.get_mut(index)) {
                asked.columns = resource.columns.map(<[Column]>::to_vec);
            }
            earlier.unwrap_or_else(|| {
                met.push(AskedTable::of(resource));
                met.len().saturating_sub(1)
            })
        });
        if let Some(asked) = met.get_mut(index) {
            asked.privileges.extend(privilege);
        }
    }

    /// Takes in something that is no table.
    pub fn about_object(&mut self, object: &str, privilege: Privilege) {
        self.objects
            .entry(object.to_owned())
            .or_default()
            .insert(privilege);
    }

    /// Whether it holds the table under these circumstances, and about this privilege where one is given.
    #[must_use]
    pub fn covers(&self, resource: &Resource<'_>, privilege: Option<Privilege>) -> bool {
        let met = self.tables.get(resource.name);
        met.into_iter().flatten().any(|asked| {
            asked.is(resource) && privilege.is_none_or(|p| asked.privileges.contains(&p))
        })
    }

    /// Whether it holds this privilege on an object.
    #[must_use]
    pub fn covers_object(&self, object: &str, privilege: Privilege) -> bool {
        self.objects
            .get(object)
            .is_some_and(|asked| asked.contains(&privilege))
    }

    /// Takes over what the other holds.
    pub fn widen(&mut self, other: &Self) {
        for (name, met) in &other.tables {
            for asked in met {
                let resource = Resource {
                    name,
                    physical: &asked.physical,
                    also: &asked.also,
                    columns: asked.columns.as_deref(),
                    user_named: asked.user_named,
                    ignore_case: asked.ignore_case,
                };
                self.about(&resource, None);
                for privilege in &asked.privileges {
                    self.about(&resource, Some(*privilege));
                }
            }
        }
        for (object, privileges) in &other.objects {
            let asked = self.objects.entry(object.clone()).or_default();
            asked.extend(privileges);
        }
    }

    /// How many names it holds: of tables, addresses, columns, objects.
    #[must_use]
    pub fn size(&self) -> usize {
        let met = self.tables.values().flatten();
        let names = met.map(|asked| {
            let columns = asked.columns.as_ref().map_or(0, Vec::len);
            1 + asked.physical.len() + asked.also.len() + columns
        });
        self.objects.len() + names.sum::<usize>()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.objects.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> TableName {
        TableName::new("c", "d", name)
    }

    #[test]
    fn what_was_not_asked_is_not_covered() {
        let (t, physical) = (table("t"), ["kafka://b:9092/t".to_owned()]);
        let resource = Resource::named(&t);
        let mut scope = Scope::default();
        assert!(!scope.covers(&resource, None));
        scope.about(&resource, Some(Privilege::Select));
        assert!(scope.covers(&resource, None));
        assert!(scope.covers(&resource, Some(Privilege::Select)));
        assert!(!scope.covers(&resource, Some(Privilege::Insert)));
        let other = [
            Resource {
                physical: &physical,
                ..resource
            },
            Resource {
                user_named: true,
                ..resource
            },
            Resource {
                ignore_case: true,
                ..resource
            },
            Resource {
                columns: Some(&[]),
                ..resource
            },
            Resource::named(&table("u")),
        ]
        .map(|resource| scope.covers(&resource, None));
        assert_eq!(other, [false; 5]);
    }

    #[test]
    fn columns_that_become_known_are_those_of_the_same_table() {
        let t = table("t");
        let mut scope = Scope::default();
        scope.about(&Resource::named(&t), Some(Privilege::Insert));
        let known = Resource {
            columns: Some(&[]),
            ..Resource::named(&t)
        };
        scope.about(&known, Some(Privilege::Select));
        assert_eq!(scope.tables[&t].len(), 1);
        assert!(scope.covers(&known, Some(Privilege::Insert)));
        assert!(scope.covers(&Resource::named(&t), Some(Privilege::Select)));
    }

    #[test]
    fn a_wider_scope_covers_both() {
        let (t, u) = (table("t"), table("u"));
        let (mut a, mut b) = (Scope::default(), Scope::default());
        a.about(&Resource::named(&t), Some(Privilege::Select));
        b.about(&Resource::named(&t), Some(Privilege::Insert));
        b.about(&Resource::named(&u), None);
        b.about_object("f", Privilege::Function);
        a.widen(&b);
        assert!(a.covers(&Resource::named(&t), Some(Privilege::Insert)));
        assert!(a.covers(&Resource::named(&t), Some(Privilege::Select)));
        assert!(a.covers(&Resource::named(&u), None));
        assert!(a.covers_object("f", Privilege::Function));
        assert!(!a.covers_object("f", Privilege::Jar));
    }
}
