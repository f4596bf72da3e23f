//! Where the rules come from: a policy file, or a permission service.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::ranger::Ranger;
use crate::source::PolicySource;
use crate::source::opa::Paths;
use crate::source::remote::{Auth, Bounds, RangerService, Remote, Settings, Speaks, Tls};

/// A permission service. `[service]` and `[cache]` of a configuration file say more than these.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Service {
    /// Ask this permission service for the rules, in place of --policy: its base address.
    #[arg(long = "service", value_name = "URL")]
    pub url: Option<String>,
    /// What the service speaks, unless the configuration file says it [default: sqlsec].
    #[arg(long, value_enum, value_name = "CONTRACT")]
    pub speaks: Option<Contract>,
    /// For OPA: the package of its rules, such as `corp/flink`.
    #[arg(long, value_name = "PACKAGE", default_value = "sqlsec")]
    pub opa_package: String,
    /// The file with the bearer token for it.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The certificates (PEM) of the authorities to trust, in place of the system's.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Our own certificate (PEM), for a service that wants one.
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub client_cert: Option<PathBuf>,
    /// Its key (PEM).
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub client_key: Option<PathBuf>,
    /// Plain HTTP to another machine will do: whoever is on the way can read the credentials and write the rules.
    #[arg(long)]
    pub plain: bool,
    /// How long to wait for it, in seconds [default: 5].
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<f64>,
    /// What a configuration file says.
    #[arg(skip)]
    pub configured: Configured,
}

/// What a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Contract {
    /// sqlsec's own contract.
    Sqlsec,
    /// Open Policy Agent, asked as Trino's plug-in asks it.
    Opa,
    /// Open Policy Agent, asked for one native document.
    OpaDocument,
}

/// `[service]` and `[cache]`.
#[derive(Debug, Default)]
pub(in crate::cli) struct Configured {
    pub service: Option<Settings>,
    pub cache: Option<Bounds>,
}

impl Configured {
    /// The same with relative paths beside the configuration file.
    pub fn beside(mut self, folder: &Path) -> Self {
        if let Some(settings) = &mut self.service {
            settings.each_file(|file| *file = folder.join(&*file));
        }
        self
    }
}

impl Service {
    /// Whether one is named.
    pub const fn is_named(&self) -> bool {
        self.url.is_some() || self.configured.service.is_some()
    }

    /// The service.
    pub fn source(&self, ranger: &Ranger) -> Result<Arc<dyn PolicySource>, Failure> {
        let settings = self.settings(ranger)?;
        let bounds = self.configured.cache.clone().unwrap_or_default();
        let remote = Remote::new(&settings, bounds);
        let remote = remote.map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Arc::new(remote))
    }

    fn settings(&self, ranger: &Ranger) -> Result<Settings, Failure> {
        let configured = self.configured.service.clone();
        let url = ranger.url().or(self.url.as_deref());
        let mut settings = match (url, configured) {
            // What opens the one service is not shown to another.
            (Some(url), Some(configured)) if url != configured.url => Settings {
                url: url.to_owned(),
                auth: Auth::None,
                tls: Tls {
                    certificate: None,
                    key: None,
                    ..configured.tls
                },
                ..configured
            },
            (Some(_), Some(configured)) => configured,
            (Some(url), None) => Settings::new(url),
            (None, Some(configured)) => configured,
            (None, None) => {
                return Err(Failure::usage("no permission service: give --service URL"));
            }
        };
        let package = &self.opa_package;
        settings.contract = match self.speaks {
            None => settings.contract,
            Some(Contract::Sqlsec) => Speaks::Sqlsec,
            Some(Contract::Opa) => Speaks::Opa {
                paths: Paths::trino(package),
            },
            Some(Contract::OpaDocument) => Speaks::Opa {
                paths: Paths::combined(package),
            },
        };
        if ranger.url().is_some() {
            let Some(name) = &ranger.ranger_service else {
                let message = "which service of Ranger: give --ranger-service NAME";
                return Err(Failure::usage(message));
            };
            settings.contract = Speaks::Ranger(RangerService {
                catalog: ranger.ranger_catalog.clone(),
                ..RangerService::named(name)
            });
        }
        if let Some(token_file) = self.token_file.clone() {
            settings.auth = Auth::BearerFile { token_file };
        }
        if self.ca.is_some() {
            settings.tls.ca.clone_from(&self.ca);
        }
        if self.client_cert.is_some() {
            settings.tls.certificate.clone_from(&self.client_cert);
            settings.tls.key.clone_from(&self.client_key);
        }
        settings.plain |= self.plain;
        if let Some(seconds) = self.timeout {
            let total = Duration::try_from_secs_f64(seconds)
                .map_err(|_| Failure::usage("--timeout is no time"))?;
            settings.patience.total = total;
            settings.patience.connect = settings.patience.connect.min(total);
        }
        Ok(settings)
    }
}
