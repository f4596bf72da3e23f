//! `--iceberg FILE`, `--paimon FILE`: rules that a catalog has answered, kept in a file.

use std::path::PathBuf;

use clap::Args;

use super::failure::{Failure, Status};
use super::input;
use crate::policy::table_name;
use crate::source::{CatalogKind, CatalogReply};

/// A catalog's answer in place of a policy.
#[derive(Debug, Args)]
pub(super) struct Reply {
    /// The reply of an Iceberg REST catalog's `loadTable`, as it was given to this user; with --table.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "paimon",
        requires = "table"
    )]
    pub iceberg: Option<PathBuf>,
    /// The reply of a Paimon REST catalog's `/auth`, as it was given to this user; with --table.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "policy",
        requires = "table"
    )]
    pub paimon: Option<PathBuf>,
    /// The table that the reply is about: `catalog.database.table`.
    #[arg(long)]
    pub table: Option<String>,
}

impl Reply {
    /// The source of rules, where one is named.
    pub fn source(&self, user: Option<&str>) -> Result<Option<CatalogReply>, Failure> {
        let (kind, path) = match (&self.iceberg, &self.paimon) {
            (Some(path), _) => (CatalogKind::Iceberg, path),
            (None, Some(path)) => (CatalogKind::Paimon, path),
            (None, None) => return Ok(None),
        };
        let written = self.table.as_deref().unwrap_or_default();
        let Some(table) = table_name(written) else {
            let message = format!("`{written}` is no table: write --table catalog.database.table");
            return Err(Failure::usage(message));
        };
        let reply = input::read(path, Status::Policy)?;
        Ok(Some(CatalogReply {
            kind,
            user: user.unwrap_or_default().to_owned(),
            table,
            reply: reply.text,
            origin: reply.origin,
        }))
    }
}
