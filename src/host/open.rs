//! A configuration becomes an engine over a policy, or a gate over whoever has the rules.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use super::config::{self, CatalogPart, Config, Document, RangerFiles};
use super::{HostCode, HostError, lineage};
use crate::catalog::{Catalog, CatalogError};
use crate::check::{Engine, Gate, SubmitCheck};
use crate::lineage::store::{LineageSource, LineageStore};
use crate::policy::{Policy, Severity};
use crate::source::PolicySource;
use crate::source::ranger::{Documents, Mapping, Options, RangerSource, Service, read as document};
use crate::syntax::Position;

/// Files beyond this are a mistake: a directory of data, a device.
const FILE_BYTES: u64 = 256 << 20;

/// What a configuration has come to.
pub struct Opened {
    /// Who decides, by what the store knows where there is one.
    pub judge: Box<dyn SubmitCheck>,
    /// The lineage of all jobs.
    pub lineage: Option<Arc<dyn LineageStore>>,
    /// The version of rules in files, which may only grow: a policy's, or the sum of those of Ranger's documents. Nothing where a service has the rules.
    pub version: Option<u64>,
}

/// Opens what a configuration describes. Files are read now and not again: new rules in a file are a new engine. The lineage store is asked at each check.
///
/// # Errors
/// `config-invalid`, `input-unreadable`, `input-not-utf8`, `catalog-invalid`, `policy-invalid`, `lineage-unavailable`.
pub fn open(config: &Config) -> Result<Opened, HostError> {
    let lineage = config.lineage.as_ref().map(lineage::open).transpose()?;
    let known = lineage.clone().map(|store| store as Arc<dyn LineageSource>);
    let (judge, version) = judge(config, known)?;
    Ok(Opened {
        judge,
        lineage,
        version,
    })
}

fn judge(
    config: &Config,
    lineage: Option<Arc<dyn LineageSource>>,
) -> Result<(Box<dyn SubmitCheck>, Option<u64>), HostError> {
    let catalog = catalog(&config.catalog)?;
    let gate = |source, catalog, lineage| -> Box<dyn SubmitCheck> {
        let gate = Gate::new(source, Arc::new(catalog));
        match lineage {
            Some(lineage) => Box::new(gate.lineage(lineage)),
            None => Box::new(gate),
        }
    };
    match (&config.policy, &config.ranger, service(config)?) {
        (Some(rules), None, None) => {
            let policy = policy(rules)?;
            let version = policy.version();
            not_before(config, version)?;
            let engine = Engine::new(policy, catalog);
            let engine = match lineage {
                Some(lineage) => engine.lineage(lineage),
                None => engine,
            };
            Ok((Box::new(engine), Some(version)))
        }
        (None, Some(files), None) => {
            let service = ranger(files)?;
            let version = service.edition();
            not_before(config, version)?;
            let mapping = mapping(files, &service)?;
            let source = RangerSource::new(Arc::new(service), mapping, SystemTime::now);
            Ok((gate(Arc::new(source), catalog, lineage), Some(version)))
        }
        (None, None, Some(service)) => Ok((gate(service, catalog, lineage), None)),
        (None, None, None) => {
            let message = "no rules: `policy`, `ranger` or `service` says where they are";
            Err(HostError::new(HostCode::Config, message))
        }
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
            let message = "two sources of rules: one of `policy`, `ranger` and `service`";
            Err(HostError::new(HostCode::Config, message))
        }
    }
}

/// A copy that was left behind, or taken back by mistake: rules do not go back.
fn not_before(config: &Config, version: u64) -> Result<(), HostError> {
    match config.at_least {
        Some(least) if version < least => {
            let message =
                format!("version {version} of the rules is lower than {least}, the least allowed");
            Err(HostError::new(HostCode::Policy, message))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(feature = "service")]
fn service(config: &Config) -> Result<Option<Arc<dyn PolicySource>>, HostError> {
    let Some(settings) = &config.service else {
        return match &config.cache {
            None => Ok(None),
            Some(_) => Err(HostError::new(
                HostCode::Config,
                "`cache` without `service`",
            )),
        };
    };
    let bounds = config.cache.clone().unwrap_or_default();
    let remote = crate::source::remote::Remote::new(settings, bounds);
    let remote = remote.map_err(|error| HostError::new(HostCode::Policy, error))?;
    Ok(Some(Arc::new(match config.at_least {
        Some(version) => remote.at_least(version),
        None => remote,
    })))
}

#[cfg(not(feature = "service"))]
#[expect(clippy::unnecessary_wraps, reason = "the other build of it can fail")]
fn service(_: &Config) -> Result<Option<Arc<dyn PolicySource>>, HostError> {
    Ok(None)
}

fn catalog(parts: &[CatalogPart]) -> Result<Catalog, HostError> {
    let mut catalog = Catalog::default();
    for (index, part) in parts.iter().enumerate() {
        let inline = format!("catalog[{index}]");
        let (added, origin) = match part {
            CatalogPart::Sql(text) => (catalog.add_sql(text, &inline), inline),
            CatalogPart::Json(value) => (catalog.add_json(&value.to_string(), &inline), inline),
            CatalogPart::File(path) => {
                let (text, origin) = read(path)?;
                let added = match path.extension().and_then(|e| e.to_str()) {
                    Some("sql") => catalog.add_sql(&text, &origin),
                    Some("json") => catalog.add_json(&text, &origin),
                    _ => {
                        let message = format!("`{origin}`: a catalog file ends in .sql or .json");
                        return Err(HostError::new(HostCode::Config, message));
                    }
                };
                (added, origin)
            }
        };
        added.map_err(|error| unusable(&error, &origin))?;
    }
    Ok(catalog)
}

fn unusable(error: &CatalogError, origin: &str) -> HostError {
    HostError::new(HostCode::Catalog, &error.message).at(origin, error.position)
}

fn policy(rules: &Document) -> Result<Policy, HostError> {
    let (text, origin) = match rules {
        Document::File(path) => read(path)?,
        Document::Text(text) => (text.clone(), "policy".to_owned()),
    };
    Policy::load(&text, &origin).map_err(|error| {
        let first = error
            .findings
            .iter()
            .find(|f| f.severity == Severity::Error);
        let failure = |message: &dyn std::fmt::Display| HostError::new(HostCode::Policy, message);
        first.map_or_else(
            || failure(&error),
            |finding| {
                let place = Position {
                    line: finding.line,
                    column: finding.column,
                };
                failure(&finding.message).at(&origin, place)
            },
        )
    })
}

fn ranger(files: &RangerFiles) -> Result<Service, HostError> {
    let documents = Documents {
        policies: download(&files.policies)?,
        roles: files.roles.as_deref().map(download).transpose()?,
        tags: files.tags.as_deref().map(download).transpose()?,
        users: files.users.as_deref().map(download).transpose()?,
    };
    Service::load(&documents, Options::default()).map_err(|error| foreign(files, &error))
}

fn mapping(files: &RangerFiles, service: &Service) -> Result<Mapping, HostError> {
    Mapping::of(service, files.catalog.as_deref()).map_err(|error| foreign(files, &error))
}

fn foreign(files: &RangerFiles, error: &dyn std::fmt::Display) -> HostError {
    let message = format!("`{}`: {error}", files.policies.display());
    HostError::new(HostCode::Policy, message)
}

fn download<T: DeserializeOwned>(file: &Path) -> Result<T, HostError> {
    let (text, origin) = read(file)?;
    document(text.as_bytes())
        .map_err(|error| HostError::new(HostCode::Policy, format!("`{origin}`: {error}")))
}

/// A file of UTF-8 text, and its name.
fn read(path: &Path) -> Result<(String, String), HostError> {
    let origin = path.display().to_string();
    let unreadable = |error: &dyn std::fmt::Display| {
        let message = format!("cannot read `{origin}`: {error}");
        HostError::new(HostCode::Unreadable, message)
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(unreadable(&"it is too long"));
    }
    let text = config::text(&bytes, &origin)?.to_owned();
    Ok((text, origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(config: &str) -> HostCode {
        let opened = Config::parse(config.as_bytes()).and_then(|config| open(&config));
        opened
            .err()
            .unwrap_or_else(|| panic!("{config} opens"))
            .code
    }

    const RULES: &str = r#"{"text": "apiVersion: sqlsec/v1\nversion: 1\nrules: []"}"#;

    #[test]
    fn a_configuration_names_one_source_of_rules() {
        assert_eq!(code("{}"), HostCode::Config);
        let two = format!(r#"{{"policy": {RULES}, "ranger": {{"policies": "p.json"}}}}"#);
        assert_eq!(code(&two), HostCode::Config);
        let twice = format!(r#"{{"policy": {RULES}, "policy": {RULES}}}"#);
        assert_eq!(code(&twice), HostCode::Config);
        assert_eq!(code(r#"{"polizy": {}}"#), HostCode::Config);
        let config = format!(r#"{{"policy": {RULES}}}"#);
        assert!(open(&Config::parse(config.as_bytes()).unwrap()).is_ok());
    }

    #[test]
    fn rules_do_not_go_below_the_version_that_is_asked_for() {
        let rules = RULES.replace("version: 1", "version: 7");
        let of = |least: &str| format!(r#"{{"policy": {rules}{least}}}"#);
        for least in ["", r#", "at-least": 0"#, r#", "at-least": 7"#] {
            let config = Config::parse(of(least).as_bytes()).unwrap();
            assert_eq!(open(&config).ok().unwrap().version, Some(7));
        }
        let config = Config::parse(of(r#", "at-least": 8"#).as_bytes()).unwrap();
        let error = open(&config).err().unwrap();
        assert_eq!(error.code, HostCode::Policy);
        assert!(error.message.contains("version 7"), "{error}");
        assert_eq!(code(&of(r#", "at-least": -1"#)), HostCode::Config);
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let absent = r#"{"folder": "/nowhere", "policy": {"file": "policy.yaml"}}"#;
        let error = open(&Config::parse(absent.as_bytes()).unwrap())
            .err()
            .unwrap();
        assert_eq!(error.code, HostCode::Unreadable);
        assert!(error.message.contains("/nowhere/policy.yaml"), "{error}");
        let policy = r#"{"policy": {"text": "apiVersion: sqlsec/v1\nversion: 1\nrulez: []"}}"#;
        let error = open(&Config::parse(policy.as_bytes()).unwrap())
            .err()
            .unwrap();
        assert_eq!((error.code, error.line), (HostCode::Policy, 3));
        let tables = format!(r#"{{"policy": {RULES}, "catalog": [{{"sql": "CREATE TABEL t"}}]}}"#);
        let error = open(&Config::parse(tables.as_bytes()).unwrap())
            .err()
            .unwrap();
        assert_eq!(
            (error.code, &*error.origin),
            (HostCode::Catalog, "catalog[0]")
        );
    }
}
