//! `catalog`: which tables and views a name can mean, what their columns are, and which bytes they stand for.
//!
//! In: DDL, catalog files, a host's callback. Out: [`Found`] for a name. Stays out: principals and policies.
//! Names are case-sensitive, as in Flink. An object that nobody described is *unlisted*, which is not the same as *absent*.

mod change;
mod ddl;
pub(crate) mod identity;
mod live;
mod load;
mod registered;
mod session;
mod table;

pub use crate::syntax::{DataType, RowField, TypeKind};
pub use change::apply_change;
pub use ddl::{TableError, table_from_ddl};
pub use identity::{Identity, identity, locate};
pub(crate) use live::Live;
pub use load::{CatalogDocument, CatalogError};
pub use registered::{CatalogOptions, Registered, RegisteredCatalog};
pub use session::{Created, Existing, Found, NameError, Object, Origin, Session, SessionView};
pub use table::{Column, ColumnKind, Table, TableName, View};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a host keeps its tables, asked while a statement is resolved. Must answer at once: fetching is the host's affair.
pub trait CatalogSource: Send + Sync {
    /// The table or view of this name.
    ///
    /// # Errors
    /// Whatever keeps the host from knowing: the statement is denied with `catalog-unavailable`.
    fn find(&self, name: &TableName) -> Result<Lookup, String>;

    /// All tables with the bytes that they stand for, as far as the host can list them: asked once, when an engine is made. A table that a script
    /// declares over the bytes of one of these has its rules too.
    fn addresses(&self) -> Vec<(TableName, Vec<String>)> {
        Vec::new()
    }

    /// What `CREATE CATALOG` said of a catalog of the site, where the host knows: it gives the tables in it their address, and says whether their
    /// names have a letter case.
    fn options(&self, catalog: &str) -> Option<Arc<CatalogOptions>> {
        let _ = catalog;
        None
    }

    /// Whether it will always say the same. What the tables of a fixed catalog inherit from earlier jobs is kept from check to check.
    fn is_fixed(&self) -> bool {
        false
    }
}

/// The answer of a [`CatalogSource`].
#[derive(Debug, Clone)]
pub enum Lookup {
    /// This is it.
    Table(Arc<Table>),
    /// A view.
    View(Arc<View>),
    /// There is no such object.
    Absent,
    /// This source knows nothing about that part of the catalog.
    Unlisted,
}

/// An immutable snapshot of the site's permanent tables and views.
///
/// A database with at least one object in the snapshot is taken to be listed in full: another name in it is `table-unknown`.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    tables: BTreeMap<TableName, Arc<Table>>,
    views: BTreeMap<TableName, Arc<View>>,
    listed: BTreeSet<(String, String)>,
    catalogs: BTreeMap<String, Arc<CatalogOptions>>,
}

impl Catalog {
    /// Adds a table; a later one of the same name replaces the former.
    pub fn add_table(&mut self, name: TableName, table: Table) {
        self.listed
            .insert((name.catalog.clone(), name.database.clone()));
        self.views.remove(&name);
        self.tables.insert(name, Arc::new(table));
    }

    /// Adds a view; a later object of the same name replaces the former.
    pub fn add_view(&mut self, name: TableName, view: View) {
        self.listed
            .insert((name.catalog.clone(), name.database.clone()));
        self.tables.remove(&name);
        self.views.insert(name, Arc::new(view));
    }

    /// Says that a name is neither table nor view; a later object of that name is there again.
    pub fn add_absent(&mut self, name: &TableName) {
        self.listed
            .insert((name.catalog.clone(), name.database.clone()));
        self.tables.remove(name);
        self.views.remove(name);
    }

    /// Says with which options a catalog was created; a later word replaces the former.
    pub fn add_catalog(&mut self, name: impl Into<String>, options: CatalogOptions) {
        self.catalogs.insert(name.into(), Arc::new(options));
    }

    /// Which bytes a table of this snapshot stands for.
    #[must_use]
    pub fn identity(&self, name: &TableName, table: &Table) -> Identity {
        let catalog = self.catalogs.get(&name.catalog);
        locate(name, Some(&table.options), catalog.map(|c| &c.0))
    }

    /// The names in this catalog that are the same in other letters, where their case says nothing.
    fn alike(&self, name: &TableName) -> Option<TableName> {
        let options = self.catalogs.get(&name.catalog)?;
        if !identity::ignores_case(&options.0) {
            return None;
        }
        let names = self.tables.keys().chain(self.views.keys());
        let mut alike = names.filter(|other| other.is_alike(name));
        alike.next().cloned()
    }

    fn lists(&self, name: &TableName) -> bool {
        let database = (name.catalog.clone(), name.database.clone());
        let folded = self
            .catalogs
            .get(&name.catalog)
            .is_some_and(|options| identity::ignores_case(&options.0));
        self.listed.contains(&database)
            || (folded
                && self.listed.iter().any(|(catalog, database)| {
                    *catalog == name.catalog && same_letters(database, &name.database)
                }))
    }

    /// All tables by name.
    pub fn tables(&self) -> impl Iterator<Item = (&TableName, &Table)> {
        self.tables.iter().map(|(name, table)| (name, &**table))
    }

    /// All views by name.
    pub fn views(&self) -> impl Iterator<Item = (&TableName, &View)> {
        self.views.iter().map(|(name, view)| (name, &**view))
    }
}

impl CatalogSource for Catalog {
    fn find(&self, name: &TableName) -> Result<Lookup, String> {
        let alike = self.alike(name);
        let known =
            |name: &TableName| self.tables.contains_key(name) || self.views.contains_key(name);
        let name = match &alike {
            Some(alike) if !known(name) => alike,
            Some(_) | None => name,
        };
        Ok(if let Some(table) = self.tables.get(name) {
            Lookup::Table(Arc::clone(table))
        } else if let Some(view) = self.views.get(name) {
            Lookup::View(Arc::clone(view))
        } else if self.lists(name) {
            Lookup::Absent
        } else {
            Lookup::Unlisted
        })
    }

    fn addresses(&self) -> Vec<(TableName, Vec<String>)> {
        let tables = self.tables.iter();
        let tables = tables.map(|(name, table)| (name.clone(), self.identity(name, table).names()));
        tables.filter(|(_, names)| !names.is_empty()).collect()
    }

    fn is_fixed(&self) -> bool {
        true
    }

    fn options(&self, catalog: &str) -> Option<Arc<CatalogOptions>> {
        self.catalogs.get(catalog).map(Arc::clone)
    }
}

/// Whether two names differ in letter case at most.
pub(crate) fn same_letters(a: &str, b: &str) -> bool {
    let lower = |text: &str| {
        text.chars()
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    a == b || lower(a) == lower(b)
}
