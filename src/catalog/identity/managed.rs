//! Tables that a catalog manages: the catalog's options and the name of a table in it give its identity, whatever options it has itself.

use std::collections::BTreeMap;

use super::address::plain;
use super::{Identity, Names, Options, TableName, files, jdbc, lake};

/// The identity of a table in a catalog with these options; [`Identity::Unknown`] for a catalog whose tables have connectors of their own.
pub(super) fn managed(
    options: &BTreeMap<String, String>,
    name: &TableName,
    table: Option<&BTreeMap<String, String>>,
) -> Identity {
    let o = Options(options);
    let own = moved(table);
    // A branch, a snapshot, a log of a table are its rows.
    let (table, _) = name.table.split_once('$').unwrap_or((&name.table, ""));
    let names = match o.get("type") {
        Some("paimon" | "paimon-generic") => paimon(o, &name.database, table),
        Some("iceberg") => plain(&name.database)
            .and_then(|database| lake::iceberg_table(o, database, plain(table)?)),
        Some("hudi") => hudi(o, &name.database, table),
        Some("fluss") => lake::fluss(o, &TableName::new("", &*name.database, table)),
        Some("jdbc") => jdbc_table(o, &name.database, table),
        Some("hive") => match o.get("uri").or_else(|| o.get("hive.metastore.uris")) {
            Some(uri) => lake::hive_table(uri, &name.database, table).map(|name| vec![name]),
            None => Err("the metastore of the catalog is not written in its options"),
        },
        Some(_) | None => return Identity::Unknown,
    };
    let both = names.and_then(|mut names| {
        names.extend(own?);
        Ok(names)
    });
    Identity::of(both)
}

/// Whether a catalog with these options finds one table by names that differ in letter case (ATTACKS B8): Hive's metastore folds names, and Flink
/// passes names to a database without quotes, or into one that may fold them.
#[must_use]
pub(crate) fn ignores_case(options: &BTreeMap<String, String>) -> bool {
    let o = Options(options);
    let metastore = |key: &str| {
        o.get(key)
            .is_some_and(|kind| kind == "hive" || kind == "hms")
    };
    match o.get("type") {
        Some("hive" | "jdbc") => true,
        Some("iceberg") => o.get("catalog-type").is_none_or(|kind| kind == "hive"),
        Some("paimon" | "paimon-generic") => metastore("metastore"),
        Some("hudi") => metastore("mode"),
        Some(_) | None => false,
    }
}

/// A table in a catalog may have its data elsewhere.
fn moved(table: Option<&BTreeMap<String, String>>) -> Names {
    let Some(options) = table.map(Options) else {
        return Ok(Vec::new());
    };
    options.none_of(&["data-file.external-paths", "write.data.path", "branch"])?;
    let mut names = Vec::new();
    for key in ["path", "location"] {
        if let Some(path) = options.get(key) {
            names.extend(files::folder(path)?);
        }
    }
    Ok(names)
}

/// By its folder `warehouse/database.db/table`, and by the metastore that lists it.
fn paimon(o: Options<'_>, database: &str, table: &str) -> Names {
    let (database, table) = (plain(database)?, plain(table)?);
    let folder = |warehouse| files::below(warehouse, &[&format!("{database}.db"), table]);
    match o.get("metastore") {
        None | Some("filesystem") => Ok(vec![folder(o.need("warehouse")?)?]),
        Some("hive") => {
            let mut names = vec![lake::hive_table(o.need("uri")?, database, table)?];
            names.extend(o.get("warehouse").map(folder).transpose()?);
            Ok(names)
        }
        Some(_) => Err("the kind of metastore is not known"),
    }
}

fn hudi(o: Options<'_>, database: &str, table: &str) -> Names {
    let (database, table) = (plain(database)?, plain(table)?);
    let path = o.need("catalog.path")?;
    match o.get("mode") {
        None | Some("dfs") => Ok(vec![files::below(path, &[database, table])?]),
        Some("hms") => Ok(vec![files::below(
            path,
            &[&format!("{database}.db"), table],
        )?]),
        Some(_) => Err("the mode of the catalog is not known"),
    }
}

/// `base-url` with the database behind it.
fn jdbc_table(o: Options<'_>, database: &str, table: &str) -> Names {
    let base = o.need("base-url")?;
    let (base, query) = base.split_once('?').unwrap_or((base, ""));
    let slash = if base.ends_with('/') { "" } else { "/" };
    let url = format!("{base}{slash}{}?{query}", plain(database)?);
    jdbc::table(&url, table, o.get("username"))
}
