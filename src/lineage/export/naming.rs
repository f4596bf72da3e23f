//! Physical names as OpenLineage's pairs of namespace and name (its naming specification).
//!
//! In: canonical names (`kafka://b1:9092,b2:9092/topic`). Out: `kafka://b1:9092` and `topic`. Of several hosts the first by the alphabet is the
//! namespace, for the specification has one host; the whole stays visible as a symlink.

use serde::Serialize;

use crate::catalog::TableName;
use crate::lineage::graph::Table;

/// A dataset as OpenLineage names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub(super) struct Name {
    pub namespace: String,
    pub name: String,
}

impl Name {
    /// Both parts as one text.
    pub fn joined(&self) -> String {
        let border = if self.name.starts_with('/') { "" } else { "/" };
        format!("{}{border}{}", self.namespace, self.name)
    }
}

/// The names of a table, one for each physical one; where there is none, its logical one below `otherwise`. Never empty but for an answer.
pub(super) fn names(table: &Table, otherwise: &str) -> Vec<Name> {
    if table.answer.is_some() {
        return Vec::new();
    }
    if table.physical.is_empty() {
        let logical = table.logical.iter().map(|name| Name {
            namespace: otherwise.to_owned(),
            name: dotted(name),
        });
        return logical.take(1).collect();
    }
    table.physical.iter().map(|p| split(p, otherwise)).collect()
}

/// `scheme://authority` and what follows it.
pub(super) fn split(physical: &str, otherwise: &str) -> Name {
    let Some((scheme, rest)) = physical.split_once("://") else {
        return Name {
            namespace: otherwise.to_owned(),
            name: physical.to_owned(),
        };
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.split(',').min().unwrap_or(authority);
    let namespace = match (scheme, host) {
        ("file", "") => "file".to_owned(),
        _ => format!("{scheme}://{host}"),
    };
    // A file's name is its whole path; below a server or bucket the slash is only the border.
    let name = match scheme {
        "file" | "hdfs" => format!("/{path}"),
        _ if path.is_empty() => "/".to_owned(),
        _ => path.to_owned(),
    };
    Name { namespace, name }
}

/// The name at each of its hosts.
pub(super) fn hosts(physical: &str) -> Vec<Name> {
    let parts = physical.split_once("://").and_then(|(scheme, rest)| {
        let (authority, path) = rest.split_once('/')?;
        Some((scheme, authority, path))
    });
    let Some((scheme, authority, path)) = parts else {
        return Vec::new();
    };
    let hosts = authority.split(',').filter(|host| !host.is_empty());
    hosts
        .map(|host| split(&format!("{scheme}://{host}/{path}"), ""))
        .collect()
}

/// The parts joined by dots; a part with a dot in it stands in back-ticks, so that two tables never have one name.
pub(super) fn dotted(name: &TableName) -> String {
    let part = |part: &String| {
        if part.contains(['.', '`']) {
            crate::syntax::quote(part)
        } else {
            part.clone()
        }
    };
    [&name.catalog, &name.database, &name.table]
        .map(part)
        .join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_physical_name_is_split_where_openlineage_splits_it() {
        let cases = [
            (
                "kafka://b2:9092,b1:9092/orders",
                "kafka://b1:9092",
                "orders",
            ),
            (
                "mysql://db1:3306/shop.orders",
                "mysql://db1:3306",
                "shop.orders",
            ),
            (
                "postgres://h:5432/d.public.t",
                "postgres://h:5432",
                "d.public.t",
            ),
            ("oracle://h:1521/svc.S.T", "oracle://h:1521", "svc.S.T"),
            ("hive://ms:9083/db.t", "hive://ms:9083", "db.t"),
            ("s3://lake/a/b", "s3://lake", "a/b"),
            ("hdfs://nn:8020/a/b", "hdfs://nn:8020", "/a/b"),
            ("file:///a/b", "file", "/a/b"),
            (
                "abfss://c@s.dfs.core.windows.net/a",
                "abfss://c@s.dfs.core.windows.net",
                "a",
            ),
            ("s3://lake", "s3://lake", "/"),
            ("odd", "flink", "odd"),
        ];
        for (physical, namespace, name) in cases {
            let expected = Name {
                namespace: namespace.into(),
                name: name.into(),
            };
            assert_eq!(split(physical, "flink"), expected, "{physical}");
        }
    }

    #[test]
    fn a_dot_in_a_name_makes_no_other_table() {
        let (one, two) = (
            TableName::new("a", "b.c", "d"),
            TableName::new("a.b", "c", "d"),
        );
        assert_ne!(dotted(&one), dotted(&two));
    }
}
