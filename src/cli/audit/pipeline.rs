//! Jobs side by side, results in order.
//!
//! Invariant: no more than [`HELD`] jobs for each thread are in hand between the reader and the writer, so memory does not grow with their number.
//! Invariant: when the writer fails, the reader is told at its next job.
//! Invariant: every job has a result, also one whose work panics: nobody waits for what never comes.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::cli::failure::Failure;

/// Jobs in hand for each thread.
const HELD: usize = 8;

/// Takes jobs; `false` when no more are wanted.
pub(super) type Push<'p, J> = &'p mut dyn FnMut(J) -> bool;

/// What is made of a job, and what when that panics.
pub(super) struct Work<W, F> {
    pub work: W,
    pub broken: F,
}

/// `feed` gives jobs, `work` makes a result of each on one of `threads` threads, `take` takes the results in the order of the jobs.
pub(super) fn ordered<J: Send, R: Send>(
    threads: usize,
    feed: impl FnOnce(Push<'_, J>) + Send,
    work: Work<impl Fn(&J) -> R + Sync, impl Fn(&J) -> R + Sync>,
    mut take: impl FnMut(R) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let held = threads.saturating_mul(HELD);
    let (jobs, waiting) = mpsc::sync_channel::<(u64, J)>(held);
    let (results, done) = mpsc::sync_channel::<(u64, R)>(held);
    // A place is taken by the reader and given back by the writer.
    let (place, places) = mpsc::sync_channel::<()>(held);
    let waiting = Mutex::new(waiting);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut number = 0;
            feed(&mut |job| {
                let taken = place.send(()).is_ok() && jobs.send((number, job)).is_ok();
                number += 1;
                taken
            });
        });
        for _ in 0..threads {
            let (waiting, work, results) = (&waiting, &work, results.clone());
            scope.spawn(move || run(waiting, work, &results));
        }
        drop(results);
        let mut early = BTreeMap::new();
        let mut next = 0;
        for (number, result) in &done {
            early.insert(number, result);
            while let Some(result) = early.remove(&next) {
                next += 1;
                // Whoever reads has put it there before; when it is gone nobody waits.
                let _ = places.recv();
                if let Err(failure) = take(result) {
                    // The threads end, for nobody takes what they make.
                    drop((places, done));
                    return Err(failure);
                }
            }
        }
        Ok(())
    })
}

fn run<J, R>(
    waiting: &Mutex<Receiver<(u64, J)>>,
    work: &Work<impl Fn(&J) -> R, impl Fn(&J) -> R>,
    results: &SyncSender<(u64, R)>,
) {
    loop {
        let job = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok((number, job)) = job else { return };
        // What works on a job leaves nothing behind: its panic leaves nothing half done.
        let result = catch_unwind(AssertUnwindSafe(|| (work.work)(&job)));
        let result = result.unwrap_or_else(|_| (work.broken)(&job));
        if results.send((number, result)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::Failure;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn results_come_in_order_and_few_are_held() {
        let (given, taken, most) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        let mut seen = Vec::new();
        let feed = |push: Push<'_, usize>| {
            for job in 0..2000 {
                let held = given.fetch_add(1, Ordering::SeqCst) - taken.load(Ordering::SeqCst);
                most.fetch_max(held, Ordering::SeqCst);
                assert!(push(job));
            }
        };
        let work = Work {
            work: |job: &usize| {
                if job.is_multiple_of(97) {
                    thread::sleep(Duration::from_millis(2));
                }
                assert!(*job != 55, "asked for");
                job * 2
            },
            broken: |job: &usize| job * 2,
        };
        ordered(3, feed, work, |result| {
            taken.fetch_add(1, Ordering::SeqCst);
            seen.push(result);
            Ok(())
        })
        .unwrap();
        assert!(seen.iter().copied().eq((0..2000).map(|n| n * 2)));
        let most = most.load(Ordering::SeqCst);
        assert!(most <= 3 * HELD + 2, "{most}");
    }

    #[test]
    fn a_writer_that_fails_stops_the_reader() {
        let given = AtomicUsize::new(0);
        let feed = |push: Push<'_, usize>| {
            for job in 0.. {
                given.fetch_add(1, Ordering::SeqCst);
                if !push(job) {
                    return;
                }
            }
        };
        let work = Work {
            work: |job: &usize| *job,
            broken: |job: &usize| *job,
        };
        let failed = ordered(2, feed, work, |_| Err(Failure::usage("full")));
        assert!(failed.is_err());
        assert!(given.load(Ordering::SeqCst) < 100);
    }
}
