//! How the tables, objects and privileges of Flink SQL are called in a Ranger service.

use std::collections::BTreeMap;

use crate::policy::{Defaults, Effect, Privilege};
use crate::source::ranger::{Access, Service};

/// What a service calls what sqlsec asks for.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Which level holds the catalog; without one the service knows the tables of `only_catalog` alone.
    pub catalog: Option<String>,
    /// The one catalog that the service is about.
    pub only_catalog: Option<String>,
    /// The level of databases.
    pub database: String,
    /// The level of tables.
    pub table: String,
    /// The level of columns.
    pub column: String,
    /// The level of functions and procedures, by their full names with dots.
    pub function: Option<String>,
    /// The level of Kafka topics: `host:port/topic`.
    pub topic: Option<AddressLevel>,
    /// The level of addresses that are no topic and no path.
    pub url: Option<AddressLevel>,
    /// The level of files.
    pub path: Option<AddressLevel>,
    /// The access type of each privilege; what is missing is denied.
    pub privileges: BTreeMap<Privilege, Access>,
    /// What is done about columns that somebody may not read.
    pub hidden: HiddenColumns,
    /// What the native document says where no rule speaks. Access is denied in any case.
    pub defaults: Defaults,
}

/// A level of addresses: what a script's own tables lie over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressLevel {
    /// The level.
    pub level: String,
    /// The level of the fields below it, where masks are about them.
    pub field: Option<String>,
}

impl AddressLevel {
    fn new(level: &str) -> Self {
        Self {
            level: level.to_owned(),
            field: Some(format!("{level}field")),
        }
    }
}

/// What is done about columns that somebody may not read, in a table of which they may read others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HiddenColumns {
    /// A statement that reads one of them is denied, as Ranger's own plug-ins do; the others may be read.
    #[default]
    Deny,
    /// The table is closed.
    Close,
    /// They are NULL.
    Null,
}

impl Mapping {
    /// The mapping for a service by its definition: `flink`, one like Trino's (`catalog`, `schema`), or one like Hive's (`database`), for which the
    /// catalog must be said.
    ///
    /// # Errors
    /// None of these.
    pub fn of(service: &Service, only_catalog: Option<&str>) -> Result<Self, NoMapping> {
        let has = |names: &[&str]| names.iter().all(|name| service.has_level(name));
        if has(&["catalog", "database", "table", "column"]) {
            return Ok(Self::flink());
        }
        if has(&["catalog", "schema", "table", "column"]) {
            return Ok(Self::trino());
        }
        match only_catalog {
            Some(catalog) if has(&["database", "table", "column"]) => Ok(Self::hive(catalog)),
            None if has(&["database", "table", "column"]) => Err(NoMapping::WhichCatalog),
            Some(_) | None => Err(NoMapping::Levels),
        }
    }

    /// The service definition of sqlsec's own, `servicedef-flink.json`.
    #[must_use]
    pub fn flink() -> Self {
        let same = [
            Privilege::Select,
            Privilege::Insert,
            Privilege::Update,
            Privilege::Delete,
            Privilege::Create,
            Privilege::Alter,
            Privilege::Drop,
            Privilege::Truncate,
            Privilege::Execute,
            Privilege::Use,
            Privilege::Describe,
            Privilege::Function,
            Privilege::Jar,
            Privilege::Catalog,
        ];
        let named = |privilege: Privilege| Access::Type(format!("{privilege:?}").to_lowercase());
        Self {
            catalog: Some("catalog".into()),
            function: Some("function".into()),
            topic: Some(AddressLevel::new("topic")),
            url: Some(AddressLevel::new("url")),
            path: Some(AddressLevel::new("path")),
            ..Self::with(
                "database",
                same.map(|privilege| (privilege, named(privilege))),
            )
        }
    }

    /// Trino's: catalogs, schemas, tables, columns.
    #[must_use]
    pub fn trino() -> Self {
        let types = [
            (Privilege::Select, "select"),
            (Privilege::Insert, "insert"),
            (Privilege::Delete, "delete"),
            (Privilege::Truncate, "delete"),
            (Privilege::Create, "create"),
            (Privilege::Alter, "alter"),
            (Privilege::Drop, "drop"),
            (Privilege::Use, "use"),
            (Privilege::Describe, "show"),
        ];
        Self {
            catalog: Some("catalog".into()),
            ..Self::with(
                "schema",
                types.map(|(privilege, name)| (privilege, Access::Type(name.into()))),
            )
        }
    }

    /// Hive's, for the tables of one catalog.
    #[must_use]
    pub fn hive(catalog: &str) -> Self {
        let update = || Access::Type("update".into());
        let types = [
            (Privilege::Select, Access::Type("select".into())),
            (Privilege::Insert, update()),
            (Privilege::Update, update()),
            (Privilege::Delete, update()),
            (Privilege::Truncate, update()),
            (Privilege::Create, Access::Type("create".into())),
            (Privilege::Alter, Access::Type("alter".into())),
            (Privilege::Drop, Access::Type("drop".into())),
            (Privilege::Use, Access::Any),
            (Privilege::Describe, Access::Any),
        ];
        Self {
            only_catalog: Some(catalog.into()),
            ..Self::with("database", types)
        }
    }

    fn with(database: &str, privileges: impl IntoIterator<Item = (Privilege, Access)>) -> Self {
        Self {
            catalog: None,
            only_catalog: None,
            database: database.into(),
            table: "table".into(),
            column: "column".into(),
            function: None,
            topic: None,
            url: None,
            path: None,
            privileges: privileges.into_iter().collect(),
            hidden: HiddenColumns::default(),
            defaults: Defaults {
                access: Effect::Deny,
                ..Defaults::default()
            },
        }
    }

    /// The level and the value of an address, such as `kafka://b:9092/orders` or `s3://bucket/x`.
    pub(super) fn address<'m, 't>(
        &'m self,
        address: &'t str,
    ) -> Option<(&'m AddressLevel, &'t str)> {
        const FILES: [&str; 14] = [
            "file", "hdfs", "viewfs", "s3", "s3a", "s3n", "oss", "gs", "gcs", "abfs", "abfss",
            "wasb", "wasbs", "cosn",
        ];
        let (scheme, rest) = address.split_once(':')?;
        let (level, value) = match scheme {
            "kafka" => (&self.topic, rest.trim_start_matches('/')),
            scheme if FILES.contains(&scheme) => (&self.path, address),
            _ => (&self.url, address),
        };
        level.as_ref().map(|level| (level, value))
    }

    /// The levels of addresses.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &str> {
        let levels = [&self.topic, &self.url, &self.path].into_iter().flatten();
        levels.map(|level| level.level.as_str())
    }
}

/// A service whose levels are those of no kind that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoMapping {
    /// Other levels.
    #[error("the levels of the service are neither Flink's nor Trino's nor Hive's")]
    Levels,
    /// Like Hive's, and which catalog it is about is not said.
    #[error("the service has no level for catalogs: say which catalog it is about")]
    WhichCatalog,
}
