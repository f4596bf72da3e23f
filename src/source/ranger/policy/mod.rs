//! Policies as they are used: compiled, in Ranger's order.
//!
//! In: policies as written, and a service definition. Out: [`Repository`], one for each kind of policy and each zone, with an index. Stays out:
//! tags and zones, and the decision over several policies.

mod compile;
mod compiler;
mod component;
mod item;
mod order;
mod parts;
mod repository;

pub(super) use compile::{Compiled, Says};
pub(super) use compiler::Compiler;
pub use compiler::Note;
pub(super) use item::{Payload, Wanted, Who};
pub(super) use order::compare_by_name;
pub(super) use repository::Repositories;

/// The order of policies, tag policies for access included.
pub(super) use order::compare;
