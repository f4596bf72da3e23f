//! Properties at volume: random schemas, policies, data and queries, run in this process.
//!
//! `SQLSEC_CASES=20000` runs so many cases from a fresh seed; without it the cases are the same each time.

pub mod choices;
mod equation;
mod places;
mod policy;
mod predicate;
pub mod query;
mod soups;
pub mod sqlite;
pub mod world;

use std::cell::RefCell;
use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// As many threads as CI has cores.
const THREADS: u8 = 2;

/// Checks random cases, `cases` of them or `nightly` of a thousand that the environment asks for. What each thread has counted comes back.
pub fn on_random_cases<S, T>(
    cases: u32,
    nightly: u32,
    strategy: fn() -> S,
    check: fn(&S::Value, &mut T) -> Result<(), String>,
) -> Vec<T>
where
    S: Strategy,
    S::Value: Debug,
    T: Default + Send,
{
    let asked = std::env::var("SQLSEC_CASES").ok();
    let asked: Option<u32> = asked.map(|n| n.parse().expect("SQLSEC_CASES is a number"));
    let config = Config {
        cases: asked.map_or(cases, |n| n.saturating_mul(nightly) / 1_000) / u32::from(THREADS),
        failure_persistence: None,
        max_shrink_iters: 1_000,
        ..Config::default()
    };
    let part = |thread: u8| {
        let mut runner = match asked {
            Some(_) => TestRunner::new(config.clone()),
            // A change of something else must not fail here by chance.
            None => {
                let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[thread; 32]);
                TestRunner::new_with_rng(config.clone(), rng)
            }
        };
        let count = RefCell::new(T::default());
        let outcome = runner.run(&strategy(), |case| {
            check(&case, &mut count.borrow_mut()).map_err(TestCaseError::fail)
        });
        if let Err(TestError::Fail(why, case)) = outcome {
            panic!("{why}\n{case:?}");
        }
        outcome.expect("all cases ran");
        count.into_inner()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS)
            .map(|i| scope.spawn(move || part(i)))
            .collect();
        let counts = threads.into_iter().map(|t| t.join());
        counts
            .map(|count| count.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
