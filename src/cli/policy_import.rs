//! `policy import`: a catalog's answer about one table, for one principal, as a native document.

use super::failure::{Failure, Status};
use super::input;
use super::policy_args::{Catalogs, Import};
use super::render::Message;
use super::streams::Streams;
use crate::catalog::{CatalogSource, Lookup};
use crate::policy::{Principal, table_name};
use crate::source::{ForeignTable, iceberg, paimon};

pub(super) fn run(args: &Import, streams: &mut Streams) -> Result<Status, Failure> {
    let reply = input::read(&args.reply, Status::Usage)?;
    let catalog = input::catalog(&args.catalog)?;
    let Some(name) = table_name(&args.table) else {
        let message = format!("`{}` is no table: write catalog.database.table", args.table);
        return Err(Failure::usage(message));
    };
    let columns = match catalog.find(&name) {
        Ok(Lookup::Table(table)) => table.columns.clone(),
        Ok(Lookup::View(_) | Lookup::Absent | Lookup::Unlisted) | Err(_) => None,
    };
    let principal = Principal {
        user: args.user.clone(),
        ..Principal::default()
    };
    let table = ForeignTable {
        name: &name,
        columns: columns.as_deref(),
    };
    let translated = match args.from {
        Catalogs::Iceberg => iceberg::translate(&reply.text, &principal, &table),
        Catalogs::Paimon => paimon::translate(&reply.text, &principal, &table),
    };
    let text = serde_json::to_string_pretty(&translated.document);
    let text = text.map_err(|e| Failure::internal(&e))?;
    streams.out(&format!("{text}\n"))?;
    Ok(match translated.closed {
        None => Status::Allowed,
        Some(why) => {
            let message = format!("`{name}` is closed: {why}");
            let messages = [Message::error("table-closed", message)];
            streams.messages(messages.iter());
            Status::Denied
        }
    })
}
