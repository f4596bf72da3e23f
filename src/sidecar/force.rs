//! The engine that is in force, and its reload.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::tls::Certificates;
use crate::host::{Config, Guarded, HostCode, HostError, open};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// After how many looks files that could not be used are tried again: what was in the way may have passed.
const AGAIN: u32 = 20;

/// An engine, as its configuration was when it was last good.
pub(super) struct Force {
    config: PathBuf,
    state: RwLock<State>,
    stopped: AtomicBool,
    /// Whether the files say what cannot be used.
    behind: AtomicBool,
}

#[derive(Clone)]
struct State {
    engine: Arc<Guarded>,
    /// The store that clients have numbers of records from.
    store: Option<PathBuf>,
    /// The files that it was made of, as they were before they were read: what changes from then on is seen.
    seen: Vec<Seen>,
}

/// A file, and what tells one state of it from another without reading it.
type Seen = (PathBuf, Option<(SystemTime, u64)>);

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
            state: RwLock::new(read(Config::load(config)?, own)?),
            config: config.to_owned(),
            stopped: AtomicBool::new(false),
            behind: AtomicBool::new(false),
        })
    }

    /// The engine of now. Whoever holds it goes on with it when another comes: a check is made by one engine.
    pub fn engine(&self) -> Arc<Guarded> {
        Arc::clone(&self.state().engine)
    }

    /// Whether checks are to be sent here.
    pub fn is_ready(&self) -> bool {
        !self.stopped.load(Ordering::Acquire) && !self.engine().is_broken()
    }

    /// Whether older rules are in force than the files have.
    pub fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Acquire)
    }

    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    fn state(&self) -> State {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.clone()
    }

    /// Takes what the files say now.
    fn reload(&self) -> Result<(), HostError> {
        self.behind.store(true, Ordering::Release);
        let own = look(&self.config);
        let mut config = Config::load(&self.config)?;
        // A number of one store means something else in another: an abort would take away somebody's protection.
        if config.lineage.as_ref().map(|part| &part.store) != self.state().store.as_ref() {
            let message = "the lineage store cannot change while the service runs: start it anew";
            return Err(HostError::new(HostCode::Config, message));
        }
        if let Some(part) = &mut config.lineage {
            // It was there: an empty one in its place would not know who has written what.
            part.create = false;
        }
        let next = read(config, own)?;
        self.behind.store(false, Ordering::Release);
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }
}

/// `own`: the configuration's own file, as it was before it was read.
fn read(config: Config, own: Seen) -> Result<State, HostError> {
    let mut seen = vec![own];
    seen.extend(config.files().map(look));
    let opened = open(&config)?;
    Ok(State {
        engine: Arc::new(Guarded::configured(opened, &config)?),
        store: config.lineage.map(|part| part.store),
        seen,
    })
}

fn look(file: &Path) -> Seen {
    let mark = std::fs::metadata(file)
        .ok()
        .and_then(|data| Some((data.modified().ok()?, data.len())));
    (file.to_owned(), mark)
}

fn look_again(files: &[Seen]) -> Vec<Seen> {
    files.iter().map(|(file, _)| look(file)).collect()
}

/// Looks at the files from time to time, for ever. A file that is half written can be one that means less: files are read when they have stood still for
/// a while, and still do afterwards.
pub(super) async fn watch(
    force: Arc<Force>,
    tls: Option<Certificates>,
    tell: Arc<dyn Fn(&str) + Send + Sync>,
) {
    let mut rules = Watched::new(force.state().seen);
    let mut keys = Watched::new(tls.iter().flat_map(Certificates::files).map(look).collect());
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        if rules.is_due() {
            let opened = {
                let force = Arc::clone(&force);
                tokio::task::spawn_blocking(move || force.reload()).await
            };
            match opened {
                Ok(Ok(())) => {
                    tell("serving by the changed files");
                    rules = Watched::new(force.state().seen);
                }
                Ok(Err(error)) => rules.failed(&error, &*tell),
                Err(_) => rules.failed(&"reading the files did not finish", &*tell),
            }
        }
        if let Some(tls) = &tls
            && keys.is_due()
        {
            match tls.reload() {
                Ok(()) => {
                    tell("new certificates from now on");
                    keys = Watched::new(tls.files().map(look).collect());
                }
                Err(error) => keys.failed(&error, &*tell),
            }
        }
    }
}

/// Files, as they were taken and as they were seen last.
struct Watched {
    taken: Vec<Seen>,
    last: Vec<Seen>,
    /// Why they could not be used, and how many looks ago.
    failed: Option<(String, u32)>,
}

impl Watched {
    fn new(taken: Vec<Seen>) -> Self {
        Self {
            last: taken.clone(),
            taken,
            failed: None,
        }
    }

    /// Whether they are to be read: they are others than those that were taken and have stood still since the last look, or could not be used a while ago.
    fn is_due(&mut self) -> bool {
        let now = look_again(&self.taken);
        let still = now == self.last;
        self.last.clone_from(&now);
        if !still {
            return false;
        }
        if now != self.taken {
            self.taken = now;
            return true;
        }
        self.failed.as_mut().is_some_and(|(_, looks)| {
            *looks += 1;
            *looks >= AGAIN
        })
    }

    /// What was there stays in force. The operator is told once of each reason.
    fn failed(&mut self, why: &dyn std::fmt::Display, tell: &(dyn Fn(&str) + Send + Sync)) {
        let why = why.to_string();
        if self.failed.as_ref().is_none_or(|(said, _)| *said != why) {
            tell(&format!("what was there stays in force: {why}"));
        }
        self.failed = Some((why, 0));
    }
}
