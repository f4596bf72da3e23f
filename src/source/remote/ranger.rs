//! Apache Ranger's download API: its documents are fetched whole, kept, and asked for again by their versions; questions are answered from them.
//!
//! The paths and statuses are those of RANGER.md §1.1. A new state takes the place of the held one when all of its documents have come, fit one
//! another and compile.
//! Invariant: a 404 is no empty answer: without a service, or without its roles, nothing is decided.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use super::cache::Leave;
use super::contract::{Given, json, rules};
use super::http::Ask;
use super::retry::Line;
use super::settings::seconds;
use crate::source::ranger::document::ServicePolicies;
use crate::source::ranger::{Documents, Mapping, Options, Service, answer, apply, read};
use crate::source::{Clock, Question, SourceProblem};

/// Which service of a Ranger server, and how often it is asked whether something has changed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RangerService {
    /// The service's name in Ranger.
    pub service: String,
    /// For a service like Hive's, which has no level for catalogs: the Flink catalog that it is about.
    #[serde(default)]
    pub catalog: Option<String>,
    /// How old the documents may become before they are asked for again, in seconds; 30 when nothing is said.
    #[serde(default = "RangerService::poll", deserialize_with = "seconds")]
    pub poll: Duration,
    /// With Kerberos or another authentication before it, Ranger serves its downloads under `secure/`.
    #[serde(default)]
    pub secure: bool,
    /// Whether attributes and groups of users are fetched (`xusers/download`).
    #[serde(default = "RangerService::users")]
    pub users: bool,
}

impl RangerService {
    /// A service with the usual settings.
    #[must_use]
    pub fn named(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            catalog: None,
            poll: Self::poll(),
            secure: false,
            users: Self::users(),
        }
    }

    const fn poll() -> Duration {
        Duration::from_secs(30)
    }

    const fn users() -> bool {
        true
    }
}

/// A Ranger server.
pub(super) struct Ranger {
    settings: RangerService,
    held: Mutex<State>,
    /// How many attempts there were: whoever has waited for one that failed does not make another.
    attempts: AtomicU64,
}

#[derive(Default)]
struct State {
    loaded: Option<Loaded>,
    failed: Option<SourceProblem>,
}

/// The documents of one moment, compiled.
#[derive(Clone)]
struct Loaded {
    documents: Arc<Documents>,
    service: Arc<Service>,
    mapping: Arc<Mapping>,
    asked: Duration,
}

/// A document as it was asked for.
enum Download<T> {
    Changed(T),
    Unchanged,
    Absent,
}

impl Ranger {
    pub fn new(settings: RangerService) -> Self {
        Self {
            settings,
            held: Mutex::default(),
            attempts: AtomicU64::new(0),
        }
    }

    /// Answers from documents that are no older than `poll`.
    ///
    /// # Errors
    /// No such documents.
    pub async fn ask(
        &self,
        line: &Line,
        question: &Question,
        clock: &dyn Clock,
    ) -> Result<(Given, Leave), SourceProblem> {
        let loaded = self.loaded(line, clock).await?;
        let now = Timestamp::try_from(SystemTime::now())
            .map_err(|_| SourceProblem::Configuration("the clock is out of range".to_owned()))?;
        let (document, _) = answer(&loaded.service, &loaded.mapping, question, now);
        let text = serde_json::to_string(&document)
            .map_err(|_| SourceProblem::Unusable("it cannot be written as a policy".to_owned()))?;
        let age = clock.now().saturating_sub(loaded.asked);
        let leave = Leave {
            fresh: Some(self.settings.poll),
            spent: age,
            // Ranger says nothing of it: the operator's own bound counts.
            stale: Duration::MAX,
        };
        Ok((rules(&text, None)?, leave))
    }

    async fn loaded(&self, line: &Line, clock: &dyn Clock) -> Result<Loaded, SourceProblem> {
        let before = self.attempts.load(Ordering::SeqCst);
        let mut state = self.held.lock().await;
        let now = clock.now();
        if let Some(loaded) = &state.loaded
            && now
                .checked_sub(loaded.asked)
                .is_some_and(|age| age < self.settings.poll)
        {
            return Ok(loaded.clone());
        }
        if self.attempts.load(Ordering::SeqCst) != before
            && let Some(problem) = &state.failed
        {
            return Err(problem.clone());
        }
        let made = self.download(line, state.loaded.as_ref(), clock).await;
        self.attempts.fetch_add(1, Ordering::SeqCst);
        match made {
            Ok(loaded) => {
                state.failed = None;
                state.loaded = Some(loaded.clone());
                Ok(loaded)
            }
            Err(problem) => {
                state.failed = Some(problem.clone());
                Err(problem)
            }
        }
    }

    async fn download(
        &self,
        line: &Line,
        held: Option<&Loaded>,
        clock: &dyn Clock,
    ) -> Result<Loaded, SourceProblem> {
        let asked = clock.now();
        let old = held.map(|held| &*held.documents);
        let mut documents = old.cloned().unwrap_or_default();
        let mut changed = self.policies(line, old, &mut documents, clock).await?;
        let known = old.and_then(|old| old.roles.as_ref()?.role_version);
        match self
            .get(line, "roles", "lastKnownRoleVersion", known, clock)
            .await?
        {
            Download::Changed(roles) => (documents.roles, changed) = (Some(roles), true),
            Download::Unchanged => {}
            Download::Absent => return Err(self.absent("roles")),
        }
        if documents.policies.tag_policies.is_some() {
            let known = old.and_then(|old| old.tags.as_ref()?.tag_version);
            match self
                .get(line, "tags", "lastKnownVersion", known, clock)
                .await?
            {
                Download::Changed(tags) => (documents.tags, changed) = (Some(tags), true),
                Download::Unchanged => {}
                Download::Absent => return Err(self.absent("tags")),
            }
        } else {
            changed |= documents.tags.is_some();
            documents.tags = None;
        }
        if self.settings.users {
            let known = old.and_then(|old| old.users.as_ref()?.user_store_version);
            let store = self.get(line, "xusers", "lastKnownUserStoreVersion", known, clock);
            match store.await? {
                Download::Changed(users) => (documents.users, changed) = (Some(users), true),
                Download::Unchanged => {}
                // An attribute that nobody knows closes the tables that need it.
                Download::Absent => {
                    changed |= documents.users.is_some();
                    documents.users = None;
                }
            }
        }
        if let (false, Some(held)) = (changed, held) {
            return Ok(Loaded {
                asked,
                ..held.clone()
            });
        }
        self.compile(documents, asked)
    }

    /// The policies: a whole document, or changes of the held one. Changes that do not fit are as good as none: a whole document is asked for.
    async fn policies(
        &self,
        line: &Line,
        old: Option<&Documents>,
        documents: &mut Documents,
        clock: &dyn Clock,
    ) -> Result<bool, SourceProblem> {
        let mut known = old.and_then(|old| old.policies.policy_version);
        loop {
            let what = "plugins/policies";
            let got: ServicePolicies = match self
                .get(line, what, "lastKnownVersion", known, clock)
                .await?
            {
                Download::Changed(got) => got,
                Download::Unchanged => return Ok(false),
                Download::Absent => return Err(self.absent("policies")),
            };
            // Also of a whole that takes the place of changes that did not fit.
            let seen = old.and_then(|old| old.policies.policy_version);
            if let (Some(seen), Some(version)) = (seen, got.policy_version)
                && version < seen
            {
                let number = |version: i64| u64::try_from(version).unwrap_or_default();
                let (seen, got) = (number(seen), number(version));
                return Err(SourceProblem::WentBack { seen, got });
            }
            let changes = got.policy_deltas.is_some() && got.policies.is_empty();
            match (changes, old) {
                (false, _) => documents.policies = got,
                (true, Some(old)) => match apply(&old.policies, &got) {
                    Ok(made) => documents.policies = made,
                    // Without a known version Ranger sends everything; a second refusal ends it.
                    Err(_) if known.is_some() => {
                        known = None;
                        continue;
                    }
                    Err(why) => return Err(SourceProblem::Unusable(why.to_string())),
                },
                (true, None) => {
                    let why = "it sends changes to a first question";
                    return Err(SourceProblem::Unusable(why.to_owned()));
                }
            }
            if documents.policies.service_name != self.settings.service {
                let why = "its policies are those of another service";
                return Err(SourceProblem::Unusable(why.to_owned()));
            }
            return Ok(true);
        }
    }

    fn compile(&self, documents: Documents, asked: Duration) -> Result<Loaded, SourceProblem> {
        let unusable = |why: String| SourceProblem::Unusable(why);
        let service = Service::load(&documents, Options::default())
            .map_err(|error| unusable(error.to_string()))?;
        let mapping = Mapping::of(&service, self.settings.catalog.as_deref())
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Loaded {
            documents: Arc::new(documents),
            service: Arc::new(service),
            mapping: Arc::new(mapping),
            asked,
        })
    }

    /// One document of the API: `what` is its part of the path, `version` the parameter that says which one is held.
    async fn get<T: DeserializeOwned>(
        &self,
        line: &Line,
        what: &str,
        version: &str,
        known: Option<i64>,
        clock: &dyn Clock,
    ) -> Result<Download<T>, SourceProblem> {
        let secure = if self.settings.secure { "secure/" } else { "" };
        let path = match what.split_once('/') {
            Some((group, name)) => format!("service/{group}/{secure}{name}/download"),
            None => format!("service/{what}/{secure}download"),
        };
        let mut url = line.http().below(&path);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(&self.settings.service);
        }
        url.query_pairs_mut()
            .append_pair(version, &known.unwrap_or(-1).to_string())
            .append_pair("lastActivationTime", "0")
            .append_pair("pluginId", concat!("sqlsec@", env!("CARGO_PKG_VERSION")))
            .append_pair("supportsPolicyDeltas", "true")
            .append_pair("supportsTagDeltas", "false");
        let ask = Ask {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: None,
        };
        let fetched = line.ask(&ask, clock).await?;
        match fetched.status {
            200 => {
                let text = json(&fetched)?;
                let document = read(text.as_bytes());
                let document = document.map_err(|e| SourceProblem::Unusable(e.to_string()))?;
                Ok(Download::Changed(document))
            }
            304 if known.is_some() => Ok(Download::Unchanged),
            304 => Err(SourceProblem::Unusable(
                "it says \"not modified\" to a first question".to_owned(),
            )),
            _ => Ok(Download::Absent),
        }
    }

    fn absent(&self, what: &str) -> SourceProblem {
        SourceProblem::Unusable(format!(
            "it has no {what} of a service `{}`; no rules never means no restriction",
            self.settings.service
        ))
    }
}

impl std::fmt::Debug for Ranger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ranger").field(&self.settings).finish()
    }
}
