//! Properties at volume: random schemas, policies, data and queries, run in this process.

mod choices;
mod equation;
mod places;
mod policy;
mod predicate;
mod query;
mod soups;
mod sqlite;
mod world;
