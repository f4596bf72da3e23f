//! Engines by number: a slot and the generation of what is in it.
//!
//! A number that was never given out, or whose engine was closed, names nothing; it never comes to name the next engine in the same slot.

use std::sync::{Arc, PoisonError, RwLock};

use super::{Guarded, HostCode, HostError};

/// Engines that foreign code holds by number. Made for a `static`.
#[derive(Default)]
pub struct Slots(RwLock<Vec<Slot>>);

/// INVARIANT (generations): `generation` grows when an engine leaves; a slot whose generations are used up stays empty.
struct Slot {
    generation: u32,
    engine: Option<Arc<Guarded>>,
}

impl Slots {
    /// No engines.
    #[must_use]
    pub const fn new() -> Self {
        Self(RwLock::new(Vec::new()))
    }

    /// Keeps an engine, and gives out its number. Never 0.
    ///
    /// # Errors
    /// `internal`: there are no numbers left.
    pub fn put(&self, engine: Guarded) -> Result<u64, HostError> {
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let engine = Some(Arc::new(engine));
        let mut known = slots.iter_mut().enumerate();
        let free = known.find(|(_, s)| s.engine.is_none() && s.generation < u32::MAX);
        let (index, generation) = match free {
            Some((index, slot)) => {
                slot.engine = engine;
                (index, slot.generation)
            }
            None => {
                slots.push(Slot {
                    generation: 1,
                    engine,
                });
                (slots.len() - 1, 1)
            }
        };
        let index = u32::try_from(index).map_err(|_| HostError::internal())?;
        Ok(u64::from(generation) << 32 | u64::from(index))
    }

    /// The engine of a number.
    ///
    /// # Errors
    /// `handle-invalid`.
    pub fn find(&self, handle: u64) -> Result<Arc<Guarded>, HostError> {
        let slots = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (index, generation) = parts(handle);
        let slot = slots.get(index).filter(|s| s.generation == generation);
        slot.and_then(|s| s.engine.clone()).ok_or_else(unknown)
    }

    /// Forgets an engine. Checks that run in it come to their end.
    ///
    /// # Errors
    /// `handle-invalid`.
    pub fn close(&self, handle: u64) -> Result<(), HostError> {
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (index, generation) = parts(handle);
        let slot = slots.get_mut(index).filter(|s| s.generation == generation);
        let slot = slot.filter(|s| s.engine.is_some()).ok_or_else(unknown)?;
        slot.generation += 1;
        let last = slot.engine.take();
        // An engine may take its time to go: nobody waits for that.
        drop(slots);
        drop(last);
        Ok(())
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the two halves of a number"
)]
const fn parts(handle: u64) -> (usize, u32) {
    (handle as u32 as usize, (handle >> 32) as u32)
}

fn unknown() -> HostError {
    HostError::new(HostCode::Handle, "no engine has this handle: it is closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, Engine, Policy};

    fn engine() -> Guarded {
        let policy = "apiVersion: sqlsec/v1\nversion: 1\nrules: []";
        let policy = Policy::load(policy, "test").unwrap();
        Guarded::new(Box::new(Engine::new(policy, Catalog::default())))
    }

    #[test]
    fn a_closed_number_never_names_the_next_engine() {
        let slots = Slots::new();
        let first = slots.put(engine()).unwrap();
        let second = slots.put(engine()).unwrap();
        slots.close(first).unwrap();
        let third = slots.put(engine()).unwrap();
        assert!(slots.find(first).is_err() && slots.close(first).is_err());
        assert!(slots.find(second).is_ok() && slots.find(third).is_ok());
        assert!(first != third && first & 0xffff_ffff == third & 0xffff_ffff);
        for made_up in [0, 1, u64::MAX, first + 7, second << 1] {
            assert!(slots.find(made_up).is_err(), "{made_up}");
        }
    }

    #[test]
    fn a_slot_without_generations_left_stays_empty() {
        let slots = Slots::new();
        let only = slots.put(engine()).unwrap();
        slots.0.write().unwrap()[0].generation = u32::MAX - 1;
        let last = u64::from(u32::MAX - 1) << 32 | (only & 0xffff_ffff);
        slots.close(last).unwrap();
        let next = slots.put(engine()).unwrap();
        assert_eq!(next, 1 << 32 | 1);
    }
}
