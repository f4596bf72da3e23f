//! Lineage: what each output is made of.

mod cases;
mod constructs;
mod perturbation;
pub mod script;
