//! Lineage: what each output is made of.

mod cases;
mod constructs;
pub mod script;
