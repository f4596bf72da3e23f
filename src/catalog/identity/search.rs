//! Elasticsearch and OpenSearch: an index of a cluster.

use super::address::{plain, server};
use super::broker::authority;
use super::{Names, Options};

/// `elasticsearch://h1:9200,h2:9200/index`. An index that hangs on the row has no name.
pub(super) fn names(o: Options<'_>, scheme: &str) -> Names {
    o.none_of(&["connection.path-prefix"])?;
    let mut hosts = Vec::new();
    for url in o.need("hosts")?.split(';') {
        let rest = url.trim();
        let rest = rest
            .strip_prefix("http://")
            .or_else(|| rest.strip_prefix("https://"))
            .ok_or("a host has no scheme that is known")?;
        hosts.push(server(authority(rest), 9200)?);
    }
    hosts.sort();
    hosts.dedup();
    let index = o.need("index")?;
    for part in index.split('.') {
        plain(part)?;
    }
    Ok(vec![format!("{scheme}://{}/{index}", hosts.join(","))])
}
