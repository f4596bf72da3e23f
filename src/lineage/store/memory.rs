//! A store that ends with its process: for tests, and for whoever keeps events elsewhere.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Event, Known, LineageError, LineageSource, LineageStore};

/// Events in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    events: Vec<Event>,
    known: Arc<Known>,
}

impl LineageSource for MemoryStore {
    fn snapshot(&self) -> Result<Arc<Known>, LineageError> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(&inner.known))
    }
}

impl LineageStore for MemoryStore {
    fn append(&self, event: Event, unchanged_since: Option<u64>) -> Result<u64, LineageError> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = next(&inner.known, &event, unchanged_since)?;
        let number = next.version();
        inner.known = Arc::new(next);
        inner.events.push(event);
        Ok(number)
    }

    fn events(&self) -> Result<Vec<(u64, Event)>, LineageError> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((1..).zip(inner.events.iter().cloned()).collect())
    }
}

/// What is known after one more event.
pub(super) fn next(
    known: &Known,
    event: &Event,
    unchanged_since: Option<u64>,
) -> Result<Known, LineageError> {
    if let (Event::Pending(record), Some(version)) = (event, unchanged_since)
        && known.changed_below(record, version)
    {
        return Err(LineageError::Stale);
    }
    let mut next = known.clone();
    next.apply(known.version().saturating_add(1), event)?;
    Ok(next)
}
