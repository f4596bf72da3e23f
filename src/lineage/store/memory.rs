//! A store that ends with its process: for tests, and for whoever keeps events elsewhere.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use super::known::changed_below;
use super::{Event, Fold, Known, LineageError, LineageSource, LineageStore};

/// Events in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    events: Vec<Event>,
    known: Fold,
    /// What is known, as it was handed out last.
    snapshot: Option<Arc<Known>>,
}

impl LineageSource for MemoryStore {
    fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner {
            known, snapshot, ..
        } = &mut *inner;
        let snapshot = snapshot.get_or_insert_with(|| Arc::new(Known::from(known.clone())));
        Ok(Arc::clone(snapshot))
    }
}

impl LineageStore for MemoryStore {
    fn append(&self, event: Event, unchanged_since: Option<u64>) -> Result<u64, LineageError> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = &mut inner.known;
        if let (Event::Pending(record), Some(version)) = (&event, unchanged_since) {
            let known = &*known;
            let mut look = |dataset: &_| {
                let below = known.below(dataset).into_iter();
                Ok(below.map(|(at, kept)| (at, Cow::Borrowed(kept))).collect())
            };
            if changed_below(record, version, &mut look)? {
                return Err(LineageError::Stale);
            }
        }
        let number = known.version().saturating_add(1);
        known.apply(number, &event)?;
        inner.events.push(event);
        inner.snapshot = None;
        Ok(number)
    }

    fn events(&self) -> Result<Vec<(u64, Event)>, LineageError> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((1..).zip(inner.events.iter().cloned()).collect())
    }
}
