//! Kafka, Pulsar, Kinesis: one data set a topic or stream.

use super::address::{server, servers, without_credentials};
use super::choices::choices;
use super::{Names, Options};

/// `kafka://b1:9092,b2:9092/topic`.
pub(super) fn kafka(o: Options<'_>) -> Names {
    let brokers = o.need("properties.bootstrap.servers")?;
    // Kafka's client takes `SASL_SSL://host:port` too.
    let brokers = brokers.split(',').map(|broker| {
        let broker = broker.trim();
        broker.split_once("://").map_or(broker, |(_, rest)| rest)
    });
    let cluster = servers(&brokers.collect::<Vec<_>>().join(","), ',', 9092)?;
    let names = topics(o, "topic", "topic-pattern")?;
    let names = names
        .iter()
        .map(|topic| kafka_topic(topic).map(|topic| format!("kafka://{cluster}/{topic}")));
    names.collect()
}

/// A list that Flink cuts at `;`, or a pattern.
fn topics(o: Options<'_>, list: &str, pattern: &str) -> Names {
    match (o.get(list), o.get(pattern)) {
        (Some(list), None) => Ok(list.split(';').map(|t| t.trim().to_owned()).collect()),
        (None, Some(pattern)) => choices(pattern),
        (Some(_), Some(_)) => Err("it has a list of topics and a pattern"),
        (None, None) => Err("a part of the address is missing"),
    }
}

/// Kafka's own alphabet. Flink takes quotes and brackets off a list, so nothing else is a topic.
fn kafka_topic(topic: &str) -> Result<&str, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !topic.is_empty() && topic.chars().all(allowed) {
        Ok(topic)
    } else {
        Err("a topic has a name that Kafka does not allow")
    }
}

/// `pulsar://host:6650/tenant/namespace/topic`.
pub(super) fn pulsar(o: Options<'_>) -> Names {
    let (scheme, rest) = o
        .need("service-url")?
        .split_once("://")
        .ok_or("the service URL has no scheme")?;
    let port = match scheme {
        "pulsar" => 6650,
        "pulsar+ssl" => 6651,
        _ => return Err("the service URL has a scheme that is not known"),
    };
    let mut cluster = Vec::new();
    for one in rest.trim_end_matches('/').split(',') {
        // One broker, two doors.
        let server = server(one, port)?;
        cluster.push(match server.strip_suffix(":6651") {
            Some(host) => format!("{host}:6650"),
            None => server,
        });
    }
    let cluster = servers(&cluster.join(","), ',', 6650)?;
    let names = topics(o, "topics", "topics-pattern")?;
    let names = names
        .iter()
        .map(|topic| pulsar_topic(topic).map(|topic| format!("pulsar://{cluster}/{topic}")));
    names.collect()
}

/// `topic`, `tenant/namespace/topic`, `persistent://tenant/namespace/topic`, and a partition of one.
fn pulsar_topic(topic: &str) -> Result<String, &'static str> {
    let (domain, path) = match topic.split_once("://") {
        Some(("persistent", path)) => ("", path),
        Some(("non-persistent", path)) => ("non-persistent/", path),
        Some(_) => return Err("a topic has a domain that is not known"),
        None => ("", topic),
    };
    let parts: Vec<&str> = path.split('/').collect();
    let (tenant, namespace, name) = match parts.as_slice() {
        [name] if !topic.contains("://") => ("public", "default", *name),
        [tenant, namespace, name] => (*tenant, *namespace, *name),
        _ => return Err("a topic has a form that is not known"),
    };
    // A partition is a part of its topic.
    let name = match name.rsplit_once("-partition-") {
        Some((whole, number)) if number.bytes().all(|b| b.is_ascii_digit()) => whole,
        _ => name,
    };
    for part in [tenant, namespace, name] {
        kafka_topic(part)?;
    }
    Ok(format!("{domain}{tenant}/{namespace}/{name}"))
}

/// `kinesis://region/stream`. The account is left out: the older connector does not know it, and both read the same stream.
pub(super) fn kinesis(o: Options<'_>) -> Names {
    if o.below("").any(|key| key.contains("endpoint")) {
        return Err("an option moves the address");
    }
    let (region, stream) = match (o.get("stream.arn"), o.get("stream")) {
        (Some(arn), None) => {
            let parts: Vec<&str> = arn.split(':').collect();
            match parts.as_slice() {
                ["arn", _, "kinesis", region, _, stream] => (
                    *region,
                    stream
                        .strip_prefix("stream/")
                        .ok_or("the ARN is not that of a stream")?,
                ),
                _ => return Err("the ARN is not that of a stream"),
            }
        }
        (None, Some(stream)) => (o.need("aws.region")?, stream),
        _ => return Err("a part of the address is missing"),
    };
    let region = kafka_topic(region)?.to_ascii_lowercase();
    Ok(vec![format!("kinesis://{region}/{}", kafka_topic(stream)?)])
}

/// The credentials and parameters of a URL of servers are no part of their address.
pub(super) fn authority(url: &str) -> &str {
    let end = url.find(['/', '?']).unwrap_or(url.len());
    without_credentials(url.split_at_checked(end).map_or(url, |(head, _)| head))
}
