//! A session: what the statements before this one have changed, and what a name means now.
//!
//! A gateway sends one statement at a time, so the state goes in and comes out, and survives serialisation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    CatalogOptions, CatalogSource, Lookup, Registered, RegisteredCatalog, Table, TableName, View,
};
use crate::syntax::ast::Name;

/// The state of one session of one principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The current catalog.
    pub catalog: String,
    /// The current database.
    pub database: String,
    #[serde(default, with = "entries")]
    #[schemars(with = "Vec<(TableName, Created)>")]
    temporary: BTreeMap<TableName, Created>,
    /// Permanent objects made (`Some`) or dropped (`None`) in this session.
    #[serde(default, with = "entries")]
    #[schemars(with = "Vec<(TableName, Option<Created>)>")]
    permanent: BTreeMap<TableName, Option<Created>>,
    /// Options set with `SET`.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Whether `BEGIN STATEMENT SET` is open.
    #[serde(default)]
    pub statement_set: bool,
    /// The catalogs and databases that statements have registered or dropped.
    #[serde(default)]
    pub registered: Registered,
    /// Which of the permanent tables of this session are materialized: DROP TABLE passes them by.
    #[serde(default)]
    materialized: BTreeSet<TableName>,
    #[serde(default)]
    next_id: u64,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            catalog: BUILT_IN_CATALOG.to_owned(),
            database: BUILT_IN_DATABASE.to_owned(),
            temporary: BTreeMap::new(),
            permanent: BTreeMap::new(),
            settings: BTreeMap::new(),
            statement_set: false,
            registered: Registered::default(),
            materialized: BTreeSet::new(),
            next_id: 0,
        }
    }
}

/// An object made in a session. Its number tells it from an earlier object of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Created {
    /// Which creation of this session it was.
    pub id: u64,
    /// What was made.
    pub object: Object,
}

/// A table or view that the catalog or the session describes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// A table.
    Table(Arc<Table>),
    /// A view of the site's catalog: its text reads raw tables.
    View(Arc<View>),
    /// A view made in this session, which Flink holds in its protected form.
    SessionView(Arc<SessionView>),
}

/// A view that this session has made: Flink holds its rewritten text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionView {
    /// The text as submitted, and the place it was written for.
    pub view: View,
    /// What its names meant when it was protected. Flink looks them up again at each use, so they must mean the same then.
    pub bases: Vec<(TableName, Origin)>,
    /// For whom, under which policy, and with which obligations below it (rules may be valid for a time).
    pub protected_for: String,
}

/// Where an object comes from: decides whether a name still means the same thing.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The site's catalog.
    Catalog,
    /// Not described by anyone: known by name only.
    Unlisted,
    /// Made in this session, by number.
    Session(u64),
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The full name.
    pub name: TableName,
    /// The object; `None` when it is unlisted: a table whose schema nobody gave.
    pub object: Option<Object>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Whether an object is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Nobody has listed that part of the catalog.
    Unknown,
}

/// The catalog that every session begins in.
const BUILT_IN_CATALOG: &str = "default_catalog";

/// Its database.
const BUILT_IN_DATABASE: &str = "default_database";

/// Why a name means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Code `table-unknown`.
    #[error("table or view `{0}` does not exist")]
    Unknown(TableName),
    /// Code `syntax-error`: Flink's names have one to three parts.
    #[error("a table name has one to three parts")]
    Parts,
    /// Code `table-unknown`: after `USE CATALOG` the current database is the catalog's own affair.
    #[error(
        "the current database is not known after `USE CATALOG`: write the name in full, or USE a database"
    )]
    NoDatabase,
    /// Code `catalog-unavailable`.
    #[error("the catalog could not say what `{0}` is")]
    Unavailable(TableName),
}

impl Session {
    /// The full name of a name as written: one part is a table of the current database, two are `database.table` of the current catalog
    /// (FLINK.md §6).
    ///
    /// # Errors
    /// [`NameError::Parts`], [`NameError::NoDatabase`].
    pub fn qualify(&self, name: &Name) -> Result<TableName, NameError> {
        match name.parts.as_slice() {
            [_] if self.database.is_empty() => Err(NameError::NoDatabase),
            [table] => Ok(TableName::new(
                &*self.catalog,
                &*self.database,
                &*table.value,
            )),
            [database, table] => Ok(TableName::new(
                &*self.catalog,
                &*database.value,
                &*table.value,
            )),
            [catalog, database, table] => Ok(TableName::new(
                &*catalog.value,
                &*database.value,
                &*table.value,
            )),
            _ => Err(NameError::Parts),
        }
    }

    /// The object of this full name: a temporary one shadows a permanent one, whatever the number of parts it was named by.
    ///
    /// # Errors
    /// [`NameError::Unknown`], [`NameError::Unavailable`].
    pub fn find(&self, name: TableName, source: &dyn CatalogSource) -> Result<Found, NameError> {
        if let Some(created) = self.temporary.get(&name) {
            return Ok(created.found(name));
        }
        match self.changed(&name, source)? {
            Some(Some(created)) => return Ok(created.found(name)),
            Some(None) => return Err(NameError::Unknown(name)),
            None => {}
        }
        let (object, origin) = match self.described(&name, source)? {
            Lookup::Table(table) => (Some(Object::Table(table)), Origin::Catalog),
            Lookup::View(view) => (Some(Object::View(view)), Origin::Catalog),
            Lookup::Absent => return Err(NameError::Unknown(name)),
            Lookup::Unlisted => (None, Origin::Unlisted),
        };
        Ok(Found {
            name,
            object,
            origin,
        })
    }

    /// What the site says of a name that this session has not made or dropped. Of a catalog that the session has registered itself, and of a
    /// database that it has dropped, the site's description no longer holds.
    fn described(&self, name: &TableName, source: &dyn CatalogSource) -> Result<Lookup, NameError> {
        match self.registered.catalog(&name.catalog) {
            Some(RegisteredCatalog::Dropped) => return Ok(Lookup::Absent),
            Some(RegisteredCatalog::Made(_) | RegisteredCatalog::Uncertain) => {
                return Ok(Lookup::Unlisted);
            }
            None => {}
        }
        if self.is_emptied(&name.catalog, &name.database, source) {
            return Ok(Lookup::Absent);
        }
        source
            .find(name)
            .map_err(|_| NameError::Unavailable(name.clone()))
    }

    /// Whether this session has dropped the database that the site describes: in a catalog that ignores letter case, under any letters.
    #[must_use]
    pub fn is_emptied(&self, catalog: &str, database: &str, source: &dyn CatalogSource) -> bool {
        let folds = self.ignores_case(catalog, source);
        self.registered.is_emptied(catalog, |other| {
            other == database || (folds && super::same_letters(other, database))
        })
    }

    /// Whether what is made in a catalog ends with the session.
    #[must_use]
    pub fn is_in_memory(&self, catalog: &str) -> bool {
        let own = self.registered.options(catalog);
        let kind = own.and_then(|options| options.0.get("type"));
        catalog == BUILT_IN_CATALOG || kind.is_some_and(|kind| kind == "generic_in_memory")
    }

    /// Whether a catalog may be the site's or one that this session has described otherwise.
    #[must_use]
    pub fn is_uncertain(&self, catalog: &str) -> bool {
        matches!(
            self.registered.catalog(catalog),
            Some(RegisteredCatalog::Uncertain)
        )
    }

    /// What this session has done to a permanent object of this name: in a catalog that ignores letter case, of a name in any letters.
    fn changed(
        &self,
        name: &TableName,
        source: &dyn CatalogSource,
    ) -> Result<Option<Option<&Created>>, NameError> {
        if !self.ignores_case(&name.catalog, source) {
            return Ok(self.permanent.get(name).map(Option::as_ref));
        }
        let mut alike = self
            .permanent
            .iter()
            .filter(|(other, _)| other.is_alike(name));
        match (alike.next(), alike.next()) {
            (None, _) => Ok(None),
            (Some((_, object)), None) => Ok(Some(object.as_ref())),
            // Made under one spelling and dropped under another, or so: which was last is not known.
            (Some(_), Some(_)) => Err(NameError::Unknown(name.clone())),
        }
    }

    /// Whether a catalog finds one table by names that differ in letter case (ATTACKS B8).
    #[must_use]
    pub fn ignores_case(&self, catalog: &str, source: &dyn CatalogSource) -> bool {
        let options = self.options(catalog, source);
        options.is_some_and(|options| super::identity::ignores_case(&options.0))
    }

    /// The options of a catalog: those that this session has registered it with, else what the site says.
    #[must_use]
    pub fn options(
        &self,
        catalog: &str,
        source: &dyn CatalogSource,
    ) -> Option<Arc<CatalogOptions>> {
        match self.registered.catalog(catalog) {
            Some(RegisteredCatalog::Made(options)) => Some(Arc::new(options.clone())),
            Some(RegisteredCatalog::Uncertain | RegisteredCatalog::Dropped) => None,
            None => source.options(catalog),
        }
    }

    /// Whether the submitter chose what a catalog is: its tables then have names of his own.
    #[must_use]
    pub fn has_registered(&self, catalog: &str) -> bool {
        self.registered.catalog(catalog).is_some()
    }

    /// `DROP CATALOG`: the permanent objects in it are out of reach, and one that is registered under the name later holds others. Temporary
    /// objects stay, as in Flink.
    pub fn drop_catalog(&mut self, name: &str) {
        self.permanent.retain(|table, _| table.catalog != name);
        self.materialized.retain(|table| table.catalog != name);
        self.registered.drop_catalog(name);
    }

    /// `DROP DATABASE`: its permanent objects are gone.
    pub fn drop_database(&mut self, name: &Name, source: &dyn CatalogSource) {
        let Some(database) = name.parts.last() else {
            return;
        };
        let catalog = match name.parts.as_slice() {
            [.., catalog, _] => catalog.value.clone(),
            _ => self.catalog.clone(),
        };
        let folds = self.ignores_case(&catalog, source);
        let elsewhere = |table: &TableName| {
            let same = table.database == database.value
                || (folds && super::same_letters(&table.database, &database.value));
            table.catalog != catalog || !same
        };
        self.permanent.retain(|table, _| elsewhere(table));
        self.materialized.retain(elsewhere);
        self.registered.empty_database(&catalog, &database.value);
    }

    /// `USE [catalog.]database`.
    pub fn use_database(&mut self, name: &Name) {
        if let [.., catalog, _] = name.parts.as_slice() {
            self.catalog.clone_from(&catalog.value);
        }
        if let Some(database) = name.parts.last() {
            self.database.clone_from(&database.value);
        }
    }

    /// `USE CATALOG name`: the current database becomes the catalog's own default, which only Flink knows: until the next `USE` a one-part name
    /// means nothing here.
    pub fn use_catalog(&mut self, name: &str) {
        name.clone_into(&mut self.catalog);
        if name == BUILT_IN_CATALOG {
            BUILT_IN_DATABASE.clone_into(&mut self.database);
        } else {
            self.database.clear();
        }
    }

    /// Records an object that a statement makes.
    pub fn create(&mut self, name: TableName, object: Object, temporary: bool) {
        let created = Created {
            id: self.next_id,
            object,
        };
        self.next_id = self.next_id.saturating_add(1);
        if temporary {
            self.temporary.insert(name, created);
        } else {
            self.permanent.insert(name, Some(created));
        }
    }

    /// Whether a statement of this session has made an object of this name in the given place.
    #[must_use]
    pub fn has(&self, name: &TableName, temporary: bool) -> bool {
        if temporary {
            self.temporary.contains_key(name)
        } else {
            matches!(self.permanent.get(name), Some(Some(_)))
        }
    }

    /// Whether an object of this name already stands where a CREATE would put it. A table that Flink keeps must not be taken for the one that the
    /// statement declares: `CREATE TABLE IF NOT EXISTS` with other options would be a door.
    ///
    /// # Errors
    /// [`NameError::Unavailable`].
    pub fn existing(
        &self,
        name: &TableName,
        temporary: bool,
        source: &dyn CatalogSource,
    ) -> Result<Existing, NameError> {
        if temporary {
            let has = self.temporary.contains_key(name);
            return Ok(if has { Existing::Yes } else { Existing::No });
        }
        match self.changed(name, source)? {
            Some(Some(_)) => return Ok(Existing::Yes),
            Some(None) => return Ok(Existing::No),
            None => {}
        }
        Ok(match self.described(name, source)? {
            Lookup::Table(_) | Lookup::View(_) => Existing::Yes,
            Lookup::Absent => Existing::No,
            // The built-in catalog lives and dies with the session, which knows all that was made in it.
            Lookup::Unlisted if name.catalog == BUILT_IN_CATALOG => Existing::No,
            Lookup::Unlisted => Existing::Unknown,
        })
    }

    /// Records a materialized table that a statement makes.
    pub fn create_materialized(&mut self, name: TableName, table: Table) {
        self.materialized.insert(name.clone());
        self.create(name, Object::Table(table.into()), false);
    }

    /// Whether this session has made a materialized table of this name.
    #[must_use]
    pub fn is_materialized(&self, name: &TableName) -> bool {
        self.materialized.contains(name) && self.has(name, false)
    }

    /// Records that ALTER has changed a permanent object.
    pub fn replace(&mut self, name: TableName, object: Object) {
        self.create(name, object, false);
    }

    /// Records that ALTER has given a permanent object another name.
    pub fn rename(&mut self, old: TableName, new: TableName, object: Object) {
        if self.materialized.remove(&old) {
            self.materialized.insert(new.clone());
        }
        self.permanent.insert(old, None);
        self.create(new, object, false);
    }

    /// Records that an object is gone.
    pub fn drop_object(&mut self, name: TableName, temporary: bool) {
        if temporary {
            self.temporary.remove(&name);
        } else {
            self.materialized.remove(&name);
            self.permanent.insert(name, None);
        }
    }

    /// What a DROP of a table (or, with `view`, of a view) finds where it looks: Flink drops nothing of another kind, and no permanent object
    /// that a temporary one shadows. A DROP that does nothing there must do nothing here.
    ///
    /// # Errors
    /// [`NameError::Unavailable`].
    pub fn droppable(
        &self,
        name: &TableName,
        view: bool,
        temporary: bool,
        source: &dyn CatalogSource,
    ) -> Result<Existing, NameError> {
        let of_kind = |object: &Object| match object {
            // DROP TABLE IF EXISTS passes a materialized table by.
            Object::Table(_) if !view && !temporary && self.is_materialized(name) => Existing::No,
            Object::Table(_) if !view => Existing::Yes,
            Object::View(_) | Object::SessionView(_) if view => Existing::Yes,
            Object::Table(_) | Object::View(_) | Object::SessionView(_) => Existing::No,
        };
        let shadowing = self.temporary.get(name);
        if temporary || shadowing.is_some() {
            let found = shadowing.map_or(Existing::No, |created| of_kind(&created.object));
            return Ok(if temporary { found } else { Existing::No });
        }
        match self.changed(name, source)? {
            Some(Some(created)) => return Ok(of_kind(&created.object)),
            Some(None) => return Ok(Existing::No),
            None => {}
        }
        Ok(match self.described(name, source)? {
            Lookup::Table(table) => of_kind(&Object::Table(table)),
            Lookup::View(view) => of_kind(&Object::View(view)),
            Lookup::Absent => Existing::No,
            Lookup::Unlisted => Existing::Unknown,
        })
    }

    /// The session's permanent objects, for building a catalog from DDL.
    pub(super) fn into_permanent(self) -> BTreeMap<TableName, Option<Created>> {
        self.permanent
    }
}

impl Created {
    fn found(&self, name: TableName) -> Found {
        Found {
            name,
            object: Some(self.object.clone()),
            origin: Origin::Session(self.id),
        }
    }
}

/// Maps keyed by [`TableName`] as lists of pairs: a JSON key can only be a string.
mod entries {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::TableName;

    pub fn serialize<V: Serialize, S: Serializer>(
        map: &BTreeMap<TableName, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, V: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<TableName, V>, D::Error> {
        Ok(Vec::<(TableName, V)>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}
