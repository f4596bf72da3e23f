//! The engine that is in force, and its reload.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use crate::check::Reply;
use crate::host::{Config, Guarded, HostCode, HostError, open};
use crate::http::{Certificates, Stopping};
use crate::settled::{Seen, Watched, look};

/// An engine, as its configuration was when it was last good.
pub(super) struct Force {
    config: PathBuf,
    state: RwLock<Arc<State>>,
    /// Whether the files say what cannot be used.
    behind: AtomicBool,
}

/// One state of the files.
pub(super) struct State {
    pub engine: Arc<Guarded>,
    /// When the files were taken.
    pub since: Instant,
    /// What it was made by.
    config: Config,
    /// The highest version of the rules, of files or of what a service has answered.
    version: AtomicU64,
    /// The files that it was made of, as they were before they were read: what changes from then on is seen.
    seen: Vec<Seen>,
}

impl State {
    /// See [`Guarded::check_document`].
    ///
    /// # Errors
    /// As there.
    pub fn check(&self, request: &[u8]) -> Result<(Reply, Vec<u8>), HostError> {
        let (reply, json) = self.engine.check_document(request)?;
        self.version
            .fetch_max(reply.policy.version, Ordering::AcqRel);
        Ok((reply, json))
    }

    /// The store that clients have numbers of records from.
    fn store(&self) -> Option<&PathBuf> {
        self.config.lineage.as_ref().map(|part| &part.store)
    }
}

impl std::fmt::Debug for Force {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Force")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Force {
    /// # Errors
    /// As for [`open`].
    pub fn open(config: &Path) -> Result<Self, HostError> {
        let own = look(config);
        Ok(Self {
            state: RwLock::new(Arc::new(read(Config::load(config)?, own)?)),
            config: config.to_owned(),
            behind: AtomicBool::new(false),
        })
    }

    /// Whether checks are to be sent here.
    pub fn is_ready(&self, stopping: &Stopping) -> bool {
        !stopping.is_asked() && !self.now().engine.is_broken()
    }

    /// The store that replies have their numbers from. It stays as long as the service runs.
    pub fn store(&self) -> Option<PathBuf> {
        self.now().store().cloned()
    }

    /// Whether older rules are in force than the files have.
    pub fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Acquire)
    }

    /// The engine of now. Whoever holds it goes on with it when another comes: a check is made by one engine.
    pub fn now(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes what the files say now.
    fn reload(&self) -> Result<(), HostError> {
        self.behind.store(true, Ordering::Release);
        let own = look(&self.config);
        let mut config = Config::load(&self.config)?;
        let now = self.now();
        // A number of one store means something else in another: an abort would take away somebody's protection.
        if config.lineage.as_ref().map(|part| &part.store) != now.store() {
            let message = "the lineage store cannot change while the service runs: start it anew";
            return Err(HostError::new(HostCode::Config, message));
        }
        if let Some(part) = &mut config.lineage {
            // It was there: an empty one in its place would not know who has written what.
            part.create = false;
        }
        // A copy that was left behind, or taken back by mistake: rules do not go back.
        if config.has_rules_of(&now.config) {
            let version = now.version.load(Ordering::Acquire);
            config.at_least = config.at_least.max(Some(version));
        }
        let known = now.engine.newest()?;
        let next = read(config, own)?;
        // Asked later, the same store knows as much or more. An older one would give out its numbers again.
        if next.engine.newest()? < known {
            let message =
                "the lineage store knows less than the one in use: start the service anew";
            return Err(HostError::new(HostCode::Lineage, message));
        }
        self.behind.store(false, Ordering::Release);
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }
}

/// `own`: the configuration's own file, as it was before it was read.
fn read(config: Config, own: Seen) -> Result<State, HostError> {
    let mut seen = vec![own];
    seen.extend(config.files().map(look));
    let opened = open(&config)?;
    // What was in force before stays the least, whether or not anything is answered until the next time.
    let version = opened.version.max(config.at_least);
    Ok(State {
        version: AtomicU64::new(version.unwrap_or_default()),
        since: Instant::now(),
        engine: Arc::new(Guarded::configured(opened, &config)?),
        config,
        seen,
    })
}

/// What a look at the files does. A file that is half written can be one that means less: files are read when they have stood still for a while, and still do
/// afterwards.
pub(super) fn watch(
    force: Arc<Force>,
    tls: Option<Certificates>,
    tell: Arc<dyn Fn(&str) + Send + Sync>,
) -> impl FnMut() + Send + 'static {
    let mut rules = Watched::new(force.now().seen.clone());
    let mut keys = tls.map(|tls| (tls.watched(), tls));
    move || {
        if rules.is_due() {
            match catch_unwind(AssertUnwindSafe(|| force.reload())) {
                Ok(Ok(())) => {
                    tell("serving by the changed files");
                    rules = Watched::new(force.now().seen.clone());
                }
                Ok(Err(error)) => failed(&mut rules, &error, &*tell),
                Err(_) => failed(&mut rules, &"reading the files did not finish", &*tell),
            }
        }
        if let Some((keys, tls)) = &mut keys
            && keys.is_due()
        {
            match tls.reload() {
                Ok(()) => {
                    tell("new certificates from now on");
                    keys.used();
                }
                Err(error) => failed(keys, &error, &*tell),
            }
        }
    }
}

/// What was there stays in force. The operator is told once of each reason.
fn failed(files: &mut Watched, why: &dyn std::fmt::Display, tell: &(dyn Fn(&str) + Send + Sync)) {
    if files.failed(why) {
        tell(&format!("what was there stays in force: {why}"));
    }
}
