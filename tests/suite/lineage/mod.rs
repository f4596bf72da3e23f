//! Lineage: what each output is made of, what is inherited, what the store keeps, and that nothing gets through.

mod browser;
mod cases;
#[cfg(feature = "store")]
mod command;
mod constructs;
mod export;
mod inherit;
mod jobs;
mod perturbation;
mod picture;
mod registry;
mod sample;
pub mod script;
mod store;
mod taint;
