//! `lineage`: where every written column comes from, and what protection follows the data (LINEAGE.md is the rule book).
//!
//! In: a resolved statement; what the store knows of earlier jobs. Out: [`StatementLineage`], the masks that a column inherits, exports.
//! Stays out: the decision about a table's own rules (`policy`), and how a mask is written (`mask`, `rewrite`).
//! Invariant: an edge too many hides a value that could be shown; an edge too few shows one that must be hidden. In doubt an edge is made.

mod columns;
mod edge;
pub mod export;
pub mod graph;
pub mod inherit;
mod record;
mod statement;
pub mod store;

pub(crate) use columns::{Extracted, extract, trusted};
pub use columns::{Naming, lineage};
pub use edge::{Direct, Edge, Form, Indirect, Kind, Reduction, Relationship};
pub use record::{Change, Declared, Fingerprint, ItemText, Record, StatementRecord};
pub use statement::{ColumnLineage, Dataset, SourceColumn, StatementLineage, Written};
