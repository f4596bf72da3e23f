//! What is served, and its reload: the policy, and who its users are.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::{Options, ServeError};
use crate::settled::{Watched, look};
use crate::source::{Directory, Whole};

/// The files, as they were when they were last good.
#[derive(Debug)]
pub(super) struct Served {
    policy: PathBuf,
    users: Option<PathBuf>,
    state: RwLock<State>,
}

/// What one answer is made of.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub whole: Arc<Whole>,
    /// The users, where the site lists them: what is said of them there holds, and no claim.
    pub users: Option<Arc<Directory>>,
}

impl Served {
    /// The files of the options, and what watches them.
    pub fn open(options: &Options) -> Result<(Self, Files), ServeError> {
        let files = Files {
            policy: Watched::new(vec![look(&options.policy)]),
            users: Watched::new(options.users.iter().map(|file| look(file)).collect()),
        };
        let users = options.users.as_deref().map(read_users).transpose()?;
        let state = State {
            whole: Arc::new(read(&options.policy)?),
            users: users.map(Arc::new),
        };
        let served = Self {
            policy: options.policy.clone(),
            users: options.users.clone(),
            state: RwLock::new(state),
        };
        Ok((served, files))
    }

    /// What is served now. Whoever holds it goes on with it when another comes.
    pub fn state(&self) -> State {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.clone()
    }

    /// Takes the policy of the file, where it may take the place of the one that is served. Answers what there is to say about it.
    ///
    /// # Errors
    /// Why the one that is served stays.
    fn reload(&self) -> Result<Option<String>, String> {
        let current = self.state().whole;
        let kept = |why: &dyn std::fmt::Display| {
            let version = current.policy().version();
            format!("version {version} stays in force: {why}")
        };
        let next = read(&self.policy).map_err(|error| kept(&error))?;
        let (old, new) = (current.policy().version(), next.policy().version());
        if next.policy().hash() == current.policy().hash() {
            return Ok(None);
        }
        // Clients could not tell the two apart.
        if new <= old {
            return Err(kept(&format!(
                "the file has another text, and version {new}: raise `version` with each change"
            )));
        }
        self.change(|state| state.whole = Arc::new(next));
        Ok(Some(format!("serving version {new}")))
    }

    /// The same for the users. They have no version: clients tell one state from another by the answers' tags.
    fn reload_users(&self) -> Result<Option<String>, String> {
        let Some(file) = &self.users else {
            return Ok(None);
        };
        let next =
            read_users(file).map_err(|error| format!("the users stay as they are: {error}"))?;
        if self.state().users.as_deref() == Some(&next) {
            return Ok(None);
        }
        self.change(|state| state.users = Some(Arc::new(next)));
        Ok(Some("serving other users".to_owned()))
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The files that are watched.
#[derive(Debug)]
pub(super) struct Files {
    policy: Watched,
    /// Nothing where no users are listed.
    users: Watched,
}

/// What a look at the files does.
pub(super) fn watch(
    served: Arc<Served>,
    mut files: Files,
    tell: Arc<dyn Fn(&str) + Send + Sync>,
) -> impl FnMut() + Send + 'static {
    move || {
        take(&mut files.policy, &*tell, || served.reload());
        take(&mut files.users, &*tell, || served.reload_users());
    }
}

/// Reads files that are due. What cannot be used leaves everything as it is; each reason is told once.
fn take(
    files: &mut Watched,
    tell: &dyn Fn(&str),
    read: impl FnOnce() -> Result<Option<String>, String>,
) {
    if !files.is_due() {
        return;
    }
    let done = catch_unwind(AssertUnwindSafe(read));
    match done.unwrap_or_else(|_| Err("reading a file did not finish".to_owned())) {
        Ok(said) => {
            files.used();
            said.iter().for_each(|said| tell(said));
        }
        Err(why) => {
            if files.failed(&why) {
                tell(&why);
            }
        }
    }
}

fn text(file: &Path) -> Result<String, ServeError> {
    std::fs::read_to_string(file).map_err(|error| ServeError::Unreadable(file.to_owned(), error))
}

fn read(file: &Path) -> Result<Whole, ServeError> {
    Ok(Whole::load(&text(file)?, &file.to_string_lossy())?)
}

fn read_users(file: &Path) -> Result<Directory, ServeError> {
    Ok(Directory::load(&text(file)?, &file.to_string_lossy())?)
}
