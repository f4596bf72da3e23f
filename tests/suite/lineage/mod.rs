//! Lineage: what each output is made of, what is inherited, what the store keeps, and that nothing gets through.

mod cases;
#[cfg(feature = "store")]
mod command;
mod constructs;
mod inherit;
mod jobs;
mod on_flink;
mod perturbation;
pub mod script;
mod store;
mod taint;
