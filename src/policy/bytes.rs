//! The site's tables by the bytes that they stand for: a table that a script declares over the bytes of one has that one's rules too, whatever it is
//! called. Without this, rules on logical names alone would end where a script writes the address itself (ATTACKS C1).

use std::collections::BTreeMap;

use super::Policy;
use super::pattern::fold;
use super::physical::{Servers, Spelled, around};
use crate::catalog::TableName;

/// Names of tables by every spelling of their addresses.
#[derive(Debug, Default)]
pub struct Bytes(BTreeMap<String, Vec<TableName>>);

impl Bytes {
    pub(super) fn new(tables: Vec<(TableName, Vec<String>)>, servers: &Servers) -> Self {
        let mut known = Self::default();
        for (table, addresses) in tables {
            for address in addresses {
                for key in keys(&Spelled::new(&address, servers)) {
                    known.0.entry(key).or_default().push(table.clone());
                }
            }
        }
        known
    }

    /// The tables over these bytes, or perhaps over them, or over some of them.
    pub(super) fn over(&self, physical: &str, servers: &Servers) -> Vec<TableName> {
        let spelled = Spelled::new(physical, servers);
        let mut found: Vec<&TableName> = Vec::new();
        for key in keys(&spelled) {
            if spelled.folder {
                found.extend(around(&self.0, &key));
            } else {
                found.extend(self.0.get(&key).into_iter().flatten());
            }
        }
        found.sort();
        found.dedup();
        found.into_iter().cloned().collect()
    }
}

fn keys(name: &Spelled) -> Vec<String> {
    let all = name.certain.iter().chain(&name.loose);
    all.map(|text| {
        if name.ignores_case {
            fold(text)
        } else {
            text.clone()
        }
    })
    .collect()
}

impl Policy {
    /// Whether two physical names are of the same bytes, or perhaps of the same, or of some that the other has: what was written under one may be
    /// read under the other.
    #[must_use]
    pub fn may_share_bytes(&self, one: &str, other: &str) -> bool {
        if one == other {
            return true;
        }
        let servers = &self.compiled.servers;
        let (one, other) = (Spelled::new(one, servers), Spelled::new(other, servers));
        let (ours, theirs) = (keys(&one), keys(&other));
        let holds = |above: &str, below: &str| {
            let below = below.strip_prefix(above);
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let folders = one.folder && other.folder;
        ours.iter().any(|a| {
            theirs
                .iter()
                .any(|b| a == b || (folders && (holds(a, b) || holds(b, a))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_found_by_any_address_that_reaches_its_bytes() {
        let mut servers = Servers::default();
        servers
            .add(&["b1".to_owned(), "kafka.corp".to_owned()])
            .unwrap();
        let name = |table: &str| TableName::new("c", "d", table);
        let tables = vec![
            (name("orders"), vec!["kafka://b1:9092/orders".to_owned()]),
            (name("files"), vec!["s3://lake/files".to_owned()]),
            (name("shop"), vec!["mysql://db:3306/s.t".to_owned()]),
        ];
        let bytes = Bytes::new(tables, &servers);
        for (address, table) in [
            ("kafka://b1:9092,b9:9092/orders", "orders"),
            ("kafka://b1:9093/orders", "orders"),
            ("kafka://kafka.corp:1/orders", "orders"),
            ("s3://lake/files", "files"),
            ("s3://lake/files/dt=1", "files"),
            ("s3://lake", "files"),
            ("mysql://db:3306/S.T", "shop"),
            ("oceanbase://db:2881/s.t", "shop"),
        ] {
            assert_eq!(bytes.over(address, &servers), [name(table)], "{address}");
        }
        for address in [
            "kafka://b2:9092/orders",
            "kafka://b1:9092/orders2",
            "s3://lake/files2",
            "s3://other",
            "mysql://db:3306/s.u",
        ] {
            assert!(bytes.over(address, &servers).is_empty(), "{address}");
        }
    }

    #[test]
    fn two_names_share_bytes_as_a_table_is_found_by_them() {
        let text = "{ apiVersion: sqlsec/v1, servers: [[b1, kafka.corp]], rules: [] }";
        let policy = Policy::load(text, "test").unwrap();
        for (one, other, same) in [
            ("kafka://b1:9092/t", "kafka://b1:9092,b2:9092/t", true),
            ("kafka://b1:9092/t", "kafka://kafka.corp:1/t", true),
            ("kafka://b1:9092/t", "kafka://b2:9092/t", false),
            ("kafka://b1:9092/t", "kafka://b1:9092/t2", false),
            ("s3://lake/a", "s3://lake/a/dt=1", true),
            ("s3://lake/a/dt=1", "s3://lake", true),
            ("s3://lake/a", "s3://lake/ab", false),
            ("mysql://db:3306/s.T", "mysql://db:3306/s.t", true),
            ("mysql://db:3306/s.t", "postgres://db:3306/s.t", false),
        ] {
            assert_eq!(policy.may_share_bytes(one, other), same, "{one} {other}");
            assert_eq!(policy.may_share_bytes(other, one), same, "{other} {one}");
        }
    }
}
