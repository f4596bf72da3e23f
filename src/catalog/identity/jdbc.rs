//! JDBC URLs and table names, as each driver and Flink's dialect for it read them.
//!
//! Parameters go by allow-lists: some move the database, and drivers know more of them than their manuals.

use super::address::{plain, server, servers, without_credentials};
use super::{Names, Options};

/// The names of a table of the JDBC connector.
pub(super) fn names(o: Options<'_>) -> Names {
    table(o.need("url")?, o.need("table-name")?, o.get("username"))
}

/// The names of a table behind a JDBC URL. `user` is who logs in: some databases look there first.
pub(super) fn table(url: &str, table: &str, user: Option<&str>) -> Names {
    const VENDOR: &str = "the JDBC URL is of a database that is not known";
    let rest = url.strip_prefix("jdbc:").ok_or(VENDOR)?;
    let (vendor, rest) = rest.split_once(':').ok_or(VENDOR)?;
    // Drivers decode `%`; SQL Server's takes what stands in braces for one value.
    if rest.contains(['%', '#', '\\', '\'', '"', '{', '}'])
        || rest.chars().any(|c| c.is_whitespace())
    {
        return Err("the JDBC URL holds characters that drivers do not all read alike");
    }
    match vendor {
        "mysql" => mysql("mysql", rest, table, 3306),
        "oceanbase" => mysql("oceanbase", rest, table, 2881),
        "postgresql" => postgres(rest, table, user),
        "oracle" => oracle(rest, table, user),
        "sqlserver" => sqlserver(rest, table),
        "clickhouse" | "ch" => clickhouse(rest, table),
        "db2" => db2(rest, table, user),
        _ => Err(VENDOR),
    }
}

const FORM: &str = "the JDBC URL has a form that is not understood";
const PARAMETER: &str = "the JDBC URL has a parameter that is not known to be harmless";

/// Parameters that change nothing of the address, in any of these databases; in lower case.
const HARMLESS: [&str; 42] = [
    "allowmultiqueries",
    "allowpublickeyretrieval",
    "applicationname",
    "autoreconnect",
    "binarytransfer",
    "cacheprepstmts",
    "characterencoding",
    "connectiontimezone",
    "connecttimeout",
    "defaultrowfetchsize",
    "encrypt",
    "failoverreadonly",
    "loadbalancehosts",
    "logintimeout",
    "maxreconnects",
    "nullcatalogmeanscurrent",
    "password",
    "preparethreshold",
    "requiressl",
    "rewritebatchedinserts",
    "rewritebatchedstatements",
    "sendstringparametersasunicode",
    "servertimezone",
    "sockettimeout",
    "ssl",
    "sslconnection",
    "sslmode",
    "stringtype",
    "targetservertype",
    "tcpkeepalive",
    "tinyint1isbit",
    "trustservercertificate",
    "useaffectedrows",
    "usecursorfetch",
    "uselegacydatetimecode",
    "user",
    "username",
    "useserverprepstmts",
    "usessl",
    "useunicode",
    "verifyservercertificate",
    "zerodatetimebehavior",
];

pub(super) fn harmless(key: &str) -> bool {
    HARMLESS.contains(&key.to_ascii_lowercase().as_str())
}

/// Parameters that are not harmless, by lower-case name.
type Parameters<'a> = Vec<(String, &'a str)>;

/// The parameters of a URL that are not harmless.
fn parameters(text: &str, separator: char) -> Parameters<'_> {
    let pairs = text.split(separator).filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let pairs = pairs.filter(|(key, _)| !harmless(key));
    pairs.map(|(k, v)| (k.to_ascii_lowercase(), v)).collect()
}

/// `host,host/database?parameters`: the servers, the database, the parameters that are not harmless.
fn web_like(rest: &str, port: u16) -> Result<(String, &str, Parameters<'_>), &'static str> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    if rest.contains(';') || query.contains(';') {
        return Err(FORM);
    }
    let (authority, database) = rest.split_once('/').ok_or(FORM)?;
    // Each host may have credentials of its own.
    let hosts: Vec<&str> = authority.split(',').map(without_credentials).collect();
    let servers = servers(&hosts.join(","), ',', port)?;
    Ok((servers, plain(database)?, parameters(query, '&')))
}

/// Flink puts the name in back-ticks: a dot is no separator there.
fn mysql(scheme: &str, rest: &str, table: &str, port: u16) -> Names {
    let modes = ["//", "loadbalance://", "replication://"];
    let rest = modes.iter().find_map(|mode| rest.strip_prefix(mode));
    let (servers, database, moving) = web_like(rest.ok_or(FORM)?, port)?;
    if !moving.is_empty() {
        return Err(PARAMETER);
    }
    Ok(vec![format!(
        "{scheme}://{servers}/{database}.{}",
        plain(table)?
    )])
}

/// How a database reads a name without quotes.
#[derive(Clone, Copy)]
enum Fold {
    Lower,
    Upper,
    Keep,
}

/// The parts of `schema.table`. Flink passes them on without quotes of its own, so what is no identifier would be read as SQL.
fn parts(text: &str, fold: Fold) -> Result<Vec<String>, &'static str> {
    const BAD: &str = "the table name is not made of plain identifiers";
    text.split('.')
        .map(|part| {
            let quotes = [('"', '"'), ('[', ']')];
            let inside = quotes
                .iter()
                .find_map(|(a, b)| part.strip_prefix(*a)?.strip_suffix(*b));
            if let Some(inside) = inside {
                // SQL Server alone has brackets.
                if part.starts_with('[') && !matches!(fold, Fold::Keep) {
                    return Err(BAD);
                }
                return Ok(plain(inside)?.to_owned());
            }
            let first = part.chars().next().ok_or(BAD)?;
            let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !(first.is_ascii_alphabetic() || first == '_') || !part.chars().all(rest) {
                return Err(BAD);
            }
            Ok(match fold {
                Fold::Lower => part.to_ascii_lowercase(),
                Fold::Upper => part.to_ascii_uppercase(),
                Fold::Keep => part.to_owned(),
            })
        })
        .collect()
}

const PARTS: &str = "the table name has a number of parts that is not understood";

/// Without a schema the one named like the user comes before `public`.
fn postgres(rest: &str, table: &str, user: Option<&str>) -> Names {
    let rest = rest.strip_prefix("//").ok_or(FORM)?;
    let in_url = rest
        .split_once('?')
        .and_then(|(_, query)| query.split('&').find_map(|pair| pair.strip_prefix("user=")));
    let (servers, database, moving) = web_like(rest, 5432)?;
    let mut schemas: Vec<String> = match moving.as_slice() {
        [] => {
            let users = [user, in_url].into_iter().flatten();
            let users = users.map(plain).collect::<Result<Vec<_>, _>>()?;
            users
                .into_iter()
                .chain(["public"])
                .map(str::to_owned)
                .collect()
        }
        [(key, schema)] if key == "currentschema" => vec![plain(schema)?.to_owned()],
        _ => return Err(PARAMETER),
    };
    let table = match parts(table, Fold::Lower)?.as_slice() {
        [table] => table.clone(),
        [schema, table] => {
            schemas = vec![schema.clone()];
            table.clone()
        }
        [catalog, schema, table] if catalog == database => {
            schemas = vec![schema.clone()];
            table.clone()
        }
        _ => return Err(PARTS),
    };
    let name = |schema: &String| format!("postgres://{servers}/{database}.{schema}.{table}");
    Ok(schemas.iter().map(name).collect())
}

/// `thin:@//host:port/service`, `thin:@host:port/service`, `thin:@host:port:sid`. Descriptors and names of a directory are not understood.
fn oracle(rest: &str, table: &str, user: Option<&str>) -> Names {
    let rest = rest.strip_prefix("thin:").ok_or(FORM)?;
    let (_, address) = rest.rsplit_once('@').ok_or(FORM)?;
    let address = address.strip_prefix("//").unwrap_or(address);
    if address.contains(['?', ';', ',', '(']) {
        return Err(FORM);
    }
    let (host, service) = match address.split_once('/') {
        Some(found) => found,
        None => address.rsplit_once(':').ok_or(FORM)?,
    };
    for part in service.split('.') {
        plain(part)?;
    }
    let service = service.to_lowercase();
    let table = with_schema(parts(table, Fold::Upper)?, user)?;
    Ok(vec![format!(
        "oracle://{}/{service}.{table}",
        server(host, 1521)?
    )])
}

/// `schema.table`; without a schema it is the user's.
fn with_schema(parts: Vec<String>, user: Option<&str>) -> Result<String, &'static str> {
    match parts.as_slice() {
        [schema, table] => Ok(format!("{schema}.{table}")),
        [table] => {
            let user = user.ok_or("neither schema nor user of the table is written")?;
            Ok(format!("{}.{table}", plain(user)?.to_uppercase()))
        }
        _ => Err(PARTS),
    }
}

/// `//host:port;databaseName=db;…`. A named instance has a port that only the server knows.
fn sqlserver(rest: &str, table: &str) -> Names {
    let rest = rest.strip_prefix("//").ok_or(FORM)?;
    let (address, properties) = rest.split_once(';').unwrap_or((rest, ""));
    let mut database = None;
    for (key, value) in parameters(properties, ';') {
        match key.as_str() {
            "databasename" | "database" if database.is_none() => database = Some(plain(value)?),
            _ => return Err(PARAMETER),
        }
    }
    let own = || database.ok_or("the JDBC URL names no database");
    let parts = parts(table, Fold::Keep)?;
    let table = match parts.as_slice() {
        // It is looked up in the schema of the login, which only the server knows.
        [_] => return Err("the schema of the table is not written"),
        [schema, table] => format!("{}.{schema}.{table}", own()?),
        [database, schema, table] => format!("{database}.{schema}.{table}"),
        _ => return Err(PARTS),
    };
    Ok(vec![format!("mssql://{}/{table}", server(address, 1433)?)])
}

/// `//host`, `http://host`, `https://host`, with several hosts; the database is `default` when none is written.
fn clickhouse(rest: &str, table: &str) -> Names {
    let doors = [("//", 8123), ("http://", 8123), ("https://", 8443)];
    let found = doors
        .iter()
        .find_map(|(door, port)| Some((rest.strip_prefix(door)?, *port)));
    let (rest, port) = found.ok_or(FORM)?;
    let (head, query) = rest.split_once('?').unwrap_or((rest, ""));
    let with_database = match head.split_once('/') {
        None => format!("{head}/default?{query}"),
        Some((servers, "")) => format!("{servers}/default?{query}"),
        Some(_) => rest.to_owned(),
    };
    let (servers, database, moving) = web_like(&with_database, port)?;
    if !moving.is_empty() {
        return Err(PARAMETER);
    }
    let table = match parts(table, Fold::Keep)?.as_slice() {
        [table] => format!("{database}.{table}"),
        [database, table] => format!("{database}.{table}"),
        _ => return Err(PARTS),
    };
    if table.contains(['[', ']']) {
        return Err(PARTS);
    }
    Ok(vec![format!("clickhouse://{servers}/{table}")])
}

/// `//host:port/database:key=value;`.
fn db2(rest: &str, table: &str, user: Option<&str>) -> Names {
    let rest = rest.strip_prefix("//").ok_or(FORM)?;
    let (address, rest) = rest.split_once('/').ok_or(FORM)?;
    let (database, properties) = rest.split_once(':').unwrap_or((rest, ""));
    let mut schema = user;
    for (key, value) in parameters(properties, ';') {
        match key.as_str() {
            "currentschema" => schema = Some(value),
            _ => return Err(PARAMETER),
        }
    }
    let table = with_schema(parts(table, Fold::Upper)?, schema)?;
    let database = plain(database)?.to_lowercase();
    Ok(vec![format!(
        "db2://{}/{database}.{table}",
        server(address, 50_000)?
    )])
}
