//! Doris, StarRocks, ClickHouse by their own connectors.

use super::address::{plain, server};
use super::broker::authority;
use super::{Names, Options, jdbc};

/// `doris://fe:8030/database.table`.
pub(super) fn doris(o: Options<'_>) -> Names {
    // A condition on raw rows, and rows from elsewhere.
    o.none_of(&["doris.filter.query", "doris.read.field", "benodes"])?;
    let mut doors = hosts(o.need("fenodes")?, ',', 8030)?;
    // Lookups go this way.
    doors.extend(sql_door(o)?);
    doors.sort();
    doors.dedup();
    let (database, table) = o
        .need("table.identifier")?
        .split_once('.')
        .ok_or("the table has no database")?;
    Ok(vec![format!(
        "doris://{}/{}.{}",
        doors.join(","),
        plain(database)?,
        plain(table)?
    )])
}

fn hosts(list: &str, separator: char, port: u16) -> Names {
    let hosts = list.split(separator).map(|one| {
        let one = one.trim();
        let one = one.split_once("://").map_or(one, |(_, rest)| rest);
        server(authority(one), port)
    });
    let mut hosts = hosts.collect::<Result<Vec<_>, _>>()?;
    hosts.sort();
    hosts.dedup();
    Ok(hosts)
}

/// The door for MySQL's protocol, where it is written.
fn sql_door(o: Options<'_>) -> Names {
    let Some(url) = o.get("jdbc-url") else {
        return Ok(Vec::new());
    };
    let rest = url
        .strip_prefix("jdbc:mysql://")
        .ok_or("the JDBC URL has a form that is not understood")?;
    hosts(authority(rest), ',', 9030)
}

/// `starrocks://fe:9030/database.table`; all doors that are written are doors to it.
pub(super) fn starrocks(o: Options<'_>) -> Names {
    let mut doors = sql_door(o)?;
    for key in ["scan-url", "load-url"] {
        if let Some(list) = o.get(key) {
            for one in list.split([';', ',']) {
                doors.extend(hosts(one, ',', 8030)?);
            }
        }
    }
    if doors.is_empty() {
        return Err("a part of the address is missing");
    }
    doors.sort();
    doors.dedup();
    let (database, table) = (
        plain(o.need("database-name")?)?,
        plain(o.need("table-name")?)?,
    );
    Ok(vec![format!(
        "starrocks://{}/{database}.{table}",
        doors.join(",")
    )])
}

/// As through JDBC: `clickhouse://host:8123/database.table`.
pub(super) fn clickhouse(o: Options<'_>) -> Names {
    let url = o.need("url")?;
    let url = match url.strip_prefix("clickhouse://") {
        Some(rest) => format!("jdbc:clickhouse://{rest}"),
        None => url.to_owned(),
    };
    let table = o.need("table-name")?;
    let table = match o.get("database-name") {
        Some(database) => format!("{}.{table}", plain(database)?),
        None => table.to_owned(),
    };
    jdbc::table(&url, &table, None)
}
