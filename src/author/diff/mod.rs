//! What a change of a policy means: for every kind of principal and every table, who sees more, who sees less, who sees something else.
//!
//! Kinds of principals: each user, each group and each role that one of the two documents names, by itself, and somebody whom none of them names.
//! Somebody with two roles may see what none of these sees. Attributes stay as they are written. Of two filters one is wider when that can be
//! proved from their texts (`implies`); else they differ.

mod compare;
mod implies;
mod look;

use std::collections::BTreeSet;
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::TableName;
use crate::policy::{KnownTable, Policy, Principal, Privilege, Subjects};
use look::Look;

/// One thing that is not as it was, for everybody of `who`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// For whom, sorted.
    pub who: Vec<Class>,
    /// Whether these are all kinds of principals.
    pub everyone: bool,
    /// Of what.
    pub about: About,
    /// More, less, or something else.
    pub sees: Sees,
    /// What.
    #[serde(flatten)]
    pub change: Change,
}

/// A kind of principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// This user, without groups.
    User(String),
    /// Somebody of this group.
    Group(String),
    /// Somebody with this role.
    Role(String),
    /// Somebody whom neither document names.
    AnyoneElse,
}

/// What a difference is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// What holds where no rule speaks, or for all tables.
    Defaults,
    /// A table of the catalog.
    Table(TableName),
    /// Objects that access rules name by this pattern.
    Object(String),
}

/// In which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sees {
    /// Rows, values or doors that were closed.
    More,
    /// Fewer of them.
    Less,
    /// Neither can be told.
    Otherwise,
}

/// What is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A privilege that is given or taken.
    Access {
        /// Which.
        privilege: Privilege,
        /// Given or taken.
        given: bool,
    },
    /// A table that is open to reading on one side, and closed on the other by what its rules say.
    Closed {
        /// The code of the refusal.
        code: String,
        /// Whether it is closed now, or was.
        now: bool,
    },
    /// Which rows.
    Rows {
        /// As it was.
        old: String,
        /// As it is.
        new: String,
    },
    /// The mask of a column or field.
    Mask {
        /// The column, then nested fields.
        column: Vec<String>,
        /// As it was; absent where there was none.
        old: Option<String>,
        /// As it is; absent where there is none.
        new: Option<String>,
    },
    /// A default.
    Default {
        /// Its name in `defaults`.
        field: String,
        /// As it was.
        old: String,
        /// As it is.
        new: String,
    },
}

/// All differences, by what they are about, equal ones of several kinds of principals as one.
#[must_use]
pub fn diff(old: &Policy, new: &Policy, tables: &[KnownTable], now: SystemTime) -> Vec<Difference> {
    let classes = classes(old, new);
    let mut found = compare::defaults(old, new);
    let mut per_class: Vec<(About, Sees, Change, Class)> = Vec::new();
    for (class, who) in &classes {
        for table in tables {
            let look = |policy| Look::at(policy, who, table, now);
            let changes = compare::table(&look(old), &look(new));
            let about = || About::Table(table.name.clone());
            per_class.extend(
                changes
                    .into_iter()
                    .map(|(s, c)| (about(), s, c, class.clone())),
            );
        }
        for (about, sees, change) in compare::objects(old, new, who, now) {
            per_class.push((about, sees, change, class.clone()));
        }
    }
    per_class.sort();
    for (about, sees, change, class) in per_class {
        match found.last_mut() {
            Some(last) if (&last.about, last.sees, &last.change) == (&about, sees, &change) => {
                last.who.push(class);
            }
            _ => found.push(Difference {
                who: vec![class],
                everyone: false,
                about,
                sees,
                change,
            }),
        }
    }
    for difference in &mut found {
        difference.everyone |= difference.who.len() == classes.len();
    }
    found
}

/// The kinds of principals, each with somebody who is of no other.
fn classes(old: &Policy, new: &Policy) -> Vec<(Class, Principal)> {
    let Subjects {
        mut users,
        mut groups,
        mut roles,
    } = old.subjects();
    let more = new.subjects();
    users.extend(more.users);
    groups.extend(more.groups);
    roles.extend(more.roles);
    let names = |names: Vec<String>| names.into_iter().collect::<BTreeSet<String>>();
    let (users, groups, roles) = (names(users), names(groups), names(roles));
    let mut nobody = "anyone-else".to_owned();
    while users.contains(&nobody) {
        nobody.push('-');
    }
    let somebody = Principal {
        user: nobody,
        ..Principal::default()
    };
    let mut classes = Vec::new();
    for user in users {
        let who = Principal {
            user: user.clone(),
            ..Principal::default()
        };
        classes.push((Class::User(user), who));
    }
    // Everyone is of this group: it is no kind of its own.
    for group in groups.into_iter().filter(|group| group != "public") {
        let mut who = somebody.clone();
        who.groups.insert(group.clone());
        classes.push((Class::Group(group), who));
    }
    for role in roles {
        let mut who = somebody.clone();
        who.roles.insert(role.clone());
        classes.push((Class::Role(role), who));
    }
    classes.push((Class::AnyoneElse, somebody));
    classes
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(name) => write!(f, "user {name}"),
            Self::Group(name) => write!(f, "group {name}"),
            Self::Role(name) => write!(f, "role {name}"),
            Self::AnyoneElse => f.write_str("anyone else"),
        }
    }
}

impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Defaults => f.write_str("defaults"),
            Self::Table(name) => write!(f, "{name}"),
            Self::Object(pattern) => write!(f, "object {pattern}"),
        }
    }
}
