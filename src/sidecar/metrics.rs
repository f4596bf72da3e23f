//! What an operator watches, in the text format that Prometheus reads.

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::check::{Code, Decision, Reply};

/// What a check does with its record of lineage.
const PENDING: &str = "pending";

/// The numbers of one service.
pub(super) struct Metrics {
    registry: Registry,
    checks: Family<Decided, Counter>,
    denials: Family<Why, Counter>,
    refused: Family<Refused, Counter>,
    records: Family<What, Counter>,
    unrecorded: Counter,
    seconds: Histogram,
    in_flight: Gauge,
    version: Gauge,
    age: Gauge,
    stale: Gauge,
    ready: Gauge,
    behind: Gauge,
    taken: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Decided {
    decision: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    code: CodeLabel,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    why: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CodeLabel(Code);

impl EncodeLabelValue for CodeLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> std::fmt::Result {
        self.0.as_str().encode(encoder)
    }
}

impl Metrics {
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("sqlsec");
        let checks = Family::<Decided, Counter>::default();
        registry.register("checks", "Checks that were decided", checks.clone());
        let denials = Family::<Why, Counter>::default();
        registry.register("denials", "Reasons of refusals, by code", denials.clone());
        let refused = Family::<Refused, Counter>::default();
        registry.register(
            "requests_refused",
            "Requests that were not decided",
            refused.clone(),
        );
        let records = Family::<What, Counter>::default();
        registry.register(
            "lineage_records",
            "Records of lineage that were left pending, and what was told of them",
            records.clone(),
        );
        let unrecorded = Counter::default();
        registry.register(
            "audit_lost",
            "Checks that were answered without a record in the audit file",
            unrecorded.clone(),
        );
        // From 50 µs to 26 s.
        let seconds = Histogram::new(exponential_buckets(0.000_05, 2.0, 20));
        registry.register(
            "check_seconds",
            "Time from a whole request to its reply, waiting included",
            seconds.clone(),
        );
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let in_flight = gauge("requests_in_flight", "Requests that are read, wait or run");
        let version = gauge("policy_version", "Version of the policy of the last check");
        let age = gauge(
            "policy_age_seconds",
            "Time since its service gave or confirmed that policy: how old a cached answer is; 0 for a file",
        );
        let stale = gauge("policy_stale", "1 while that policy is past its time");
        let behind = gauge(
            "configuration_behind",
            "1 while the files say what cannot be used, and what was there before is in force",
        );
        let taken = gauge(
            "configuration_age_seconds",
            "Time since the configuration, and the policy in its files, was taken",
        );
        let ready = gauge("ready", "1 while checks are answered");
        Self {
            registry,
            checks,
            denials,
            refused,
            records,
            unrecorded,
            seconds,
            in_flight,
            version,
            age,
            stale,
            ready,
            behind,
            taken,
        }
    }

    /// A check was decided.
    pub fn decided(&self, reply: &Reply, took: Duration) {
        let decision = match &reply.decision {
            Decision::Allow { .. } => "allow",
            Decision::Deny { .. } => "deny",
        };
        self.checks.get_or_create(&Decided { decision }).inc();
        for error in reply.decision.errors() {
            let code = CodeLabel(error.code);
            self.denials.get_or_create(&Why { code }).inc();
        }
        if reply.lineage_id.is_some() {
            self.records(PENDING);
        }
        if reply.unrecorded {
            self.unrecorded.inc();
        }
        self.seconds.observe(took.as_secs_f64());
        let policy = &reply.policy;
        // A check that did not come to its policy says nothing of it.
        if !policy.hash.is_empty() || policy.version > 0 {
            self.version
                .set(i64::try_from(policy.version).unwrap_or(i64::MAX));
            let age = policy.age_s.unwrap_or_default();
            self.age.set(i64::try_from(age).unwrap_or(i64::MAX));
            self.stale.set(i64::from(policy.stale));
        }
    }

    /// Something was told of a record of lineage.
    pub fn records(&self, what: &'static str) {
        self.records.get_or_create(&What { what }).inc();
    }

    /// A request was not taken, or was none.
    pub fn refused(&self, why: &'static str) {
        self.refused.get_or_create(&Refused { why }).inc();
    }

    /// The page.
    pub fn text(
        &self,
        in_flight: usize,
        ready: bool,
        behind: bool,
        taken: Duration,
    ) -> Result<String, std::fmt::Error> {
        self.in_flight
            .set(i64::try_from(in_flight).unwrap_or(i64::MAX));
        self.ready.set(i64::from(ready));
        self.behind.set(i64::from(behind));
        self.taken
            .set(i64::try_from(taken.as_secs()).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
