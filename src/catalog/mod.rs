//! `catalog`: which tables and views a name can mean, what their columns are, and which bytes they stand for.
//!
//! In: DDL, catalog files, a host's callback. Out: [`Found`] for a name. Stays out: principals and policies.
//! Names are case-sensitive, as in Flink. An object that nobody described is *unlisted*, which is not the same as *absent*.

mod change;
mod connector;
mod ddl;
mod load;
mod registered;
mod session;
mod table;

pub use crate::syntax::{DataType, RowField, TypeKind};
pub use change::apply_change;
pub use connector::{Identity, identity};
pub use ddl::{TableError, table_from_ddl};
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
        Ok(if let Some(table) = self.tables.get(name) {
            Lookup::Table(Arc::clone(table))
        } else if let Some(view) = self.views.get(name) {
            Lookup::View(Arc::clone(view))
        } else if self
            .listed
            .contains(&(name.catalog.clone(), name.database.clone()))
        {
            Lookup::Absent
        } else {
            Lookup::Unlisted
        })
    }
}
