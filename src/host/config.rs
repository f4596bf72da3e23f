//! The configuration document of a host: where the rules and the tables come from.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{HostCode, HostError};
use crate::audit::{OnFailure, Rotation};
use crate::lineage::store::is_address;
#[cfg(feature = "service")]
use crate::source::remote::{Bounds, Settings};

/// A configuration. Exactly one of `policy`, `ranger` and `service` has the rules.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The folder that paths in this document are relative to. Without it those of the process, which a host seldom chooses.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// A policy document.
    #[serde(default)]
    pub policy: Option<Document>,
    /// The site's tables and views, later parts over earlier ones.
    #[serde(default)]
    pub catalog: Vec<CatalogPart>,
    /// Documents of Apache Ranger in files.
    #[serde(default)]
    pub ranger: Option<RangerFiles>,
    /// Where the lineage of all jobs is kept. Without it masks follow the data within a script alone.
    #[serde(default)]
    pub lineage: Option<LineagePart>,
    /// Where the record of each check goes.
    #[serde(default)]
    pub audit: Option<AuditPart>,
    /// A permission service.
    #[cfg(feature = "service")]
    #[serde(default)]
    pub service: Option<Settings>,
    /// What is kept of its answers.
    #[cfg(feature = "service")]
    #[serde(default)]
    pub cache: Option<Bounds>,
    /// The lowest version that rules may have: of a host that opens anew, the highest that was in force. A file with less is not opened, an answer with less not used.
    #[serde(default)]
    pub at_least: Option<u64>,
}

/// A policy document (YAML or JSON).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Document {
    /// In a file.
    File(PathBuf),
    /// Itself.
    Text(String),
}

/// A part of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CatalogPart {
    /// A file that ends in `.sql` or `.json`.
    File(PathBuf),
    /// Flink DDL.
    Sql(String),
    /// A JSON catalog document, as it is in a file.
    Json(serde_json::Value),
}

/// Files with the JSON of Ranger's downloads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RangerFiles {
    /// The policies.
    pub policies: PathBuf,
    /// The roles.
    #[serde(default)]
    pub roles: Option<PathBuf>,
    /// The tags.
    #[serde(default)]
    pub tags: Option<PathBuf>,
    /// The user store.
    #[serde(default)]
    pub users: Option<PathBuf>,
    /// For a service like Hive's, without a level for catalogs: the Flink catalog that it is about.
    #[serde(default)]
    pub catalog: Option<String>,
}

/// The lineage store of a host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LineagePart {
    /// A file, or `postgres://user@host/database`. An address with a password in it is refused when it is opened.
    pub store: PathBuf,
    /// Whether a store is made where there is none. Without it a name that was mistyped, or a folder that is not mounted, is an error, and no empty store in
    /// which nobody has written anything.
    #[serde(default)]
    pub create: bool,
    /// The file with the password of the database. It is read when the engine is opened.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

impl LineagePart {
    /// The address of a database; nothing where the store is a file.
    pub(super) fn address(&self) -> Option<&str> {
        self.store.to_str().filter(|place| is_address(place))
    }

    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let file = self.address().is_none();
        let store = file.then_some(&mut self.store);
        store.into_iter().chain(&mut self.password_file)
    }
}

/// The audit file of a host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AuditPart {
    /// The file that records are appended to, one JSON document a line.
    pub file: PathBuf,
    /// When it is full, and how many full ones are kept.
    #[serde(default)]
    pub rotation: Rotation,
    /// What becomes of a check that cannot be recorded.
    #[serde(default)]
    pub on_failure: OnFailure,
}

impl Config {
    /// Reads a configuration: JSON in UTF-8.
    ///
    /// # Errors
    /// `input-not-utf8`, `config-invalid`.
    pub fn parse(document: &[u8]) -> Result<Self, HostError> {
        let text = text(document, "config")?;
        let config: Self = serde_json::from_str(text)
            .map_err(|error| HostError::json(HostCode::Config, "config", text, &error))?;
        Ok(config.beside())
    }

    /// Reads a configuration from a file. Without `folder`, paths in it are relative to the folder that the file is in.
    ///
    /// # Errors
    /// `input-unreadable`, `input-not-utf8`, `config-invalid`.
    pub fn load(file: &Path) -> Result<Self, HostError> {
        let origin = file.display().to_string();
        let bytes = std::fs::read(file).map_err(|error| {
            let message = format!("cannot read `{origin}`: {error}");
            HostError::new(HostCode::Unreadable, message)
        })?;
        let text = text(&bytes, &origin)?;
        let mut config: Self = serde_json::from_str(text)
            .map_err(|error| HostError::json(HostCode::Config, &origin, text, &error))?;
        let beside = file.parent().unwrap_or(Path::new("."));
        config.folder = Some(match &config.folder {
            Some(folder) => beside.join(folder),
            None => beside.to_owned(),
        });
        Ok(config.beside())
    }

    /// The files that the rules and the tables are read from.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let catalog = self.catalog.iter().filter_map(|part| match part {
            CatalogPart::File(file) => Some(file),
            CatalogPart::Sql(_) | CatalogPart::Json(_) => None,
        });
        let policy = self.policy.iter().filter_map(|policy| match policy {
            Document::File(file) => Some(file),
            Document::Text(_) => None,
        });
        let ranger = self.ranger.iter().flat_map(|files| {
            let others = [&files.roles, &files.tags, &files.users];
            std::iter::once(&files.policies).chain(others.into_iter().flatten())
        });
        catalog.chain(policy).chain(ranger).map(PathBuf::as_path)
    }

    /// Whether versions of its rules can be compared with those of another configuration: both have a policy, or the same documents of Ranger, or the same
    /// service.
    #[cfg(feature = "server")]
    pub(crate) fn has_rules_of(&self, other: &Self) -> bool {
        #[cfg(feature = "service")]
        if self.service != other.service {
            return false;
        }
        self.policy.is_some() == other.policy.is_some() && self.ranger == other.ranger
    }

    /// The same with relative paths below `folder`.
    fn beside(mut self) -> Self {
        let Some(folder) = self.folder.clone() else {
            return self;
        };
        let ranger = self.ranger.iter_mut().flat_map(RangerFiles::files);
        let catalog = self.catalog.iter_mut().filter_map(|part| match part {
            CatalogPart::File(file) => Some(file),
            CatalogPart::Sql(_) | CatalogPart::Json(_) => None,
        });
        let policy = self.policy.iter_mut().filter_map(|policy| match policy {
            Document::File(file) => Some(file),
            Document::Text(_) => None,
        });
        let audit = self.audit.iter_mut().map(|audit| &mut audit.file);
        let lineage = self.lineage.iter_mut().flat_map(LineagePart::files);
        for file in ranger
            .chain(catalog)
            .chain(policy)
            .chain(audit)
            .chain(lineage)
        {
            *file = folder.join(&*file);
        }
        #[cfg(feature = "service")]
        if let Some(settings) = &mut self.service {
            settings.each_file(|file| *file = folder.join(&*file));
        }
        self
    }
}

impl RangerFiles {
    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let others = [&mut self.roles, &mut self.tags, &mut self.users];
        std::iter::once(&mut self.policies).chain(others.into_iter().flatten())
    }
}

/// A document as text.
pub(super) fn text<'d>(document: &'d [u8], origin: &str) -> Result<&'d str, HostError> {
    std::str::from_utf8(document).map_err(|error| {
        let message = format!("byte {} is not UTF-8", error.valid_up_to());
        HostError {
            origin: origin.to_owned(),
            ..HostError::new(HostCode::NotUtf8, message)
        }
    })
}
