//! Time as caches see it, injected so that tests can turn it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// A clock for ages. It need not agree with the date.
pub trait Clock: Send + Sync {
    /// Time since some fixed moment.
    fn now(&self) -> Duration;
}

/// The machine's clocks. The monotonic one stands still while a machine sleeps, and the date does not: the later of the two counts. A date that is set
/// back again can make the time go back, which caches must survive anyhow.
#[derive(Debug)]
pub struct SystemClock(Instant, SystemTime);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now(), SystemTime::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed().max(self.1.elapsed().unwrap_or_default())
    }
}

/// A clock that stands still until it is set. It can also be set back, which a cache must survive.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Sets the time.
    pub fn set(&self, now: Duration) {
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.0.store(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}
