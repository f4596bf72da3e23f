//! A file of users: who is in which groups, has which roles and attributes. The service's side of `principal` in an answer.
//!
//! In: YAML or JSON of the shape of `schema/users.json`. Out: for each name what is known of it. Stays out: rules, and who asks.
//! Invariant: what is said of a user is complete; whoever is not in the file has no group, no role and no attribute.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::decode::decode;
use crate::policy::{Attribute, Finding, PolicyError, PrincipalDecl, yaml};

/// The only `apiVersion` that is read.
pub const USERS_VERSION: &str = "sqlsec/users/v1";

/// A file of users, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsersDocument {
    /// `sqlsec/users/v1`.
    #[serde(rename = "apiVersion")]
    #[schemars(extend("const" = USERS_VERSION))]
    pub api_version: String,
    /// The users, each once.
    pub users: Vec<UserDecl>,
}

/// What is known of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserDecl {
    /// The name, letter for letter.
    pub name: String,
    /// The groups of the user.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    /// Roles, besides those that the policy gives.
    #[serde(default)]
    pub roles: BTreeSet<String>,
    /// What `${user.name}` in a filter stands for.
    #[serde(default)]
    pub attributes: BTreeMap<String, Attribute>,
}

/// The users of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directory(BTreeMap<String, PrincipalDecl>);

impl Directory {
    /// Reads a file of users; `origin` is its name in errors.
    ///
    /// # Errors
    /// The first thing that has another shape; another `apiVersion`; a user without a name, or named twice.
    pub fn load(text: &str, origin: &str) -> Result<Self, PolicyError> {
        read(text).map_err(|finding| PolicyError {
            origin: origin.to_owned(),
            findings: vec![finding],
        })
    }

    /// What is known of a user.
    #[must_use]
    pub fn of(&self, user: &str) -> PrincipalDecl {
        let known = self.0.get(user).cloned();
        known.unwrap_or_else(|| PrincipalDecl {
            user: user.to_owned(),
            groups: Some(BTreeSet::new()),
            roles: Some(BTreeSet::new()),
            attributes: Some(BTreeMap::new()),
        })
    }
}

fn read(text: &str) -> Result<Directory, Finding> {
    let root = yaml::parse(text)?;
    let document: UsersDocument = decode(&root)?;
    if document.api_version != USERS_VERSION {
        let message = format!("this program reads `apiVersion: {USERS_VERSION}`");
        return Err(Finding::error(
            root.place(&["apiVersion"]),
            "api-version",
            message,
        ));
    }
    let mut users = BTreeMap::new();
    for (index, user) in document.users.into_iter().enumerate() {
        let at = root.place(&["users", &index.to_string(), "name"]);
        if user.name.is_empty() {
            return Err(Finding::error(at, "subject-name", "a user has a name"));
        }
        let stated = PrincipalDecl {
            user: user.name.clone(),
            groups: Some(user.groups),
            roles: Some(user.roles),
            attributes: Some(user.attributes),
        };
        if users.insert(user.name.clone(), stated).is_some() {
            let message = format!("user `{}` is listed twice", user.name);
            return Err(Finding::error(at, "duplicate-user", message));
        }
    }
    Ok(Directory(users))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_all_of_a_user_and_nothing_of_others() {
        let text = "{ apiVersion: sqlsec/users/v1, users: [ { name: ann, groups: [ops], attributes: { dept: HR, level: 3, regions: [n, s] } } ] }";
        let directory = Directory::load(text, "users").expect("users");
        let ann = directory.of("ann").principal();
        assert!(ann.groups.contains("ops") && ann.roles.is_empty());
        assert_eq!(ann.attributes["level"], Attribute::Integer(3));
        let stranger = directory.of("Ann");
        assert_eq!(stranger.principal().attributes.len(), 0);
        assert!(
            stranger.groups.is_some() && stranger.roles.is_some() && stranger.attributes.is_some()
        );
    }

    #[test]
    fn a_file_that_is_wrong_says_where() {
        for (text, code, line) in [
            ("apiVersion: sqlsec/users/v2\nusers: []", "api-version", 1),
            ("users: []", "document-shape", 1),
            ("apiVersion: sqlsec/users/v1", "document-shape", 1),
            (
                "apiVersion: sqlsec/users/v1\nusers:\n- { name: '' }",
                "subject-name",
                3,
            ),
            (
                "apiVersion: sqlsec/users/v1\nusers:\n- { name: a }\n- { name: a }",
                "duplicate-user",
                4,
            ),
            (
                "apiVersion: sqlsec/users/v1\nusers:\n- { name: a, group: [x] }",
                "document-shape",
                3,
            ),
            (
                "apiVersion: sqlsec/users/v1\nusers:\n- { name: a, attributes: { x: null } }",
                "document-shape",
                3,
            ),
            (
                "apiVersion: sqlsec/users/v1\nusers:\n- { name: a, attributes: { x: { y: 1 } } }",
                "document-shape",
                3,
            ),
            (
                "apiVersion: sqlsec/users/v1\nusers:\n- { name: a, groups: x }",
                "document-shape",
                3,
            ),
            (
                "apiVersion: sqlsec/users/v1\nusers:\n- { name: a }\nuser: []",
                "document-shape",
                4,
            ),
        ] {
            let error = Directory::load(text, "users").expect_err(text);
            let found = &error.findings[0];
            assert_eq!((found.code, found.line), (code, line), "{text}");
        }
    }
}
