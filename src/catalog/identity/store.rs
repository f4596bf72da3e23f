//! HBase, MongoDB, Redis.

use super::address::{plain, server, servers, without_credentials};
use super::{Names, Options};

/// `hbase://zk1:2181,zk2:2181/namespace:table`: a cluster is known by its ZooKeeper quorum and node.
pub(super) fn hbase(o: Options<'_>) -> Names {
    if o.below("properties.").any(|key| {
        let key = key.to_ascii_lowercase();
        key.contains("zookeeper") || key.contains("rootdir") || key.contains("registry")
    }) {
        return Err("an option is passed through that could choose another cluster");
    }
    let node = o.get("zookeeper.znode.parent").unwrap_or("/hbase");
    if node.trim_end_matches('/') != "/hbase" {
        return Err("the cluster is not at its usual place in ZooKeeper");
    }
    let quorum = servers(o.need("zookeeper.quorum")?, ',', 2181)?;
    let table = o.need("table-name")?;
    let (namespace, table) = table.split_once(':').unwrap_or(("default", table));
    Ok(vec![format!(
        "hbase://{quorum}/{}:{}",
        plain(namespace)?,
        dots(table)?
    )])
}

/// HBase allows dots.
fn dots(name: &str) -> Result<&str, &'static str> {
    for part in name.split('.') {
        plain(part)?;
    }
    Ok(name)
}

/// `mongodb://h1:27017,h2:27017/database.collection`.
pub(super) fn mongodb(o: Options<'_>) -> Names {
    o.none_of(&["scan.filter", "scan.pipeline", "filter.handling.pipeline"])?;
    let rest = o
        .need("uri")?
        .strip_prefix("mongodb://")
        .ok_or("the servers are found by a name service")?;
    if rest.contains('%') && !rest.contains('@') {
        return Err("the URI holds escapes");
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    mongodb_options(query)?;
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    let servers = servers(without_credentials(authority), ',', 27_017)?;
    let (database, collection) = (plain(o.need("database")?)?, o.need("collection")?);
    Ok(vec![format!(
        "mongodb://{servers}/{database}.{}",
        dots(collection)?
    )])
}

/// Options of a connection that do not move it.
pub(super) fn mongodb_options(query: &str) -> Result<(), &'static str> {
    const HARMLESS: [&str; 10] = [
        "authmechanism",
        "authsource",
        "connecttimeoutms",
        "directconnection",
        "readpreference",
        "replicaset",
        "retrywrites",
        "ssl",
        "tls",
        "w",
    ];
    let mut keys = query.split('&').filter(|p| !p.is_empty()).map(|pair| {
        let (key, _) = pair.split_once('=').unwrap_or((pair, ""));
        key.to_ascii_lowercase()
    });
    if keys.all(|key| HARMLESS.contains(&key.as_str())) {
        Ok(())
    } else {
        Err("the connection has an option that is not known to be harmless")
    }
}

/// `redis://host:6379/database`: one server. Clusters and sentinels are not understood.
pub(super) fn redis(o: Options<'_>) -> Names {
    o.none_of(&[
        "cluster-nodes",
        "master.name",
        "nodes",
        "sentinel.nodes",
        "sentinels.info",
        "url",
        "uri",
    ])?;
    let single = ["redis-mode", "mode", "deploy-mode"]
        .iter()
        .filter_map(|key| o.get(key))
        .all(|mode| mode.eq_ignore_ascii_case("single"));
    if !single {
        return Err("the servers are a cluster");
    }
    let host = o.get("host").or_else(|| o.get("hostname"));
    let host = host.ok_or("a part of the address is missing")?;
    let address = match o.get("port") {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let database = ["database", "db-num", "dbnum"]
        .iter()
        .find_map(|k| o.get(k));
    let database = database.unwrap_or("0");
    if database.is_empty() || !database.bytes().all(|b| b.is_ascii_digit()) {
        return Err("the database is not a number");
    }
    Ok(vec![format!(
        "redis://{}/{database}",
        server(&address, 6379)?
    )])
}
