//! `check`: the one entry that all front ends use. A [`Request`] goes in, a [`Reply`] comes out.
//!
//! The order of work can be read in [`Engine::check`]: the datasets of each statement, the rules of this principal for them, the rewrite, the
//! second look. Stays out: fetching policies, printing, the environment.
//! Invariant: a reply holds SQL only when every statement of the script was allowed.

mod account;
mod alter;
mod classify;
mod code;
mod datasets;
mod declared;
mod effect;
mod engine;
mod explain;
mod gate;
mod inherited;
mod notes;
mod objects;
mod options;
mod privileges;
mod protect;
mod recorded;
mod refusal;
mod reply;
mod request;
mod settings;
mod statement;
mod strict;
mod table_options;
mod target;
mod trust;

pub use code::Code;
pub(crate) use engine::UNFINISHED;
pub use engine::{Engine, SubmitCheck};
pub use explain::{
    AccountDocument, NamedObject, ScriptAccount, StatementAccount, TableAccount, explain,
    explain_with_lineage,
};
pub use gate::Gate;
pub use notes::{Unnoted, with_notes};
pub use reply::{
    Applied, AppliedMask, Decision, Denial, Denials, Input, Output, PolicyStamp, Replacement,
    Reply, StatementReport,
};
pub use request::Request;

#[cfg(test)]
mod tests;
