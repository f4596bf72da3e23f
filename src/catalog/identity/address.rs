//! Hosts and ports, lists of them, and names that no system reads otherwise than they stand.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A server: its host in one spelling, and its port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Host {
    pub name: String,
    pub port: Option<u16>,
}

impl Host {
    fn with(self, default: u16) -> String {
        format!("{}:{}", self.name, self.port.unwrap_or(default))
    }
}

const BAD_HOST: &str = "a host or port is not understood";

/// `host`, `host:port`, `[v6]:port`: the host in lower case without a dot at its end, an address in its usual form, this machine as `localhost`.
pub(crate) fn host(text: &str) -> Result<Host, &'static str> {
    let (name, rest) = match text.strip_prefix('[') {
        Some(v6) => {
            let (inside, rest) = v6.split_once(']').ok_or(BAD_HOST)?;
            (v6_name(inside.parse().map_err(|_| BAD_HOST)?), rest)
        }
        None => {
            let end = text.find(':').unwrap_or(text.len());
            let (name, rest) = text.split_at_checked(end).ok_or(BAD_HOST)?;
            (plain_host(name)?, rest)
        }
    };
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        None => return Err(BAD_HOST),
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => {
            Some(port.parse().map_err(|_| BAD_HOST)?)
        }
        Some(_) => return Err(BAD_HOST),
    };
    Ok(Host { name, port })
}

/// The host and port, with the port written out.
pub(super) fn server(text: &str, default: u16) -> Result<String, &'static str> {
    Ok(host(text.trim())?.with(default))
}

/// A list of servers that hold the same data, sorted: `b2,b1` is the cluster `b1,b2`.
pub(super) fn servers(text: &str, separator: char, default: u16) -> Result<String, &'static str> {
    let list = text.split(separator).map(|one| server(one, default));
    let mut list = list.collect::<Result<Vec<_>, _>>()?;
    list.sort();
    list.dedup();
    Ok(list.join(","))
}

/// What follows the last `@` of an authority: credentials are no part of an address.
pub(super) fn without_credentials(authority: &str) -> &str {
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

fn v6_name(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(v4) => v4_name(v4),
        None if address.is_loopback() || address.is_unspecified() => "localhost".to_owned(),
        None => format!("[{address}]"),
    }
}

fn v4_name(address: Ipv4Addr) -> String {
    if address.is_loopback() || address.is_unspecified() {
        "localhost".to_owned()
    } else {
        address.to_string()
    }
}

fn plain_host(text: &str) -> Result<String, &'static str> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let label = |label: &str| !label.is_empty() && label.chars().all(allowed);
    if !name.split('.').all(label) {
        return Err(BAD_HOST);
    }
    // Resolvers read `127.1`, `0x7f000001` and `2130706433` as addresses too: only the usual form has a name.
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.starts_with("0x") || last.bytes().all(|b| b.is_ascii_digit()) {
        return name.parse().map(v4_name).map_err(|_| BAD_HOST);
    }
    Ok(name)
}

/// A name that no driver and no regular expression reads otherwise than it stands.
pub(super) fn plain(name: &str) -> Result<&str, &'static str> {
    let allowed = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(allowed) {
        Ok(name)
    } else {
        Err("a name in the address is not plain")
    }
}
