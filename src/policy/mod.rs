//! `policy`: who may see what: the model, the decision, compile and lint.

mod obligation;
mod principal;

pub use obligation::{ColumnMask, Obligations, RowFilter, Rows, RuleId};
pub use principal::{Attribute, Principal};
