//! Lineage: what each output is made of, and the forms in which it goes out.

mod browser;
mod cases;
mod constructs;
mod export;
mod perturbation;
mod picture;
mod registry;
mod sample;
pub mod script;
