//! Rules of Apache Ranger: from files with the JSON of its download API, or from a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use clap::Args;
use serde::de::DeserializeOwned;

use super::failure::{Failure, Status};
use super::input;
use crate::source::PolicySource;
use crate::source::ranger::{Documents, Mapping, Options, RangerSource, Service, read};

/// Where Ranger's documents come from.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Ranger {
    /// Decide by Apache Ranger's policies, in place of --policy: a file with the JSON of its policy download, or the address of its server.
    #[arg(long, value_name = "FILE|URL")]
    pub ranger: Option<String>,
    /// With an address: the service's name in Ranger.
    #[arg(long, value_name = "NAME")]
    pub ranger_service: Option<String>,
    /// With a file: the JSON of the role download.
    #[arg(long, value_name = "FILE")]
    pub ranger_roles: Option<PathBuf>,
    /// With a file: the JSON of the tag download.
    #[arg(long, value_name = "FILE")]
    pub ranger_tags: Option<PathBuf>,
    /// With a file: the JSON of the user store download.
    #[arg(long, value_name = "FILE")]
    pub ranger_users: Option<PathBuf>,
    /// For a service like Hive's, without a level for catalogs: the Flink catalog that it is about.
    #[arg(long, value_name = "CATALOG")]
    pub ranger_catalog: Option<String>,
}

impl Ranger {
    /// Whether it is an address of a server.
    pub fn url(&self) -> Option<&str> {
        let named = self.ranger.as_deref()?;
        let is_url = ["http://", "https://"].iter().any(|s| named.starts_with(s));
        is_url.then_some(named)
    }

    /// The files as a source of rules.
    pub fn files(&self, policies: &Path) -> Result<Arc<dyn PolicySource>, Failure> {
        let documents = Documents {
            policies: document(policies)?,
            roles: self.ranger_roles.as_deref().map(document).transpose()?,
            tags: self.ranger_tags.as_deref().map(document).transpose()?,
            users: self.ranger_users.as_deref().map(document).transpose()?,
        };
        let unusable = |error: &dyn std::fmt::Display| {
            let message = format!("`{}`: {error}", policies.display());
            Failure::new(Status::Policy, "ranger-unusable", message)
        };
        let service =
            Service::load(&documents, Options::default()).map_err(|error| unusable(&error))?;
        let mapping = Mapping::of(&service, self.ranger_catalog.as_deref())
            .map_err(|error| unusable(&error))?;
        let source = RangerSource::new(Arc::new(service), mapping, SystemTime::now);
        Ok(Arc::new(source))
    }
}

fn document<T: DeserializeOwned>(file: &Path) -> Result<T, Failure> {
    let source = input::read(file, Status::Policy)?;
    read(source.text.as_bytes()).map_err(|error| {
        let message = format!("`{}`: {error}", source.origin);
        Failure::new(Status::Policy, "ranger-unusable", message)
    })
}
