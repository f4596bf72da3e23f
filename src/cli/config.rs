//! `sqlsec.toml`: defaults for the options. What is given on the command line wins; lists are not mixed.
//!
//! It is read only when `--config` names it: a file that happens to lie in the current folder must not choose the policy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::args::{Common, Flink, Format, SplitterArg, StyleArg, Who};
use super::failure::{Failure, Status};
use super::input::{Source, read};
use super::lineage_store::Kept;
use super::render::Place;
use crate::lineage::store::is_address;
use crate::policy::Attribute;
use crate::syntax::Position;

/// The file. Relative paths in it are relative to it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Config {
    user: Option<String>,
    #[serde(default)]
    group: Vec<String>,
    #[serde(default)]
    role: Vec<String>,
    #[serde(default)]
    attr: BTreeMap<String, Attribute>,
    policy: Option<PathBuf>,
    #[serde(default)]
    catalog: Vec<PathBuf>,
    flink: Option<Flink>,
    splitter: Option<SplitterArg>,
    style: Option<StyleArg>,
    format: Option<Format>,
    audit: Option<PathBuf>,
    lineage: Option<PathBuf>,
    job: Option<String>,
    #[cfg(feature = "service")]
    service: Option<crate::source::remote::Settings>,
    #[cfg(feature = "service")]
    cache: Option<crate::source::remote::Bounds>,
}

/// Fills in what the command line left out.
pub(super) fn apply(
    common: &mut Common,
    who: Option<&mut Who>,
    style: Option<&mut Option<StyleArg>>,
    kept: Option<&mut Kept>,
) -> Result<(), Failure> {
    let Some(path) = &common.config else {
        return Ok(());
    };
    let config = parse(&read(path, Status::Usage)?)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let beside = |file: PathBuf| folder.join(file);
    // A store in a database has an address, which is beside nothing.
    let store = |place: PathBuf| match place.to_str().is_some_and(is_address) {
        true => place,
        false => beside(place),
    };
    common.flink = common.flink.or(config.flink);
    common.splitter = common.splitter.or(config.splitter);
    common.format = common.format.or(config.format);
    if common.catalog.is_empty() {
        common.catalog = config.catalog.into_iter().map(beside).collect();
    }
    if let Some(kept) = kept {
        kept.lineage = kept.lineage.take().or(config.lineage.map(store));
        kept.job = kept.job.take().or(config.job);
    }
    if let Some(style) = style {
        *style = style.or(config.style);
    }
    if let Some(who) = who {
        who.user = who.user.take().or(config.user);
        who.audit = who.audit.take().or(config.audit.map(beside));
        who.policy = who.policy.take().or(config.policy.map(beside));
        #[cfg(feature = "service")]
        {
            let configured = super::service::Configured {
                service: config.service,
                cache: config.cache,
            };
            who.service.configured = configured.beside(folder);
        }
        or_configured(&mut who.group, config.group);
        or_configured(&mut who.role, config.role);
        or_configured(&mut who.attr, config.attr);
    }
    Ok(())
}

fn parse(source: &Source) -> Result<Config, Failure> {
    toml::from_str(&source.text).map_err(|e| {
        let failure = Failure::new(Status::Usage, "config-invalid", e.message());
        let start = e
            .span()
            .map_or(0, |span| u32::try_from(span.start).unwrap_or(u32::MAX));
        failure.at(Place::new(
            &source.origin,
            Position::of(&source.text, start),
            &source.text,
        ))
    })
}

fn or_configured<T>(given: &mut Vec<T>, configured: impl IntoIterator<Item = T>) {
    if given.is_empty() {
        given.extend(configured);
    }
}
