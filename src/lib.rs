//! sqlsec stands between a person who submits Flink SQL and Flink.

pub mod catalog;
pub mod mask;
pub mod policy;
pub mod syntax;
