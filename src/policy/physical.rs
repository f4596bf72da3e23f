//! Physical names against patterns: servers with several names, folders, letter case, systems of one protocol.
//!
//! A rule is about bytes. What certainly reaches them is [`Meets::Yes`]; what perhaps does (another port of the same host, a name that differs in
//! letter case, a folder above) is [`Meets::Perhaps`]: there rules can only add protection. Stays out: how a name comes about
//! (`catalog::identity`).

use std::collections::{BTreeMap, HashMap};

use super::pattern::{Glob, Wildcards};
use crate::catalog::identity::{Host, Scheme, folder, host, scheme};

/// Whether a pattern is about a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meets {
    No,
    Perhaps,
    Yes,
}

/// Names of one server or cluster, as the site lists them.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Servers {
    groups: HashMap<Host, usize>,
}

impl Servers {
    /// Adds the names of one server: `host`, for all its ports, or `host:port`.
    ///
    /// # Errors
    /// A text that is neither; a name that another server has.
    pub fn add(&mut self, names: &[String]) -> Result<(), String> {
        let group = self.groups.len();
        for name in names {
            let host = host(name).map_err(|why| format!("`{name}`: {why}"))?;
            match self.groups.insert(host, group) {
                Some(other) if other != group => {
                    return Err(format!("`{name}` is listed for two servers"));
                }
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    fn group(&self, server: &Host) -> Option<usize> {
        let any_port = Host {
            port: None,
            ..server.clone()
        };
        let exact = self.groups.get(server);
        exact.or_else(|| self.groups.get(&any_port)).copied()
    }

    /// Whether all servers of a physical name are listed. A name without servers (a bucket, a local file) has none that is not.
    pub fn know(&self, physical: &str) -> bool {
        let Some((scheme, authority, _)) = cut(physical) else {
            return true;
        };
        if scheme.port.is_none() {
            return true;
        }
        let known = |one: &str| host(one).is_ok_and(|host| self.group(&host).is_some());
        authority.split(',').all(known)
    }
}

/// `scheme://authority/rest`, with the slash.
fn cut(name: &str) -> Option<(&'static Scheme, &str, &str)> {
    let (head, tail) = name.split_once("://")?;
    let end = tail.find('/').unwrap_or(tail.len());
    let (authority, rest) = tail.split_at_checked(end)?;
    Some((scheme(head)?, authority, rest))
}

/// A physical name in all spellings that reach the same data.
#[derive(Debug)]
pub(super) struct Spelled {
    /// Certainly.
    pub certain: Vec<String>,
    /// Without ports: another port may be another door.
    pub loose: Vec<String>,
    pub folder: bool,
    pub ignores_case: bool,
}

impl Spelled {
    pub fn new(name: &str, servers: &Servers) -> Self {
        let mut spelled = Self {
            certain: vec![name.to_owned()],
            loose: Vec::new(),
            folder: false,
            ignores_case: false,
        };
        let Some((scheme, authority, rest)) = cut(name) else {
            return spelled;
        };
        spelled.folder = scheme.folder;
        spelled.ignores_case = scheme.ignores_case;
        let kin = || scheme.kin.iter().copied().chain([scheme.name]);
        for one in authority.split(',') {
            let Ok(server) = host(one) else {
                continue;
            };
            for kin in kin() {
                spelled.certain.push(format!("{kin}://{one}{rest}"));
                if let Some(group) = servers.group(&server) {
                    spelled
                        .certain
                        .push(format!("{kin}://{}{rest}", group_name(group)));
                }
                if scheme.port.is_some() {
                    spelled.loose.push(format!("{kin}://{}{rest}", server.name));
                }
            }
        }
        spelled
    }
}

/// A name that no host has.
fn group_name(group: usize) -> String {
    format!("={group}")
}

/// A pattern of physical names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Physical {
    certain: Vec<Glob>,
    loose: Vec<Glob>,
}

impl Physical {
    /// Scheme and host ignore case, as in the names that the catalog makes; what follows does not. A list of hosts stands for each of them, and a
    /// port may be left out.
    ///
    /// # Errors
    /// Blanks around it, or nothing in it.
    pub fn new(text: &str, servers: &Servers) -> Result<Self, String> {
        if text.trim() != text || text.is_empty() {
            return Err(format!(
                "pattern `{text}` has blanks around it, or nothing in it"
            ));
        }
        let Some((head, tail)) = text.split_once("://") else {
            return Ok(Self {
                certain: vec![Glob::new(text)],
                loose: Vec::new(),
            });
        };
        let end = tail.find('/').unwrap_or(tail.len());
        let (authority, rest) = tail.split_at_checked(end).unwrap_or((tail, ""));
        let known = scheme(head);
        let head = known.map_or(head.to_lowercase(), |scheme| scheme.name.to_owned());
        let rest = match known {
            Some(scheme) if scheme.folder => rest.trim_end_matches('/'),
            _ => rest,
        };
        let authority = authority
            .to_lowercase()
            .replace(".blob.core.windows.net", ".dfs.core.windows.net");
        let mut texts = vec![format!("{head}://{authority}{rest}")];
        // A path may be written in any of its spellings here too.
        texts.extend(folder(text).unwrap_or_default());
        let mut loose = Vec::new();
        for one in authority.split(',') {
            let (name, port) = match one.rsplit_once(':') {
                Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
                    (name, port.parse().ok())
                }
                _ => (one, None),
            };
            let default = known.and_then(|scheme| scheme.port);
            texts.push(format!("{head}://{one}{rest}"));
            if let (None, Some(default)) = (port, default) {
                texts.push(format!("{head}://{name}:{default}{rest}"));
            }
            let literal = host(name).ok();
            let server = literal.as_ref().map(|host| Host {
                port: port.or(default),
                ..host.clone()
            });
            if let Some(Host {
                name,
                port: Some(port),
            }) = &server
            {
                texts.push(format!("{head}://{name}:{port}{rest}"));
            }
            if let Some(group) = server.and_then(|server| servers.group(&server)) {
                texts.push(format!("{head}://{}{rest}", group_name(group)));
            }
            if known.is_none_or(|scheme| scheme.port.is_some()) {
                let name = literal.map_or(name.to_owned(), |host| host.name);
                loose.push(format!("{head}://{name}{rest}"));
            }
        }
        texts.sort();
        texts.dedup();
        let globs = |texts: &[String]| texts.iter().map(|text| Glob::new(text)).collect();
        Ok(Self {
            certain: globs(&texts),
            loose: globs(&loose),
        })
    }

    /// Whether the pattern is about a name.
    pub fn meets(&self, name: &Spelled) -> Meets {
        let any = |globs: &[Glob], names: &[String], test: &dyn Fn(&Glob, &str) -> bool| {
            globs
                .iter()
                .any(|glob| names.iter().any(|name| test(glob, name)))
        };
        let exact = |glob: &Glob, name: &str| glob.matches(name, Wildcards::Path, false);
        // A folder holds what lies below it: a rule on it speaks of each folder in it.
        let above = |glob: &Glob, name: &str| ancestors(name).any(|folder| exact(glob, folder));
        if any(&self.certain, &name.certain, &exact)
            || (name.folder && any(&self.certain, &name.certain, &above))
        {
            return Meets::Yes;
        }
        let alike =
            |glob: &Glob, name_: &str| glob.matches(name_, Wildcards::Path, name.ignores_case);
        // And a folder that is read holds those that rules speak of.
        let below = |glob: &Glob, name: &str| glob.overlaps(&Glob::below(name));
        let perhaps = any(&self.certain, &name.certain, &alike)
            || any(&self.loose, &name.loose, &alike)
            || (name.folder && any(&self.certain, &name.certain, &below))
            || (name.folder && any(&self.loose, &name.loose, &above))
            || (name.folder && any(&self.loose, &name.loose, &below));
        if perhaps { Meets::Perhaps } else { Meets::No }
    }

    /// What keeps a pattern from being about anything, where that is plain to see.
    pub fn doubt(text: &str) -> Option<&'static str> {
        let Some((head, tail)) = text.split_once("://") else {
            return (!text.contains(['*', '?']))
                .then_some("no physical name has this form: `scheme://host/name`");
        };
        if head.contains(['*', '?']) {
            return None;
        }
        let Some(known) = scheme(head) else {
            return Some("no physical name has this scheme (docs/identity.md lists them)");
        };
        let name = tail.split_once('/').map_or("", |(_, name)| name);
        let parts = name.split('.').count();
        let due = match known.name {
            "postgres" | "oracle" | "mssql" | "db2" => 3,
            "mysql" | "oceanbase" | "tidb" | "vitess" | "doris" | "starrocks" | "clickhouse"
            | "mongodb" | "hive" | "iceberg" | "fluss" => 2,
            _ => 1,
        };
        (parts < due && !name.contains(['*', '?'])).then_some(
            "no physical name of this scheme has so few parts (docs/identity.md shows them)",
        )
    }

    /// Whether a pattern is about a server by a name of its own, of which it may have more.
    pub fn names_a_server(text: &str) -> bool {
        let Some((head, tail)) = text.split_once("://") else {
            return false;
        };
        let (authority, _) = tail.split_once('/').unwrap_or((tail, ""));
        scheme(head).is_some_and(|scheme| scheme.port.is_some()) && !authority.contains(['*', '?'])
    }

    /// The last part, where it holds no wildcard and nothing but it can be meant: the key of an index.
    pub fn last(&self) -> Option<String> {
        let first = self.certain.first()?;
        let scheme_of = |glob: &Glob| glob.literal_before("://").and_then(|s| scheme(&s));
        let key = first.literal_after('/')?;
        let plain = self
            .certain
            .iter()
            .all(|glob| scheme_of(glob).is_some_and(|scheme| !scheme.folder));
        plain.then_some(key)
    }

    /// The folders that it is about, where it holds no wildcard: keys of an index.
    pub fn folders(&self) -> Option<Vec<String>> {
        let literal = self.certain.iter().chain(&self.loose).map(Glob::literal);
        let literal = literal.collect::<Option<Vec<_>>>()?;
        let folder = |name: &String| cut(name).is_some_and(|(scheme, ..)| scheme.folder);
        literal.iter().all(folder).then_some(literal)
    }

    /// The pattern as it was written, near enough for lint.
    pub fn globs(&self) -> &[Glob] {
        &self.certain
    }
}

/// What is kept under a folder, under those above it and under those below it.
pub(super) fn around<'m, T>(
    kept: &'m BTreeMap<String, Vec<T>>,
    folder: &str,
) -> impl Iterator<Item = &'m T> {
    let inside = if folder.ends_with('/') {
        folder.to_owned()
    } else {
        format!("{folder}/")
    };
    let above = std::iter::once(folder).chain(ancestors(folder));
    let above: Vec<&Vec<T>> = above.filter_map(|folder| kept.get(folder)).collect();
    let below = kept.range(inside.clone()..);
    let below = below.take_while(move |(name, _)| name.starts_with(&inside));
    let below = below.map(|(_, kept)| kept);
    above.into_iter().chain(below).flatten()
}

/// The folders that a folder lies in, up to the root of its store.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    let start = name.find("://").map_or(0, |at| at.saturating_add(3));
    let ends = name.char_indices().rev();
    let ends = ends.filter(move |(at, c)| *c == '/' && *at >= start);
    ends.filter_map(move |(at, _)| name.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(servers: &[&[&str]], pattern: &str, name: &str) -> Meets {
        let mut known = Servers::default();
        for names in servers {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            known.add(&names).unwrap();
        }
        let pattern = Physical::new(pattern, &known).unwrap();
        pattern.meets(&Spelled::new(name, &known))
    }

    fn meets(pattern: &str, name: &str) -> Meets {
        with(&[], pattern, name)
    }

    use Meets::{No, Perhaps, Yes};

    #[test]
    fn one_common_broker_is_one_cluster() {
        let rule = "kafka://b1:9092,b2:9092/orders";
        assert_eq!(meets(rule, "kafka://b1:9092,b2:9092/orders"), Yes);
        assert_eq!(meets(rule, "kafka://b2:9092/orders"), Yes);
        assert_eq!(meets(rule, "kafka://b2:9092,b3:9092/orders"), Yes);
        assert_eq!(
            meets("kafka://B1/orders", "kafka://b1:9092,b9:9092/orders"),
            Yes
        );
        assert_eq!(meets(rule, "kafka://b3:9092/orders"), No);
        assert_eq!(meets(rule, "kafka://b1:9092/orders2"), No);
        assert_eq!(meets(rule, "kafka://b1:9092/Orders"), No);
        assert_eq!(meets("kafka://*.corp/t", "kafka://b1.corp:9092,x:1/t"), Yes);
    }

    #[test]
    fn another_port_of_a_host_is_perhaps_another_door() {
        assert_eq!(
            meets("kafka://b1/orders", "kafka://b1:9093/orders"),
            Perhaps
        );
        assert_eq!(meets("mysql://db/s.t", "mysql://db:33060/s.t"), Perhaps);
        assert_eq!(meets("mysql://db/s.t", "mysql://db2:3306/s.t"), No);
    }

    #[test]
    fn systems_of_one_protocol_are_one() {
        assert_eq!(meets("oceanbase://db:2881/s.t", "mysql://db:2881/s.t"), Yes);
        assert_eq!(meets("doris://fe:8030/s.t", "mysql://fe:9030/s.t"), Perhaps);
        assert_eq!(meets("mysql://db/s.t", "postgres://db:3306/s.t"), No);
    }

    #[test]
    fn a_database_may_fold_names() {
        assert_eq!(
            meets("mysql://db/s.orders", "mysql://db:3306/s.ORDERS"),
            Perhaps
        );
        assert_eq!(meets("kafka://b/orders", "kafka://b:9092/ORDERS"), No);
    }

    #[test]
    fn a_server_has_all_names_that_the_site_lists() {
        let servers: &[&[&str]] = &[
            &["b1:9092", "kafka.corp:9092", "10.0.0.5"],
            &["db1", "db.corp"],
        ];
        let rule = "kafka://kafka.corp:9092/orders";
        for broker in ["b1:9092", "10.0.0.5:1", "10.0.0.5:9092"] {
            assert_eq!(
                with(servers, rule, &format!("kafka://{broker}/orders")),
                Yes,
                "{broker}"
            );
        }
        assert_eq!(with(servers, rule, "kafka://b2:9092/orders"), No);
        assert_eq!(
            with(servers, "mysql://db.corp/s.t", "mysql://db1:3306/s.t"),
            Yes
        );
        assert_eq!(
            with(servers, "doris://db.corp/s.t", "mysql://db1:9030/s.t"),
            Yes
        );
    }

    #[test]
    fn a_folder_holds_what_lies_below_it() {
        for rule in [
            "s3://lake/orders",
            "s3a://lake/orders/",
            "s3://lake",
            "s3://*/orders",
            "s3://lake/**",
        ] {
            assert_eq!(meets(rule, "s3://lake/orders"), Yes, "{rule}");
            assert_eq!(meets(rule, "s3://lake/orders/dt=1/x"), Yes, "{rule}");
        }
        let rule = "s3://lake/orders";
        assert_eq!(meets(rule, "s3://lake"), Perhaps);
        assert_eq!(meets("s3://lake/a/b", "s3://lake/a"), Perhaps);
        assert_eq!(meets("s3://lake/a/*", "s3://lake/a"), Perhaps);
        assert_eq!(meets("s3://lake/a/*", "s3://lake/a/b/c"), Yes);
        assert_eq!(meets(rule, "s3://lake/orders2"), No);
        assert_eq!(meets(rule, "s3://lake/other"), No);
        assert_eq!(meets("file:///data", "file:///data/x"), Yes);
        assert_eq!(meets("file:///", "file:///data/x"), Yes);
        assert_eq!(meets("file:///data/x", "file://"), Perhaps);
        assert_eq!(meets("hdfs://nn/data", "hdfs://nn:8020/data/x"), Yes);
        assert_eq!(meets("hdfs://nn/data", "hdfs://nn:8022/data/x"), Perhaps);
        assert_eq!(meets("hdfs://nn/data", "hdfs://nn:8022/"), Perhaps);
        assert_eq!(meets("hdfs://nn/data", "hdfs://nm:8020/data/x"), No);
    }

    #[test]
    fn a_pattern_may_be_written_in_any_spelling() {
        let name = "abfss://c@a.dfs.core.windows.net/x";
        assert_eq!(meets("wasbs://C@a.blob.core.windows.net/x/", name), Yes);
        assert_eq!(meets("hdfs://NN/a/../x", "hdfs://nn:8020/x"), Yes);
        assert_eq!(meets("webhdfs://nn:9870/x", "hdfs://nn:8020/x"), Yes);
        assert_eq!(meets("kafka://[::1]/t", "kafka://localhost:9092/t"), Yes);
        assert_eq!(
            meets("postgresql://h/d.s.t", "postgres://h:5432/d.s.t"),
            Yes
        );
    }

    #[test]
    fn a_pattern_that_no_name_can_have_is_doubted() {
        for text in [
            "file:/data",
            "orders",
            "jdbc:mysql://h/d.t",
            "mysql2://h/d.t",
            "postgres://h/d.t",
            "mysql://h/t",
            "kafka-x://*/t",
        ] {
            assert!(Physical::doubt(text).is_some(), "{text}");
        }
        for text in [
            "**",
            "*://*/orders",
            "kafka://*/orders",
            "s3a://b",
            "postgres://h/d.s.t",
            "postgres://h/*",
            "mssql://h/d.*",
            "redis://h/0",
        ] {
            assert_eq!(Physical::doubt(text), None, "{text}");
        }
    }

    #[test]
    fn a_server_that_is_not_listed_is_known_as_such() {
        let mut servers = Servers::default();
        servers
            .add(&["b1:9092".to_owned(), "b2".to_owned()])
            .unwrap();
        assert!(servers.know("kafka://b1:9092,b2:1/x") && servers.know("s3://lake/x"));
        assert!(!servers.know("kafka://b1:9093/x") && !servers.know("kafka://b1:9092,b3:9092/x"));
        assert!(servers.add(&["b1:9092".to_owned()]).is_err());
        assert!(servers.add(&["a b".to_owned()]).is_err());
    }
}
