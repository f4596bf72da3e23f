//! `sqlsec.toml`: defaults for the options. What is given on the command line wins; lists are not mixed.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Failure;
use super::args::{Common, Flink, StyleArg, Who};
use super::input::read_text;

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
    attr: Vec<String>,
    policy: Option<PathBuf>,
    #[serde(default)]
    catalog: Vec<PathBuf>,
    flink: Option<Flink>,
    style: Option<StyleArg>,
}

/// Fills in what the command line left out.
pub(super) fn apply(
    common: &mut Common,
    who: Option<&mut Who>,
    style: Option<&mut Option<StyleArg>>,
) -> Result<(), Failure> {
    let Some(path) = &common.config else {
        return Ok(());
    };
    let text = read_text(path)?;
    let config: Config = toml::from_str(&text)
        .map_err(|e| Failure::usage(format!("{}: {}", path.display(), e.message())))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let beside = |file: PathBuf| folder.join(file);
    common.flink = common.flink.or(config.flink);
    if common.catalog.is_empty() {
        common.catalog = config.catalog.into_iter().map(beside).collect();
    }
    if let Some(style) = style {
        *style = style.or(config.style);
    }
    if let Some(who) = who {
        who.user = who.user.take().or(config.user);
        who.policy = who.policy.take().or(config.policy.map(beside));
        for (given, configured) in [
            (&mut who.group, config.group),
            (&mut who.role, config.role),
            (&mut who.attr, config.attr),
        ] {
            if given.is_empty() {
                *given = configured;
            }
        }
    }
    Ok(())
}
