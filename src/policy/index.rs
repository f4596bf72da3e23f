//! From a name to the rules that can be about it, nearly independent of how many rules there are.
//!
//! The index is coarse: it answers with candidates, and [`super::rule::Target`] has the last word. Keys are in lower case, so that one index serves
//! catalogs that look at case and those that do not.

use std::collections::{BTreeMap, HashMap};

use super::pattern::{Glob, fold};
use super::physical::{Spelled, around};
use super::rule::{Place, Rule};
use crate::catalog::TableName;

/// A target of a rule: indices into the rules and its targets.
pub(super) type Entry = (u32, u32);

#[derive(Debug, Default)]
pub(super) struct Index {
    by_name: HashMap<[String; 3], Vec<Entry>>,
    /// Any catalog or database, one table: `*.*.orders`.
    by_table: HashMap<String, Vec<Entry>>,
    /// One catalog and database, a pattern of tables: `hr.payroll.*`.
    by_database: HashMap<[String; 2], Vec<Entry>>,
    names: Vec<Entry>,
    /// A pattern whose last part is plain, and that is about no folder: `kafka://*/orders`.
    by_last: HashMap<String, Vec<Entry>>,
    /// A folder without wildcards.
    by_folder: BTreeMap<String, Vec<Entry>>,
    physicals: Vec<Entry>,
    objects: Vec<Entry>,
}

impl Index {
    pub fn new(rules: &[Rule]) -> Self {
        let mut index = Self::default();
        for (rule, number) in rules.iter().zip(0..) {
            for (target, place) in rule.targets.iter().zip(0..) {
                let folders = match &target.place {
                    Place::Physical(pattern) => pattern.folders(),
                    Place::Table(_) | Place::Object(_) => None,
                };
                match folders {
                    Some(folders) => {
                        for folder in folders {
                            let entries = index.by_folder.entry(folder).or_default();
                            entries.push((number, place));
                        }
                    }
                    None => index.slot(&target.place).push((number, place)),
                }
            }
        }
        index
    }

    fn slot(&mut self, place: &Place) -> &mut Vec<Entry> {
        let lower = |glob: &Glob| glob.literal().map(|text| fold(&text));
        match place {
            Place::Table([catalog, database, table]) => {
                match (lower(catalog), lower(database), lower(table)) {
                    (Some(c), Some(d), Some(t)) => self.by_name.entry([c, d, t]).or_default(),
                    (_, _, Some(t)) => self.by_table.entry(t).or_default(),
                    (Some(c), Some(d), None) => self.by_database.entry([c, d]).or_default(),
                    _ => &mut self.names,
                }
            }
            Place::Physical(pattern) => match pattern.last() {
                Some(last) => self.by_last.entry(fold(&last)).or_default(),
                None => &mut self.physicals,
            },
            Place::Object(_) => &mut self.objects,
        }
    }

    /// Targets that may have this logical name.
    pub fn of_name(&self, name: &TableName) -> impl Iterator<Item = Entry> {
        let [c, d, t] = [&name.catalog, &name.database, &name.table].map(|part| fold(part));
        let database = self.by_database.get(&[c.clone(), d.clone()]);
        let table = self.by_table.get(&t);
        let exact = self.by_name.get(&[c, d, t]);
        let lists = [exact, table, database, Some(&self.names)];
        lists.into_iter().flatten().flatten().copied()
    }

    /// Targets that may have this physical name.
    pub fn of_physical(&self, physical: &Spelled) -> Vec<Entry> {
        let mut found = self.physicals.clone();
        if physical.folder {
            for folder in physical.certain.iter().chain(&physical.loose) {
                found.extend(around(&self.by_folder, folder));
            }
        } else if let Some(name) = physical.certain.first() {
            let last = fold(name.rsplit('/').next().unwrap_or_default());
            found.extend(self.by_last.get(&last).into_iter().flatten());
        }
        // One pattern may be found by several of its spellings.
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether any target is a physical name.
    pub fn has_physical(&self) -> bool {
        !self.by_last.is_empty() || !self.by_folder.is_empty() || !self.physicals.is_empty()
    }

    /// Targets that may have this object name.
    pub fn of_object(&self) -> impl Iterator<Item = Entry> {
        self.objects.iter().copied()
    }
}
