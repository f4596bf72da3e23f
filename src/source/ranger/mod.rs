//! `ranger`: Apache Ranger's policies, decided as Ranger decides them.
//!
//! In: the documents of Ranger's download API ([`Documents`]), then [`Request`]s. Out: [`Allowed`], [`Mask`], [`Filter`], each with the policy that
//! decided; or, by [`answer`], the native document that answers a question. Enter at [`Service::load`], then [`Service::subject`]. The rules are those of RANGER.md §2, read against Ranger's own engine.
//! Stays out: HTTP, files, the clock, JavaScript.
//! Invariant: a service is never changed after it was made, and decides without I/O.
//! Invariant (with [`Mode::Closed`]): what is not understood, or lacks a value, allows nothing and hides what it is about; each such policy is
//! in [`Service::notes`].

mod access;
mod adapter;
mod below;
mod bundle;
mod chain;
mod condition;
mod consult;
mod definition;
mod delta;
pub mod document;
mod error;
mod expression;
mod facts;
mod hasher;
mod index;
mod java;
mod level;
mod names;
mod options;
mod policy;
mod request;
mod roles;
mod schedule;
mod service;
mod shown;
mod subject;
mod tags;
mod template;
mod text;
mod verdict;
mod zones;

#[cfg(test)]
mod tests;

pub use adapter::{AddressLevel, HiddenColumns, Mapping, NoMapping, RangerSource, answer};
pub use below::MasksBelow;
pub use delta::{NotApplied, apply};
pub use error::LoadError;
pub use options::{Mode, Options};
pub use policy::Note;
pub use request::{Access, Context, Request, Resource, Scope};
pub use schedule::{BadSchedule, Schedules};
pub use service::{Documents, Service, read};
pub use subject::Subject;
pub use template::Unfilled;
pub use verdict::{Allowed, Decided, Filter, Mask};
