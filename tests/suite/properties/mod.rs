//! Properties at volume: random schemas, policies, data and queries, run in this process.

mod choices;
mod equation;
mod policy;
mod predicate;
mod query;
mod sqlite;
mod world;
