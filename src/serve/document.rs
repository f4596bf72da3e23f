//! The document that is served, and its reload.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::ServeError;
use crate::settled::{LOOK, Mark, mark};
use crate::source::Whole;

/// A policy file, as it was when it was last good.
#[derive(Debug)]
pub(super) struct Served {
    file: PathBuf,
    whole: RwLock<Arc<Whole>>,
    /// The file before it was read for the first time: what changes from then on is seen.
    first: Mark,
}

impl Served {
    pub fn open(file: &Path) -> Result<Self, ServeError> {
        Ok(Self {
            first: mark(file),
            whole: RwLock::new(Arc::new(read(file)?)),
            file: file.to_owned(),
        })
    }

    /// The policy of now. Whoever holds it goes on with it when another comes.
    pub fn whole(&self) -> Arc<Whole> {
        Arc::clone(&self.whole.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the file's document, where it may take the place of the one that is served. Answers what there is to say about it.
    fn reload(&self) -> Option<String> {
        let kept = |why: &dyn std::fmt::Display| {
            let version = self.whole().policy().version();
            Some(format!("version {version} stays in force: {why}"))
        };
        let next = match read(&self.file) {
            Ok(next) => next,
            Err(error) => return kept(&error),
        };
        let current = self.whole();
        let (old, new) = (current.policy().version(), next.policy().version());
        if next.policy().hash() == current.policy().hash() {
            return None;
        }
        // Clients could not tell the two apart.
        if new <= old {
            return kept(&format!(
                "the file has another text, and version {new}: raise `version` with each change"
            ));
        }
        *self.whole.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Some(format!("serving version {new}"))
    }
}

/// Looks at the file from time to time, for ever.
pub(super) async fn watch(served: Arc<Served>, tell: Arc<dyn Fn(&str) + Send + Sync>) {
    let mut served_mark = served.first;
    let mut last = served.first;
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        let seen = mark(&served.file);
        // YAML that is half written can be YAML, with fewer rules: a file is read when it has stood still for a while, and still does afterwards.
        let still = seen == last;
        last = seen;
        if !still || seen == served_mark {
            continue;
        }
        let said = served.reload();
        if mark(&served.file) == seen {
            served_mark = seen;
        }
        if let Some(said) = said {
            tell(&said);
        }
    }
}

fn read(file: &Path) -> Result<Whole, ServeError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| ServeError::Unreadable(file.to_owned(), error))?;
    Ok(Whole::load(&text, &file.to_string_lossy())?)
}
