//! `mask`: a mask and a column become a Flink SQL expression of exactly that column's type.

mod spec;

pub use spec::{MaskSpec, Template};
