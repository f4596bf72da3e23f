//! What is no table: databases, functions, jars, catalogs.

use std::collections::BTreeSet;

use super::Translation;
use super::place::{Face, Place, is_pattern};
use crate::policy::{Privilege, Target};

impl<'a> Translation<'a> {
    pub(super) fn object(&mut self, object: &str, privileges: &BTreeSet<Privilege>) {
        if self.service.incomplete().is_some() || is_pattern(object) {
            return;
        }
        for privilege in privileges {
            let Some(levels) = self.place(object, *privilege) else {
                continue;
            };
            let on = Target {
                object: Some(object.to_owned()),
                ..Target::default()
            };
            let place = Place::new(levels, None, Face::Own, on);
            let said = self.may(&place.levels, *privilege);
            self.say(said, &place, *privilege);
        }
    }

    /// Where the service keeps an object; `None` where it has no place for it, which denies it.
    fn place(&self, object: &str, privilege: Privilege) -> Option<Vec<(&'a str, String)>> {
        let mapping = self.mapping;
        let function = || {
            let level = mapping.function.as_deref()?;
            Some(vec![(level, object.to_owned())])
        };
        let catalog = |name: &str| self.catalog(name).filter(|levels| !levels.is_empty());
        match privilege {
            Privilege::Function | Privilege::Execute => function(),
            Privilege::Catalog => catalog(object),
            Privilege::Jar => self.at_address(object).map(|place| place.levels),
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
            | Privilege::Describe => match object.split('.').collect::<Vec<_>>().as_slice() {
                [name] => catalog(name),
                [name, database] => {
                    let mut levels = self.catalog(name)?;
                    levels.push((&mapping.database, (*database).to_owned()));
                    Some(levels)
                }
                _ => function(),
            },
        }
    }
}
