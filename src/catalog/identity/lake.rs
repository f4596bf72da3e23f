//! Table formats in a lake: Paimon and Hudi by their folder, Iceberg by its catalog or folder, Fluss by its cluster.

use super::address::{plain, servers};
use super::{Names, Options, TableName, files};

/// The folder of a table: who reads its files reads the table.
pub(super) fn paimon(o: Options<'_>) -> Names {
    let path = o.need("path")?;
    if path.contains('$') {
        return Err("the path names a system table");
    }
    files::folder(path)
}

pub(super) fn hudi(o: Options<'_>) -> Names {
    if o.below("hoodie.").any(|key| key.contains("path")) {
        return Err("an option moves the address");
    }
    files::folder(o.need("path")?)
}

/// Iceberg's catalog options on the table itself. Without names of its own, the table is called in the catalog what it is called in Flink.
pub(super) fn iceberg(o: Options<'_>, name: &TableName) -> Names {
    o.none_of(&["catalog-impl", "io-impl"])?;
    let database = o.get("catalog-database").unwrap_or(&name.database);
    let table = o.get("catalog-table").unwrap_or(&name.table);
    iceberg_table(o, plain(database)?, plain(table)?)
}

pub(super) fn iceberg_table(o: Options<'_>, database: &str, table: &str) -> Names {
    match o
        .get("catalog-type")
        .or_else(|| o.get("type").filter(|t| *t != "iceberg"))
    {
        // The default.
        None | Some("hive") => {
            let mut names = vec![hive_table(o.need("uri")?, database, table)?];
            if let Some(warehouse) = o.get("warehouse") {
                names.push(files::below(
                    warehouse,
                    &[&format!("{database}.db"), table],
                )?);
            }
            Ok(names)
        }
        Some("hadoop") => Ok(vec![files::below(
            o.need("warehouse")?,
            &[database, table],
        )?]),
        Some("rest") => {
            let (scheme, rest) = o
                .need("uri")?
                .split_once("://")
                .ok_or("the URI has no scheme")?;
            let port = match scheme {
                "http" => 80,
                "https" => 443,
                _ => return Err("the URI has a scheme that is not known"),
            };
            let server = super::address::server(super::broker::authority(rest), port)?;
            Ok(vec![format!("iceberg://{server}/{database}.{table}")])
        }
        Some(_) => Err("the kind of catalog is not known"),
    }
}

/// `hive://metastore:9083/database.table`; Hive's names are in lower case.
pub(super) fn hive_table(uris: &str, database: &str, table: &str) -> Result<String, &'static str> {
    let hosts = uris.split(',').map(|uri| {
        let rest = uri.trim().strip_prefix("thrift://");
        rest.map(|rest| rest.trim_end_matches('/'))
            .ok_or("the URI of the metastore is not understood")
    });
    let hosts = hosts.collect::<Result<Vec<_>, _>>()?.join(",");
    Ok(format!(
        "hive://{}/{}.{}",
        servers(&hosts, ',', 9083)?,
        plain(database)?.to_lowercase(),
        plain(table)?.to_lowercase()
    ))
}

/// `fluss://host:9123/database.table`.
pub(super) fn fluss(o: Options<'_>, name: &TableName) -> Names {
    let cluster = servers(o.need("bootstrap.servers")?, ',', 9123)?;
    let (database, table) = (plain(&name.database)?, plain(&name.table)?);
    Ok(vec![format!("fluss://{cluster}/{database}.{table}")])
}
