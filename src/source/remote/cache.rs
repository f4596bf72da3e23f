//! Answers that are kept: bounded by weight, each for as long as its service says and the operator allows.
//!
//! A snapshot is immutable. Its key is the whole question: user, groups, roles, attributes, tables with their columns. Ages are by an injected clock;
//! moka bounds the weight and forgets what is used least.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use moka::sync::Cache as Store;
use serde::Deserialize;

use super::settings::seconds;
use crate::policy::{Policy, Resource};
use crate::source::{Age, Answer, Question};

/// What is kept, and for how long. Durations are written in seconds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Bounds {
    /// The weight of all answers in bytes of their texts.
    pub weight: u64,
    /// How long an answer holds whose service does not say.
    #[serde(deserialize_with = "seconds")]
    pub fresh: Duration,
    /// The longest that one holds, whatever the service says.
    #[serde(deserialize_with = "seconds")]
    pub fresh_at_most: Duration,
    /// The longest that a refusal holds: somebody who has just been given access should not have to wait.
    #[serde(deserialize_with = "seconds")]
    pub denied: Duration,
    /// How long past its time an answer may be used while the service does not answer; never longer than the service says. Zero, unless the
    /// operator chooses otherwise: rules that were withdrawn live on for so long.
    #[serde(deserialize_with = "seconds")]
    pub stale: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            weight: 64 * 1024 * 1024,
            fresh: Duration::from_secs(30),
            fresh_at_most: Duration::from_secs(300),
            denied: Duration::from_secs(5),
            stale: Duration::ZERO,
        }
    }
}

/// An answer, and until when it may be used.
#[derive(Debug)]
pub(super) struct Snapshot {
    answer: Answer,
    /// When it was asked for: it cannot be older than what the service knew then.
    asked: Duration,
    fresh: Duration,
    stale: Duration,
    /// What the service calls it.
    pub etag: Option<String>,
    weight: u32,
}

/// How long a service lets its answer be used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leave {
    pub fresh: Option<Duration>,
    pub stale: Duration,
    /// How old the answer was already when it came.
    pub spent: Duration,
}

/// The state of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ripeness {
    Fresh,
    /// Fresh, and soon no longer: time to ask in the background.
    Ripe,
    /// Past its time; may be used when there is no other.
    Stale,
    Gone,
}

impl Snapshot {
    pub fn new(
        policy: Policy,
        question: &Arc<Question>,
        (asked, leave): (Duration, Leave),
        bounds: &Bounds,
        (etag, length): (Option<String>, usize),
    ) -> Self {
        let mut fresh = leave
            .fresh
            .unwrap_or(bounds.fresh)
            .min(bounds.fresh_at_most);
        if denies(&policy, question) {
            fresh = fresh.min(bounds.denied);
        }
        Self {
            answer: Answer::to(Arc::clone(question), Arc::new(policy)),
            asked: asked.saturating_sub(leave.spent),
            fresh,
            stale: leave.stale.min(bounds.stale),
            etag,
            weight: u32::try_from(length).unwrap_or(u32::MAX),
        }
    }

    /// The same answer, confirmed by its service.
    pub fn confirmed(&self, (asked, leave): (Duration, Leave), bounds: &Bounds) -> Self {
        let fresh = leave
            .fresh
            .unwrap_or(bounds.fresh)
            .min(bounds.fresh_at_most);
        Self {
            answer: self.answer.clone(),
            asked: asked.saturating_sub(leave.spent),
            fresh: if self.fresh <= bounds.denied {
                fresh.min(self.fresh)
            } else {
                fresh
            },
            stale: leave.stale.min(bounds.stale),
            etag: self.etag.clone(),
            weight: self.weight,
        }
    }

    pub fn ripeness(&self, now: Duration) -> Ripeness {
        // Asked for in the future: the clock went back, and nothing is known of its age.
        let Some(age) = now.checked_sub(self.asked) else {
            return Ripeness::Gone;
        };
        if age < self.fresh {
            let ripe = age >= self.fresh.mul_f64(0.8);
            return if ripe {
                Ripeness::Ripe
            } else {
                Ripeness::Fresh
            };
        }
        if age < self.fresh.saturating_add(self.stale) {
            Ripeness::Stale
        } else {
            Ripeness::Gone
        }
    }

    /// The answer with its age.
    pub fn answer(&self, now: Duration, stale: bool) -> Answer {
        Answer {
            age: Some(Age {
                since: now.saturating_sub(self.asked),
                stale,
            }),
            ..self.answer.clone()
        }
    }

    pub fn version(&self) -> u64 {
        self.answer.policy.version()
    }
}

/// Whether some table or object that was asked for is closed.
fn denies(policy: &Policy, question: &Question) -> bool {
    let (who, now) = (&question.principal, SystemTime::now());
    let tables = question.scope().tables.iter();
    let mut asked = tables.flat_map(|(name, met)| met.iter().map(move |asked| (name, asked)));
    let closed = asked.any(|(name, asked)| {
        let resource = Resource {
            name,
            physical: &asked.physical,
            also: &asked.also,
            columns: asked.columns.as_deref(),
            user_named: asked.user_named,
            ignore_case: asked.ignore_case,
        };
        let mut wanted = asked.privileges.iter();
        wanted.any(|privilege| policy.access(who, &resource, *privilege, now).is_err())
            || policy.obligations(who, &resource, now).is_err()
    });
    let mut objects = question.scope().objects.iter();
    closed
        || objects.any(|(object, wanted)| {
            let mut wanted = wanted.iter();
            wanted.any(|privilege| policy.access_object(who, object, *privilege, now).is_err())
        })
}

/// The snapshots.
#[derive(Debug)]
pub(super) struct Cache(Store<Arc<Question>, Arc<Snapshot>>);

impl Cache {
    pub fn new(bounds: &Bounds) -> Self {
        // What a question and the tables of a compiled policy weigh beside the text, roughly.
        let weigh = |question: &Arc<Question>, snapshot: &Arc<Snapshot>| {
            let asked = u32::try_from(question.scope().size()).unwrap_or(u32::MAX);
            let asked = asked.saturating_mul(128);
            snapshot
                .weight
                .saturating_mul(4)
                .saturating_add(asked)
                .saturating_add(1024)
        };
        Self(
            Store::builder()
                .max_capacity(bounds.weight)
                .weigher(weigh)
                .build(),
        )
    }

    pub fn get(&self, question: &Question) -> Option<Arc<Snapshot>> {
        self.0.get(question)
    }

    pub fn put(&self, question: Arc<Question>, snapshot: Arc<Snapshot>) {
        self.0.insert(question, snapshot);
    }

    /// How many there are, roughly.
    pub fn len(&self) -> u64 {
        self.0.run_pending_tasks();
        self.0.entry_count()
    }
}
