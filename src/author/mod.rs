//! `author`: for the people who write rules: tests of a policy, and what a change of it means.
//!
//! In: texts and policies that are compiled already. Out: outcomes of cases, differences, as values. [`Suite`] reads a file of cases and judges
//! them; [`diff`] compares two policies. Lint is `policy::lint`, because `load` shares it; the account of a decision is `policy::explain`, because it must be the decision's own.
//! Stays out: files, printing, the environment.
//! Invariant: nothing here decides; it asks the same functions that a submission asks.

mod diff;
mod judge;
mod shape;
mod suite;

pub use diff::{About, Change, Class, Difference, Sees, diff};
pub use judge::{Mismatch, Ran, Verdict, judge};
pub use suite::{Case, Suite, SuiteError};
