//! One test binary: every file beside this one is a subject.

mod case;
mod cli;
mod corpus;
mod equation;
mod flink;
mod masks;
mod schema;
mod tidy;
