//! One test binary: every file beside this one is a subject.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test stops where it stands, prints what it saw, and is told by the environment what to skip"
)]

mod attacks;
mod author;
mod case;
mod cli;
mod columns;
mod corpus;
mod deep;
mod doors;
mod equation;
mod flink;
mod fuzz;
mod gate;
mod grammar;
mod hosts;
mod lineage;
mod live;
#[cfg(feature = "store")]
mod manual;
mod masks;
mod notes;
#[cfg(feature = "service")]
mod opa;
mod places;
mod properties;
mod quickstart;
mod ranger;
#[cfg(all(feature = "service", feature = "server"))]
mod remote;
mod report;
mod schema;
mod second_look;
#[cfg(feature = "full")]
mod sidecar;
mod strict;
mod tidy;
mod tpc;
mod watch;
