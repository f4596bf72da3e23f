//! `host`: sqlsec inside somebody else's process, which speaks JSON with it: what the C and Java bindings have in common.
//!
//! In: a configuration document ([`Config`]), which [`open`] makes into an engine or a gate; then requests as JSON (`schema/request.json`). Out: replies
//! as JSON (`schema/reply.json`), or a [`HostError`]; and what became of a submission ([`Settle`]) for the lineage store. [`Slots`] gives out numbers for engines, so that no foreign hand holds a pointer into Rust.
//! Stays out: every decision; pointers and the calls of one language.
//! Invariant: on an error there is no reply, and so no SQL.
//! Invariant (closed after a panic): an engine that has panicked once denies every request from then on (`internal`).

mod config;
mod error;
mod guarded;
mod lineage;
mod open;
mod slots;

pub use config::{AuditPart, CatalogPart, Config, Document, LineagePart, RangerFiles};
pub use error::{HostCode, HostError};
pub use guarded::{Answer, Guarded};
pub use lineage::Settle;
pub use open::{Opened, open};
pub use slots::Slots;
