//! `report`: an estate of jobs under one policy: who reads and writes what, what applies, what is inherited, what has changed, what cannot be judged.
//!
//! ```text
//! jobs ─▶ judge ─▶ entry ─┬─▶ form (text, JSON, CSV, SARIF, JUnit, HTML), one entry after the other
//!          ▲              └─▶ survey (sums, tables, principals) ─▶ the end of the form
//!       Former: drift
//! ```
//!
//! In: [`Job`]s, a check, what is known of former checks ([`Former`]). Out: [`Entry`]s, a [`Survey`], and documents in six forms.
//! Stays out: files, threads, the terminal (`cli::audit`); every decision: the check is asked what a submission asks.
//! Invariant: each job that goes in comes out as an entry for each of its principals; what goes wrong with one is its entry's [`Reason`].
//! Invariant: an entry holds what an audit record holds and no more. SQL and messages are in a [`Script`], which only the HTML page shows.
//! Invariant: no form keeps scripts: memory grows with the names in an estate, not with its texts, nor with its lineage.

mod beside;
mod drift;
mod entry;
pub mod export;
pub mod form;
mod gathered;
mod job;
mod owner;
mod reason;
mod script;
mod survey;
mod variables;

pub use beside::{Beside, Table, TableRole};
pub use drift::{Drift, DriftState, Former, FormerCheck, Gone, UnreadableFormer};
pub use entry::{Entry, Judge, Verdict};
pub use gathered::{Gathered, Gatherer, Gathering, IN_MEMORY, Told, Unknown};
pub use job::{Job, Place, SCRIPT_BYTES};
pub use owner::{Manifest, header_owner, path_owner};
pub use reason::{Obstacle, ObstacleCode, Reason, ReasonCode};
pub use script::{Part, Script};
pub use survey::{MaskSeen, PrincipalSeen, Sums, Survey, TableSeen, TableUse};
pub use variables::Variables;

#[cfg(test)]
mod tests;
