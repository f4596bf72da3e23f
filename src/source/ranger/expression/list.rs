//! Several values at once: the groups, roles and tags, attributes of groups and tags, and the names of attributes.

use std::collections::BTreeSet;

use crate::source::ranger::facts::Facts;

/// A list, and how it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct List {
    pub of: Of,
    pub joined: Joined,
}

/// Which values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Of {
    Groups,
    Roles,
    Tags,
    UserAttribute(String),
    GroupAttribute(String),
    TagAttribute(String),
    UserAttributeNames,
    GroupAttributeNames,
    TagAttributeNames,
}

/// How a list is written as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source::ranger) struct Joined {
    /// In place of no value.
    pub otherwise: Option<String>,
    pub separator: String,
    /// Before and after each value, where it is quoted at all.
    pub quotes: Option<(String, String)>,
}

impl Joined {
    /// Commas, and `'` where it is quoted.
    pub fn plain(quoted: bool) -> Self {
        Self {
            otherwise: None,
            separator: ",".to_owned(),
            quotes: quoted.then(|| ("'".to_owned(), "'".to_owned())),
        }
    }

    /// Whether a reader of SQL sees a list of literals, so that literals may stand in its place.
    pub fn is_sql(&self) -> bool {
        let quotes = |(open, close): &(String, String)| open == "'" && close == "'";
        self.separator.trim() == "," && self.quotes.as_ref().is_none_or(quotes)
    }

    /// The text; `None` where there is no value and nothing to put in its place.
    pub fn text(&self, values: &[String]) -> Option<String> {
        let values: Vec<_> = values.iter().map(|value| self.quote(value)).collect();
        let text = values.join(&self.separator);
        if text.is_empty() {
            return self.otherwise.as_ref().map(|text| self.quote(text));
        }
        Some(text)
    }

    fn quote(&self, value: &str) -> String {
        match &self.quotes {
            Some((open, close)) => format!("{open}{value}{close}"),
            None => value.to_owned(),
        }
    }
}

impl List {
    /// The values, in Ranger's order.
    pub fn values(&self, facts: &Facts<'_>) -> Vec<String> {
        match &self.of {
            Of::Groups => facts.groups.to_vec(),
            Of::Roles => facts.roles.to_vec(),
            Of::Tags => unique(facts.tags.iter().map(|tag| &tag.kind)),
            Of::UserAttribute(name) => facts
                .user_attribute(name)
                .map(str::to_owned)
                .into_iter()
                .collect(),
            Of::GroupAttribute(name) => {
                let values = facts
                    .groups
                    .iter()
                    .filter_map(|group| facts.group_attribute(group, name));
                values.map(str::to_owned).collect()
            }
            Of::TagAttribute(name) => {
                let values = facts.tags.iter().filter_map(|tag| tag.attributes.get(name));
                let mut values: Vec<_> = values.cloned().collect();
                values.sort();
                values
            }
            Of::UserAttributeNames => {
                unique(facts.user_attributes.into_iter().flat_map(|all| all.keys()))
            }
            Of::GroupAttributeNames => {
                let groups = facts
                    .groups
                    .iter()
                    .filter_map(|group| facts.group_attributes.get(group));
                unique(groups.flat_map(|all| all.keys()))
            }
            Of::TagAttributeNames => {
                unique(facts.tags.iter().flat_map(|tag| tag.attributes.keys()))
            }
        }
    }
}

fn unique<'a>(values: impl Iterator<Item = &'a String>) -> Vec<String> {
    let set: BTreeSet<_> = values.collect();
    set.into_iter().cloned().collect()
}
