//! Lineage: what each output is made of, what is inherited, what the store keeps, in which forms it goes out, and that nothing gets through.

pub mod browser;
mod cases;
#[cfg(feature = "store")]
mod catalogue;
#[cfg(feature = "store")]
mod command;
mod constructs;
mod export;
mod inherit;
mod jobs;
mod kept;
mod on_flink;
mod perturbation;
mod picture;
mod registry;
mod review;
mod sample;
pub mod script;
mod store;
mod taint;
#[cfg(feature = "store")]
mod told;

pub use picture::axe;
