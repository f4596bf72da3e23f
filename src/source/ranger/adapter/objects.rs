//! What is no table: databases, functions, jars, catalogs; and the addresses of tables that a script declares.

use std::collections::BTreeSet;

use super::Translation;
use crate::policy::{Effect, Privilege, Target};

impl Translation<'_> {
    /// An address under a name that the submitter chose: allowed where the service allows the topic, path or address itself.
    pub(super) fn address(&mut self, address: &str, privileges: &BTreeSet<Privilege>) {
        if self.service.incomplete().is_some() || is_pattern(address) {
            return;
        }
        let Some((level, value)) = self.mapping.address(address) else {
            return;
        };
        let levels = [(level, value.to_owned())];
        for privilege in privileges {
            let on = Target {
                physical: Some(address.to_owned()),
                ..Target::default()
            };
            self.write(&levels, *privilege, on);
        }
    }

    pub(super) fn object(&mut self, object: &str, privileges: &BTreeSet<Privilege>) {
        if self.service.incomplete().is_some() || is_pattern(object) {
            return;
        }
        for privilege in privileges {
            let Some(levels) = self.place(object, *privilege) else {
                continue;
            };
            let levels: Vec<_> = levels
                .iter()
                .map(|(level, value)| (level.as_str(), value.clone()))
                .collect();
            let on = Target {
                object: Some(object.to_owned()),
                ..Target::default()
            };
            self.write(&levels, *privilege, on);
        }
    }

    fn write(&mut self, levels: &[(&str, String)], privilege: Privilege, on: Target) {
        let Some(said) = self.may(levels, privilege) else {
            return;
        };
        let by = said.by.as_ref();
        match (said.yes, by) {
            (true, by) => self
                .rules
                .access(Effect::Allow, by, on, vec![privilege], None),
            (false, Some(by)) => {
                self.rules
                    .access(Effect::Deny, Some(by), on, vec![privilege], None)
            }
            (false, None) => {}
        }
    }

    /// Where the service keeps an object; `None` where it has no place for it, which denies it.
    fn place(&self, object: &str, privilege: Privilege) -> Option<Vec<(String, String)>> {
        let owned = |levels: Vec<(&str, String)>| -> Vec<(String, String)> {
            levels
                .into_iter()
                .map(|(level, value)| (level.to_owned(), value))
                .collect()
        };
        let function = || {
            let level = self.mapping.function.clone()?;
            Some(vec![(level, object.to_owned())])
        };
        match privilege {
            Privilege::Function | Privilege::Execute => function(),
            Privilege::Catalog => self
                .catalog(object)
                .filter(|levels| !levels.is_empty())
                .map(owned),
            Privilege::Jar => {
                let (level, value) = self.mapping.address(object)?;
                Some(vec![(level.to_owned(), value.to_owned())])
            }
            // Which code runs is decided by settings and modules: the service has no place for them.
            Privilege::Module | Privilege::Config => None,
            Privilege::Select
            | Privilege::Insert
            | Privilege::Update
            | Privilege::Delete
            | Privilege::Create
            | Privilege::Alter
            | Privilege::Drop
            | Privilege::Truncate
            | Privilege::Use
            | Privilege::Describe => {
                let parts: Vec<&str> = object.split('.').collect();
                match parts.as_slice() {
                    [catalog] => self
                        .catalog(catalog)
                        .filter(|levels| !levels.is_empty())
                        .map(owned),
                    [catalog, database] => {
                        let mut levels = self.catalog(catalog)?;
                        levels.push((&self.mapping.database, (*database).to_owned()));
                        Some(owned(levels))
                    }
                    _ => function(),
                }
            }
        }
    }
}

/// A name that a native rule would read as a pattern gets no rule.
fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}
