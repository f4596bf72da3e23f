//! Change data capture: the tables of a database, read from its log. Names there are regular expressions.

use super::address::{plain, server, servers};
use super::choices::choices;
use super::{Names, Options, jdbc};

/// Options of Debezium that change how its log is read, and not which tables or what of them.
const DEBEZIUM: [&str; 6] = [
    "decimal.handling.mode",
    "plugin.name",
    "slot.name",
    "snapshot.fetch.size",
    "snapshot.locking.mode",
    "snapshot.mode",
];

/// The server, when nothing is passed through that could choose another one, other tables, or other rows.
fn source(o: Options<'_>, port: u16) -> Result<String, &'static str> {
    o.none_of(&[
        "url",
        "copy.existing.pipeline",
        "scan.read-changelog-as-append-only.columns",
    ])?;
    if o.below("debezium.").any(|key| !DEBEZIUM.contains(&key))
        || o.below("jdbc.properties.").any(|key| !jdbc::harmless(key))
    {
        return Err("an option is passed through that could choose other tables");
    }
    let port = match o.get("port") {
        None => port,
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => {
            port.parse().map_err(|_| "the port is not understood")?
        }
        Some(_) => return Err("the port is not understood"),
    };
    let host = o.need("hostname")?.trim();
    if host.ends_with(']') || !host.contains(':') {
        server(host, port)
    } else {
        Err("the host is not understood")
    }
}

fn all(prefix: &str, tables: &[String]) -> Names {
    let names = tables
        .iter()
        .map(|table| Ok(format!("{prefix}.{}", plain(table)?)));
    names.collect()
}

/// Several databases of several tables each.
fn product(databases: Vec<String>, tables: &[String], server: &str) -> Names {
    let mut names = Vec::new();
    for database in databases {
        names.extend(all(&format!("{server}/{}", plain(&database)?), tables)?);
    }
    Ok(names)
}

/// `database-name` and `table-name`; OceanBase's older form lists tables and tenants.
pub(super) fn mysql(o: Options<'_>, scheme: &str, port: u16) -> Names {
    o.none_of(&[
        "table-list",
        "tenant-name",
        "rootserver-list",
        "logproxy.host",
    ])?;
    let server = format!("{scheme}://{}", source(o, port)?);
    let databases = choices(o.need("database-name")?)?;
    product(databases, &choices(o.need("table-name")?)?, &server)
}

/// A database, a schema, a table.
fn three(o: Options<'_>, server: &str, schemas: Vec<String>, tables: &[String]) -> Names {
    let database = plain(o.need("database-name")?)?;
    let mut names = Vec::new();
    for schema in schemas {
        let prefix = format!("{server}/{database}.{}", plain(&schema)?);
        names.extend(all(&prefix, tables)?);
    }
    Ok(names)
}

pub(super) fn postgres(o: Options<'_>) -> Names {
    let server = format!("postgres://{}", source(o, 5432)?);
    let schemas = choices(o.need("schema-name")?)?;
    three(o, &server, schemas, &choices(o.need("table-name")?)?)
}

/// Oracle's names are in upper case unless somebody quoted them.
pub(super) fn oracle(o: Options<'_>) -> Names {
    let server = format!("oracle://{}", source(o, 1521)?);
    let upper = |names: Vec<String>| names.iter().map(|n| n.to_uppercase()).collect::<Vec<_>>();
    let database = plain(o.need("database-name")?)?.to_lowercase();
    let schemas = upper(choices(o.need("schema-name")?)?);
    let tables = upper(choices(o.need("table-name")?)?);
    let mut names = Vec::new();
    for schema in schemas {
        names.extend(all(
            &format!("{server}/{database}.{}", plain(&schema)?),
            &tables,
        )?);
    }
    Ok(names)
}

/// `table-name` is `schema.table`, or `schema-name` stands beside it.
pub(super) fn dotted(o: Options<'_>, scheme: &str, port: u16) -> Names {
    let server = format!("{scheme}://{}", source(o, port)?);
    let table = o.need("table-name")?;
    let (schema, table) = match o.get("schema-name") {
        Some(schema) => (schema, table),
        None => table
            .split_once('.')
            .ok_or("the table name has no schema")?,
    };
    let up = |name: &str| {
        if scheme == "db2" {
            name.to_uppercase()
        } else {
            name.to_owned()
        }
    };
    let low = if scheme == "db2" {
        plain(o.need("database-name")?)?.to_lowercase()
    } else {
        plain(o.need("database-name")?)?.to_owned()
    };
    Ok(vec![format!(
        "{server}/{low}.{}.{}",
        up(plain(schema)?),
        up(plain(table)?)
    )])
}

/// `mongodb://h1:27017,h2:27017/database.collection`.
pub(super) fn mongodb(o: Options<'_>) -> Names {
    o.none_of(&["copy.existing.pipeline", "copy.existing.namespace.regex"])?;
    if o.get("scheme").is_some_and(|s| s != "mongodb") {
        return Err("the servers are found by a name service");
    }
    if let Some(options) = o.get("connection.options") {
        super::store::mongodb_options(options)?;
    }
    let servers = servers(o.need("hosts")?, ',', 27_017)?;
    let databases = choices(o.need("database")?)?;
    let server = format!("mongodb://{servers}");
    product(databases, &choices(o.need("collection")?)?, &server)
}

/// TiDB's log is read from its placement drivers.
pub(super) fn tidb(o: Options<'_>) -> Names {
    let servers = servers(o.need("pd-addresses")?, ',', 2379)?;
    if o.below("tikv.")
        .any(|key| !key.starts_with("grpc.") && !key.starts_with("batch_"))
    {
        return Err("an option is passed through that could choose other tables");
    }
    let (database, table) = (
        plain(o.need("database-name")?)?,
        plain(o.need("table-name")?)?,
    );
    Ok(vec![format!("tidb://{servers}/{database}.{table}")])
}

pub(super) fn vitess(o: Options<'_>) -> Names {
    let server = format!("vitess://{}", source(o, 15_991)?);
    let keyspace = plain(o.need("keyspace")?)?;
    all(
        &format!("{server}/{keyspace}"),
        &choices(o.need("table-name")?)?,
    )
}
